package simulate

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
)

// session is one conversation, which an exporter reports as one record a direction.
type session struct {
	start, end         int64 // ms UTC
	client, server     netip.Addr
	clientPort         uint16
	serverPort         uint16
	proto              uint8
	answered           bool
	bytesUp, bytesDown uint64
	packsUp, packsDown uint64
	network            int
	user               int
	act                activity
	tool               int // -1 where none
	listed             bool
	proxied            bool // the banned service through a listed proxy
	blocked            bool // the server is on the list that the client's country enforces
}

const dayMS = 86_400_000

// sessionMaker makes the sessions of a day, reusing its buffer.
type sessionMaker struct {
	s      *Scenario
	w      *world
	d      *demand
	seed   uint64
	hours  map[string][]float64 // cumulative, by profile
	tools  []float64
	fleet  [][]int // indices into world.service by day, cloud ones only
	own    []int
	active [2][][]int // listed endpoints of a tool on the day, by family
	buffer []session
}

func newSessionMaker(s *Scenario, w *world, d *demand, seed uint64) *sessionMaker {
	m := &sessionMaker{s: s, w: w, d: d, seed: seed, hours: map[string][]float64{}, fleet: make([][]int, s.Days())}
	for name, p := range s.Profiles {
		m.hours[name] = cumulate(p.Hours)
	}
	var shares []float64
	for _, t := range s.Tools {
		shares = append(shares, t.Share)
	}
	m.tools = cumulate(shares)
	for family := range m.active {
		m.active[family] = make([][]int, len(s.Tools))
	}
	for i := range w.service {
		if w.service[i].network >= w.cloudCount {
			m.own = append(m.own, i)
		}
	}
	for day, all := range w.serviceByDay {
		for _, i := range all {
			if w.service[i].network < w.cloudCount {
				m.fleet[day] = append(m.fleet[day], i)
			}
		}
	}
	return m
}

// day gives the sessions of one UTC day that exporters reported, in the order of their
// ends. The slice is valid until the next call.
func (m *sessionMaker) day(day int) []session {
	m.buffer = m.buffer[:0]
	m.listActive(day)
	for n := range m.w.networks {
		if m.d.silent(n, day) {
			continue
		}
		r := stream(m.seed, keySessions, uint64(n), uint64(day))
		for act := range activities {
			size, start, stride := m.panel(&r, n, act)
			for k := range m.d.users[act][n][day] {
				user := (start + k*stride) & (size - 1)
				m.user(&r, n, act, user, day)
			}
		}
	}
	slices.SortStableFunc(m.buffer, func(a, b session) int { return cmp.Compare(a.end, b.end) })
	return m.buffer
}

// panel gives the size of a network's panel (a power of two) and a start and an odd
// stride that visit its members without repetition.
func (m *sessionMaker) panel(r *random, n int, act activity) (size, start, stride int) {
	most := slices.Max(m.d.users[act][n])
	for size = 16; size < 4*most && size < panelSize; size *= 2 {
	}
	return size, r.intn(size), 2*r.intn(size) + 1
}

func (m *sessionMaker) listActive(day int) {
	for t := range m.s.Tools {
		m.active[0][t], m.active[1][t] = m.active[0][t][:0], m.active[1][t][:0]
		for i := range m.w.listed[t] {
			if e := &m.w.listed[t][i]; e.active(day) {
				family := familyOf(e.addr)
				m.active[family][t] = append(m.active[family][t], i)
			}
		}
	}
}

func familyOf(a netip.Addr) int {
	if a.Is4() {
		return 0
	}
	return 1
}

// clientAddr is the fixed address of a panel member: a share of those that tunnel or
// browse is on IPv6, nobody else.
func (m *sessionMaker) clientAddr(n int, act activity, user int) netip.Addr {
	net := &m.w.networks[n]
	if (act == tunnels || act == web) && user%m.s.IPv6Every == 0 {
		b := net.v6.Addr().As16()
		b[6], b[7] = byte(act), byte(user>>8)
		b[8], b[15] = 2, byte(user)
		return netip.AddrFrom16(b)
	}
	b := net.v4.Addr().As4()
	place := int(act)*panelSize + user
	b[2], b[3] = byte(place>>8), byte(place)
	return netip.AddrFrom4(b)
}

// user adds what one client does on the day.
func (m *sessionMaker) user(r *random, n int, act activity, user, day int) {
	s := session{network: n, user: user, act: act, tool: -1, client: m.clientAddr(n, act, user), answered: true}
	profile := "home"
	if act == tunnels {
		profile = "office"
	}
	zone := m.s.Countries[m.w.networks[n].country].Zone
	hour := (r.pick(m.hours[profile]) - zone + 24) % 24
	// The last minute stays free, so that a second try is on the same day.
	s.start = m.s.date(day).UnixMilli() + int64(hour)*3_600_000 + int64(r.intn(3_540_000))
	s.clientPort = uint16(r.between(32768, 60999))
	switch act {
	case tunnels:
		m.tunnel(r, s, day)
	case bannedUse:
		m.banned(r, s, day)
	case substituteUse:
		e := &m.w.substitutes[r.intn(len(m.w.substitutes))]
		m.add(r, s.to(e), 40, 30_000)
	case web:
		m.browse(r, s, day)
	}
}

func (s session) to(e *endpoint) session {
	s.server, s.serverPort, s.proto = e.addr, e.port, e.proto
	return s
}

// tunnel is a user of a tool, on a listed endpoint or another.
func (m *sessionMaker) tunnel(r *random, s session, day int) {
	s.tool = r.pick(m.tools)
	tool, family := &m.s.Tools[s.tool], familyOf(s.client)
	if s.listed = r.chance(tool.Listed); s.listed {
		choice := m.active[family][s.tool]
		s = s.to(&m.w.listed[s.tool][choice[r.intn(len(choice))]])
	} else {
		all := m.w.unlisted[s.tool]
		i := r.intn(len(all))
		for familyOf(all[i].addr) != family {
			i = (i + 1) % len(all)
		}
		s = s.to(&all[i])
	}
	if s.proto == esp {
		s.clientPort, s.serverPort = 0, 0
		if r.chance(.5) { // behind NAT, ESP travels in UDP 4500 (RFC 3948)
			s.proto, s.clientPort, s.serverPort = udp, 4500, 4500
		}
	}
	if m.s.Countries[m.w.networks[s.network].country].Code == m.s.Pattern.Country && tool.Tool == m.s.Pattern.Tool {
		s.answered = !r.chance(m.s.Pattern.Fails)
	}
	end := m.add(r, s, 900, 600_000)
	if tool.Tool == "pptp" { // the data channel next to the control connection (RFC 2637)
		s.proto, s.clientPort, s.serverPort = gre, 0, 0
		m.add(r, s, 900, 600_000)
		return
	}
	if r.chance(.02) && end < (s.start/dayMS+1)*dayMS-7_200_000 { // comes back on the same day
		s.start, s.clientPort = end+int64(r.intn(7_000_000)), s.clientPort^1
		if s.proto == esp {
			s.clientPort = 0
		}
		m.add(r, s, 900, 600_000)
	}
}

// banned is a user of the banned service: straight to it (a second try where the first
// server is blocked), or by a listed proxy.
func (m *sessionMaker) banned(r *random, s session, day int) {
	net := &m.w.networks[s.network]
	enforced := net.enforces > 0 && day >= m.s.day(m.s.Ban.Enforced)
	if enforced && r.chance(m.s.Ban.Tunnelled*net.enforces) {
		s.proxied, s.listed = true, true
		m.add(r, s.to(&m.w.proxies[r.intn(len(m.w.proxies))]), 60, 120_000)
		return
	}
	for range 2 {
		e := &m.w.service[m.serviceChoice(r, enforced, day)]
		t := s.to(e)
		t.blocked = m.banning(s.network) && day >= m.s.day(m.s.Ban.Enforced) && m.w.blocked.blocks(e.addr, day)
		t.answered = !t.blocked || net.enforces == 0 || !r.chance(net.enforces)
		end := m.add(r, t, 60, 120_000)
		if t.answered {
			return
		}
		s.start, s.clientPort = end+int64(r.between(50, 900)), s.clientPort^1
	}
}

// banning says whether a network is in the country that bans, whether it enforces or not.
func (m *sessionMaker) banning(n int) bool {
	return m.s.Countries[m.w.networks[n].country].Code == m.s.Ban.Country
}

// fleetShare is how often an enforcing country's client has learned of the cloud fleet.
const fleetShare = .8

func (m *sessionMaker) serviceChoice(r *random, enforced bool, day int) int {
	if fleet := m.fleet[day]; enforced && len(fleet) > 0 && r.chance(fleetShare) {
		return fleet[r.intn(len(fleet))]
	}
	return m.own[r.intn(len(m.own))]
}

// browse is a visit to a legitimate name.
func (m *sessionMaker) browse(r *random, s session, day int) {
	d := &m.w.domains[r.pick(m.w.domainSums)]
	for familyOf(s.client) == 1 && !d.v6.IsValid() {
		d = &m.w.domains[r.pick(m.w.domainSums)]
	}
	s.proto, s.serverPort = tcp, 443
	switch {
	case r.chance(.12):
		s.proto = udp
	case r.chance(.15):
		s.serverPort = 80
	}
	if familyOf(s.client) == 1 {
		s.server = d.v6
	} else {
		s.server = d.v4[r.intn(len(d.v4))]
	}
	net := &m.w.networks[s.network]
	s.blocked = m.banning(s.network) && m.w.blocked.blocks(s.server, day)
	s.answered = !s.blocked || net.enforces == 0 || !r.chance(net.enforces)
	m.add(r, s, 30, 20_000)
}

// add draws duration and sizes around a median number of packets and duration, keeps the
// session and gives its end. Sizes are whole IP packets, as exporters count them.
func (m *sessionMaker) add(r *random, s session, packets, duration float64) int64 {
	if !s.answered {
		tries := r.between(3, 6)
		s.packsUp, s.bytesUp = uint64(tries), uint64(tries*60)
		if s.proto == udp {
			s.bytesUp = uint64(tries * r.between(42, 110))
		}
		s.end = s.start + int64(tries)*int64(r.between(900, 2500))
		m.buffer = append(m.buffer, s)
		return s.end
	}
	down := packets * math.Exp(.9*r.normal())
	s.packsDown = uint64(down) + 4
	s.packsUp = uint64(down*(.35+.4*r.float())) + 5
	s.bytesDown = s.packsDown*uint64(r.between(300, 1250)) + 60
	s.bytesUp = s.packsUp*uint64(r.between(60, 240)) + 60
	s.end = s.start + min(1_800_000, 80+int64(duration*math.Exp(r.normal())))
	m.buffer = append(m.buffer, s)
	return s.end
}

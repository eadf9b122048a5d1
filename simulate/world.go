package simulate

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
)

// IP protocol numbers (IANA) and the names that goflow2 prints for them.
var protocolNumber = map[string]uint8{"tcp": 6, "udp": 17, "gre": 47, "esp": 50}

const (
	tcp uint8 = 6
	udp uint8 = 17
	gre uint8 = 47
	esp uint8 = 50
)

// panelSize is how many client addresses a network keeps for each activity; a day's
// users are drawn from them without repetition.
const panelSize = 1 << 14

// activity is what a client does; each has its own panel, so users of different
// activities are different addresses.
type activity int

const (
	tunnels activity = iota
	bannedUse
	substituteUse
	web
	activities
)

// network is one access network with its own exporter.
type network struct {
	country  int
	number   int // in its country
	asn      uint32
	name     string
	v4, v6   netip.Prefix
	exporter netip.Addr
	resolver netip.Addr
	share    float64 // of its country's users
	enforces float64 // degree, 0 outside the banning country
}

// endpoint is one server of a tool, a provider or a service, with the days (inclusive)
// in which it answers and a list names it.
type endpoint struct {
	addr        netip.Addr
	port        uint16
	proto       uint8
	tool        int // index in Scenario.Tools, -1 for a service
	service     string
	first, last int
	network     int // hosting: index into world.hosts
}

func (e *endpoint) active(day int) bool { return e.first <= day && day <= e.last }

// host is a network of servers.
type host struct {
	name, country, kind string
	asn                 uint32
	space               netip.Prefix
}

// domainName is a legitimate registered domain with the addresses it resolves into.
type domainName struct {
	name   string
	v4     []netip.Addr
	v6     netip.Addr
	weight float64
}

// world is all that the seed draws once.
type world struct {
	networks     []network
	hosts        []host // clouds first, then hosting, content, banned, substitute
	listed       [][]endpoint
	unlisted     [][]endpoint
	substitutes  []endpoint
	proxies      []endpoint // listed ways to the banned service
	service      []endpoint // of the banned service, in order of arrival
	serviceByDay [][]int
	domains      []domainName
	domainSums   []float64
	blocked      blockPlan
	cloudCount   int
}

// Keys of the random streams, so that parts stay independent of each other.
const (
	keyNetworks = iota + 1
	keyHosts
	keyTools
	keyDomains
	keyBlocks
	keyService
	keyDemand
	keySessions
	keyDNS
	keyTopology
	keyReplicates
	keyUniform
	keyNewcomers
	keyOnePeer
)

func newWorld(s *Scenario, seed uint64) *world {
	w := &world{cloudCount: len(s.Clouds)}
	w.drawNetworks(s, stream(seed, keyNetworks))
	w.drawHosts(s, stream(seed, keyHosts))
	w.drawTools(s, stream(seed, keyTools))
	w.blocked = drawBlocks(s, w, stream(seed, keyBlocks))
	w.drawService(s, stream(seed, keyService))
	w.drawDomains(s, stream(seed, keyDomains))
	return w
}

// drawNetworks gives each access network a /16 of 100.64.0.0/10 (RFC 6598), a /48 of
// 2001:db8::/32 (RFC 3849), an exporter in 198.18.0.0/15 (RFC 2544) and a private-use
// AS number (RFC 6996).
func (w *world) drawNetworks(s *Scenario, r random) {
	slots := r.shuffled(64)
	asn := uint32(4200000000 + r.intn(1<<20))
	for c := range s.Countries {
		country := &s.Countries[c]
		var weights []float64
		for range country.Networks {
			weights = append(weights, 1/math.Pow(float64(len(weights)+1), .7)*math.Exp(.15*r.normal()))
		}
		total := 0.0
		for _, x := range weights {
			total += x
		}
		for n := range country.Networks {
			i := len(w.networks)
			asn += uint32(1 + r.intn(500))
			net := network{
				country: c, number: n, asn: asn, share: weights[n] / total,
				name:     fmt.Sprintf("simulated-%s-%d", country.Code, n+1),
				v4:       netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64 + byte(slots[i%64]), 0, 0}), 16),
				v6:       netip.PrefixFrom(v6(uint16(0x100+i), 0, 0), 48),
				exporter: netip.AddrFrom4([4]byte{198, 18, byte(i), 1}),
				resolver: netip.AddrFrom4([4]byte{198, 19, byte(i), 53}),
			}
			if country.Code == s.Ban.Country {
				net.enforces = min(1, max(0, s.Ban.Enforcement.Mean+s.Ban.Enforcement.SD*r.normal()))
			}
			w.networks = append(w.networks, net)
		}
	}
}

// v6 is an address in 2001:db8::/32 by its third group, fourth group and the rest.
func v6(third, fourth uint16, rest uint64) netip.Addr {
	var b [16]byte
	binary.BigEndian.PutUint32(b[:], 0x20010db8)
	binary.BigEndian.PutUint16(b[4:], third)
	binary.BigEndian.PutUint16(b[6:], fourth)
	binary.BigEndian.PutUint64(b[8:], rest)
	return netip.AddrFrom16(b)
}

// Places in world.hosts behind the clouds.
const (
	hostingSpace = iota
	contentSpace
	bannedSpace
	substituteSpace
	otherSpaces
)

// drawHosts gives every server network a /8 of 240.0.0.0/4 (RFC 1112), without 255.
func (w *world) drawHosts(s *Scenario, r random) {
	slots := r.shuffled(15)
	asn := uint32(4250000000 + r.intn(1<<20))
	add := func(name, country, kind string) {
		asn += uint32(1 + r.intn(500))
		space := netip.PrefixFrom(netip.AddrFrom4([4]byte{240 + byte(slots[len(w.hosts)]), 0, 0, 0}), 8)
		w.hosts = append(w.hosts, host{name, country, kind, asn, space})
	}
	for _, c := range s.Clouds {
		add(c.Name, c.Country, "hosting")
	}
	add("simulated-hosting", "nl", "hosting")
	add("simulated-content", "us", "business")
	add("simulated-"+s.Services.Banned, "gb", "business")
	add("simulated-"+s.Services.Substitute, "ru", "business")
}

// serverV6 is a server's address on IPv6: the upper half of the documentation prefix.
func serverV6(r *random, host int) netip.Addr {
	return v6(0x8000|uint16(host)<<8, uint16(r.intn(1<<16)), r.next()>>16)
}

// inside is a random address of a prefix that is no network or broadcast address of a /24.
func inside(r *random, p netip.Prefix) netip.Addr {
	base := toUint32(p.Addr())
	size := uint32(1) << (32 - p.Bits())
	a := base + uint32(r.next()>>32)%size
	return fromUint32(a&^0xff | uint32(1+r.intn(250)))
}

func toUint32(a netip.Addr) uint32 { b := a.As4(); return binary.BigEndian.Uint32(b[:]) }

func fromUint32(a uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], a)
	return netip.AddrFrom4(b)
}

// drawTools makes the endpoints: listed ones belong to providers (for tunnels) and are
// replaced now and then, unlisted ones stay. Every tool has both families on every day.
func (w *world) drawTools(s *Scenario, r random) {
	hosting := w.cloudCount + hostingSpace
	last := s.Days() - 1
	total := len(s.Providers) * s.EndpointsPerProvider
	provider := 0
	draw := func(t int, v6 bool) endpoint {
		tool := &s.Tools[t]
		e := endpoint{proto: protocolNumber[tool.Protocol], tool: t, last: last, network: hosting}
		if len(tool.Ports) > 0 {
			port := tool.Ports[r.intn(len(tool.Ports))]
			if port == 0 {
				port = r.between(2000, 60000)
			}
			e.port = uint16(port)
		}
		e.addr = inside(&r, w.hosts[hosting].space)
		if v6 {
			e.addr = serverV6(&r, hosting)
		}
		return e
	}
	for t := range s.Tools {
		tool := &s.Tools[t]
		var listed, unlisted []endpoint
		n := max(4, int(tool.Share*float64(total)+.5))
		for i := range n {
			e := draw(t, i%4 == 3)
			if tool.Category == "" {
				e.service = s.Providers[provider%len(s.Providers)]
				provider++
			}
			if i%4 == 1 { // replaced in the middle of the time
				moved := draw(t, false)
				moved.service = e.service
				e.last = r.between(last/4, 3*last/4)
				moved.first = e.last + 1
				listed = append(listed, moved)
			}
			listed = append(listed, e)
		}
		for i := range max(4, n/2) {
			unlisted = append(unlisted, draw(t, i%4 == 3))
		}
		w.listed, w.unlisted = append(w.listed, listed), append(w.unlisted, unlisted)
	}
	sub := w.cloudCount + substituteSpace
	for range 4 {
		w.substitutes = append(w.substitutes, endpoint{
			addr: inside(&r, w.hosts[sub].space), port: 443, proto: tcp, tool: -1,
			service: s.Services.Substitute, last: last, network: sub,
		})
	}
	enforced := s.day(s.Ban.Enforced)
	for range 20 {
		w.proxies = append(w.proxies, endpoint{
			addr: inside(&r, w.hosts[hosting].space), port: uint16(r.between(2000, 60000)), proto: tcp, tool: -1,
			service: s.Services.Banned, first: max(0, enforced-14), last: last, network: hosting,
		})
	}
}

// drawDomains makes the legitimate web: names weighted by Zipf's law, on clouds or elsewhere.
func (w *world) drawDomains(s *Scenario, r random) {
	content := w.cloudCount + contentSpace
	var weights []float64
	for i := range s.Domains.Legitimate {
		home, u := content, r.float()
		for c := range s.Clouds {
			if u < s.Clouds[c].Domains {
				home = c
				break
			}
			u -= s.Clouds[c].Domains
		}
		d := domainName{name: fmt.Sprintf("%s-%d.example", domainWords[r.intn(len(domainWords))], i+1)}
		for k := range 1 + r.intn(s.Domains.Addresses) {
			where := home
			if k > 0 && r.chance(.3) {
				where = content // a second site elsewhere: such a name survives in part
			}
			d.v4 = append(d.v4, inside(&r, w.hosts[where].space))
		}
		if r.chance(.3) {
			d.v6 = serverV6(&r, home)
		}
		weights = append(weights, 1/math.Pow(float64(i+3), .8))
		w.domains = append(w.domains, d)
	}
	w.domainSums = cumulate(weights)
	previous := 0.0
	for i, sum := range w.domainSums {
		w.domains[i].weight, previous = sum-previous, sum
	}
}

var domainWords = []string{"shop", "news", "bank", "school", "games", "radio", "maps", "travel", "mail", "video", "forum", "museum"}

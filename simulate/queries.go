package simulate

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"time"
)

// query is one answered DNS question.
type query struct {
	time             int64 // ms UTC
	latencyMS        float64
	client, resolver netip.Addr
	port             uint16
	id               uint16
	network          int
	name             string
	www              bool
	aaaa             bool
	rcode            string
	answers          []netip.Addr
	domain           int // index of a legitimate name, -1 otherwise
	interest         bool
}

// queryMaker makes the DNS messages of a day, reusing its buffer.
type queryMaker struct {
	s       *Scenario
	w       *world
	d       *demand
	seed    uint64
	hours   []float64
	buffer  []query
	scratch []netip.Addr // one-address answers of the day
}

func newQueryMaker(s *Scenario, w *world, d *demand, seed uint64) *queryMaker {
	return &queryMaker{s: s, w: w, d: d, seed: seed, hours: cumulate(s.Profiles["home"].Hours)}
}

// Shares of what is asked for in addition to legitimate names.
const (
	interestShare = .06 // names of VPN providers: interest, not use
	serviceShare  = .05 // the banned service's name
	absentShare   = .03 // names that do not exist
)

// day gives the messages of one UTC day, in order of time. The slice is valid until the
// next call.
func (m *queryMaker) day(day int) []query {
	m.buffer, m.scratch = m.buffer[:0], m.scratch[:0]
	for n := range m.w.networks {
		net := &m.w.networks[n]
		r := stream(m.seed, keyDNS, uint64(n), uint64(day))
		c := &m.s.Countries[net.country]
		mean := math.Log(c.DNS*net.share*m.d.scale) + m.s.Profiles["home"].Weekly[(int(m.s.date(day).Weekday())+6)%7] +
			c.Growth*float64(day-m.s.day(m.s.Ban.Enforced)) + m.d.common[day]
		interest := interestShare
		if since := day - m.s.day(m.s.Ban.Enforced); net.enforces > 0 && since >= 0 {
			interest *= math.Exp(m.s.Ban.Interest * m.s.Ban.curve(since) / m.s.Ban.Effect)
		}
		count := r.poisson(math.Exp(mean))
		if m.d.silent(n, day) {
			continue // the network's resolver is behind the sensor that is out
		}
		for range count {
			m.query(&r, n, day, interest)
		}
	}
	slices.SortStableFunc(m.buffer, func(a, b query) int { return cmp.Compare(a.time, b.time) })
	return m.buffer
}

func (m *queryMaker) query(r *random, n, day int, interest float64) {
	net := &m.w.networks[n]
	hour := (r.pick(m.hours) - m.s.Countries[net.country].Zone + 24) % 24
	b := net.v4.Addr().As4()
	place := int(web)*panelSize + r.intn(1<<10)
	b[2], b[3] = byte(place>>8), byte(place)
	q := query{
		time:      m.s.date(day).UnixMilli() + int64(hour)*3_600_000 + int64(r.intn(3_600_000)),
		latencyMS: math.Round(1000*6*math.Exp(.8*r.normal())) / 1000,
		client:    netip.AddrFrom4(b), resolver: net.resolver,
		port: uint16(r.between(32768, 60999)), id: uint16(r.intn(1 << 16)),
		network: n, rcode: "NOERROR", domain: -1,
	}
	switch u := r.float(); {
	case u < interest:
		q.interest = true
		provider := r.intn(len(m.s.Providers))
		q.name = m.s.Providers[provider] + ".example"
		q.answers = m.one(providerAddr(m.w, provider))
	case u < interest+serviceShare:
		q.name = m.s.Services.Banned + ".example"
		q.answers = m.one(m.w.service[r.intn(m.s.Endpoints.OwnHosts)].addr)
	case u < interest+serviceShare+absentShare:
		q.name, q.rcode = "no-such-name.example", "NXDOMAIN"
	default:
		q.domain = r.pick(m.w.domainSums)
		d := &m.w.domains[q.domain]
		q.name, q.www, q.answers = d.name, r.chance(.6), d.v4
		if d.v6.IsValid() && r.chance(.3) {
			q.aaaa, q.answers = true, m.one(d.v6)
		}
	}
	m.buffer = append(m.buffer, q)
}

// one keeps a single address for the day.
func (m *queryMaker) one(a netip.Addr) []netip.Addr {
	m.scratch = append(m.scratch, a)
	n := len(m.scratch)
	return m.scratch[n-1 : n : n]
}

// providerAddr is the web site of a provider, in the content space.
func providerAddr(w *world, provider int) netip.Addr {
	b := w.hosts[w.cloudCount+contentSpace].space.Addr().As4()
	b[1], b[2], b[3] = 250, byte(provider), 10
	return netip.AddrFrom4(b)
}

// append writes the message as DNS-collector prints a client's response in its JSON mode,
// and one field more that says that it is simulated. The newline is included.
func (q *query) append(b []byte, networks []network) []byte {
	b = append(b, `{"network":{"family":"IPv4","protocol":"UDP","query-ip":"`...)
	b = q.client.AppendTo(b)
	b = append(b, `","query-port":"`...)
	b = strconv.AppendUint(b, uint64(q.port), 10)
	b = append(b, `","response-ip":"`...)
	b = q.resolver.AppendTo(b)
	b = append(b, `","response-port":"53","ip-defragmented":false,"tcp-reassembled":false},"dns":{"id":`...)
	b = strconv.AppendUint(b, uint64(q.id), 10)
	b = append(b, `,"length":`...)
	b = strconv.AppendInt(b, int64(40+len(q.name)+16*len(q.answers)), 10)
	b = append(b, `,"opcode":0,"rcode":"`...)
	b = append(b, q.rcode...)
	b = append(b, `","qname":"`...)
	b = q.appendName(b)
	b = append(b, `","qtype":"`...)
	b = append(b, q.recordType()...)
	b = append(b, `","qclass":"IN","flags":{"qr":true,"tc":false,"aa":false,"ra":true,"ad":false,"rd":true,"cd":false},"resource-records":{"an":[`...)
	for i, a := range q.answers {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"name":"`...)
		b = q.appendName(b)
		b = append(b, `","rdatatype":"`...)
		b = append(b, q.recordType()...)
		b = append(b, `","ttl":300,"rdata":"`...)
		b = a.AppendTo(b)
		b = append(b, `","class":"IN"}`...)
	}
	b = append(b, `],"ns":[],"ar":[]},"malformed-packet":false},"edns":{"udp-size":1232,"rcode":0,"version":0,"dnssec-ok":0,"options":[]},"dnstap":{"operation":"CLIENT_RESPONSE","identity":"`...)
	b = append(b, networks[q.network].name...)
	b = append(b, `","version":"-","timestamp-rfc3339ns":"`...)
	b = time.UnixMilli(q.time).UTC().AppendFormat(b, "2006-01-02T15:04:05.999999999Z")
	b = append(b, `","latency":`...)
	b = strconv.AppendFloat(b, q.latencyMS/1000, 'f', 6, 64)
	return append(b, "},\"simulated\":true}\n"...)
}

func (q *query) appendName(b []byte) []byte {
	if q.www {
		b = append(b, "www."...)
	}
	return append(b, q.name...)
}

func (q *query) recordType() string {
	if q.aaaa {
		return "AAAA"
	}
	return "A"
}

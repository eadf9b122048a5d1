package flowcontext

import (
	"bytes"
	"cmp"
	"math"
	"slices"

	"github.com/banshift/banshift/schemas"
)

// kind is what a flow is to its neighbours.
type kind uint8

const (
	kindIKE kind = 1 << iota
	kindNATT
	kindTLS
	kindDTLS
	kindAnyConnect
	kindTinc
	kindSTUN
	kindUDP  // that no other protocol claims
	numKinds = iota
)

// rare kinds decide which pairs of ends are looked at: every pairing has one of them.
const rare = kindIKE | kindNATT | kindDTLS | kindAnyConnect | kindTinc

// sought kinds make a flow a neighbour that others look for.
const sought = rare | kindTLS | kindSTUN

// pairing sets a bit on flows of a kind that have a neighbour of another kind which
// begins at most before ms earlier or at most after ms later.
type pairing struct {
	bit           Bits
	self          kind
	other         int // index of the kind
	before, after int64
}

const never = -1

// pairings are looked for between the same client and server.
var pairings = []pairing{
	{IKEThenNATT, kindNATT, 0, PairWindow, never},
	{IKEThenNATT, kindIKE, 1, never, PairWindow},
	{BesideTincMeta, kindUDP, 5, PairWindow, never},
	{DTLSBesideSTUN, kindDTLS, 6, CallWindow, never},
}

// samePort pairings are looked for at the same port of the server, too. AnyConnect's DTLS
// is by default on the port of its TLS (ocserv manual, tcp-port and udp-port; Cisco, "dtls
// port"); a device that asks by HTTPS and by DTLS has a port for each.
var samePort = []pairing{
	{TLSThenDTLS, kindDTLS, 2, PairWindow, never},
	{TLSThenDTLS, kindTLS, 3, never, PairWindow},
	{TLSBesideAnyConnect, kindTLS, 4, PairWindow, PairWindow},
}

const (
	protoTCP, protoUDP = 6, 17
	portIKE, portNATT  = 500, 4500
	portCoAP           = 5684 // over DTLS (RFC 7252 section 12.8): a device that asks by HTTPS, too
)

// claimed are signatures of UDP that is surely not a tunnel's data.
var claimed = schemas.SignaturesOf(schemas.SigDNS, schemas.SigQUIC, schemas.SigDTLS, schemas.SigSTUN, schemas.SigRTP,
	schemas.SigBitTorrent, schemas.SigNTP, schemas.SigSIP)

// kindsOf looks at one flow.
func kindsOf(f *schemas.Flows, i int) kind {
	sig := f.SignaturesAt(i)
	if f.Protocol[i] == protoTCP {
		switch {
		case sig.Has(schemas.SigTinc):
			return kindTinc
		case sig.Has(schemas.SigTLS):
			return kindTLS
		}
		return 0
	}
	if f.Protocol[i] != protoUDP {
		return 0
	}
	var k kind
	answered := f.PacketsDown[i] > 0 // a scan of both ports is no tunnel
	if answered && f.ServerPort[i] == portIKE {
		k |= kindIKE
	}
	if answered && f.ServerPort[i] == portNATT {
		k |= kindNATT
	}
	if sig.Has(schemas.SigDTLS) && f.ServerPort[i] != portCoAP {
		k |= kindDTLS
		if sig.Has(schemas.SigAnyConnectDTLS) {
			k |= kindAnyConnect
		}
	}
	if sig.Has(schemas.SigSTUN) {
		k |= kindSTUN
	}
	if !sig.HasAny(claimed) {
		k |= kindUDP
	}
	return k
}

// elsewhere stands for the row of a flow of another range: its bits are not asked for.
const elsewhere = -1

// entry is a flow that is looked at closely.
type entry struct {
	client     uint64
	server     [16]byte
	start, end int64
	bytes      uint64
	port       uint16
	kinds      kind
	row        int32 // in the range itself, or elsewhere
}

// scratch is the working memory of one range at a time.
type scratch struct {
	own     *Sightings
	all     []*Sightings // own and its neighbours
	out     []uint32
	entries []entry
	seen    filter
	asked   []lookup
}

// close forgets the range and keeps the space.
func (s *scratch) close() {
	s.own, s.out = nil, nil
	clear(s.all)
}

// add takes a row in.
func (s *scratch) add(r *Sightings, i int) {
	e := entry{
		client: r.client[i], server: [16]byte(r.serverOf(i)), start: int64(r.start[i]), end: int64(r.end[i]),
		bytes: r.bytesOf(i), port: r.port[i], kinds: r.kinds[i], row: elsewhere,
	}
	if r == s.own {
		e.row = int32(i)
	}
	s.entries = append(s.entries, e)
}

// compareEnds orders by client, server and start.
func compareEnds(a, b entry) int {
	return cmp.Or(cmp.Compare(a.client, b.client), bytes.Compare(a.server[:], b.server[:]), cmp.Compare(a.start, b.start))
}

func sameEnds(a, b *entry) bool { return a.client == b.client && a.server == b.server }

// comparePorts orders entries of the same ends by port and start.
func comparePorts(a, b entry) int {
	return cmp.Or(cmp.Compare(a.port, b.port), cmp.Compare(a.start, b.start))
}

// pairs sets the bits of flows between the same ends.
func (s *scratch) pairs() {
	s.seen = filter{}
	found := false
	for _, r := range s.all {
		if r.hasRare {
			s.seen.merge(&r.ends)
			found = true
		}
	}
	if !found {
		return
	}
	s.entries = s.entries[:0]
	for _, r := range s.all {
		wanted := kind(sought)
		if r == s.own {
			wanted = ^kind(0)
		}
		for i, k := range r.kinds {
			if k&wanted == 0 {
				continue
			}
			if h := r.hashEnds(i); h != 0 && s.seen.has(h) {
				s.add(r, i)
			}
		}
	}
	slices.SortFunc(s.entries, compareEnds)
	eachGroup(s.entries, sameEnds, func(group []entry) {
		s.pairGroup(group, pairings)
		slices.SortFunc(group, comparePorts)
		eachGroup(group, func(a, b *entry) bool { return a.port == b.port }, func(group []entry) { s.pairGroup(group, samePort) })
	})
}

// eachGroup calls each for every run of entries that belong together.
func eachGroup(entries []entry, same func(a, b *entry) bool, each func([]entry)) {
	for len(entries) > 0 {
		n := 1
		for n < len(entries) && same(&entries[0], &entries[n]) {
			n++
		}
		each(entries[:n])
		entries = entries[n:]
	}
}

// pairGroup walks the flows between two ends forwards, then backwards. Flows that begin
// at the same time are each other's neighbours in both walks, whatever their order; a
// flow of two kinds is its own.
func (s *scratch) pairGroup(group []entry, pairings []pairing) {
	var last [numKinds]int64
	for k := range last {
		last[k] = math.MinInt64 / 2
	}
	eachInstant(group, func(at int64, now []entry) {
		note(&last, at, now)
		for _, p := range pairings {
			if p.before != never && at-last[p.other] <= p.before {
				s.mark(now, p)
			}
		}
	})
	for k := range last {
		last[k] = math.MaxInt64 / 2
	}
	slices.Reverse(group)
	eachInstant(group, func(at int64, now []entry) {
		note(&last, at, now)
		for _, p := range pairings {
			if p.after != never && last[p.other]-at <= p.after {
				s.mark(now, p)
			}
		}
	})
}

// eachInstant calls each for the entries of every distinct start.
func eachInstant(group []entry, each func(at int64, now []entry)) {
	same := func(a, b *entry) bool { return a.start == b.start }
	eachGroup(group, same, func(now []entry) { each(now[0].start, now) })
}

func note(last *[numKinds]int64, at int64, now []entry) {
	for i := range now {
		for k := range last {
			if now[i].kinds&(1<<k) != 0 {
				last[k] = at
			}
		}
	}
}

func (s *scratch) mark(now []entry, p pairing) {
	for i := range now {
		if e := &now[i]; e.row != elsewhere && e.kinds&p.self != 0 {
			s.out[e.row] |= uint32(p.bit)
		}
	}
}

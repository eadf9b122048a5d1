package flowcontext

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"github.com/banshift/banshift/schemas"
)

// kind is what a flow is to its neighbours.
type kind uint16

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

// pairing sets a bit on flows of a kind that have a neighbour of another kind which
// begins at most before ms earlier or at most after ms later.
type pairing struct {
	bit           Bits
	self          kind
	other         int // index of the kind
	before, after int64
}

const never = -1

var pairings = [...]pairing{
	{IKEThenNATT, kindNATT, 0, PairWindow, never},
	{IKEThenNATT, kindIKE, 1, never, PairWindow},
	{TLSThenDTLS, kindDTLS, 2, PairWindow, never},
	{TLSThenDTLS, kindTLS, 3, never, PairWindow},
	{TLSBesideAnyConnect, kindTLS, 4, never, PairWindow},
	{BesideTincMeta, kindUDP, 5, PairWindow, never},
	{DTLSBesideSTUN, kindDTLS, 6, CallWindow, never},
}

const (
	protoTCP, protoUDP = 6, 17
	portIKE, portNATT  = 500, 4500
)

// claimed are signatures of UDP that is surely not a tunnel's data.
const claimed = schemas.SigDNS | schemas.SigQUIC | schemas.SigDTLS | schemas.SigSTUN | schemas.SigRTP |
	schemas.SigBitTorrent | schemas.SigNTP | schemas.SigSIP

// kindsOf looks at one flow.
func kindsOf(f *schemas.Flows, i int) kind {
	sig := schemas.Signature(f.Signatures[i])
	if f.Protocol[i] == protoTCP {
		switch {
		case sig&schemas.SigTinc != 0:
			return kindTinc
		case sig&schemas.SigTLS != 0:
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
	if sig&schemas.SigDTLS != 0 {
		k |= kindDTLS
	}
	if sig&schemas.SigAnyConnectDTLS != 0 {
		k |= kindAnyConnect | kindDTLS
	}
	if sig&schemas.SigSTUN != 0 {
		k |= kindSTUN
	}
	if sig&claimed == 0 {
		k |= kindUDP
	}
	return k
}

// filterBits is the size of the filters that spare most rows the sorting.
const filterBits = 16

// filter holds hashes; what it lacks was surely not added.
type filter [1 << filterBits / 64]uint64

func (f *filter) add(hash uint64) {
	f[hash>>(64-filterBits)/64] |= 1 << (hash >> (64 - filterBits) % 64)
}
func (f *filter) has(hash uint64) bool {
	return f[hash>>(64-filterBits)/64]&(1<<(hash>>(64-filterBits)%64)) != 0
}

func hashClient(client uint64) uint64 { return client * 0x9e3779b97f4a7c15 }

// scratch is the working memory of one batch at a time.
type scratch struct {
	flows *schemas.Flows
	out   []uint32
	kinds []kind
	rows  []int32
	seen  filter
	asked []lookup
}

func (s *scratch) open(f *schemas.Flows, out []uint32) { s.flows, s.out = f, out }

// close lets go of the batch's memory and keeps the scratch space.
func (s *scratch) close() { s.flows, s.out = nil, nil }

func (s *scratch) server(i int32) []byte { return s.flows.Server.Value(int(i)) }

var nowhere [16]byte

// hashEnds is 0 where the server's address is withheld: such flows have no neighbours.
func (s *scratch) hashEnds(i int32) uint64 {
	server := s.server(i)
	if bytes.Equal(server, nowhere[:]) {
		return 0
	}
	h := hashClient(s.flows.Client[i]) ^ binary.LittleEndian.Uint64(server)
	return (h*0x9e3779b97f4a7c15 ^ binary.LittleEndian.Uint64(server[8:])) * 0x9e3779b97f4a7c15
}

// compareEnds orders rows by client, server and start.
func (s *scratch) compareEnds(a, b int32) int {
	f := s.flows
	return cmp.Or(cmp.Compare(f.Client[a], f.Client[b]), bytes.Compare(s.server(a), s.server(b)), cmp.Compare(f.Start[a], f.Start[b]))
}

func (s *scratch) sameEnds(a, b int32) bool {
	return s.flows.Client[a] == s.flows.Client[b] && bytes.Equal(s.server(a), s.server(b))
}

// pairs sets the bits of flows between the same ends.
func (s *scratch) pairs() {
	s.seen = filter{}
	s.kinds = slices.Grow(s.kinds[:0], s.flows.Len)[:s.flows.Len]
	found := false
	for i := range s.flows.Len {
		s.kinds[i] = kindsOf(s.flows, i)
		if s.kinds[i]&rare == 0 {
			continue
		}
		if h := s.hashEnds(int32(i)); h != 0 {
			s.seen.add(h)
			found = true
		}
	}
	if !found {
		return
	}
	s.rows = s.rows[:0]
	for i, k := range s.kinds {
		if k == 0 {
			continue
		}
		if h := s.hashEnds(int32(i)); h != 0 && s.seen.has(h) {
			s.rows = append(s.rows, int32(i))
		}
	}
	slices.SortFunc(s.rows, s.compareEnds)
	eachGroup(s.rows, s.sameEnds, s.pairGroup)
}

// eachGroup calls each for every run of rows that belong together.
func eachGroup(rows []int32, same func(a, b int32) bool, each func([]int32)) {
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && same(rows[0], rows[n]) {
			n++
		}
		each(rows[:n])
		rows = rows[n:]
	}
}

// pairGroup walks the flows between two ends forwards, then backwards. Flows that begin
// at the same time are each other's neighbours in both walks, whatever their order; a
// flow of two kinds is its own.
func (s *scratch) pairGroup(rows []int32) {
	var last [numKinds]int64
	for k := range last {
		last[k] = math.MinInt64 / 2
	}
	s.eachInstant(rows, func(at int64, now []int32) {
		s.note(&last, at, now)
		for _, p := range pairings {
			if p.before != never && at-last[p.other] <= p.before {
				s.mark(now, p)
			}
		}
	})
	for k := range last {
		last[k] = math.MaxInt64 / 2
	}
	slices.Reverse(rows)
	s.eachInstant(rows, func(at int64, now []int32) {
		s.note(&last, at, now)
		for _, p := range pairings {
			if p.after != never && last[p.other]-at <= p.after {
				s.mark(now, p)
			}
		}
	})
}

// eachInstant calls each for the rows of every distinct start.
func (s *scratch) eachInstant(rows []int32, each func(at int64, now []int32)) {
	same := func(a, b int32) bool { return s.flows.Start[a] == s.flows.Start[b] }
	eachGroup(rows, same, func(now []int32) { each(int64(s.flows.Start[now[0]]), now) })
}

func (s *scratch) note(last *[numKinds]int64, at int64, now []int32) {
	for _, i := range now {
		for k := range last {
			if s.kinds[i]&(1<<k) != 0 {
				last[k] = at
			}
		}
	}
}

func (s *scratch) mark(now []int32, p pairing) {
	for _, i := range now {
		if s.kinds[i]&p.self != 0 {
			s.out[i] |= uint32(p.bit)
		}
	}
}

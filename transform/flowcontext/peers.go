package flowcontext

import (
	"cmp"
	"slices"
)

// peers sets [SinglePeer]. Only clients with a long flow in the range itself are looked at.
func (s *scratch) peers() {
	if !s.own.hasLong {
		return
	}
	s.entries = s.entries[:0]
	for _, r := range s.all {
		for i, client := range r.client {
			if s.own.long.has(hashClient(client)) && r.hashEnds(i) != 0 {
				s.add(r, i)
			}
		}
	}
	slices.SortFunc(s.entries, compareEnds)
	all := make(map[int32]uint64) // long flow -> the client's bytes while it lasts
	byClient := slices.Clone(s.entries)
	sameClient := func(a, b *entry) bool { return a.client == b.client }
	eachGroup(byClient, sameClient, func(group []entry) {
		during(group, func(row int32, n uint64) { all[row] = n })
	})
	eachGroup(s.entries, sameEnds, func(group []entry) {
		during(group, func(row int32, peer uint64) {
			if total := all[row]; peer < total && float64(peer)*100 >= float64(total)*PeerShare {
				s.out[row] |= uint32(SinglePeer)
			}
		})
	})
}

// asksForShare reports whether an entry is a long flow of the range itself.
func (e *entry) asksForShare() bool { return e.row != elsewhere && e.end-e.start >= PeerDuration }

// during gives for each long flow of the range itself the bytes of those entries that
// overlap it: what began by its end without what ended before its start. It reorders them.
func during(group []entry, each func(row int32, bytes uint64)) {
	if !slices.ContainsFunc(group, func(e entry) bool { return e.asksForShare() }) {
		return
	}
	slices.SortFunc(group, func(a, b entry) int { return cmp.Compare(a.start, b.start) })
	begun := running(group)
	byEnd := slices.Clone(group)
	slices.SortFunc(byEnd, func(a, b entry) int { return cmp.Compare(a.end, b.end) })
	ended := running(byEnd)
	for i := range group {
		e := &group[i]
		if !e.asksForShare() {
			continue
		}
		// The first flow that begins after e ends, and the first that ends no earlier than e begins.
		n, _ := slices.BinarySearchFunc(group, e.end+1, func(o entry, t int64) int { return cmp.Compare(o.start, t) })
		m, _ := slices.BinarySearchFunc(byEnd, e.start, func(o entry, t int64) int { return cmp.Compare(o.end, t) })
		each(e.row, begun[n]-ended[m])
	}
}

// running gives the sums of bytes before each place, and at the end of all.
func running(group []entry) []uint64 {
	sums := make([]uint64, len(group)+1)
	for i := range group {
		sums[i+1] = sums[i] + group[i].bytes
	}
	return sums
}

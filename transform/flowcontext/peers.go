package flowcontext

import (
	"cmp"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
)

// peers sets [SinglePeer]. Only clients with a long flow are looked at.
func (s *scratch) peers() {
	f := s.flows
	s.seen = filter{}
	found := false
	for i := range f.Len {
		if int64(f.End[i]-f.Start[i]) >= PeerDuration {
			s.seen.add(hashClient(f.Client[i]))
			found = true
		}
	}
	if !found {
		return
	}
	s.rows = s.rows[:0]
	for i := range f.Len {
		if s.seen.has(hashClient(f.Client[i])) && s.hashEnds(int32(i)) != 0 {
			s.rows = append(s.rows, int32(i))
		}
	}
	slices.SortFunc(s.rows, s.compareEnds)
	all := make(map[int32]uint64) // long flow -> the client's bytes while it lasts
	byClient := slices.Clone(s.rows)
	sameClient := func(a, b int32) bool { return f.Client[a] == f.Client[b] }
	eachGroup(byClient, sameClient, func(rows []int32) { s.during(rows, func(i int32, n uint64) { all[i] = n }) })
	eachGroup(s.rows, s.sameEnds, func(rows []int32) {
		s.during(rows, func(i int32, peer uint64) {
			if total := all[i]; peer < total && float64(peer)*100 >= float64(total)*PeerShare {
				s.out[i] |= uint32(SinglePeer)
			}
		})
	})
}

func (s *scratch) bytes(i int32) uint64 {
	f := s.flows
	return (f.BytesUp[i] + f.BytesDown[i]) * uint64(max(f.SamplingRate[i], 1))
}

// during gives for each long flow of rows the bytes of those rows that overlap it: what
// began by its end without what ended before its start. It may reorder rows.
func (s *scratch) during(rows []int32, each func(i int32, bytes uint64)) {
	f := s.flows
	if !slices.ContainsFunc(rows, s.long) {
		return
	}
	slices.SortFunc(rows, func(a, b int32) int { return cmp.Compare(f.Start[a], f.Start[b]) })
	begun := s.running(rows)
	byEnd := slices.Clone(rows)
	slices.SortFunc(byEnd, func(a, b int32) int { return cmp.Compare(f.End[a], f.End[b]) })
	ended := s.running(byEnd)
	for _, i := range rows {
		if !s.long(i) {
			continue
		}
		// The first flow that begins after i ends, and the first that ends no earlier than i begins.
		n, _ := slices.BinarySearchFunc(rows, f.End[i]+1, func(row int32, t arrow.Timestamp) int { return cmp.Compare(f.Start[row], t) })
		m, _ := slices.BinarySearchFunc(byEnd, f.Start[i], func(row int32, t arrow.Timestamp) int { return cmp.Compare(f.End[row], t) })
		each(i, begun[n]-ended[m])
	}
}

func (s *scratch) long(i int32) bool { return int64(s.flows.End[i]-s.flows.Start[i]) >= PeerDuration }

// running gives the sums of bytes before each place of rows, and at the end of all.
func (s *scratch) running(rows []int32) []uint64 {
	sums := make([]uint64, len(rows)+1)
	for k, i := range rows {
		sums[k+1] = sums[k] + s.bytes(i)
	}
	return sums
}

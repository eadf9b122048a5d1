package load

import (
	"cmp"
	"slices"
)

// Range is a half-open range of positions of one partition of a source: Kafka
// offsets or byte offsets, First inclusive, Next exclusive.
type Range struct {
	Partition   int32
	First, Next int64
}

// ranges is a set of positions of one partition: sorted, disjoint, not touching.
type ranges []Range

// add puts r into the set and merges what touches it.
func (set ranges) add(r Range) ranges {
	if r.First >= r.Next {
		return set
	}
	from, _ := slices.BinarySearchFunc(set, r.First, func(have Range, first int64) int { return cmp.Compare(have.Next, first) })
	to := from
	for to < len(set) && set[to].First <= r.Next {
		r.First = min(r.First, set[to].First)
		r.Next = max(r.Next, set[to].Next)
		to++
	}
	return slices.Replace(set, from, to, r)
}

// covers reports whether all of r is in the set.
func (set ranges) covers(r Range) bool {
	i, _ := slices.BinarySearchFunc(set, r.First, func(have Range, first int64) int { return cmp.Compare(have.Next, first+1) })
	return i < len(set) && set[i].First <= r.First && r.Next <= set[i].Next
}

// overlap gives what of the set r meets.
func (set ranges) overlap(r Range) (Range, bool) {
	i, _ := slices.BinarySearchFunc(set, r.First, func(have Range, first int64) int { return cmp.Compare(have.Next, first+1) })
	if i < len(set) && set[i].First < r.Next {
		return set[i], true
	}
	return Range{}, false
}

// compareRanges orders by partition, then by position.
func compareRanges(a, b Range) int {
	return cmp.Or(cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.First, b.First))
}

// Package position has ranges of positions of one partition of a source, and what a ledger
// knows of them. A position is a Kafka offset, a byte of a file of lines, or the ordinal
// of a record of a stream. It must never say what lies at a position.
package position

import (
	"cmp"
	"math"
	"slices"
)

// Endless is the end of a range that grows.
const Endless = math.MaxInt64

// Range is a half-open range of positions, First inclusive, Next exclusive.
type Range struct{ First, Next int64 }

// Empty reports whether no position is in r.
func (r Range) Empty() bool { return r.First >= r.Next }

// Has reports whether a position is in r.
func (r Range) Has(at int64) bool { return r.First <= at && at < r.Next }

// Overlaps reports whether a position is in both.
func (r Range) Overlaps(o Range) bool { return r.First < o.Next && o.First < r.Next }

// And gives what is in both.
func (r Range) And(o Range) Range { return Range{max(r.First, o.First), min(r.Next, o.Next)} }

// Set is positions of one partition: sorted, disjoint ranges that do not touch.
type Set []Range

// Add puts r into the set and merges what touches it.
func (set Set) Add(r Range) Set {
	if r.Empty() {
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

// Overlap gives the first range of the set that r meets.
func (set Set) Overlap(r Range) (Range, bool) {
	i, _ := slices.BinarySearchFunc(set, r.First, func(have Range, first int64) int { return cmp.Compare(have.Next, first+1) })
	if i < len(set) && set[i].First < r.Next {
		return set[i], true
	}
	return Range{}, false
}

// Covers reports whether all of r is in the set.
func (set Set) Covers(r Range) bool {
	have, ok := set.Overlap(r)
	return ok && have.First <= r.First && r.Next <= have.Next
}

// Holes gives what of r is not in the set, in order.
func (set Set) Holes(r Range) []Range {
	var holes []Range
	for _, have := range set {
		if !have.Overlaps(r) {
			continue
		}
		if hole := (Range{r.First, have.First}); !hole.Empty() {
			holes = append(holes, hole)
		}
		r.First = have.Next
	}
	if !r.Empty() {
		holes = append(holes, r)
	}
	return holes
}

// Intention is a range that was written down and not finished. It has to be read again
// exactly as it is, with the same neighbours and the same clock.
type Intention struct {
	Range
	// Window is where its neighbours begin; empty: it has none.
	Window Range
	// Clock is the latest time that a record could have when the range was first read, ms UTC; 0: no limit.
	Clock int64
}

// Known is what a ledger knows of a partition: what is stored, and in order of position
// what was begun. They share no position.
type Known struct {
	Done     Set
	Intended []Intention
}

// All gives every position that is stored or begun.
func (k Known) All() Set {
	all := slices.Clone(k.Done)
	for _, i := range k.Intended {
		all = all.Add(i.Range)
	}
	return all
}

package load

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// slow is the set of positions below 64 that ranges must stand for.
type slow [64]bool

func (s *slow) add(r Range) {
	for i := r.First; i < r.Next; i++ {
		s[i] = true
	}
}

func (s *slow) covers(r Range) bool {
	for i := r.First; i < r.Next; i++ {
		if !s[i] {
			return false
		}
	}
	return true
}

func (s *slow) touches(r Range) bool { return slices.Contains(s[r.First:r.Next], true) }

func (s *slow) ranges() ranges {
	var out ranges
	for i := int64(0); i < 64; i++ {
		if !s[i] {
			continue
		}
		r := Range{First: i}
		for ; i < 64 && s[i]; i++ {
		}
		r.Next = i
		out = append(out, r)
	}
	return out
}

func randomRange(rng *rand.Rand) Range {
	first := rng.Int64N(63)
	return Range{First: first, Next: first + 1 + rng.Int64N(min(12, 64-first))}
}

func TestRangesAgainstBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var set ranges
		var bits slow
		for range 1 + rng.IntN(12) {
			r := randomRange(rng)
			set = set.add(r)
			bits.add(r)
			probe := randomRange(rng)
			if got, want := set.covers(probe), bits.covers(probe); got != want {
				t.Fatalf("%v covers %v: got %v", set, probe, got)
			}
			if _, got := set.overlap(probe); got != bits.touches(probe) {
				t.Fatalf("%v overlaps %v: got %v", set, probe, got)
			}
		}
		if diff := cmp.Diff(set, bits.ranges()); diff != "" {
			t.Fatalf("(-got, +want):\n%s", diff)
		}
	}
}

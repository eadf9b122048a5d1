package position

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// slow is the set of positions below 64 that a Set must stand for.
type slow [64]bool

func (s *slow) add(r Range) {
	for i := r.First; i < r.Next; i++ {
		s[i] = true
	}
}

func (s *slow) covers(r Range) bool { return !slices.Contains(s[r.First:r.Next], false) }

func (s *slow) touches(r Range) bool { return slices.Contains(s[r.First:r.Next], true) }

// runs gives the ranges of r whose positions are in the set, or are not.
func (s *slow) runs(r Range, in bool) []Range {
	var out []Range
	for i := r.First; i < r.Next; i++ {
		if s[i] != in {
			continue
		}
		run := Range{First: i}
		for ; i < r.Next && s[i] == in; i++ {
		}
		run.Next = i
		out = append(out, run)
	}
	return out
}

func randomRange(rng *rand.Rand) Range {
	first := rng.Int64N(63)
	return Range{First: first, Next: first + 1 + rng.Int64N(min(12, 64-first))}
}

func TestSetAgainstBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var set Set
		var bits slow
		for range 1 + rng.IntN(12) {
			r := randomRange(rng)
			set = set.Add(r)
			bits.add(r)
			probe := randomRange(rng)
			if got, want := set.Covers(probe), bits.covers(probe); got != want {
				t.Fatalf("%v covers %v: got %v", set, probe, got)
			}
			if _, got := set.Overlap(probe); got != bits.touches(probe) {
				t.Fatalf("%v overlaps %v: got %v", set, probe, got)
			}
			if diff := cmp.Diff(set.Holes(probe), bits.runs(probe, false), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("holes of %v in %v (-got, +want):\n%s", probe, set, diff)
			}
		}
		if diff := cmp.Diff([]Range(set), bits.runs(Range{0, 64}, true)); diff != "" {
			t.Fatalf("(-got, +want):\n%s", diff)
		}
	}
}

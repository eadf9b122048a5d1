package plan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/banshift/banshift/load/position"
)

// walk gives the ranges of a plan that are read, stored ones in round brackets.
func walk(p *Plan) (read []string) {
	for at, ok := p.Next(p.all.First); ok; at, ok = p.Next(at) {
		next, _ := p.Cut(at)
		next = min(next, p.End())
		form := "%d-%d"
		if p.Stored(position.Range{First: at, Next: next}) {
			form = "(%d-%d)"
		}
		read = append(read, fmt.Sprintf(form, at, next))
		at = next
	}
	return read
}

func TestPlan(t *testing.T) {
	cases := []struct {
		name     string
		done     []position.Range
		intended []position.Intention
		all      position.Range
		want     []string
	}{
		{name: "nothing known", all: position.Range{Next: 25}, want: []string{"0-10", "10-20", "20-25"}},
		{name: "nothing there"},
		{name: "the log began late", all: position.Range{First: 15, Next: 25}, want: []string{"15-20", "20-25"}},
		{name: "all stored", done: ranges(0, 25), all: position.Range{Next: 25}},
		{
			name: "goes on, with the block before", done: ranges(0, 10, 10, 20, 20, 24), all: position.Range{Next: 30},
			want: []string{"(10-20)", "(20-24)", "24-30"},
		},
		{
			name: "a hole, with its neighbours as they were cut", done: ranges(0, 4, 4, 10, 10, 14, 17, 20, 20, 30, 30, 40), all: position.Range{Next: 40},
			want: []string{"(0-4)", "(4-10)", "(10-14)", "14-17", "(17-20)", "(20-30)"},
		},
		{
			name: "begun: exactly, with the neighbours that it had", done: ranges(0, 4, 4, 6),
			intended: []position.Intention{{Range: position.Range{First: 6, Next: 8}, Window: position.Range{First: 4, Next: 9}}}, all: position.Range{Next: 20},
			want: []string{"(0-4)", "(4-6)", "6-8", "8-9", "9-10", "10-20"},
		},
		{
			name: "begun, without neighbours", done: ranges(0, 6, 8, 20),
			intended: []position.Intention{{Range: position.Range{First: 6, Next: 8}}}, all: position.Range{Next: 20}, want: []string{"6-8"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			known := position.Known{Intended: c.intended}
			for _, r := range c.done {
				known.Done = known.Done.Add(r)
			}
			p := New(known, c.all, 10)
			if err := p.CutAsBefore(borders(c.done)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, walk(p), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// borders answers as the ledger does.
func borders(done []position.Range) func(position.Range) ([]int64, error) {
	return func(in position.Range) (list []int64, err error) {
		for _, r := range done {
			for _, at := range []int64{r.First, r.Next} {
				if in.First < at && at < in.Next && !slices.Contains(list, at) {
					list = append(list, at)
				}
			}
		}
		slices.Sort(list)
		return list, nil
	}
}

// TestPlanAgainstPositions compares with a look at each position: everything that is not
// stored is read once, what was begun is read as it was, and of what is stored the
// ranges that begin in the window of one that is not, and no others.
func TestPlanAgainstPositions(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	const end, block = 80, 7
	for range 2000 {
		var known position.Known
		var done []position.Range
		for at := random.Int64N(5); at < end; {
			r := position.Range{First: at, Next: min(end, at+1+random.Int64N(9), at-at%block+block)}
			switch random.IntN(4) {
			case 0, 1:
				done = append(done, r)
				known.Done = known.Done.Add(r)
			case 2:
				i := position.Intention{Range: r, Window: Window(r.First, block)}
				i.Window.Next = max(r.Next, i.Window.Next-random.Int64N(2*block))
				known.Intended = append(known.Intended, i)
			default: // a hole
			}
			at = r.Next
		}
		p := New(known, position.Range{Next: end}, block)
		if err := p.CutAsBefore(borders(done)); err != nil {
			t.Fatal(err)
		}
		var read []position.Range
		for at, ok := p.Next(0); ok; at, ok = p.Next(at) {
			next, _ := p.Cut(at)
			r := position.Range{First: at, Next: min(next, end)}
			read, at = append(read, r), r.Next
		}
		fail := func(form string, a ...any) {
			t.Fatalf(form+": known %+v, ranges %v, read %v", append(a, known, done, read)...)
		}
		for i, r := range read {
			if i > 0 && read[i-1].Next > r.First {
				fail("%v is out of order", r)
			}
			if r.Empty() || r.First/block != (r.Next-1)/block {
				fail("%v is no part of a block", r)
			}
		}
		for _, r := range known.All().Holes(position.Range{Next: end}) {
			for at := r.First; at < r.Next; at++ {
				if !slices.ContainsFunc(read, func(o position.Range) bool { return o.Has(at) }) {
					fail("%d is not read", at)
				}
			}
		}
		unfinished := known.Intended
		for _, r := range read {
			if _, open := known.All().Overlap(r); !open {
				unfinished = append(unfinished, position.Intention{Range: r, Window: Window(r.First, block)})
			}
		}
		for _, i := range known.Intended {
			if !slices.Contains(read, i.Range) {
				fail("%v, which was begun, is not read", i)
			}
			for _, r := range read {
				if i.Window.Has(r.First) && r.Next > i.Window.Next && !slices.Contains(done, r) && r != i.Range && !begun(known, r) {
					fail("%v reaches out of the window of %v", r, i)
				}
			}
		}
		for _, d := range done {
			near := slices.ContainsFunc(unfinished, func(i position.Intention) bool { return i.Window.Has(d.First) })
			if near && !slices.Contains(read, d) {
				fail("%v is not read as it was stored", d)
			}
		}
	}
}

func begun(known position.Known, r position.Range) bool {
	return slices.ContainsFunc(known.Intended, func(i position.Intention) bool { return i.Range == r })
}

func TestLose(t *testing.T) {
	known := position.Known{Done: position.Set{{First: 0, Next: 4}}, Intended: []position.Intention{{Range: position.Range{First: 6, Next: 9}}}}
	p := New(known, position.Range{Next: 20}, 10)
	open, begun := p.Lose(position.Range{First: 0, Next: 8})
	if diff := cmp.Diff([]position.Range{{First: 4, Next: 6}}, open); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]position.Range{{First: 6, Next: 8}}, begun); diff != "" {
		t.Error(diff)
	}
	if open, _ := p.Lose(position.Range{First: 0, Next: 8}); len(open) > 0 {
		t.Errorf("%v is lost twice", open)
	}
}

// ranges makes ranges of their first positions and those behind them.
func ranges(ends ...int64) (all []position.Range) {
	for pair := range slices.Chunk(ends, 2) {
		all = append(all, position.Range{First: pair[0], Next: pair[1]})
	}
	return all
}

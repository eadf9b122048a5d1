package kafka

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestPlan(t *testing.T) {
	cases := []struct {
		name          string
		done          []Range
		intended      []Intention
		logStart, end int64
		todo          []segment
		lost          []Range
	}{
		{name: "nothing known", end: 10, todo: []segment{{Range: Range{0, 10}}}},
		{name: "empty partition"},
		{name: "log began late before anything was known", logStart: 5, end: 10, todo: []segment{{Range: Range{5, 10}}}},
		{name: "goes on after what is done", done: []Range{{0, 4}}, end: 10, todo: []segment{{Range: Range{4, 10}}}},
		{name: "all done", done: []Range{{0, 10}}, end: 10},
		{name: "follows without an end", done: []Range{{0, 4}}, end: endless, todo: []segment{{Range: Range{4, endless}}}},
		{
			name: "intended first, exactly", done: []Range{{0, 4}}, intended: []Intention{{Range: Range{6, 8}}}, end: 10,
			todo: []segment{{Range: Range{6, 8}, exact: true}, {Range: Range{4, 6}}, {Range: Range{8, 10}}},
		},
		{name: "a hole between done ranges", done: []Range{{6, 8}, {0, 4}}, end: 8, todo: []segment{{Range: Range{4, 6}}}},
		{
			name: "retention took what was to follow", done: []Range{{0, 4}}, logStart: 7, end: 10,
			todo: []segment{{Range: Range{7, 10}}}, lost: []Range{{4, 7}},
		},
		{name: "retention took only what is done", done: []Range{{0, 8}}, logStart: 7, end: 10, todo: []segment{{Range: Range{8, 10}}}},
		{
			name: "retention took part of an intended range", done: []Range{{0, 4}}, intended: []Intention{{Range: Range{4, 8}}}, logStart: 6, end: 8,
			todo: []segment{{Range: Range{4, 8}, exact: true}}, lost: []Range{{4, 6}},
		},
		{name: "known began late", done: []Range{{5, 8}}, logStart: 5, end: 8},
		{name: "log reaches back before what is known", done: []Range{{5, 8}}, logStart: 2, end: 8, todo: []segment{{Range: Range{2, 5}}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			todo, lost := plan(c.done, c.intended, c.logStart, c.end)
			options := cmp.Options{cmp.AllowUnexported(segment{}), cmpopts.EquateEmpty()}
			if diff := cmp.Diff(c.todo, todo, options); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.lost, lost, options); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestPlanCoversEveryOffsetOnce compares with counting offsets one by one.
func TestPlanCoversEveryOffsetOnce(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		const end = 40
		logStart := random.Int64N(end)
		var done []Range
		var intended []Intention
		times := [end]int{} // how often an offset is stored, to be read, or lost
		begun := int64(end)
		for at := random.Int64N(10); at < end; {
			r := Range{at, min(end, at+1+random.Int64N(8))}
			switch random.IntN(3) {
			case 0:
				done = append(done, r)
			case 1:
				intended = append(intended, Intention{Range: r})
			default:
				at = r.Next
				continue
			}
			begun = min(begun, r.First)
			at = r.Next
		}
		todo, lost := plan(done, intended, logStart, end)
		count := func(r Range) {
			for o := r.First; o < r.Next; o++ {
				times[o]++
			}
		}
		for _, r := range done {
			count(r)
		}
		for _, s := range todo {
			count(s.Range)
		}
		for _, r := range lost {
			for o := r.First; o < r.Next; o++ {
				if o >= logStart {
					t.Fatalf("offset %d lost, but the log begins at %d", o, logStart)
				}
				if times[o] == 0 { // not part of an intended range
					times[o]++
				}
			}
		}
		for o, n := range times {
			want := 1
			if int64(o) < min(logStart, begun) {
				want = 0 // gone before anything was known
			}
			if n != want {
				t.Fatalf("offset %d is accounted for %d times, want %d: done %v intended %v log start %d: todo %v lost %v", o, n, want, done, intended, logStart, todo, lost)
			}
		}
	}
}

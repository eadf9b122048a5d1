package spike_test

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
)

// TestOverlappingEventsAreEstimatedTogether lets one event add half and another, three days later, take all of it
// and more away: each has its own step, and the sum is theirs.
func TestOverlappingEventsAreEstimatedTogether(t *testing.T) {
	const at = 300
	list := world(4, 40, 400, 1000)
	scale(list, 0, at, at+3, 1.5)
	scale(list, 0, at+3, 400, .8)
	catalogue := []events.Event{event("ban", "aa", "One", events.Enforce, at), event("end", "aa", "Two", events.Unblock, at+3), event("also", "aa", "Three", events.Unblock, at+3)}
	result, err := spike.AnalyzeEvent(list, catalogue, "ban", fastConfig())
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"ban", "end", "also"} {
		e := find(t, result, id, "aa")
		j := e.Joint
		if j == nil || len(j.Steps) != 2 || len(j.Sum.Events) != 3 {
			t.Fatalf("%s: %+v", id, j)
		}
		near := func(what string, s spike.Step, want float64) {
			if s.EffectPct == nil || math.Abs(*s.EffectPct-want) > 6 || !(*s.CILow < want && want < *s.CIHigh) {
				t.Errorf("%s: %s: %s, want about %.0f", id, what, show(s), want)
			}
		}
		near("first", j.Steps[0], 50)
		near("second", j.Steps[1], 100*(.8/1.5-1))
		near("sum", j.Sum, -20)
		if j.Steps[0].Days != 3 || !slices.Equal(j.Steps[1].Events, []string{"also", "end"}) {
			t.Errorf("%s: %+v", id, j.Steps)
		}
		if text := strings.Join(e.Reasons, "\n"); !strings.Contains(text, "the steps, each against") || !strings.Contains(text, "that needs hours") {
			t.Errorf("%s: %s", id, text)
		}
	}
}

func show(s spike.Step) string {
	return strings.Join((&spike.Joint{Sum: s}).Words(), " ")
}

// TestStepsAddUp compares the sum with the steps on random data without a gap: with means over stretches of the same days
// their logarithms add up, but for the controls' median.
func TestStepsAddUp(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	for n := range 10 {
		gap := 1 + rng.IntN(7)
		catalogue := []events.Event{event("a", "aa", "One", events.Enforce, 300), event("b", "aa", "Two", events.Enforce, 300+gap)}
		result, err := spike.AnalyzeEvent(world(uint64(n), 30, 330, 2000), catalogue, "a", fastConfig())
		if err != nil {
			t.Fatal(err)
		}
		j := find(t, result, "a", "aa").Joint
		if got := *j.Steps[0].EffectLog + *j.Steps[1].EffectLog; math.Abs(got-*j.Sum.EffectLog) > .02 {
			t.Errorf("%d days apart: %.4f and %.4f, sum %.4f", gap, *j.Steps[0].EffectLog, *j.Steps[1].EffectLog, *j.Sum.EffectLog)
		}
	}
}

// around are quiet countries from more than a year before a day to a month after it, own first.
func around(day time.Time, own string) []spike.Series {
	list := world(uint64(day.Unix()), 24, 430, 2000)
	for i := range list {
		list[i].Start = day.AddDate(0, 0, -400)
		list[i].Country = "x" + string(rune('a'+i)) // codes of no country
	}
	list[0].Country = own
	return list
}

// TestNoEventIsLostToItsNeighbours plants in a quiet world, at every event of the catalogue, what the event asks for, and
// wants an answer: supported, where it stands alone or is one of several that ask for the same, or else what is known of
// the sum and what would be needed. Of the events that stand alone, which are all one case, it asks every fourth, or all of
// them with BANSHIFT_EVERY_EVENT=1.
func TestNoEventIsLostToItsNeighbours(t *testing.T) {
	if testing.Short() {
		t.Skip("a panel for every event of the catalogue")
	}
	catalogue, err := events.Load("")
	if err != nil {
		t.Fatal(err)
	}
	every := os.Getenv("BANSHIFT_EVERY_EVENT") != ""
	grades, crowded, opposite := map[spike.Grade]int{}, 0, 0
	for i, e := range catalogue {
		if !every && i%4 != 0 && standsAlone(e, catalogue) {
			continue
		}
		list, factor := around(e.Date(), e.Country), 2.0
		if e.Kind == events.Unblock || e.Kind == events.Outage || e.Kind == events.Shutdown && strings.HasSuffix(e.TargetType, "internet") {
			factor = .4
		}
		scale(list, 0, 400, 430, factor)
		result, err := spike.AnalyzeEvent(list, catalogue, e.ID, fastConfig())
		if err != nil {
			t.Fatal(err)
		}
		got := find(t, result, e.ID, e.Country)
		grades[got.Grade]++
		text := strings.Join(got.Reasons, "\n")
		switch {
		case e.Precision == "month":
			if !strings.Contains(text, "only the month is known") {
				t.Errorf("%s: %s", e.ID, text)
			}
			continue
		case e.Region != "":
			if got.Grade != spike.Insufficient || !strings.Contains(text, "in a part of the country only") {
				t.Errorf("%s: %s %s", e.ID, got.Grade, text)
			}
			continue
		case got.Joint != nil:
			crowded++
			if got.Joint.Sum.EffectPct == nil || got.Joint.Sum.CILow == nil || !strings.Contains(text, "the change over all ") {
				t.Errorf("%s: no sum: %s", e.ID, text)
			}
		}
		if got.Grade == spike.Ambiguous && (strings.Contains(text, "only the sum of the two is known") || strings.Contains(text, "can tell them apart")) {
			opposite++
			continue
		}
		if got.Grade != spike.Supported {
			t.Errorf("%s: %s %q", e.ID, got.Grade, got.Reasons)
		}
	}
	t.Logf("of %d events: %v; %d estimated with others, %d ambiguous with what would be needed", len(catalogue), grades, crowded, opposite)
}

// standsAlone reports whether no other event of the country lies within eight days, a day more than an episode.
func standsAlone(e events.Event, catalogue []events.Event) bool {
	return !slices.ContainsFunc(catalogue, func(o events.Event) bool {
		return o.ID != e.ID && o.Country == e.Country && e.Date().Sub(o.Date()).Abs() <= 8*24*time.Hour
	})
}

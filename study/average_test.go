package study

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
)

// bansIn is a world of 30 countries of 2,000 users, 12 of them with a ban of its own size on a day of its own, and
// events of other kinds; effect gives each ban's log effect.
func bansIn(effect func(i int) float64) ([]spike.Series, []events.Event) {
	rng := rand.New(rand.NewPCG(9, 2))
	var list []spike.Series
	for c := range 30 {
		s := spike.Series{Name: "use", Country: fmt.Sprintf("x%c", 'a'+c%26), Start: start}
		if c >= 26 {
			s.Country = fmt.Sprintf("y%c", 'a'+c%26)
		}
		for range 400 {
			s.Values = append(s.Values, math.Round(2000*math.Exp(.05*rng.NormFloat64())))
		}
		list = append(list, s)
	}
	ban := func(id string, c, day int, kind events.Kind) events.Event {
		return events.Event{ID: id, Country: list[c].Country, Target: "X" + id, TargetType: "messenger", Kind: kind,
			EnforcedAt: start.AddDate(0, 0, day).Format(time.DateOnly), Precision: "day", TZ: "UTC"}
	}
	var catalogue []events.Event
	for i := range 12 {
		day := 200 + 12*i
		catalogue = append(catalogue, ban(fmt.Sprintf("ban-%02d", i), i, day, events.Enforce))
		for t := day; t < min(day+10, 400); t++ {
			list[i].Values[t] = math.Round(list[i].Values[t] * math.Exp(effect(i)))
		}
	}
	catalogue = append(catalogue,
		ban("order-00", 0, 198, events.Court), ban("again-01", 1, 215, events.Throttle), ban("end-02", 2, 227, events.Unblock),
		ban("company", 20, 250, events.Company), ban("early", 21, 20, events.Enforce), ban("later", 22, 900, events.Enforce))
	nowhere := ban("nowhere", 23, 250, events.Enforce)
	nowhere.Country = "zz"
	month := ban("month", 24, 250, events.Enforce)
	month.EnforcedAt, month.Precision = month.EnforcedAt[:7], "month"
	region := ban("region", 25, 250, events.Enforce)
	region.Region = "north"
	return list, append(catalogue, nowhere, month, region)
}

func onAverage(t *testing.T, list []spike.Series, catalogue []events.Event) Average {
	t.Helper()
	a, err := OnAverage(context.Background(), nil, Options{Config: spike.DefaultConfig(), Catalogue: catalogue, Given: &Given{Path: "use.csv", Format: "csv", Series: list}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestOnAverage(t *testing.T) {
	list, catalogue := bansIn(func(i int) float64 { return .2 + .05*float64(i%5) })
	a := onAverage(t, list, catalogue)
	sum := 0
	what := map[string]int{}
	for _, o := range a.Funnel {
		sum, what[o.What] = sum+o.Events, o.Events
	}
	want := map[string]int{whyNoBan: 1, whyMonth: 1, whyRegion: 1, whyOutside: 1, whyNoSeries: 1, whyFewUsers: 0, whyDays: 0, whyPast: 1, whyNeighbour: 2, whyEpisode: 2, pooledWords: 11}
	if sum != len(catalogue) {
		t.Errorf("the funnel holds %d of %d events", sum, len(catalogue))
	}
	for k, n := range want {
		if what[k] != n {
			t.Errorf("%s: %d, want %d", k, what[k], n)
		}
	}
	i := slices.IndexFunc(a.Groups, func(g Group) bool { return g.By == "all" && g.Asked == spike.Up })
	g := a.Groups[i]
	if g.Episodes != 11 || g.Untested != 5 || g.Supported+g.Ambiguous+g.NotSupported != 11 { // not tested: early, month, region, nowhere, and the ban whose end is near
		t.Errorf("%+v", g)
	}
	truth := 0.0
	for i := range 12 {
		if i != 2 {
			truth += (.2 + .05*float64(i%5)) / 11
		}
	}
	if mean := math.Log1p(float64(g.Mean) / 100); math.Abs(mean-truth) > .03 || !(g.Low < percentOf(truth) && percentOf(truth) < g.High) || !(g.PredictLow < g.Low && g.High < g.PredictHigh) {
		t.Errorf("mean %.3f, want about %.3f; %+v", mean, truth, g)
	}
	if got := math.Log1p(float64(g.MeanWithUntested) / 100); math.Abs(got-math.Log1p(float64(g.Mean)/100)*11/16) > 1e-9 {
		t.Errorf("with the untested: %.4f", got)
	}
	for _, by := range []string{"kind", "target", "users", "year"} {
		n := 0
		for _, g := range a.Groups {
			if g.By == by && g.Asked == spike.Up {
				n += g.Episodes
			}
		}
		if n != 11 {
			t.Errorf("by %s: %d episodes, want 11", by, n)
		}
	}
}

// TestWhatIsPooledDoesNotDependOnEffects asks the same of worlds with other effects.
func TestWhatIsPooledDoesNotDependOnEffects(t *testing.T) {
	pooled := func(effect float64) (ids []string) {
		list, catalogue := bansIn(func(int) float64 { return effect })
		for _, e := range onAverage(t, list, catalogue).Events {
			if e.Pooled {
				ids = append(ids, e.Event)
			}
		}
		return ids
	}
	want := pooled(0)
	for _, effect := range []float64{-.4, .1, 1.5} {
		if got := pooled(effect); !slices.Equal(got, want) {
			t.Errorf("effect %g: %v, want %v", effect, got, want)
		}
	}
}

func TestAgeChecksAreAKind(t *testing.T) {
	if got := kindOf(events.Event{Kind: events.Law, Target: "Age checks (an act)"}); got != "age check" {
		t.Error(got)
	}
	if got := kindOf(events.Event{Kind: events.Law, Target: "VPN"}); got != "law" {
		t.Error(got)
	}
}

package spike_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
)

func ban(country string, day time.Time) events.Event {
	return events.Event{ID: "x", Country: country, Target: "X", Kind: events.Enforce,
		EnforcedAt: day.Format(time.DateOnly), Precision: "day", TZ: "UTC"}
}

// TestNullDates asks for a ban on random dates in countries to which nothing is known
// to have happened, and plants known rises, and publishes what the procedure says.
func TestNullDates(t *testing.T) {
	var quiet []spike.Series
	for _, s := range torBridgeUsers(t) {
		if s.Country != "" && s.Country != "ru" {
			quiet = append(quiet, s)
		}
	}
	cfg := spike.DefaultConfig()
	first, last := 103, len(quiet[0].Values)-cfg.AfterDays
	n, supported, ambiguous := 0, 0, 0
	for day := first; day <= last; day++ {
		date := quiet[0].Start.AddDate(0, 0, day)
		for i := day % 16; i < len(quiet); i += 16 {
			got, err := spike.Analyze(quiet, []events.Event{ban(quiet[i].Country, date)}, cfg)
			if err != nil {
				t.Fatal(err)
			}
			n++
			switch e := find(t, got, "x", quiet[i].Country); e.Grade {
			case spike.Supported:
				supported++
				t.Logf("null supported: %s %s %+.2f %q", e.Country, e.Date, *e.EffectLog, e.Reasons)
			case spike.Ambiguous:
				ambiguous++
			}
		}
	}
	t.Logf("null country-dates: %d, supported %d (%.2f %%), ambiguous %d", n, supported, 100*float64(supported)/float64(n), ambiguous)
	if float64(supported) > .005*float64(n) {
		t.Errorf("%d of %d null country-dates supported", supported, n)
	}

	rng := rand.New(rand.NewPCG(7, 7))
	for _, effect := range []float64{.2, .4, .8} {
		const tries = 40
		found := 0
		for range tries {
			i, day := rng.IntN(len(quiet)), first+rng.IntN(35)
			planted := plant(quiet, i, day, effect)
			got, err := spike.Analyze(planted, []events.Event{ban(quiet[i].Country, quiet[i].Start.AddDate(0, 0, day))}, cfg)
			if err != nil {
				t.Fatal(err)
			}
			if find(t, got, "x", quiet[i].Country).Grade == spike.Supported {
				found++
			}
		}
		t.Logf("planted rise of log %.1f for 14 days: supported in %d of %d", effect, found, tries)
	}
}

// plant raises 14 days of series i from day on.
func plant(list []spike.Series, i, day int, effect float64) []spike.Series {
	out := append([]spike.Series(nil), list...)
	values := append([]float64(nil), list[i].Values...)
	for t := day; t < min(day+14, len(values)); t++ {
		values[t] *= math.Exp(effect)
	}
	out[i].Values = values
	return out
}

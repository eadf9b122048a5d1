package spike_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
)

// designs are other ways to weigh the days around an event.
var designs = []struct {
	name string
	spike.Weights
}{
	{"7 days before, 7 after (the headline)", spike.Weights{Before: 7, After: 7}},
	{"14 days before", spike.Weights{Before: 14, After: 7}},
	{"21 days before", spike.Weights{Before: 21, After: 7}},
	{"3 days before, 3 after", spike.Weights{Before: 3, After: 3}},
	{"days before by a half-life of 2 days", spike.Weights{Before: 7, After: 7, HalfBefore: 2}},
	{"days before by a half-life of 4 days", spike.Weights{Before: 7, After: 7, HalfBefore: 4}},
	{"days before and after by a half-life of 2 days", spike.Weights{Before: 7, After: 7, HalfBefore: 2, HalfAfter: 2}},
	{"the headline and .35 of the jump of one day", spike.Weights{Before: 7, After: 7, Jump: .35}},
	{"the jump of one day alone", spike.Weights{Before: 1, After: 1}},
}

// TestDesigns publishes the root mean square error of them on the parts of the shared series on which the rule was chosen: the
// change after the median of the controls on dates on which nothing is known to have happened, which is the error of an effect
// that is planted as a step.
func TestDesigns(t *testing.T) {
	catalogue, err := events.Load("")
	if err != nil {
		t.Fatal(err)
	}
	want := func(country string, day time.Time, level float64) bool {
		return !reporting(country) && level >= 50 && !slices.ContainsFunc(catalogue, func(e events.Event) bool {
			return e.Country == country && slices.ContainsFunc([]time.Time{e.Announced(), e.Enforced(), e.Ended()}, func(d time.Time) bool {
				return !d.IsZero() && math.Abs(d.Sub(day).Hours()) <= 21*24
			})
		})
	}
	for _, c := range panels {
		list := readShared(t, c.file, c.format, c.name)
		headline := math.NaN()
		for n, d := range designs {
			rmse, of := spike.NullError(list, fastConfig(), c.first, want, d.Weights)
			t.Logf("%s: %s: %.3f on %d dates", c.name, d.name, rmse, of)
			if n == 0 {
				headline = rmse
			}
			if !(rmse < 2*headline) || of < 500 {
				t.Errorf("%s: %s: %.3f on %d dates, the headline %.3f", c.name, d.name, rmse, of, headline)
			}
		}
	}
}

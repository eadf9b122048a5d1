package calibrate

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
)

// Panel is what of a series by country is asked about.
type Panel struct {
	Series    []spike.Series // of one name
	Catalogue []events.Event // dates within clearDays of one of the country's are left out
	Countries func(string) bool
	From      time.Time // the days [From, Until); zero takes all
	Until     time.Time
	Step      int // days between two dates on which something is planted
	NullStep  int // days between two dates on which nothing is; zero is 1
}

// Dates of a panel: history that comes first, days that a window needs, distance from catalogued events, and users a
// day.
const (
	historyDays = 90
	windowNeeds = 8
	clearDays   = 21
	leastUsers  = 50
)

// planted are the plants of the curve; the first is nothing.
var planted = []spike.Plant{{Days: 28}, {Effect: .25, Days: 28}, {Effect: .5, Days: 28}, {Effect: 1, Days: 28}, {Effect: 1, Days: 2}, {Effect: .5, Days: 28, Trend: .005}}

// Places of them.
const (
	nothing = iota
	quarter
	half
	twice
	twiceShort
	halfTrend
)

// trial is what came out at one country-date for one plant.
type trial struct {
	country            string
	plant              int
	score, off, p      float64 // the score, below 0 where something else than it speaks against; effect less truth
	covered, over, low bool    // the interval holds the truth; lies over, under zero
}

// Curve is power against false grades on real series.
type Curve struct {
	null, found []trial
}

// Measure asks on every NullStep-th date of the panel without an event, and on every Step-th with each of the plants. watch is told how many
// of these questions are done, for all countries at once.
func (in Panel) Measure(ctx context.Context, cfg spike.Config, watch func(done, of int)) (Curve, error) {
	if len(in.Series) == 0 {
		return Curve{}, fmt.Errorf("calibrate: no series")
	}
	first, last := in.days()
	ahead := (max(0, last-first) + in.Step - 1) / in.Step * len(planted)
	nulls := max(1, in.NullStep)
	total := ahead + (max(0, last-first)+nulls-1)/nulls
	part := func(done, each int) func(int, int) {
		return func(n, _ int) {
			if watch != nil {
				watch(done+each*n, total)
			}
		}
	}
	var c Curve
	for _, run := range []struct {
		into   *[]trial
		step   int
		plants []spike.Plant
		before int
	}{{&c.found, in.Step, planted, 0}, {&c.null, nulls, planted[:1], ahead}} {
		trials := spike.Trials{First: first, Last: last, Step: run.step, Want: in.wants(), Plants: run.plants}
		err := trials.Run(ctx, in.Series, cfg, part(run.before, len(run.plants)), func(n int, e spike.Effect) {
			if e.EffectLog != nil && e.PTime != nil && e.CILow != nil {
				*run.into = append(*run.into, trialOf(n, e))
			}
		})
		if err != nil {
			return c, err
		}
	}
	if len(c.null) == 0 {
		return c, fmt.Errorf("calibrate: no date can be asked about: a country needs %d users a day, %d days before, and days clear of catalogued events", leastUsers, historyDays)
	}
	return c, nil
}

func trialOf(plant int, e spike.Effect) trial {
	truth := 100 * planted[plant].Effect
	a := trial{country: e.Country, plant: plant, score: -1, p: *e.PTime, off: *e.EffectLog - math.Log1p(planted[plant].Effect),
		covered: *e.CILow <= truth && truth <= *e.CIHigh, over: *e.CILow > 0, low: *e.CIHigh < 0}
	if e.Grade == spike.Supported {
		a.score = *e.Score
	}
	return a
}

// days are the first and the last day that is asked about, counted from the first of all series.
func (in Panel) days() (first, last int) {
	start, end := in.Series[0].Start, in.Series[0].Start
	for _, s := range in.Series {
		if s.Start.Before(start) {
			start = s.Start
		}
		if to := s.Start.AddDate(0, 0, len(s.Values)); to.After(end) {
			end = to
		}
	}
	index := func(d time.Time) int { return int(d.Sub(start).Hours() / 24) }
	first, last = historyDays, index(end)-windowNeeds
	if !in.From.IsZero() {
		first = max(first, index(in.From))
	}
	if !in.Until.IsZero() {
		last = min(last, index(in.Until))
	}
	return first, last
}

// wants says whether a country is asked about on a day.
func (in Panel) wants() func(country string, day time.Time, level float64) bool {
	known := map[string][]time.Time{}
	for _, e := range in.Catalogue {
		for _, d := range []time.Time{e.Announced(), e.Enforced(), e.Ended()} {
			if !d.IsZero() {
				known[e.Country] = append(known[e.Country], d)
			}
		}
	}
	return func(country string, day time.Time, level float64) bool {
		near := slices.ContainsFunc(known[country], func(e time.Time) bool { return math.Abs(e.Sub(day).Hours()) <= clearDays*24 })
		return (in.Countries == nil || in.Countries(country)) && level >= leastUsers && !near
	}
}

// FalselySupported is the share of null dates, in percent, with at least so high a score.
func (c Curve) FalselySupported(least float64) float64 {
	return percentage(c.null, nothing, above(least))
}

// Half is how many of the rises by half for four weeks are supported with such a score, in percent.
func (c Curve) Half(least float64) float64 { return percentage(c.found, half, above(least)) }

func above(least float64) func(trial) bool { return func(a trial) bool { return a.score >= least } }

// percentage is the share in percent of those of a plant that hold.
func percentage(list []trial, plant int, holds func(trial) bool) float64 {
	n, k := 0, 0
	for _, a := range list {
		if a.plant == plant {
			n++
			if holds(a) {
				k++
			}
		}
	}
	return 100 * float64(k) / float64(n)
}

// rmse is the root mean square error of the effects of a plant.
func (c Curve) rmse(plant int) float64 {
	sum, n := 0.0, 0
	for _, a := range c.found {
		if a.plant == plant {
			sum, n = sum+a.off*a.off, n+1
		}
	}
	return math.Sqrt(sum / float64(n))
}

// oracle is the power of whoever knows, for each country, the score that so small a share of its own null dates of
// the same days passes.
func (c Curve) oracle(plant int, falsely float64) float64 {
	null := map[string][]float64{}
	for _, a := range c.null {
		null[a.country] = append(null[a.country], a.score)
	}
	for _, scores := range null {
		slices.Sort(scores)
	}
	return percentage(c.found, plant, func(a trial) bool {
		scores := null[a.country]
		return len(scores) > 0 && a.score > math.Max(0, scores[min(len(scores)-1, int((1-falsely)*float64(len(scores))))])
	})
}

// WriteMarkdown writes the curve under a heading.
func (c Curve) WriteMarkdown(w io.Writer, heading string) error {
	p := printer{w: w}
	p.line("## %s\n", heading)
	p.line("%d null country-dates; effects planted on %d. p of a rise <= .025 on %.1f %%, the interval over zero on %.1f %%, under zero on %.1f %%, and holds zero on %.1f %%.", len(c.null), len(c.found)/len(planted),
		percentage(c.null, nothing, func(a trial) bool { return a.p <= .025 }), percentage(c.null, nothing, func(a trial) bool { return a.over }), percentage(c.null, nothing, func(a trial) bool { return a.low }), percentage(c.null, nothing, func(a trial) bool { return a.covered }))
	p.line("RMSE (log) %.3f for +50 %% of 28 days and %.3f for +100 %% of 2 days; the interval holds +50 %% on %.1f %%, with a trend of .5 %% a day on %.1f %%.\n", c.rmse(half), c.rmse(twiceShort),
		percentage(c.found, half, func(a trial) bool { return a.covered }), percentage(c.found, halfTrend, func(a trial) bool { return a.covered }))
	p.line("| score asked | falsely supported | +25 %%, 28 days | +50 %%, 28 days | +100 %%, 28 days | +100 %%, 2 days |\n|---|---|---|---|---|---|")
	for _, least := range []float64{1.5, 2, 2.25, 2.5, 2.75, 3, 3.25, 3.5, 4, 5, 7} {
		name := fmt.Sprintf("%g", least)
		for _, rule := range []spike.Rule{spike.Standard, spike.Strict} {
			if rule.Threshold() == least {
				name += fmt.Sprintf(" (%s)", rule)
			}
		}
		p.line("| %s | %.2f %% | %.0f %% | %.0f %% | %.0f %% | %.0f %% |", name, c.FalselySupported(least), percentage(c.found, quarter, above(least)), c.Half(least), percentage(c.found, twice, above(least)), percentage(c.found, twiceShort, above(least)))
	}
	const falsely = .004
	p.line("| oracle | .40 %% | %.0f %% | %.0f %% | %.0f %% | %.0f %% |\n", c.oracle(quarter, falsely), c.oracle(half, falsely), c.oracle(twice, falsely), c.oracle(twiceShort, falsely))
	return p.err
}

package calibrate

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"time"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
)

// HourCell is one place of the grid by the hour: how hourly series are made.
type HourCell struct {
	Name     string
	Effect   float64 // of the ban on its country, as a share
	BanHours int     // length of the ban
	Level    float64 // users an hour in the ban's country, in the mean of the day
	Phi      float64 // AR(1) coefficient from hour to hour
	Noise    float64 // standard deviation of a country's hours, in log units
	Wander   float64 // of its days, with a coefficient of .75
	Bursts   float64 // a year and country, of 3 hours to 6 days, .2 to 1 in log units
	// Countries are all of them, Days those of history before the ban's day.
	Countries, Days int
}

// HourGrid is the plan by the hour: bans of 5 hours, a day and two days, in quiet and restless countries.
func HourGrid() []HourCell {
	var cells []HourCell
	for _, world := range []HourCell{
		{Name: "quiet, 200 users an hour", Level: 200, Phi: .8, Noise: .08, Wander: .06, Bursts: 1},
		{Name: "restless, 200 users an hour", Level: 200, Phi: .9, Noise: .15, Wander: .14, Bursts: 6},
		{Name: "restless, 30 users an hour", Level: 30, Phi: .9, Noise: .15, Wander: .14, Bursts: 6},
	} {
		world.Countries, world.Days = 24, 200
		for _, ban := range []struct {
			effect float64
			hours  int
		}{{0, 5}, {0, 24}, {0, 48}, {-.5, 5}, {.5, 5}, {1, 5}, {.25, 24}, {.5, 24}, {.5, 48}, {1, 48}} {
			c := world
			c.Effect, c.BanHours = ban.effect, ban.hours
			cells = append(cells, c)
		}
	}
	return cells
}

// Draw makes the panel of one cell, the day being the mean of its hours, and the ban, in country aa, at a random hour.
func (c HourCell) Draw(rng *rand.Rand) ([]spike.Series, events.Event) {
	start := time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC)
	dayCount := c.Days + 5
	n := 24 * dayCount
	onset := 24*c.Days + rng.IntN(24)
	commonDays, commonHours := walk(rng, dayCount, commonPhi, commonNoise), walk(rng, n, c.Phi, commonNoise/2)
	list := make([]spike.Series, c.Countries)
	for i := range list {
		list[i] = spike.Series{Name: "simulated", Country: string([]rune{'a' + rune(i/26), 'a' + rune(i%26)}), Start: start,
			Values: make([]float64, dayCount), Hours: &spike.Hours{Values: make([]float64, n)}}
		level := 200.0
		if i == 0 {
			level = c.Level
		}
		ownDays, ownHours, bursts := walk(rng, dayCount, .75, c.Wander), walk(rng, n, c.Phi, c.Noise), c.bursts(rng, n)
		daily, noon, weekly, loading := .4+.6*rng.Float64(), 24*rng.Float64(), .05+.1*rng.Float64(), .5+rng.Float64()
		for t := range n {
			day := t / 24
			x := math.Log(level) + loading*(commonDays[day]+commonHours[t]) + ownDays[day] + ownHours[t] + bursts[t] +
				daily*math.Cos(2*math.Pi*(float64(t)-noon)/24) + weekly*math.Sin(2*math.Pi*float64(t)/168)
			if i == 0 && t >= onset && t < onset+c.BanHours {
				x += math.Log1p(c.Effect)
			}
			users := poisson(rng, math.Exp(x))
			list[i].Hours.Values[t] = users
			list[i].Values[day] += users / 24
		}
	}
	at := start.Add(time.Duration(onset) * time.Hour)
	ban := events.Event{ID: "ban", Country: "aa", Target: "one", Kind: events.Enforce, Precision: "hour", TZ: "UTC",
		EnforcedAt: at.Format("2006-01-02T15:04"), EndedAt: at.Add(time.Duration(c.BanHours) * time.Hour).Format("2006-01-02T15:04")}
	if c.Effect < 0 {
		ban.Kind, ban.TargetType = events.Shutdown, "internet"
	}
	return list, ban
}

// bursts are those of one country.
func (c HourCell) bursts(rng *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for t := range n {
		if rng.Float64() >= c.Bursts/365/24 {
			continue
		}
		size := .2 + .8*rng.Float64()
		for k := range min(3+rng.IntN(142), n-t) {
			x[t+k] += size
		}
	}
	return x
}

// HourOutcome is what the procedure said in one cell.
type HourOutcome struct {
	Cell HourCell
	Runs int
	// Found is p <= .025 in the asked direction, Covered that the interval holds the truth; Onset that the largest jump is within two hours
	// of the onset. ByDay is supported by the daily test.
	Found, Covered, Onset, Supported, Ambiguous, ByDay int
	squared                                            float64
}

// RMSE is the root mean square error of the effect, in log units.
func (o HourOutcome) RMSE() float64 { return math.Sqrt(o.squared / float64(o.Runs)) }

// MeasureHours asks the procedure about so many panels of a cell.
func MeasureHours(c HourCell, cfg spike.Config, seed uint64, runs int) (HourOutcome, error) {
	o := HourOutcome{Cell: c}
	cfg.Hours = true
	for run := range runs {
		list, ban := c.Draw(rand.New(rand.NewPCG(seed, uint64(run))))
		result, err := spike.AnalyzeOwnEvent(list, []events.Event{ban}, ban.ID, cfg)
		if err != nil {
			return o, err
		}
		if result.Effects[0].Grade == spike.Supported {
			o.ByDay++
		}
		o.Add(result.Effects[0].Hours)
	}
	return o, nil
}

// Add counts one answer.
func (o *HourOutcome) Add(h *spike.HourEffect) {
	truth := math.Log1p(o.Cell.Effect)
	if h == nil || h.EffectLog == nil {
		return
	}
	o.Runs++
	o.squared += (*h.EffectLog - truth) * (*h.EffectLog - truth)
	if *h.PTime <= .025 {
		o.Found++
	}
	if *h.CILow <= 100*math.Expm1(truth) && 100*math.Expm1(truth) <= *h.CIHigh {
		o.Covered++
	}
	if h.BeganHours != nil && *h.BeganHours >= -2 && *h.BeganHours <= 2 {
		o.Onset++
	}
	switch h.Grade {
	case spike.Supported:
		o.Supported++
	case spike.Ambiguous:
		o.Ambiguous++
	}
}

// hourHead is the head of the table by the hour.
const hourHead = `| series | effect | hours | p ≤ .025 | interval holds it | supported | ambiguous | onset within 2 hours | supported by the day | RMSE (log) |
|---|---|---|---|---|---|---|---|---|---|
`

// WriteHours writes what was measured as a table in Markdown.
func WriteHours(w io.Writer, list []HourOutcome) error {
	if _, err := io.WriteString(w, hourHead); err != nil {
		return err
	}
	for _, o := range list {
		share := func(n int) string { return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(o.Runs)) }
		_, err := fmt.Fprintf(w, "| %s | %+.0f %% | %d | %s | %s | %s | %s | %s | %s | %.3f |\n", o.Cell.Name, 100*o.Cell.Effect, o.Cell.BanHours,
			share(o.Found), share(o.Covered), share(o.Supported), share(o.Ambiguous), share(o.Onset), share(o.ByDay), o.RMSE())
		if err != nil {
			return err
		}
	}
	return nil
}

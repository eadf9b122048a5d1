// Package calibrate measures the procedure on series of which everything is known: how
// often it finds an effect that is there (power) and one that is not (size), and how often its
// interval holds the truth. It uses the procedure as everyone does, through
// spike.Analyze, and shares no number with it. Nothing it makes is data.
package calibrate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
)

// Cell is one place of the grid: how the series are made.
type Cell struct {
	Name      string
	Effect    float64 // of the ban on its country, as a share: .2 is +20 %
	Level     float64 // users a day in the ban's country
	Others    float64 // and in each of the others
	Phi       float64 // AR(1) coefficient of a country's own noise
	Noise     float64 // its standard deviation, in log units
	Drift     float64 // standard deviation of a random walk's daily step, in log units
	Outliers  float64 // share of days with a wild value
	Coverage  bool    // half of the sensors fail for four days after the event
	Overlap   bool    // another ban three days away
	Bursts    float64 // a year and country: rises of days to three weeks, of .2 to 1 in log units
	Shifts    float64 // a year and country: changes of level that stay, of -.5 to .5
	Loadings  bool    // countries share the common factor unequally
	Trend     float64 // of the ban's country, log units a day
	BanDays   int     // length of the ban; 0 goes on
	Countries int
	Days      int // of history before the event
}

// base is the cell that the others vary.
func base() Cell {
	return Cell{Level: 1000, Others: 1000, Phi: .5, Noise: .05, Countries: 20, Days: 200}
}

// Grid is the whole plan.
func Grid() []Cell {
	var cells []Cell
	add := func(name string, change func(*Cell)) {
		c := base()
		change(&c)
		c.Name = name
		cells = append(cells, c)
	}
	effects := []float64{0, .1, .2, .5, 1}
	for _, level := range []float64{5, 20, 100, 1000, 100000} {
		for _, effect := range effects {
			add(fmt.Sprintf("%g users a day", level), func(c *Cell) { c.Level, c.Effect = level, effect })
		}
	}
	for _, effect := range []float64{0, .2} {
		for _, phi := range []float64{0, .8} {
			add(fmt.Sprintf("autocorrelation %g", phi), func(c *Cell) { c.Phi, c.Effect = phi, effect })
		}
		for _, noise := range []float64{.02, .1} {
			add(fmt.Sprintf("noise %g", noise), func(c *Cell) { c.Noise, c.Effect = noise, effect })
		}
		add("random walk .01 a day", func(c *Cell) { c.Drift, c.Effect = .01, effect })
		add("outliers on 2 % of days", func(c *Cell) { c.Outliers, c.Effect = .02, effect })
		add("outliers and random walk, 100 users", func(c *Cell) { c.Outliers, c.Drift, c.Level, c.Effect = .02, .01, 100, effect })
		add("sensors lost after the event", func(c *Cell) { c.Coverage, c.Effect = true, effect })
		add("another ban 3 days away", func(c *Cell) { c.Overlap, c.Effect = true, effect })
		add("5 countries", func(c *Cell) { c.Countries, c.Effect = 5, effect })
		add("every country of 100 users", func(c *Cell) { c.Level, c.Others, c.Effect = 100, 100, effect })
		add("60 days of history", func(c *Cell) { c.Days, c.Effect = 60, effect })
	}
	for _, real := range []struct {
		name    string
		effect  float64
		banDays int
		trend   float64
	}{{"real moments", 0, 0, 0}, {"real moments", .25, 28, 0}, {"real moments", .5, 28, 0}, {"real moments", 1, 28, 0}, {"real moments, 2 days", 1, 2, 0},
		{"real moments, trend .5 % a day", 0, 0, .005}, {"real moments, trend .5 % a day", .5, 28, .005}} {
		add(real.name, func(c *Cell) { c.asReal(); c.Effect, c.BanDays, c.Trend = real.effect, real.banDays, real.trend })
	}
	return cells
}

// asReal gives the cell the moments of real daily users of 100 and more (medians: SD .158, lag 1 .75, bursts
// two or three times a year, shared shocks with unequal loadings), with a year of history.
func (c *Cell) asReal() {
	c.Phi, c.Noise, c.Bursts, c.Shifts, c.Loadings = .75, .1, 3, 1, true
	c.Level, c.Others, c.Countries, c.Days = 200, 200, 40, 400
}

// commonNoise and commonPhi are the factor that all countries share.
const (
	commonNoise = .04
	commonPhi   = .7
)

// daysAfter is how long the series run on after the event.
const daysAfter = 10

// Draw makes the panel of one cell and its events; the ban is in country aa.
func (c Cell) Draw(rng *rand.Rand) ([]spike.Series, []events.Event) {
	start := time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC)
	n := c.Days + daysAfter
	common := walk(rng, n, commonPhi, commonNoise)
	coverage := make([]float64, n)
	for t := range coverage {
		coverage[t] = .9 + .02*rng.NormFloat64()
		if c.Coverage && t >= c.Days && t < c.Days+4 {
			coverage[t] = .45
		}
	}
	list := make([]spike.Series, c.Countries)
	for i := range list {
		own := walk(rng, n, c.Phi, c.Noise)
		s := spike.Series{Name: "simulated", Country: string([]rune{'a' + rune(i/26), 'a' + rune(i%26)}), Start: start,
			Values: make([]float64, n), Coverage: coverage}
		level := c.Level
		if i > 0 {
			level = c.Others
		}
		weekly := .05 + .1*rng.Float64()
		phase := rng.Float64() * 7
		drift := 0.0
		loading := 1.0
		if c.Loadings {
			loading = .5 + rng.Float64()
		}
		disturbed := c.disturbances(rng, n)
		for t := range n {
			drift += c.Drift * rng.NormFloat64()
			logMean := math.Log(level) + loading*common[t] + own[t] + drift + disturbed[t] + weekly*math.Sin(2*math.Pi*(float64(t)+phase)/7)
			if i == 0 {
				logMean += c.Trend * float64(t-c.Days)
			}
			if i == 0 && t >= c.Days && (c.BanDays == 0 || t < c.Days+c.BanDays) {
				logMean += math.Log1p(c.Effect)
			}
			mean := math.Exp(logMean)
			if c.Coverage {
				mean *= coverage[t] / .9
			}
			if rng.Float64() < c.Outliers {
				mean *= math.Exp(.8 * float64(1-2*rng.IntN(2)))
			}
			s.Values[t] = poisson(rng, mean)
		}
		list[i] = s
	}
	day := start.AddDate(0, 0, c.Days)
	return list, c.bans(day)
}

func (c Cell) bans(day time.Time) []events.Event {
	ban := func(id, target string, at time.Time) events.Event {
		return events.Event{ID: id, Country: "aa", Target: target, Kind: events.Enforce,
			EnforcedAt: at.Format(time.DateOnly), EndedAt: c.end(at), Precision: "day", TZ: "UTC"}
	}
	list := []events.Event{ban("ban", "one", day)}
	if c.Overlap {
		list = append(list, ban("other", "two", day.AddDate(0, 0, 3)))
	}
	return list
}

// end is the written day on which a ban that began at a day is over, empty where it goes on.
func (c Cell) end(at time.Time) string {
	if c.BanDays == 0 {
		return ""
	}
	return at.AddDate(0, 0, c.BanDays).Format(time.DateOnly)
}

// disturbances are the bursts and level shifts of one country.
func (c Cell) disturbances(rng *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	if c.Bursts == 0 && c.Shifts == 0 {
		return x
	}
	shift := 0.0
	for t := range n {
		if rng.Float64() < c.Shifts/365 {
			shift += rng.Float64() - .5
		}
		x[t] += shift
		if rng.Float64() >= c.Bursts/365 {
			continue
		}
		size := .2 + .8*rng.Float64()
		for d := range min(2+rng.IntN(20), n-t) {
			x[t+d] += size
		}
	}
	return x
}

// walk is a stationary AR(1) path with the given standard deviation.
func walk(rng *rand.Rand, n int, phi, sd float64) []float64 {
	x := make([]float64, n)
	x[0] = sd * rng.NormFloat64()
	step := sd * math.Sqrt(1-phi*phi)
	for t := 1; t < n; t++ {
		x[t] = phi*x[t-1] + step*rng.NormFloat64()
	}
	return x
}

// poisson draws a count: by products of uniforms, or above 30 by its normal limit.
func poisson(rng *rand.Rand, mean float64) float64 {
	if mean > 30 {
		return math.Max(0, math.Round(mean+math.Sqrt(mean)*rng.NormFloat64()))
	}
	limit, p, k := math.Exp(-mean), 1.0, -1.0
	for p > limit {
		p *= rng.Float64()
		k++
	}
	return k
}

package study

import (
	"math"
	"slices"
	"time"

	"github.com/banshift/banshift/transform/spike"
)

// line is what is expected of each day of a series from the days before, for the picture: the
// median of the same weekday, as package spike defines its baseline.
type line struct {
	expected  []float64 // NaN where fewer than three same weekdays are known
	low, high []float64 // around it lay 1-alpha of the days before the event
	masked    []bool    // coverage left its band: the day counts nowhere
	percent   []float64 // how far the day lies above the expected
}

// minWeekdays is the number of same-weekday values that make a baseline (spike's own).
const minWeekdays = 3

// coverageDays is the window of the median that a day's coverage is compared with.
const coverageDays = 28

// expectation compares each day before the event with the weeks before it, and each day
// from the event on with the weeks before the event.
func expectation(s spike.Series, event time.Time, cfg spike.Config) line {
	n := len(s.Values)
	l := line{expected: nans(n), low: nans(n), high: nans(n), percent: nans(n), masked: masked(s.Coverage, n, cfg)}
	at := int(event.Sub(s.Start).Hours() / 24)
	rates := make([]float64, n)
	for t := range rates {
		rates[t] = math.Log(s.Values[t] / denominator(s, t))
		if l.masked[t] || math.IsInf(rates[t], 0) {
			rates[t] = math.NaN()
		}
	}
	var before []float64
	for t := range rates {
		first := 1
		if t >= at {
			first = (t-at)/7 + 1
		}
		var same []float64
		for j := first; j < first+cfg.BeforeDays/7; j++ {
			if t-7*j >= 0 && !math.IsNaN(rates[t-7*j]) {
				same = append(same, rates[t-7*j])
			}
		}
		if len(same) < minWeekdays {
			continue
		}
		base := median(same)
		l.expected[t] = math.Exp(base) * denominator(s, t)
		l.percent[t] = 100 * math.Expm1(rates[t]-base)
		if t < at && !math.IsNaN(rates[t]) {
			before = append(before, rates[t]-base)
		}
	}
	l.band(before, cfg.Alpha)
	return l
}

// minBand is how many days before the event make a band.
const minBand = 28

func (l line) band(before []float64, alpha float64) {
	if len(before) < minBand {
		return
	}
	slices.Sort(before)
	cut := int(math.Floor(alpha / 2 * float64(len(before))))
	low, high := before[cut], before[len(before)-1-cut]
	for t, x := range l.expected {
		l.low[t], l.high[t] = x*math.Exp(low), x*math.Exp(high)
	}
}

func denominator(s spike.Series, t int) float64 {
	if s.Denominator == nil {
		return 1
	}
	return s.Denominator[t]
}

// masked marks the days that the analysis leaves out because of their coverage.
func masked(coverage []float64, n int, cfg spike.Config) []bool {
	out := make([]bool, n)
	for t, c := range coverage {
		usual := median(slices.Clone(coverage[max(0, t-coverageDays):t]))
		out[t] = usual > 0 && (c < cfg.CoverageLow*usual || c > cfg.CoverageHigh*usual)
	}
	return out
}

// median of the values that are known, NaN of none. It sorts xs in place.
func median(xs []float64) float64 {
	xs = slices.DeleteFunc(xs, math.IsNaN)
	if len(xs) == 0 {
		return math.NaN()
	}
	slices.Sort(xs)
	half := len(xs) / 2
	if len(xs)%2 == 1 {
		return xs[half]
	}
	return (xs[half-1] + xs[half]) / 2
}

func nans(n int) []float64 {
	xs := make([]float64, n)
	for i := range xs {
		xs[i] = math.NaN()
	}
	return xs
}

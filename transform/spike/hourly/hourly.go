// Package hourly is the detector for hourly series: the median of the same hour of the
// week over six weeks, a robust scale with a Poisson floor, an alarm on three of six hours. It
// never fills a missing hour and raises no alarm from one hour alone.
package hourly

import (
	"math"
	"slices"
)

// Config of the detector. DefaultConfig is the registered one.
type Config struct {
	Period    int     // hours a cycle: 168, a week
	Cycles    int     // cycles back that make the baseline
	MinCycles int     // of them that must be known
	ScaleSpan int     // hours back over which the noise is measured
	Floor     float64 // least standard deviation, in log units
	Z         float64 // threshold
	Need, Of  int     // alarm: Need hours over the threshold of Of
	Counts    bool    // values are counts: their Poisson noise is a floor of the scale
}

// DefaultConfig is hour of the week over six weeks, three of six hours over 3.5.
func DefaultConfig() Config {
	return Config{Period: 168, Cycles: 6, MinCycles: 3, ScaleSpan: 336, Floor: .05, Z: 3.5, Need: 3, Of: 6, Counts: true}
}

// Hour is the detector's view of one hour; Baseline and Z are NaN where it has none.
type Hour struct {
	Baseline, Z float64
	Alarm       int // +1 or -1 while in the state of alarm
}

// Detect runs over values by hour (NaN where missing; positive or zero). Hours over the
// threshold do not enter later baselines while enough undisturbed cycles are left.
func Detect(values []float64, c Config) []Hour {
	y, residual := make([]float64, len(values)), make([]float64, len(values))
	flagged := make([]bool, len(values))
	hours := make([]Hour, len(values))
	for t, v := range values {
		y[t], residual[t] = logOf(v), math.NaN()
		hours[t] = Hour{Baseline: math.NaN(), Z: math.NaN()}
		base := baseline(y, flagged, t, c)
		if math.IsNaN(base) || math.IsNaN(y[t]) {
			continue
		}
		residual[t] = y[t] - base
		hours[t].Baseline = math.Exp(base)
		hours[t].Z = residual[t] / scale(residual, flagged, t, hours[t].Baseline, c)
		flagged[t] = math.Abs(hours[t].Z) > c.Z
		hours[t].Alarm = state(hours, t, c)
	}
	return hours
}

func logOf(v float64) float64 {
	if v == 0 {
		return math.Log(.5)
	}
	return math.Log(v)
}

// baseline is the median of the same hour in the cycles before, without flagged hours
// where enough others are known.
func baseline(y []float64, flagged []bool, t int, c Config) float64 {
	var calm, all []float64
	for j := 1; j <= c.Cycles; j++ {
		u := t - j*c.Period
		if u < 0 || math.IsNaN(y[u]) {
			continue
		}
		all = append(all, y[u])
		if !flagged[u] {
			calm = append(calm, y[u])
		}
	}
	if len(calm) >= c.MinCycles {
		return median(calm)
	}
	if len(all) >= c.MinCycles {
		return median(all)
	}
	return math.NaN()
}

// scale is the robust spread of the undisturbed residuals before hour t, at least a
// day of them.
func scale(residual []float64, flagged []bool, t int, base float64, c Config) float64 {
	var window []float64
	for u := max(0, t-c.ScaleSpan); u < t; u++ {
		if !flagged[u] && !math.IsNaN(residual[u]) {
			window = append(window, math.Abs(residual[u]))
		}
	}
	if len(window) < 24 {
		return math.NaN()
	}
	slices.Sort(window)
	s := math.Max(1.4826*median(window), window[len(window)*9/10]/1.645)
	if c.Counts {
		s = math.Max(s, math.Sqrt(1/math.Max(1, base)))
	}
	return math.Max(s, c.Floor)
}

// state is +1 or -1 where Need of the last Of hours are over the threshold on one side.
func state(hours []Hour, t int, c Config) int {
	up, down := 0, 0
	for u := max(0, t-c.Of+1); u <= t; u++ {
		switch {
		case hours[u].Z > c.Z:
			up++
		case hours[u].Z < -c.Z:
			down++
		}
	}
	switch {
	case up >= c.Need:
		return 1
	case down >= c.Need:
		return -1
	}
	return 0
}

func median(x []float64) float64 {
	slices.Sort(x)
	n := len(x)
	return (x[n/2] + x[(n-1)/2]) / 2
}

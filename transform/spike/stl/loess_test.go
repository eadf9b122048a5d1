// Package stl decomposes a series into season, trend and remainder by Loess.
//
// Source: Cleveland, Cleveland, McRae and Terpenning, "STL: A Seasonal-Trend
// Decomposition Procedure Based on Loess", Journal of Official Statistics 6, 1990.
// It never extrapolates and takes no missing values: fit it before the event only, or its
// trend swallows the effect.
package stl

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Config are the smoothing parameters, all in points; spans are odd.
type Config struct {
	Period   int // points a cycle: 7 for a week of days
	Seasonal int // span of the seasonal Loess, at least 7
	Trend    int // span of the trend Loess; 0: the smallest odd number at least 1.5 Period / (1 - 1.5/Seasonal)
	LowPass  int // span of the low-pass Loess; 0: the smallest odd number above Period
	Robust   bool
}

// Result has the three parts, which sum to the series, and the robustness weights.
type Result struct{ Seasonal, Trend, Remainder, Weights []float64 }

// Decompose runs 5 inner loops, or with Robust 2 inner in 15 outer loops.
func Decompose(y []float64, c Config) (Result, error) {
	c = c.withDefaults()
	if err := c.check(y); err != nil {
		return Result{}, err
	}
	inner, outer := 5, 0
	if c.Robust {
		inner, outer = 2, 15
	}
	d := decomposition{Config: c, y: y, weights: ones(len(y)), trend: make([]float64, len(y)), season: make([]float64, len(y))}
	for k := 0; ; k++ {
		for range inner {
			d.step(k > 0)
		}
		if k >= outer {
			break
		}
		d.reweight()
	}
	r := Result{Seasonal: d.season, Trend: d.trend, Remainder: make([]float64, len(y)), Weights: d.weights}
	for i := range y {
		r.Remainder[i] = y[i] - d.season[i] - d.trend[i]
	}
	return r, nil
}

func (c Config) withDefaults() Config {
	if c.Trend == 0 {
		c.Trend = oddAtLeast(1.5 * float64(c.Period) / (1 - 1.5/float64(c.Seasonal)))
	}
	if c.LowPass == 0 {
		c.LowPass = oddAtLeast(float64(c.Period) + 1)
	}
	return c
}

func oddAtLeast(x float64) int {
	n := int(math.Ceil(x))
	if n%2 == 0 {
		n++
	}
	return n
}

func (c Config) check(y []float64) error {
	if c.Period < 2 || len(y) < 2*c.Period {
		return fmt.Errorf("stl: %d points with a period of %d: want at least two periods", len(y), c.Period)
	}
	for _, span := range []int{c.Seasonal, c.Trend, c.LowPass} {
		if span < 3 || span%2 == 0 {
			return fmt.Errorf("stl: span %d: want an odd number of at least 3", span)
		}
	}
	if slices.ContainsFunc(y, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }) {
		return errors.New("stl: missing values are not supported")
	}
	return nil
}

// decomposition is the state between the loops.
type decomposition struct {
	Config
	y, weights, trend, season []float64
}

// step is one pass of the inner loop: detrend, smooth each cycle-subseries, take its low
// frequencies out, deseasonalise, smooth the trend.
func (d *decomposition) step(weighted bool) {
	n, period := len(d.y), d.Period
	weights := d.weights
	if !weighted {
		weights = nil
	}
	detrended := make([]float64, n)
	for i := range detrended {
		detrended[i] = d.y[i] - d.trend[i]
	}
	cycle := d.cycles(detrended, weights)
	low := loess(average(average(average(cycle, period), period), 3), d.LowPass, nil)
	rest := make([]float64, n)
	for i := range n {
		d.season[i] = cycle[period+i] - low[i]
		rest[i] = d.y[i] - d.season[i]
	}
	d.trend = loess(rest, d.Trend, weights)
}

// cycles smooths each cycle-subseries and extends it by one point at both ends.
func (d *decomposition) cycles(x, weights []float64) []float64 {
	out := make([]float64, len(x)+2*d.Period)
	for j := range d.Period {
		var sub, w []float64
		for i := j; i < len(x); i += d.Period {
			sub = append(sub, x[i])
			if weights != nil {
				w = append(w, weights[i])
			}
		}
		k := len(sub)
		smooth := loess(sub, d.Seasonal, w)
		first, ok := fit(sub, 0, d.Seasonal, 1, min(d.Seasonal, k), w)
		if !ok {
			first = smooth[0]
		}
		last, ok := fit(sub, float64(k+1), d.Seasonal, max(1, k-d.Seasonal+1), k, w)
		if !ok {
			last = smooth[k-1]
		}
		out[j] = first
		for m, v := range smooth {
			out[(m+1)*d.Period+j] = v
		}
		out[(k+1)*d.Period+j] = last
	}
	return out
}

// reweight gives bisquare weights by the size of the remainder against 6 medians of it.
func (d *decomposition) reweight() {
	r := make([]float64, len(d.y))
	for i := range r {
		r[i] = math.Abs(d.y[i] - d.trend[i] - d.season[i])
	}
	s := slices.Clone(r)
	slices.Sort(s)
	n := len(s)
	cut := 3 * (s[n/2] + s[n-n/2-1])
	for i, v := range r {
		switch {
		case v <= .001*cut:
			d.weights[i] = 1
		case v <= .999*cut:
			u := v / cut
			d.weights[i] = (1 - u*u) * (1 - u*u)
		default:
			d.weights[i] = 0
		}
	}
}

// loess smooths x by local lines over span points.
func loess(x []float64, span int, weights []float64) []float64 {
	n := len(x)
	out := make([]float64, n)
	left, right := 1, min(span, n)
	half := (span + 1) / 2
	for i := 1; i <= n; i++ {
		if span < n && i > half && right != n {
			left, right = left+1, right+1
		}
		v, ok := fit(x, float64(i), span, left, right, weights)
		if !ok {
			v = x[i-1]
		}
		out[i-1] = v
	}
	return out
}

// fit evaluates at position at (1-based) the line through points left..right, with
// tricube weights over span.
func fit(x []float64, at float64, span, left, right int, weights []float64) (float64, bool) {
	n := len(x)
	h := math.Max(at-float64(left), float64(right)-at)
	if span > n {
		h += float64((span - n) / 2)
	}
	w := make([]float64, right-left+1)
	sum := 0.0
	for j := left; j <= right; j++ {
		r := math.Abs(float64(j) - at)
		if r > .999*h {
			continue
		}
		v := 1.0
		if r > .001*h {
			u := r / h
			v = 1 - u*u*u
			v = v * v * v
		}
		if weights != nil {
			v *= weights[j-1]
		}
		w[j-left] = v
		sum += v
	}
	if sum <= 0 {
		return 0, false
	}
	centre := 0.0
	for j := range w {
		w[j] /= sum
		centre += w[j] * float64(left+j)
	}
	if h > 0 {
		spread := 0.0
		for j := range w {
			spread += w[j] * (float64(left+j) - centre) * (float64(left+j) - centre)
		}
		if math.Sqrt(spread) > .001*float64(n-1) {
			slope := (at - centre) / spread
			for j := range w {
				w[j] *= slope*(float64(left+j)-centre) + 1
			}
		}
	}
	value := 0.0
	for j := range w {
		value += w[j] * x[left+j-1]
	}
	return value, true
}

// average is the moving average over span points; it is span-1 shorter.
func average(x []float64, span int) []float64 {
	out := make([]float64, len(x)-span+1)
	sum := 0.0
	for i, v := range x {
		sum += v
		if i >= span {
			sum -= x[i-span]
		}
		if i >= span-1 {
			out[i-span+1] = sum / float64(span)
		}
	}
	return out
}

func ones(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 1
	}
	return x
}

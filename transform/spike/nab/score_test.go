// Package nab scores detectors as the Numenta Anomaly Benchmark does. The benchmark is 5-minute
// data of machines and roads, not use of a tool: it is a sanity check of a detector and never a
// measure of this program.
//
// Source: Lavin and Ahmad, "Evaluating Real-time Anomaly Detection Algorithms", ICMLA 2015.
package nab

import (
	"math"
	"slices"
	"time"
)

// Point is one value of a series.
type Point struct {
	Time  time.Time
	Value float64
}

// Window is a labelled anomaly, both ends included.
type Window struct{ From, To time.Time }

// Profile weighs true positives, false positives and missed windows.
type Profile struct{ TruePositive, FalsePositive, FalseNegative float64 }

// The benchmark's application profiles.
var (
	Standard        = Profile{1, .11, 1}
	RewardLowFPRate = Profile{1, .22, 1}
	RewardLowFNRate = Profile{1, .11, 2}
)

const (
	farRight         = 3.0 // window widths after which a false positive counts in full
	probationShare   = .15
	probationLargest = probationShare * 5000
)

// sigmoid is the reward at a relative position: -1 at the left edge of a window, 0 at
// its right edge, positive behind it.
func sigmoid(position float64) float64 { return 2/(1+math.Exp(5*position)) - 1 }

// Score is the raw score of one series: the best detection in each window by how early it is,
// less what is missed and every false positive by how far behind a window it lies. Points of the
// first 15 % (at most 750) are not judged. Detections are given by point.
func Score(points []Point, detected []bool, windows []Window, profile Profile) float64 {
	probation := int(math.Min(math.Floor(probationShare*float64(len(points))), probationLargest))
	type span struct{ from, to int }
	var spans []span
	for _, w := range windows {
		from := slices.IndexFunc(points, func(p Point) bool { return p.Time.Equal(w.From) })
		to := slices.IndexFunc(points, func(p Point) bool { return p.Time.Equal(w.To) })
		if from >= 0 && to >= from {
			spans = append(spans, span{from, to})
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	best := make([]float64, len(spans))
	score := 0.0
	for i := range best {
		best[i] = -profile.FalseNegative
		if spans[i].to < probation {
			best[i] = 0 // wholly inside the probation: not judged
		}
	}
	for t, d := range detected {
		if !d || t < probation {
			continue
		}
		inside, before := -1, -1
		for i, s := range spans {
			if t >= s.from && t <= s.to {
				inside = i
			}
			if s.to < t {
				before = i
			}
		}
		switch {
		case inside >= 0:
			s := spans[inside]
			position := -float64(s.to-t+1) / float64(s.to-s.from+1)
			best[inside] = math.Max(best[inside], profile.TruePositive*sigmoid(position)/sigmoid(-1))
		case before >= 0:
			s := spans[before]
			position := float64(t-s.to) / float64(s.to-s.from)
			penalty := -1.0
			if position < farRight {
				penalty = sigmoid(position)
			}
			score += profile.FalsePositive * penalty
		default:
			score -= profile.FalsePositive
		}
	}
	for _, b := range best {
		score += b
	}
	return score
}

// Normalise brings a sum of raw scores over a number of windows to 0 (no detection at all) .. 100.
func Normalise(raw float64, windows int, profile Profile) float64 {
	null := -profile.FalseNegative * float64(windows)
	perfect := profile.TruePositive * float64(windows)
	return 100 * (raw - null) / (perfect - null)
}

// Gaussian is the benchmark's windowedGaussian: one minus the normal tail probability of a value
// against a sliding window of those before it.
type Gaussian struct {
	Window, Step int

	values, pending []float64
	mean, sd        float64
}

// Next scores one value: 1 is the most anomalous.
func (g *Gaussian) Next(x float64) float64 {
	score := 0.0
	if len(g.values) > 0 {
		score = 1 - .5*math.Erfc(math.Abs(x-g.mean)/g.sd/1.4142)
	}
	if len(g.values) < g.Window {
		g.values = append(g.values, x)
		g.refit()
		return score
	}
	g.pending = append(g.pending, x)
	if len(g.pending) == g.Step {
		g.values = append(g.values[g.Step:], g.pending...)
		g.pending = g.pending[:0]
		g.refit()
	}
	return score
}

func (g *Gaussian) refit() {
	n := float64(len(g.values))
	g.mean, g.sd = 0, 0
	for _, v := range g.values {
		g.mean += v / n
	}
	for _, v := range g.values {
		g.sd += (v - g.mean) * (v - g.mean) / n
	}
	g.sd = math.Sqrt(g.sd)
	if g.sd == 0 {
		g.sd = 1e-6
	}
}

package spike

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/banshift/banshift/schemas/events"
)

// StageDose is how much came into force with a stage, negative where it was lifted, and who says so.
type StageDose struct {
	Amount float64     `json:"amount"`
	Unit   events.Unit `json:"unit"`
	Source string      `json:"source"`
}

// DoseResponse is how the steps of an episode grow with what each put in force: the slope of a line through the steps, with
// the interval of the same line through the same stretches on the placebo dates. It describes: whatever else went from
// small to large with the dose is in it.
type DoseResponse struct {
	Unit events.Unit `json:"unit"`
	// Stages have a dose in this unit and a step; Different is how many doses there are among them.
	Stages    int `json:"stages"`
	Different int `json:"different"`
	// Per is the dose that the slope is for: the power of ten below the largest difference.
	Per      float64  `json:"per,omitempty"`
	SlopeLog *float64 `json:"slope_log"` // log units for Per
	SlopePct *float64 `json:"slope_pct"`
	CILow    *float64 `json:"ci_low"` // percent
	CIHigh   *float64 `json:"ci_high"`
}

// leastStages is how many stages with different doses a slope needs: two are always on a line.
const leastStages = 3

// addDose adds a dose to those of a stage.
func addDose(list []StageDose, d StageDose) []StageDose {
	for n := range list {
		if list[n].Unit == d.Unit {
			list[n].Amount += d.Amount
			if !slices.Contains(strings.Split(list[n].Source, "; "), d.Source) {
				list[n].Source += "; " + d.Source
			}
			return list
		}
	}
	return append(list, d)
}

// response fits the line in the unit in which most doses differ.
func (a *assessment) response(stages []stage, p past) *DoseResponse {
	var best DoseResponse
	var chosen []stage
	for _, unit := range events.Units {
		var with []stage
		different := map[float64]bool{}
		for _, s := range stages {
			if dose := s.dose(unit); !math.IsNaN(dose) && !math.IsNaN(a.panel.over(a.own, s.first, s.over, a.adjusted)) {
				with, different[dose] = append(with, s), true
			}
		}
		if len(different) > best.Different {
			best, chosen = DoseResponse{Unit: unit, Stages: len(with), Different: len(different)}, with
		}
	}
	if best.Different >= leastStages {
		a.fitResponse(&best, chosen, p)
	}
	return &best
}

// dose is the stage's amount in a unit, NaN of none.
func (s stage) dose(unit events.Unit) float64 {
	for _, d := range s.doses {
		if d.Unit == unit {
			return d.Amount
		}
	}
	return math.NaN()
}

// fitResponse fits the line by weighted least squares. A step weighs as much as the same stretch was steady on the placebo
// dates (the centralShare quantile of its changes); the slope is then one number of each stretch of days, and is compared
// with what it was on the dates on which nothing happened.
func (a *assessment) fitResponse(r *DoseResponse, stages []stage, p past) {
	doses, weights, steps := make([]float64, len(stages)), make([]float64, len(stages)), make([]float64, len(stages))
	others := make([][]float64, len(stages))
	for n, s := range stages {
		others[n] = a.overPast(p, s)
		spread := dropNaN(slices.Clone(others[n]))
		for i, x := range spread {
			spread[i] = math.Abs(x)
		}
		if len(spread) < minSpaceScale {
			return
		}
		doses[n], weights[n] = s.dose(r.Unit), 1/math.Pow(math.Max(a.panel.cfg.ScaleFloor, quantileOf(spread, centralShare)), 2)
		steps[n] = a.panel.over(a.own, s.first, s.over, a.adjusted)
	}
	r.Per = math.Pow(10, math.Floor(math.Log10(slices.Max(doses)-slices.Min(doses))))
	for n := range doses {
		doses[n] /= r.Per
	}
	x := weightedSlope(doses, steps, weights)
	var pt placeboTime
	at := make([]float64, len(stages))
	for u := range p.dates {
		for n := range stages {
			at[n] = others[n][u]
		}
		if y := weightedSlope(doses, at, weights); !math.IsNaN(y) {
			pt.effects = append(pt.effects, y)
		}
	}
	first, last := stages[0], stages[len(stages)-1]
	pt.independent = float64(len(pt.effects)) / float64(last.last+last.over.after-first.first+first.over.before)
	low, high := pt.interval(x, a.panel.cfg.Alpha)
	r.SlopeLog, r.SlopePct, r.CILow, r.CIHigh = number(round(x, 6)), percent(x), percent(low), percent(high)
}

// weightedSlope is the slope of ys on xs, NaN where one is not known.
func weightedSlope(xs, ys, weights []float64) float64 {
	var sum, x, y, xx, xy float64
	for n, w := range weights {
		sum, x, y = sum+w, x+w*xs[n], y+w*ys[n]
	}
	x, y = x/sum, y/sum
	for n, w := range weights {
		xx, xy = xx+w*(xs[n]-x)*(xs[n]-x), xy+w*(xs[n]-x)*(ys[n]-y)
	}
	return xy / xx
}

// words says the slope in a sentence, or what it would need.
func (r *DoseResponse) words() string {
	switch {
	case r.Different == 0:
		return fmt.Sprintf("how the steps grow with the dose is not known: no step has both a dose and an effect, and %d steps with different doses are needed", leastStages)
	case r.Different < leastStages:
		return fmt.Sprintf("how the steps grow with the dose is not known: %s (%s), and %d steps with different doses are needed",
			count(r.Different, "different doses are known", "dose is known"), string(r.Unit), leastStages)
	case r.SlopePct == nil:
		return "how the steps grow with the dose is not known: there are too few other dates"
	}
	return fmt.Sprintf("for each %s more the step differs by %+.1f %%%s, over %d steps: this describes, and proves no cause",
		r.Unit.Amount(r.Per), *r.SlopePct, rangeWords(r.CILow, r.CIHigh, "%+.1f"), r.Stages)
}

package spike

import (
	"math"
	"slices"

	"github.com/banshift/banshift/transform/spike/bsts"
	"github.com/banshift/banshift/transform/spike/counterfactual"
)

// Secondary is the answer of another method to the same question. None of them takes
// part in the grade: they are printed so that a reader sees how far methods agree.
type Secondary struct {
	Method    string   `json:"method"`
	EffectLog *float64 `json:"effect_log"`
	CILow     *float64 `json:"ci_low"`  // percent
	CIHigh    *float64 `json:"ci_high"` // percent
	P         *float64 `json:"p"`
	Controls  int      `json:"controls"`
	Note      string   `json:"note"`
}

// Windows of the secondary methods, in days before the event.
const (
	secondaryDays = 91 // structural time series and synthetic control
	didDays       = 28
	stepDays      = 56
	neweyWestLags = 4
)

// secondaryControls is how many controls, those that ran most alike before, enter them.
const secondaryControls = 10

// secondary runs the other methods on the row and the controls that are complete around
// the event.
func (a *assessment) secondary() []Secondary {
	p := a.panel
	pre, after := min(secondaryDays, a.at), p.cfg.AfterDays
	y, ok := a.stretch(a.row, pre, after)
	if !ok || pre < stepDays {
		return nil
	}
	controls := a.alike(y, pre, after)
	list := []Secondary{a.structural(y, controls, pre)}
	list = append(list, synthetic(y, controls, pre)...)
	d := counterfactual.DifferenceInDifferences(y[pre-didDays:], cut(controls, pre-didDays), didDays, p.cfg.Alpha)
	list = append(list, Secondary{Method: "difference in differences", EffectLog: rounded(d.Effect), CILow: percent(d.Low), CIHigh: percent(d.High),
		P: rounded(d.P), Controls: d.Controls, Note: "Student's t over the controls' own changes"})
	if s, err := counterfactual.InterruptedSeries(y[pre-stepDays:], stepDays, neweyWestLags, false); err == nil {
		list = append(list, Secondary{Method: "interrupted time series", EffectLog: rounded(s.Effect),
			CILow: percent(s.Effect - 1.96*s.NeweyWestSmall), CIHigh: percent(s.Effect + 1.96*s.NeweyWestSmall),
			Note: "Newey-West standard error: far too small on windows of this length"})
	}
	return list
}

func rounded(x float64) *float64 { return number(round(x, 6)) }

// stretch is the log rate of r from pre days before the event to after days behind it, less
// the weekday medians of the days before; ok is false where a day is missing.
func (a *assessment) stretch(r *row, pre, after int) (y []float64, ok bool) {
	if a.at+after > a.panel.days {
		return nil, false
	}
	y = slices.Clone(r.y[a.at-pre : a.at+after])
	if slices.ContainsFunc(y, math.IsNaN) {
		return nil, false
	}
	for weekday := range min(7, len(y)) {
		var same []float64
		for t := weekday; t < pre; t += 7 {
			same = append(same, y[t])
		}
		m := median(same)
		for t := weekday; t < len(y); t += 7 {
			y[t] -= m
		}
	}
	return y, true
}

// alike lists the controls that correlate most with y before the event.
func (a *assessment) alike(y []float64, pre, after int) [][]float64 {
	type candidate struct {
		y []float64
		r float64
	}
	var list []candidate
	for _, other := range a.panel.rows {
		if other == a.row || !a.panel.isControl(other, a.at) {
			continue
		}
		if x, ok := a.stretch(other, pre, after); ok {
			list = append(list, candidate{x, correlation(x[:pre], y[:pre])})
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int {
		switch {
		case a.r > b.r:
			return -1
		case a.r < b.r:
			return 1
		}
		return 0
	})
	var controls [][]float64
	for _, c := range list[:min(secondaryControls, len(list))] {
		controls = append(controls, c.y)
	}
	return controls
}

func correlation(x, y []float64) float64 {
	mx, _ := mean(x)
	my, _ := mean(y)
	xy, xx, yy := 0.0, 0.0, 0.0
	for i := range x {
		xy += (x[i] - mx) * (y[i] - my)
		xx += (x[i] - mx) * (x[i] - mx)
		yy += (y[i] - my) * (y[i] - my)
	}
	if xx == 0 || yy == 0 {
		return 0
	}
	return xy / math.Sqrt(xx*yy)
}

func cut(series [][]float64, from int) [][]float64 {
	var out [][]float64
	for _, s := range series {
		out = append(out, s[from:])
	}
	return out
}

func (a *assessment) structural(y []float64, controls [][]float64, pre int) Secondary {
	cfg := bsts.DefaultConfig()
	cfg.Seed, cfg.Alpha = uint64(a.panel.cfg.Seed), a.panel.cfg.Alpha
	s := Secondary{Method: "structural time series", Controls: len(controls), Note: "local level and spike-and-slab regression; tail area as p"}
	im, err := bsts.Estimated(y, controls, pre, cfg)
	if err != nil {
		s.Note = err.Error()
		return s
	}
	s.EffectLog, s.P = rounded(im.Average.Mean), rounded(im.P)
	s.CILow, s.CIHigh = percent(im.Average.Low), percent(im.Average.High)
	return s
}

func synthetic(y []float64, controls [][]float64, pre int) []Secondary {
	s, p, placebos, err := counterfactual.SpaceTest(y, controls, pre)
	if err != nil {
		return nil
	}
	list := []Secondary{{Method: "synthetic control", EffectLog: rounded(s.Effect), P: rounded(p), Controls: placebos,
		Note: "rank of post over pre RMSPE among the donors that fit"}}
	if d, err := counterfactual.SyntheticDiD(y, controls, pre); err == nil {
		list = append(list, Secondary{Method: "synthetic difference in differences", EffectLog: rounded(d.Effect), Controls: len(controls),
			Note: "a point estimate; the placebo in time is the headline's"})
	}
	return list
}

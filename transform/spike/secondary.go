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

// secondaryControls is how many controls, those that ran most alike before, enter the structural time series and the
// synthetic control, which choose among them; all enter differences in differences.
const secondaryControls = 10

// secondary runs the other methods on the row and its controls, over the days around the event that have a value.
func (a *assessment) secondary() []Secondary {
	p := a.panel
	days, pre := a.commonDays(min(secondaryDays, a.at), a.head.window)
	if pre < stepDays || len(days)-pre < needed(a.head.window) {
		return nil
	}
	y, _ := a.stretch(a.row, days, pre)
	all := a.alike(y, days, pre)
	controls := all[:min(secondaryControls, len(all))]
	list := []Secondary{a.structural(y, controls, pre), synthetic(y, controls, pre), syntheticDiD(y, all, pre)}
	d := counterfactual.DifferenceInDifferences(y[pre-didDays:], cut(all, pre-didDays), didDays, p.cfg.Alpha)
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

// commonDays are the days from pre before the event to after days behind it on which the row and at least half of its
// controls have a value, and how many of them lie before the event: what is missing is missing in every method.
func (a *assessment) commonDays(pre, after int) (days []int, before int) {
	if a.at+after > a.panel.days {
		return nil, 0
	}
	for t := a.at - pre; t < a.at+after; t++ {
		known, controls := 0, 0
		for _, other := range a.panel.rows {
			if other == a.row || !a.panel.isControl(other, a.at) {
				continue
			}
			controls++
			if !math.IsNaN(other.y[t]) {
				known++
			}
		}
		if math.IsNaN(a.row.y[t]) || 2*known < controls {
			continue
		}
		if days = append(days, t); t < a.at {
			before++
		}
	}
	return days, before
}

// stretch is the log rate of r on the days, less the weekday medians of the first pre of them; ok is false where one is
// missing.
func (a *assessment) stretch(r *row, days []int, pre int) (y []float64, ok bool) {
	same := make([][]float64, 7)
	for _, t := range days[:pre] {
		same[t%7] = append(same[t%7], r.y[t])
	}
	medians := make([]float64, 7)
	for weekday := range medians {
		medians[weekday] = median(same[weekday])
	}
	for _, t := range days {
		y = append(y, r.y[t]-medians[t%7])
	}
	return y, !slices.ContainsFunc(y, math.IsNaN)
}

// alike lists the controls that have a value on all of the days, those first that correlate most with y before the event.
func (a *assessment) alike(y []float64, days []int, pre int) [][]float64 {
	type candidate struct {
		y []float64
		r float64
	}
	var list []candidate
	for _, other := range a.panel.rows {
		if other == a.row || !a.panel.isControl(other, a.at) {
			continue
		}
		if x, ok := a.stretch(other, days, pre); ok {
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
	for _, c := range list {
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

func synthetic(y []float64, controls [][]float64, pre int) Secondary {
	s, p, placebos, err := counterfactual.SpaceTest(y, controls, pre)
	if err != nil {
		return Secondary{Method: "synthetic control", Controls: len(controls), Note: err.Error()}
	}
	return Secondary{Method: "synthetic control", EffectLog: rounded(s.Effect), P: rounded(p), Controls: placebos,
		Note: "rank of post over pre RMSPE among the donors that fit"}
}

func syntheticDiD(y []float64, controls [][]float64, pre int) Secondary {
	d, err := counterfactual.SyntheticDiD(y, controls, pre)
	if err != nil {
		return Secondary{Method: "synthetic difference in differences", Controls: len(controls), Note: err.Error()}
	}
	return Secondary{Method: "synthetic difference in differences", EffectLog: rounded(d.Effect), Controls: len(controls),
		Note: "a point estimate; the placebo in time is the headline's"}
}

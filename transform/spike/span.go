package spike

import (
	"math"
	"slices"
)

// span compares the mean of the days before a day with that of days which begin lag days after it (before it,
// where lag is negative). The headline's change is a span without lag.
type span struct{ before, lag, after int }

// days is how many days a span reaches over.
func (s span) days() int { return s.before + max(0, s.lag+s.after) }

// across is the change of r over a span, NaN where too few of its days are valid.
func (r *row) across(t int, s span) float64 {
	pre, n := r.meanOf(t-s.before, t)
	post, k := r.meanOf(t+s.lag, t+s.lag+s.after)
	if n < needed(s.before) || k < needed(s.after) {
		return math.NaN()
	}
	return post - pre
}

// meanOf is the mean of the valid days of [from, to) without the weekday pattern, and how many they are.
func (r *row) meanOf(from, to int) (mean float64, n int) {
	if from < 0 || to >= len(r.sums) {
		return math.NaN(), 0
	}
	n = r.valid[to] - r.valid[from]
	return (r.sums[to] - r.sums[from]) / float64(n), n
}

// fitSums fills the running sums of flat.
func (r *row) fitSums() {
	r.sums, r.valid = make([]float64, len(r.flat)+1), make([]int, len(r.flat)+1)
	for t, x := range r.flat {
		r.sums[t+1], r.valid[t+1] = r.sums[t], r.valid[t]
		if !math.IsNaN(x) {
			r.sums[t+1], r.valid[t+1] = r.sums[t]+x, r.valid[t]+1
		}
	}
}

// over is the change of row i over a span, less the controls' median or without them. A control is one on the day, and
// has no event of its own near the span's end either.
func (p *panel) over(i, t int, s span, adjusted bool) float64 {
	own := p.rows[i].across(t, s)
	if !adjusted || math.IsNaN(own) {
		return own
	}
	return own - medianWithout(p.controlChanges(i, t, s), -1, p.cfg.MinControls)
}

// controlChanges are the sorted changes of row i's controls over a span.
func (p *panel) controlChanges(i, t int, s span) []float64 {
	end := min(p.days-1, max(t, t+s.lag+s.after-1))
	var list []float64
	for j, r := range p.rows {
		if j == i || !p.isControl(r, t) || !r.quiet[end] {
			continue
		}
		if x := r.across(t, s); !math.IsNaN(x) {
			list = append(list, x)
		}
	}
	slices.Sort(list)
	return list
}

// pastOver are the changes of row i over a span on the dates on which it was over before the event (or, in mode both, began
// after it); every is how many days they are apart.
func (a *assessment) pastOver(dates []int, every int, s span) placeboTime {
	pt := placeboTime{}
	for _, u := range dates {
		if u < a.at && u+s.lag+s.after > a.at {
			continue
		}
		if x := a.panel.over(a.own, u, s, a.adjusted); !math.IsNaN(x) {
			pt.effects = append(pt.effects, x)
		}
	}
	pt.independent = float64(every*len(pt.effects)) / float64(s.days())
	return pt
}

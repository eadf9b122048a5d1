package spike

import "math"

// minAfterDays is the number of valid days after an event below which no effect is
// stated; shorter windows need all but two of their days.
const minAfterDays = 5

// window is an effect of one row at one day: the mean of the residuals over the days
// after, against the weekday medians of the days before.
type window struct {
	raw, adjusted       float64 // log units; NaN where not testable
	validDays, adjDays  int
	observed, predicted float64 // sums over the valid days, in users; predicted from weekday means
	log, adjLog         []float64
}

// effectAt measures the effect of day t with the given windows in days: the mean over
// the days after of y minus the median of the same weekday in the days before (raw),
// and the same with the common factor of the controls taken off (adjusted).
func (p *panel) effectAt(r *row, t, before, after int) window {
	w := window{raw: math.NaN(), adjusted: math.NaN(), log: nans(after), adjLog: nans(after)}
	if t < 0 || t+after > p.days {
		return w
	}
	for i := range after {
		w.log[i], w.adjLog[i] = p.residual(r, t+i, i/7+1, before/7)
		if math.IsNaN(w.log[i]) {
			continue
		}
		common := 0.0
		if !math.IsNaN(w.adjLog[i]) {
			common = w.log[i] - w.adjLog[i]
		}
		w.observed += r.x[t+i]
		w.predicted += r.weekdayMean(t+i, i/7+1, before/7, nil) * math.Exp(common)
	}
	need := min(minAfterDays, max(1, after-2))
	var m float64
	if m, w.validDays = mean(w.log); w.validDays >= need {
		w.raw = m
	}
	if m, w.adjDays = mean(w.adjLog); w.adjDays >= need {
		w.adjusted = m
	}
	return w
}

// weekdayMean is the mean of the same weekday in the weeks first..first+weeks-1 before
// day t. Small counts need the mean: their median and their logarithm are biased.
func (r *row) weekdayMean(t, first, weeks int, flagged []bool) float64 {
	sum, n := 0.0, 0
	for j := first; j < first+weeks; j++ {
		if u := t - 7*j; u >= 0 && !math.IsNaN(r.x[u]) && (flagged == nil || !flagged[u]) {
			sum, n = sum+r.x[u], n+1
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / float64(n)
}

// Shape describes an effect's course, against the weekday medians before the event.
type Shape struct {
	// Peak is the largest residual (log units) in the effect's direction, on day PeakDay after the event.
	Peak    *float64 `json:"peak_log"`
	PeakDay int      `json:"peak_day"`
	// ExcessUserDays is the sum over the window of users above the baseline.
	ExcessUserDays *float64 `json:"excess_user_days"`
	// HalfLifeDays is the first day whose residual is below half of the effect, nil if none within 28 days.
	HalfLifeDays *int `json:"half_life_days"`
	// Persistence is the mean residual of days 21..27 over the effect.
	Persistence *float64 `json:"persistence_28d"`
}

// shapeDays is how far after an event its course is described.
const shapeDays = 28

// shapeAt describes the course after day t of an effect of the given size.
func (p *panel) shapeAt(r *row, t int, effect float64) Shape {
	if math.IsNaN(effect) {
		return Shape{}
	}
	s := Shape{}
	sign := math.Copysign(1, effect)
	var late []float64
	peak, excess := math.Inf(-1), 0.0
	for i := range shapeDays {
		if !p.inside(t + i) {
			break
		}
		raw, _ := p.residual(r, t+i, i/7+1, p.cfg.BeforeDays/7)
		if math.IsNaN(raw) {
			continue
		}
		if i < p.cfg.AfterDays {
			excess += r.x[t+i] * (1 - math.Exp(-raw))
			if sign*raw > peak {
				peak, s.PeakDay = sign*raw, i
			}
		}
		if i > s.PeakDay && s.HalfLifeDays == nil && sign*raw < math.Abs(effect)/2 {
			s.HalfLifeDays = &i
		}
		if i >= shapeDays-7 {
			late = append(late, raw)
		}
	}
	s.Peak, s.ExcessUserDays = number(sign*peak), number(excess)
	if m, n := mean(late); n >= minAfterDays && effect != 0 {
		s.Persistence = number(m / effect)
	}
	return s
}

// number is x for JSON: nil where it is not a finite number.
func number(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

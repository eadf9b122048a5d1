package spike

import (
	"math"
)

// state is the detector's view of one row.
type state struct {
	z []float64 // robust z of each day; NaN where it cannot be said
	// residual is the log change that z scales.
	residual []float64
	// up and down mark days in the state of alarm.
	up, down []bool
}

// detectWeeks is how many weeks back an undisturbed weekday is looked for.
const detectWeeks = 8

// detect runs the daily detector over a row: the median of the same weekday in the
// four weeks before that were not in alarm, the common factor of the controls taken
// off, over a robust scale floored by ScaleFloor and by counting noise; an alarm is
// |z| > AlarmZ with one sign on AlarmDays of AlarmOf days, or > BurstZ on two of three.
// After detectWeeks a level that stays is the new level. Small counts go by exact tails.
func (p *panel) detect(r *row) state {
	s := state{z: nans(p.days), residual: nans(p.days), up: make([]bool, p.days), down: make([]bool, p.days)}
	flagged := make([]bool, p.days)
	for t := range p.days {
		if !(r.level[t] >= p.cfg.AlarmUsers) {
			continue
		}
		s.residual[t] = p.detectResidual(r, t, flagged)
		s.z[t] = p.detectZ(r, t, s.residual, flagged) / p.unrest[t]
		flagged[t] = math.Abs(s.z[t]) > p.cfg.AlarmZ
		s.up[t] = p.persistent(s.z, t, 1)
		s.down[t] = p.persistent(s.z, t, -1)
	}
	return s
}

// detectResidual compares day t with up to BeforeDays/7 undisturbed weeks.
func (p *panel) detectResidual(r *row, t int, flagged []bool) float64 {
	if res, n := p.weekMedian(r, t, flagged); n >= minWeekdays {
		return res
	}
	res, n := p.weekMedian(r, t, nil)
	if n < minWeekdays {
		return math.NaN()
	}
	return res
}

func (p *panel) weekMedian(r *row, t int, flagged []bool) (float64, int) {
	var buffer [detectWeeks]float64
	xs := buffer[:0]
	reach := detectWeeks
	if flagged == nil {
		reach = p.cfg.BeforeDays / 7
	}
	for j := 1; j <= reach && len(xs) < p.cfg.BeforeDays/7; j++ {
		c := r.change(t, j)
		if math.IsNaN(c) || (flagged != nil && flagged[t-7*j]) {
			continue
		}
		if m := p.commonFor(r, t, j); !math.IsNaN(m) {
			c -= m
		}
		xs = append(xs, c)
	}
	n := len(xs)
	return median(xs), n
}

// minScaleDays is the number of residuals that make a scale; the ScaleDays last ones that
// were not in alarm are taken, from at most scaleReach times as far back.
const (
	minScaleDays = 14
	scaleReach   = 3
)

func (p *panel) detectZ(r *row, t int, residuals []float64, flagged []bool) float64 {
	if math.IsNaN(residuals[t]) {
		return math.NaN()
	}
	if r.level[t] < p.cfg.SmallCount {
		return p.countZ(r, t, flagged)
	}
	var window []float64
	for u := t - 1; u >= max(0, t-scaleReach*p.cfg.ScaleDays) && len(window) < p.cfg.ScaleDays; u-- {
		if !flagged[u] && !math.IsNaN(residuals[u]) {
			window = append(window, residuals[u])
		}
	}
	if len(window) < minScaleDays {
		return math.NaN()
	}
	mu := r.x[t] * math.Exp(-residuals[t])
	scale := math.Max(p.cfg.ScaleFloor, math.Sqrt(1/math.Max(1, mu)))
	return residuals[t] / math.Max(scale, math.Max(tailScale(window), mad(window)))
}

// countZ is the normal deviate of a small count's exact tail, against the mean of the
// undisturbed same weekdays and the dispersion of the days before.
func (p *panel) countZ(r *row, t int, flagged []bool) float64 {
	var observed, expected []float64
	for u := t - 1; u >= max(0, t-scaleReach*p.cfg.ScaleDays) && len(observed) < p.cfg.ScaleDays; u-- {
		if mu := r.weekdayMean(u, 1, detectWeeks, flagged); !flagged[u] && !math.IsNaN(r.x[u]) && !math.IsNaN(mu) {
			observed, expected = append(observed, r.x[u]), append(expected, mu)
		}
	}
	mu := r.weekdayMean(t, 1, detectWeeks, flagged)
	if len(observed) < minScaleDays || math.IsNaN(mu) {
		return math.NaN()
	}
	return counts{mean: math.Max(mu, .5), size: fitCounts(observed, expected)}.z(r.x[t])
}

// tailQuantile and tailDeviate: nine days of ten lie within 1.645 standard deviations
// of a normal distribution.
const (
	tailQuantile = .9
	tailDeviate  = 1.645
)

// tailScale is the standard deviation that the 90 % quantile of |x| would mean. Daily
// users have heavier tails than the normal, which the median deviation does not see.
func tailScale(xs []float64) float64 {
	abs := make([]float64, len(xs))
	for i, x := range xs {
		abs[i] = math.Abs(x)
	}
	return quantileOf(abs, tailQuantile) / tailDeviate
}

// persistent says whether day t is in the state of alarm: itself over the threshold and
// AlarmDays of the last AlarmOf days too, or over BurstZ as one of the two days before it:
// a ban of two days is over before a third can confirm it.
func (p *panel) persistent(z []float64, t int, sign float64) bool {
	over := func(days int, threshold float64) int {
		n := 0
		for u := max(0, t-days+1); u <= t; u++ {
			if sign*z[u] > threshold {
				n++
			}
		}
		return n
	}
	cfg := p.cfg
	return sign*z[t] > cfg.AlarmZ && over(cfg.AlarmOf, cfg.AlarmZ) >= cfg.AlarmDays ||
		sign*z[t] > cfg.BurstZ && over(burstOf, cfg.BurstZ) >= burstDays
}

// burstDays of burstOf days over BurstZ are an alarm.
const burstDays, burstOf = 2, 3

// minUnrest is the number of countries that a common unrest is measured over.
const minUnrest = 10

// fitUnrest measures how restless each day is: the robust spread over the countries of
// the residual after the common factor, in units of each country's own noise, at least
// 1. A jump that all share never hits all alike; what is left of it is no news about one
// country.
func (p *panel) fitUnrest() {
	p.unrest = make([]float64, p.days)
	zs := make([]float64, 0, len(p.rows))
	for t := range p.unrest {
		zs = zs[:0]
		for _, r := range p.rows {
			zs = append(zs, r.adj[t]/p.dayScale(r, t))
		}
		p.unrest[t] = 1
		if zs = dropNaN(zs); len(zs) >= minUnrest {
			p.unrest[t] = math.Max(1, mad(zs))
		}
	}
}

// dayScale is the robust spread of a row's residuals over ScaleDays before day t, with
// its floors.
func (p *panel) dayScale(r *row, t int) float64 {
	window := dropNaN(append([]float64(nil), r.raw[max(0, t-p.cfg.ScaleDays):t]...))
	if len(window) < minScaleDays {
		return math.NaN()
	}
	return math.Max(math.Max(p.cfg.ScaleFloor, math.Sqrt(1/math.Max(1, r.level[t]))), mad(window))
}

package spike

import (
	"math"
	"slices"
	"time"
)

// placeboTime is the distribution of the effect over dates on which nothing is
// catalogued: the headline test. Source: randomisation inference in time (Abadie,
// Diamond and Hainmueller, AJPS 59, 2015; Fisher's rank logic), p = (1+#{T_k >= T})/(1+n).
// The windows overlap: about one in AfterDays of them is independent.
type placeboTime struct {
	effects     []float64
	independent float64 // about how many of them are
}

// placeboDates lists the indices of the dates that event day t of row r may be compared
// with: PlaceboMin..PlaceboMax days before (and, in mode both, PlaceboAheadMin..PlaceboMax
// after), at least EventRadius days from every other catalogued event of the country, and with
// the same holiday flag.
func (p *panel) placeboDates(r *row, t int, others []time.Time) []int {
	holidays := p.cfg.Holidays[r.series.Country]
	flag := p.hasHoliday(t, holidays)
	var dates []int
	consider := func(u int) {
		if !p.inside(u) || p.hasHoliday(u, holidays) != flag || within(p.day(u), others, p.cfg.EventRadius) {
			return
		}
		dates = append(dates, u)
	}
	for k := p.cfg.PlaceboMin; k <= p.cfg.PlaceboMax; k++ {
		consider(t - k)
	}
	if p.cfg.Placebo == PlaceboBoth {
		for k := p.cfg.PlaceboAheadMin; k <= p.cfg.PlaceboMax; k++ {
			consider(t + k)
		}
	}
	return dates
}

// hasHoliday says whether the window after t holds a holiday.
func (p *panel) hasHoliday(t int, holidays []time.Time) bool {
	for _, h := range holidays {
		if d := p.index(h) - t; d >= 0 && d < p.cfg.AfterDays {
			return true
		}
	}
	return false
}

// placebos measures the effect on each date, raw or adjusted; dates on which it cannot
// be measured are left out.
func (p *panel) placebos(r *row, dates []int, before, after int, adjusted bool) placeboTime {
	var pt placeboTime
	for _, u := range dates {
		w := p.effectAt(r, u, before, after)
		e := w.raw
		if adjusted {
			e = w.adjusted
		}
		if !math.IsNaN(e) {
			pt.effects = append(pt.effects, e)
		}
	}
	pt.independent = float64(len(pt.effects)) / float64(after)
	return pt
}

// rank gives the one-sided p of effect in a direction (+1 a rise, -1 a drop). The effect is
// first brought nearer to the placebos' centre by what a centre and a spread known from so few
// independent windows would be off: ranked as it is, at 5 % it is found too often.
func (pt placeboTime) rank(effect, direction float64) float64 {
	centre := median(slices.Clone(pt.effects))
	return rankP(direction*(centre+(effect-centre)/widening(pt.independent)), pt.effects, direction)
}

// rankP is (1+#{direction*x >= statistic})/(1+n), NaN of none.
func rankP(statistic float64, others []float64, direction float64) float64 {
	if math.IsNaN(statistic) || len(others) == 0 {
		return math.NaN()
	}
	above := 1
	for _, x := range others {
		if direction*x >= statistic {
			above++
		}
	}
	return float64(above) / float64(1+len(others))
}

package spike

import (
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat/distuv"
)

// placeboTime is the distribution of the effect over dates on which nothing is
// catalogued: the headline test. Source: randomisation inference in time (Abadie,
// Diamond and Hainmueller, AJPS 59, 2015; Fisher's rank logic), p = (1+#{T_k >= T})/(1+n).
// The windows overlap: about one in as many as a change spans is independent.
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

// rank gives the one-sided p of effect in a direction (+1 a rise, -1 a drop). The effect is
// first brought nearer to the placebos' centre by what a centre and a spread known from so few
// independent windows would be off: ranked as it is, at 5 % it is found too often.
func (pt placeboTime) rank(effect, direction, alpha float64) float64 {
	centre := median(slices.Clone(pt.effects))
	return rankP(direction*(centre+(effect-centre)/pt.widen(alpha)), pt.effects, direction)
}

// widen is how much further than its spread over the dates says the next change may lie, at level 1-alpha:
// Student's quantile over the normal one, with one degree of freedom less than there are independent
// dates, and the error of the centre.
func (pt placeboTime) widen(alpha float64) float64 {
	k := math.Max(3, pt.independent)
	student := distuv.StudentsT{Sigma: 1, Nu: k - 1}
	return student.Quantile(1-alpha/2) / distuv.UnitNormal.Quantile(1-alpha/2) * math.Sqrt(1+1/k)
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

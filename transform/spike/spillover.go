package spike

import (
	"fmt"
	"math"
	"slices"

	"github.com/banshift/banshift/schemas"
)

// Spillover is the change in the countries with a land border to the event's, on the same days: their mean, with the interval of the
// same mean on the placebo dates. A neighbour has to have users as a donor has, and no event of its own near.
type Spillover struct {
	Countries []Neighbour `json:"countries"`
	EffectPct *float64    `json:"effect_pct"`
	CILow     *float64    `json:"ci_low"`
	CIHigh    *float64    `json:"ci_high"`
}

// Neighbour is the change in one of them.
type Neighbour struct {
	Country   string   `json:"country"`
	EffectPct *float64 `json:"effect_pct"`
}

// spillover asks the neighbours over the headline's window; nil where none can be asked.
func (a *assessment) spillover(h history) *Spillover {
	over := span{before: a.head.gauge.before, after: a.head.gauge.after}
	near := schemas.Neighbours(a.event.Country)
	var s Spillover
	mean, _ := a.meanOfNeighbours(near, a.at, over, func(country string, x float64) {
		s.Countries = append(s.Countries, Neighbour{Country: country, EffectPct: percent(x)})
	})
	if len(s.Countries) == 0 {
		return nil
	}
	asked := make([]string, len(s.Countries))
	for n, c := range s.Countries {
		asked[n] = c.Country
	}
	var pt placeboTime
	for _, u := range h.dates {
		if x, n := a.meanOfNeighbours(asked, u, over, func(string, float64) {}); n == len(asked) {
			pt.effects = append(pt.effects, x)
		}
	}
	pt.independent = float64(h.every*len(pt.effects)) / float64(over.days())
	low, high := pt.interval(mean, a.panel.cfg.Alpha)
	s.EffectPct, s.CILow, s.CIHigh = percent(mean), percent(low), percent(high)
	return &s
}

// meanOfNeighbours is the mean change on a day of those that can be asked, and how many they are.
func (a *assessment) meanOfNeighbours(near []string, t int, over span, each func(country string, x float64)) (mean float64, n int) {
	for i, r := range a.panel.rows {
		if !slices.Contains(near, r.series.Country) || !r.quiet[t] || !(r.level[t] >= a.panel.cfg.DonorUsers) {
			continue
		}
		if x := a.panel.over(i, t, over, a.adjusted); !math.IsNaN(x) {
			mean, n = mean+x, n+1
			each(r.series.Country, x)
		}
	}
	return mean / float64(n), n
}

// words says what the neighbours did.
func (s *Spillover) words() string {
	names := make([]string, len(s.Countries))
	for n, c := range s.Countries {
		names[n] = fmt.Sprintf("%s %+.0f %%", c.Country, *c.EffectPct)
	}
	return fmt.Sprintf("the neighbours on the same days: %+.1f %%%s (%s)", *s.EffectPct, rangeWords(s.CILow, s.CIHigh, "%+.1f"), nameFew(names))
}

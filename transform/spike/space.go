package spike

import "math"

// spaceScaleDays is how far back a country's own spread of effects is measured.
const spaceScaleDays = 91

// minSpaceScale is the number of earlier effects that make a spread.
const minSpaceScale = 14

// placeboSpace ranks a country's effect among the countries to which nothing happened:
// (effect - median) / own scale, over the donors with DonorUsers a day and no event
// within EventRadius days. Source: placebo in space (Abadie, Diamond and Hainmueller,
// JASA 105, 2010); the floor of its p is 1/(J+1).
type placeboSpace struct {
	statistic float64
	donors    []float64
}

// spaceAt computes it for day t.
func (p *panel) spaceAt(r *row, t int) placeboSpace {
	effects := make([]float64, 0, len(p.rows))
	scales := make([]float64, 0, len(p.rows))
	for _, other := range p.rows {
		if other == r || !other.quiet[t] || !(other.level[t] >= p.cfg.DonorUsers) {
			continue
		}
		e, s := p.effectAt(other, t, p.cfg.BeforeDays, p.cfg.AfterDays).raw, p.effectScale(other, t)
		if !math.IsNaN(e) && !math.IsNaN(s) {
			effects, scales = append(effects, e), append(scales, s)
		}
	}
	own := p.effectAt(r, t, p.cfg.BeforeDays, p.cfg.AfterDays).raw
	centre := median(append([]float64(nil), effects...))
	ps := placeboSpace{statistic: (own - centre) / p.effectScale(r, t)}
	for i := range effects {
		ps.donors = append(ps.donors, (effects[i]-centre)/scales[i])
	}
	return ps
}

// effectScale is the robust spread of the mean residual over windows of AfterDays that
// ended before day t, floored by what counting alone gives.
func (p *panel) effectScale(r *row, t int) float64 {
	residuals := r.adj
	if _, n := mean(r.adj[max(0, t-spaceScaleDays):t]); n == 0 {
		residuals = r.raw
	}
	var effects []float64
	for u := max(0, t-spaceScaleDays); u+p.cfg.AfterDays <= t; u++ {
		if m, n := mean(residuals[u : u+p.cfg.AfterDays]); n >= minAfterDays {
			effects = append(effects, m)
		}
	}
	if len(effects) < minSpaceScale {
		return math.NaN()
	}
	days := float64(p.cfg.AfterDays)
	floor := math.Max(p.cfg.ScaleFloor/math.Sqrt(days), math.Sqrt(1/(r.level[t]*days)))
	return math.Max(floor, mad(effects))
}

// rank is the one-sided p in a direction (+1 a rise, -1 a drop).
func (ps placeboSpace) rank(direction float64) float64 {
	return rankP(ps.statistic*direction, ps.donors, direction)
}

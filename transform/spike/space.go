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

// spaceOf measures every row at day t: the effect and its own spread.
func (p *panel) spaceOf(t int) (effects, scales []float64) {
	for _, r := range p.rows {
		effects = append(effects, p.effectAt(r, t, p.cfg.BeforeDays, p.cfg.AfterDays).raw)
		scales = append(scales, p.effectScale(r, t))
	}
	return effects, scales
}

// placeboSpace ranks row number own among the donors of day t.
func (p *panel) placeboSpace(own, t int, effects, scales []float64) placeboSpace {
	var donors []int
	var donorEffects []float64
	for i, other := range p.rows {
		if i == own || !other.quiet[t] || !(other.level[t] >= p.cfg.DonorUsers) || math.IsNaN(effects[i]) || math.IsNaN(scales[i]) {
			continue
		}
		donors, donorEffects = append(donors, i), append(donorEffects, effects[i])
	}
	centre := median(donorEffects)
	ps := placeboSpace{statistic: (effects[own] - centre) / scales[own]}
	for _, i := range donors {
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

package counterfactual

import (
	"errors"
	"math"
	"slices"
)

// Synthetic is a weighted mean of donors that ran like the treated series before the event.
type Synthetic struct {
	Weights []float64 // of the donors: not negative, summing to 1
	// PreRMSPE and PostRMSPE are root mean squared gaps before and after; Effect is the mean gap after.
	PreRMSPE, PostRMSPE, Effect float64
	Gap                         []float64
}

// Ratio is post over pre RMSPE: the statistic of the placebo in space.
func (s Synthetic) Ratio() float64 { return s.PostRMSPE / s.PreRMSPE }

// minPreRatio is how many points before the event are needed for each after it.
const minPreRatio = 8

// ErrShortHistory means that the series before the event is too short to fit weights.
var ErrShortHistory = errors.New("synthetic control: want at least 8 points before the event for each one after, and two donors")

// SyntheticControl fits donors to treated over the first pre points and measures the gap
// after them. Weights minimise the squared gap on the simplex by accelerated projected
// gradient. Source: Abadie, Diamond and Hainmueller, JASA 105, 2010.
func SyntheticControl(treated []float64, donors [][]float64, pre int) (Synthetic, error) {
	if len(donors) < 2 || pre >= len(treated) || pre < minPreRatio*(len(treated)-pre) {
		return Synthetic{}, ErrShortHistory
	}
	return synthesise(treated, donors, pre), nil
}

func synthesise(treated []float64, donors [][]float64, pre int) Synthetic {
	s := Synthetic{Weights: fitSimplex(treated[:pre], donors, pre), Gap: make([]float64, len(treated))}
	before, after := 0.0, 0.0
	for t, y := range treated {
		fitted := 0.0
		for j, w := range s.Weights {
			fitted += w * donors[j][t]
		}
		s.Gap[t] = y - fitted
		if t < pre {
			before += s.Gap[t] * s.Gap[t]
		} else {
			after += s.Gap[t] * s.Gap[t]
			s.Effect += s.Gap[t] / float64(len(treated)-pre)
		}
	}
	s.PreRMSPE = math.Sqrt(before / float64(pre))
	s.PostRMSPE = math.Sqrt(after / float64(len(treated)-pre))
	return s
}

// worstFit is how much worse than the treated series a donor may be fitted to count.
const worstFit = 2

// SpaceTest ranks the treated series' RMSPE ratio among those of its donors, each treated
// as if it were the one, without donors fitted more than twice as badly. p is the rank
// over the number of series; its floor is 1/(J+1).
func SpaceTest(treated []float64, donors [][]float64, pre int) (s Synthetic, p float64, placebos int, err error) {
	s, err = SyntheticControl(treated, donors, pre)
	if err != nil {
		return s, math.NaN(), 0, err
	}
	rank := 1
	for j := range donors {
		others := slices.Delete(slices.Clone(donors), j, j+1)
		if len(others) < 2 {
			continue
		}
		placebo := synthesise(donors[j], others, pre)
		if placebo.PreRMSPE > worstFit*s.PreRMSPE {
			continue
		}
		placebos++
		if placebo.Ratio() >= s.Ratio() {
			rank++
		}
	}
	return s, float64(rank) / float64(placebos+1), placebos, nil
}

// fitSimplex minimises |y - X w|^2 over w >= 0, sum w = 1 (Nesterov's acceleration with
// restarts).
func fitSimplex(y []float64, donors [][]float64, pre int) []float64 {
	n := len(donors)
	gram := make([][]float64, n)
	target := make([]float64, n)
	step := 0.0
	for i := range gram {
		gram[i] = make([]float64, n)
		for t := range pre {
			target[i] += donors[i][t] * y[t]
			for j := range n {
				gram[i][j] += donors[i][t] * donors[j][t]
			}
		}
		step += gram[i][i] // the trace bounds the largest eigenvalue
	}
	if step == 0 {
		step = 1
	}
	w, v := uniform(n), uniform(n)
	momentum := 1.0
	for range 20000 {
		next := make([]float64, n)
		for i := range next {
			g := -target[i]
			for j := range n {
				g += gram[i][j] * v[j]
			}
			next[i] = v[i] - g/step
		}
		projectSimplex(next)
		change, uphill := 0.0, 0.0
		for i := range next {
			change = math.Max(change, math.Abs(next[i]-w[i]))
			uphill += (v[i] - next[i]) * (next[i] - w[i])
		}
		grown := (1 + math.Sqrt(1+4*momentum*momentum)) / 2
		if uphill > 0 {
			momentum, grown = 1, 1
		}
		for i := range v {
			v[i] = next[i] + (momentum-1)/grown*(next[i]-w[i])
		}
		momentum, w = grown, next
		if change < 1e-12 {
			break
		}
	}
	return w
}

func uniform(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		w[i] = 1 / float64(n)
	}
	return w
}

// projectSimplex moves x to the nearest point with x >= 0 and sum 1. Source: Duchi et al.,
// ICML 2008.
func projectSimplex(x []float64) {
	u := slices.Clone(x)
	slices.Sort(u)
	slices.Reverse(u)
	sum, shift := 0.0, 0.0
	for i, v := range u {
		sum += v
		if s := (sum - 1) / float64(i+1); v-s > 0 {
			shift = s
		}
	}
	for i := range x {
		x[i] = math.Max(0, x[i]-shift)
	}
}

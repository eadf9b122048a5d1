package spike

import (
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// counts is the distribution of a small count around its expectation: Poisson, or
// negative binomial where the counts before varied more than Poisson's do. Source:
// Cameron and Trivedi, Regression Analysis of Count Data, NB2 (variance mu + mu^2/k).
type counts struct {
	mean float64
	size float64 // k of NB2; +Inf is Poisson
}

// fitCounts estimates k by moments from counts and their expectations.
func fitCounts(observed, expected []float64) float64 {
	num, den := 0.0, 0.0
	for i, x := range observed {
		mu := expected[i]
		if math.IsNaN(x) || math.IsNaN(mu) {
			continue
		}
		num += (x-mu)*(x-mu) - mu
		den += mu * mu
	}
	if num <= 0 || den == 0 {
		return math.Inf(1)
	}
	return den / num
}

// upper is P(X >= x), lower P(X <= x), exact.
func (c counts) upper(x float64) float64 {
	x = math.Ceil(x - 1e-9)
	if x <= 0 {
		return 1
	}
	return 1 - c.cdf(x-1)
}

func (c counts) lower(x float64) float64 {
	x = math.Floor(x + 1e-9)
	if x < 0 {
		return 0
	}
	return c.cdf(x)
}

// cdf is P(X <= x) for a whole x >= 0: by the regularised incomplete gamma (Poisson)
// and beta (negative binomial) functions.
func (c counts) cdf(x float64) float64 {
	if c.mean <= 0 {
		return 1
	}
	if math.IsInf(c.size, 1) {
		return mathext.GammaIncRegComp(x+1, c.mean)
	}
	return mathext.RegIncBeta(c.size, x+1, c.size/(c.size+c.mean))
}

// z is the normal deviate of x's tail probability: its sign says which tail is the
// smaller one.
func (c counts) z(x float64) float64 {
	up, low := c.upper(x), c.lower(x)
	normal := distuv.UnitNormal
	const tiny = 1e-300
	if up < low {
		return -normal.Quantile(math.Max(up, tiny))
	}
	return normal.Quantile(math.Max(low, tiny))
}

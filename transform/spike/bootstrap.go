package spike

import (
	"math"
	"math/rand/v2"
	"slices"
)

// blockBootstrap draws the mean of n days from residuals by moving blocks (Kunsch,
// Annals of Statistics 17, 1989): blocks of consecutive days keep the dependence that
// single days would lose. Blocks with more than two missing days are not used. It
// gives sorted, centred means, nil where fewer than two blocks exist.
func blockBootstrap(residuals []float64, block, n, replicates int, rng *rand.Rand) []float64 {
	var means []float64
	for i := 0; i+block <= len(residuals); i++ {
		if m, valid := mean(residuals[i : i+block]); valid >= max(1, block-2) {
			means = append(means, m)
		}
	}
	if len(means) < 2 {
		return nil
	}
	centre, _ := mean(means)
	// Blocks that follow each other are not quite independent.
	rho := math.Max(0, math.Min(.9, autocorrelation(means, centre, block)))
	widen := widening(float64(len(means)+block-1) / float64(block) * (1 - rho) / (1 + rho))
	draws := make([]float64, replicates)
	blocks := (n + block - 1) / block
	for i := range draws {
		sum := 0.0
		for range blocks {
			sum += means[rng.IntN(len(means))] - centre
		}
		draws[i] = widen * sum / float64(blocks)
	}
	slices.Sort(draws)
	return draws
}

// widening is how much further than their spread says the next of k independent windows may
// lie: the variance about an estimated centre, with k-1 degrees of freedom.
func widening(k float64) float64 {
	k = math.Max(2, k)
	return math.Sqrt((k + 1) / (k - 1))
}

// interval is the basic bootstrap interval of estimate at level 1-alpha.
func interval(estimate float64, draws []float64, alpha float64) (low, high float64) {
	if len(draws) == 0 {
		return math.NaN(), math.NaN()
	}
	return estimate - quantile(draws, 1-alpha/2), estimate - quantile(draws, alpha/2)
}

// autocorrelation of xs around centre at a lag.
func autocorrelation(xs []float64, centre float64, lag int) float64 {
	num, den := 0.0, 0.0
	for i, x := range xs {
		den += (x - centre) * (x - centre)
		if i >= lag {
			num += (x - centre) * (xs[i-lag] - centre)
		}
	}
	if den == 0 || len(xs) <= lag {
		return 0
	}
	return num / den * float64(len(xs)) / float64(len(xs)-lag)
}

package bsts

import (
	"math"
	"math/rand/v2"
)

// level is the local level model: y = mu + e, mu' = mu + u, with variances of e and u.
type level struct{ noise, drift float64 }

// filter runs the Kalman filter over y (NaN where missing) from a level with the given mean
// and variance. It gives filtered means and variances and the log likelihood.
func (l level) filter(y []float64, mean, variance float64, a, p []float64) (logLikelihood float64) {
	for t, v := range y {
		if !math.IsNaN(v) {
			f := variance + l.noise
			gain := variance / f
			e := v - mean
			logLikelihood -= .5 * (math.Log(2*math.Pi*f) + e*e/f)
			mean += gain * e
			variance *= 1 - gain
		}
		a[t], p[t] = mean, variance
		variance += l.drift
	}
	return logLikelihood
}

// draw samples the level given y: forward filtering, backward sampling. Source: Carter
// and Kohn, Biometrika 81, 1994.
func (l level) draw(y []float64, mean, variance float64, rng *rand.Rand, a, p, mu []float64) {
	l.filter(y, mean, variance, a, p)
	n := len(y)
	mu[n-1] = a[n-1] + math.Sqrt(p[n-1])*rng.NormFloat64()
	for t := n - 2; t >= 0; t-- {
		total := p[t] + l.drift
		if total == 0 {
			mu[t] = a[t]
			continue
		}
		gain := p[t] / total
		mu[t] = a[t] + gain*(mu[t+1]-a[t]) + math.Sqrt(p[t]*(1-gain))*rng.NormFloat64()
	}
}

// moments are the mean and the standard deviation (n-1) of the numbers in y.
func moments(y []float64) (mean, sd float64) {
	n := 0.0
	for _, v := range y {
		if !math.IsNaN(v) {
			mean, n = mean+v, n+1
		}
	}
	mean /= n
	for _, v := range y {
		if !math.IsNaN(v) {
			sd += (v - mean) * (v - mean)
		}
	}
	return mean, math.Sqrt(sd / (n - 1))
}

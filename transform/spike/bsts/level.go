package bsts

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/optimize"
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

// diffuse is the variance that stands for not knowing the first level.
const diffuse = 1e6

// LocalLevel is a fit of the local level model by maximum likelihood.
type LocalLevel struct{ Noise, Drift, LogLikelihood float64 }

// FitLocalLevel maximises the likelihood of y given its first value. Source: Durbin and
// Koopman, Time Series Analysis by State Space Methods, 2nd edition, 2.10.
func FitLocalLevel(y []float64) (LocalLevel, error) {
	a, p := make([]float64, len(y)), make([]float64, len(y))
	scale := variance(y)
	likelihood := func(l level) float64 {
		first := l.filter(y[:1], 0, diffuse*scale, a, p)
		return l.filter(y, 0, diffuse*scale, a, p) - first
	}
	problem := optimize.Problem{Func: func(x []float64) float64 {
		return -likelihood(level{noise: scale * math.Exp(x[0]), drift: scale * math.Exp(x[1])})
	}}
	result, err := optimize.Minimize(problem, []float64{math.Log(.5), math.Log(.05)}, nil, &optimize.NelderMead{})
	if err != nil {
		return LocalLevel{}, err
	}
	l := level{noise: scale * math.Exp(result.X[0]), drift: scale * math.Exp(result.X[1])}
	return LocalLevel{Noise: l.noise, Drift: l.drift, LogLikelihood: likelihood(l)}, nil
}

// variance of the numbers in y, with n-1.
func variance(y []float64) float64 {
	_, sd := moments(y)
	return sd * sd
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

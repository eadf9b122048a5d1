package bsts

import (
	"math"

	"gonum.org/v1/gonum/optimize"
)

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

// Package pool joins the effects of many studies into one by random effects: a mean with an
// interval, how far the studies differ, and where the next one is to be expected.
//
// It must never choose what is joined: which studies are in is said by whoever asks.
package pool

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Estimate is the effect in one study with its sampling variance.
type Estimate struct {
	Name     string
	Effect   float64
	Variance float64 // > 0
}

// Pooled is what Join found. Numbers that do not exist are NaN.
type Pooled struct {
	N                       int
	Mean, SE                float64
	Low, High               float64 // interval of the mean
	P                       float64 // two-sided, of no mean effect
	Q, PQ                   float64 // Cochran's Q and its p under equal effects
	TauSquared              float64 // variance between studies, by REML
	TauLow, TauHigh         float64 // its interval, by Q profile
	ISquared                float64 // share of the spread that is between studies
	PredictLow, PredictHigh float64 // interval of the effect in another study; of three and more
	Weights                 []float64
}

// Check says which estimate has no variance or no effect.
func Check(list []Estimate) error {
	for _, e := range list {
		if !(e.Variance > 0) || math.IsInf(e.Variance, 0) || math.IsNaN(e.Effect) {
			return fmt.Errorf("%s: effect %v, variance %v: want a number and a positive variance", e.Name, e.Effect, e.Variance)
		}
	}
	return nil
}

// ErrNone says that there is nothing to join.
var ErrNone = errors.New("no estimates to join")

// Join pools estimates at the level 1-alpha. The variance between studies is that of restricted maximum
// likelihood (Viechtbauer, Journal of Educational and Behavioral Statistics 30, 2005); mean and interval are those
// of Hartung and Knapp (Statistics in Medicine 20, 2001), whose factor is never taken below one (Rover, Knapp and
// Friede, BMC Medical Research Methodology 15, 2015); I squared follows Higgins and Thompson (2002); the prediction
// interval is that of Higgins, Thompson and Spiegelhalter (2009) with this standard error. Of a single estimate
// the mean is the estimate itself with its normal interval.
func Join(list []Estimate, alpha float64) (Pooled, error) {
	if len(list) == 0 {
		return Pooled{}, ErrNone
	}
	if err := Check(list); err != nil {
		return Pooled{}, err
	}
	nan := math.NaN()
	p := Pooled{N: len(list), Q: Spread(list, 0), PQ: nan, TauLow: nan, TauHigh: nan, ISquared: nan, PredictLow: nan, PredictHigh: nan}
	if p.N > 1 {
		p.TauSquared = REML(list)
	}
	p.Weights, p.Mean, p.SE = Mean(list, p.TauSquared)
	if p.N == 1 {
		p.Low, p.High, p.P = around(p.Mean, p.SE, distuv.UnitNormal.Quantile(1-alpha/2), distuv.UnitNormal.Survival)
		return p, nil
	}
	free := float64(p.N - 1)
	p.SE *= math.Sqrt(math.Max(1, Spread(list, p.TauSquared)/free))
	t := distuv.StudentsT{Sigma: 1, Nu: free}
	p.Low, p.High, p.P = around(p.Mean, p.SE, t.Quantile(1-alpha/2), t.Survival)
	chi := distuv.ChiSquared{K: free}
	p.PQ = chi.Survival(p.Q)
	p.TauLow, p.TauHigh = Profile(list, chi.Quantile(1-alpha/2)), Profile(list, chi.Quantile(alpha/2))
	p.ISquared = p.TauSquared / (p.TauSquared + TypicalVariance(list))
	if p.N >= 3 {
		half := distuv.StudentsT{Sigma: 1, Nu: free - 1}.Quantile(1-alpha/2) * math.Sqrt(p.TauSquared+p.SE*p.SE)
		p.PredictLow, p.PredictHigh = p.Mean-half, p.Mean+half
	}
	return p, nil
}

// around is the interval and the two-sided p of a mean.
func around(mean, se, quantile float64, survival func(float64) float64) (low, high, p float64) {
	return mean - quantile*se, mean + quantile*se, 2 * survival(math.Abs(mean)/se)
}

// Mean is the mean weighted by the variance within and between studies, with the weights (sum 1) and its
// standard error.
func Mean(list []Estimate, tau float64) (weights []float64, mean, se float64) {
	total := 0.0
	for _, e := range list {
		w := 1 / (e.Variance + tau)
		weights = append(weights, w)
		total += w
		mean += w * e.Effect
	}
	mean /= total
	for i := range weights {
		weights[i] /= total
	}
	return weights, mean, math.Sqrt(1 / total)
}

// Spread is Cochran's Q, the weighted spread around the mean, if the variance between studies were tau.
func Spread(list []Estimate, tau float64) float64 {
	var sum, mean, q float64
	for _, e := range list {
		w := 1 / (e.Variance + tau)
		sum, mean = sum+w, mean+w*e.Effect
	}
	mean /= sum
	for _, e := range list {
		q += (e.Effect - mean) * (e.Effect - mean) / (e.Variance + tau)
	}
	return q
}

// Profile is the variance between studies at which the spread has the given size; the spread falls as it
// grows, so halving an interval finds it (Viechtbauer, Statistics in Medicine 26, 2007).
func Profile(list []Estimate, want float64) float64 {
	if Spread(list, 0) <= want {
		return 0
	}
	high := 1e-6
	for Spread(list, high) > want {
		high *= 2
	}
	return halve(0, high, func(tau float64) bool { return Spread(list, tau) > want })
}

// halve finds where above turns from true to false between low and high.
func halve(low, high float64, above func(float64) bool) float64 {
	for range 200 {
		middle := (low + high) / 2
		if above(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2
}

// DerSimonianLaird is the moment estimator of the variance between studies (Controlled Clinical Trials 7, 1986).
func DerSimonianLaird(list []Estimate) float64 {
	sum, squares := powers(list)
	return max(0, (Spread(list, 0)-float64(len(list)-1))/(sum-squares/sum))
}

// powers are the sums of the weights within studies and of their squares.
func powers(list []Estimate) (sum, squares float64) {
	for _, e := range list {
		sum, squares = sum+1/e.Variance, squares+1/(e.Variance*e.Variance)
	}
	return sum, squares
}

// TypicalVariance is the sampling variance s squared with which I squared is tau squared /
// (tau squared + s squared) (Higgins and Thompson 2002, equation 9).
func TypicalVariance(list []Estimate) float64 {
	sum, squares := powers(list)
	return float64(len(list)-1) * sum / (sum*sum - squares)
}

// REML is the restricted maximum likelihood estimate of the variance between studies, at least 0: Fisher's
// scoring, which here needs a dozen steps.
func REML(list []Estimate) float64 {
	tau := DerSimonianLaird(list)
	for range 1000 {
		_, mean, _ := Mean(list, tau)
		var w1, w2, w3, rest float64
		for _, e := range list {
			w := 1 / (e.Variance + tau)
			w1, w2, w3 = w1+w, w2+w*w, w3+w*w*w
			rest += w * w * (e.Effect - mean) * (e.Effect - mean)
		}
		score := rest - (w1 - w2/w1)
		information := w2 - 2*w3/w1 + (w2/w1)*(w2/w1)
		next := max(0, tau+score/information)
		if math.Abs(next-tau) <= 1e-12*(1+tau) {
			return next
		}
		tau = next
	}
	return tau
}

// Between asks whether groups have different means: Q over the groups' means, with its p on so many degrees of
// freedom; NaN of fewer than two groups.
func Between(groups []Pooled) (q float64, freedom int, p float64) {
	var means []Estimate
	for _, g := range groups {
		means = append(means, Estimate{Effect: g.Mean, Variance: g.SE * g.SE})
	}
	if len(means) < 2 {
		return math.NaN(), 0, math.NaN()
	}
	q, freedom = Spread(means, 0), len(means)-1
	return q, freedom, distuv.ChiSquared{K: float64(freedom)}.Survival(q)
}

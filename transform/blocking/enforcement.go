package blocking

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// NetworkEffect is the effect in one network with its sampling variance.
type NetworkEffect struct {
	Network  string
	Effect   float64
	Variance float64 // > 0
}

// Heterogeneity is how far networks differ beyond chance. Networks enforce alike where
// TauSquared is 0.
type Heterogeneity struct {
	Networks                []NetworkEffect // as given
	Weights                 []float64       // of the random-effects mean, sum 1
	Mean, Low, High         float64         // random-effects mean with its 95 % interval
	SE                      float64
	Q                       float64 // Cochran's Q
	Freedom                 int
	P                       float64 // of Q under no heterogeneity
	TauSquared              float64 // between-network variance
	TauLow, TauHigh         float64 // its 95 % interval, by Q profile
	ISquared                float64 // share of the spread that is between networks
	PredictLow, PredictHigh float64 // 95 % interval of the effect in another network
}

// MeasureHeterogeneity pools effects by DerSimonian and Laird (Controlled Clinical Trials
// 1986), with I squared of Higgins and Thompson (2002), the Q-profile interval of tau
// squared (Viechtbauer 2007) and the prediction interval of Higgins, Thompson and
// Spiegelhalter (2009; needs three networks).
func MeasureHeterogeneity(networks []NetworkEffect) (Heterogeneity, error) {
	if len(networks) < 2 {
		return Heterogeneity{}, errors.New("heterogeneity needs at least two networks")
	}
	h := Heterogeneity{Networks: networks, Freedom: len(networks) - 1}
	var sum, squares float64
	for _, n := range networks {
		if !(n.Variance > 0) || math.IsInf(n.Variance, 0) || math.IsNaN(n.Effect) {
			return Heterogeneity{}, fmt.Errorf("network %s: effect %v, variance %v: want a number and a positive variance", n.Network, n.Effect, n.Variance)
		}
		sum, squares = sum+1/n.Variance, squares+1/(n.Variance*n.Variance)
	}
	h.Q = h.q(0)
	free := float64(h.Freedom)
	h.TauSquared = max(0, (h.Q-free)/(sum-squares/sum))
	if h.Q > 0 {
		h.ISquared = max(0, (h.Q-free)/h.Q)
	}
	chi := distuv.ChiSquared{K: free}
	h.P = chi.Survival(h.Q)
	h.TauLow, h.TauHigh = h.profile(chi.Quantile(.975)), h.profile(chi.Quantile(.025))

	total := 0.0
	for _, n := range networks {
		w := 1 / (n.Variance + h.TauSquared)
		h.Weights = append(h.Weights, w)
		total += w
		h.Mean += w * n.Effect
	}
	h.Mean /= total
	h.SE = math.Sqrt(1 / total)
	for i := range h.Weights {
		h.Weights[i] /= total
	}
	h.Low, h.High = h.Mean-z95*h.SE, h.Mean+z95*h.SE
	h.PredictLow, h.PredictHigh = math.Inf(-1), math.Inf(1)
	if len(networks) >= 3 {
		t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(len(networks) - 2)}.Quantile(.975)
		half := t * math.Sqrt(h.TauSquared+h.SE*h.SE)
		h.PredictLow, h.PredictHigh = h.Mean-half, h.Mean+half
	}
	return h, nil
}

// TypicalVariance is the sampling variance s squared with which I squared is tau squared /
// (tau squared + s squared) (Higgins and Thompson 2002, equation 9).
func (h *Heterogeneity) TypicalVariance() float64 {
	var sum, squares float64
	for _, n := range h.Networks {
		sum, squares = sum+1/n.Variance, squares+1/(n.Variance*n.Variance)
	}
	return float64(h.Freedom) * sum / (sum*sum - squares)
}

// q is the weighted spread around the mean if the between-network variance were tau.
func (h *Heterogeneity) q(tau float64) float64 {
	var sum, mean, q float64
	for _, n := range h.Networks {
		w := 1 / (n.Variance + tau)
		sum, mean = sum+w, mean+w*n.Effect
	}
	mean /= sum
	for _, n := range h.Networks {
		q += (n.Effect - mean) * (n.Effect - mean) / (n.Variance + tau)
	}
	return q
}

// profile is the tau squared at which the spread has the given size; the spread falls as
// tau grows, so halving an interval finds it.
func (h *Heterogeneity) profile(want float64) float64 {
	if h.q(0) <= want {
		return 0
	}
	high := 1e-6
	for h.q(high) > want {
		high *= 2
	}
	low := 0.0
	for range 200 {
		middle := (low + high) / 2
		if h.q(middle) > want {
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2
}

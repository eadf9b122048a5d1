package blocking

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/banshift/banshift/transform/pool"
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
	list := estimates(networks)
	if err := pool.Check(list); err != nil {
		return Heterogeneity{}, fmt.Errorf("network %w", err)
	}
	h := Heterogeneity{Networks: networks, Freedom: len(networks) - 1}
	h.Q, h.TauSquared = pool.Spread(list, 0), pool.DerSimonianLaird(list)
	free := float64(h.Freedom)
	if h.Q > 0 {
		h.ISquared = max(0, (h.Q-free)/h.Q)
	}
	chi := distuv.ChiSquared{K: free}
	h.P = chi.Survival(h.Q)
	h.TauLow, h.TauHigh = pool.Profile(list, chi.Quantile(.975)), pool.Profile(list, chi.Quantile(.025))
	h.Weights, h.Mean, h.SE = pool.Mean(list, h.TauSquared)
	h.Low, h.High = h.Mean-z95*h.SE, h.Mean+z95*h.SE
	h.PredictLow, h.PredictHigh = math.Inf(-1), math.Inf(1)
	if len(networks) >= 3 {
		t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(len(networks) - 2)}.Quantile(.975)
		half := t * math.Sqrt(h.TauSquared+h.SE*h.SE)
		h.PredictLow, h.PredictHigh = h.Mean-half, h.Mean+half
	}
	return h, nil
}

// estimates are the networks as the pooling takes them.
func estimates(networks []NetworkEffect) []pool.Estimate {
	list := make([]pool.Estimate, len(networks))
	for i, n := range networks {
		list[i] = pool.Estimate{Name: n.Network, Effect: n.Effect, Variance: n.Variance}
	}
	return list
}

// TypicalVariance is the sampling variance s squared with which I squared is tau squared /
// (tau squared + s squared).
func (h *Heterogeneity) TypicalVariance() float64 { return pool.TypicalVariance(estimates(h.Networks)) }

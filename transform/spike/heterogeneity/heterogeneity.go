// Package heterogeneity pools one effect measured in many networks and says how much the
// networks differ: whether every provider enforces alike, or each in its own way. It never hides
// a difference in a mean: the spread between networks is printed beside it.
package heterogeneity

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Effect is one network's log effect with its standard error.
type Effect struct {
	Network     string
	Log, StdErr float64
}

// Pooled is the random-effects mean with what differs between the networks.
type Pooled struct {
	Log, StdErr, Low, High float64
	Tau2                   float64 // variance between networks
	I2                     float64 // share of the variation that is not sampling error
	Q, P                   float64 // Cochran's Q and its p against no difference
	Weights                []float64
	Networks               int
}

// ErrFew means that fewer than two networks have an effect with a standard error.
var ErrFew = errors.New("heterogeneity: want at least two networks with a standard error")

// Pool is the estimate of DerSimonian and Laird (Controlled Clinical Trials 7, 1986), with
// I squared after Higgins and Thompson (Statistics in Medicine 21, 2002) and an interval at
// level 1-alpha.
func Pool(effects []Effect, alpha float64) (Pooled, error) {
	var kept []Effect
	for _, e := range effects {
		if e.StdErr > 0 && !math.IsNaN(e.Log) && !math.IsInf(e.StdErr, 0) {
			kept = append(kept, e)
		}
	}
	k := len(kept)
	if k < 2 {
		return Pooled{}, ErrFew
	}
	sum, squares, fixed := 0.0, 0.0, 0.0
	for _, e := range kept {
		w := 1 / (e.StdErr * e.StdErr)
		sum, squares, fixed = sum+w, squares+w*w, fixed+w*e.Log
	}
	fixed /= sum
	p := Pooled{Networks: k}
	for _, e := range kept {
		p.Q += (e.Log - fixed) * (e.Log - fixed) / (e.StdErr * e.StdErr)
	}
	df := float64(k - 1)
	p.Tau2 = math.Max(0, (p.Q-df)/(sum-squares/sum))
	if p.Q > 0 {
		p.I2 = math.Max(0, (p.Q-df)/p.Q)
	}
	p.P = distuv.ChiSquared{K: df}.Survival(p.Q)
	total := 0.0
	for _, e := range kept {
		w := 1 / (e.StdErr*e.StdErr + p.Tau2)
		p.Weights = append(p.Weights, w)
		p.Log += w * e.Log
		total += w
	}
	p.Log /= total
	p.StdErr = 1 / math.Sqrt(total)
	for i := range p.Weights {
		p.Weights[i] /= total
	}
	z := distuv.UnitNormal.Quantile(1 - alpha/2)
	p.Low, p.High = p.Log-z*p.StdErr, p.Log+z*p.StdErr
	return p, nil
}

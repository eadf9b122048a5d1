package blocking

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Dose is how the effect in a network goes with how much that network enforces.
type Dose struct {
	Networks  int
	Slope     float64 // log effect of a network that enforces fully, over one that does not
	Low, High float64 // its 95 % interval
	P         float64 // two-sided, of no slope
}

// leastDose is the number of networks that a slope needs: three leave one degree of freedom,
// whose interval says nothing.
const leastDose = 4

// ErrNoDose says that too few networks, or none that differ, have a degree and an effect.
var ErrNoDose = errors.New("too few networks that enforce differently")

// MeasureDose regresses the networks' effects on their degrees of enforcement (0 to 1; NaN where
// unknown), weighted by the variance within and between networks, with the small-sample interval
// of Knapp and Hartung (Statistics in Medicine 22, 2003).
func MeasureDose(effects []NetworkEffect, degree map[string]float64) (Dose, error) {
	var known []NetworkEffect
	for _, e := range effects {
		if d, ok := degree[e.Network]; ok && !math.IsNaN(d) {
			known = append(known, e)
		}
	}
	if len(known) < leastDose {
		return Dose{}, ErrNoDose
	}
	h, err := MeasureHeterogeneity(known)
	if err != nil {
		return Dose{}, err
	}
	var sum, x, y float64
	for _, e := range known {
		w := 1 / (e.Variance + h.TauSquared)
		sum, x, y = sum+w, x+w*degree[e.Network], y+w*e.Effect
	}
	x, y = x/sum, y/sum
	var xx, xy float64
	for _, e := range known {
		w, d := 1/(e.Variance+h.TauSquared), degree[e.Network]-x
		xx, xy = xx+w*d*d, xy+w*d*(e.Effect-y)
	}
	if xx < 1e-12 {
		return Dose{}, ErrNoDose
	}
	slope, rest := xy/xx, 0.0
	for _, e := range known {
		r := e.Effect - y - slope*(degree[e.Network]-x)
		rest += r * r / (e.Variance + h.TauSquared)
	}
	free := float64(len(known) - 2)
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: free}
	se := math.Sqrt(max(1, rest/free) / xx)
	half := t.Quantile(.975) * se
	return Dose{len(known), slope, slope - half, slope + half, 2 * t.Survival(math.Abs(slope)/se)}, nil
}

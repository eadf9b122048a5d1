package counterfactual

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// DiD is a difference in differences: the change of the treated series less the mean
// change of the controls. Sources: Card and Krueger, AER 84, 1994; the interval is Donald and
// Lang's (REStat 89, 2007) for one treated group: Student's t over the controls' changes.
type DiD struct {
	Effect, StdErr, Low, High, P float64
	Controls                     int
}

// DifferenceInDifferences compares means over the first pre points and the rest. Missing
// points are NaN. With fewer than two controls there is no interval (NaN).
func DifferenceInDifferences(treated []float64, controls [][]float64, pre int, alpha float64) DiD {
	own := change(treated, pre)
	var changes []float64
	for _, c := range controls {
		if d := change(c, pre); !math.IsNaN(d) {
			changes = append(changes, d)
		}
	}
	n := float64(len(changes))
	d := DiD{Effect: math.NaN(), StdErr: math.NaN(), Low: math.NaN(), High: math.NaN(), P: math.NaN(), Controls: len(changes)}
	if n == 0 {
		return d
	}
	m, variance := 0.0, 0.0
	for _, c := range changes {
		m += c / n
	}
	d.Effect = own - m
	if n < 2 {
		return d
	}
	for _, c := range changes {
		variance += (c - m) * (c - m) / (n - 1)
	}
	d.StdErr = math.Sqrt(variance * (1 + 1/n))
	t := distuv.StudentsT{Sigma: 1, Nu: n - 1}
	width := t.Quantile(1-alpha/2) * d.StdErr
	d.Low, d.High = d.Effect-width, d.Effect+width
	d.P = 2 * t.Survival(math.Abs(d.Effect)/d.StdErr)
	return d
}

func change(y []float64, pre int) float64 { return meanOf(y[pre:]) - meanOf(y[:pre]) }

func meanOf(y []float64) float64 {
	sum, n := 0.0, 0.0
	for _, v := range y {
		if !math.IsNaN(v) {
			sum, n = sum+v, n+1
		}
	}
	return sum / n
}

// Package outlier finds single values that do not belong: Rosner's generalised ESD for
// offline scans, and Tor's ratio detector for comparison. Neither says why.
package outlier

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// ESDStep is one step of the test: the most extreme value left, its statistic R and
// the critical value.
type ESDStep struct {
	Index              int
	Value, R, Critical float64
}

// ESD tests for at most most outliers in a roughly normal sample at level alpha. It
// gives the steps, and how many of the first of them are outliers.
// Source: Rosner, Technometrics 25, 1983.
func ESD(x []float64, most int, alpha float64) (steps []ESDStep, outliers int) {
	index := make([]int, len(x))
	rest := append([]float64(nil), x...)
	for i := range index {
		index[i] = i
	}
	n := float64(len(x))
	for i := 1; i <= most && len(rest) > 2; i++ {
		mean, sd := stat.MeanStdDev(rest, nil)
		at := 0
		for j, v := range rest {
			if math.Abs(v-mean) > math.Abs(rest[at]-mean) {
				at = j
			}
		}
		l := float64(i)
		nu := n - l - 1
		t := distuv.StudentsT{Sigma: 1, Nu: nu}.Quantile(1 - alpha/(2*(n-l+1)))
		s := ESDStep{Index: index[at], Value: rest[at], R: math.Abs(rest[at]-mean) / sd,
			Critical: (n - l) * t / math.Sqrt((nu+t*t)*(n-l+1))}
		steps = append(steps, s)
		if s.R > s.Critical {
			outliers = i
		}
		rest = append(rest[:at], rest[at+1:]...)
		index = append(index[:at], index[at+1:]...)
	}
	return steps, outliers
}

package counterfactual

import (
	"errors"
	"math"
)

// SDID is a synthetic difference in differences: units that ran parallel to the treated one, compared over the
// days that predict the days after.
type SDID struct {
	Effect  float64
	Weights []float64 // of the donors: not negative, summing to 1
	Days    []float64 // weights of the points before the event, likewise
}

// SyntheticDiD weights donors and points before the event, each with an intercept, and takes the difference in
// differences of what is left. Source: Arkhangelsky, Athey, Hirshberg, Imbens and Wager, AER 111, 2021,
// algorithm 1, for one treated series. No value may be missing.
func SyntheticDiD(treated []float64, donors [][]float64, pre int) (SDID, error) {
	after := len(treated) - pre
	if len(donors) < 2 || pre < 2 || after < 1 {
		return SDID{}, errors.New("synthetic difference in differences: want two donors, two points before the event and one after")
	}
	noise := firstDifferenceSpread(donors, pre)
	unitRidge := math.Pow(float64(after), .25) * noise * math.Sqrt(float64(pre))
	s := SDID{Weights: ridgeSimplex(treated[:pre], cutTo(donors, pre), unitRidge)}
	days, last := make([][]float64, pre), make([]float64, len(donors))
	for t := range days {
		days[t] = make([]float64, len(donors))
		for j, d := range donors {
			days[t][j] = d[t]
			last[j] = meanOf(d[pre:])
		}
	}
	s.Days = ridgeSimplex(last, days, dayRidge*noise*math.Sqrt(float64(len(donors))))
	s.Effect = s.gap(treated, pre)
	for j, w := range s.Weights {
		s.Effect -= w * s.gap(donors[j], pre)
	}
	return s, nil
}

// dayRidge makes the weights of the points unique where there are more of them than donors.
const dayRidge = 1e-6

// gap is the mean after the event less the weighted mean before.
func (s SDID) gap(y []float64, pre int) float64 {
	g := meanOf(y[pre:])
	for t, w := range s.Days {
		g -= w * y[t]
	}
	return g
}

// firstDifferenceSpread is the standard deviation of the donors' changes from point to point before the event.
func firstDifferenceSpread(donors [][]float64, pre int) float64 {
	var changes []float64
	for _, d := range donors {
		for t := 1; t < pre; t++ {
			changes = append(changes, d[t]-d[t-1])
		}
	}
	centre, sum := meanOf(changes), 0.0
	for _, c := range changes {
		sum += (c - centre) * (c - centre)
	}
	return math.Sqrt(sum / float64(len(changes)-1))
}

// ridgeSimplex minimises |y - a - X w|^2 + ridge^2 |w|^2 over w >= 0, sum w = 1 and any intercept a: centred
// columns, with one row more for each weight.
func ridgeSimplex(y []float64, columns [][]float64, ridge float64) []float64 {
	n := len(y)
	padded := make([][]float64, len(columns))
	for j, c := range columns {
		padded[j] = append(centred(c), make([]float64, len(columns))...)
		padded[j][n+j] = ridge
	}
	return fitSimplex(append(centred(y), make([]float64, len(columns))...), padded, n+len(columns))
}

func centred(y []float64) []float64 {
	m := meanOf(y)
	out := make([]float64, len(y))
	for i, v := range y {
		out[i] = v - m
	}
	return out
}

func cutTo(series [][]float64, n int) [][]float64 {
	out := make([][]float64, len(series))
	for i, s := range series {
		out[i] = s[:n]
	}
	return out
}

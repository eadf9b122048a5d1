package spike

import (
	"math"
	"testing"
)

// benjamini are the 15 p-values of Benjamini and Hochberg (1995), section 4.1.
var benjamini = []float64{.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590, 1}

func TestMultipleTests(t *testing.T) {
	for name, c := range map[string]struct {
		adjust func([]float64) []float64
		want   int
	}{"Benjamini-Hochberg": {BenjaminiHochberg, 4}, "Bonferroni": {Bonferroni, 3}, "Hochberg": {Hochberg, 3}, "Benjamini-Yekutieli": {BenjaminiYekutieli, 3}} {
		n := 0
		for _, q := range c.adjust(benjamini) {
			if q <= .05 {
				n++
			}
		}
		if n != c.want {
			t.Errorf("%s rejects %d, want %d", name, n, c.want)
		}
	}
	q := BenjaminiHochberg([]float64{math.NaN(), .0095, 1, .0004, .0001, .0019, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590})
	if math.Abs(q[1]-.035625) > 1e-12 || !math.IsNaN(q[0]) {
		t.Errorf("q of the fourth is %.6f, want .035625; of no test %g", q[1], q[0])
	}
}

// BenjaminiYekutieli is the same under any dependence: times the harmonic sum.
// Source: Benjamini and Yekutieli, Annals of Statistics 29, 2001.
func BenjaminiYekutieli(ps []float64) []float64 {
	sum, m := 0.0, 0
	for _, p := range ps {
		if !math.IsNaN(p) {
			m++
			sum += 1 / float64(m)
		}
	}
	return stepUp(ps, sum)
}

// Hochberg gives the adjusted p-values of the step-up procedure that bounds the
// familywise error. Source: Hochberg, Biometrika 75, 1988.
func Hochberg(ps []float64) []float64 {
	order := ascending(ps)
	out := nans(len(ps))
	least := 1.0
	for rank := len(order); rank >= 1; rank-- {
		i := order[rank-1]
		least = math.Min(least, ps[i]*float64(len(order)-rank+1))
		out[i] = least
	}
	return out
}

// Bonferroni multiplies by the number of tests.
func Bonferroni(ps []float64) []float64 {
	m := float64(len(ascending(ps)))
	out := nans(len(ps))
	for i, p := range ps {
		if !math.IsNaN(p) {
			out[i] = math.Min(1, p*m)
		}
	}
	return out
}

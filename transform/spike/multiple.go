package spike

import (
	"math"
	"slices"
)

// BenjaminiHochberg gives the adjusted p-values (q-values) of ps, in their order; a
// hypothesis with q below the chosen rate is rejected. NaN entries are not tests and
// stay NaN. Source: Benjamini and Hochberg, JRSS B 57, 1995.
func BenjaminiHochberg(ps []float64) []float64 { return stepUp(ps, 1) }

func stepUp(ps []float64, factor float64) []float64 {
	order := ascending(ps)
	m := float64(len(order))
	out := nans(len(ps))
	least := 1.0
	for rank := len(order); rank >= 1; rank-- {
		i := order[rank-1]
		least = math.Min(least, ps[i]*m*factor/float64(rank))
		out[i] = least
	}
	return out
}

// ascending orders the indices of the tests by p.
func ascending(ps []float64) []int {
	var order []int
	for i, p := range ps {
		if !math.IsNaN(p) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case ps[a] < ps[b]:
			return -1
		case ps[a] > ps[b]:
			return 1
		}
		return 0
	})
	return order
}

package changepoint

import (
	"math"
	"slices"
)

// PELT gives the ends of the segments (the last is len(y)) that minimise the sum of
// squares around the segment means plus penalty for each change, with segments of at
// least minSize points. Source: Killick, Fearnhead and Eckley, JASA 107, 2012.
func PELT(y []float64, minSize int, penalty float64) []int {
	n := len(y)
	if n == 0 || minSize < 1 {
		return nil
	}
	sum, square := prefix(y)
	cost := func(s, t int) float64 {
		d := sum[t] - sum[s]
		return square[t] - square[s] - d*d/float64(t-s)
	}
	best := make([]float64, n+1)
	from := make([]int, n+1)
	for t := range best {
		best[t] = math.Inf(1)
	}
	best[0] = -penalty
	candidates := []int{}
	for t := minSize; t <= n; t++ {
		candidates = append(candidates, t-minSize)
		total := make([]float64, len(candidates))
		for i, s := range candidates {
			total[i] = best[s] + cost(s, t)
			if total[i]+penalty < best[t] {
				best[t], from[t] = total[i]+penalty, s
			}
		}
		kept := candidates[:0]
		for i, s := range candidates {
			if total[i] <= best[t] {
				kept = append(kept, s)
			}
		}
		candidates = kept
	}
	if math.IsInf(best[n], 1) {
		return []int{n} // shorter than one segment
	}
	var ends []int
	for t := n; t > 0; t = from[t] {
		ends = append(ends, t)
	}
	slices.Reverse(ends)
	return ends
}

// Penalty is 2 sigma^2 log n for daily series, with sigma^2 from the differences (half of
// their squared robust spread) and inflated by the long-run variance (1+phi)/(1-phi) of an
// AR(1): without it, autocorrelated series break into pieces everywhere.
func Penalty(y []float64) float64 {
	n := len(y)
	if n < 3 {
		return math.Inf(1)
	}
	differences := make([]float64, n-1)
	for i := range differences {
		differences[i] = y[i+1] - y[i]
	}
	spread := 1.4826 * mad(differences)
	phi := math.Min(.95, math.Max(0, autocorrelation(y)))
	// var(diff) of an AR(1) is 2 sigma^2 (1-phi); undo that before inflating.
	variance := spread * spread / (2 * (1 - phi))
	return 2 * variance * math.Log(float64(n)) * (1 + phi) / (1 - phi)
}

// autocorrelation at lag 1, around the median and with clipped outliers.
func autocorrelation(y []float64) float64 {
	m, s := median(slices.Clone(y)), 1.4826*mad(slices.Clone(y))
	clip := func(v float64) float64 { return math.Max(-3*s, math.Min(3*s, v-m)) }
	num, den := 0.0, 0.0
	for i := range y {
		den += clip(y[i]) * clip(y[i])
		if i > 0 {
			num += clip(y[i]) * clip(y[i-1])
		}
	}
	if den == 0 {
		return 0
	}
	return num / den
}

func prefix(y []float64) (sum, square []float64) {
	sum, square = make([]float64, len(y)+1), make([]float64, len(y)+1)
	for i, v := range y {
		sum[i+1], square[i+1] = sum[i]+v, square[i]+v*v
	}
	return sum, square
}

func median(x []float64) float64 {
	slices.Sort(x)
	n := len(x)
	return (x[n/2] + x[(n-1)/2]) / 2
}

func mad(x []float64) float64 {
	m := median(x)
	for i := range x {
		x[i] = math.Abs(x[i] - m)
	}
	return median(x)
}

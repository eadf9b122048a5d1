package spike

import (
	"math"
	"slices"
)

// madToSigma makes the median absolute deviation an estimate of a normal standard
// deviation: 1/Phi^-1(3/4).
const madToSigma = 1.4826

// median of the values that are not NaN, NaN of none. It sorts xs in place.
func median(xs []float64) float64 {
	xs = dropNaN(xs)
	if len(xs) == 0 {
		return math.NaN()
	}
	slices.Sort(xs)
	h := len(xs) / 2
	if len(xs)%2 == 1 {
		return xs[h]
	}
	return (xs[h-1] + xs[h]) / 2
}

// mad is madToSigma times the median distance from the median. It overwrites xs.
func mad(xs []float64) float64 {
	xs = dropNaN(xs)
	m := median(xs)
	for i, x := range xs {
		xs[i] = math.Abs(x - m)
	}
	return madToSigma * median(xs)
}

// dropNaN keeps the numbers of xs, in place.
func dropNaN(xs []float64) []float64 {
	return slices.DeleteFunc(xs, math.IsNaN)
}

// mean of the values that are not NaN, and how many they were.
func mean(xs []float64) (float64, int) {
	sum, n := 0.0, 0
	for _, x := range xs {
		if !math.IsNaN(x) {
			sum += x
			n++
		}
	}
	if n == 0 {
		return math.NaN(), 0
	}
	return sum / float64(n), n
}

// quantile of sorted xs by linear interpolation (type 7 of Hyndman and Fan, The
// American Statistician 50, 1996, the default of R and numpy).
func quantile(sorted []float64, p float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	h := p * float64(len(sorted)-1)
	low := int(math.Floor(h))
	if low+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[low] + (h-float64(low))*(sorted[low+1]-sorted[low])
}

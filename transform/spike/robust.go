package spike

import (
	"math"
	"slices"
)

// madToSigma makes the median absolute deviation an estimate of a normal standard
// deviation: 1/Phi^-1(3/4).
const madToSigma = 1.4826

// median of the values that are not NaN, NaN of none. It reorders xs.
func median(xs []float64) float64 {
	xs = dropNaN(xs)
	if len(xs) == 0 {
		return math.NaN()
	}
	h := len(xs) / 2
	arrange(xs, h)
	if len(xs)%2 == 1 {
		return xs[h]
	}
	return (slices.Max(xs[:h]) + xs[h]) / 2
}

// arrange reorders xs, which holds no NaN, so that xs[k] is what sorting would put there, nothing before it is greater and
// nothing after it less. Medians of windows are most of an analysis, and need no more. Source: Hoare, Algorithm 65, FIND,
// Communications of the ACM 4, 1961.
func arrange(xs []float64, k int) {
	for low, high := 0, len(xs)-1; low < high; {
		pivot, i, j := xs[k], low, high
		for i <= j {
			for xs[i] < pivot {
				i++
			}
			for pivot < xs[j] {
				j--
			}
			if i <= j {
				xs[i], xs[j] = xs[j], xs[i]
				i, j = i+1, j-1
			}
		}
		if j < k {
			low = i
		}
		if k < i {
			high = j
		}
	}
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

// quantileOf is [quantile] of xs in any order, without NaN. It reorders xs.
func quantileOf(xs []float64, p float64) float64 {
	low := int(p * float64(len(xs)-1))
	arrange(xs, low)
	if low+1 < len(xs) {
		arrange(xs[low+1:], 0)
	}
	return quantile(xs, p)
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

package spike

import "math"

// coverageDays is the window of the median that a day's coverage is compared with.
const coverageDays = 28

// maskCoverage marks the days whose coverage is below low or above high times the
// median coverage of the 28 days before. A day on which half of the sensors reported
// looks like a halving of users, whatever the estimator divides by.
func maskCoverage(coverage []float64, low, high float64) []bool {
	masked := make([]bool, len(coverage))
	window := make([]float64, 0, coverageDays)
	for t, c := range coverage {
		window = append(window[:0], coverage[max(0, t-coverageDays):t]...)
		m := median(window)
		if math.IsNaN(c) || math.IsNaN(m) || m <= 0 {
			continue
		}
		masked[t] = c < low*m || c > high*m
	}
	return masked
}

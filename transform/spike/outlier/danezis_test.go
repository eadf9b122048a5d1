package outlier

import (
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// Danezis's detector compares each country's ratio to a week ago with that of the
// largest countries. Source: Danezis, "An anomaly-based censorship-detection system for
// Tor", Tor Tech Report 2011-09-001; known to raise many false alarms. For comparison only.
const (
	danezisLargest  = 50
	danezisMinimum  = 8
	danezisSpread   = 4 // interquartile ranges from the median that a ratio may be away
	danezisTailArea = 1e-4
)

// ErrFewRatios means that fewer than 8 countries have a usable ratio on the day.
var ErrFewRatios = errors.New("danezis: fewer than 8 usable ratios")

// DanezisTrend is the normal distribution of the day's ratios: mean and population
// standard deviation, without outliers. ratios are those of the largest countries.
func DanezisTrend(ratios []float64) (mean, sd float64, err error) {
	sorted := slices.Clone(ratios)
	slices.Sort(sorted)
	if len(sorted) < danezisMinimum {
		return 0, 0, ErrFewRatios
	}
	middle := quantile(sorted, .5)
	width := quantile(sorted, .75) - quantile(sorted, .25)
	var kept []float64
	for _, r := range sorted {
		if math.Abs(r-middle) < danezisSpread*width || width == 0 && r == middle {
			kept = append(kept, r)
		}
	}
	if len(kept) < danezisMinimum {
		return 0, 0, ErrFewRatios
	}
	for _, r := range kept {
		mean += r / float64(len(kept))
	}
	for _, r := range kept {
		sd += (r - mean) * (r - mean) / float64(len(kept))
	}
	return mean, math.Sqrt(sd), nil
}

// DanezisRange is the range in which today's users are expected, given those of a week ago.
func DanezisRange(weekAgo, mean, sd float64) (low, high float64) {
	normal := distuv.Normal{Mu: mean, Sigma: sd}
	if sd == 0 {
		low, high = mean, mean
	} else {
		low, high = normal.Quantile(danezisTailArea), normal.Quantile(1-danezisTailArea)
	}
	low = math.Max(0, math.Floor(low*poissonQuantile(danezisTailArea, weekAgo)))
	high = math.Trunc(high * poissonQuantile(1-danezisTailArea, weekAgo))
	return low, high
}

// Danezis marks, for each row of users by day (NaN where missing), the days below (-1) and
// above (+1) the range. Rows are countries.
func Danezis(users [][]float64) [][]int {
	marks := make([][]int, len(users))
	for i := range users {
		marks[i] = make([]int, len(users[i]))
	}
	largest := largestRows(users)
	for t := 7; len(users) > 0 && t < len(users[0]); t++ {
		var ratios []float64
		for _, i := range largest {
			if r := users[i][t] / users[i][t-7]; !math.IsNaN(r) && !math.IsInf(r, 0) {
				ratios = append(ratios, r)
			}
		}
		mean, sd, err := DanezisTrend(ratios)
		if err != nil {
			continue
		}
		for i := range users {
			if math.IsNaN(users[i][t]) || math.IsNaN(users[i][t-7]) {
				continue
			}
			low, high := DanezisRange(users[i][t-7], mean, sd)
			switch {
			case users[i][t] < low:
				marks[i][t] = -1
			case users[i][t] > high:
				marks[i][t] = 1
			}
		}
	}
	return marks
}

// largestRows lists the rows with most users on the last day.
func largestRows(users [][]float64) []int {
	order := make([]int, len(users))
	for i := range order {
		order[i] = i
	}
	last := func(i int) float64 {
		if n := len(users[i]); n > 0 && !math.IsNaN(users[i][n-1]) {
			return users[i][n-1]
		}
		return 0
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case last(a) > last(b):
			return -1
		case last(a) < last(b):
			return 1
		}
		return 0
	})
	return order[:min(danezisLargest, len(order))]
}

// poissonQuantile is the least k with P(X <= k) >= p.
func poissonQuantile(p, lambda float64) float64 {
	if lambda <= 0 {
		return 0
	}
	cdf := func(k float64) float64 { return mathext.GammaIncRegComp(k+1, lambda) }
	low, high := -1.0, math.Ceil(lambda+20*math.Sqrt(lambda)+20)
	for high-low > 1 {
		middle := math.Floor((low + high) / 2)
		if cdf(middle) >= p {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}

// quantile of sorted values by linear interpolation.
func quantile(sorted []float64, p float64) float64 {
	h := p * float64(len(sorted)-1)
	i := int(h)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (h-float64(i))*(sorted[i+1]-sorted[i])
}

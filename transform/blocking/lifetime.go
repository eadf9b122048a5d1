package blocking

import (
	"cmp"
	"math"
	"slices"
)

// Lifetime is how long something was under observation: from Entry (its age when it was
// first seen, above 0 where it was there before, in days) to Exit; Ended is false where it
// outlived the observation.
type Lifetime struct {
	Entry, Exit float64
	Ended       bool
}

// Step is the estimated share that lives longer than Age, with its 95 % interval.
type Step struct {
	Age           float64
	AtRisk, Ended int
	Share         float64
	Low, High     float64
}

// KaplanMeier estimates survival with left truncation and right censoring (Kaplan and
// Meier 1958), one step for each age at which something ended. The interval is Greenwood's
// on the log-minus-log scale, which stays within 0 and 1.
func KaplanMeier(lifetimes []Lifetime) []Step {
	var ends []float64
	for _, l := range lifetimes {
		if l.Ended && l.Exit > l.Entry {
			ends = append(ends, l.Exit)
		}
	}
	slices.Sort(ends)
	share, greenwood := 1.0, 0.0
	var steps []Step
	for _, age := range slices.Compact(ends) {
		s := Step{Age: age}
		for _, l := range lifetimes {
			if l.Entry < age && age <= l.Exit {
				s.AtRisk++
				if l.Ended && l.Exit == age {
					s.Ended++
				}
			}
		}
		d, n := float64(s.Ended), float64(s.AtRisk)
		share *= 1 - d/n
		s.Share, s.Low, s.High = share, 0, 0
		if share > 0 {
			greenwood += d / (n * (n - d))
			spread := z95 * math.Sqrt(greenwood) / math.Abs(math.Log(share))
			s.Low, s.High = math.Pow(share, math.Exp(spread)), math.Pow(share, math.Exp(-spread))
		}
		steps = append(steps, s)
	}
	return steps
}

// Median is the first age at which half or less survives; NaN where that is not reached.
func Median(steps []Step) float64 {
	for _, s := range steps {
		if s.Share <= .5 {
			return s.Age
		}
	}
	return math.NaN()
}

// MedianInterval is the 95 % interval of the median: the ages at which the interval of the
// curve covers one half (Brookmeyer and Crowley 1982); NaN where it is open.
func MedianInterval(steps []Step) (low, high float64) {
	low, high = math.NaN(), math.NaN()
	for _, s := range steps {
		if math.IsNaN(low) && s.Low <= .5 {
			low = s.Age
		}
		if math.IsNaN(high) && s.High <= .5 {
			high = s.Age
		}
	}
	return low, high
}

// Lag is how many days passed from when an endpoint was first seen to when it was blocked;
// Blocked is false where it never was while it was watched.
type Lag struct {
	Days    float64
	Blocked bool
}

// TimeToBlock estimates the days from first seen to blocked: endpoints that were never
// blocked count until they were last watched, instead of being left out.
func TimeToBlock(lags []Lag) []Step {
	lifetimes := make([]Lifetime, len(lags))
	for i, l := range lags {
		// Ages count from the end of the first day: the day itself is day 1.
		lifetimes[i] = Lifetime{Exit: l.Days + 1, Ended: l.Blocked}
	}
	steps := KaplanMeier(lifetimes)
	for i := range steps {
		steps[i].Age--
	}
	slices.SortFunc(steps, func(a, b Step) int { return cmp.Compare(a.Age, b.Age) })
	return steps
}

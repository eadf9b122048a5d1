package spike

import (
	"math"
	"time"
)

// Series is one daily series of one country. Days are contiguous; a missing day is
// NaN, which is not the same as zero.
type Series struct {
	// Name says what is counted ("tor-bridge-users"); series of one name are each other's controls.
	Name string
	// Country is the lower-case ISO 3166-1 code; empty for the world total, which is never tested.
	Country string
	// Start is the UTC day of Values[0].
	Start time.Time
	// Values holds users (or another count) a day.
	Values []float64
	// Coverage is the share of sensors that reported, by day, in any unit; nil where unknown.
	// Values are already divided by it where that is the source's method: it only masks days.
	Coverage []float64
	// Denominator is the population that Values is measured against, by day; nil where unknown.
	Denominator []float64
	// Hours are the same by the hour; nil where they are not known. The daily test does not look at them.
	Hours *Hours
}

// Day gives the UTC midnight that t falls on.
func Day(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// days counts whole days from a to b, both UTC midnights.
func days(a, b time.Time) int { return int(b.Sub(a).Hours() / 24) }

// logRate is the outcome that every test works on: log(x/denominator). A zero becomes
// log((x+1/2)/(d+1)), so that it stays a number; a missing value stays missing.
func logRate(x, denominator float64) float64 {
	if math.IsNaN(x) || math.IsNaN(denominator) || x < 0 || denominator <= 0 {
		return math.NaN()
	}
	if x == 0 {
		if denominator == 1 {
			return math.Log(.5)
		}
		return math.Log(.5 / (denominator + 1))
	}
	return math.Log(x / denominator)
}

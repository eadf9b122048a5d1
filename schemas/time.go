package schemas

// Lengths of the hours and UTC days that rows are counted by, in milliseconds.
const (
	HourMS = 3_600_000
	DayMS  = 24 * HourMS
)

// Hour gives the number of whole hours from 1970 to a time in ms UTC.
func Hour(ms int64) int64 { return floorDiv(ms, HourMS) }

// Day gives the number of whole UTC days from 1970 to a time in ms.
func Day(ms int64) int64 { return floorDiv(ms, DayMS) }

// floorDiv divides rounding down, so that times before 1970 fall into their own day.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

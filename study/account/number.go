package account

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// Number is a measured value that may be unknown: NaN and the infinities are
// unknown, drawn as a gap, printed as a Dash and null in JSON. It is never zero.
type Number float64

// Unknown is the value of what was not measured.
func Unknown() Number { return Number(math.NaN()) }

// Known says whether there is a value.
func (n Number) Known() bool { return !math.IsNaN(float64(n)) && !math.IsInf(float64(n), 0) }

// MarshalJSON gives null for an unknown value, which JSON has no number for.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.Known() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON reads null as unknown.
func (n *Number) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*n = Unknown()
		return nil
	}
	return json.Unmarshal(text, (*float64)(n))
}

// Interval is a two-sided interval; Level is its coverage, 0.95 for 95 %.
type Interval struct {
	Low   Number  `json:"low"`
	High  Number  `json:"high"`
	Level float64 `json:"level"`
}

// NoInterval is the interval of what has none.
func NoInterval() Interval { return Interval{Low: Unknown(), High: Unknown()} }

func (i Interval) Known() bool { return i.Low.Known() && i.High.Known() }

// Quantity is one figure with its interval; Signed shows a plus before a gain.
type Quantity struct {
	Label    string   `json:"label"`
	Value    Number   `json:"value"`
	Interval Interval `json:"interval"`
	Unit     string   `json:"unit"`
	Signed   bool     `json:"signed"`
}

// Marks of SI typography: they never break over a line.
const (
	thinSpace  = "\u202f" // between groups of three digits
	hardSpace  = "\u00a0" // between a number and its unit
	minusSign  = "\u2212"
	Dash       = "\u2013"
	groupAbove = 10_000 // four digits stay together, as ISO 80000 allows
)

// decimals is how many decimals a value of this size deserves: three significant
// digits, none from a hundred upwards.
func decimals(size float64) int {
	size = math.Abs(size)
	switch {
	case size == 0 || size >= 100 || math.IsNaN(size):
		return 0
	case size >= 10:
		return 1
	case size >= 1:
		return 2
	default:
		return 3
	}
}

// formatFixed prints n with a fixed number of decimals and grouped thousands.
func formatFixed(n Number, places int) string {
	if !n.Known() {
		return Dash
	}
	text := strconv.FormatFloat(math.Abs(float64(n)), 'f', places, 64)
	whole, fraction, _ := strings.Cut(text, ".")
	var b strings.Builder
	if n < 0 && strings.Trim(text, "0.") != "" {
		b.WriteString(minusSign)
	}
	b.WriteString(group(whole))
	if fraction != "" {
		b.WriteByte('.')
		b.WriteString(fraction)
	}
	return b.String()
}

// FormatNumber prints n with sensible precision; whole numbers stay whole.
func FormatNumber(n Number) string {
	if whole(n) {
		return formatFixed(n, 0)
	}
	return formatFixed(n, decimals(float64(n)))
}

func whole(n Number) bool { return float64(n) == math.Trunc(float64(n)) }

func group(digits string) string {
	if len(digits) < len(strconv.Itoa(groupAbove)) {
		return digits
	}
	first := len(digits) % 3
	parts := make([]string, 0, len(digits)/3+1)
	if first > 0 {
		parts = append(parts, digits[:first])
	}
	for i := first; i < len(digits); i += 3 {
		parts = append(parts, digits[i:i+3])
	}
	return strings.Join(parts, thinSpace)
}

// places is the one precision of a value and its interval: what the interval's width
// still resolves, so that a figure never looks surer than it is.
func (q Quantity) places() int {
	if !q.Value.Known() {
		return 0
	}
	if whole(q.Value) && (!q.Interval.Known() || whole(q.Interval.Low) && whole(q.Interval.High)) {
		return 0
	}
	size := math.Abs(float64(q.Value))
	if q.Unit == "%" && size >= 10 {
		return 0
	}
	if q.Interval.Known() {
		return max(decimals(float64(q.Interval.High-q.Interval.Low))-1, 0)
	}
	return max(decimals(size)-1, 0)
}

func (q Quantity) Print(n Number) string {
	text := formatFixed(n, q.places())
	if q.Signed && n.Known() && n > 0 {
		return "+" + text
	}
	return text
}

func (q Quantity) withUnit(text string) string {
	if q.Unit == "" {
		return text
	}
	if strings.TrimLeft(text, "+"+minusSign) == "1" {
		return text + hardSpace + singular(q.Unit)
	}
	return text + hardSpace + q.Unit
}

// singular is the word for one of a unit: "day" of "days", "address" of "addresses", "prefix" of "prefixes".
func singular(unit string) string {
	for _, es := range []string{"sses", "xes"} {
		if strings.HasSuffix(unit, es) {
			return strings.TrimSuffix(unit, "es")
		}
	}
	return strings.TrimSuffix(unit, "s")
}

// CountOf prints a number of things: "1 day", "7 days".
func CountOf(n int, things string) string {
	return Quantity{Value: Number(n), Interval: NoInterval(), Unit: things}.String()
}

// String prints the figure with its unit: "+27 %".
func (q Quantity) String() string {
	if !q.Value.Known() {
		return "not known"
	}
	return q.withUnit(q.Print(q.Value))
}

// IntervalString prints the interval in the figure's precision: "95 % interval 19 to
// 36"; empty where there is none, and of a count without sampling error.
func (q Quantity) IntervalString() string {
	if !q.Interval.Known() || q.Interval.Level == 1 {
		return ""
	}
	return FormatNumber(Number(100*q.Interval.Level)) + hardSpace + "% interval " +
		q.Print(q.Interval.Low) + " to " + q.Print(q.Interval.High)
}

// FormatP prints a probability with two significant digits.
func FormatP(p Number) string {
	switch {
	case !p.Known():
		return Dash
	case p == 0:
		return "0"
	case p < 0.0001:
		return "< 0.0001"
	}
	places := 2
	for size := float64(p); size < 0.1 && places < 5; size *= 10 {
		places++
	}
	return strconv.FormatFloat(float64(p), 'f', places, 64)
}

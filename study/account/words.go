package account

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const proseDay = "2\u00a0January\u00a02006"

// figure is the effect as it is printed everywhere in the report.
func (h Headline) Figure() Quantity {
	return Quantity{Value: h.EffectPct, Interval: h.Interval, Unit: "%", Signed: true}
}

// Sentence says what was found, in one sentence.
func (h Headline) Sentence() string {
	where := h.Measure + " in " + h.Place
	if !h.EffectPct.Known() {
		return "It cannot be said whether " + where + " changed in " + h.window() + "."
	}
	if h.Direction != Up && h.Direction != Down {
		return fmt.Sprintf("%s showed no clear change in %s: %s (%s).",
			where, h.window(), h.Figure(), h.Figure().IntervalString())
	}
	verb, size := "rose", h.Figure()
	if h.Direction == Down {
		verb = "fell"
		size.Value, size.Interval.Low, size.Interval.High = -size.Value, -size.Interval.High, -size.Interval.Low
	}
	size.Signed = false
	sentence := fmt.Sprintf("%s %s by %s", where, verb, size)
	if interval := size.IntervalString(); interval != "" {
		sentence += " (" + interval + ")"
	}
	return sentence + " in " + h.window() + "."
}

// window names the days of the effect: "the week from 16 April 2018".
func (h Headline) window() string {
	days := int(h.To.Sub(h.From)/(24*time.Hour)) + 1
	switch days {
	case 1:
		return "the day of " + h.From.Format(proseDay)
	case 7:
		return "the week from " + h.From.Format(proseDay)
	default:
		return fmt.Sprintf("the %s from %s", CountOf(days, "days"), h.From.Format(proseDay))
	}
}

// Words names the grade.
func (g Grade) Words() string {
	switch g {
	case Supported:
		return "Supported"
	case Ambiguous:
		return "Ambiguous"
	case NotSupported:
		return "Not supported"
	case Insufficient:
		return "Insufficient data"
	}
	return string(g)
}

// Meaning explains the grade to a reader who has not seen one before.
func (g Grade) Meaning() string {
	switch g {
	case Supported:
		return "the change is there, it is larger than by chance, and the controls did not share it"
	case Ambiguous:
		return "something changed, but more than one cause fits"
	case NotSupported:
		return "the data do not show a change that goes with this event"
	case Insufficient:
		return "there is too little data to say"
	}
	return ""
}

// Sentence says what the rank means, in one sentence.
func (r Rank) Sentence(things string) string {
	if r.N == 0 || !r.P.Known() {
		return "This comparison could not be made: there are too few " + things + "."
	}
	asLarge := int(math.Round(float64(r.P)*float64(r.N+1))) - 1
	var b strings.Builder
	if asLarge <= 0 {
		fmt.Fprintf(&b, "The largest of %s %s", formatFixed(Number(r.N), 0), things)
	} else {
		fmt.Fprintf(&b, "%s of %s %s show a change as large",
			formatFixed(Number(asLarge), 0), formatFixed(Number(r.N), 0), things)
	}
	fmt.Fprintf(&b, " (p%s=%s%s; the smallest possible is %s)", hardSpace, hardSpace, FormatP(r.P), FormatP(r.Floor))
	if r.Effective > 0 && r.Effective < r.N {
		fmt.Fprintf(&b, "; their windows overlap, so they count as about %d independent ones", r.Effective)
	}
	return b.String() + "."
}

// UpperFirst makes a phrase the beginning of a sentence.
func UpperFirst(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 || first == utf8.RuneError {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

// Sentence makes a clause a sentence.
func Sentence(clause string) string { return UpperFirst(clause) + "." }

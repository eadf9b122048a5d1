package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"github.com/banshift/banshift/study/account"
)

// Sizes of the drawing of a forest.
const (
	forestRow   = 26.0
	forestLeft  = 330.0
	forestRight = 90.0
	forestTop   = 8.0
	forestFoot  = 30.0
)

// forestTicks are the changes, in percent, at which an axis of ratios is marked; nothing is drawn outside the outer ones.
var forestTicks = []float64{-95, -75, -50, 0, 100, 300, 900, 3000}

// forest draws effects in percent with their intervals, on an axis on which twice and half are equally far from no change.
// What reaches over the edge of the axis is drawn up to it. It reads without a script.
func forest(f account.Forest) template.HTML {
	var b strings.Builder
	height := forestTop + forestRow*float64(len(f.Rows)) + forestFoot
	fmt.Fprintf(&b, `<svg class="drawing" viewBox="0 0 %g %g" role="img" aria-label="%s">`, drawingWidth, height, template.HTMLEscapeString(f.Label))
	text := func(class, anchor string, x, y float64, words string) {
		fmt.Fprintf(&b, `<text class="%s" text-anchor="%s" x="%.1f" y="%.1f">%s</text>`, class, anchor, x, y, template.HTMLEscapeString(words))
	}
	foot := height - forestFoot
	for _, tick := range forestTicks {
		fmt.Fprintf(&b, `<path class="rule" d="M%.1f %gV%.1f"/>`, forestX(tick), forestTop, foot)
		text("tick-x", "middle", forestX(tick), foot+18, account.FormatNumeric(account.Percent, account.Number(tick)))
	}
	for i, row := range f.Rows {
		y := forestTop + forestRow*(float64(i)+.5)
		text("unit", "start", 0, y+4, row.Label)
		text("unit", "end", drawingWidth, y+4, row.Note)
		if row.Interval.Known() {
			fmt.Fprintf(&b, `<path class="line line-observed" d="M%.1f %.1fH%.1f"/>`, forestX(float64(row.Interval.Low)), y, forestX(float64(row.Interval.High)))
		}
		if row.Value.Known() {
			radius := 4
			if row.Summary {
				radius = 6
			}
			fmt.Fprintf(&b, `<circle class="dot dot-observed" cx="%.1f" cy="%.1f" r="%d"/>`, forestX(float64(row.Value)), y, radius)
		}
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) //nolint:gosec // every text in it is escaped
}

// forestX is where a change in percent stands.
func forestX(percent float64) float64 {
	low, high := forestTicks[0], forestTicks[len(forestTicks)-1]
	at := func(p float64) float64 { return math.Log1p(min(max(p, low), high) / 100) }
	return forestLeft + (at(percent)-at(low))/(at(high)-at(low))*(drawingWidth-forestLeft-forestRight)
}

package report

import (
	"math"
	"strings"
	"testing"

	"github.com/banshift/banshift/study/account"
)

// Twice and half are equally far from no change, and nothing lies outside the picture.
func TestForestAxis(t *testing.T) {
	none := forestX(0)
	if up, down := forestX(100)-none, none-forestX(-50); math.Abs(up-down) > 1e-9 {
		t.Errorf("twice is %g from no change, half %g", up, down)
	}
	for _, percent := range []float64{-100, -99.9, 1e9} {
		if x := forestX(percent); x < forestLeft-1e-9 || x > drawingWidth-forestRight+1e-9 {
			t.Errorf("%g %% stands at %g", percent, x)
		}
	}
}

// An effect without an interval has no line, an unknown one no dot, and texts stay texts.
func TestForestDrawsWhatIsKnown(t *testing.T) {
	svg := string(forest(account.Forest{Label: "x", Rows: []account.ForestRow{
		{Label: "<b>both</b>", Value: 10, Interval: account.Interval{Low: 0, High: 20}},
		{Label: "no interval", Value: 10, Interval: account.NoInterval()},
		{Label: "unknown", Value: account.Unknown(), Interval: account.NoInterval()},
	}}))
	if dots, lines := strings.Count(svg, "<circle"), strings.Count(svg, "line-observed"); dots != 2 || lines != 1 {
		t.Errorf("%d dots, %d lines: %s", dots, lines, svg)
	}
	if strings.Contains(svg, "<b>") {
		t.Error("a label became markup")
	}
}

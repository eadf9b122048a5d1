package report

import (
	"strings"
	"testing"
	"time"

	"github.com/banshift/banshift/study/account"
)

func TestGapsBreakTheDrawnLine(t *testing.T) {
	day := time.Date(2018, 4, 1, 0, 0, 0, 0, time.UTC)
	s := account.TimeSeries{Lines: []account.Line{{Name: "observed", Role: account.Observed}}}
	for i, v := range []account.Number{5, 6, account.Unknown(), account.Unknown(), 7, 8} {
		s.Times = append(s.Times, day.AddDate(0, 0, i))
		s.Lines[0].Values = append(s.Lines[0].Values, v)
	}
	svg := string(drawing(account.Chart{Series: &s}))
	_, path, _ := strings.Cut(svg, `line-observed" d="`)
	path, _, _ = strings.Cut(path, `"`)
	if strings.Count(path, "M") != 2 || strings.Count(path, "L") != 2 {
		t.Errorf("the line is %q, want two strokes of two points", path)
	}
	if strings.Contains(svg, "<circle") {
		t.Error("a day of a stroke is drawn as a lone one")
	}
	for _, lone := range [][]account.Number{{5}, {account.Unknown(), 5, account.Unknown()}, {5, account.Unknown()}, {account.Unknown(), 5}} {
		s.Times, s.Lines[0].Values = s.Times[:len(lone)], lone
		if svg := string(drawing(account.Chart{Series: &s})); strings.Count(svg, `<circle class="dot dot-observed"`) != 1 {
			t.Errorf("%v: a day between gaps is not drawn: %s", lone, svg)
		}
	}
}

// TestLabelsDoNotMeet: whatever is marked, no label touches another, and no line crosses a label.
func TestLabelsDoNotMeet(t *testing.T) {
	day := time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC)
	s := account.TimeSeries{}
	for i := range 120 {
		s.Times = append(s.Times, day.AddDate(0, 0, i))
	}
	for _, days := range [][]int{{71, 74, 86, 96}, {0, 1, 2, 118, 119}, {10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110}} {
		var markers []account.Marker
		for _, d := range days {
			markers = append(markers, account.Marker{At: day.AddDate(0, 0, d), Label: "a service: unblocked", Kind: account.OtherMarker})
		}
		s.Lines, s.Markers = []account.Line{{Name: "observed", Role: account.Observed, Values: make([]account.Number, len(s.Times))}}, markers
		placed := newCanvas(s).placed(markers)
		shown := 0
		for i, one := range placed {
			if one.row == unplaced {
				continue
			}
			shown++
			if from, to := one.box(); from < 0 || to > drawingWidth {
				t.Errorf("%v: %q leaves the picture", days, one.text)
			}
			for _, other := range placed[:i] {
				if other.row != unplaced && !one.clear(other) {
					t.Errorf("%v: %+v meets %+v", days, one, other)
				}
			}
		}
		if shown < 4 {
			t.Errorf("%v: %d labels are shown", days, shown)
		}
		if svg := string(drawing(account.Chart{Series: &s})); strings.Count(svg, `class="marker `) != len(markers) {
			t.Errorf("%v: a line is missing", days)
		}
	}
}

// TestSourcesAreLinks shows sources of the catalogue, which name who says it and when in front of the address.
func TestSourcesAreLinks(t *testing.T) {
	r := small("words")
	r.Event.Sources = []string{"A newspaper, 2018-04-17: https://example.org/a?b=1", "https://example.org/c", "a register", "see http://example.org/ there"}
	page := renderText(t, r)
	for _, want := range []string{`<a href="https://example.org/a?b=1" rel="noreferrer">A newspaper, 2018-04-17</a>`, `<a href="https://example.org/c" rel="noreferrer">https://example.org/c</a>`, `>a register</span>`, `>see http://example.org/ there</span>`,
		`<strong><bdi>words</bdi>: words</strong>, words. words`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s", want)
		}
	}
}

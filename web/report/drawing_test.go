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

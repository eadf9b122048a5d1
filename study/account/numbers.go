package account

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

const isoHour = "2006-01-02 15:04"

// kind names the part that is given.
func (c Chart) Kind() string {
	switch {
	case c.Series != nil && c.Series.Stacked:
		return "stack"
	case c.Series != nil:
		return "series"
	case len(c.Panels) > 0:
		return "panels"
	case c.Histogram != nil:
		return "histogram"
	case c.Forest != nil:
		return "forest"
	case c.Bars != nil:
		return "bars"
	}
	return ""
}

// Numbers is the table behind the chart: every value that is drawn.
func (c Chart) Numbers() *Table {
	var t *Table
	switch {
	case c.Series != nil:
		t = c.Series.numbers()
	case len(c.Panels) > 0:
		t = panelNumbers(c.Panels)
	case c.Histogram != nil:
		t = c.Histogram.numbers()
	case c.Forest != nil:
		t = c.Forest.numbers()
	case c.Bars != nil:
		t = c.Bars.numbers()
	default:
		return nil
	}
	t.Caption = "Numbers behind the chart: " + c.Caption
	return t
}

func (s TimeSeries) timeLabel(t time.Time) string {
	if s.Hourly {
		return t.Format(isoHour)
	}
	return t.Format(ISODay)
}

func (s TimeSeries) timeColumn() Column {
	name := "day"
	if s.Hourly {
		name = "hour"
	}
	return Column{Name: fmt.Sprintf("%s (%s)", name, s.Zone), Format: Text}
}

func (s TimeSeries) numbers() *Table {
	t := &Table{Columns: []Column{s.timeColumn()}}
	for _, line := range s.Lines {
		t.Columns = append(t.Columns, Column{Name: line.Name, Format: Decimal})
	}
	if s.Band != nil {
		t.Columns = append(t.Columns, Column{Name: s.Band.Name + ", low", Format: Decimal},
			Column{Name: s.Band.Name + ", high", Format: Decimal})
	}
	for _, line := range s.Told {
		t.Columns = append(t.Columns, Column{Name: line.Name, Format: Decimal})
	}
	t.Columns = append(t.Columns, Column{Name: "remarks", Format: Text})
	for i, at := range s.Times {
		row := []any{s.timeLabel(at)}
		for _, line := range s.Lines {
			row = append(row, line.Values[i])
		}
		if s.Band != nil {
			row = append(row, s.Band.Low[i], s.Band.High[i])
		}
		for _, line := range s.Told {
			row = append(row, line.Values[i])
		}
		t.Rows = append(t.Rows, append(row, s.remarks(at)))
	}
	return t
}

// remarks names the markers and masks that fall on the step that begins at t.
func (s TimeSeries) remarks(t time.Time) string {
	end := t.AddDate(0, 0, 1)
	if s.Hourly {
		end = t.Add(time.Hour)
	}
	var words []string
	for _, m := range s.Markers {
		if !m.At.Before(t) && m.At.Before(end) {
			words = append(words, m.Label)
		}
	}
	for _, shade := range s.Shades {
		if shade.Kind == MaskedShade && shade.From.Before(end) && t.Before(shade.To) {
			words = append(words, shade.Label)
		}
	}
	return strings.Join(words, "; ")
}

// panelNumbers sets the first line of every panel side by side.
func panelNumbers(panels []Panel) *Table {
	first := panels[0].Series
	t := &Table{Columns: []Column{first.timeColumn()}}
	for _, p := range panels {
		t.Columns = append(t.Columns, Column{Name: p.Title, Format: Decimal})
	}
	for i, at := range first.Times {
		row := []any{first.timeLabel(at)}
		for _, p := range panels {
			row = append(row, p.Series.Lines[0].Values[i])
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (h Histogram) numbers() *Table {
	t := &Table{Columns: []Column{{Name: "from (" + h.Unit + ")", Format: Decimal},
		{Name: "to (" + h.Unit + ")", Format: Decimal}, {Name: h.What, Format: Count}}}
	for _, bin := range h.Bins {
		t.Rows = append(t.Rows, []any{bin.Low, bin.High, bin.Count})
	}
	return t
}

func (f Forest) numbers() *Table {
	t := &Table{Columns: []Column{{Name: "which", Format: Text}, {Name: "value (" + f.Unit + ")", Format: Decimal},
		{Name: "low", Format: Decimal}, {Name: "high", Format: Decimal}, {Name: "remarks", Format: Text}}}
	for _, r := range f.Rows {
		t.Rows = append(t.Rows, []any{r.Label, r.Value, r.Interval.Low, r.Interval.High, r.Note})
	}
	return t
}

func (b Bars) numbers() *Table {
	t := &Table{Columns: []Column{{Name: "which", Format: Text}, {Name: b.Unit, Format: Decimal},
		{Name: "low", Format: Decimal}, {Name: "high", Format: Decimal}}}
	for _, r := range b.Rows {
		t.Rows = append(t.Rows, []any{r.Label, r.Value, r.Interval.Low, r.Interval.High})
	}
	return t
}

// maxBins keeps bars apart at the width of a telephone.
const maxBins = 40

// bins counts values in equal steps of a round width (Freedman and Diaconis 1981:
// twice the interquartile range over the cube root of n).
func Bins(values []Number) []Bin {
	known := make([]float64, 0, len(values))
	for _, v := range values {
		if v.Known() {
			known = append(known, float64(v))
		}
	}
	if len(known) == 0 {
		return nil
	}
	slices.Sort(known)
	low, high := known[0], known[len(known)-1]
	iqr := known[len(known)*3/4] - known[len(known)/4]
	width := RoundUp(max(0.7*2*iqr/math.Cbrt(float64(len(known))), (high-low)/(maxBins-2))) // .7: rounding up widens by up to 2
	if width == 0 {
		width = 1
	}
	start := math.Floor(low / width)
	out := make([]Bin, int(math.Floor(high/width)-start)+1)
	for i := range out {
		out[i] = Bin{Low: (start + float64(i)) * width, High: (start + float64(i) + 1) * width}
	}
	for _, v := range known {
		out[min(int(math.Floor(v/width)-start), len(out)-1)].Count++
	}
	return out
}

// RoundUp gives the next number of the form 1, 2 or 5 times a power of ten.
func RoundUp(x float64) float64 {
	if x <= 0 {
		return 0
	}
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, step := range []float64{1, 2, 5} {
		if x <= step*power {
			return step * power
		}
	}
	return 10 * power
}

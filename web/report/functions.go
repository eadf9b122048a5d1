package report

import (
	"html/template"
	"strconv"
	"strings"
	"time"
)

// functions are the words of the templates.
var functions = template.FuncMap{
	"kind":        Chart.kind,
	"description": description,
	"numbers":     Chart.Numbers,
	"legend":      legend,
	"drawing":     drawing,
	"cells":       cells,
	"figure":      func(h Headline) string { return h.figure().String() },
	"interval":    intervalOf,
	"p":           formatP,
	"percent":     func(n Number) string { return formatNumeric(Percent, n) },
	"bounds":      bounds,
	"sentence":    upperFirst,
	"dash":        func() string { return dash },
	"day":         func(t time.Time) string { return formatTime(t, isoDay) },
	"stamp":       func(t time.Time) string { return formatTime(t.UTC(), "2006-01-02 15:04 UTC") },
}

// parts is how many colours the style sheet has for equals.
const parts = 8

// key is one entry of a legend; Series is empty for what cannot be switched off.
type key struct {
	Name, Class, Series string
}

// legend is the list of keys, where a chart has more than its caption names.
func legend(c Chart) []key {
	keys := keysOf(c)
	if len(keys) == 1 {
		return nil
	}
	if len(c.Panels) > 0 {
		for i := range keys {
			keys[i].Series = "" // one legend stands for many charts
		}
	}
	return keys
}

// keysOf lists what a chart draws, in the order of drawing.
func keysOf(c Chart) []key {
	s := c.Series
	if len(c.Panels) > 0 {
		s = &c.Panels[0].Series
	}
	if s == nil {
		return nil
	}
	var keys []key
	part := 0
	for _, line := range s.Lines {
		class := string(line.Role)
		if line.Role == Part {
			class = "part-" + strconv.Itoa(part%parts+1)
			part++
		}
		if s.Stacked {
			class += " key-area"
		}
		keys = append(keys, key{line.Name, class, line.Name})
	}
	if s.Band != nil {
		keys = append(keys, key{s.Band.Name, "band", s.Band.Name})
	}
	seen := map[ShadeKind]bool{}
	for _, shade := range s.Shades {
		if seen[shade.Kind] {
			continue
		}
		seen[shade.Kind] = true
		name := "days of the effect"
		if shade.Kind == MaskedShade {
			name = "left out: " + shade.Label
		}
		keys = append(keys, key{Name: name, Class: string(shade.Kind)})
	}
	return keys
}

// description is what a screen reader says for the picture.
func description(c Chart) string {
	text := c.Description
	if text == "" {
		text = c.Caption
	}
	if c.Series != nil {
		for _, m := range c.Series.Markers {
			text += " Marked: " + m.At.Format(isoDay) + " " + m.Label + "."
		}
	}
	return text
}

// cell is one printed cell.
type cell struct {
	Text    string
	Numeric bool
}

func cells(t *Table) [][]cell {
	out := make([][]cell, len(t.Rows))
	for i, row := range t.Rows {
		out[i] = make([]cell, len(row))
		for j, value := range row {
			column := t.Columns[min(j, len(t.Columns)-1)]
			out[i][j] = cell{formatCell(column.Format, value), column.Numeric()}
		}
	}
	return out
}

func intervalOf(v any) string {
	switch v := v.(type) {
	case Headline:
		return v.figure().IntervalString()
	case Quantity:
		return v.IntervalString()
	case *Quantity:
		return v.IntervalString()
	}
	return ""
}

// bounds is what stands under an effect in the grid: interval, p, and whether it is the
// registered one; as far as they are known.
func bounds(c SensitivityCell) string {
	q := Quantity{Value: c.EffectPct, Interval: c.Interval, Unit: "%", Signed: true}
	var words []string
	if c.Interval.known() {
		words = append(words, q.number(c.Interval.Low)+" to "+q.number(c.Interval.High))
	}
	if c.P.Known() {
		words = append(words, "p\u00a0=\u00a0"+formatP(c.P))
	}
	if c.Registered {
		words = append(words, "registered")
	}
	return strings.Join(words, ", ")
}

// upperFirst makes a phrase the beginning of a sentence.
func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func formatTime(t time.Time, layout string) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(layout)
}

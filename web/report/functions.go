package report

import (
	"html/template"
	"strconv"
	"strings"

	"github.com/banshift/banshift/study/account"
)

// functions are the words of the templates.
var functions = template.FuncMap{
	"kind":        account.Chart.Kind,
	"description": description,
	"numbers":     account.Chart.Numbers,
	"legend":      legend,
	"drawing":     drawing,
	"cells":       cells,
	"cited":       cited,
	"forest":      forest,
	"figure":      func(h account.Headline) string { return h.Figure().String() },
	"interval":    intervalOf,
	"p":           account.FormatP,
	"percent":     func(n account.Number) string { return account.FormatNumeric(account.Percent, n) },
	"bounds":      bounds,
	"sentence":    account.UpperFirst,
	"dash":        func() string { return account.Dash },
}

// parts is how many colours the style sheet has for equals.
const parts = 8

// key is one entry of a legend; Series is empty for what cannot be switched off.
type key struct {
	Name, Class, Series string
}

// legend is the list of keys, where a chart has more than its caption names.
func legend(c account.Chart) []key {
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
func keysOf(c account.Chart) []key {
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
		if line.Role == account.Part {
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
	seen := map[account.ShadeKind]bool{}
	for _, shade := range s.Shades {
		if seen[shade.Kind] {
			continue
		}
		seen[shade.Kind] = true
		name := "days of the effect"
		if shade.Kind == account.MaskedShade {
			name = "left out: " + shade.Label
		}
		keys = append(keys, key{Name: name, Class: string(shade.Kind)})
	}
	return keys
}

// description is what a screen reader says for the picture.
func description(c account.Chart) string {
	text := c.Description
	if text == "" {
		text = c.Caption
	}
	if c.Series != nil {
		for _, m := range c.Series.Markers {
			text += " Marked: " + m.At.Format(account.ISODay) + " " + m.Label + "."
		}
	}
	return text
}

// citation is a source as it is printed.
type citation struct {
	Words, Address string
}

func cited(source string) citation {
	words, address := account.Cited(source)
	return citation{words, address}
}

// cell is one printed cell.
type cell struct {
	Text    string
	Numeric bool
}

func cells(t *account.Table) [][]cell {
	out := make([][]cell, len(t.Rows))
	for i, row := range t.Rows {
		out[i] = make([]cell, len(row))
		for j, value := range row {
			column := t.Columns[min(j, len(t.Columns)-1)]
			out[i][j] = cell{account.FormatCell(column.Format, value), column.Numeric()}
		}
	}
	return out
}

func intervalOf(v any) string {
	switch v := v.(type) {
	case account.Headline:
		return v.Figure().IntervalString()
	case account.Quantity:
		return v.IntervalString()
	case *account.Quantity:
		return v.IntervalString()
	}
	return ""
}

// bounds is what stands under an effect in the grid: interval, p, and whether it is the
// registered one; as far as they are known.
func bounds(c account.SensitivityCell) string {
	q := account.Quantity{Value: c.EffectPct, Interval: c.Interval, Unit: "%", Signed: true}
	var words []string
	if c.Interval.Known() {
		words = append(words, q.Print(c.Interval.Low)+" to "+q.Print(c.Interval.High))
	}
	if c.P.Known() {
		words = append(words, "p\u00a0=\u00a0"+account.FormatP(c.P))
	}
	if c.Registered {
		words = append(words, "registered")
	}
	return strings.Join(words, ", ")
}

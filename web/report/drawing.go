package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"
	"time"

	"github.com/banshift/banshift/study/account"
)

// Size of the drawing in its own units; the style sheet scales it.
const (
	drawingWidth  = 960.0
	drawingHeight = 360.0
	marginLeft    = 64.0
	marginRight   = 16.0
	marginTop     = 64.0
	marginBottom  = 32.0
)

// drawing is the chart as plain SVG for readers without JavaScript; the script
// replaces it. Only time series are drawn: the others have their table of numbers.
func drawing(c account.Chart) template.HTML {
	if c.Series == nil || len(c.Series.Times) == 0 {
		return ""
	}
	return template.HTML(newCanvas(*c.Series).svg()) //nolint:gosec // every text in it is escaped by canvas.text
}

// canvas maps times and values to the drawing.
type canvas struct {
	s          account.TimeSeries
	begin, end time.Time
	top        float64 // value at the upper edge
	bottom     float64 // value at the lower edge: 0 unless something is negative
	step       float64 // between grid lines
	b          strings.Builder
}

func newCanvas(s account.TimeSeries) *canvas {
	c := &canvas{s: s, begin: s.Times[0], end: s.Times[len(s.Times)-1]}
	if !c.end.After(c.begin) {
		c.end = c.begin.Add(24 * time.Hour)
	}
	highest, lowest := 0.0, 0.0
	sums := make([]float64, len(s.Times))
	for _, line := range s.Lines {
		for i, v := range line.Values {
			if v.Known() {
				sums[i] += float64(v)
				highest, lowest = max(highest, float64(v)), min(lowest, float64(v))
			}
		}
	}
	if s.Stacked {
		for _, sum := range sums {
			highest = max(highest, sum)
		}
	}
	if s.Band != nil {
		for _, v := range s.Band.High {
			if v.Known() {
				highest = max(highest, float64(v))
			}
		}
	}
	c.step = account.RoundUp((highest - lowest) / 5)
	if c.step == 0 {
		c.step = 1
	}
	c.top = c.step * math.Ceil(highest/c.step+1e-9)
	c.bottom = c.step * math.Floor(lowest/c.step)
	return c
}

func (c *canvas) x(t time.Time) float64 {
	share := float64(t.Sub(c.begin)) / float64(c.end.Sub(c.begin))
	return marginLeft + min(max(share, 0), 1)*(drawingWidth-marginLeft-marginRight)
}

func (c *canvas) y(v float64) float64 {
	return drawingHeight - marginBottom - (v-c.bottom)/(c.top-c.bottom)*(drawingHeight-marginTop-marginBottom)
}

func (c *canvas) svg() string {
	fmt.Fprintf(&c.b, `<svg class="drawing" viewBox="0 0 %g %g" aria-hidden="true" focusable="false">`, drawingWidth, drawingHeight)
	c.shades()
	c.axes()
	c.band()
	c.lines()
	c.markers()
	c.b.WriteString("</svg>")
	return c.b.String()
}

func (c *canvas) text(class string, x, y float64, words string) {
	fmt.Fprintf(&c.b, `<text class="%s" x="%.1f" y="%.1f">%s</text>`, class, x, y, template.HTMLEscapeString(words))
}

func (c *canvas) shades() {
	for _, shade := range c.s.Shades {
		from, to := c.x(shade.From), c.x(shade.To)
		fmt.Fprintf(&c.b, `<rect class="shade-%s" x="%.1f" y="%g" width="%.1f" height="%g"/>`,
			template.HTMLEscapeString(string(shade.Kind)), from, marginTop, max(to-from, 1), drawingHeight-marginTop-marginBottom)
	}
}

func (c *canvas) axes() {
	for v := c.bottom; v <= c.top+c.step/2; v += c.step {
		fmt.Fprintf(&c.b, `<path class="rule" d="M%g %.1fH%g"/>`, marginLeft, c.y(v), drawingWidth-marginRight)
		c.text("tick-y", marginLeft-8, c.y(v)+4, account.FormatNumber(account.Number(v)))
	}
	c.text("unit", 0, marginTop-14, c.s.Unit)
	n := len(c.s.Times)
	every := max(n/6, 1)
	for i := 0; i < n; i += every {
		c.text("tick-x", c.x(c.s.Times[i]), drawingHeight-10, c.s.Times[i].Format(account.ISODay))
	}
}

func (c *canvas) band() {
	if c.s.Band == nil {
		return
	}
	for from := 0; from < len(c.s.Times); from++ {
		to := from
		for to < len(c.s.Times) && c.s.Band.Low[to].Known() && c.s.Band.High[to].Known() {
			to++
		}
		if to == from {
			continue
		}
		c.b.WriteString(`<path class="band" d="`)
		for i := from; i < to; i++ {
			c.point(i == from, c.s.Times[i], float64(c.s.Band.High[i]))
		}
		for i := to - 1; i >= from; i-- {
			c.point(false, c.s.Times[i], max(float64(c.s.Band.Low[i]), c.bottom))
		}
		c.b.WriteString(`Z"/>`)
		from = to
	}
}

func (c *canvas) point(first bool, t time.Time, v float64) {
	command := 'L'
	if first {
		command = 'M'
	}
	fmt.Fprintf(&c.b, "%c%.1f %.1f", command, c.x(t), c.y(v))
}

func (c *canvas) lines() {
	below := make([]float64, len(c.s.Times))
	for _, k := range keysOf(account.Chart{Series: &c.s}) {
		if k.Series == "" || c.s.Band != nil && k.Series == c.s.Band.Name {
			continue
		}
		values := c.values(k.Series)
		fmt.Fprintf(&c.b, `<path class="line line-%s" d="`, template.HTMLEscapeString(strings.TrimSuffix(k.Class, " key-area")))
		pen := false
		var alone []string // a day between two gaps has no line: it is a dot
		for i, v := range values {
			if !v.Known() {
				pen = false
				continue
			}
			if c.s.Stacked {
				below[i] += float64(v)
				v = account.Number(below[i])
			}
			c.point(!pen, c.s.Times[i], float64(v))
			if !pen && (i+1 == len(values) || !values[i+1].Known()) {
				alone = append(alone, fmt.Sprintf(`<circle class="%s" cx="%.1f" cy="%.1f" r="3"/>`, template.HTMLEscapeString("dot dot-"+strings.TrimSuffix(k.Class, " key-area")), c.x(c.s.Times[i]), c.y(float64(v))))
			}
			pen = true
		}
		c.b.WriteString(`"/>` + strings.Join(alone, ""))
	}
}

func (c *canvas) values(name string) []account.Number {
	for _, line := range c.s.Lines {
		if line.Name == name {
			return line.Values
		}
	}
	return nil
}

func (c *canvas) markers() {
	for i, m := range c.s.Markers {
		if m.At.Before(c.begin) || m.At.After(c.end) {
			continue
		}
		x, y := c.x(m.At), 14+float64(i%3)*15
		kind := template.HTMLEscapeString(string(m.Kind))
		fmt.Fprintf(&c.b, `<path class="marker marker-%s" d="M%.1f %.1fV%g"/>`, kind, x, y+3, drawingHeight-marginBottom)
		class := "marker-label marker-label-" + kind
		if x > drawingWidth/2 {
			class += " at-end"
		}
		c.text(class, x, y, m.At.Format(account.ISODay)+" "+m.Label)
	}
}

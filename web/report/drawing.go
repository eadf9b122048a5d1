package report

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

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
		x, class := c.x(c.s.Times[i]), "tick-x"
		if x > drawingWidth-marginLeft {
			x, class = drawingWidth, "tick-x at-end" // a date at the edge would be cut
		}
		c.text(class, x, drawingHeight-10, c.s.Times[i].Format(account.ISODay))
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
	var inside []account.Marker
	for _, m := range c.s.Markers {
		if !m.At.Before(c.begin) && !m.At.After(c.end) {
			inside = append(inside, m)
		}
	}
	labels := c.placed(inside)
	for i, m := range inside {
		x, y, l := c.x(m.At), marginTop, labels[i]
		kind := template.HTMLEscapeString(string(m.Kind))
		if l.row != unplaced {
			y = l.y()
			class := "marker-label marker-label-" + kind
			if l.left {
				class += " at-end"
			}
			c.text(class, x, y, l.text)
		}
		fmt.Fprintf(&c.b, `<path class="marker marker-%s" d="M%.1f %.1fV%g"/>`, kind, x, y+3, drawingHeight-marginBottom)
	}
}

// The rows of labels above the plot, the lowest first, and about how wide a letter is.
const (
	labelRows   = 4
	rowHeight   = 15.0
	letterWidth = 7.0
	unitWidth   = 120.0 // of the name of the axis, which stands at the left of the lowest rows
	unplaced    = -1
)

// label is the text at a marker's line.
type label struct {
	text string
	at   float64 // of its line
	row  int     // unplaced where there is no room: the list of the marked days has it
	left bool    // of its line
}

func (l label) y() float64 { return marginTop - 8 - float64(l.row)*rowHeight }

// box is from where to where the text reaches.
func (l label) box() (from, to float64) {
	width := float64(utf8.RuneCountInString(l.text)) * letterWidth
	if l.left {
		return l.at - width, l.at
	}
	return l.at, l.at + width
}

// clear says whether two labels do not touch, and the line of the upper one does not cross the lower one.
func (l label) clear(other label) bool {
	if l.row > other.row {
		l, other = other, l
	}
	from, to := l.box()
	if l.row < other.row {
		return other.at < from-2 || other.at > to+2
	}
	start, end := other.box()
	return to+8 < start || end+8 < from
}

// placed finds a row and a side for each label. Those near the middle come first: they have the least room to give way.
func (c *canvas) placed(markers []account.Marker) []label {
	labels := make([]label, len(markers))
	order := make([]int, len(markers))
	for i, m := range markers {
		labels[i], order[i] = label{text: m.At.Format(account.ISODay) + " " + m.Label, at: c.x(m.At), row: unplaced}, i
	}
	middle := drawingWidth / 2
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(math.Abs(labels[a].at-middle), math.Abs(labels[b].at-middle))
	})
	var done []label
	for _, i := range order {
		for place := range 2 * labelRows {
			l := labels[i]
			l.row, l.left = place%labelRows, (place < labelRows) == (l.at > middle) // away from the nearer edge first
			from, to := l.box()
			if from < 0 || to > drawingWidth || l.row < 2 && from < unitWidth || slices.ContainsFunc(done, func(other label) bool { return !l.clear(other) }) {
				continue
			}
			labels[i], done = l, append(done, l)
			break
		}
	}
	return labels
}

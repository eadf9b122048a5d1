package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/banshift/banshift/study/account"
)

// Markdown writes the report as text: what Render says, without pictures.
func Markdown(w io.Writer, r account.Report) error {
	m := &markdown{}
	m.answer(r)
	for _, q := range r.Questions {
		m.question(q)
	}
	if r.Controls.Intro != "" {
		m.head(2, "Controls")
		m.paragraph(r.Controls.Intro)
		m.table(r.Controls.Table)
	}
	m.head(2, "Method")
	for _, p := range r.Method {
		m.paragraph(p)
	}
	m.head(2, "The table behind the first chart")
	m.paragraph("Days without data are gaps (" + account.Dash + "), never zeros.")
	m.table(r.Main.Numbers())
	m.provenance(r)
	_, err := m.WriteTo(w)
	return err
}

// markdown is a text in the making.
type markdown struct{ bytes.Buffer }

func (m *markdown) head(level int, text string) {
	fmt.Fprintf(m, "\n%s %s\n", strings.Repeat("#", level), plainText(text))
}

func (m *markdown) paragraph(text string) {
	if text != "" {
		fmt.Fprintf(m, "\n%s\n", plainText(text))
	}
}

func (m *markdown) list(items []string) {
	if len(items) > 0 {
		m.WriteByte('\n')
	}
	for _, item := range items {
		fmt.Fprintf(m, "* %s\n", plainText(item))
	}
}

// plainText keeps a text from being read as marks or HTML.
func plainText(text string) string {
	return markdownMarks.Replace(strings.Join(strings.Fields(strings.ReplaceAll(text, "\u2028", " ")), " "))
}

var markdownMarks = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "|", `\|`, "#", `\#`)

func (m *markdown) answer(r account.Report) {
	fmt.Fprintf(m, "# %s\n", plainText(r.Title))
	if r.Simulated {
		m.WriteString("\n**Simulated data.** Every number here comes from a generator, not from people. It says nothing about the world.\n")
	}
	fmt.Fprintf(m, "\n**%s**\n", plainText(r.Headline.Sentence()))
	fmt.Fprintf(m, "\n%s: %s.\n", r.Headline.Grade.Words(), r.Headline.Grade.Meaning())
	m.list(r.Headline.Reasons)
	m.paragraph(r.Subtitle)
	if d := r.Denominator; d != nil {
		m.head(2, "More users, or more clients?")
		m.paragraph(d.Sentence)
		var items []string
		for _, q := range d.Figures {
			items = append(items, q.Label+": "+figureText(q))
		}
		m.list(items)
	}
	if marked := r.Main.Marked(); len(marked) > 0 {
		m.head(2, "The marked days")
		var items []string
		for _, n := range marked {
			items = append(items, strings.Join(slices.DeleteFunc(append([]string{n.Target + ": " + n.Kind, n.Dates, n.Text}, n.Sources...), func(part string) bool { return part == "" }), "; "))
		}
		m.list(items)
	}
	m.head(2, "How sure is this?")
	m.list([]string{"Against other dates: " + r.Headline.InTime.Sentence("dates without an event"), "Against other places: " + r.Headline.InSpace.Sentence("places without an event")})
}

// figureText is a figure with its interval.
func figureText(q account.Quantity) string {
	if interval := q.IntervalString(); interval != "" {
		return q.String() + " (" + interval + ")"
	}
	return q.String()
}

func (m *markdown) question(q account.Question) {
	m.head(2, q.Title)
	if q.Missing != "" {
		m.paragraph("Not measured. " + q.Missing)
		return
	}
	m.paragraph(q.Answer)
	m.paragraph(q.Figure.Label + ": " + figureText(q.Figure))
	m.table(q.Table)
	m.paragraph(q.Method)
	m.list(q.Caveats)
}

// table writes a table; nothing of none.
func (m *markdown) table(t *account.Table) {
	if t == nil {
		return
	}
	m.paragraph(t.Caption)
	m.WriteString("\n|")
	rule := "\n|"
	for _, c := range t.Columns {
		m.WriteString(" " + plainText(c.Name) + " |")
		if c.Numeric() {
			rule += "--:|"
		} else {
			rule += "---|"
		}
	}
	m.WriteString(rule + "\n")
	for _, row := range cells(t) {
		m.WriteByte('|')
		for _, c := range row {
			m.WriteString(" " + plainText(c.Text) + " |")
		}
		m.WriteByte('\n')
	}
}

func (m *markdown) provenance(r account.Report) {
	m.head(2, "Where this comes from")
	p := r.Provenance
	var items []string
	for _, fact := range [][2]string{{"Event", r.Event.ID}, {"Program", "banshift " + p.Version}, {"Command", p.Command}, {"Series", p.Series}, {"Licence of the series", p.Licence}, {"Rule packs", p.Packs},
		{"Lists", p.Lists}, {"Hash of the data (SHA-256)", p.DataHash}, {"Hash of the event catalogue (SHA-256)", p.EventsHash}, {"Queries", strings.Join(p.Queries, ", ")}} {
		if fact[1] != "" {
			items = append(items, fact[0]+": "+fact[1])
		}
	}
	for _, source := range r.Event.Sources {
		items = append(items, "Source of the event's dates: "+source)
	}
	m.list(items)
}

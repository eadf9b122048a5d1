// Package report writes what a study says about one event as one HTML file that needs
// nothing else: no network, no other file, and no script to be read.
//
// It draws what it is given. It must never compute a statistic, fetch anything, or fill
// a gap.
package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/banshift/banshift/study/account"

	"github.com/banshift/banshift/web"
)

//go:embed templates/*.html
var templates embed.FS

// view is what the templates see.
type view struct {
	account.Report
	Back   string
	Policy string
	Script template.JS
	Style  template.CSS
	Data   template.JS
}

// Render writes the report as one HTML file. The page may load nothing: its policy
// allows its own script and style by their hashes and forbids all else. back is where a
// link back leads; empty for a file, which stands alone.
func Render(w io.Writer, r account.Report, back string) error {
	bundle, err := web.Assets()
	if err != nil {
		return err
	}
	return render(w, r, bundle, back)
}

func render(w io.Writer, r account.Report, bundle web.Bundle, back string) error {
	r, err := Prepare(r)
	if err != nil {
		return fmt.Errorf("report %s: %w", r.Event.ID, err)
	}
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("report %s: %w", r.Event.ID, err)
	}
	script, style := InlineScript(bundle.Script), InlineStyle(bundle.Style)
	v := view{
		Report: r,
		Back:   back,
		Policy: Policy(script, style),
		Script: template.JS(script), //nolint:gosec // the program's own bundle
		Style:  template.CSS(style), //nolint:gosec // the program's own bundle
		Data:   template.JS(data),   //nolint:gosec // encoding/json escapes <, > and &
	}
	if err := execute(w, "report.html", v); err != nil {
		return fmt.Errorf("report %s: %w", r.Event.ID, err)
	}
	return nil
}

// execute writes a page by one of the templates, whole or not at all.
func execute(w io.Writer, name string, v any) error {
	pages, err := template.New(name).Funcs(functions).ParseFS(templates, "templates/*.html")
	if err != nil {
		return fmt.Errorf("templates: %w", err)
	}
	var page bytes.Buffer
	if err := pages.Execute(&page, v); err != nil {
		return err
	}
	_, err = page.WriteTo(w)
	return err
}

// Policy is the content security policy of a page whose only script and style are the
// given ones, inlined.
func Policy(script, style string) string {
	return "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; script-src " +
		sourceHash(script) + "; style-src " + sourceHash(style)
}

func sourceHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// InlineScript makes a script safe inside a script element: nothing in it ends the
// element or opens a comment, and in strings and expressions it means the same.
func InlineScript(script []byte) string {
	text := lineEnds.Replace(string(script))
	return strings.ReplaceAll(scriptEnd.ReplaceAllString(text, `<\/$1`), "<!--", `<\!--`)
}

// lineEnds does what a browser does to a page before it compares the hash of a script.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

var scriptEnd = regexp.MustCompile(`(?i)</(script)`)

// InlineStyle makes a style sheet safe inside a style element.
func InlineStyle(style []byte) string {
	return strings.ReplaceAll(lineEnds.Replace(string(style)), "</", `<\/`)
}

// Prepare checks the charts, gives them their identifiers and counts histograms. It
// copies what it changes.
func Prepare(r account.Report) (account.Report, error) {
	if r.Main.Kind() != "series" {
		return r, errors.New("the main chart is not a time series")
	}
	var err error
	if r.Main, err = prepareChart(r.Main, "main"); err != nil {
		return r, err
	}
	if d := r.Denominator; d != nil {
		chart, err := preparePart(d.Chart, "denominator")
		if err != nil {
			return r, err
		}
		r.Denominator = &account.Denominator{Sentence: d.Sentence, Figures: d.Figures, Chart: chart}
	}
	if r.Placebo, err = preparePart(r.Placebo, "placebo"); err != nil {
		return r, err
	}
	if r.Controls.Chart, err = preparePart(r.Controls.Chart, "controls"); err != nil {
		return r, err
	}
	questions := make([]account.Question, len(r.Questions))
	for i, q := range r.Questions {
		charts := make([]account.Chart, len(q.Charts))
		for j, c := range q.Charts {
			if charts[j], err = prepareChart(c, fmt.Sprintf("%s-%d", q.ID, j+1)); err != nil {
				return r, err
			}
		}
		q.Charts = charts
		questions[i] = q
	}
	r.Questions = questions
	return r, nil
}

func preparePart(c *account.Chart, id string) (*account.Chart, error) {
	if c == nil {
		return nil, nil
	}
	prepared, err := prepareChart(*c, id)
	return &prepared, err
}

func prepareChart(c account.Chart, id string) (account.Chart, error) {
	c.ID = id
	if c.Kind() == "" {
		return c, fmt.Errorf("chart %s has no part", id)
	}
	if c.Histogram != nil {
		h := *c.Histogram
		h.Bins = account.Bins(h.Values)
		c.Histogram = &h
	}
	if c.Series != nil {
		return c, check(*c.Series, id)
	}
	for _, p := range c.Panels {
		if err := check(p.Series, id+", "+p.Title); err != nil {
			return c, err
		}
		if len(p.Series.Lines) == 0 || len(p.Series.Times) != len(c.Panels[0].Series.Times) {
			return c, fmt.Errorf("chart %s: panels do not share their times", id)
		}
	}
	return c, nil
}

// check reports values that do not match their times.
func check(s account.TimeSeries, id string) error {
	for _, line := range slices.Concat(s.Lines, s.Told) {
		if len(line.Values) != len(s.Times) {
			return fmt.Errorf("chart %s: line %q has %d values for %d times", id, line.Name, len(line.Values), len(s.Times))
		}
	}
	if b := s.Band; b != nil && (len(b.Low) != len(s.Times) || len(b.High) != len(s.Times)) {
		return fmt.Errorf("chart %s: band %q has %d and %d values for %d times", id, b.Name, len(b.Low), len(b.High), len(s.Times))
	}
	return nil
}

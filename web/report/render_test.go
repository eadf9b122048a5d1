package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/banshift/banshift/study/account"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/banshift/banshift/web"
)

var update = flag.Bool("update", false, "write the expected files of the golden cases anew")

// plain stands for the bundle where a test is not about it.
var plain = web.Bundle{Script: []byte("void 0"), Style: []byte("body{}")}

const hostile = `</script><script>alert(1)</script><!-- "'&` + "\u2028" + `<img src=x onerror=alert(1)>`

// small is a report with a text in every place that a name or a note can reach.
func small(words string) account.Report {
	day := time.Date(2018, 4, 16, 0, 0, 0, 0, time.UTC)
	series := account.TimeSeries{Times: []time.Time{day, day.AddDate(0, 0, 1), day.AddDate(0, 0, 2)}, Zone: "UTC", Unit: words,
		Lines: []account.Line{{Name: words, Role: account.Observed, Values: []account.Number{1, account.Unknown(), account.Number(math.Inf(1))}}},
		Told:  []account.Line{{Name: words, Role: account.Part, Values: []account.Number{1, 2, 3}}},
		Markers: []account.Marker{{At: day, Label: words, Kind: account.EnforcedMarker,
			Notes: []account.Note{{ID: "an-event", Target: words, Kind: words, Dates: words, Text: words, Sources: []string{words, words + ": https://example.org/" + words}}}}},
		Shades: []account.Shade{{From: day, To: day.AddDate(0, 0, 1), Label: words, Kind: account.MaskedShade}}}
	chart := account.Chart{Caption: words, Description: words, Series: &series}
	return account.Report{Title: words, Subtitle: words, Event: account.Event{ID: "an-event", Target: words, Sources: []string{words}},
		Headline: account.Headline{Measure: words, Place: words, From: day, To: day, EffectPct: account.Unknown(), Interval: account.NoInterval(),
			InTime: account.Rank{P: account.Unknown()}, InSpace: account.Rank{P: account.Unknown()}, Grade: account.Insufficient, Reasons: []string{words}},
		Main: chart, Denominator: &account.Denominator{Sentence: words, Figures: []account.Quantity{{Label: words, Value: 1, Interval: account.NoInterval(), Unit: words}}, Chart: &chart},
		Placebo: &account.Chart{Caption: words, Histogram: &account.Histogram{What: words, Values: []account.Number{1, 2, account.Unknown()}, Unit: words, Label: words}},
		Questions: []account.Question{{ID: "q", Title: words, Answer: words, Figure: account.Quantity{Label: words, Value: account.Unknown(), Interval: account.NoInterval(), Unit: words},
			Charts: []account.Chart{{Caption: words, Forest: &account.Forest{Unit: words, Rows: []account.ForestRow{{Label: words, Value: account.Unknown(), Interval: account.NoInterval()}}}},
				{Caption: words, Bars: &account.Bars{Unit: words, Rows: []account.Bar{{Label: words, Value: 1, Interval: account.NoInterval()}}}},
				{Caption: words, Panels: []account.Panel{{Title: words, Note: words, Series: series}}}},
			Table:  &account.Table{Caption: words, Columns: []account.Column{{Name: words, Format: account.Text}, {Name: "n", Format: account.Count}}, Rows: [][]any{{words, math.NaN()}}},
			Method: words, Caveats: []string{words}}},
		Controls:   account.Controls{Intro: words},
		Method:     []string{words},
		Provenance: account.Provenance{Version: words, Command: words},
		Glossary:   []account.Term{{Word: words, Meaning: words}}}
}

func renderText(t testing.TB, r account.Report) string {
	t.Helper()
	var page bytes.Buffer
	if err := render(&page, r, plain, ""); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

// elements gives every element of the page with the text directly inside it.
func elements(t testing.TB, page string) []*html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var all []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			all = append(all, n)
		}
	}
	return all
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func TestTextNeverBecomesMarkup(t *testing.T) {
	scripts := 0
	for _, n := range elements(t, renderText(t, small(hostile))) {
		switch n.Data {
		case "script":
			scripts++
		case "img":
			t.Error("a text became an image")
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") {
				t.Errorf("a text became the handler %s", a.Key)
			}
		}
	}
	if scripts != 2 {
		t.Errorf("%d script elements, want the data and the bundle", scripts)
	}
}

func TestDataIsTheReport(t *testing.T) {
	got := dataOf(t, renderText(t, small(hostile)))
	if got.Title != hostile || got.Questions[0].Charts[2].Panels[0].Title != hostile {
		t.Errorf("texts changed on their way into the page: %q", got.Title)
	}
	values := got.Main.Series.Lines[0].Values
	if values[0] != 1 || values[1].Known() || values[2].Known() {
		t.Errorf("values %v, want 1 and two unknown", values)
	}
}

func dataOf(t testing.TB, page string) account.Report {
	t.Helper()
	for _, n := range elements(t, page) {
		if attribute(n, "id") != "report-data" {
			continue
		}
		var r account.Report
		if err := json.Unmarshal([]byte(n.FirstChild.Data), &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	t.Fatal("the page carries no data")
	return account.Report{}
}

func TestUnknownIsNeverANumber(t *testing.T) {
	page := renderText(t, small("words"))
	for _, wrong := range []string{"NaN", "Inf", "ZgotmplZ", "%!"} {
		if strings.Contains(page, wrong) {
			t.Errorf("the page says %s", wrong)
		}
	}
}

func TestPageLoadsNothing(t *testing.T) {
	page := renderText(t, small("words"))
	policy := ""
	for _, n := range elements(t, page) {
		for _, a := range n.Attr {
			loads := slices.Contains([]string{"src", "href", "srcset", "action", "data", "poster"}, a.Key)
			source := n.Data == "a" && attribute(n, "rel") == "noreferrer" // a link loads nothing until somebody follows it
			if loads && !source && !strings.HasPrefix(a.Val, "#") {
				t.Errorf("<%s %s=%q> leaves the page", n.Data, a.Key, a.Val)
			}
			if a.Key == "style" {
				t.Errorf("<%s> has an inline style, which the policy forbids", n.Data)
			}
		}
		if n.Data == "link" || n.Data == "iframe" || n.Data == "object" {
			t.Errorf("the page has a <%s>", n.Data)
		}
		if attribute(n, "http-equiv") == "Content-Security-Policy" {
			policy = attribute(n, "content")
		}
	}
	if want := Policy(string(plain.Script), string(plain.Style)); policy != want || !strings.HasPrefix(policy, "default-src 'none'; ") {
		t.Errorf("policy %q, want %q", policy, want)
	}
}

func TestBundleLoadsNothing(t *testing.T) {
	bundle, err := web.Assets()
	if errors.Is(err, web.ErrNoBundle) {
		t.Skip("the built bundle is absent: run make build")
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, loader := range []string{"url(", "@import", "@font-face"} {
		if strings.Contains(string(bundle.Style), loader) {
			t.Errorf("the style sheet has %s", loader)
		}
	}
	for _, loader := range []string{"XMLHttpRequest", "importScripts", "WebSocket", "sendBeacon"} {
		if strings.Contains(string(bundle.Script), loader) {
			t.Errorf("the script has %s", loader)
		}
	}
}

func TestSimulatedIsSaid(t *testing.T) {
	r := small("words")
	if strings.Contains(renderText(t, r), "Simulated data") {
		t.Error("a report of real data says that it is simulated")
	}
	r.Simulated = true
	page := renderText(t, r)
	for _, want := range []string{"<strong>Simulated data.</strong>", `class="is-simulated"`, "(simulated)"} {
		if !strings.Contains(page, want) {
			t.Errorf("a simulated report lacks %s", want)
		}
	}
}

func TestRenderRefusesBrokenCharts(t *testing.T) {
	broken := map[string]func(*account.Report){
		"is not a time series": func(r *account.Report) { r.Main = account.Chart{} },
		"has no part":          func(r *account.Report) { r.Placebo = &account.Chart{} },
		"values for 3 times":   func(r *account.Report) { r.Main.Series.Lines[0].Values = nil },
		"do not share": func(r *account.Report) {
			r.Questions[0].Charts[2].Panels = append(r.Questions[0].Charts[2].Panels, account.Panel{})
		},
	}
	for want, breakIt := range broken {
		r := small("words")
		breakIt(&r)
		var page bytes.Buffer
		err := render(&page, r, plain, "")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
		if page.Len() > 0 {
			t.Errorf("%q left half a page", want)
		}
	}
}

func TestGolden(t *testing.T) {
	cases, err := filepath.Glob("testdata/*/input.json")
	if err != nil || len(cases) == 0 {
		t.Fatal("no golden cases", err)
	}
	for _, input := range cases {
		t.Run(filepath.Base(filepath.Dir(input)), func(t *testing.T) {
			text, err := os.ReadFile(input)
			if err != nil {
				t.Fatal(err)
			}
			var r account.Report
			if err := json.Unmarshal(text, &r); err != nil {
				t.Fatal(err)
			}
			got := renderText(t, r)
			expected := filepath.Join(filepath.Dir(input), "expected.html")
			if *update {
				if err := os.WriteFile(expected, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(expected)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("run with -update if this is meant (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzData(f *testing.F) {
	f.Add(hostile, 1.5)
	f.Add("]]>\x00\xff</SCRIPT >", math.Inf(-1))
	f.Add("{{.}}` ${x} \\u003c", math.NaN())
	f.Fuzz(func(t *testing.T, words string, value float64) {
		r := small(words)
		r.Main.Series.Lines[0].Values[0] = account.Number(value)
		page := renderText(t, r)
		got := dataOf(t, page)
		if want := strings.ToValidUTF8(words, "\ufffd"); !sameText(got.Title, want, words) {
			t.Errorf("title %q, want %q", got.Title, want)
		}
		if known := account.Number(value).Known(); known != got.Main.Series.Lines[0].Values[0].Known() {
			t.Errorf("%v known: %v, came out otherwise", value, known)
		}
		scripts := 0
		for _, n := range elements(t, page) {
			if n.Data == "script" {
				scripts++
			}
		}
		if scripts != 2 {
			t.Errorf("%d script elements, want 2", scripts)
		}
	})
}

// sameText allows that every invalid byte is replaced by a mark of its own.
func sameText(got, want, words string) bool {
	return got == want || got == string([]rune(words))
}

func FuzzInlineScript(f *testing.F) {
	f.Add("x='</script>';y=/<!--/")
	f.Add("</ScRiPt </SCRIPT<!---->")
	f.Fuzz(func(t *testing.T, script string) {
		got := strings.ToLower(InlineScript([]byte(script)))
		if strings.Contains(got, "</script") || strings.Contains(got, "<!--") {
			t.Errorf("%q can leave its element", got)
		}
	})
}

// TestLineEndsAreThoseOfABrowser: a carriage return in the bundle would make the page's
// own hash wrong, and the browser would refuse its script.
func TestLineEndsAreThoseOfABrowser(t *testing.T) {
	for _, inline := range []string{InlineScript([]byte("a\r\nb\rc")), InlineStyle([]byte("a\r\nb\rc"))} {
		if inline != "a\nb\nc" {
			t.Errorf("got %q", inline)
		}
	}
}

package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/banshift/banshift/study/account"
)

// figures are what is said of a day: users, all clients, and the share of them.
type figures struct{ Users, All, Share float64 }

// sameEverywhere takes the numbers of the demo's event from what people and programs see of it: the rendered page and
// report, banshift.py, the feed, the board's statements, and Parquet, which are the report's; and from an export, which has them as they are published.
func sameEverywhere(t *testing.T, config, store string, r account.Report) {
	node, err := exec.LookPath("node")
	browser := cmp.Or(os.Getenv("CHROMIUM"), "/usr/bin/chromium")
	if _, missing := os.Stat(browser); err != nil || missing != nil {
		t.Skip("node or the browser is absent: make browser")
	}
	if _, err := os.Stat("../../web/node_modules/playwright-core"); err != nil {
		t.Skip("node's packages are absent: make build")
	}
	python := notebookPython(t)
	exported, parquet := filepath.Join(t.TempDir(), "exported"), filepath.Join(t.TempDir(), "daily_series.parquet")
	execute(t, "", "--config", config, "export", "daily_series", "--store", store, "--param", "country=ru", "--out", exported).must(t)
	exact := execute(t, "", "--config", config, "query", "daily_series", "--store", store, "--param", "country=ru", "--output", "parquet").must(t)
	if err := os.WriteFile(parquet, []byte(exact.out), 0o600); err != nil {
		t.Fatal(err)
	}
	var seen struct {
		Page, Report struct{ Sentence, Grade, Table string }
	}
	type effect struct {
		Effect float64 `json:"effect_pct"`
		Low    float64 `json:"low_pct"`
		High   float64 `json:"high_pct"`
		Grade  string
	}
	var read struct {
		Study struct {
			effect
			Sentence string
			Words    string `json:"grade_words"`
		}
		Served, Parquet, Exported map[string]figures
		Feed                      []struct {
			URL, Text string
			Effect    effect
		}
		Atom string
	}
	whileServed(t, config, store, func(address string) {
		toldBy(t, &seen, "../../web", []string{"CHROMIUM=" + browser}, node, "test/numbers.mjs", address, "ru", demoEvent)
		toldBy(t, &read, ".", nil, python, "testdata/readers/event.py", address, demoEvent, parquet, filepath.Join(exported, "daily_series.parquet"), "../../notebooks")
	})
	h := r.Headline
	for door, said := range map[string][2]string{
		"page": {seen.Page.Sentence, seen.Page.Grade}, "report": {seen.Report.Sentence, seen.Report.Grade}, "banshift.py": {read.Study.Sentence, read.Study.Words},
	} {
		if want := [2]string{h.Sentence(), h.Grade.Words()}; said != want {
			t.Errorf("%s says %q, want %q", door, said, want)
		}
	}
	if len(read.Feed) != 1 || !strings.HasSuffix(read.Feed[0].URL, "?country=ru&days="+demoEvent) {
		t.Fatalf("the feed leads to %+v", read.Feed)
	}
	want := effect{float64(h.EffectPct), float64(h.Interval.Low), float64(h.Interval.High), string(h.Grade)}
	for door, said := range map[string]effect{"banshift.py": read.Study.effect, "JSON feed": read.Feed[0].Effect} {
		if said != want {
			t.Errorf("%s reads %+v, want %+v", door, said, want)
		}
	}
	_, atom, _ := strings.Cut(read.Atom, "urn:banshift:event:"+demoEvent)
	atom, _, _ = strings.Cut(atom, "</entry>")
	for door, text := range map[string]string{"JSON feed": read.Feed[0].Text, "Atom feed": atom} {
		if !strings.Contains(text, h.Sentence()+" "+h.Grade.Words()) {
			t.Errorf("the %s says %q, want %q", door, text, h.Sentence())
		}
	}
	doors := map[string]map[string]figures{
		"page": savedFigures(t, seen.Page.Table), "report": savedFigures(t, seen.Report.Table), "banshift.py": read.Served, "Parquet": read.Parquet, "board": boardFigures(t, config, store),
	}
	sameFigures(t, doors)
	published := map[string]figures{}
	for day, f := range doors["report"] {
		f.Users, f.All = asPublished(f.Users), asPublished(f.All)
		f.Share = f.Users / f.All
		published[day] = f
	}
	sameFigures(t, map[string]map[string]figures{"report": published, "exported Parquet": read.Exported})
}

// asPublished gives the multiple of privacy.release_min_clients, 20 by default, that is nearest to a count.
func asPublished(clients float64) float64 { return math.Floor(clients/20+.5) * 20 }

// sameFigures compares what each door says of the days around the ban; all of them have to say something.
func sameFigures(t *testing.T, doors map[string]map[string]figures) {
	t.Helper()
	compared := 0
	for _, day := range slices.Sorted(maps.Keys(doors["report"])) {
		if day < "2018-04-01" || day > "2018-04-30" {
			continue
		}
		want := doors["report"][day]
		for door, days := range doors {
			got, told := days[day]
			if !told || got.Users != want.Users || got.All != want.All || math.Abs(got.Share-want.Share) > 1e-12 || math.IsNaN(got.Share) {
				t.Errorf("%s: the %s says %+v, the report %+v", day, door, got, want)
			}
			compared++
		}
	}
	if compared != 30*len(doors) {
		t.Errorf("%d figures were compared, want those of 30 days from %d doors", compared, len(doors))
	}
}

// savedFigures reads the CSV that a chart saved.
func savedFigures(t *testing.T, text string) map[string]figures {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	column := func(row []string, name string) float64 {
		v, err := strconv.ParseFloat(row[slices.Index(rows[0], name)], 64)
		if err != nil {
			return math.NaN()
		}
		return v
	}
	days := map[string]figures{}
	for _, row := range rows[1:] {
		days[row[0]] = figures{column(row, "observed"), column(row, "all clients"), column(row, "share of all clients (%)") / 100}
	}
	return days
}

// boardFigures asks what the board for Grafana asks of Russia in April 2018.
func boardFigures(t *testing.T, config, store string) map[string]figures {
	t.Helper()
	text, err := os.ReadFile("../../deploy/dashboards/grafana/banshift.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ RawSQL string }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	chosen := strings.NewReplacer("${country:singlequote}", "'ru'", "${level:singlequote}", "'likely'", "${__from:date:YYYY-MM-DD}", "2018-04-01", "${__to:date:YYYY-MM-DD}", "2018-04-30")
	days := map[string]figures{}
	for _, p := range board.Panels {
		column := map[string]string{"Clients that use circumvention tools": "clients", "Share of all clients": "share", "All clients": "all_clients"}[p.Title]
		if column == "" {
			continue
		}
		said := execute(t, "", "--config", config, "sql", "--store", store, "--output", "json", chosen.Replace(p.Targets[0].RawSQL)).must(t)
		for _, row := range objects(t, said.out) {
			day := row["time"].(string)[:10]
			f, value := days[day], row[column].(float64)
			*map[string]*float64{"clients": &f.Users, "share": &f.Share, "all_clients": &f.All}[column] = value
			days[day] = f
		}
	}
	return days
}

// objects reads rows of JSON: a list, or one a line.
func objects(t *testing.T, text string) (rows []map[string]any) {
	t.Helper()
	if json.Unmarshal([]byte(text), &rows) == nil {
		return rows
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	for decoder.More() {
		var row map[string]any
		if err := decoder.Decode(&row); err != nil {
			t.Fatalf("%v: %.200s", err, text)
		}
		rows = append(rows, row)
	}
	return rows
}

// toldBy runs a program that prints JSON.
func toldBy(t *testing.T, to any, dir string, env []string, program string, arguments ...string) {
	t.Helper()
	command := exec.Command(program, arguments...)
	command.Dir, command.Env = dir, append(os.Environ(), env...)
	var errOut bytes.Buffer
	command.Stderr = &errOut
	out, err := command.Output()
	if err == nil {
		err = json.Unmarshal(out, to)
	}
	if err != nil {
		t.Fatalf("%s: %v: %s%.300s", filepath.Base(program), err, errOut.String(), out)
	}
}

// whileServed calls f with the address of the page of a store.
func whileServed(t *testing.T, config, store string, f func(address string)) {
	t.Helper()
	address, end := served(t, "--config", config, "--store", store)
	defer end()
	f(address)
}

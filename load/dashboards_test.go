package load_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/banshift/banshift/load"
)

// choices are what a visitor of a dashboard chose, as Grafana and Metabase write it into a statement.
var choices = strings.NewReplacer(
	"${country:singlequote}", "'ru'", "${level:singlequote}", "'likely'", "${__from:date:YYYY-MM-DD}", "2018-04-01", "${__to:date:YYYY-MM-DD}", "2018-04-30",
	"{{country}}", "'ru'", "{{level}}", "'likely'", "{{from}}", "'2018-04-01'", "{{to}}", "'2018-04-30'",
)

// dashboardStore is a store with telemetry, an event and an alarm.
func dashboardStore(t *testing.T, database string) *load.Store {
	t.Helper()
	s := serverStore(t, database)
	fill(t, s)
	if _, err := s.Count(context.Background(), 0); err != nil {
		t.Fatal(err)
	}
	return s
}

// asked gives the rows of a statement of a dashboard, asked as a reader.
func asked(t *testing.T, s *load.Store, sql string) []map[string]any {
	t.Helper()
	var out bytes.Buffer
	if err := s.SQL(context.Background(), choices.Replace(sql), &out, load.JSON); err != nil {
		t.Fatalf("%v\n%s", err, choices.Replace(sql))
	}
	return decoded(t, out.Bytes())
}

type boardTarget struct{ RawSQL string }

// readBoard reads the board for Grafana.
func readBoard(t *testing.T) (board struct {
	Panels []struct {
		Title, Type string
		Targets     []boardTarget
	}
	Annotations struct {
		List []struct {
			Name   string
			Target boardTarget
		}
	}
	Templating struct {
		List []struct {
			Name  string
			Query string
		}
	}
}) {
	t.Helper()
	text, err := os.ReadFile("../deploy/dashboards/grafana/banshift.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	if len(board.Panels) < 8 || len(board.Annotations.List) < 2 {
		t.Fatalf("%d panels, %d annotations: nothing is tested", len(board.Panels), len(board.Annotations.List))
	}
	return board
}

// Every statement of the board for Grafana runs as a reader, with what its panel needs in each row.
func TestBoardForGrafanaAnswers(t *testing.T) {
	s, board := dashboardStore(t, "grafana"), readBoard(t)
	empty := map[string]bool{"Interest in DNS names": true, "Alarms": true} // of which the store has none
	needs := func(name string, rows []map[string]any, columns ...string) {
		if len(rows) == 0 && !empty[name] {
			t.Errorf("%s: no rows", name)
		}
		for _, row := range rows {
			for _, column := range columns {
				if _, ok := row[column]; !ok {
					t.Errorf("%s: no column %s in %v", name, column, row)
				}
			}
		}
	}
	for _, p := range board.Panels {
		columns := []string{"time", "series"}
		if p.Type == "table" {
			columns = nil
		}
		needs(p.Title, asked(t, s, p.Targets[0].RawSQL), columns...)
	}
	for _, a := range board.Annotations.List {
		needs(a.Name, asked(t, s, a.Target.RawSQL), "time", "title", "text", "tags")
	}
	for _, v := range board.Templating.List {
		if v.Name == "country" {
			needs("countries", asked(t, s, v.Query), "country")
		}
	}
}

// The board shows the numbers of the named query.
func TestBoardShowsTheNumbersOfTheQuery(t *testing.T) {
	s, board := dashboardStore(t, "board_numbers"), readBoard(t)
	want := answer(t, s, "daily_series", map[string]string{"country": "ru", "from": "2018-04-01", "to": "2018-04-30"})
	got := asked(t, s, board.Panels[0].Targets[0].RawSQL)
	if len(got) == 0 || len(got) != len(want) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i]["clients"] != want[i]["clients"] || !strings.HasPrefix(got[i]["time"].(string), want[i]["day"].(string)) {
			t.Errorf("row %d: %v, want %v", i, got[i], want[i])
		}
	}
}

// Every question for Metabase runs as a reader.
func TestQuestionsForMetabaseAnswer(t *testing.T) {
	s := dashboardStore(t, "metabase")
	paths, err := filepath.Glob("../deploy/dashboards/metabase/*.sql")
	if err != nil || len(paths) < 8 {
		t.Fatalf("%d questions, %v", len(paths), err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		asked(t, s, string(text))
	}
}

// Every data set of the bundle for Superset runs as a reader, and has the columns that its chart draws; a chart's lines are
// rows of the query, so that no number of clients is a sum.
func TestBundleForSupersetAnswers(t *testing.T) {
	s := dashboardStore(t, "superset")
	type part struct {
		SQL, UUID   string
		DatasetUUID string `yaml:"dataset_uuid"`
		Columns     []struct {
			Name string `yaml:"column_name"`
		}
		Params struct {
			Axis    string   `yaml:"x_axis"`
			By      []string `yaml:"groupby"`
			Raw     []string `yaml:"all_columns"`
			Metrics []struct {
				SQL   string `yaml:"sqlExpression"`
				Label string
			}
		}
	}
	read := func(pattern string) (parts []part) {
		paths, err := filepath.Glob("../deploy/dashboards/superset/" + pattern)
		if err != nil || len(paths) < 8 {
			t.Fatalf("%s: %d files, %v", pattern, len(paths), err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var p part
			if err := yaml.Unmarshal(text, &p); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			parts = append(parts, p)
		}
		return parts
	}
	datasets := map[string]part{}
	for _, d := range read("datasets/banshift/*.yaml") {
		datasets[d.UUID] = d
		var names []string
		for _, c := range d.Columns {
			names = append(names, c.Name)
		}
		asked(t, s, "SELECT "+strings.Join(names, ", ")+" FROM (\n"+d.SQL+"\n) AS virtual_table LIMIT 10")
	}
	drawn := 0
	for _, c := range read("charts/*.yaml") {
		d, known := datasets[c.DatasetUUID]
		if !known {
			t.Fatalf("a chart of the data set %s, which the bundle lacks", c.DatasetUUID)
		}
		if len(c.Params.Raw) > 0 {
			asked(t, s, "SELECT "+strings.Join(c.Params.Raw, ", ")+" FROM (\n"+d.SQL+"\n) AS virtual_table LIMIT 10")
			continue
		}
		for _, m := range c.Params.Metrics {
			groups := strings.Join(append([]string{c.Params.Axis}, c.Params.By...), ", ")
			for _, row := range asked(t, s, "SELECT "+groups+", "+m.SQL+" AS value, count() AS of FROM (\n"+d.SQL+"\n) AS virtual_table GROUP BY "+groups) {
				drawn++
				if row["of"] != "1" && row["of"] != 1.0 {
					t.Errorf("%s: %v is made of several rows", m.Label, row)
				}
			}
		}
	}
	if drawn < 20 {
		t.Errorf("%d points are drawn: nothing is tested", drawn)
	}
}

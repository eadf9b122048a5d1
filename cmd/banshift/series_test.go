package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestSeriesImport keeps a file twice and reads it by the named query: a day once, with all that
// the source says of it.
func TestSeriesImport(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	store, file := filepath.Join(dir, "store"), filepath.Join(dir, "blocking.csv")
	text := "anomaly_count,confirmed_count,measurement_count,measurement_start_day,probe_cc\n3,2,100,2018-04-16,RU\n1,0,50,2018-04-18,RU\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if code, _, errOut := runCommand(t, "series", "import", "--store", store, "--format", "ooni", file); code != exitDone {
			t.Fatalf("import: exit %d: %s", code, errOut)
		}
	}
	code, out, errOut := runCommand(t, "query", "external_series", "--store", store, "--output", "json")
	var rows []struct {
		Series, Country, Day, Source, Licence string
		Value, Denominator                    float64
		Fraction                              *float64
	}
	if err := json.Unmarshal([]byte(out), &rows); code != exitDone || err != nil || len(rows) != 2 {
		t.Fatalf("query: exit %d, %v: %s%s", code, err, out, errOut)
	}
	if r := rows[0]; r.Series != "blocking" || r.Country != "ru" || r.Day != "2018-04-16" || r.Value != 5 || r.Denominator != 100 ||
		r.Fraction != nil || r.Source != "blocking.csv" || r.Licence != "CC BY-NC-SA 4.0" {
		t.Errorf("row %+v", r)
	}
	if code, _, errOut := runCommand(t, "series", "import", "--store", store, filepath.Join(dir, "none.csv")); code != exitFailed {
		t.Errorf("a missing file: exit %d: %s", code, errOut)
	}
}

package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/banshift/banshift/study"
)

// TestStudyCommand asks for the same picture in every form.
func TestStudyCommand(t *testing.T) {
	dir := t.TempDir()
	series, bans := filepath.Join(dir, "use.csv"), filepath.Join(dir, "bans.csv")
	writeSeries(t, series, 150)
	if err := os.WriteFile(bans, []byte("id,country,target,kind,announced_at,enforced_at,ended_at\nxa-ban,xa,Messenger,enforce,,2018-05-31,\nxb-ban,xb,Messenger,enforce,,2018-05-31,\nzz-ban,zz,X,court,,2018-05-31,\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	ask := func(more ...string) string {
		code, out, errOut := runCommand(t, append([]string{"study", bans, "--series", series}, more...)...)
		if code != exitDone {
			t.Fatalf("%v: exit %d: %s", more, code, errOut)
		}
		return out
	}
	var got study.Average
	if err := json.Unmarshal([]byte(ask("--json")), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Events) != 3 || len(got.Groups) == 0 || got.Groups[0].Episodes != 2 || got.Groups[0].Supported != 1 || got.Provenance.DataHash == "" {
		t.Errorf("%+v", got)
	}
	if ask("--output", "json") != ask("--json") {
		t.Error("--json is not --output json")
	}
	mean := shownPercent(got.Groups[0].Mean)
	for _, form := range []string{"table", "markdown"} {
		if out := ask("--output", form); !strings.Contains(out, mean) || !strings.Contains(out, "no series of the country") {
			t.Errorf("%s: no %s in %s", form, mean, out)
		}
	}
	page := ask("--output", "html")
	for _, want := range []string{"<svg", "xa-ban", "no series of the country", "2 episodes that ask for a rise", got.Provenance.DataHash} {
		if !strings.Contains(page, want) {
			t.Errorf("html: no %q", want)
		}
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "http://") || strings.Contains(page, "src=") {
		t.Error("html: the page loads something")
	}
	for rows, want := range map[string]int{"groups": len(got.Groups) + 1, "events": 4} {
		records, err := csv.NewReader(strings.NewReader(ask("--output", "csv", "--rows", rows))).ReadAll()
		if err != nil || len(records) != want {
			t.Errorf("%s: %d records, want %d: %v", rows, len(records), want, err)
		}
	}
	for _, rows := range []string{"groups", "events"} {
		if file := ask("--output", "parquet", "--rows", rows); !strings.HasPrefix(file, "PAR1") || !strings.HasSuffix(file, "PAR1") {
			t.Errorf("%s: no Parquet in %d bytes", rows, len(file))
		}
	}
	for _, wrong := range [][]string{{"--output", "pdf"}, {"--rows", "all"}, {"--json", "--output", "csv"}, {"--window", "9"}} {
		if code, _, errOut := runCommand(t, append([]string{"study", bans, "--series", series}, wrong...)...); code != exitMisused {
			t.Errorf("%v: exit %d: %s", wrong, code, errOut)
		}
	}
}

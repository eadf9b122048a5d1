package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/banshift/banshift/load"
)

// What is exported has no count of few clients and none that gives one away, and says so.
func TestExportLeavesFewBehind(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	store, out := filepath.Join(dir, "store"), filepath.Join(dir, "out")
	execute(t, "", "run", "--store", store, dayOfFlows(t, "a.ndjson", 16, 30), dayOfFlows(t, "b.ndjson", 17, 5), dayOfFlows(t, "c.ndjson", 18, 40)).must(t)
	said := execute(t, "", "export", "services", "--store", store, "--out", out)
	if strings.Contains(said.out, "stay behind") || said.code != exitDone {
		t.Errorf("an answer without rows: %d %s%s", said.code, said.out, said.errOut)
	}
	// 5 clients of the 17th; the day with the next more, 30, would give them away by the total of the days.
	for k, want := range map[string]int{"20": 2, "5": 0, "1": 0, "41": 3} {
		t.Setenv("BANSHIFT_PRIVACY_RELEASE_MIN_CLIENTS", k)
		execute(t, "", "export", "daily_series", "--store", store, "--out", out).must(t)
		text, err := os.ReadFile(filepath.Join(out, "daily_series.json"))
		if err != nil {
			t.Fatal(err)
		}
		var about load.Exported
		if err := json.Unmarshal(text, &about); err != nil || about.RowsLeftOut != want {
			t.Errorf("k %s: %d rows stayed behind, want %d: %v", k, about.RowsLeftOut, want, err)
		}
		execute(t, "", "privacy", "audit", "--k", k, out).must(t)
	}
	said = execute(t, "", "export", "service_by_network", "--store", store, "--out", out)
	if said.code != exitFailed || !strings.Contains(said.errOut, "does not count clients") {
		t.Errorf("%d %s", said.code, said.errOut)
	}
	execute(t, "", "export", "versions", "--store", store, "--out", out).must(t)
}

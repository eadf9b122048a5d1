package main

import (
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/banshift/banshift/deploy/parts"
	"github.com/banshift/banshift/load"
)

// notebookPython gives the Python of the notebooks, or the system's.
func notebookPython(t *testing.T) string {
	t.Helper()
	candidates := []string{os.Getenv("BANSHIFT_PYTHON")}
	if cache, err := parts.Cache(); err == nil {
		found, _ := filepath.Glob(filepath.Join(cache, "notebooks", "*", "bin", "python"))
		candidates = append(candidates, found...)
	}
	for _, python := range append(candidates, "python3") {
		if python != "" && exec.Command(python, "-c", "import pyarrow, pandas, polars, duckdb").Run() == nil {
			return python
		}
	}
	t.Skip("a Python with pyarrow, pandas, polars and duckdb is absent: make notebooks")
	return ""
}

// TestReaders has every reader of Parquet that is there read an export, as one file and parted. BANSHIFT_READERS names
// readers that have to be there (make readers).
func TestReaders(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	store, out := filepath.Join(dir, "store"), filepath.Join(dir, "out")
	networks := filepath.Join(dir, "networks.csv")
	if err := os.WriteFile(networks, []byte("prefix,asn,country\n198.18.0.0/15,64500,no\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "banshift.yaml")
	if err := os.WriteFile(config, []byte("networks: [{path: networks.csv}]\nhome: [198.18.0.0/15]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	execute(t, "", "--config", config, "run", "--store", store, dayOfFlows(t, "a.ndjson", 16, 40), dayOfFlows(t, "b.ndjson", 17, 40), dayOfFlows(t, "c.ndjson", 33, 60)).must(t)
	execute(t, "", "export", "daily_series", "--store", store, "--out", out).must(t)
	parted := filepath.Join(dir, "parted")
	said := execute(t, "", "export", "daily_series", "--store", store, "--out", parted, "--partition", "country,month").must(t)
	if !strings.Contains(said.out, "2 files") {
		t.Error(said.out)
	}
	text, err := os.ReadFile(filepath.Join(parted, "daily_series.json"))
	if err != nil {
		t.Fatal(err)
	}
	var about load.Exported
	if err := json.Unmarshal(text, &about); err != nil || len(about.Files) != 2 || about.Files[0].Rows != 2 || about.Files[1].Rows != 1 || about.MinClients != 20 {
		t.Fatalf("%v %s", err, text)
	}
	for _, file := range about.Files {
		own, err := saidOfItself(filepath.Join(parted, filepath.FromSlash(file.File)))
		if err != nil || !strings.Contains(own["partition"], "month=2018-0") || own["query"] != "daily_series" || own["privacy"] == "" {
			t.Errorf("%s says %v %v", file.File, own, err)
		}
	}
	execute(t, "", "privacy", "audit", "--k", "20", parted).must(t)
	python := notebookPython(t)
	command := exec.Command(python, "testdata/readers/read.py", filepath.Join(out, "daily_series.parquet"), filepath.Join(parted, "daily_series"), "../../notebooks")
	command.Stderr = os.Stderr
	answer, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var readers map[string]json.RawMessage
	if err := json.Unmarshal(answer, &readers); err != nil {
		t.Fatal(err)
	}
	for name, got := range readers {
		t.Run(name, func(t *testing.T) {
			var counts [2][2]int
			if json.Unmarshal(got, &counts) != nil {
				if strings.Contains(os.Getenv("BANSHIFT_READERS"), name) {
					t.Errorf("absent: %s", got)
				}
				t.Skipf("absent: %s", got)
			}
			if want := [2][2]int{{3, 140}, {3, 140}}; counts != want {
				t.Errorf("%v, want %v", counts, want)
			}
		})
	}
}

// TestPartitionIsChecked refuses what rows cannot be parted by before anything is opened.
func TestPartitionIsChecked(t *testing.T) {
	for given, want := range map[string]string{"clients": "country, year, month", "day": "its parts are", "country,country": "each once", "nothing": "cannot be parted by"} {
		said := execute(t, "", "export", "daily_series", "--store", t.TempDir(), "--out", t.TempDir(), "--partition", given)
		if said.code != exitMisused || !strings.Contains(said.errOut, want) {
			t.Errorf("%s: %d %s", given, said.code, cmp.Or(said.errOut, said.out))
		}
	}
}

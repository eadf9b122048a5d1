package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"
	"github.com/google/go-cmp/cmp"

	"github.com/banshift/banshift/load"
)

// What is exported has no count of few clients and none that gives one away, and says so.
func TestExportLeavesFewBehind(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	store, out := filepath.Join(dir, "store"), filepath.Join(dir, "out")
	execute(t, "", "run", "--store", store, dayOfFlows(t, "a.ndjson", 16, 30), dayOfFlows(t, "b.ndjson", 17, 5), dayOfFlows(t, "c.ndjson", 18, 40)).must(t)
	said := execute(t, "", "export", "services", "--store", store, "--out", out)
	if said.code != exitDone {
		t.Errorf("an answer without rows: %d %s%s", said.code, said.out, said.errOut)
	}
	// 5 clients of the 17th; the day with the next more, 30, would give them away by the total of the days. Counts that
	// stay are rounded to multiples of the smallest.
	for k, want := range map[string][]any{"20": {uint64(40)}, "5": {uint64(30), uint64(5), uint64(40)}, "7": {uint64(42)}, "1": {uint64(30), uint64(5), uint64(40)}, "41": nil} {
		t.Setenv("BANSHIFT_PRIVACY_RELEASE_MIN_CLIENTS", k)
		execute(t, "", "export", "daily_series", "--store", store, "--out", out).must(t)
		text, err := os.ReadFile(filepath.Join(out, "daily_series.json"))
		if err != nil {
			t.Fatal(err)
		}
		var about load.Exported
		if err := json.Unmarshal(text, &about); err != nil || strconv.FormatUint(about.MinClients, 10) != k || strings.Contains(string(text), "left_out") {
			t.Errorf("k %s: %v %s", k, err, text)
		}
		var clients []any
		for _, row := range parquetRows(t, filepath.Join(out, "daily_series.parquet")) {
			clients = append(clients, row["all_clients"])
		}
		if diff := cmp.Diff(clients, want); diff != "" {
			t.Errorf("k %s: all clients (-got, +want):\n%s", k, diff)
		}
		execute(t, "", "privacy", "audit", "--k", k, out).must(t)
	}
	said = execute(t, "", "export", "service_by_network", "--store", store, "--out", out)
	if said.code != exitFailed || !strings.Contains(said.errOut, "does not count clients") {
		t.Errorf("%d %s", said.code, said.errOut)
	}
	execute(t, "", "export", "versions", "--store", store, "--out", out).must(t)
}

// TestExportWithNoise spends the budget of days: the same question gives the same file for nothing, also when the
// data have changed since, and another is refused when nothing is left.
func TestExportWithNoise(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	store, out := filepath.Join(dir, "store"), filepath.Join(dir, "out")
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(dir, "keys", "master.key"))
	execute(t, "", "run", "--store", store, dayOfFlows(t, "a.ndjson", 16, 200), dayOfFlows(t, "b.ndjson", 17, 150)).must(t)
	series := func(more ...string) (said result, rows string) {
		t.Helper()
		said = execute(t, "", append([]string{"export", "daily_series", "--store", store, "--out", out, "--epsilon", "0.6"}, more...)...)
		text, err := os.ReadFile(filepath.Join(out, "daily_series.json"))
		if err != nil {
			t.Fatal(err, said.errOut)
		}
		var about load.Exported
		if err := json.Unmarshal(text, &about); err != nil {
			t.Fatal(err)
		}
		if about.Noise["epsilon"] != "0.6" || about.Noise["mechanism"] != "discrete laplace" || !strings.HasPrefix(about.Noise["unit"], "client-day") {
			t.Errorf("it says of itself %s", text)
		}
		return said, about.SHA256
	}
	said, first := series()
	if said.must(t); !strings.Contains(said.errOut, "spent: 2;") {
		t.Error(said.errOut)
	}
	if again, sum := series(); again.code != exitDone || sum != first || !strings.Contains(again.errOut, "spent: 0;") {
		t.Errorf("%s, the same file: %v", again.errOut, sum == first)
	}
	ledgers, err := filepath.Glob(filepath.Join(dir, "keys", "releases", "*.ledger"))
	if err != nil || len(ledgers) != 1 {
		t.Fatal(ledgers, err)
	}
	was, err := os.ReadFile(ledgers[0])
	if err != nil {
		t.Fatal(err)
	}
	execute(t, "", "run", "--store", store, dayOfFlows(t, "late.ndjson", 17, 230), dayOfFlows(t, "c.ndjson", 18, 180)).must(t)
	if _, sum := series("--param", "to=2018-04-17"); sum == "" {
		t.Error("no file")
	}
	if is, err := os.ReadFile(ledgers[0]); err != nil || string(is) != string(was) {
		t.Error("days that were released cost again")
	}
	if said, _ := series(); !strings.Contains(said.errOut, "spent: 1;") {
		t.Error(said.errOut)
	}
	refused := execute(t, "", "export", "use_by_network_day", "--store", store, "--out", out, "--epsilon", "0.5")
	if _, err := os.Stat(filepath.Join(out, "use_by_network_day.parquet")); refused.code != exitFailed || !strings.Contains(refused.errOut, "is spent") || err == nil {
		t.Errorf("%d %s", refused.code, refused.errOut)
	}
	execute(t, "", "export", "use_by_network_day", "--store", store, "--out", out, "--epsilon", "0.4", "--mechanism", "gaussian").must(t)
	for want, args := range map[string][]string{"cannot be released with epsilon": {"services"}, "--param tool=": {"use_by_tool_day"}, "not of one day": {"networks"}} {
		said := execute(t, "", append([]string{"export", "--store", store, "--out", out, "--epsilon", "0.1"}, args...)...)
		if said.code != exitFailed || !strings.Contains(said.errOut, want) {
			t.Errorf("%v: %d %s", args, said.code, said.errOut)
		}
	}
	for _, wrong := range [][]string{{"--epsilon", "0"}, {"--epsilon", "x"}, {"--epsilon", "1", "--mechanism", "normal"}} {
		if said := execute(t, "", append([]string{"export", "daily_series", "--store", store, "--out", out}, wrong...)...); said.code != exitMisused {
			t.Errorf("%v: %d %s", wrong, said.code, said.errOut)
		}
	}
	execute(t, "", "privacy", "audit", "--k", "20", out).must(t)
	if err := os.Truncate(ledgers[0], 10); err != nil {
		t.Fatal(err)
	}
	if said := execute(t, "", "export", "daily_series", "--store", store, "--out", out, "--epsilon", "0.6"); said.code != exitFailed || !strings.Contains(said.errOut, "not as it was written") {
		t.Errorf("%d %s", said.code, said.errOut)
	}
}

// TestExportWherePeopleAreProsecuted: an event that says so raises the smallest count of its country.
func TestExportWherePeopleAreProsecuted(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	store, out := filepath.Join(dir, "store"), filepath.Join(dir, "out")
	networks := filepath.Join(dir, "networks.csv")
	catalogue := filepath.Join(dir, "events.yaml")
	for path, text := range map[string]string{
		networks:                            "prefix,asn,country\n198.18.0.0/15,64500,xx\n",
		catalogue:                           "events:\n  - {id: xx-a, country: \"xx\", target: A, target_type: messenger, kind: enforce, enforced_at: \"2018-04-16\", precision: day, tz: UTC, sources: [s], confidence: low, prosecuted: true}\n",
		filepath.Join(dir, "banshift.yaml"): "networks: [{path: networks.csv}]\nhome: [198.18.0.0/15]\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("BANSHIFT_CONFIG", filepath.Join(dir, "banshift.yaml"))
	execute(t, "", "run", "--store", store, dayOfFlows(t, "a.ndjson", 16, 45), dayOfFlows(t, "b.ndjson", 17, 45), dayOfFlows(t, "c.ndjson", 18, 60), dayOfFlows(t, "d.ndjson", 19, 60)).must(t)
	rows := func() int {
		t.Helper()
		execute(t, "", "export", "daily_series", "--store", store, "--out", out).must(t)
		return len(parquetRows(t, filepath.Join(out, "daily_series.parquet")))
	}
	if n := rows(); n != 4 {
		t.Errorf("%d rows", n)
	}
	execute(t, "", "events", "check", catalogue).must(t)
	for variable, value := range map[string]string{"BANSHIFT_EVENTS": catalogue, "BANSHIFT_PRIVACY_PROSECUTED_COUNTRIES": "xx"} {
		t.Run(variable, func(t *testing.T) {
			t.Setenv(variable, value)
			n := rows()
			about, err := os.ReadFile(filepath.Join(out, "daily_series.json"))
			if err != nil || n != 2 || !strings.Contains(string(about), "xx)") {
				t.Errorf("%d rows, %s %v", n, about, err)
			}
		})
	}
}

// parquetRows reads all rows of a file.
func parquetRows(t *testing.T, path string) []map[string]any {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	table, err := pqarrow.ReadTable(t.Context(), f, parquet.NewReaderProperties(mem), pqarrow.ArrowReadProperties{}, mem)
	if err != nil {
		t.Fatal(err)
	}
	defer table.Release()
	rows := make([]map[string]any, table.NumRows())
	for i := range rows {
		rows[i] = map[string]any{}
	}
	reader := array.NewTableReader(table, 1<<16)
	defer reader.Release()
	at := 0
	for reader.Next() {
		rec := reader.Record()
		for c := range int(rec.NumCols()) {
			for i := range int(rec.NumRows()) {
				if rec.Column(c).IsNull(i) {
					continue
				}
				var value any = rec.Column(c).ValueStr(i)
				if n, ok := rec.Column(c).(*array.Uint64); ok {
					value = n.Value(i)
				}
				rows[at+i][rec.ColumnName(c)] = value
			}
		}
		at += int(rec.NumRows())
	}
	return rows
}

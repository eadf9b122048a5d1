package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/banshift/banshift/load"
)

// dayOfFlows writes flows of clients on a day of April 2018, one of them by a VPN's port.
func dayOfFlows(t *testing.T, name string, day, clients int) string {
	t.Helper()
	var text strings.Builder
	for i := range clients {
		start := int64(1523836800+(day-16)*86400+i*60) * 1e9
		fmt.Fprintf(&text, `{"type":"NETFLOW_V9","time_received_ns":%d,"sampling_rate":1,"time_flow_start_ns":%d,"time_flow_end_ns":%d,"bytes":1200,"packets":3,"src_addr":"198.18.0.%d","dst_addr":"192.0.2.10","proto":"UDP","src_port":40000,"dst_port":1194}`+"\n",
			start, start, start+1e9, i+1)
	}
	text.WriteString("not a record\n")
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// shown is everything that a store shows of its telemetry, without what names a time or a run.
func shown(t *testing.T, store string) string {
	t.Helper()
	var all strings.Builder
	opened, err := load.Open(t.Context(), store, load.Options{FlowsDays: 30, UsageDays: 90, DNSDays: 90})
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	for _, sql := range []string{
		"SELECT * EXCEPT (origin, ingested_at) FROM flows ORDER BY ALL",
		"SELECT hour, country, client, verdict, sum(flows), sum(records) FROM usage GROUP BY ALL ORDER BY ALL",
		"SELECT hour, country, exporter, sum(flow_records) FROM coverage GROUP BY ALL ORDER BY ALL",
		"SELECT * EXCEPT as_of FROM counts_day ORDER BY ALL", "SELECT * EXCEPT as_of FROM counts_hour ORDER BY ALL",
		"SELECT * FROM coverage_days ORDER BY ALL",
		"SELECT source, partition, offset, reason, excerpt FROM rejects ORDER BY ALL",
		"SELECT source, partition, first, next, state, records_in, stored, folded, rejected FROM ledger ORDER BY ALL",
	} {
		if err := opened.SQL(t.Context(), sql, &all, load.CSV); err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

func differ(t *testing.T, what, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || g[i] != w[i] {
			t.Errorf("%s: line %d of %d differs from %d: got %q, want %q", what, i, len(g), len(w), strings.Join(g[min(i, len(g)):min(i+2, len(g))], "|"), strings.Join(w[min(i, len(w)):min(i+2, len(w))], "|"))
			return
		}
	}
}

// What is forgotten and run again is as in a fresh store; what is forgotten and not run
// again is as where it never was.
func TestForgottenSourceIsReadAgain(t *testing.T) {
	needEngine(t)
	one, two := dayOfFlows(t, "one.ndjson", 16, 9), dayOfFlows(t, "two.ndjson", 16, 5)
	store, fresh, alone := filepath.Join(t.TempDir(), "store"), filepath.Join(t.TempDir(), "fresh"), filepath.Join(t.TempDir(), "alone")
	execute(t, "", "run", "--store", store, one, two).must(t)
	execute(t, "", "run", "--store", fresh, one, two).must(t)
	execute(t, "", "run", "--store", alone, two).must(t)
	for range 2 {
		got := execute(t, "", "forget", "--store", store, one).must(t)
		if !strings.Contains(got.out, "usage\t9 rows") {
			t.Errorf("got %s%s", got.out, got.errOut)
		}
		execute(t, "", "reconcile", "--store", store).must(t)
		differ(t, "forgotten", shown(t, store), shown(t, alone))
		execute(t, "", "run", "--store", store, one).must(t)
		execute(t, "", "reconcile", "--store", store).must(t)
		differ(t, "read again", shown(t, store), shown(t, fresh))
	}
	if got := execute(t, "", "forget", "--store", store, "file:nothing:00"); got.code != exitMisused || !strings.Contains(got.errOut, "no such source") {
		t.Errorf("exit code %d: %s", got.code, got.errOut)
	}
}

// A day goes, and ranges that hold it alone can be read again.
func TestForgottenDayIsReadAgain(t *testing.T) {
	needEngine(t)
	one, two := dayOfFlows(t, "one.ndjson", 16, 9), dayOfFlows(t, "two.ndjson", 17, 5)
	store, fresh := filepath.Join(t.TempDir(), "store"), filepath.Join(t.TempDir(), "fresh")
	execute(t, "", "run", "--store", store, one, two).must(t)
	execute(t, "", "run", "--store", fresh, one, two).must(t)
	got := execute(t, "", "forget", "--store", store, "--day", "2018-04-16").must(t)
	if !strings.Contains(got.out, "usage\t9 rows") || !strings.Contains(got.errOut, "1 ranges") {
		t.Errorf("got %s%s", got.out, got.errOut)
	}
	execute(t, "", "reconcile", "--store", store).must(t)
	left := execute(t, "", "sql", "--store", store, "--output", "csv", "SELECT DISTINCT toDate(hour) FROM usage UNION DISTINCT SELECT day FROM counts_day UNION DISTINCT SELECT day FROM coverage_days").must(t)
	if strings.Contains(left.out, "2018-04-16") || !strings.Contains(left.out, "2018-04-17") {
		t.Errorf("days that are left: %s", left.out)
	}
	execute(t, "", "run", "--store", store, one, two).must(t)
	execute(t, "", "reconcile", "--store", store).must(t)
	differ(t, "read again", shown(t, store), shown(t, fresh))
}

// A client's day goes by its pseudonym, which its address gives, and the accounts still add up.
func TestForgottenClient(t *testing.T) {
	needEngine(t)
	store := filepath.Join(t.TempDir(), "store")
	execute(t, "", "run", "--store", store, dayOfFlows(t, "one.ndjson", 16, 9), dayOfFlows(t, "two.ndjson", 17, 9)).must(t)
	got := execute(t, "198.18.0.3\n", "forget", "--store", store, "--client-day", "2018-04-16/-").must(t)
	if !strings.Contains(got.out, "usage\t1 rows") {
		t.Errorf("got %s%s", got.out, got.errOut)
	}
	execute(t, "", "reconcile", "--store", store).must(t)
	counted := execute(t, "", "sql", "--store", store, "--output", "csv", "SELECT day, clients FROM counts_day WHERE grouping = 'all' ORDER BY day").must(t)
	if !strings.Contains(counted.out, "\"2018-04-16\",8\n\"2018-04-17\",9\n") {
		t.Errorf("counted %s", counted.out)
	}
	client := strings.TrimSpace(execute(t, "", "sql", "--store", store, "--output", "csv", "SELECT min(client) FROM usage WHERE toDate(hour) = '2018-04-17' SETTINGS max_threads = 1").must(t).out)
	client = client[strings.LastIndex(client, "\n")+1:]
	execute(t, "", "forget", "--store", store, "--client-day", "2018-04-17/"+client).must(t)
	execute(t, "", "reconcile", "--store", store).must(t)
	log := execute(t, "", "sql", "--store", store, "--output", "csv", "SELECT * FROM forgotten").must(t).out
	if !strings.Contains(log, "client-day") || strings.Contains(log, client) {
		t.Errorf("the log of deletions: %s", log)
	}
	holdsNowhere(t, store, []byte(client))
	for _, wrong := range [][]string{{"--client-day", "2018-04-16"}, {"--client-day", "2018-04-16/198.18.0.3"}, {"--day", "yesterday"}, {"--network", "none"}, {}, {"--country", "ru"}, {"x", "--day", "2018-04-16"}} {
		got := execute(t, "", append([]string{"forget", "--store", store}, wrong...)...)
		if got.code != exitMisused || strings.Contains(got.errOut, "198.18") {
			t.Errorf("%v: exit code %d: %s", wrong, got.code, got.errOut)
		}
	}
}

// holdsNowhere looks for a text in every file of a store.
func holdsNowhere(t *testing.T, store string, text []byte) {
	t.Helper()
	err := filepath.WalkDir(store, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if strings.Contains(string(content), string(text)) {
			t.Errorf("%s holds %s", path, text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/engine/servertest"
	"github.com/banshift/banshift/queries"
)

// ofARun are columns that say when something was done, which differs from run to run.
var ofARun = []string{"started", "finished", "last_stored", "counted", "last_day_counted"}

// namedAnswers gives what each named query answers, without what differs from run to run.
func namedAnswers(t *testing.T, dsn string) map[string]string {
	t.Helper()
	store, err := load.Open(t.Context(), dsn, load.Options{FlowsDays: 30})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	named, err := queries.List()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, q := range named {
		var answer strings.Builder
		if err := store.Query(t.Context(), q.Name, nil, &answer, load.JSON); err != nil {
			t.Errorf("%s: %v", q.Name, err)
			continue
		}
		var rows []map[string]any
		if err := json.Unmarshal([]byte(answer.String()), &rows); err != nil {
			t.Fatalf("%s: %v", q.Name, err)
		}
		var lines strings.Builder
		for _, row := range rows {
			for _, column := range ofARun {
				delete(row, column)
			}
			line, err := json.Marshal(row)
			if err != nil {
				t.Fatal(err)
			}
			lines.Write(append(line, '\n'))
		}
		all[q.Name] = lines.String()
	}
	return all
}

// A store over two servers shows of the same telemetry what one engine shows, before and after something of it is forgotten.
func TestShardsShowWhatOneEngineShows(t *testing.T) {
	needEngine(t)
	servers := servertest.StartCluster(t, 2)
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(t.TempDir(), "master.key"))
	telemetry, one, sharded := filepath.Join(t.TempDir(), "telemetry"), filepath.Join(t.TempDir(), "one"), servers[0].DSN("banshift")+"&shards="+servertest.Cluster
	execute(t, "", "simulate", "--scale", "0.005", "--out", telemetry).must(t)
	flows, dns := filepath.Join(telemetry, "flows"), filepath.Join(telemetry, "dns")
	for _, weeks := range []string{flows, dns} {
		files, err := os.ReadDir(weeks)
		if err != nil {
			t.Fatal(err)
		}
		for _, week := range files {
			if week.Name() < "2018-03-05" { // the ban, and six weeks before it, are enough to compare
				if err := os.Remove(filepath.Join(weeks, week.Name())); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	same := func(when string) {
		t.Helper()
		for _, store := range []string{one, sharded} {
			execute(t, "", "reconcile", "--store", store).must(t)
		}
		want, got := namedAnswers(t, one), namedAnswers(t, sharded)
		for name := range want {
			differ(t, when+": query "+name, got[name], want[name])
		}
		for name, rows := range map[string]int{"daily_series": 20, "use_by_network_day": 20} {
			if n := strings.Count(want[name], "\n"); n < rows {
				t.Errorf("%s: %s has %d rows, want %d to compare", when, name, n, rows)
			}
		}
		differ(t, when, shown(t, sharded), shown(t, one))
	}
	reads := func() {
		t.Helper()
		for _, store := range []string{one, sharded} {
			got := execute(t, "", "run", "--store", store, flows, dns)
			// The library that stands for a server crashes now and then, and is started again: the command goes on from there.
			for try := 0; got.code != 0 && strings.Contains(got.errOut, "store is not reachable") && try < 3; try++ {
				time.Sleep(2 * time.Second)
				got = execute(t, "", "run", "--store", store, flows, dns)
			}
			got.must(t)
		}
	}
	reads()
	same("stored")
	for _, store := range []string{one, sharded} {
		execute(t, "", "forget", "--store", store, "--day", "2018-04-16").must(t)
	}
	same("without a day")
	reads()
	same("read again")
}

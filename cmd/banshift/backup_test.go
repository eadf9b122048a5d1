package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/banshift/banshift/ingest/kafka/brokertest"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/engine/servertest"
	"github.com/banshift/banshift/queries"
)

// TestBackupDrill backs a store up while a program fills it, destroys it, and restores the backup: reading goes on
// from the topic, and what is stored then is what an undisturbed run stores. A backup of the quiet store gives the same
// answers without reading anything. One server's store goes from one kind of store to the other, a sharded one to other databases.
func TestBackupDrill(t *testing.T) {
	needEngine(t)
	records := fromEnvironment(t, "BANSHIFT_DRILL_RECORDS", 40_000)
	seed := uint64(fromEnvironment(t, "BANSHIFT_SEED", int(time.Now().UnixNano()%100_000)))
	t.Logf("%d records, BANSHIFT_SEED=%d", records, seed)
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(t.TempDir(), "master.key"))
	t.Setenv("BANSHIFT_INGEST_FLUSH_AFTER_SECONDS", "1")
	t.Setenv("BANSHIFT_INGEST_BLOCK_RECORDS", "2000") // so that ranges are many
	broker, server := brokertest.Start(t), servertest.Start(t)
	shards := servertest.StartCluster(t, 2)
	for _, from := range []string{"embedded", "server", "shards"} {
		t.Run(from, func(t *testing.T) {
			t.Parallel()
			store, other := filepath.Join(t.TempDir(), "store"), server.DSN("restored_"+from)
			if from == "server" {
				store, other = server.DSN("drill"), filepath.Join(t.TempDir(), "restored")
			}
			if from == "shards" {
				store, other = shards[0].DSN("drill")+"&shards="+servertest.Cluster, shards[0].DSN("restored")+"&shards="+servertest.Cluster
			}
			w := &writers{
				T: t, store: store, uri: broker.URI("drill-"+from, "format=goflow2-json&group="+from), records: records,
				random: rand.New(rand.NewPCG(seed, 7)),
			}
			uniformFlows(t, records, seed, func(line []byte) { w.lines = append(w.lines, line) })
			w.drill(other)
			switch from {
			case "embedded":
				w.quiet(server.DSN("again"))
			case "shards":
				w.quiet(shards[0].DSN("again") + "&shards=" + servertest.Cluster)
			}
		})
	}
}

// drill backs up under load, and goes on in restored.
func (w *writers) drill(restored string) {
	w.createTopic()
	follower, _ := w.program("--follow", w.uri)
	w.produce(w.records / 4)
	w.await(1)
	produced := make(chan struct{})
	go func() { w.produce(len(w.lines)); close(produced) }()
	time.Sleep(time.Duration(w.random.IntN(800)) * time.Millisecond)
	dir := filepath.Join(w.TempDir(), "loaded")
	execute(w.T, "", "backup", "--store", w.store, dir).must(w.T)
	<-produced
	follower.Process.Kill()
	follower.Wait() //nolint:errcheck // it was killed
	if isDirectory(w.store) {
		if err := os.RemoveAll(w.store); err != nil {
			w.Fatal(err)
		}
	}
	w.store = restored
	w.Log(execute(w.T, "", "restore", "--store", restored, dir).must(w.T).out)
	before, _ := storedRecords(restored)
	if before == 0 || before == w.records {
		w.Logf("the backup has %d of %d records: it was not made under load", before, w.records)
	}
	if r := execute(w.T, "", "restore", "--store", restored, dir); r.code != exitFailed || !strings.Contains(r.errOut, "holds rows") {
		w.Errorf("restored twice: exit code %d: %s", r.code, r.errOut)
	}
	execute(w.T, "", "run", "--store", restored, w.uri).must(w.T)
	w.compare(filepath.Join(w.TempDir(), "reference"))
}

// quiet backs the store up while nothing writes to it, and compares what is restored.
func (w *writers) quiet(again string) {
	w.Helper()
	dir := filepath.Join(w.TempDir(), "quiet")
	execute(w.T, "", "backup", "--store", w.store, dir).must(w.T)
	execute(w.T, "", "restore", "--store", again, dir).must(w.T)
	execute(w.T, "", "reconcile", "--store", again).must(w.T)
	want, got := w.answers(w.store), w.answers(again)
	for name := range want {
		if got[name] != want[name] {
			w.Errorf("%s: %s\nwant %s", name, got[name], want[name])
		}
	}
}

// answers are those of a store to all named queries, or why there is none.
func (w *writers) answers(dsn string) map[string]string {
	w.Helper()
	store, err := load.Open(w.Context(), dsn, load.Options{})
	if err != nil {
		w.Fatal(err)
	}
	defer store.Close()
	named, err := queries.List()
	if err != nil {
		w.Fatal(err)
	}
	all := map[string]string{}
	for _, q := range named {
		var answer strings.Builder
		if err := store.Query(w.Context(), q.Name, nil, &answer, load.JSON); err != nil {
			w.Errorf("%s: %v", q.Name, err)
		}
		all[q.Name] = answer.String()
	}
	return all
}

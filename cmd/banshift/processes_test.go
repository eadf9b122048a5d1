package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/banshift/banshift/ingest/kafka"
	"github.com/banshift/banshift/ingest/kafka/brokertest"
	"github.com/banshift/banshift/load/engine/servertest"
)

// processesPartitions is over how many partitions the processes share a topic.
const processesPartitions = 8

// TestProcessesShareATopic has several processes of one group store a topic of eight partitions in one server, and
// compares the store with what another client counts in the broker's log: BANSHIFT_PROCESSES_RECORDS records (20000) in
// BANSHIFT_PROCESSES_TURNS turns, with 1, 2 and 4 processes and one on a single core. It says how long each took, from
// the first process's start, and until nine tenths are stored from the first range on that the ledger has: starts, joining the
// group, and waiting for the last blocks to fill are in the one and not in the other. It takes minutes: run it by "make processes".
func TestProcessesShareATopic(t *testing.T) {
	needEngine(t)
	if os.Getenv("BANSHIFT_PROCESSES_TURNS") == "" {
		t.Skip("BANSHIFT_PROCESSES_TURNS is not set; run make processes")
	}
	records, turns := fromEnvironment(t, "BANSHIFT_PROCESSES_RECORDS", 20_000), fromEnvironment(t, "BANSHIFT_PROCESSES_TURNS", 1)
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(t.TempDir(), "master.key"))
	p := &processes{broker: brokertest.Start(t), server: servertest.Start(t)}
	made := p.soak(t, "made")
	made.lines = made.disturbed(records, 5)
	if err := kafka.CreateTopic(t.Context(), made.uri, kafka.Config{}, processesPartitions); err != nil {
		t.Fatal(err)
	}
	if err := made.send(made.lines); err != nil {
		t.Fatal(err)
	}
	p.lines, p.want = made.lines, made.recount()
	if got := len(p.want.ends); got != processesPartitions {
		t.Fatalf("the log has records in %d partitions, want %d", got, processesPartitions)
	}
	pinned := onOneCore(t)
	seconds := map[string][]float64{}
	for turn := range turns {
		for _, kind := range []struct {
			name  string
			n     int
			under []string
		}{{"one_core", 1, pinned}, {"one", 1, nil}, {"two", 2, nil}, {"four", 4, nil}} {
			storing := p.store(t, fmt.Sprintf("%s_%d", kind.name, turn), kind.n, kind.under)
			seconds[kind.name] = append(seconds[kind.name], storing.Seconds())
		}
	}
	for _, name := range []string{"one_core", "one", "two", "four"} {
		var ratios []float64
		for turn := range turns {
			ratios = append(ratios, seconds["one_core"][turn]/seconds[name][turn])
		}
		t.Logf("%s: %.0f records/s, %.2f times one on a single core (each turn: %.2f)",
			name, 0.9*float64(p.want.records)/middle(seconds[name]), middle(ratios), ratios)
	}
}

// processes is a topic that was filled, and the server into which it is stored again and again.
type processes struct {
	broker *brokertest.Broker
	server *servertest.Server
	lines  [][]byte
	want   recounted
}

// soak gives what reads the topic, as a group and into a database of that name.
func (p *processes) soak(t *testing.T, name string) *soak {
	return &soak{broker: p.broker, writers: &writers{
		T: t, store: p.server.DSN(name), uri: p.broker.URI("soak", "format=goflow2-json&group="+name), random: rand.New(rand.NewPCG(5, 1)), lines: p.lines,
	}}
}

// store has n processes store the topic in a database of its own, compares it with the recount, and gives how long
// storing nine tenths of it took, from the first range that was written down.
func (p *processes) store(t *testing.T, name string, n int, under []string) (storing time.Duration) {
	t.Helper()
	s := p.soak(t, name)
	s.under = under
	execute(t, "", "migrate", "--store", s.store).must(t)
	began := time.Now()
	var members []*exec.Cmd
	for range n {
		member, _ := s.program("--follow", s.uri)
		members = append(members, member)
	}
	s.await(p.want.records)
	took := time.Since(began)
	for _, member := range members {
		s.peak = max(s.peak, highWater(member.Process.Pid)<<10)
		s.end(member, true)
	}
	s.check(p.want)
	storing = time.Duration(s.ask(fmt.Sprintf(`SELECT toInt64(date_diff('millisecond', (SELECT min(at) FROM batches WHERE partition >= 0), min(at)))
		FROM (SELECT at, sum(records_in) OVER (ORDER BY at) AS so_far FROM batches WHERE state = 'done' AND partition >= 0) WHERE so_far >= %d`, p.want.records*9/10))[0][0]) * time.Millisecond
	t.Logf("%s: %d processes stored nine tenths of %d records in %.1f s; from the start to the last in %.1f s", name, n, p.want.records, storing.Seconds(), took.Seconds())
	return storing
}

// onOneCore is what starts a program on a single core.
func onOneCore(t *testing.T) []string {
	t.Helper()
	path, err := exec.LookPath("taskset")
	if err != nil {
		t.Fatalf("taskset is not on PATH: it keeps a program on one core; install util-linux: %v", err)
	}
	if err := exec.Command(path, "-c", "0", os.Args[0], "-test.list=^$").Run(); err != nil {
		t.Fatalf("%s cannot keep a program on core 0: %v", path, err)
	}
	return []string{path, "-c", "0"}
}

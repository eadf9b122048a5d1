package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/banshift/banshift/ingest/kafka"
	"github.com/banshift/banshift/ingest/kafka/brokertest"
	"github.com/banshift/banshift/load/engine/servertest"
)

// processesPartitions is over how many partitions the processes share a topic.
const processesPartitions = 8

// TestProcessesShareATopic has several processes of one group store a topic of eight partitions in one server, and
// compares the store with what another client counts in the broker's log: BANSHIFT_PROCESSES_RECORDS records (3000000) in
// BANSHIFT_PROCESSES_TURNS turns, with 1, 2 and 4 processes, one on a single core, and one on a single core that the server has
// to share; the broker has all cores. It says how long each took, from
// the first process's start, and from the first range that the ledger has until as many records are stored as whole blocks have: starts,
// joining the group, and waiting for the last blocks to fill are in the one and not in the other. It takes minutes: run it by "make processes".
func TestProcessesShareATopic(t *testing.T) {
	needEngine(t)
	if os.Getenv("BANSHIFT_PROCESSES_TURNS") == "" {
		t.Skip("BANSHIFT_PROCESSES_TURNS is not set; run make processes")
	}
	records, turns := fromEnvironment(t, "BANSHIFT_PROCESSES_RECORDS", 3_000_000), fromEnvironment(t, "BANSHIFT_PROCESSES_TURNS", 1)
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
	const block = 65_536 // ingest.block_records
	for _, end := range p.want.ends {
		p.whole += end / block * block
	}
	if p.whole == 0 {
		t.Fatalf("%d records fill no block of a partition: at least 600000", records)
	}
	pinned := onOneCore(t)
	all := fmt.Sprintf("0-%d", runtime.NumCPU()-1)
	kinds := []struct {
		name   string
		n      int
		pinned bool   // the program, to core 0
		server string // its cores
	}{{"all_on_one_core", 1, true, "0"}, {"one_on_one_core", 1, true, all}, {"one", 1, false, all}, {"two", 2, false, all}, {"four", 4, false, all}}
	seconds := map[string][]float64{}
	for turn := range turns {
		for _, kind := range kinds {
			p.server.OnCores(kind.server)
			var under []string
			if kind.pinned {
				under = pinned
			}
			storing := p.store(t, fmt.Sprintf("%s_%d", kind.name, turn), kind.n, under)
			seconds[kind.name] = append(seconds[kind.name], storing.Seconds())
		}
	}
	for _, kind := range kinds {
		ratios := map[string][]float64{}
		for turn := range turns {
			for _, than := range []string{"all_on_one_core", "one_on_one_core"} {
				ratios[than] = append(ratios[than], seconds[than][turn]/seconds[kind.name][turn])
			}
		}
		t.Logf("%s: %.0f records/s, times one on the server's core %.2f, on a core of its own %.2f",
			kind.name, float64(p.whole)/middle(seconds[kind.name]), ratios["all_on_one_core"], ratios["one_on_one_core"])
	}
}

// processes is a topic that was filled, and the server into which it is stored again and again.
type processes struct {
	broker *brokertest.Broker
	server *servertest.Server
	lines  [][]byte
	want   recounted
	whole  int64 // records in whole blocks
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
		FROM (SELECT at, sum(records_in) OVER (ORDER BY at) AS so_far FROM batches WHERE state = 'done' AND partition >= 0) WHERE so_far >= %d`, p.whole))[0][0]) * time.Millisecond
	t.Logf("%s: %d processes stored %d of %d records in %.1f s; from the start to the last in %.1f s", name, n, p.whole, p.want.records, storing.Seconds(), took.Seconds())
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

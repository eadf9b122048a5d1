package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/banshift/banshift/ingest/kafka"
	"github.com/banshift/banshift/ingest/kafka/brokertest"
	"github.com/banshift/banshift/load/engine/servertest"
)

// TestWritersAreKeptApart has several programs write the same source at the same time, and
// compares the store with what one undisturbed run stores. "make writers" does it at full size:
// BANSHIFT_WRITERS_RECORDS records a round, BANSHIFT_WRITERS_ROUNDS rounds.
func TestWritersAreKeptApart(t *testing.T) {
	needEngine(t)
	if testing.Short() {
		t.Skip("programs are stopped for longer than a session")
	}
	records, rounds := fromEnvironment(t, "BANSHIFT_WRITERS_RECORDS", 20_000), fromEnvironment(t, "BANSHIFT_WRITERS_ROUNDS", 1)
	seed := uint64(fromEnvironment(t, "BANSHIFT_SEED", int(time.Now().UnixNano()%100_000)))
	t.Logf("%d records, %d rounds, BANSHIFT_SEED=%d", records, rounds, seed)
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(t.TempDir(), "master.key"))
	t.Setenv("BANSHIFT_INGEST_FLUSH_AFTER_SECONDS", "1")
	broker, server := brokertest.Start(t), servertest.Start(t)
	for round := range rounds {
		for _, disturb := range []struct {
			name string
			do   func(*writers)
		}{
			{"member-stopped", (*writers).stopMember}, {"overlapping-runs", (*writers).overlap},
			{"run-next-to-follower", (*writers).runNextToFollower}, {"directory-read-twice", (*writers).readDirectoryTwice},
		} {
			for _, kind := range []string{"server", "embedded"} {
				name := fmt.Sprintf("%s-%s-%d", disturb.name, kind, round)
				t.Run(name, func(t *testing.T) {
					t.Parallel() // most of it is waiting
					store := filepath.Join(t.TempDir(), "store")
					if kind == "server" {
						store = server.DSN(strings.ReplaceAll(name, "-", "_"))
					}
					w := &writers{
						T: t, store: store, uri: broker.URI(name, "format=goflow2-json&group="+name), records: records,
						random: rand.New(rand.NewPCG(seed, uint64(round))),
					}
					uniformFlows(t, records, seed+uint64(round), func(line []byte) { w.lines = append(w.lines, line) })
					disturb.do(w)
					w.compare(filepath.Join(t.TempDir(), "reference"))
				})
			}
		}
	}
}

func fromEnvironment(t *testing.T, name string, otherwise int) int {
	t.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv(name), strconv.Itoa(otherwise)))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// writers is one round: several programs that write the same records into a store.
type writers struct {
	*testing.T
	store, uri string
	records    int
	random     *rand.Rand
	lines      [][]byte
	sources    []string // what an undisturbed run reads; empty: the topic
	under      []string // a command that starts the programs, with its arguments; empty: none
}

// program starts "banshift run" as a process of its own, whose output goes to the test's log if it fails.
func (w *writers) program(args ...string) (process *exec.Cmd, log *logBuffer) {
	w.Helper()
	log = &logBuffer{}
	command := append(slices.Clone(w.under), os.Args[0], "run", "--store", w.store)
	process = exec.Command(command[0], append(command[1:], args...)...)
	process.Env = append(os.Environ(), runEnv+"="+filepath.Join(w.TempDir(), "peak"))
	process.Stdout, process.Stderr = log, log
	if err := process.Start(); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		process.Process.Signal(syscall.SIGCONT)
		process.Process.Kill()
		process.Wait()
		if w.Failed() {
			w.Logf("%v:\n%s", args, log.String())
		}
	})
	return process, log
}

// end interrupts a follower, or waits for a run, and wants it to end well.
func (w *writers) end(process *exec.Cmd, interrupt bool) {
	w.Helper()
	if interrupt {
		process.Process.Signal(os.Interrupt)
	}
	if err := process.Wait(); err != nil {
		w.Errorf("%v: %v", process.Args[1:], err)
	}
}

func (w *writers) createTopic() {
	w.Helper()
	if err := kafka.CreateTopic(w.Context(), w.uri, kafka.Config{}, 4); err != nil {
		w.Fatal(err)
	}
}

// produce writes the next records of the round in bursts.
func (w *writers) produce(n int) {
	w.Helper()
	producer, err := kafka.NewProducer(w.Context(), w.uri, kafka.Config{})
	if err != nil {
		w.Fatal(err)
	}
	defer producer.Close()
	n = min(n, len(w.lines))
	for part := w.lines[:n]; len(part) > 0; {
		burst := min(len(part), 1+w.random.IntN(1+n/5))
		if err := producer.Write(w.Context(), part[:burst]); err != nil {
			w.Fatal(err)
		}
		part = part[burst:]
		time.Sleep(time.Duration(w.random.IntN(300)) * time.Millisecond)
	}
	w.lines = w.lines[n:]
}

// await waits until the ledger has so many records, as long as they become more.
func (w *writers) await(records int) {
	w.Helper()
	most := 0
	for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(300 * time.Millisecond) {
		n, ok := storedRecords(w.store)
		if ok && n >= records {
			return
		}
		if n > most {
			most, deadline = n, time.Now().Add(3*time.Minute)
		}
		if time.Now().After(deadline) {
			w.Fatalf("%d of %d records are stored", n, records)
		}
	}
}

// stopMember stops one of two members of a group for longer than its session, while it
// writes, and lets it go on.
func (w *writers) stopMember() {
	w.createTopic()
	first, _ := w.program("--follow", w.uri)
	w.produce(w.records / 4)
	w.await(1)
	second, _ := w.program("--follow", w.uri)
	w.produce(w.records / 4)
	time.Sleep(time.Duration(w.random.IntN(1500)) * time.Millisecond)
	first.Process.Signal(syscall.SIGSTOP)
	w.produce(w.records / 4)
	time.Sleep(15 * time.Second) // a session is 10 s
	first.Process.Signal(syscall.SIGCONT)
	w.produce(len(w.lines))
	w.await(w.records)
	w.end(second, true) // the first may own the engine
	w.end(first, true)
}

// overlap starts runs to the present end of a growing topic, before the ones before are done.
func (w *writers) overlap() {
	w.createTopic()
	var runs []*exec.Cmd
	for range 6 {
		w.produce(w.records / 6)
		process, _ := w.program(w.uri)
		runs = append(runs, process)
		time.Sleep(time.Duration(w.random.IntN(400)) * time.Millisecond)
	}
	w.produce(len(w.lines))
	for _, process := range runs {
		w.end(process, false)
	}
	last, _ := w.program(w.uri)
	w.end(last, false)
}

// runNextToFollower has runs to the present end come and go next to a follower.
func (w *writers) runNextToFollower() {
	w.createTopic()
	follower, _ := w.program("--follow", w.uri)
	for range 4 {
		w.produce(w.records / 4)
		process, _ := w.program(w.uri)
		w.end(process, false)
	}
	w.produce(len(w.lines))
	w.await(w.records)
	w.end(follower, true)
}

// readDirectoryTwice has two runs read one directory at the same time.
func (w *writers) readDirectoryTwice() {
	dir := w.TempDir()
	for i := range 8 {
		part := w.lines[i*len(w.lines)/8 : (i+1)*len(w.lines)/8]
		var text strings.Builder
		for _, line := range part {
			text.Write(append(line, '\n'))
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.ndjson", i)), []byte(text.String()), 0o600); err != nil {
			w.Fatal(err)
		}
	}
	w.sources = []string{dir}
	first, _ := w.program(dir)
	second, _ := w.program(dir)
	w.end(first, false)
	w.end(second, false)
	last, _ := w.program(dir)
	w.end(last, false)
}

// byClient is what does not depend on how a source is cut into ranges.
const byClient = "SELECT country, hour, client, sum(records) AS n, sum(bytes_up) AS up, sum(bytes_down) AS down FROM usage GROUP BY ALL ORDER BY ALL"

// compare compares the store with one that an undisturbed run makes.
func (w *writers) compare(reference string) {
	w.Helper()
	sources := w.sources
	if len(sources) == 0 {
		sources = []string{w.uri}
	}
	execute(w.T, "", append([]string{"run", "--store", reference}, sources...)...).must(w.T)
	want := execute(w.T, "", "sql", "--store", reference, "--output", "csv", byClient).must(w.T).out
	got := execute(w.T, "", "sql", "--store", w.store, "--output", "csv", byClient).must(w.T).out
	if got != want {
		w.Errorf("%d lines of clients, want %d, or others", strings.Count(got, "\n"), strings.Count(want, "\n"))
	}
	account := run(context.Background(), []string{"reconcile", "--store", w.store}, nil, w.Output(), w.Output())
	if account != exitDone {
		w.Errorf("reconcile: exit code %d", account)
	}
	total := execute(w.T, "", "sql", "--store", w.store, "--output", "csv", "SELECT sum(records), (SELECT count() FROM rejects) FROM usage").must(w.T).out
	if !strings.Contains(total, fmt.Sprintf("%d,0", w.records)) {
		w.Errorf("records and rejects: %s, want %d,0", total, w.records)
	}
}

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/banshift/banshift/ingest/kafka/brokertest"
	"github.com/banshift/banshift/load/engine/servertest"
)

// faulty is a program that follows a topic into a server while something goes wrong.
func faulty(t *testing.T, records int, options ...brokertest.Option) *soak {
	t.Helper()
	needEngine(t)
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(t.TempDir(), "master.key"))
	t.Setenv("BANSHIFT_INGEST_FLUSH_AFTER_SECONDS", "1")
	s := &soak{broker: brokertest.Start(t, options...), servers: []*servertest.Server{servertest.Start(t)}, killed: map[string]int{}}
	s.writers = &writers{T: t, store: s.servers[0].DSN("faults"), uri: s.broker.URI("soak", "format=goflow2-json&group=faults"), random: rand.New(rand.NewPCG(1, 1))}
	uniformFlows(t, records, 1, func(line []byte) {
		// The two directions of a flow are of one hour: the program counts them in that of the first.
		if start := s.start(line); start%int64(time.Hour) > int64(time.Minute) && start%int64(time.Hour) < int64(59*time.Minute) {
			s.lines = append(s.lines, line)
		}
	})
	s.createTopic()
	return s
}

// A store whose disk is so slow that it stands still nine tenths of the time is waited for: every record is stored once,
// and memory stays bounded. The server's process is stopped and goes on, which is what waiting for a disk looks like.
func TestSlowDisk(t *testing.T) {
	s := faulty(t, 40_000)
	s.begin(0)
	over, pulses := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		defer func() { pulses <- n }()
		for ; ; n++ {
			s.servers[0].Pause()
			time.Sleep(450 * time.Millisecond)
			s.servers[0].Resume()
			select {
			case <-over:
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	began := time.Now()
	if err := s.send(s.lines); err != nil {
		t.Error(err)
	}
	time.Sleep(5 * time.Second)
	close(over)
	n := <-pulses
	want := s.recount()
	s.await(want.records)
	t.Logf("the server stood still %d times for 450 ms; stored after %s", n, time.Since(began).Round(time.Second))
	s.noteMemory(0)
	s.end(s.members[0], true)
	s.check(want)
}

// While the broker's name resolves to nothing, and its connections are lost, a program that follows goes on trying, and
// reads on when the name is back.
func TestBrokersNameGoesWhileFollowed(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("a program gets names of hosts of its own in a mount namespace, which needs root")
	}
	t.Setenv("GODEBUG", "netdns=go") // which reads the files of the namespace
	hosts, resolver := filepath.Join(t.TempDir(), "hosts"), filepath.Join(t.TempDir(), "resolv.conf")
	write := func(file, text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(hosts, "127.0.0.1 localhost\n")
	write(resolver, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n") // nobody answers there
	s := faulty(t, 20_000, brokertest.WithName("localhost"))
	s.under = []string{"unshare", "--mount", "sh", "-c", `mount --bind "$1" /etc/hosts && mount --bind "$2" /etc/resolv.conf && shift 2 && exec "$@"`, "sh", hosts, resolver}
	if out, err := exec.Command(s.under[0], append(s.under[1:], "true")...).CombinedOutput(); err != nil {
		t.Skipf("no mount namespace here: %v: %s", err, out)
	}
	s.begin(0)
	half := len(s.lines) / 2
	if err := s.send(s.lines[:half]); err != nil {
		t.Fatal(err)
	}
	s.await(half)
	write(hosts, "")
	time.Sleep(6 * time.Second) // for longer than a resolver remembers the file
	s.broker.Kill9()
	s.broker.Restart()
	if err := s.send(s.lines[half:]); err != nil {
		t.Fatal(err)
	}
	gone := time.Now()
	for deadline := gone.Add(5 * time.Minute); !strings.Contains(s.logs[0].String(), "lookup localhost"); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the program does not say that the name is gone: %s", s.logs[0].String())
		}
	}
	time.Sleep(10 * time.Second)
	if err := s.members[0].Process.Signal(syscall.Signal(0)); err != nil {
		t.Fatalf("the program ended: %s", s.logs[0].String())
	}
	write(hosts, "127.0.0.1 localhost\n")
	back := time.Now()
	want := s.recount()
	s.await(want.records)
	t.Logf("the name was gone for %s; %s after it was back all was stored", back.Sub(gone).Round(time.Second), time.Since(back).Round(time.Second))
	s.noteMemory(0)
	s.end(s.members[0], true)
	s.check(want)
}

// A program whose clock is a day ahead takes records of tomorrow, and is killed; one whose clock is right goes on. What
// the first had begun is finished as it was begun: of each range tomorrow's records are all stored or all rejected. The clock
// is the machine's, so that the limit is moved as a wrong clock would move it; nothing else about records asks the clock.
func TestClockADayAheadAndBack(t *testing.T) {
	s := faulty(t, 20_000)
	tomorrow := time.Now().Add(23 * time.Hour).Truncate(time.Hour).Add(30 * time.Minute).UnixNano()
	for i := 0; i < len(s.lines); i += 10 {
		s.lines[i] = s.moved(s.lines[i], tomorrow)
	}
	right := os.Getenv("BANSHIFT_INGEST_FUTURE_SECONDS")
	t.Setenv("BANSHIFT_INGEST_FUTURE_SECONDS", strconv.Itoa(86_400+3600))
	s.begin(0)
	third := len(s.lines) / 3
	if err := s.send(s.lines[:third]); err != nil {
		t.Fatal(err)
	}
	s.await(third / 2)
	produced := make(chan error, 1)
	go func() { produced <- s.send(s.lines[third : 2*third]) }()
	time.Sleep(time.Duration(500+s.random.IntN(1000)) * time.Millisecond)
	s.members[0].Process.Kill()
	s.members[0].Wait() //nolint:errcheck // it was killed
	if right == "" {
		os.Unsetenv("BANSHIFT_INGEST_FUTURE_SECONDS")
	} else {
		t.Setenv("BANSHIFT_INGEST_FUTURE_SECONDS", right)
	}
	s.begin(0)
	if err := <-produced; err != nil {
		t.Fatal(err)
	}
	if err := s.send(s.lines[2*third:]); err != nil {
		t.Fatal(err)
	}
	want := s.recount()
	s.await(want.records)
	s.end(s.members[0], true)
	execute(t, "", "reconcile", "--store", s.store).must(t)

	ofTomorrow := s.positionsOf(tomorrow)
	rejected := map[[2]int64]bool{}
	for _, row := range s.ask("SELECT toInt64(partition), offset FROM rejects") {
		rejected[[2]int64{row[0], row[1]}] = true
	}
	var all, none int
	for _, r := range s.ask("SELECT toInt64(partition), first, next FROM ledger WHERE state = 'done' AND partition >= 0") {
		var in, out int
		for offset := r[1]; offset < r[2]; offset++ {
			if at := [2]int64{r[0], offset}; ofTomorrow[at] {
				in++
				if rejected[at] {
					out++
				}
			}
		}
		switch {
		case out == 0 && in > 0:
			none++
		case out == in:
			all++
		default:
			t.Errorf("range %d to %d of partition %d has %d records of tomorrow, %d of them rejected", r[1], r[2], r[0], in, out)
		}
	}
	if all == 0 || none == 0 {
		t.Errorf("of %d and %d ranges tomorrow's records are stored and rejected: want some of each", none, all)
	}
	stored := s.ask(fmt.Sprintf("SELECT toInt64(sum(records)) FROM usage WHERE hour = toStartOfHour(fromUnixTimestamp64Nano(%d, 'UTC'))", tomorrow))[0][0]
	if int(stored)+len(rejected) != len(ofTomorrow) {
		t.Errorf("%d records of tomorrow are stored and %d rejected, of %d", stored, len(rejected), len(ofTomorrow))
	}
	t.Logf("%d records of tomorrow: %d stored in %d ranges under the clock that was ahead, %d rejected since", len(ofTomorrow), stored, none, len(rejected))
}

// positionsOf gives partition and offset of the records of a time, by a client that the program does not use.
func (s *soak) positionsOf(nanos int64) map[[2]int64]bool {
	s.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(s.broker.Addr), kgo.ConsumeTopics("soak"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		s.Fatal(err)
	}
	defer client.Close()
	found := map[[2]int64]bool{}
	for n := 0; n < len(s.lines); {
		ctx, cancel := context.WithTimeout(s.Context(), 5*time.Minute)
		fetches := client.PollFetches(ctx)
		cancel()
		if err := fetches.Err(); err != nil {
			s.Fatal(err)
		}
		fetches.EachRecord(func(record *kgo.Record) {
			n++
			if s.start(record.Value) == nanos {
				found[[2]int64{int64(record.Partition), record.Offset}] = true
			}
		})
	}
	return found
}

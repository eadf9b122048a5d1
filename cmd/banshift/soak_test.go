package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/banshift/banshift/ingest/kafka/brokertest"
	"github.com/banshift/banshift/load/engine/servertest"
)

// soakMemory is what a program may take throughout.
const soakMemory = 400 << 20

// soak is two members that follow a topic into a server, while everything is killed now and then.
type soak struct {
	*writers
	broker  *brokertest.Broker
	servers []*servertest.Server // one, or the shards of a store
	members [2]*exec.Cmd
	logs    [2]*logBuffer
	peak    int64 // memory of a member, bytes
	killed  map[string]int
}

// TestSoak kills programs, server and broker at random moments, and stops a member for longer than its session,
// under records of which some come twice, late, from the future, or corrupt. Another client then counts what the
// broker's log has: none may be lost or stored twice. BANSHIFT_SOAK_KILLS (5), BANSHIFT_SOAK_RECORDS (60000),
// BANSHIFT_SOAK_SHARDS (1: a server) and BANSHIFT_SEED (anew each time) say how; "make soak" does it at length.
func TestSoak(t *testing.T) {
	needEngine(t)
	kills, records := fromEnvironment(t, "BANSHIFT_SOAK_KILLS", 5), fromEnvironment(t, "BANSHIFT_SOAK_RECORDS", 60_000)
	seed := uint64(fromEnvironment(t, "BANSHIFT_SEED", int(time.Now().UnixNano()%1_000_000)))
	t.Logf("BANSHIFT_SEED=%d BANSHIFT_SOAK_KILLS=%d BANSHIFT_SOAK_RECORDS=%d repeats this", seed, kills, records)
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(t.TempDir(), "master.key"))
	t.Setenv("BANSHIFT_INGEST_FLUSH_AFTER_SECONDS", "1")
	s := &soak{broker: brokertest.Start(t), killed: map[string]int{}}
	var store string
	if shards := fromEnvironment(t, "BANSHIFT_SOAK_SHARDS", 1); shards > 1 {
		s.servers = servertest.StartCluster(t, shards)
		store = s.servers[0].DSN("soak") + "&shards=" + servertest.Cluster
	} else {
		s.servers = []*servertest.Server{servertest.Start(t)}
		store = s.servers[0].DSN("soak")
	}
	s.writers = &writers{T: t, store: store, uri: s.broker.URI("soak", "format=goflow2-json&group=soak"), random: rand.New(rand.NewPCG(seed, 1))}
	s.lines = s.disturbed(records, seed)
	s.createTopic()
	for i := range s.members {
		s.begin(i)
	}
	s.await(0) // the first of them has made the tables
	share := len(s.lines)/kills + 1
	for part := range slices.Chunk(s.lines, share) {
		produced := make(chan error, 1)
		go func() { produced <- s.send(part) }()
		time.Sleep(time.Duration(s.random.IntN(2500)) * time.Millisecond)
		s.kill()
		if err := <-produced; err != nil {
			t.Fatal(err)
		}
	}
	want := s.recount()
	s.await(want.records)
	for i := range s.members {
		s.noteMemory(i)
		s.end(s.members[i], true)
	}
	s.check(want)
}

// disturbed gives the records of the test and what disturbs: duplicates, late, future and corrupt ones.
func (s *soak) disturbed(records int, seed uint64) (lines [][]byte) {
	uniformFlows(s.T, records, seed, func(line []byte) {
		// The two directions of a flow are of one hour: the program counts them in that of the first.
		if start := s.start(line); start%int64(time.Hour) < int64(time.Minute) || start%int64(time.Hour) > int64(59*time.Minute) {
			return
		}
		lines = append(lines, line)
		switch s.random.IntN(400) {
		case 0:
			lines = append(lines, line)
		case 1:
			lines = append(lines, line[:len(line)/2])
		case 2:
			at := time.Now().AddDate(0, 0, 10).UnixNano()
			lines = append(lines, s.moved(line, at))
		case 3:
			lines = append(lines, s.moved(line, 1_514_764_800_000_000_000)) // months before the others
		}
	})
	return lines
}

// start is when the flow of a record began.
func (s *soak) start(line []byte) int64 {
	s.Helper()
	var flow struct {
		Start int64 `json:"time_flow_start_ns"`
	}
	if err := json.Unmarshal(line, &flow); err != nil {
		s.Fatal(err)
	}
	return flow.Start
}

// moved gives a record of another time.
func (s *soak) moved(line []byte, nanos int64) []byte {
	s.Helper()
	var record map[string]json.RawMessage
	if err := json.Unmarshal(line, &record); err != nil {
		s.Fatal(err)
	}
	for _, key := range []string{"time_received_ns", "time_flow_start_ns", "time_flow_end_ns"} {
		record[key] = json.RawMessage(strconv.FormatInt(nanos, 10))
	}
	text, err := json.Marshal(record)
	if err != nil {
		s.Fatal(err)
	}
	return text
}

// send writes records by a client that waits for a broker that is away, and has each there once.
func (s *soak) send(lines [][]byte) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(s.broker.Addr), kgo.DefaultProduceTopic("soak"))
	if err != nil {
		return err
	}
	defer client.Close()
	for some := range slices.Chunk(lines, 2000) {
		var batch []*kgo.Record
		for _, line := range some {
			batch = append(batch, &kgo.Record{Value: line})
		}
		if err := client.ProduceSync(context.Background(), batch...).FirstErr(); err != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return nil
}

// begin starts a member and waits until it follows the topic. One that ends because the server is away just then is started again, as what
// supervises it does.
func (s *soak) begin(i int) {
	s.Helper()
	s.members[i], s.logs[i] = s.program("--follow", s.uri)
	for deadline := time.Now().Add(5 * time.Minute); !strings.Contains(s.logs[i].String(), `"following"`); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.Fatalf("member %d does not follow: %s", i, s.logs[i].String())
		}
		if strings.Contains(s.logs[i].String(), "store is not reachable") {
			s.members[i].Wait() //nolint:errcheck // it said why
			s.members[i], s.logs[i] = s.program("--follow", s.uri)
		}
	}
}

// kill ends or stops something.
func (s *soak) kill() {
	i := s.random.IntN(len(s.members))
	what := []string{"program", "program", "server", "server", "broker", "member stopped"}[s.random.IntN(6)]
	s.killed[what]++
	s.noteMemory(i)
	switch what {
	case "program":
		s.members[i].Process.Kill()
		s.members[i].Wait() //nolint:errcheck // it was killed
		s.begin(i)
	case "server":
		server := s.servers[s.random.IntN(len(s.servers))]
		server.Kill()
		time.Sleep(time.Duration(s.random.IntN(1000)) * time.Millisecond)
		server.Restart()
	case "broker":
		s.broker.Kill9()
		s.broker.Restart()
	default: // for longer than its session of 10 s
		s.members[i].Process.Signal(syscall.SIGSTOP)
		time.Sleep(12 * time.Second)
		s.members[i].Process.Signal(syscall.SIGCONT)
	}
	// A program that ended by itself is a fault, and the others go on to show it.
	for i, m := range s.members {
		if m.Process.Signal(syscall.Signal(0)) != nil {
			s.Errorf("a member ended by itself: %s", s.logs[i].String())
			s.begin(i)
		}
	}
}

// noteMemory notes the most that a member took so far.
func (s *soak) noteMemory(i int) { s.peak = max(s.peak, highWater(s.members[i].Process.Pid)<<10) }

// hourly is what an hour has.
type hourly struct{ records, bytes int64 }

// recounted is what the broker's log has.
type recounted struct {
	records, rejected int
	hours             map[int64]hourly
	ends              map[int32]int64
}

// recount reads the log by a client that the program does not use, and counts by itself.
func (s *soak) recount() recounted {
	s.Helper()
	r := recounted{hours: map[int64]hourly{}, ends: map[int32]int64{}}
	client, err := kgo.NewClient(kgo.SeedBrokers(s.broker.Addr), kgo.ConsumeTopics("soak"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		s.Fatal(err)
	}
	defer client.Close()
	future := time.Now().Add(time.Hour).UnixNano()
	for r.records < len(s.lines) {
		ctx, cancel := context.WithTimeout(s.Context(), 5*time.Minute)
		fetches := client.PollFetches(ctx)
		cancel()
		if err := fetches.Err(); err != nil {
			s.Fatalf("the log has %d records of %d: %v", r.records, len(s.lines), err)
		}
		fetches.EachRecord(func(record *kgo.Record) {
			r.records++
			r.ends[record.Partition] = max(r.ends[record.Partition], record.Offset+1)
			var flow struct {
				Start int64 `json:"time_flow_start_ns"`
				Bytes int64 `json:"bytes"`
			}
			if json.Unmarshal(record.Value, &flow) != nil || flow.Start > future {
				r.rejected++
				return
			}
			hour := flow.Start / int64(time.Hour) * 3600
			was := r.hours[hour]
			r.hours[hour] = hourly{was.records + 1, was.bytes + flow.Bytes}
		})
	}
	return r
}

// ask gives the numbers of an answer, line by line.
func (s *soak) ask(sql string) (rows [][]int64) {
	s.Helper()
	out := execute(s.T, "", "sql", "--store", s.store, "--output", "csv", sql).must(s.T).out
	lines, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil {
		s.Fatal(err)
	}
	for _, line := range lines[1:] {
		var row []int64
		for _, field := range line {
			n, err := strconv.ParseInt(field, 10, 64)
			if err != nil {
				s.Fatal(err)
			}
			row = append(row, n)
		}
		rows = append(rows, row)
	}
	return rows
}

// check compares every table that adds up with the recount, and prints what was seen.
func (s *soak) check(want recounted) {
	s.Helper()
	execute(s.T, "", "query", "daily_series", "--store", s.store, "--output", "csv").must(s.T) // counts what a program that was stopped has left
	var lost, twice int64
	got := map[int64]hourly{}
	for _, row := range s.ask("SELECT toInt64(toUnixTimestamp(hour)), toInt64(sum(records)), toInt64(sum(bytes_up) + sum(bytes_down)) FROM usage GROUP BY hour ORDER BY hour") {
		got[row[0]] = hourly{row[1], row[2]}
	}
	for hour, w := range want.hours {
		g := got[hour]
		lost, twice = lost+max(0, w.records-g.records), twice+max(0, g.records-w.records)
		if g != w {
			s.Errorf("hour %d: %+v, want %+v", hour, g, w)
		}
		delete(got, hour)
	}
	for hour, g := range got {
		twice += g.records
		s.Errorf("hour %d: %+v, which the log does not have", hour, g)
	}
	for what, c := range map[string]struct {
		sql  string
		want int
	}{
		"rejects":          {"SELECT toInt64(count()) FROM rejects", want.rejected},
		"rejected offsets": {"SELECT toInt64(uniqExact(partition, offset)) FROM rejects", want.rejected},
		"ledger":           {"SELECT toInt64(sum(records_in)) FROM batches WHERE state = 'done' AND partition >= 0", want.records},
		"counts of days":   {"SELECT toInt64(sum(records)) FROM counts_day WHERE grouping = 'all'", want.records - want.rejected},
		"coverage":         {"SELECT toInt64(sum(flow_records)) FROM coverage", want.records - want.rejected},
	} {
		if rows := s.ask(c.sql); len(rows) != 1 || rows[0][0] != int64(c.want) {
			s.Errorf("%s: %v, want %d", what, rows, c.want)
		}
	}
	if code := run(context.Background(), []string{"reconcile", "--store", s.store}, nil, s.Output(), s.Output()); code != exitDone {
		s.Errorf("reconcile: exit code %d", code)
	}
	if s.peak > soakMemory {
		s.Errorf("a member took %d MB", s.peak>>20)
	}
	s.Logf("%v; %d records, %d of them rejected, %d hours: %d lost, %d twice; a member took at most %d MB",
		s.killed, want.records, want.rejected, len(want.hours), lost, twice, s.peak>>20)
}

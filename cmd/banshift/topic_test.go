package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/banshift/banshift/ingest/kafka"
	"github.com/banshift/banshift/ingest/kafka/brokertest"
	"github.com/banshift/banshift/simulate"
)

// topicRecords is how many records the test of the topic produces.
const topicRecords = 1_000_000

// logBuffer is a log that is read while it is written.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// TestTopicIsStoredExactly produces 1,000,000 records into a topic of 4 partitions, half of them before it follows it, stops when
// a third is stored as Ctrl-C does, goes on with all, and counts.
func TestTopicIsStoredExactly(t *testing.T) {
	needEngine(t)
	if testing.Short() {
		t.Skip("a million records take too long for -short")
	}
	broker := brokertest.Start(t)
	ctx := context.Background()
	uri := broker.URI("flows", "format=goflow2-json&group=exact")
	createTopic(ctx, t, uri)
	produceFlows(ctx, t, uri, topicRecords/2, 11)
	dir := t.TempDir()
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(dir, "master.key"))
	t.Setenv("BANSHIFT_INGEST_FLUSH_AFTER_SECONDS", "1")
	store := filepath.Join(dir, "store")

	first := follow(ctx, t, store, topicRecords/3, uri)
	produceFlows(ctx, t, uri, topicRecords/2, 12)
	second := follow(ctx, t, store, topicRecords-first, uri)
	if first+second != topicRecords {
		t.Errorf("%d and %d records: want %d together", first, second, topicRecords)
	}
	account := execute(t, "", "reconcile", "--store", store).must(t)
	if !strings.Contains(account.out, fmt.Sprintf("in %d =", topicRecords)) {
		t.Errorf("reconcile: %s", account.out)
	}
	rows := execute(t, "", "sql", "--store", store, "--output", "csv", "SELECT sum(records) FROM usage").must(t)
	if !strings.Contains(rows.out, fmt.Sprint(topicRecords)) {
		t.Errorf("usage holds %s records, want %d", rows.out, topicRecords)
	}
	drained := execute(t, "", "run", "--store", store, uri).must(t)
	if !strings.Contains(drained.errOut, "in 0 =") {
		t.Errorf("a third run found more: %s", drained.errOut)
	}
}

// TestEveryTopicIsFollowed follows two topics with one command: neither waits for the other.
func TestEveryTopicIsFollowed(t *testing.T) {
	needEngine(t)
	const records = 20_000
	broker := brokertest.Start(t)
	ctx := context.Background()
	dir := t.TempDir()
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(dir, "master.key"))
	t.Setenv("BANSHIFT_INGEST_FLUSH_AFTER_SECONDS", "1")
	var uris []string
	for _, topic := range []string{"east", "west"} {
		uri := broker.URI(topic, "format=goflow2-json&group=both")
		createTopic(ctx, t, uri)
		produceFlows(ctx, t, uri, records, 11)
		uris = append(uris, uri)
	}
	store := filepath.Join(dir, "store")
	if got := follow(ctx, t, store, 2*records, uris...); got != 2*records {
		t.Errorf("%d records of two topics, want %d", got, 2*records)
	}
	rows := execute(t, "", "sql", "--store", store, "--output", "csv", "SELECT uniqExact(source), sum(records_in) FROM ledger").must(t)
	if want := fmt.Sprintf("2,%d", 2*records); !strings.Contains(rows.out, want) {
		t.Errorf("the ledger has %q, want %s", rows.out, want)
	}
}

func createTopic(ctx context.Context, t testing.TB, uri string) {
	t.Helper()
	if err := kafka.CreateTopic(ctx, uri, kafka.Config{}, 4); err != nil {
		t.Fatal(err)
	}
}

// produceFlows writes the records of the throughput scenario.
func produceFlows(ctx context.Context, t testing.TB, uri string, records int, seed uint64) {
	t.Helper()
	producer, err := kafka.NewProducer(ctx, uri, kafka.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer producer.Close()
	var batch [][]byte
	send := func() {
		if err := producer.Write(ctx, batch); err != nil {
			t.Fatal(err)
		}
		batch = batch[:0]
	}
	uniformFlows(t, records, seed, func(line []byte) {
		if batch = append(batch, line); len(batch) == 20_000 {
			send()
		}
	})
	if len(batch) > 0 {
		send()
	}
}

// uniformFlows simulates records of the throughput scenario, a line each.
func uniformFlows(t testing.TB, records int, seed uint64, each func(line []byte)) {
	t.Helper()
	scenario, err := simulate.Load("uniform")
	if err != nil {
		t.Fatal(err)
	}
	if err := scenario.SetRecords(records); err != nil {
		t.Fatal(err)
	}
	generator, err := simulate.New(scenario, seed, 1)
	if err != nil {
		t.Fatal(err)
	}
	err = generator.Flows(func(line []byte) error {
		each(bytes.Clone(bytes.TrimSpace(line)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// follow runs until at least want more records are stored, interrupts, and gives how
// many the run accounted for.
func follow(ctx context.Context, t *testing.T, store string, want int, uris ...string) int {
	t.Helper()
	ctx, interrupt := context.WithTimeout(ctx, 30*time.Minute)
	defer interrupt()
	var log logBuffer
	ended := make(chan int, 1)
	go func() {
		var out bytes.Buffer
		ended <- run(ctx, append([]string{"run", "--follow", "--store", store}, uris...), strings.NewReader(""), &out, &log)
	}()
	before := -1
	for ctx.Err() == nil {
		select {
		case code := <-ended:
			t.Fatalf("the run ended by itself, exit code %d: %s", code, log.String())
		case <-time.After(300 * time.Millisecond):
		}
		done, ok := storedRecords(store)
		if ok && before < 0 {
			before = done
		}
		if ok && done-before >= want {
			interrupt()
		}
	}
	if code := <-ended; code != exitDone {
		t.Fatalf("exit code %d: %s", code, log.String())
	}
	return accounted(t, log.String())
}

// storedRecords asks the engine of a running store how many records its ledger has done.
func storedRecords(store string) (int, bool) {
	var out, errOut bytes.Buffer
	code := run(context.Background(), []string{"sql", "--store", store, "--output", "csv",
		"SELECT toUInt64(sum(records_in)) AS n FROM batches WHERE state = 'done'"}, nil, &out, &errOut)
	lines := strings.Fields(out.String())
	if code != exitDone || len(lines) == 0 {
		return 0, false
	}
	n, err := strconv.Atoi(strings.Trim(lines[len(lines)-1], `"`))
	return n, err == nil
}

// accounted reads the account that a run prints at its end.
func accounted(t *testing.T, log string) int {
	t.Helper()
	var in, stored, folded, rejected int
	for _, line := range strings.Split(log, "\n") {
		if !strings.HasPrefix(line, "in ") {
			continue
		}
		_, err := fmt.Sscanf(strings.ReplaceAll(line, ",", ""), "in %d = stored %d + folded %d + rejected %d", &in, &stored, &folded, &rejected)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
	}
	if in != stored+folded+rejected {
		t.Errorf("in %d is not stored %d + folded %d + rejected %d", in, stored, folded, rejected)
	}
	return in
}

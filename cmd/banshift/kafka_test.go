package main

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/banshift/banshift/ingest/kafka/brokertest"
	"github.com/banshift/banshift/load"
)

// TestFollowTopicThroughStops follows a topic of four partitions on a real broker, is
// stopped twice on the way, and has to account for every record once.
func TestFollowTopicThroughStops(t *testing.T) {
	needEngine(t)
	records := 1_000_000
	if testing.Short() {
		records = 100_000
	}
	broker := brokertest.Start(t)
	uri := broker.URI("flows", "format=goflow2-json&group=test")
	execute(t, "", "simulate", "--scenario", "uniform", "--records", strconv.Itoa(records), "--out", uri).must(t)
	store := filepath.Join(t.TempDir(), "store")
	read := func() int { return committed(t, broker.Addr, "flows", "test") }
	for _, until := range []int{records / 5, records / 2, records} {
		followUntil(t, []string{"run", "--follow", "--store", store, uri}, func() bool { return read() >= until })
	}
	if n := read(); n != records {
		t.Errorf("the group has committed %d offsets, want %d", n, records)
	}
	var account load.Reconciliation
	proof := execute(t, "", "reconcile", "--json", "--store", store).must(t)
	if err := json.Unmarshal([]byte(proof.out), &account); err != nil {
		t.Fatal(err)
	}
	if account.In != uint64(records) || account.In != account.Stored+account.Folded+account.Rejected {
		t.Errorf("%d records in = %d stored + %d folded + %d rejected, want %d", account.In, account.Stored, account.Folded, account.Rejected, records)
	}
	again := execute(t, "", "run", "--store", store, uri).must(t)
	if !strings.Contains(again.errOut, "in 0 = ") {
		t.Errorf("a further run reads something: %s", again.errOut)
	}
}

// followUntil runs a command line until a condition holds and stops it as Ctrl-C does.
func followUntil(t *testing.T, args []string, holds func() bool) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan int, 1)
	var out, errOut bytes.Buffer
	go func() { ended <- run(ctx, args, strings.NewReader(""), &out, &errOut) }()
	for deadline := time.Now().Add(5 * time.Minute); !holds() && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if len(ended) > 0 {
			break
		}
	}
	reached := holds()
	stop()
	if code := <-ended; code != exitDone || !reached {
		t.Fatalf("exit code %d, reached what was waited for: %v: %s", code, reached, errOut.String())
	}
}

// committed sums the offsets that a group has committed: it does so after a range is stored.
func committed(t *testing.T, addr, topic, group string) int {
	t.Helper()
	client := &kafkago.Client{Addr: kafkago.TCP(addr), Timeout: 10 * time.Second}
	answer, err := client.OffsetFetch(t.Context(), &kafkago.OffsetFetchRequest{
		GroupID: group, Topics: map[string][]int{topic: {0, 1, 2, 3}},
	})
	if err != nil {
		return 0 // the group does not exist yet
	}
	sum := 0
	for _, p := range answer.Topics[topic] {
		sum += max(0, int(p.CommittedOffset))
	}
	return sum
}

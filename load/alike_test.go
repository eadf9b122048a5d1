package load_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/engine/servertest"
)

// shardedServers opens a store over two servers of its own.
func shardedServers(t *testing.T) (*load.Store, []*servertest.Server) {
	t.Helper()
	servers := servertest.StartCluster(t, 2)
	s, err := load.Open(t.Context(), servers[0].DSN("banshift")+"&shards="+servertest.Cluster, load.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, servers
}

// Shards count by themselves what one server counts of the same rows, and what every client-hour says, range by range and counted again.
func TestShardsCountWhatOneServerCounts(t *testing.T) {
	ctx := context.Background()
	s, _ := shardedServers(t)
	one := serverStore(t, "alike")
	stores := []*load.Store{one, s}
	for _, store := range stores {
		fill(t, store) // an event to ask about
	}
	random := rand.New(rand.NewPCG(11, 12))
	for n := range 3 {
		rows := randomUsage(random, 500)
		for _, store := range stores {
			writeUsage(t, store, n, 500, rows)
			if _, err := store.Count(ctx, 0); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(countsOf(t, one), countsOf(t, s)); diff != "" {
			t.Fatalf("range %d (-one server +shards):\n%s", n, diff)
		}
	}
	sameAnswers(t, s)
	if _, err := one.Recount(ctx); err != nil {
		t.Fatal(err)
	}
	done, err := s.Recount(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if done.Days < 15 {
		t.Errorf("counted %+v again, want 15 days at the least", done)
	}
	if diff := cmp.Diff(countsOf(t, one), countsOf(t, s)); diff != "" {
		t.Errorf("counted again (-one server +shards):\n%s", diff)
	}
}

// A shard stops in the middle of a counting, and dies: what was counted before is what is shown, until all is counted.
func TestShardDiesWhileItCounts(t *testing.T) {
	ctx := context.Background()
	s, servers := shardedServers(t)
	one := serverStore(t, "dies")
	random := rand.New(rand.NewPCG(13, 14))
	write := func(n int) {
		rows := randomUsage(random, 300)
		writeUsage(t, one, n, 300, rows)
		writeUsage(t, s, n, 300, rows)
	}
	write(0)
	if _, err := s.Count(ctx, 0); err != nil {
		t.Fatal(err)
	}
	before := countsOf(t, s)
	write(1)
	s.AnswerAsCounted()
	servers[1].Pause()
	counted := make(chan error, 1)
	go func() {
		_, err := s.Count(ctx, 0)
		counted <- err
	}()
	for range 3 {
		time.Sleep(200 * time.Millisecond) // what could be shown too early has time to be
		if diff := cmp.Diff(before, countsOf(t, s)); diff != "" {
			t.Fatalf("shown while a shard counts:\n%s", diff)
		}
	}
	servers[1].Kill()
	if diff := cmp.Diff(before, countsOf(t, s)); diff != "" {
		t.Fatalf("shown while a shard is dead:\n%s", diff)
	}
	servers[1].Restart()
	if err := <-counted; err != nil {
		t.Fatal(err)
	}
	if _, err := one.Count(ctx, 0); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(countsOf(t, one), countsOf(t, s)); diff != "" {
		t.Errorf("(-one server +shards):\n%s", diff)
	}
}

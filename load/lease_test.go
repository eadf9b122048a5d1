package load

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/banshift/banshift/schemas/statements"
)

// storedRows counts the rows of usage that a test has written.
func storedRows(t *testing.T, s *Store) (records uint64) {
	t.Helper()
	if err := s.conn.QueryRow(context.Background(), "SELECT sum(records) FROM usage").Scan(&records); err != nil {
		t.Fatal(err)
	}
	return records
}

// twoWriters opens one store for two programs.
func twoWriters(t *testing.T) (first, second *Store) {
	t.Helper()
	dir := t.TempDir()
	first, second = ownStore(t, dir), ownStore(t, dir)
	t.Cleanup(func() {
		second.Close()
		first.Close()
	})
	return first, second
}

// TestLeaseTakenOver has a second program take a partition over: what the first one sends
// afterwards is refused, the second stores it, and the first can take the partition back.
func TestLeaseTakenOver(t *testing.T) {
	ctx := context.Background()
	first, second := twoWriters(t)
	a, b, c := usageBatch(0, 10), usageBatch(4, 10), usageBatch(8, 10) // of one partition
	for _, batch := range []Batch{a, b, c} {
		defer batch.release()
	}
	if err := first.Write(ctx, a); err != nil {
		t.Fatal(err)
	}
	if err := second.Lease(ctx, "recovery", 0); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := first.Write(ctx, b); !errors.Is(err, ErrLease) {
			t.Errorf("the older writer's range: %v, want %v", err, ErrLease)
		}
	}
	for _, batch := range []Batch{a, b} {
		if err := second.Write(ctx, batch); err != nil {
			t.Fatal(err)
		}
	}
	if err := first.Lease(ctx, "recovery", 0); err != nil {
		t.Fatal(err)
	}
	for _, batch := range []Batch{a, b, c} {
		if err := first.Write(ctx, batch); err != nil {
			t.Fatal(err)
		}
	}
	if err := second.Write(ctx, c); !errors.Is(err, ErrLease) {
		t.Errorf("the other older writer's range: %v, want %v", err, ErrLease)
	}
	reconciled(t, first, 30)
}

// TestStalledInsertIsEnded has an insert of an older epoch stand still half sent: taking the
// lease ends it, and nothing of it arrives.
func TestStalledInsertIsEnded(t *testing.T) {
	ctx := context.Background()
	first, second := twoWriters(t)
	b := usageBatch(0, 20_000) // so much that a part of it is sent at once
	defer b.release()
	held := leased(t, first, b)
	r, err := first.insertRequest(ctx, b.insertions()[0], held, 1, b.insertions()[0].parts)
	if err != nil {
		t.Fatal(err)
	}
	send := r.write
	sending, goOn := make(chan struct{}), make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		r.write = func(w io.Writer) error {
			if err := send(w); err != nil {
				return err
			}
			close(sending)
			<-goOn
			return nil
		}
		_, err := first.post(ctx, first.addr, r)
		ended <- err
	}()
	<-sending
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		var running uint64
		if err := second.conn.QueryRow(ctx, statements.OlderWriters, held.prefix(), "none").Scan(&running); err != nil {
			t.Fatal(err)
		}
		if running == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the insert never began")
		}
	}
	taken := make(chan error, 1)
	go func() { taken <- second.Lease(ctx, "recovery", 0) }()
	select {
	case err := <-taken:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(2 * time.Minute): // the engine waits half a minute for data by itself
		t.Fatal("taking the lease waits for an insert that stands still")
	}
	close(goOn)
	if err := <-ended; err == nil {
		t.Error("the stalled insert went through")
	}
	if n := storedRows(t, second); n != 0 {
		t.Errorf("%d records arrived", n)
	}
	if err := second.Write(ctx, b); err != nil {
		t.Fatal(err)
	}
	reconciled(t, second, 20_000)
}

// TestEpochHasOneOwner has two programs take one partition again and again at once.
func TestEpochHasOneOwner(t *testing.T) {
	ctx := context.Background()
	first, second := twoWriters(t)
	var mu sync.Mutex
	owners := map[uint64]string{}
	var all sync.WaitGroup
	for _, s := range []*Store{first, second} {
		for range 3 {
			all.Go(func() {
				for range 10 {
					l, err := s.take(ctx, partitionOf{"contested", 0})
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					if other, twice := owners[l.epoch]; twice && other != s.owner {
						t.Errorf("epoch %d belongs to two", l.epoch)
					}
					owners[l.epoch] = s.owner
					mu.Unlock()
				}
			})
		}
	}
	all.Wait()
}

// A topic's id is noted also by who lost the lease under which notes are written.
func TestTopicIsNotedByWhoLostTheLease(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	first, second := ownStore(t, dir), ownStore(t, dir)
	defer first.Close()
	defer second.Close()
	for _, s := range []*Store{first, second} { // the second takes over
		if err := s.Lease(ctx, "kafka://c/topic", 0); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range map[string]string{"one": "kafka://c/topic", "": "kafka://c/topic"} {
		if name, err := first.Incarnation(ctx, "kafka://c/topic", id); err != nil || name != want {
			t.Errorf("id %q: %q, %v", id, name, err)
		}
	}
	if name, err := second.Incarnation(ctx, "kafka://c/topic", "two"); err != nil || name != "kafka://c/topic#two" {
		t.Errorf("made again: %q, %v", name, err)
	}
}

package load

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/load/engine"
	"github.com/banshift/banshift/schemas"
)

// ownStore opens a store that the test may break.
func ownStore(t testing.TB, dir string) *Store {
	t.Helper()
	if _, err := engine.Locate(""); err != nil {
		t.Skipf("engine is absent (run `make engine`): %v", err)
	}
	s, err := Open(context.Background(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// usageBatch is records client-hours, each of one record, that follow from range n.
// They lie in two months, so that each insert makes two parts.
func usageBatch(n, records int) Batch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, schemas.UsageSchema)
	defer b.Release()
	for i := range records {
		for c, f := range schemas.UsageSchema.Fields() {
			switch column := b.Field(c).(type) {
			case *array.TimestampBuilder:
				column.Append(arrow.Timestamp(1522540800 + (i%2)*86400*31)) // 1 April or 2 May 2018
			case *array.BinaryDictionaryBuilder:
				if err := column.AppendString(f.Name); err != nil {
					panic(err)
				}
			case *array.Uint64Builder:
				if f.Name == "client" {
					column.Append(uint64(i))
				} else {
					column.Append(1)
				}
			case *array.Uint32Builder:
				column.Append(uint32(n))
			case *array.Uint8Builder:
				column.Append(1)
			case *array.Float64Builder:
				column.Append(0.5)
			}
		}
	}
	first := int64(n * records)
	return Batch{
		Source: "recovery", Partition: int32(n % 4), First: first, Next: first + int64(records),
		Counts: Counts{In: uint64(records), Folded: uint64(records)}, Simulated: true,
		Tables: []TableBatch{{Name: schemas.TableUsage, Record: b.NewRecord()}},
	}
}

// leased takes the lease that a batch is written under.
func leased(t *testing.T, s *Store, b Batch) lease {
	t.Helper()
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	held, err := s.ledger.leased(context.Background(), b.of())
	if err != nil {
		t.Fatal(err)
	}
	return held
}

func (b Batch) release() {
	for _, t := range b.Tables {
		t.Record.Release()
	}
}

func reconciled(t *testing.T, s *Store, records uint64) {
	t.Helper()
	r, err := s.Reconcile(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK() || r.In != records {
		t.Errorf("want %d records in and no difference, got %+v", records, r)
	}
}

// The engine is killed after the rows of a batch went in and before it was marked
// done: the next run is told to read exactly that range, and stores it once.
func TestKillBetweenIntendedAndDone(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s := ownStore(t, dir)
	whole, half := usageBatch(0, 10), usageBatch(4, 10)
	defer whole.release()
	defer half.release()
	if err := s.Write(ctx, whole); err != nil {
		t.Fatal(err)
	}
	lease := leased(t, s, half)
	if err := s.ledger.group.add(ctx, half.row(stateIntended, lease.epoch)); err != nil {
		t.Fatal(err)
	}
	if err := s.insertTables(ctx, half, lease, nothing); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(s.engine.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = ownStore(t, dir)
	defer s.Close()
	known, err := s.Known(ctx, "recovery", half.Partition)
	begun := known.Intended
	if err != nil {
		t.Fatal(err)
	}
	if len(begun) != 1 || begun[0].Range != half.ranged() {
		t.Fatalf("intended %v, want %v", begun, half.ranged())
	}
	if r, err := s.Reconcile(ctx); err != nil || r.OK() || r.Unfinished != 1 {
		t.Errorf("a batch that is half done is not seen: %+v, %v", r, err)
	}
	overlapping := half
	overlapping.Next--
	if err := s.Write(ctx, overlapping); err == nil {
		t.Error("a range that overlaps the intended one was taken")
	}
	for range 2 {
		if err := s.Write(ctx, half); err != nil {
			t.Fatal(err)
		}
	}
	reconciled(t, s, 20)
	if known, err := s.Known(ctx, "recovery", half.Partition); err != nil || len(known.Intended) != 0 {
		t.Errorf("still intended: %v, %v", known.Intended, err)
	}
}

// The engine is killed again and again under concurrent writers: what it says is
// stored in the end is what was written, no row missing, none twice.
func TestKillUnderWriters(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	s := ownStore(t, t.TempDir())
	defer s.Close()
	const writers, batches, records = 4, 40, 50
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range batches {
				b := usageBatch(i*writers+w, records)
				if err := s.Write(ctx, b); err != nil {
					t.Errorf("batch %d: %v", i, err)
				}
				b.release()
			}
		})
	}
	finished := make(chan struct{})
	go func() { wg.Wait(); close(finished) }()
	for kills := 0; kills < 3; kills++ {
		select {
		case <-finished:
			kills = 3
		case <-time.After(150 * time.Millisecond):
			// The process may be between two lives just now: then the next kill counts.
			if err := syscall.Kill(s.engine.PID(), syscall.SIGKILL); errors.Is(err, syscall.ESRCH) {
				kills--
			} else if err != nil {
				t.Error(err)
			}
		}
	}
	<-finished
	if err := s.engine.Err(); err != nil {
		t.Fatal(err)
	}
	reconciled(t, s, writers*batches*records)
	for partition := range int32(4) {
		known, err := s.Known(ctx, "recovery", partition)
		if err != nil || len(known.Done) != writers*batches/4 {
			t.Errorf("partition %d has %d ranges, %v", partition, len(known.Done), err)
		}
	}
}

// The engine notes a token before it commits the rows. Killed in between, it has the
// token and not the rows; the repeated insert must be taken all the same.
func TestTokenWithoutRows(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s := ownStore(t, dir)
	b := usageBatch(0, 10)
	defer b.release()
	lease := leased(t, s, b)
	if err := s.ledger.group.add(ctx, b.row(stateIntended, lease.epoch)); err != nil {
		t.Fatal(err)
	}
	if err := s.insertTables(ctx, b, lease, nothing); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	parts, err := filepath.Glob(filepath.Join(dir, "engine", "store", "*", "*", "201805_*"))
	if err != nil || len(parts) != 1 {
		t.Fatalf("parts of May: %v, %v", parts, err)
	}
	if err := os.RemoveAll(parts[0]); err != nil {
		t.Fatal(err)
	}
	s = ownStore(t, dir)
	defer s.Close()
	if err := s.Write(ctx, b); err != nil {
		t.Fatal(err)
	}
	reconciled(t, s, 10)
}

// A range that was begun longer ago than the table's window of tokens reaches is finished all the same, once: what
// arrived is asked of the rows.
func TestWindowOfTokensIsExceeded(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s := ownStore(t, dir)
	if err := s.conn.Exec(ctx, "ALTER TABLE usage MODIFY SETTING non_replicated_deduplication_window = 2"); err != nil {
		t.Fatal(err)
	}
	half := usageBatch(0, 10)
	defer half.release()
	lease := leased(t, s, half)
	if err := s.ledger.group.add(ctx, half.row(stateIntended, lease.epoch)); err != nil {
		t.Fatal(err)
	}
	if err := s.insertTables(ctx, half, lease, nothing); err != nil {
		t.Fatal(err)
	}
	const others = 6
	for n := range others {
		b := usageBatch(4*(n+1), 10)
		if err := s.Write(ctx, b); err != nil {
			t.Fatal(err)
		}
		b.release()
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = ownStore(t, dir)
	defer s.Close()
	if err := s.Write(ctx, half); err != nil {
		t.Fatal(err)
	}
	reconciled(t, s, 10*(others+1))
	// The token is known no more: alone it would not have kept the rows from coming twice.
	usage := half.insertions()[0]
	if err := s.insertOnce(ctx, usage, leased(t, s, half), 1, usage.parts); err != nil {
		t.Fatal(err)
	}
	var records uint64
	if err := s.conn.QueryRow(ctx, "SELECT sum(records) FROM usage").Scan(&records); err != nil || records != 10*(others+2) {
		t.Errorf("%d records after the same token was sent again, %v: the window was not exceeded", records, err)
	}
}

package load

import (
	"context"
	"slices"
	"testing"
)

// Reconcile finds by itself which ranges overlap, which are unfinished, and which were
// begun by a writer whose positions another one stored.
func TestReconcileNamesRanges(t *testing.T) {
	ctx := context.Background()
	s := ownStore(t, t.TempDir())
	defer s.Close()
	for _, n := range []int{0, 4} {
		b := usageBatch(n, 10)
		defer b.release()
		if err := s.Write(ctx, b); err != nil {
			t.Fatal(err)
		}
	}
	r, err := s.Reconcile(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK() || len(r.Findings) > 0 {
		t.Fatalf("a sound store: %+v", r)
	}
	const columns = "INSERT INTO batches (source, partition, first, next, state) VALUES "
	for _, sql := range []string{
		columns + "('recovery', 0, 45, 60, 'intended')", // abandoned: it overlaps 40 to 50
		columns + "('recovery', 1, 10, 20, 'intended')", // next to other partitions' ranges only
		columns + "('recovery', 0, 50, 60, 'done')",     // adjoins
	} {
		if err := s.conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	r, err = s.Reconcile(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := []Finding{
		{FoundAbandoned, "recovery", 0, 45, 60, 40, 50},
		{FoundUnfinished, "recovery", 1, 10, 20, 0, 0},
	}
	if !slices.Equal(r.Findings, want) || r.Unfinished != 1 || r.OK() {
		t.Errorf("got %+v, want %+v", r, want)
	}
	for _, sql := range []string{
		columns + "('recovery', 0, 2, 5, 'done')",   // within 0 to 10
		columns + "('recovery', 0, 8, 12, 'done')",  // over the end of 0 to 10, not of 2 to 5
		columns + "('other', 0, 8, 12, 'done')",     // another source
		columns + "('recovery', 1, 10, 20, 'done')", // finishes the one above
	} {
		if err := s.conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	r, err = s.Reconcile(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want = []Finding{
		{FoundOverlap, "recovery", 0, 2, 5, 0, 10},
		{FoundOverlap, "recovery", 0, 8, 12, 0, 10},
		{FoundAbandoned, "recovery", 0, 45, 60, 40, 50},
	}
	if !slices.Equal(r.Findings, want) || r.Unfinished != 0 || r.Overlaps() != 2 || r.OK() {
		t.Errorf("got %+v, want %+v", r, want)
	}
}

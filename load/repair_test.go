package load

import (
	"context"
	"testing"
)

// plant writes down that a range was begun, with the rows of some of its inserts.
func plant(t *testing.T, s *Store, b Batch, inserts int) {
	t.Helper()
	ctx := context.Background()
	held := leased(t, s, b)
	if err := s.ledger.group.add(ctx, b.row(stateIntended, held.epoch)); err != nil {
		t.Fatal(err)
	}
	if err := s.nameVerdicts(ctx, b); err != nil {
		t.Fatal(err)
	}
	for _, i := range b.insertions()[:inserts] {
		if err := s.arrive(ctx, i, held, nothing); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRepairAndNextRun plants what writers can leave: repair names it and mends what it can
// without the source, and the next writer mends the rest.
func TestRepairAndNextRun(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s := ownStore(t, dir)
	const records = 10
	whole, none, half, all, gone := wideBatch(0, records), wideBatch(4, records), wideBatch(8, records), wideBatch(12, records), wideBatch(1, records)
	for _, b := range []Batch{whole, none, half, all, gone} {
		defer b.release()
	}
	for _, b := range []Batch{whole, gone} {
		if err := s.Write(ctx, b); err != nil {
			t.Fatal(err)
		}
	}
	plant(t, s, none, 0)
	plant(t, s, half, 2)
	plant(t, s, all, len(all.insertions()))
	if err := s.conn.Exec(ctx, "ALTER TABLE rejects DELETE WHERE partition = 1 SETTINGS mutations_sync = 1"); err != nil {
		t.Fatal(err)
	}
	r, err := s.Reconcile(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if r.OK() || r.Unfinished != 3 || len(r.Arrivals) != 1 || r.Arrivals[0].Table != "rejects" || r.Arrivals[0].First != gone.First {
		t.Errorf("%+v", r)
	}
	repairs, err := s.Repair(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := map[int64]string{none.First: RepairTakenBack, half.First: RepairNextRun, all.First: RepairFinished, gone.First: RepairNextRun}
	for _, repair := range repairs {
		if want[repair.First] != repair.Outcome {
			t.Errorf("%+v, want %s", repair, want[repair.First])
		}
		delete(want, repair.First)
	}
	if len(want) > 0 {
		t.Errorf("not repaired: %v", want)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = ownStore(t, dir)
	defer s.Close()
	for _, b := range []Batch{whole, none, half, all, gone} {
		if err := s.Write(ctx, b); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Count(ctx, 0); err != nil {
		t.Fatal(err)
	}
	recount(t, s, 5, records)
	if repairs, err := s.Repair(ctx); err != nil || len(repairs) > 0 {
		t.Errorf("left: %+v, %v", repairs, err)
	}
}

// TestRowsThatComeTwiceAreNamed has the same insert arrive under two tokens.
func TestRowsThatComeTwiceAreNamed(t *testing.T) {
	ctx := context.Background()
	s := ownStore(t, t.TempDir())
	defer s.Close()
	b := wideBatch(0, 10)
	defer b.release()
	if err := s.Write(ctx, b); err != nil {
		t.Fatal(err)
	}
	held := leased(t, s, b)
	usage := b.insertions()[0]
	if err := s.insertOnce(ctx, usage, held, 2, []string{"201805"}); err != nil {
		t.Fatal(err)
	}
	if err := s.conn.Exec(ctx, "OPTIMIZE TABLE usage FINAL"); err != nil {
		t.Fatal(err)
	}
	r, err := s.Reconcile(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Arrivals) != 1 || r.Arrivals[0].Table != "usage" || r.Arrivals[0].Part != "201805" || r.Arrivals[0].Times != 2 || r.OK() {
		t.Errorf("%+v", r.Arrivals)
	}
}

// TestIntentionsThatOverlap has two writers of before the leases leave ranges that overlap:
// the one whose rows arrived is finished, the other is left, and nothing ends in an error.
func TestIntentionsThatOverlap(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s := ownStore(t, dir)
	right, wrong := wideBatch(0, 10), wideBatch(0, 10)
	wrong.First, wrong.Next = right.First+5, right.Next+5
	defer right.release()
	defer wrong.release()
	plant(t, s, wrong, 0)
	plant(t, s, right, 1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = ownStore(t, dir)
	defer s.Close()
	known, err := s.Known(ctx, right.Source, right.Partition)
	if err != nil {
		t.Fatal(err)
	}
	if len(known.Intended) != 1 || known.Intended[0].Range != right.ranged() {
		t.Fatalf("%+v", known)
	}
	if err := s.Write(ctx, right); err != nil {
		t.Fatal(err)
	}
	repairs, err := s.Repair(ctx)
	if err != nil || len(repairs) != 1 || repairs[0].Outcome != RepairTakenBack {
		t.Errorf("%+v, %v", repairs, err)
	}
	if _, err := s.Count(ctx, 0); err != nil {
		t.Fatal(err)
	}
	recount(t, s, 1, 10)
}

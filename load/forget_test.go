package load

import (
	"context"
	"testing"
)

// What was forgotten of a stored range is not taken for rows that got lost: the next
// program that meets its source does not read the range again.
func TestForgottenRowsAreNotMissing(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s := ownStore(t, dir)
	b := usageBatch(7, 10) // all of one network
	defer b.release()
	if err := s.Write(ctx, b); err != nil {
		t.Fatal(err)
	}
	done, err := s.Forget(ctx, Forgetting{What: ForgetNetwork, ASN: 7})
	if err != nil || done.Rows["usage"] == 0 {
		t.Fatalf("%+v, %v", done, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = ownStore(t, dir)
	defer s.Close()
	known, err := s.Known(ctx, b.Source, b.Partition)
	if err != nil || len(known.Intended) > 0 || !known.Done.Covers(b.ranged()) {
		t.Errorf("%+v, %v: want the range stored", known, err)
	}
	if r, err := s.Reconcile(ctx); err != nil || len(r.Arrivals) > 0 {
		t.Errorf("%+v, %v: want no arrival missing", r.Arrivals, err)
	}
}

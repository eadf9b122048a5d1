package load

import (
	"context"

	"github.com/banshift/banshift/schemas/statements"
)

// What can be wrong with a range of the ledger.
const (
	// FoundOverlap: two stored ranges share positions, whose records are stored twice.
	// Nothing can take them out of sums again.
	FoundOverlap = "overlap"
	// FoundUnfinished: begun and not finished. The next run of the source finishes it.
	FoundUnfinished = "unfinished"
	// FoundAbandoned: begun and not finished by a writer whose positions another one
	// stored. It is left as it is; rows that it did store show as a difference of the sums.
	FoundAbandoned = "abandoned"
)

// Finding is a range that something is wrong with, and the stored one that it overlaps;
// both ends 0: none.
type Finding struct {
	What       string `json:"what"`
	Source     string `json:"source"`
	Partition  int32  `json:"partition"`
	First      int64  `json:"first"`
	Next       int64  `json:"next"`
	OtherFirst int64  `json:"other_first"`
	OtherNext  int64  `json:"other_next"`
}

// findRanges adds what is wrong with single ranges.
func (s *Store) findRanges(ctx context.Context, r *Reconciliation) error {
	overlapping, err := s.rangesOf(ctx, statements.OverlappingRanges)
	if err != nil {
		return err
	}
	for _, f := range overlapping {
		f.What = FoundOverlap
		r.Findings = append(r.Findings, f)
	}
	unfinished, err := s.rangesOf(ctx, statements.UnfinishedRanges)
	if err != nil {
		return err
	}
	for _, f := range unfinished {
		f.What = FoundUnfinished
		if f.OtherFirst < f.OtherNext {
			f.What = FoundAbandoned
		} else {
			r.Unfinished++
		}
		r.Findings = append(r.Findings, f)
	}
	return nil
}

func (s *Store) rangesOf(ctx context.Context, sql string) ([]Finding, error) {
	into := func(f *Finding) []any {
		return []any{&f.Source, &f.Partition, &f.First, &f.Next, &f.OtherFirst, &f.OtherNext}
	}
	return collect(ctx, s.conn, into, sql)
}

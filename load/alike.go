package load

import (
	"cmp"
	"context"
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/schemas/statements"
)

// Each shard counts which of its clients did alike, and one program counts groupings from what they say: a client is on
// one shard, so that clients of different shards add up.

// alike are rows of one shard that are not counted yet.
type alike struct {
	batches <-chan arrow.Record
	rec     arrow.Record
	in      schemas.CountInput
	from    int // first row of rec that is not counted
}

// readShards has all shards count at once, and gives their rows to add, all of a day of a country one after the other.
func (s *Store) readShards(ctx context.Context, days []uncounted, add func(arrow.Record) error) error {
	all, ctx := errgroup.WithContext(ctx)
	shards := make([]*alike, len(s.shards))
	for i, shard := range s.shards {
		batches := make(chan arrow.Record)
		shards[i] = &alike{batches: batches}
		all.Go(func() error {
			err := shard.readRows(ctx, statements.AlikeOfDays, days, func(rec arrow.Record) error {
				rec.Retain()
				select {
				case batches <- rec:
					return nil
				case <-ctx.Done():
					rec.Release()
					return ctx.Err()
				}
			})
			if err != nil {
				return fmt.Errorf("%s: %w", shard.name, err) // its rows have not ended
			}
			close(batches)
			return nil
		})
	}
	all.Go(func() error { return mergeDays(ctx, shards, add) })
	return all.Wait()
}

// mergeDays gives the rows of shards to add, each of which has them in the order of country, day and simulated.
func mergeDays(ctx context.Context, shards []*alike, add func(arrow.Record) error) error {
	defer func() {
		for _, a := range shards {
			a.release()
		}
	}()
	for {
		var first *alike
		for _, a := range shards {
			if err := a.fill(ctx); err != nil {
				return err
			}
			if a.rec != nil && (first == nil || a.compare(a.from, first, first.from) < 0) {
				first = a
			}
		}
		if first == nil {
			return nil
		}
		to := first.from + 1
		for to < len(first.in.Hour) && first.compare(to, first, first.from) == 0 {
			to++
		}
		rows := first.rec.NewSlice(int64(first.from), int64(to))
		err := add(rows)
		rows.Release()
		if err != nil {
			return err
		}
		first.from = to
	}
}

// fill waits for rows, where there are none; at the end rec is nil.
func (a *alike) fill(ctx context.Context) (err error) {
	for a.rec == nil || a.from == len(a.in.Hour) {
		a.release()
		var more bool
		select {
		case <-ctx.Done():
			return ctx.Err()
		case a.rec, more = <-a.batches:
		}
		if !more {
			return nil
		}
		if a.in, err = schemas.CountInputOf(a.rec); err != nil {
			return err
		}
	}
	return nil
}

func (a *alike) release() {
	if a.rec != nil {
		a.rec.Release()
	}
	a.rec, a.from = nil, 0
}

// compare orders row i of a and row j of b by what is counted together.
func (a *alike) compare(i int, b *alike, j int) int {
	return cmp.Or(cmp.Compare(a.in.Country.Value(i), b.in.Country.Value(j)), cmp.Compare(a.in.Hour[i]/86400, b.in.Hour[j]/86400),
		cmp.Compare(a.in.Simulated[i], b.in.Simulated[j]))
}

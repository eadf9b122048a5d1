package load

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/banshift/banshift/schemas/statements"
)

// Takes is what a store takes of its machine.
type Takes struct {
	Parts, Merges uint64 // active parts of its tables; merges under way
	Bytes         uint64 // of its tables on the disk
	Free          uint64 // of the fullest disk of the engine
}

// Takes asks the engine once: it is how a program finds that nothing answers. A user who may not see
// the engine's tables gets [ErrForbidden].
func (s *Store) Takes(ctx context.Context) (t Takes, err error) {
	err = s.conn.QueryRow(ctx, statements.StoreTakes).Scan(&t.Parts, &t.Merges, &t.Bytes, &t.Free)
	if err != nil {
		return Takes{}, explain(s.name, fmt.Errorf("what the store takes: %w", err))
	}
	for _, shard := range s.shards {
		here, err := shard.Takes(ctx)
		if err != nil {
			return Takes{}, err
		}
		t = Takes{t.Parts + here.Parts, t.Merges + here.Merges, t.Bytes + here.Bytes, min(t.Free, here.Free)}
	}
	return t, nil
}

// Answers asks the engine for nothing, and each shard's. It fails also while something waits for room on a disk.
func (s *Store) Answers(ctx context.Context) error {
	if err := s.room.lack(); err != nil {
		return err
	}
	for _, shard := range s.shards {
		if err := shard.Answers(ctx); err != nil {
			return err
		}
	}
	var one uint8
	return s.conn.QueryRow(ctx, statements.Ping).Scan(&one)
}

// Sizes is what the telemetry of a store takes.
type Sizes struct {
	Records uint64 // that were read
	Days    uint64 // that they are of
	Tables  []TableSize
}

// TableSize is what a table takes on the disk.
type TableSize struct {
	Table       string
	Bytes, Rows uint64
}

// Sizes measures what the telemetry of a store takes, by table.
func (s *Store) Sizes(ctx context.Context) (z Sizes, err error) {
	if err := s.conn.QueryRow(ctx, statements.TelemetrySoFar).Scan(&z.Records, &z.Days); err != nil {
		return Sizes{}, explain(s.name, fmt.Errorf("telemetry so far: %w", err))
	}
	sizes := map[string]TableSize{}
	for _, holder := range append([]*Store{s}, s.shards...) {
		found, err := collect(ctx, holder.conn, func(t *TableSize) []any { return []any{&t.Table, &t.Bytes, &t.Rows} }, statements.TableSizes)
		if err != nil {
			return Sizes{}, explain(holder.name, err)
		}
		for _, t := range found {
			so := sizes[t.Table]
			sizes[t.Table] = TableSize{t.Table, so.Bytes + t.Bytes, so.Rows + t.Rows}
		}
	}
	for _, table := range slices.Sorted(maps.Keys(sizes)) {
		z.Tables = append(z.Tables, sizes[table])
	}
	return z, nil
}

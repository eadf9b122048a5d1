package load

import (
	"context"
	"fmt"

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
	return t, nil
}

// Answers asks the engine for nothing.
func (s *Store) Answers(ctx context.Context) error {
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
	Table string
	Bytes uint64
}

// Sizes measures what the telemetry of a store takes, by table.
func (s *Store) Sizes(ctx context.Context) (z Sizes, err error) {
	if err := s.conn.QueryRow(ctx, statements.TelemetrySoFar).Scan(&z.Records, &z.Days); err != nil {
		return Sizes{}, explain(s.name, fmt.Errorf("telemetry so far: %w", err))
	}
	z.Tables, err = collect(ctx, s.conn, func(t *TableSize) []any { return []any{&t.Table, &t.Bytes} }, statements.TableSizes)
	return z, explain(s.name, err)
}

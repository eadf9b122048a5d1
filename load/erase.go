package load

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/banshift/banshift/schemas/statements"
)

// erase deletes the rows of a table that a condition holds for, and returns once neither
// the table nor a file of it has them. It gives how many there were. Repeated, it removes
// what an earlier one that was cut off has left.
func (s *Store) erase(ctx context.Context, table, where string, params map[string]string) (uint64, error) {
	rows, err := s.deleteRows(ctx, table, where, params)
	if err != nil {
		return 0, err
	}
	return rows, s.sweep(ctx, table)
}

// deleteRows deletes the rows of a table that a condition holds for, wherever it lies. Files may have them
// until the table is swept.
func (s *Store) deleteRows(ctx context.Context, table, where string, params map[string]string) (uint64, error) {
	var all uint64
	for _, holder := range s.holders(table) {
		rows, err := holder.deleteHere(ctx, table, where, params)
		if err != nil {
			return 0, err
		}
		all += rows
	}
	return all, nil
}

func (s *Store) deleteHere(ctx context.Context, table, where string, params map[string]string) (uint64, error) {
	var rows uint64
	count := fmt.Sprintf(statements.RowsWhere, quoteName(table), where)
	if err := s.conn.QueryRow(clickhouse.Context(ctx, clickhouse.WithParameters(params)), count).Scan(&rows); err != nil {
		return 0, fmt.Errorf("rows of %s: %w", table, err)
	}
	if rows > 0 {
		sql := fmt.Sprintf(strings.TrimSpace(statements.Erase), quoteName(table), s.target().OnCluster(), where)
		// The engine keeps the text of the last deletion: let that be one which says nothing.
		nothing := fmt.Sprintf(strings.TrimSpace(statements.Erase), quoteName(table), s.target().OnCluster(), "0")
		for _, statement := range []string{sql, nothing} {
			err := s.retry(ctx, s.tries(), func() error {
				_, err := s.post(ctx, s.addr, request{sql: statement, params: params})
				return err
			})
			if err != nil {
				return 0, fmt.Errorf("delete from %s: %w", table, err)
			}
		}
	}
	return rows, nil
}

const (
	// sweepFor bounds how long files that are out of use are waited for.
	sweepFor   = 2 * time.Minute
	sweepPause = 100 * time.Millisecond
)

// sweep has the engine remove the files of a table that are out of use by now, without its
// usual patience of minutes, and forget the text of deletions.
func (s *Store) sweep(ctx context.Context, table string) error {
	for _, holder := range s.holders(table) {
		if err := holder.sweepHere(ctx, table); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) sweepHere(ctx context.Context, table string) error {
	var now time.Time
	if err := s.conn.QueryRow(ctx, statements.TimeNow).Scan(&now); err != nil {
		return err
	}
	old, err := s.outOfUse(ctx, table, now)
	if err != nil || old == 0 {
		return err
	}
	name, cluster := quoteName(table), s.target().OnCluster()
	if err := s.conn.Exec(ctx, fmt.Sprintf(statements.SweepSoon, name, cluster)); err != nil {
		return fmt.Errorf("files of %s: %w", table, err)
	}
	defer s.conn.Exec(context.WithoutCancel(ctx), fmt.Sprintf(statements.SweepLate, name, cluster)) //nolint:errcheck // only its patience
	for deadline := time.Now().Add(sweepFor); ; {
		// The embedded engine's cleaning sleeps until somebody starts it.
		if err := s.conn.Exec(ctx, fmt.Sprintf(statements.StartCleanup, name)); err != nil && !isForbidden(err) {
			return fmt.Errorf("files of %s: %w", table, err)
		}
		if old, err = s.outOfUse(ctx, table, now); err != nil || old == 0 {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("files of %s: the rows are deleted, and %d parts or statements of theirs are still on the disk after %s: run the same command again", table, old, sweepFor)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(sweepPause):
		}
	}
}

// outOfUse counts parts that were out of use at a time and texts of deletions but the last,
// as far as they are still on the disk.
func (s *Store) outOfUse(ctx context.Context, table string, at time.Time) (n uint64, err error) {
	params := clickhouse.Parameters{"table": table, "before": at.UTC().Format(time.DateTime)}
	err = s.conn.QueryRow(clickhouse.Context(ctx, clickhouse.WithParameters(params)), statements.OutOfUse).Scan(&n)
	return n, err
}

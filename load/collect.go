package load

import (
	"context"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// collect reads every row of an answer, in its order. into gives where the columns of a row go.
func collect[T any](ctx context.Context, conn driver.Conn, into func(*T) []any, sql string, args ...any) ([]T, error) {
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		var row T
		if err := rows.Scan(into(&row)...); err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

// itself is into of an answer of one column.
func itself[T any](value *T) []any { return []any{value} }

// awaited is collect for who reads a source: where the store is away, it waits for it as long as ctx lives.
func awaited[T any](ctx context.Context, s *Store, into func(*T) []any, sql string, args ...any) (rows []T, err error) {
	err = s.retry(ctx, 0, func() error {
		rows, err = collect(ctx, s.conn, into, sql, args...)
		return err
	})
	return rows, err
}

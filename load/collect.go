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

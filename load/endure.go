package load

import (
	"context"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// enduring is the connection to an embedded engine. The program that runs the engine may end at
// any moment; another one that uses the store then runs it, at the same address. Until it does, a
// statement is asked again. Every statement may be repeated: an engine may be killed after any.
type enduring struct {
	driver.Conn
	store *Store
}

// Query asks until the first rows are there. An answer that breaks off later is an error.
func (c enduring) Query(ctx context.Context, sql string, args ...any) (rows driver.Rows, err error) {
	err = c.store.retry(ctx, c.store.tries(), func() error {
		rows, err = c.Conn.Query(ctx, sql, args...)
		return err
	})
	return rows, err
}

// QueryRow asks until the row is there.
func (c enduring) QueryRow(ctx context.Context, sql string, args ...any) (row driver.Row) {
	err := c.store.retry(ctx, c.store.tries(), func() error {
		row = c.Conn.QueryRow(ctx, sql, args...)
		return row.Err()
	})
	if err != nil {
		return noRow{row, err}
	}
	return row
}

// Exec runs a statement until the engine says that it did.
func (c enduring) Exec(ctx context.Context, sql string, args ...any) error {
	return c.store.retry(ctx, c.store.tries(), func() error { return c.Conn.Exec(ctx, sql, args...) })
}

// noRow is a row that did not come, and why.
type noRow struct {
	driver.Row
	err error
}

func (r noRow) Err() error           { return r.err }
func (r noRow) Scan(...any) error    { return r.err }
func (r noRow) ScanStruct(any) error { return r.err }

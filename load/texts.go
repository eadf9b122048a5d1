package load

import (
	"context"
	"fmt"
	"strings"

	"github.com/banshift/banshift/schemas/statements"
)

// Texts is what a column of a table holds that could give somebody away.
type Texts struct {
	Table, Column string
	// Values are the texts of a column, each once.
	Values []string
	// Whole is how many values of a column of prefixes are finer than /24 or /48, or of a column of pseudonyms
	// look like an address.
	Whole uint64
}

// EachText gives every column that could hold an address: texts, prefixes, pseudonyms.
func (s *Store) EachText(ctx context.Context, each func(Texts) error) error {
	columns, err := s.textColumns(ctx)
	if err != nil {
		return explain(s.name, err)
	}
	for _, c := range columns {
		t := Texts{Table: c.table, Column: c.name}
		switch {
		case c.kind == "IPv6":
			err = s.conn.QueryRow(ctx, fmt.Sprintf(statements.LongPrefixes, quoteName(c.table), quoteName(c.name))).Scan(&t.Whole)
		case strings.Contains(c.kind, "String"):
			t.Values, err = s.textsOf(ctx, c.table, c.name)
		default:
			err = s.conn.QueryRow(ctx, fmt.Sprintf(statements.NoPseudonyms, quoteName(c.table), quoteName(c.name))).Scan(&t.Whole)
		}
		if err == nil {
			err = each(t)
		}
		if err != nil {
			return explain(s.name, fmt.Errorf("column %s of %s: %w", c.name, c.table, err))
		}
	}
	return nil
}

type textColumn struct{ table, name, kind string }

func (s *Store) textColumns(ctx context.Context) ([]textColumn, error) {
	into := func(c *textColumn) []any { return []any{&c.table, &c.name, &c.kind} }
	return collect(ctx, s.conn, into, statements.TextColumns)
}

func (s *Store) textsOf(ctx context.Context, table, column string) ([]string, error) {
	return collect(ctx, s.conn, itself[string], fmt.Sprintf(statements.TextsOf, quoteName(table), quoteName(column)))
}

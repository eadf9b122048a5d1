package load

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"

	"github.com/banshift/banshift/schemas/statements"
)

// insertSettings hold for every insert of a record under a token; empty: as often as it is sent. A batch may span any
// number of months, and must stay one block, so that its token stands for all of it.
func insertSettings(token string) map[string]string {
	settings := map[string]string{
		"insert_deduplicate": "0",
		// A folded batch has no equal keys left to collapse; looking for them took most of the
		// engine's time for an insert into usage (measured).
		"optimize_on_insert":                       "0",
		"async_insert":                             "0",
		"max_partitions_per_insert_block":          "0",
		"max_insert_threads":                       "1",
		"input_format_arrow_allow_missing_columns": "0",
	}
	if token != "" {
		settings["insert_deduplicate"], settings["insert_deduplication_token"] = "1", token
	}
	return settings
}

// insertArrow sends rec as it is, as often as it is called: to a table in which a row that
// comes twice does no harm.
func (s *Store) insertArrow(ctx context.Context, table string, rec arrow.Record) error {
	_, err := s.post(ctx, s.addr, request{
		sql:      fmt.Sprintf(strings.TrimSpace(statements.InsertArrow), quoteName(table), quoteNames(columnNames(rec))),
		settings: insertSettings(""),
		write:    func(w io.Writer) error { return writeArrow(w, rec) },
	})
	if err != nil {
		return fmt.Errorf("insert into %s: %w", table, err)
	}
	return nil
}

func columnNames(rec arrow.Record) []string {
	names := make([]string, rec.NumCols())
	for i, f := range rec.Schema().Fields() {
		names[i] = f.Name
	}
	return names
}

// insertLedger inserts rows of the ledger whose leases nobody has taken since.
func (s *Store) insertLedger(ctx context.Context, rows []ledgerRow) error {
	lines, err := jsonLines(rows)
	if err != nil {
		return err
	}
	structure, err := s.structure(ctx, "batches", ledgerColumns)
	if err != nil {
		return err
	}
	sources := map[string]bool{}
	for _, r := range rows {
		sources[quoteText(r.Source)] = true
	}
	r := request{
		sql:      fmt.Sprintf(strings.TrimSpace(statements.InsertLedgerFenced), quoteNames(ledgerColumns), structure),
		settings: jsonSettings,
		params:   map[string]string{"sources": "[" + strings.Join(slices.Sorted(maps.Keys(sources)), ",") + "]"},
		write:    func(w io.Writer) error { _, err := w.Write(lines); return err },
	}
	return s.retry(ctx, 0, func() error {
		_, err := s.post(ctx, s.addr, r)
		return fenced(err)
	})
}

// ledgerColumns are the columns of table batches that a [ledgerRow] fills.
var ledgerColumns = columnsOf(reflect.TypeFor[ledgerRow]())

// columnsOf gives the JSON names of a struct's fields.
func columnsOf(t reflect.Type) []string {
	names := make([]string, t.NumField())
	for i := range names {
		names[i] = t.Field(i).Tag.Get("json")
	}
	return names
}

func quoteNames(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = quoteName(n)
	}
	return strings.Join(quoted, ", ")
}

// jsonSettings hold for inserts of rows in JSON.
var jsonSettings = map[string]string{
	"async_insert":                     "0",
	"insert_deduplicate":               "0", // a token may be noted whose rows were lost
	"date_time_input_format":           "best_effort",
	"input_format_skip_unknown_fields": "0",
	"input_format_null_as_default":     "1",
}

// writeArrow writes one record as an Arrow stream, uncompressed: over loopback that
// was measured as the fastest way in.
func writeArrow(w io.Writer, rec arrow.Record) error {
	out := ipc.NewWriter(w, ipc.WithSchema(rec.Schema()))
	if err := out.Write(rec); err != nil {
		out.Close()
		return fmt.Errorf("arrow stream: %w", err)
	}
	return out.Close()
}

// insertJSON inserts rows, whose JSON keys are the table's columns, at least once: into a
// table in which a row that comes twice does no harm.
func (s *Store) insertJSON(ctx context.Context, table string, rows []byte) error {
	r := request{
		sql:      fmt.Sprintf(strings.TrimSpace(statements.InsertJSON), quoteName(table)),
		settings: jsonSettings,
		write:    func(w io.Writer) error { _, err := w.Write(rows); return err },
	}
	err := s.retry(ctx, 0, func() error {
		_, err := s.post(ctx, s.addr, r)
		return err
	})
	if err != nil {
		return fmt.Errorf("insert into %s: %w", table, err)
	}
	return nil
}

// jsonLines encodes rows, one object a line.
func jsonLines[T any](rows []T) ([]byte, error) {
	var lines bytes.Buffer
	out := json.NewEncoder(&lines)
	for i := range rows {
		if err := out.Encode(&rows[i]); err != nil {
			return nil, err
		}
	}
	return lines.Bytes(), nil
}

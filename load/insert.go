package load

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"
)

// insertSettings hold for every insert of a batch. A batch may span any number of
// months, and must stay one block, so that its token stands for all of it.
var insertSettings = map[string]string{
	"insert_deduplicate": "1",
	// A folded batch has no equal keys left to collapse; looking for them took most of the
	// engine's time for an insert into usage (measured).
	"optimize_on_insert":                       "0",
	"async_insert":                             "0",
	"max_partitions_per_insert_block":          "0",
	"max_insert_threads":                       "1",
	"input_format_arrow_allow_missing_columns": "0",
}

// insertArrow sends rec as it is. The same token again is dropped by the table, so
// an insert whose answer was lost can be repeated. It retries while ctx lives.
func (s *Store) insertArrow(ctx context.Context, table string, rec arrow.Record, token string) error {
	names := make([]string, rec.NumCols())
	for i, f := range rec.Schema().Fields() {
		names[i] = quoteName(f.Name)
	}
	r := request{
		sql:      fmt.Sprintf("INSERT INTO %s (%s) FORMAT ArrowStream", quoteName(table), strings.Join(names, ", ")),
		settings: withToken(token),
		write:    func(w io.Writer) error { return writeArrow(w, rec) },
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

func withToken(token string) map[string]string {
	settings := map[string]string{"insert_deduplication_token": token}
	for k, v := range insertSettings {
		settings[k] = v
	}
	return settings
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

// insertJSON inserts rows, whose JSON keys are the table's columns, under a token.
func (s *Store) insertJSON(ctx context.Context, table, token string, rows []byte) error {
	settings := map[string]string{
		"async_insert":                     "0",
		"date_time_input_format":           "best_effort",
		"input_format_skip_unknown_fields": "0",
		"input_format_null_as_default":     "1",
	}
	if token != "" {
		settings["insert_deduplication_token"] = token
	}
	r := request{
		sql:      "INSERT INTO " + quoteName(table) + " FORMAT JSONEachRow",
		settings: settings,
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

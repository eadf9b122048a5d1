package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"time"

	"github.com/banshift/banshift/load/guard"
	"github.com/banshift/banshift/queries"
)

// Format is how a result is written.
type Format string

// Formats of results. JSON is one array of objects; Parquet keeps the types.
const (
	Table   Format = "table"
	JSON    Format = "json"
	CSV     Format = "csv"
	Parquet Format = "parquet"
)

var engineFormats = map[Format]string{
	Table: "PrettyCompactNoEscapesMonoBlock", JSON: "JSONEachRow", CSV: "CSVWithNames", Parquet: "Parquet",
}

// ErrFormat says that a format is none of ours.
var ErrFormat = errors.New("unknown format")

// ParseFormat gives the format of a name.
func ParseFormat(name string) (Format, error) {
	f := Format(name)
	if _, ok := engineFormats[f]; !ok {
		return "", fmt.Errorf("%w %q: want table, json, csv or parquet", ErrFormat, name)
	}
	return f, nil
}

// readSettings hold for everything that only reads. The result is complete before
// its first byte is sent: a query that fails late gives an error, not half a file.
var readSettings = map[string]string{
	"readonly": "2",
	"cancel_http_readonly_queries_on_client_close": "1",
	"wait_end_of_query":                            "1",
	"max_execution_time":                           "600",
	"output_format_json_array_of_rows":             "1",
	"output_format_json_quote_64bit_integers":      "0",
	"output_format_pretty_row_numbers":             "0",
	"output_format_pretty_max_rows":                "1000000",
	"output_format_parquet_string_as_string":       "1",
	"output_format_parquet_compression_method":     "zstd",
}

// Query runs a named query and writes its result. Parameters that are not given
// have the defaults of the query.
func (s *Store) Query(ctx context.Context, name string, params map[string]string, w io.Writer, f Format) error {
	q, values, err := s.prepare(ctx, name, params)
	if err != nil {
		return err
	}
	return s.query(ctx, q, values, w, f)
}

// valuesOf gives a named query and the values of all its parameters.
func valuesOf(name string, params map[string]string) (queries.Query, map[string]string, error) {
	q, err := queries.Get(name)
	if err != nil {
		return queries.Query{}, nil, err
	}
	values, err := q.Values(params)
	return q, values, err
}

func (s *Store) query(ctx context.Context, q queries.Query, values map[string]string, w io.Writer, f Format) (err error) {
	if f == Parquet {
		err = s.described(ctx, q, values, asTheyAre, w, func(w io.Writer) error { return s.read(ctx, q.SQL, values, w, f) })
	} else {
		err = s.read(ctx, q.SQL, values, w, f)
	}
	if err != nil {
		return explain(fmt.Sprintf("%s, query %s", s.name, q.Name), err)
	}
	return nil
}

// prepare gives a named query with the values of its parameters, and has counted what it reads.
func (s *Store) prepare(ctx context.Context, name string, params map[string]string) (queries.Query, map[string]string, error) {
	q, values, err := valuesOf(name, params)
	if err == nil && q.Counts {
		err = s.countForReading(ctx)
	}
	return q, values, err
}

// Answers are those of a store to many questions that belong together: its counts are brought up to date once, before
// the first. Its methods may be called concurrently.
type Answers struct{ store *Store }

// Counted brings the counts up to date, as each question does.
func (s *Store) Counted(ctx context.Context) (Answers, error) {
	return Answers{s}, s.countForReading(ctx)
}

// Query is [Store.Query].
func (a Answers) Query(ctx context.Context, name string, params map[string]string, w io.Writer, f Format) error {
	q, values, err := valuesOf(name, params)
	if err != nil {
		return err
	}
	return a.store.query(ctx, q, values, w, f)
}

// Daily is [Store.Daily].
func (a Answers) Daily(ctx context.Context, params map[string]string) ([]Day, error) {
	return a.store.daily(ctx, params)
}

// UseByHour gives what the hours of a country from one on count, as [Store.WatchedHours], brought up to date.
func (s *Store) UseByHour(ctx context.Context, country string, simulated bool, from time.Time) ([]WatchedHour, error) {
	answers, err := s.Counted(ctx)
	if err != nil {
		return nil, err
	}
	return answers.UseByHour(ctx, country, simulated, from)
}

// UseByHour is [Store.UseByHour].
func (a Answers) UseByHour(ctx context.Context, country string, simulated bool, from time.Time) ([]WatchedHour, error) {
	place := WatchedPlace{Country: country}
	if simulated {
		place.Simulated = 1
	}
	return a.store.WatchedHours(ctx, place, from)
}

// SQL runs one statement that only reads the store's own tables.
func (s *Store) SQL(ctx context.Context, text string, w io.Writer, f Format) error {
	text = strings.TrimRight(strings.TrimSpace(text), ";")
	if text == "" {
		return errors.New("no SQL given")
	}
	if err := s.refuse(ctx, text); err != nil {
		return explain(s.name, err)
	}
	if err := s.read(ctx, text, nil, w, f); err != nil {
		return explain(s.name, err)
	}
	return nil
}

func (s *Store) read(ctx context.Context, sql string, params map[string]string, w io.Writer, f Format) error {
	return s.answer(ctx, request{sql: sql, params: params, result: w}, f)
}

// answer runs a request that only reads, in a format.
func (s *Store) answer(ctx context.Context, r request, f Format) error {
	r.settings = maps.Clone(readSettings)
	r.settings["default_format"] = engineFormats[f]
	if s.distributed {
		r.settings["prefer_global_in_and_join"] = "1" // a shard has only rows of single clients
	}
	return s.retry(ctx, s.tries(), func() error {
		n, err := s.post(ctx, s.reader, r)
		if err != nil && n > 0 {
			return &brokenAnswer{err}
		}
		return err
	})
}

// brokenAnswer is of an answer that broke off when a part of it was handed on: it is not asked
// for again, or the part would come twice.
type brokenAnswer struct{ error }

func (e *brokenAnswer) Unwrap() error { return e.error }

// refuse fails where a statement has something in it that readers may not use.
func (s *Store) refuse(ctx context.Context, text string) error {
	s.guarding.Lock()
	defer s.guarding.Unlock()
	if s.guard == nil {
		g, err := guard.New(ctx, s.addr.database, s.ask)
		if err != nil {
			return err
		}
		s.guard = g
	}
	err := s.guard.Check(ctx, text)
	if errors.Is(err, guard.ErrRefused) {
		what := strings.TrimPrefix(err.Error(), guard.ErrRefused.Error())
		return fmt.Errorf("%w%s; `banshift sql` answers questions about the store's tables, with what docs/reference/sql.md lists", ErrForbidden, what)
	}
	return err
}

// ask runs a statement of the guard as the reader.
func (s *Store) ask(ctx context.Context, sql string) (string, error) {
	var answer bytes.Buffer
	settings := map[string]string{"readonly": "2", "default_format": "TSVRaw", "max_execution_time": "60"}
	err := s.retry(ctx, s.tries(), func() error {
		answer.Reset()
		_, err := s.post(ctx, s.reader, request{sql: sql, settings: settings, result: &answer})
		return err
	})
	return answer.String(), err
}

package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"reflect"
	"strings"

	native "github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/column"
	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"

	"github.com/banshift/banshift/queries"
	"github.com/banshift/banshift/release/policy"
	"github.com/banshift/banshift/schemas/statements"
)

// Result asks a named query. Parameters that are not given have the defaults of the query.
func (s *Store) Result(ctx context.Context, name string, params map[string]string) (*queries.Result, error) {
	q, values, err := s.prepare(ctx, name, params)
	if err != nil {
		return nil, err
	}
	rows, err := s.conn.Query(clickhouse.Context(ctx, clickhouse.WithParameters(values)), q.SQL)
	if err != nil {
		return nil, explain(fmt.Sprintf("%s, query %s", s.name, name), err)
	}
	defer rows.Close()
	r := &queries.Result{Query: q, Params: values}
	types := rows.ColumnTypes()
	into := make([]any, len(types))
	for i, t := range types {
		at := q.Index(t.Name())
		if at < 0 {
			return nil, fmt.Errorf("query %s: column %s has no role", name, t.Name())
		}
		r.Columns = append(r.Columns, queries.ResultColumn{Column: q.Columns[at], Type: t.DatabaseTypeName()})
		into[i] = reflect.New(t.ScanType()).Interface()
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, explain(fmt.Sprintf("%s, query %s", s.name, name), err)
		}
		for i := range into {
			r.Columns[i].Values = append(r.Columns[i].Values, reflect.ValueOf(into[i]).Elem().Interface())
		}
		r.Len++
	}
	return r, explain(fmt.Sprintf("%s, query %s", s.name, name), rows.Err())
}

// WriteResult writes a result as [Store.Query] writes the query's: the engine formats it.
func (s *Store) WriteResult(ctx context.Context, r *queries.Result, w io.Writer, f Format) error {
	return s.writeSaying(ctx, r, w, f, asTheyAre)
}

// WriteReleased is WriteResult for what others may see.
func (s *Store) WriteReleased(ctx context.Context, r policy.Released, w io.Writer, f Format) error {
	return s.writeSaying(ctx, r.Result(), w, f, saidOf(r.Said()))
}

// saidOf is what a file says of its privacy itself.
func saidOf(said policy.Said) map[string]string {
	about := map[string]string{"privacy": said.Words}
	if said.Noise != nil {
		maps.Copy(about, said.Noise.Texts())
	}
	return about
}

// writeSaying writes a result; a format that can say so says what was done for privacy.
func (s *Store) writeSaying(ctx context.Context, r *queries.Result, w io.Writer, f Format, privacy map[string]string) error {
	if f != Parquet {
		return s.writeRows(ctx, r, w, f)
	}
	return s.described(ctx, r.Query, r.Params, privacy, w, func(w io.Writer) error { return s.writeRows(ctx, r, w, f) })
}

func (s *Store) writeRows(ctx context.Context, r *queries.Result, w io.Writer, f Format) error {
	if r.Len == 0 {
		return explain(fmt.Sprintf("%s, query %s", s.name, r.Query.Name), s.read(ctx, fmt.Sprintf(statements.NoRows, r.Query.SQL), r.Params, w, f))
	}
	body, kind, err := formOf(r)
	if err != nil {
		return fmt.Errorf("query %s: %w", r.Query.Name, err)
	}
	err = s.answer(ctx, request{sql: strings.TrimSpace(statements.ResultRows), body: body, contentType: kind, result: w}, f)
	return explain(fmt.Sprintf("%s, query %s", s.name, r.Query.Name), err)
}

// formOf is a result as a table that goes with a request, and the type of that form.
func formOf(r *queries.Result) (body []byte, contentType string, err error) {
	block := proto.NewBlock()
	var structure []string
	for _, c := range r.Columns {
		structure = append(structure, quoteName(c.Name)+" "+c.Type)
		if err := block.AddColumn(c.Name, column.Type(c.Type)); err != nil {
			return nil, "", err
		}
	}
	row := make([]any, len(r.Columns))
	for i := range r.Len {
		for at, c := range r.Columns {
			row[at] = c.Values[i]
		}
		if err := block.Append(row...); err != nil {
			return nil, "", err
		}
	}
	var data native.Buffer
	if err := block.Encode(&data, 0); err != nil {
		return nil, "", err
	}
	var form bytes.Buffer
	writer := multipart.NewWriter(&form)
	err = errors.Join(writer.WriteField("result_format", "Native"), writer.WriteField("result_structure", strings.Join(structure, ", ")))
	if err != nil {
		return nil, "", err
	}
	table, err := writer.CreateFormFile("result", "result")
	if err != nil {
		return nil, "", err
	}
	if _, err := table.Write(data.Buf); err != nil {
		return nil, "", err
	}
	err = writer.Close()
	return form.Bytes(), writer.FormDataContentType(), err
}

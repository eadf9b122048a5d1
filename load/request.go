package load

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// request is one statement over HTTP.
type request struct {
	sql      string
	settings map[string]string
	params   map[string]string // {name:Type} in sql
	// write gives the data of an INSERT; nil: sql is the whole body.
	write func(io.Writer) error
	// body goes with sql, which stands in the address then; contentType says what it is.
	body        []byte
	contentType string
	// result takes the answer; nil: it is dropped.
	result io.Writer
}

// post runs a request as the user of a, and gives how many bytes it answered.
func (s *Store) post(ctx context.Context, a address, r request) (int64, error) {
	values := url.Values{"database": {a.database}}
	for k, v := range r.settings {
		values.Set(k, v)
	}
	for k, v := range r.params {
		values.Set("param_"+k, v)
	}
	body := io.Reader(strings.NewReader(r.sql))
	if r.write != nil || r.body != nil {
		values.Set("query", r.sql)
	}
	if r.write != nil {
		reader, writer := io.Pipe()
		defer reader.Close() // ends the writer where the server did not want all of it
		go func() { writer.CloseWithError(r.write(writer)) }()
		body = reader
	}
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.http()+"?"+values.Encode(), body)
	if err != nil {
		return 0, err
	}
	if r.contentType != "" {
		req.Header.Set("Content-Type", r.contentType)
	}
	req.Header.Set("X-ClickHouse-User", a.user)
	req.Header.Set("X-ClickHouse-Key", a.password)
	resp, err := s.http.Do(req)
	if err != nil {
		return 0, withoutURL(err)
	}
	defer resp.Body.Close()
	if err := exceptionOf(resp); err != nil {
		return 0, err
	}
	result := r.result
	if result == nil {
		result = io.Discard
	}
	n, err := io.Copy(result, resp.Body)
	if err != nil {
		return n, fmt.Errorf("read the answer: %w", err)
	}
	return n, nil
}

// exceptionOf reads the server's exception, if the answer is one.
func exceptionOf(resp *http.Response) error {
	header := resp.Header.Get("X-ClickHouse-Exception-Code")
	if resp.StatusCode == http.StatusOK && header == "" {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	if err != nil {
		return fmt.Errorf("HTTP status %s: %w", resp.Status, err)
	}
	code, err := strconv.Atoi(header)
	if err != nil {
		return fmt.Errorf("HTTP status %s, no ClickHouse: %q", resp.Status, text)
	}
	return &serverError{code, strings.TrimSpace(string(text))}
}

// withoutURL drops the URL, which holds the whole statement, from a client's error.
func withoutURL(err error) error {
	if u, ok := err.(*url.Error); ok {
		return u.Err
	}
	return err
}

package sqldoor

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/banshift/banshift/load/engine"
)

// mostStatement is how many bytes a request may have, and a statement: the engine's own limit of what it parses.
const mostStatement = 256 << 10

// question is what a program asks.
type question struct {
	sql    string
	params url.Values // param_NAME of {NAME:Type} in sql
	how    url.Values // of the answer: its format, compression, settings
	accept string     // encodings of the answer
}

// transport are parameters that say how an answer is sent, and name nothing of the engine's.
var transport = setOf("default_format", "query_id", "compress", "network_compression_method", "network_zstd_compression_level", "enable_http_compression",
	"http_zlib_compression_level", "client_protocol_version", "wait_end_of_query", "buffer_size")

// ignored are parameters that programs send to everybody and that mean nothing to one statement that only reads: of
// sessions, of inserts, of progress in headers, and what is set here anyway.
var ignored = setOf("query", "session_id", "session_check", "session_timeout", "close_session", "quota_key", "readonly", "decompress",
	"send_progress_in_http_headers", "http_headers_progress_interval_ms", "date_time_input_format", "cast_string_to_dynamic_use_inference",
	"async_insert", "wait_for_async_insert", "cancel_http_readonly_queries_on_client_close")

func setOf(words ...string) map[string]bool {
	set := map[string]bool{}
	for _, w := range words {
		set[w] = true
	}
	return set
}

// read takes a request apart, or says what it has that is not answered.
func (d *Door) read(w http.ResponseWriter, r *http.Request) (question, error) {
	q := question{params: url.Values{}, how: url.Values{}, accept: r.Header.Get("Accept-Encoding")}
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return q, refusal(http.StatusMethodNotAllowed, "method %s: want GET or POST", r.Method)
	}
	given, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return q, refusal(http.StatusBadRequest, "the address cannot be read")
	}
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Now().Add(readBody)) // a recorder of tests has no deadlines
	r.Body = http.MaxBytesReader(w, r.Body, mostStatement)
	body, err := statementOf(r, given)
	if err != nil {
		return q, err
	}
	// Only behind the whole body is it seen that whoever asked has gone.
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return q, unreadable(err)
	}
	_ = rc.SetReadDeadline(time.Time{})
	q.sql = strings.TrimSpace(given.Get("query"))
	if q.sql != "" && body != "" {
		q.sql += "\n"
	}
	q.sql = strings.TrimRight(strings.TrimSpace(q.sql+body), "; \n\t\r")
	if len(q.sql) > mostStatement {
		return q, tooLarge()
	}
	for header, name := range map[string]string{"X-ClickHouse-Database": "database", "X-ClickHouse-Format": "default_format"} {
		if value := r.Header.Get(header); value != "" && !given.Has(name) {
			given.Set(name, value)
		}
	}
	return q, q.take(given, d)
}

// take sorts the parameters of a request.
func (q *question) take(given url.Values, d *Door) error {
	for name, values := range given {
		value := values[len(values)-1]
		_, isLimit := d.limits()[name]
		switch {
		case ignored[name] || isLimit: // a smaller limit than ours is seen to below
		case strings.HasPrefix(name, "param_"):
			q.params.Set(name, value)
		case name == "database":
			// What asks for "default" means the database that there is.
			if value != engine.Database && value != "default" && value != "" {
				return &Exception{Status: http.StatusNotFound, Code: unknownDatabase, Name: "UNKNOWN_DATABASE", Text: fmt.Sprintf("database %q does not exist; the store's is %s", value, engine.Database)}
			}
		case transport[name] || d.guard.MaySet(name):
			q.how.Set(name, value)
		default:
			return &Exception{Status: http.StatusForbidden, Code: unknownSetting, Name: "UNKNOWN_SETTING", Text: fmt.Sprintf("setting %s cannot be set here; docs/reference/sql.md has those that can", name)}
		}
	}
	for name, most := range d.limits() {
		if asked, err := strconv.ParseInt(given.Get(name), 10, 64); err == nil && asked > 0 && asked < most {
			most = asked
		}
		q.how.Set(name, strconv.FormatInt(most, 10))
	}
	return nil
}

// statementOf gives the statement in the body of a request, or, of a form, puts its fields among those given.
func statementOf(r *http.Request, given url.Values) (string, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil && kind == "multipart/form-data" && params["boundary"] != "" {
		return "", formOf(r, given)
	}
	body := io.Reader(r.Body)
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
	case "gzip":
		unpacked, err := gzip.NewReader(r.Body)
		if err != nil {
			return "", unreadable(err)
		}
		body = unpacked
	default:
		return "", refusal(http.StatusUnsupportedMediaType, "content encoding %s of a statement: want none or gzip", encoding)
	}
	var text bytes.Buffer
	if _, err := io.Copy(&text, io.LimitReader(body, mostStatement+1)); err != nil {
		return "", unreadable(err)
	}
	if text.Len() > mostStatement {
		return "", tooLarge()
	}
	return text.String(), nil
}

// formOf reads a form; tables that go with a statement are not taken.
func formOf(r *http.Request, given url.Values) error {
	if err := r.ParseMultipartForm(mostStatement); err != nil {
		return unreadable(err)
	}
	if len(r.MultipartForm.File) > 0 {
		return refusal(http.StatusForbidden, "tables cannot be sent with a statement")
	}
	for name, values := range r.MultipartForm.Value {
		if name != "query" && !strings.HasPrefix(name, "param_") {
			return refusal(http.StatusForbidden, "field %.100s of a form: want query or param_NAME", name)
		}
		given[name] = values
	}
	return nil
}

// unreadable says why a statement did not arrive.
func unreadable(err error) error {
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		return tooLarge()
	}
	return refusal(http.StatusBadRequest, "the statement did not arrive whole, or cannot be read")
}

func tooLarge() error {
	return &Exception{Status: http.StatusRequestEntityTooLarge, Code: queryTooLarge, Name: "SYNTAX_ERROR", Text: fmt.Sprintf("a statement has at most %d bytes", mostStatement)}
}

func refusal(status int, format string, args ...any) error {
	return &Exception{Status: status, Code: badArguments, Name: "BAD_ARGUMENTS", Text: fmt.Sprintf(format, args...)}
}

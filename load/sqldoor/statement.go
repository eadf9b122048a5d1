package sqldoor

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/banshift/banshift/load/engine"
)

// limits are the settings that hold for every statement, whatever a program asks for.
func (d *Door) limits() map[string]int64 {
	return map[string]int64{
		"max_execution_time": int64(d.o.Limits.Seconds), "max_result_rows": int64(d.o.Limits.Rows), "max_result_bytes": int64(d.o.Limits.Megabytes) << 20,
		"max_memory_usage": int64(d.o.Limits.Megabytes) << 20, "max_memory_usage_for_user": int64(d.o.Limits.Megabytes) << 20,
		// Together half of the cores, so that ingest has the other half.
		"max_threads": int64(max(1, runtime.NumCPU()/2/max(1, d.o.Limits.Statements))),
	}
}

// modes are settings that say what happens at a limit; nobody else sets them.
var modes = map[string]string{
	"readonly": "2", "result_overflow_mode": "throw", "timeout_overflow_mode": "throw", "cancel_http_readonly_queries_on_client_close": "1",
}

// limitNames are the settings that a statement must not set.
func limitNames() map[string]bool {
	names := map[string]bool{}
	for name := range new(Door).limits() {
		names[name] = true
	}
	for name := range modes {
		names[name] = true
	}
	return names
}

// statement answers one, and says how that ended.
func (d *Door) statement(w http.ResponseWriter, r *http.Request) outcome {
	q, err := d.read(w, r)
	if err != nil {
		exceptionOf(err).write(w)
		return refused
	}
	ctx, cancel := context.WithTimeout(r.Context(), time.Duration(d.o.Limits.Seconds)*time.Second+stalled)
	defer cancel()
	leave, err := d.turn(ctx)
	if err != nil {
		exceptionOf(err).write(w)
		return failed
	}
	defer leave()
	if err := d.guard.Asking(d.asker(&q)).Check(ctx, q.sql); err != nil {
		return d.fails(w, r, err)
	}
	answer, err := d.send(ctx, q)
	if err != nil {
		return d.fails(w, r, err)
	}
	defer answer.Body.Close()
	return hand(w, r, answer)
}

// fails says why a statement has no answer.
func (d *Door) fails(w http.ResponseWriter, r *http.Request, err error) outcome {
	if r.Context().Err() != nil {
		return stopped
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = &Exception{Status: http.StatusRequestTimeout, Code: timeoutExceeded, Name: "TIMEOUT_EXCEEDED", Text: "the statement took too long"}
	}
	e := exceptionOf(err)
	e.write(w)
	if e.Code == accessDenied {
		return refused
	}
	return failed
}

// turn waits until another statement may run.
func (d *Door) turn(ctx context.Context) (leave func(), err error) {
	wait := time.NewTimer(waitForTurn)
	defer wait.Stop()
	select {
	case d.turns <- struct{}{}:
		return func() { <-d.turns }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-wait.C:
		return nil, &Exception{Status: http.StatusServiceUnavailable, Code: tooManyStatements, Name: "TOO_MANY_SIMULTANEOUS_QUERIES", Text: "too many statements run: try again"}
	}
}

// asker asks the engine what the guard wants to know of a question; nil: of none.
func (d *Door) asker(q *question) func(context.Context, string) (string, error) {
	return func(ctx context.Context, sql string) (string, error) {
		how, params := url.Values{"default_format": {"TSVRaw"}}, url.Values(nil)
		for name, most := range d.limits() {
			if !strings.HasPrefix(name, "max_result") { // which is the program's answer
				how.Set(name, strconv.FormatInt(most, 10))
			}
		}
		if q != nil {
			params = q.params
		}
		answer, err := d.send(ctx, question{sql: sql, params: params, how: how})
		if err != nil {
			return "", err
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(io.LimitReader(answer.Body, mostTree+1))
		if err == nil && len(text) > mostTree {
			err = refusal(http.StatusForbidden, "the statement is too complex to be looked at")
		}
		return string(text), err
	}
}

// mostTree is how much of the engine's analysis of a statement is looked at.
const mostTree = 16 << 20

// send has the engine run a statement, and gives its answer, or the engine's exception.
func (d *Door) send(ctx context.Context, q question) (*http.Response, error) {
	values := url.Values{"database": {engine.Database}}
	for _, given := range []url.Values{q.how, q.params} {
		for name := range given {
			values.Set(name, given.Get(name))
		}
	}
	for name, value := range modes {
		values.Set(name, value)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.o.Engine.Address+"?"+values.Encode(), strings.NewReader(q.sql))
	if err != nil {
		return nil, err
	}
	request.Header.Set("X-ClickHouse-User", User)
	request.Header.Set("X-ClickHouse-Key", d.o.Engine.Password)
	if q.accept != "" {
		request.Header.Set("Accept-Encoding", q.accept)
	}
	answer, err := d.engine.Do(request)
	if err != nil {
		return nil, err
	}
	code := answer.Header.Get("X-ClickHouse-Exception-Code")
	if answer.StatusCode == http.StatusOK && code == "" {
		return answer, nil
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err != nil {
		return nil, err
	}
	e := &Exception{Status: answer.StatusCode, Text: string(text), Encoding: answer.Header.Get("Content-Encoding")}
	if e.Code, err = strconv.Atoi(code); err != nil {
		return nil, errors.New("the engine answered what is no ClickHouse's")
	}
	return nil, e
}

// passed are the headers of an answer that a program gets.
var passed = []string{"Content-Type", "Content-Encoding", "X-Clickhouse-Query-Id", "X-Clickhouse-Format", "X-Clickhouse-Timezone", "X-Clickhouse-Summary",
	"X-Clickhouse-Server-Display-Name", "X-Clickhouse-Exception-Tag"}

// hand hands an answer on as it comes. Who does not take it, or is gone, has the statement stopped.
func hand(w http.ResponseWriter, r *http.Request, answer *http.Response) outcome {
	for _, name := range passed {
		if value := answer.Header.Get(name); value != "" {
			w.Header().Set(name, value)
		}
	}
	piece := make([]byte, 64<<10)
	for {
		n, err := answer.Body.Read(piece)
		mayStall(w)
		if _, gone := w.Write(piece[:n]); gone != nil {
			return stopped
		}
		if err == io.EOF {
			return answered
		}
		if err != nil && r.Context().Err() == nil {
			return broken
		}
		if err != nil {
			return stopped
		}
	}
}

// mayStall gives whoever asked so long to take the next piece.
func mayStall(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(stalled)) // a recorder of tests has no deadlines
}

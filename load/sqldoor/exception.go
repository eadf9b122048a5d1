package sqldoor

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/banshift/banshift/load/guard"
)

// Codes of ClickHouse's exceptions, by src/Common/ErrorCodes.cpp.
const (
	badArguments         = 36
	queryTooLarge        = 62
	unknownDatabase      = 81
	unknownSetting       = 115
	timeoutExceeded      = 159
	tooManyStatements    = 202
	networkError         = 210
	noSuchHandle         = badArguments
	accessDenied         = 497
	authenticationFailed = 516
)

// Exception is an error as ClickHouse's HTTP interface gives it.
type Exception struct {
	Status int // of HTTP
	Code   int
	Name   string
	Text   string
	// Encoding is that of Text, where the engine has compressed it.
	Encoding string
}

func (e *Exception) Error() string {
	if e.Name == "" { // the engine's own words
		return e.Text
	}
	return fmt.Sprintf("Code: %d. DB::Exception: %s. (%s)\n", e.Code, e.Text, e.Name)
}

func (e *Exception) write(w http.ResponseWriter) {
	mayStall(w)
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	h.Set("X-ClickHouse-Exception-Code", strconv.Itoa(e.Code))
	if e.Encoding != "" {
		h.Set("Content-Encoding", e.Encoding)
	}
	switch e.Status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Basic realm="banshift"`)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		h.Set("Retry-After", "1")
	}
	w.WriteHeader(e.Status)
	fmt.Fprint(w, e.Error()) // who does not take it has gone
}

// exceptionOf says an error of the guard or the engine as an exception.
func exceptionOf(err error) *Exception {
	if e := (*Exception)(nil); errors.As(err, &e) {
		return e
	}
	if errors.Is(err, guard.ErrRefused) {
		what := strings.TrimPrefix(err.Error(), guard.ErrRefused.Error()+": ")
		return &Exception{Status: http.StatusForbidden, Code: accessDenied, Name: "ACCESS_DENIED", Text: "banshift does not answer this: " + what}
	}
	return &Exception{Status: http.StatusServiceUnavailable, Code: networkError, Name: "NETWORK_ERROR", Text: "the engine does not answer now: try again"}
}

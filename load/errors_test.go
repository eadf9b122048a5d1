package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
)

func TestExplain(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	for name, tt := range map[string]struct {
		err       error
		want      error
		transient bool
	}{
		"password over HTTP":   {&serverError{516, "Code: 516. DB::Exception: u: Authentication failed"}, ErrPassword, false},
		"password over native": {&clickhouse.Exception{Code: 516, Message: "Authentication failed"}, ErrPassword, false},
		"refused":              {fmt.Errorf("ping: %w", refused), ErrUnreachable, true},
		"closed":               {fmt.Errorf("insert: %w", io.ErrUnexpectedEOF), ErrUnreachable, true},
		"disk":                 {&serverError{243, "Cannot reserve 1.00 MiB, not enough space"}, ErrDiskFull, false},
		"disk by errno":        {&serverError{75, "Cannot write to file, errno: 28, strerror: No space left on device"}, ErrDiskFull, false},
		"quota":                {&serverError{75, "Cannot write to file, errno: 122, strerror: Disk quota exceeded"}, ErrDiskFull, false},
		"read-only disk":       {&serverError{76, "Cannot open file x, errno: 30, strerror: Read-only file system"}, ErrReadOnly, false},
		"explained before":     {explain("shard 1 of 2", syscall.ENOSPC), ErrDiskFull, false},
		"table":                {&clickhouse.Exception{Code: 60, Message: "Table x does not exist"}, ErrNoTable, false},
		"readonly":             {&serverError{164, "Cannot execute query in readonly mode"}, ErrForbidden, false},
		"grant":                {&serverError{497, "Not enough privileges"}, ErrForbidden, false},
		"too many parts":       {&serverError{252, "Too many parts"}, nil, true},
		"syntax":               {&serverError{62, "Syntax error\n at line 3"}, nil, false},
		"given up":             {context.Canceled, context.Canceled, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := explain("store s", tt.err)
			if tt.want != nil && !errors.Is(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			if strings.Contains(got.Error(), "\n") {
				t.Errorf("more than one line: %q", got)
			}
			if isTransient(tt.err) != tt.transient {
				t.Errorf("transient is %v", !tt.transient)
			}
		})
	}
}

// What to do where nothing answers depends on whose engine it is.
func TestExplainWhereNothingAnswers(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	for where, want := range map[string]string{
		"store ./store":                         "run the same command again",
		"store clickhouse://u@db:9000/banshift": "check the address",
	} {
		if got := explain(where, fmt.Errorf("migration 0005_counts: %w", refused)); !strings.Contains(got.Error(), want) {
			t.Errorf("%s: %v, want %q", where, got, want)
		}
	}
}

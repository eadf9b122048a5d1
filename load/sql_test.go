package load_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/banshift/banshift/load"
)

// statements reads a file of them, one a line.
func statements(t *testing.T, name string) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "sql", name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(data)), "\n")
}

// TestHonestStatementsRun runs what an analyst asks.
func TestHonestStatementsRun(t *testing.T) {
	s := needStore(t)
	list := statements(t, "honest.sql")
	if len(list) < 200 {
		t.Errorf("%d statements, want at least 200", len(list))
	}
	for _, sql := range list {
		if err := s.SQL(context.Background(), sql, io.Discard, load.CSV); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// notBegun is what the engine says of a statement that it has read and not begun: no such table, no such syntax, not in EXPLAIN
// or a subquery, no such value of a setting, no such parameter, and a function that refuses whatever it is given.
var notBegun = regexp.MustCompile(`Code: (60|62|80|452|456|503)\. `)

// TestOtherStatementsAreRefused tries to read files, networks, settings, sessions and other
// databases, to write, and to stop the engine; each statement is refused before it runs.
func TestOtherStatementsAreRefused(t *testing.T) {
	s := needStore(t)
	list := statements(t, "refused.sql")
	if len(list) < 200 {
		t.Errorf("%d statements, want at least 200", len(list))
	}
	for _, sql := range list {
		err := s.SQL(context.Background(), sql, io.Discard, load.CSV)
		if err == nil || !errors.Is(err, load.ErrForbidden) && !notBegun.MatchString(err.Error()) {
			t.Errorf("%s: something of it ran: %v", sql, err)
			continue
		}
		for _, leaked := range []string{"root:", "Connection refused", "CANNOT_CONNECT", "NETWORK_ERROR"} {
			if strings.Contains(err.Error(), leaked) {
				t.Errorf("%s: %v", sql, err)
			}
		}
	}
}

// TestReaderThatIsGoneEndsItsQuery leaves a statement that would run for ever.
func TestReaderThatIsGoneEndsItsQuery(t *testing.T) {
	s := needStore(t)
	running := func() (n uint64) {
		row := s.Conn().QueryRow(context.Background(), "SELECT count() FROM system.processes WHERE query LIKE '%1e18%' AND query NOT LIKE '%processes%'")
		if err := row.Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	ctx, leave := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- s.SQL(ctx, "SELECT count() FROM numbers(toUInt64(1e18)) WHERE NOT ignore(rand())", io.Discard, load.CSV)
	}()
	for deadline := time.Now().Add(time.Minute); running() == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the query never began")
		}
	}
	leave()
	<-ended
	for deadline := time.Now().Add(time.Minute); running() > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the query still runs")
		}
	}
}

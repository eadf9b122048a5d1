package load_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
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

// TestOtherStatementsAreRefused tries to read files, networks, settings, sessions and other
// databases, to write, and to stop the engine; each statement is refused before it runs.
func TestOtherStatementsAreRefused(t *testing.T) {
	s := needStore(t)
	list := statements(t, "refused.sql")
	if len(list) < 200 {
		t.Errorf("%d statements, want at least 200", len(list))
	}
	for _, sql := range list {
		began := time.Now()
		err := s.SQL(context.Background(), sql, io.Discard, load.CSV)
		if err == nil {
			t.Errorf("%s: ran", sql)
			continue
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: refused after %s, so something of it ran", sql, took)
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
	for deadline := time.Now().Add(20 * time.Second); running() == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the query never began")
		}
	}
	leave()
	<-ended
	for deadline := time.Now().Add(10 * time.Second); running() > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the query still runs")
		}
	}
}

package load_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/banshift/banshift/load"
)

// statements reads testdata/reader/NAME.sql, one statement a line.
func statements(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/reader/" + name + ".sql")
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(all) < 200 {
		t.Fatalf("%d statements in %s, want 200 or more", len(all), name)
	}
	return all
}

// What reads beyond the store's tables is refused before it runs: an error of the
// engine, which may come while it runs, is only enough where the statement is no statement.
func TestStatementsThatReachOutAreRefused(t *testing.T) {
	s := needStore(t)
	for _, sql := range statements(t, "refused") {
		var out strings.Builder
		err := s.SQL(context.Background(), sql, &out, load.CSV)
		noStatement := err != nil && strings.Contains(err.Error(), "SYNTAX_ERROR")
		if !errors.Is(err, load.ErrForbidden) && !noStatement || out.Len() > 0 {
			t.Errorf("%s: got %v and %q, want %v", sql, err, out.String(), load.ErrForbidden)
		}
	}
}

func TestHonestStatementsRun(t *testing.T) {
	s := needStore(t)
	for _, sql := range statements(t, "honest") {
		var out strings.Builder
		if err := s.SQL(context.Background(), sql, &out, load.CSV); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

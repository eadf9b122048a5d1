package load_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/banshift/banshift/load"
)

// A query whose caller is gone is gone from the engine, too.
func TestQueryEndsWithItsReader(t *testing.T) {
	s := needStore(t)
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	if err := s.SQL(ctx, "SELECT count() FROM numbers(1e18) WHERE cityHash64(number) = 1", io.Discard, load.CSV); err == nil {
		t.Fatal("it ended")
	}
	running := func() uint64 {
		var n uint64
		if err := s.Conn().QueryRow(context.Background(), "SELECT count() FROM system.processes WHERE user = 'reader' AND query LIKE '%cityHash64(number) = 1%'").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	started := time.Now()
	for running() > 0 {
		if time.Since(started) > 20*time.Second {
			t.Fatal("it still runs")
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Logf("gone after %s", strings.TrimSpace(time.Since(started).Round(time.Millisecond).String()))
}

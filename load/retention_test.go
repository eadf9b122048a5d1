package load

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What has expired is deleted by whoever opens the store next, from the disk too, however
// short a command is, and the accounts still add up.
func TestExpiredRowsAreGoneFromTheDisk(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s := ownStore(t, dir)
	for _, sql := range []string{
		"INSERT INTO flows (start, client, country, evidence, records, ingested_at) SELECT now64() - number, 7, 'aa', ['expired-canary'], 0, now64() - INTERVAL 40 DAY FROM numbers(100)",
		"INSERT INTO usage (hour, client, country, records, stored_on) SELECT now(), number, 'aa', 0, today() - 100 FROM numbers(100)",
		"INSERT INTO dns_usage (hour, client, country, name, records, stored_on) SELECT now(), number, 'aa', 'expired-canary.example', 0, today() - 100 FROM numbers(100)",
		"INSERT INTO flows (start, client, country, evidence) VALUES (now64(), 8, 'aa', ['kept-canary'])",
		"INSERT INTO dns_usage (hour, client, country, name, queries) VALUES (now(), 8, 'aa', 'kept-canary.example', 1)",
	} {
		if err := s.conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	o := Options{FlowsDays: 30, UsageDays: 90, DNSDays: 90}
	s, err := Open(ctx, dir, o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	left, err := s.Retention(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range left {
		if r.Bytes != 0 || r.Days == 0 {
			t.Errorf("%s: %d bytes of expired rows, kept %d days", r.Table, r.Bytes, r.Days)
		}
	}
	for table, want := range map[string]uint64{"flows": 1, "usage": 0, "dns_usage": 1} {
		var rows, parts uint64
		if err := s.conn.QueryRow(ctx, "SELECT count() FROM "+table).Scan(&rows); err != nil || rows != want {
			t.Errorf("%s has %d rows, want %d: %v", table, rows, want, err)
		}
		if err := s.conn.QueryRow(ctx, "SELECT count() FROM system.parts WHERE table = ? AND NOT active AND rows > 0", table).Scan(&parts); err != nil || parts != 0 {
			t.Errorf("%s has %d parts out of use: %v", table, parts, err)
		}
	}
	reconciled(t, s, 0)
	if found := filesWith(t, dir, "expired-canary"); found != nil {
		t.Errorf("expired rows are in %v", found)
	}
}

// A deletion that was written down and cut off is finished by the next opening, and its
// records are counted once.
func TestExpiringIsFinished(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s := ownStore(t, dir)
	b := usageBatch(0, 10)
	defer b.release()
	if err := s.Write(ctx, b); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"INSERT INTO dns_usage (hour, client, records, stored_on) VALUES (now(), 1, 5, today() - 100), (now(), 2, 5, today())",
		"INSERT INTO batches (source, partition, first, next, state, records_in, folded) VALUES ('dns', 0, 0, 10, 'intended', 0, 0), ('dns', 0, 0, 10, 'done', 10, 10)",
	} {
		if err := s.conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	reconciled(t, s, 20)
	day := edge(90, mustNow(t, s))
	if err := s.note(ctx, forgottenRow{ID: "cut-off", State: stateBegun, What: "retention", Day: &day, Table: "dns_usage", Rows: 1, Records: 5}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		again, err := Open(ctx, dir, Options{DNSDays: 90})
		if err != nil {
			t.Fatal(err)
		}
		reconciled(t, again, 20)
		var rows uint64
		if err := again.conn.QueryRow(ctx, "SELECT count() FROM dns_usage").Scan(&rows); err != nil || rows != 1 {
			t.Errorf("%d rows are left: %v", rows, err)
		}
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// filesWith lists the files below a directory that hold a text as it is. Parts are stored
// compressed: short texts come through.
func filesWith(t *testing.T, dir, text string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte(text)) {
			found = append(found, strings.TrimPrefix(path, dir))
		}
		return err
	})
	if err != nil {
		t.Fatal(fmt.Errorf("files of the store: %w", err))
	}
	return found
}

func mustNow(t *testing.T, s *Store) (now time.Time) {
	t.Helper()
	if err := s.conn.QueryRow(context.Background(), "SELECT now()").Scan(&now); err != nil {
		t.Fatal(err)
	}
	return now
}

package load

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/banshift/banshift/schemas/migrations"
)

// wideStore opens a store as it was before usage became narrow, with rows of two months.
func wideStore(t *testing.T, dir string) (*Store, []migrations.Migration) {
	t.Helper()
	ctx := context.Background()
	s := ownStore(t, dir)
	t.Cleanup(func() { s.Close() })
	all, err := migrations.All()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.conn.Exec(ctx, "CREATE DATABASE wide"); err != nil {
		t.Fatal(err)
	}
	s.conn.Close()
	s.addr.database, s.reader.database = "wide", "wide"
	if s.conn, err = s.connect(); err != nil {
		t.Fatal(err)
	}
	before := 0
	for before < len(all) && !strings.HasSuffix(all[before].Name, "_counts") {
		before++
	}
	if _, err := s.migrate(ctx, all[:before]); err != nil {
		t.Fatal(err)
	}
	rows := `INSERT INTO usage SELECT toDateTime('2018-03-28 00:00:00', 'UTC') + number * 3600, ['ru', 'by'][1 + number % 2], number % 5, number % 40,
		['openvpn', 'none'][1 + number % 2], '', ['vpn', 'none'][1 + number % 2], ['likely', 'unclassified'][1 + number % 2], 1, 'p@1', 'l', 2, 0.5, 1, 3, 4, 1 FROM numbers(200)`
	if err := s.conn.Exec(ctx, rows); err != nil {
		t.Fatal(err)
	}
	return s, all
}

// usageSums are what the takeover must not change.
func usageSums(t *testing.T, s *Store, table string) string {
	t.Helper()
	var text string
	sql := "SELECT toString((count(), sum(records), sum(flows), sum(expected), sum(bytes_up), groupArray(h))) FROM (SELECT *, cityHash64(toString((hour, country, asn, client, tool, service, category, level, simulated, pack, lists, flows))) AS h FROM " + table + " ORDER BY h)"
	if err := s.conn.QueryRow(context.Background(), sql).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

// TestTakeoverFromAnywhere interrupts the migration to narrow usage behind each of its statements, and within the copy,
// and begins it again.
func TestTakeoverFromAnywhere(t *testing.T) {
	ctx := context.Background()
	s, all := wideStore(t, t.TempDir())
	wide := usageSums(t, s, "usage")
	m := all[len(all)-1]
	for _, candidate := range all {
		if strings.HasSuffix(candidate.Name, "_counts") {
			m = candidate
		}
	}
	statements, err := m.Statements(s.target())
	if err != nil {
		t.Fatal(err)
	}
	keep := []string{"CREATE TABLE wide_usage AS usage", "INSERT INTO wide_usage SELECT * FROM usage"}
	for _, sql := range keep {
		if err := s.conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	for stop := range statements {
		for _, sql := range []string{
			"DROP TABLE IF EXISTS usage SYNC", "DROP TABLE IF EXISTS usage_next SYNC", "DROP TABLE IF EXISTS verdicts SYNC", "DROP TABLE IF EXISTS touched SYNC",
			"DROP TABLE IF EXISTS counted_days SYNC", "DROP TABLE IF EXISTS counted_hours SYNC", "DROP VIEW IF EXISTS counts_day", "DROP VIEW IF EXISTS counts_hour", "DROP VIEW IF EXISTS usage_named",
			"CREATE TABLE usage AS wide_usage", "INSERT INTO usage SELECT * FROM wide_usage",
		} {
			if err := s.conn.Exec(ctx, sql); err != nil {
				t.Fatal(err)
			}
		}
		for _, statement := range statements[:stop+1] {
			if err := s.applyStatement(ctx, statement); err != nil {
				t.Fatalf("stopping at %d: %v", stop, err)
			}
		}
		if strings.HasPrefix(statements[stop].SQL, "INSERT INTO usage_next") { // half of the copy
			if err := s.conn.Exec(ctx, "ALTER TABLE usage_next DELETE WHERE client < 20 SETTINGS mutations_sync = 1"); err != nil {
				t.Fatal(err)
			}
		}
		for _, statement := range statements {
			if err := s.applyStatement(ctx, statement); err != nil {
				t.Fatalf("after stopping at %d: %v", stop, err)
			}
		}
		if got := usageSums(t, s, "usage_named"); got != wide {
			t.Errorf("stopped at %d: usage is %.100s, was %.100s", stop, got, wide)
		}
		var left, days uint64
		if err := s.conn.QueryRow(ctx, "SELECT (SELECT count() FROM system.tables WHERE database = 'wide' AND name = 'usage_next'), (SELECT uniqExact(country, day) FROM touched WHERE touches > 0)").Scan(&left, &days); err != nil {
			t.Fatal(err)
		}
		if left != 0 || days != 18 {
			t.Errorf("stopped at %d: %d tables are left over, %d days are to be counted", stop, left, days)
		}
	}
}

// A range that was begun and not finished is told, and the store stays as it was.
func TestTakeoverRefusesBegunRanges(t *testing.T) {
	ctx := context.Background()
	s, all := wideStore(t, t.TempDir())
	wide := usageSums(t, s, "usage")
	if err := s.conn.Exec(ctx, "INSERT INTO batches (source, partition, first, next, state, token) VALUES ('x', 0, 0, 10, 'intended', 'x')"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.migrate(ctx, all); err == nil || !strings.Contains(err.Error(), "run the same sources once more") {
		t.Errorf("got %v", err)
	}
	if got := usageSums(t, s, "usage"); got != wide {
		t.Errorf("usage changed: %s", fmt.Sprint(got))
	}
}

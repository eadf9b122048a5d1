package load

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/banshift/banshift/load/engine"
)

func TestMigrateRefusesAnotherText(t *testing.T) {
	ctx := context.Background()
	s := ownStore(t, t.TempDir())
	defer s.Close()
	first, err := s.Migrate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.Migrate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(first) != fmt.Sprint(second) || len(first) == 0 || first[0].At.IsZero() {
		t.Errorf("applied %v, then %v", first, second)
	}
	if err := s.conn.Exec(ctx, "INSERT INTO migrations (number, name, checksum) VALUES (?, 'later', 'x')", uint32(len(first)+1)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Migrate(ctx); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("a store of a later version: %v", err)
	}
	for _, sql := range []string{
		"ALTER TABLE migrations DELETE WHERE name = 'later' SETTINGS mutations_sync = 1",
		"ALTER TABLE migrations UPDATE checksum = 'other' WHERE number = 1 SETTINGS mutations_sync = 1",
	} {
		if err := s.conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Migrate(ctx); err == nil || !strings.Contains(err.Error(), "another text") {
		t.Errorf("a changed migration: %v", err)
	}
}

func TestRetentionOfFlows(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	ddl := func(o Options) string {
		t.Helper()
		s, err := Open(ctx, dir, o)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		var text string
		if err := s.conn.QueryRow(ctx, "SELECT create_table_query FROM system.tables WHERE database = 'banshift' AND name = 'flows'").Scan(&text); err != nil {
			t.Fatal(err)
		}
		_, text, _ = strings.Cut(text, " TTL ")
		text, _, _ = strings.Cut(text, " SETTINGS")
		return text
	}
	if _, err := engine.Locate(""); err != nil {
		t.Skipf("engine is absent (run `make engine`): %v", err)
	}
	for _, step := range []struct {
		days int
		want string
	}{
		{0, "toDateTime(ingested_at) + toIntervalDay(30)"},
		{7, "toDateTime(ingested_at) + toIntervalDay(7)"},
		{0, "toDateTime(ingested_at) + toIntervalDay(7)"},
	} {
		if got := ddl(Options{FlowsDays: step.days}); got != step.want {
			t.Errorf("retention of %d days: %q, want %q", step.days, got, step.want)
		}
	}
}

// A user who may only read opens a store that is up to date, and cannot write.
func TestReaderOpensTheStore(t *testing.T) {
	ctx := context.Background()
	owner := ownStore(t, t.TempDir())
	defer owner.Close()
	if err := owner.conn.Exec(ctx, "SYSTEM START LISTEN TCP"); err != nil {
		t.Fatal(err)
	}
	c := owner.engine.Conn()
	u := url.URL{
		Scheme: "clickhouse", User: url.UserPassword(c.Reader, c.ReaderPassword), Path: engine.Database,
		Host: fmt.Sprintf("%s:%d", c.Host, c.TCPPort), RawQuery: fmt.Sprintf("http_port=%d", c.HTTPPort),
	}
	s, err := Open(ctx, u.String(), Options{FlowsDays: 99})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var out strings.Builder
	if err := s.Query(ctx, "sources", nil, &out, JSON); err != nil {
		t.Error(err)
	}
	b := usageBatch(0, 1)
	defer b.release()
	if err := s.Write(ctx, b); !errors.Is(err, ErrForbidden) {
		t.Errorf("a reader's write: %v", err)
	}
}

func TestReconcileFindsWhatDiffers(t *testing.T) {
	ctx := context.Background()
	s := ownStore(t, t.TempDir())
	defer s.Close()
	b := usageBatch(0, 10)
	defer b.release()
	if err := s.Write(ctx, b); err != nil {
		t.Fatal(err)
	}
	reconciled(t, s, 10)
	for _, sql := range []string{
		"ALTER TABLE usage DELETE WHERE hour >= '2018-05-01' SETTINGS mutations_sync = 1",
		"INSERT INTO rejects (source, partition, offset, reason, excerpt) VALUES ('recovery', 0, 1, 'planted', '')",
		"INSERT INTO flows (start, records) VALUES ('2018-04-01 00:00:00', 3)",
		"INSERT INTO flows (start, records, ingested_at) VALUES ('2018-04-01 00:00:00', 3, now() - INTERVAL 29 DAY)",
	} {
		if err := s.conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	r, err := s.Reconcile(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range r.Differences {
		what, _, _ := strings.Cut(d.What, " (since")
		got = append(got, fmt.Sprintf("%s%s: %d, %d", d.Source, what, d.Ledger, d.Tables))
	}
	want := []string{
		"stored + folded = records of usage and dns_usage: 10, 5", "stored = records of flows: 0, 6",
		"rejected = rows of rejects: 0, 1", "recoveryrejected = rows of rejects: 0, 1",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || r.OK() {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestProgramsOpenANewStoreAtOnce has several open a store that has no tables yet.
func TestProgramsOpenANewStoreAtOnce(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	stores := make([]*Store, 4)
	for i := range stores {
		all.Go(func() {
			s, err := Open(context.Background(), dir, Options{})
			if err != nil {
				t.Error(err)
				return
			}
			stores[i] = s
		})
	}
	all.Wait()
	for _, s := range stores {
		if s != nil {
			defer s.Close()
			if _, err := s.Migrate(context.Background()); err != nil {
				t.Error(err)
			}
		}
	}
}

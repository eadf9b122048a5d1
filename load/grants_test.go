package load

import (
	"context"
	"errors"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/banshift/banshift/load/engine"
	"github.com/banshift/banshift/load/engine/servertest"
	"github.com/banshift/banshift/schemas/statements"
)

// documentedGrants are the grants of a page of docs/howto by user.
func documentedGrants(t *testing.T, page string) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../docs/howto/" + page)
	if err != nil {
		t.Fatal(err)
	}
	grants := map[string][]string{}
	for _, m := range regexp.MustCompile(`(?m)^(GRANT [^;]+) TO (\w+);`).FindAllStringSubmatch(string(text), -1) {
		grants[m[2]] = append(grants[m[2]], m[1])
	}
	return grants
}

// A server's user for dashboards may what that of an embedded store may, which TestDoorRefuses looks at.
func TestDocumentedGrantsOfDashboards(t *testing.T) {
	if got := documentedGrants(t, "dashboards.md")["banshift_dashboards"]; !slices.Equal(got, engine.DashboardGrants()) {
		t.Errorf("docs/howto/dashboards.md grants %q, want %q", got, engine.DashboardGrants())
	}
}

// executeOn runs a statement on a server, as the user that may do everything.
func executeOn(t *testing.T, server *servertest.Server, sql string) {
	t.Helper()
	s := &Store{}
	var err error
	if s.addr, err = parseAddress(server.DSN("default")); err != nil {
		t.Fatal(err)
	}
	conn, err := s.connect()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// The users that the documentation makes can do what it says, with nothing but its grants.
func TestDocumentedGrants(t *testing.T) {
	grants := documentedGrants(t, "clickhouse-server.md")
	const admin, writer, reader = "banshift_admin", "banshift_writer", "banshift_reader"
	for _, user := range []string{admin, writer, reader} {
		if len(grants[user]) == 0 {
			t.Fatalf("no grants of %s are documented", user)
		}
	}
	server := servertest.Start(t,
		servertest.User{Name: admin, Grants: grants[admin]},
		servertest.User{Name: writer, Grants: grants[writer]},
		servertest.User{Name: reader, Grants: grants[reader], ReadOnly: 2})
	ctx := context.Background()
	for _, user := range []string{admin, writer, reader} {
		_, err := Open(ctx, server.DSNOf(user, "banshift"), Options{})
		if !errors.Is(err, ErrNoDatabase) || !strings.Contains(err.Error(), "CREATE DATABASE") || strings.Contains(err.Error(), "banshift migrate") {
			t.Errorf("%s, without a database: %v", user, err)
		}
	}
	execute := func(sql string) { executeOn(t, server, sql) }
	execute("CREATE DATABASE banshift")
	open := func(user string) *Store {
		t.Helper()
		s, err := Open(ctx, server.DSNOf(user, "banshift"), Options{})
		if err != nil {
			t.Fatalf("%s: %v", user, err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	if _, err := Open(ctx, server.DSNOf(writer, "banshift"), Options{}); err == nil || !strings.Contains(err.Error(), "banshift migrate") {
		t.Errorf("the writer, before the migrations: %v", err)
	}
	open(admin)
	s := open(writer)
	b := wideBatch(0, 10)
	defer b.release()
	if err := s.Write(ctx, b); err != nil {
		t.Fatalf("the writer writes: %v", err)
	}
	if _, err := s.Count(ctx, 0); err != nil {
		t.Errorf("the writer counts: %v", err)
	}
	recount(t, s, 1, 10)
	if err := s.conn.Exec(ctx, statements.EndOlderWriters, "banshift-none-", "none"); err != nil {
		t.Errorf("the writer ends statements of a writer before: %v", err)
	}
	r := open(reader)
	if err := r.Query(ctx, "sources", nil, io.Discard, JSON); err != nil {
		t.Errorf("the reader asks: %v", err)
	}
	if err := r.SQL(ctx, "SELECT count() FROM usage", io.Discard, CSV); err != nil {
		t.Errorf("the reader asks in SQL: %v", err)
	}
	dir := t.TempDir()
	if _, err := r.Backup(ctx, dir, nil); err != nil {
		t.Fatalf("the reader backs up: %v", err)
	}
	for _, sql := range []string{"DROP DATABASE banshift", "CREATE DATABASE banshift"} {
		execute(sql)
	}
	backup, err := ReadBackup(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(ctx, server.DSNOf(admin, "banshift"), dir, backup, Options{}, nil); err != nil {
		t.Fatalf("the user for migrations restores: %v", err)
	}
	recount(t, open(writer), 1, 10)
}

package load

import (
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/banshift/banshift/load/engine/servertest"
	"github.com/banshift/banshift/schemas"
)

// The users that the documentation makes for shards can do what it says, with nothing but their grants on each server.
func TestDocumentedGrantsOfShards(t *testing.T) {
	grants := documentedGrants(t, "clickhouse-server.md")
	for user, more := range documentedGrants(t, "scale.md") {
		grants[user] = append(grants[user], more...)
	}
	const admin, writer, reader = "banshift_admin", "banshift_writer", "banshift_reader"
	servers := servertest.StartCluster(t, 2,
		servertest.User{Name: admin, Grants: grants[admin]},
		servertest.User{Name: writer, Grants: grants[writer]},
		servertest.User{Name: reader, Grants: grants[reader], ReadOnly: 2},
		servertest.User{Name: servertest.ClusterUser, Grants: grants[servertest.ClusterUser]})
	ctx := context.Background()
	for i, server := range servers {
		executeOn(t, server, "CREATE DATABASE banshift")
		executeOn(t, server, fmt.Sprintf("CREATE DATABASE banshift_shard COMMENT 'shard %d of 2'", i+1))
	}
	open := func(user, more string) *Store {
		t.Helper()
		s, err := Open(ctx, servers[0].DSNOf(user, "banshift")+more, Options{})
		if err != nil {
			t.Fatalf("%s: %v", user, err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	open(admin, "&shards="+servertest.Cluster)
	s := open(writer, "")
	b := wideBatch(0, 10)
	defer b.release()
	if err := s.Write(ctx, b); err != nil {
		t.Fatalf("the writer writes: %v", err)
	}
	if _, err := s.Count(ctx, 0); err != nil {
		t.Errorf("the writer counts: %v", err)
	}
	recount(t, s, 1, 10)
	bothHold(t, s, schemas.TableUsage)
	r := open(reader, "")
	if err := r.Query(ctx, "sources", nil, io.Discard, JSON); err != nil {
		t.Errorf("the reader asks: %v", err)
	}
	if err := r.SQL(ctx, "SELECT count() FROM usage WHERE country IN (SELECT country FROM events)", io.Discard, CSV); err != nil {
		t.Errorf("the reader asks in SQL: %v", err)
	}
	if err := r.SQL(ctx, "SELECT count() FROM usage_named", io.Discard, CSV); err != nil {
		t.Errorf("the reader asks for names: %v", err)
	}
}

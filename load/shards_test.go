package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/banshift/banshift/load/engine/servertest"
	"github.com/banshift/banshift/schemas"
)

// shardedStore opens a store over servers.
func shardedStore(t *testing.T, servers []*servertest.Server, o Options) *Store {
	t.Helper()
	s, err := Open(context.Background(), servers[0].DSN("banshift")+"&shards="+servertest.Cluster, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// bothHold fails where one shard has no rows of a table, or a row of another shard's client.
func bothHold(t *testing.T, s *Store, table string) {
	t.Helper()
	for i, shard := range s.shards {
		var rows, strange uint64
		sql := "SELECT count(), countIf(client % ? != ?) FROM " + table
		if err := shard.conn.QueryRow(context.Background(), sql, len(s.shards), i).Scan(&rows, &strange); err != nil {
			t.Fatal(err)
		}
		if rows == 0 || strange > 0 {
			t.Errorf("%s has %d rows of %s, %d of them of clients of another shard", shard.name, rows, table, strange)
		}
	}
}

// A store knows its shards whether its address names them or not, and refuses others.
func TestShardsAreKnown(t *testing.T) {
	ctx := context.Background()
	servers := servertest.StartCluster(t, 2)
	if _, err := Open(ctx, servers[0].DSN("banshift")+"&shards=nobody", Options{}); err == nil || !strings.Contains(err.Error(), "no cluster nobody") {
		t.Errorf("an unknown cluster: %v", err)
	}
	plain, err := Open(ctx, servers[0].DSN("plain"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	b := usageBatch(1, 10)
	defer b.release()
	if err := plain.Write(ctx, b); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, servers[0].DSN("plain")+"&shards="+servertest.Cluster, Options{}); !errors.Is(err, ErrHoldsRows) {
		t.Errorf("a store with rows is sharded: %v", err)
	}
	shardedStore(t, servers, Options{})
	again, err := Open(ctx, servers[0].DSN("banshift"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if len(again.shards) != 2 || !again.distributed {
		t.Errorf("%d shards, distributed: %v", len(again.shards), again.distributed)
	}
	if _, err := Open(ctx, servers[0].DSN("banshift")+"&shards=other", Options{}); err == nil || !strings.Contains(err.Error(), "lies over the cluster shards") {
		t.Errorf("another cluster: %v", err)
	}
	// The first shard, asked as a store, says that it is the first of two and no other.
	if err := again.shards[0].conn.Exec(ctx, "ALTER DATABASE banshift_shard MODIFY COMMENT 'shard 2 of 2'"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, servers[0].DSN("banshift"), Options{}); err == nil || !strings.Contains(err.Error(), "shards keep their number and order") {
		t.Errorf("a shard in another's place: %v", err)
	}
}

// What a backup of a sharded store holds goes back to the shards that it was on, with what tells of single inserts; a store of
// another number of shards is refused.
func TestBackupOfShards(t *testing.T) {
	ctx := context.Background()
	servers := servertest.StartCluster(t, 2)
	s := shardedStore(t, servers, Options{})
	b := usageBatch(1, 40)
	defer b.release()
	if err := s.Write(ctx, b); err != nil {
		t.Fatal(err)
	}
	backup := func(s *Store) (string, Backup) {
		t.Helper()
		dir := t.TempDir()
		if _, err := s.Backup(ctx, dir, nil); err != nil {
			t.Fatal(err)
		}
		b, err := ReadBackup(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		return dir, b
	}
	dir, of := backup(s)
	plain, err := Open(ctx, servers[0].DSN("plain"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	plainDir, ofPlain := backup(plain)
	into := servers[0].DSN("restored") + "&shards=" + servertest.Cluster
	for _, wrong := range []struct {
		dsn, dir string
		b        Backup
	}{{servers[0].DSN("other"), dir, of}, {into, plainDir, ofPlain}} {
		if _, err := Restore(ctx, wrong.dsn, wrong.dir, wrong.b, Options{}, nil); !errors.Is(err, ErrOtherShards) || !strings.Contains(err.Error(), "a store of 2 shards") {
			t.Errorf("into %s: %v", wrong.dsn, err)
		}
	}
	if _, err := Restore(ctx, into, dir, of, Options{}, nil); err != nil {
		t.Fatal(err)
	}
	again, err := Open(ctx, into, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	bothHold(t, again, "usage")
	for i, shard := range again.shards {
		sql := "SELECT groupBitXor(cityHash64(*)), groupBitXor(cityHash64(arrivedMap.mark, arrivedMap.times)), count() FROM usage"
		var got, want [3]uint64
		if err := shard.conn.QueryRow(ctx, sql).Scan(&got[0], &got[1], &got[2]); err != nil {
			t.Fatal(err)
		}
		if err := s.shards[i].conn.QueryRow(ctx, sql).Scan(&want[0], &want[1], &want[2]); err != nil {
			t.Fatal(err)
		}
		if got != want || got[2] == 0 {
			t.Errorf("%s has %v, want %v", shard.name, got, want)
		}
	}
	next := usageBatch(2, 40)
	defer next.release()
	for range 2 { // what is stored is known
		for _, b := range []Batch{b, next} {
			if err := again.Write(ctx, b); err != nil {
				t.Fatal(err)
			}
		}
	}
	if r, err := again.Reconcile(ctx); err != nil || !r.OK() || r.In != 80 {
		t.Errorf("reconcile: %+v, %v", r, err)
	}
}

// A migration of a sharded store changes the shards' tables and has the columns be read from there.
func TestMigrationOfShards(t *testing.T) {
	ctx := context.Background()
	servers := servertest.StartCluster(t, 2)
	s := shardedStore(t, servers, Options{})
	b := usageBatch(1, 40)
	defer b.release()
	if err := s.Write(ctx, b); err != nil {
		t.Fatal(err)
	}
	for _, store := range append(s.shards, s) {
		if err := store.conn.Exec(ctx, "ALTER TABLE migrations DELETE WHERE number = 10 SETTINGS mutations_sync = 2"); err != nil {
			t.Fatal(err)
		}
	}
	for _, shard := range s.shards { // as a later migration would
		if err := shard.conn.Exec(ctx, "ALTER TABLE usage ADD COLUMN later UInt8 DEFAULT 7"); err != nil {
			t.Fatal(err)
		}
	}
	again := shardedStore(t, servers, Options{})
	var records, later uint64
	if err := again.conn.QueryRow(ctx, "SELECT sum(records), sum(later * records) FROM usage").Scan(&records, &later); err != nil {
		t.Fatal(err)
	}
	if records != 40 || later != 7*40 {
		t.Errorf("%d records, %d by the new column", records, later)
	}
	bothHold(t, again, schemas.TableUsage)
}

// What a program still sends that another has taken over from arrives on no shard.
func TestLeaseHoldsOnEachShard(t *testing.T) {
	ctx := context.Background()
	servers := servertest.StartCluster(t, 2)
	first, second := shardedStore(t, servers, Options{}), shardedStore(t, servers, Options{})
	b := usageBatch(1, 40)
	defer b.release()
	old := leased(t, first, b)
	leased(t, second, b)
	split, err := first.split(ctx, b.Tables)
	if err != nil {
		t.Fatal(err)
	}
	sent := b
	sent.Tables = split
	insertions := sent.insertions()
	if len(insertions) != 2 {
		t.Fatalf("%d insertions, want one a shard", len(insertions))
	}
	for _, i := range insertions {
		if err := first.at(i.shard).arrive(ctx, i, old, nothing); !errors.Is(err, ErrLease) {
			t.Errorf("shard %d: got %v, want %v", i.shard, err, ErrLease)
		}
	}
	if err := second.Write(ctx, b); err != nil {
		t.Fatal(err)
	}
	bothHold(t, second, schemas.TableUsage)
}

// The rows of all shards are those that there were, each on the shard of its client, in their order.
func TestRowsGoToTheShardOfTheirClient(t *testing.T) {
	const clients, shards = 1000, 3
	rows := array.NewRecordBuilder(memory.DefaultAllocator, schemas.TableSchemas()[schemas.TableFlows])
	defer rows.Release()
	for i := range clients {
		for c, f := range rows.Schema().Fields() {
			switch column := rows.Field(c).(type) {
			case *array.Uint64Builder:
				column.Append(uint64(i) * 0x9E3779B97F4A7C15)
			case *array.BinaryDictionaryBuilder:
				if err := column.AppendString(fmt.Sprintf("%s-%d", f.Name, i%7)); err != nil {
					t.Fatal(err)
				}
			case *array.ListBuilder:
				column.Append(true)
				for range i % 3 {
					if err := column.ValueBuilder().(interface{ AppendValueFromString(string) error }).AppendValueFromString(fmt.Sprintf("rule-%d", i%5)); err != nil {
						t.Fatal(err)
					}
				}
			default:
				fillField(column, f, i)
			}
		}
	}
	all := rows.NewRecord().NewSlice(10, clients) // as a part of a larger record
	lines := func(rec arrow.Record) []string {
		text, err := rec.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var rows []json.RawMessage
		if err := json.Unmarshal(text, &rows); err != nil {
			t.Fatal(err)
		}
		out := make([]string, len(rows))
		for i, row := range rows {
			out[i] = string(row)
		}
		return out
	}
	client := all.Schema().FieldIndices("client")[0]
	var want, got [shards][]string
	whole := lines(all)
	for i, client := range all.Column(client).(*array.Uint64).Uint64Values() {
		want[client%shards] = append(want[client%shards], whole[i])
	}
	for shard := range got {
		part, err := ofShard(context.Background(), all, shard, shards)
		if err != nil {
			t.Fatal(err)
		}
		got[shard] = lines(part)
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("(-got, +want):\n%s", diff)
	}
}

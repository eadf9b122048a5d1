package load

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/compute"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/schemas/statements"
)

// A sharded store has its rows of single clients on several servers, and everything else on the one that its address
// names: ledger, leases, counts. The rows of a client are on one shard, so that distinct clients add up. A shard is a store
// of its own, in the database NAME_shard; under their usual names the tables are there as Distributed ones.

// sharded is the number under which the list of migrations names the cluster. A version that does not know of shards
// takes it for a migration of a later one, and leaves the store alone.
const sharded = 4294967294

// shardedTables are the tables that have rows of single clients.
var shardedTables = []string{schemas.TableFlows, schemas.TableUsage, schemas.TableDNSUsage}

// reachShards connects to the shards of a store that has them, or is to get them.
func (s *Store) reachShards(ctx context.Context) error {
	if s.engine != nil {
		return nil
	}
	over, err := s.shardedOver(ctx)
	if err != nil {
		return explain(s.name, fmt.Errorf("shards: %w", err))
	}
	switch {
	case s.addr.shards == "":
		s.addr.shards = over
	case over != "" && over != s.addr.shards:
		return fmt.Errorf("%s lies over the cluster %s, not over %s: leave shards= out of its address", s.name, over, s.addr.shards)
	}
	if s.addr.shards == "" {
		return nil
	}
	hosts, err := s.shardHosts(ctx)
	if err != nil {
		return explain(s.name, err)
	}
	for i, host := range hosts {
		shard, err := s.reachShard(ctx, host, fmt.Sprintf("shard %d of %d", i+1, len(hosts)))
		if err != nil {
			return err
		}
		s.shards = append(s.shards, shard)
	}
	return nil
}

// shardedOver gives the cluster over which the store lies; empty: none. It notes whether its tables are distributed yet.
func (s *Store) shardedOver(ctx context.Context) (cluster string, err error) {
	err = s.retry(ctx, s.tries(), func() error {
		var tables uint64
		err := s.conn.QueryRow(ctx, statements.ShardedOver).Scan(&cluster, &tables)
		s.distributed = cluster != "" && int(tables) == len(shardedTables)
		return err
	})
	if codeOf(err) == codeUnknownTable {
		return "", nil // a new store
	}
	return cluster, err
}

// shardHosts gives the servers of the cluster, in the order of its shards.
func (s *Store) shardHosts(ctx context.Context) ([]string, error) {
	type replica struct {
		host   string
		number uint32
	}
	found, err := collect(ctx, s.conn, func(r *replica) []any { return []any{&r.host, &r.number} }, statements.ShardHosts, s.addr.shards)
	if err != nil {
		return nil, fmt.Errorf("shards of cluster %s: %w", s.addr.shards, err)
	}
	var hosts []string
	for _, r := range found {
		if r.number > 1 {
			return nil, fmt.Errorf("shards of cluster %s: shard %d has replicas, which banshift does not write to: give each shard one server", s.addr.shards, len(hosts))
		}
		hosts = append(hosts, r.host)
	}
	if len(hosts) == 0 {
		return nil, fmt.Errorf("shards: this server has no cluster %s in its remote_servers, or this user may not read system.clusters", s.addr.shards)
	}
	return hosts, nil
}

// reachShard connects to one shard, and makes sure that it is the one that it is taken for.
func (s *Store) reachShard(ctx context.Context, host, which string) (*Store, error) {
	shard := &Store{shard: which, owner: s.owner, log: s.log, watch: s.watch, flowsDays: s.flowsDays, usageDays: s.usageDays}
	shard.addr = s.addr
	shard.addr.host, shard.addr.database, shard.addr.shards = host, s.addr.database+"_shard", ""
	shard.reader = shard.addr
	shard.name = fmt.Sprintf("%s of store clickhouse://%s@%s/%s", which, shard.addr.user, shard.addr.native(), shard.addr.database)
	if err := shard.dial(ctx); err != nil {
		return nil, err
	}
	var is string
	err := shard.conn.QueryRow(ctx, statements.DatabaseComment, shard.addr.database).Scan(&is)
	if err == nil && is != which {
		err = fmt.Errorf("its database is %q: shards keep their number and order in remote_servers; rows of one client would be on two", is)
	}
	if err != nil {
		return nil, explain(shard.name, err)
	}
	return shard, nil
}

// holders gives the stores in which a table lies.
func (s *Store) holders(table string) []*Store {
	var all []*Store
	for _, number := range s.holding(table) {
		all = append(all, s.at(number))
	}
	return all
}

// holding gives the numbers, as of [Store.at], of the stores in which a table lies.
func (s *Store) holding(table string) []int {
	if len(s.shards) == 0 || !slices.Contains(shardedTables, table) {
		return []int{0}
	}
	numbers := make([]int, len(s.shards))
	for i := range numbers {
		numbers[i] = i + 1
	}
	return numbers
}

// at gives a shard by its number, from 1, and the store itself for 0.
func (s *Store) at(shard int) *Store {
	if shard == 0 {
		return s
	}
	return s.shards[shard-1]
}

// adopt writes a lease that was taken down in a shard.
func (s *Store) adopt(ctx context.Context, l lease) error {
	for range leaseTries {
		err := s.retry(ctx, 0, func() error {
			return s.writeLease(ctx, l, map[string]string{"insert_deduplicate": "0", "async_insert": "0"})
		})
		if err != nil {
			return fmt.Errorf("%s: lease of %s: %w", s.name, l.source, err)
		}
		latest, _, err := s.latest(ctx, l.partitionOf)
		if err != nil || latest >= l.epoch { // a higher one is of who has taken over since
			return err
		}
	}
	return fmt.Errorf("%s: lease of %s: the store took it %d times and does not have it", s.name, l.source, leaseTries)
}

// split gives the rows of single clients by shard: a client's are on the shard that the remainder of its pseudonym says,
// as the key of the Distributed tables does. What comes out follows from the rows alone.
func (s *Store) split(ctx context.Context, tables []TableBatch) ([]TableBatch, error) {
	if len(s.shards) == 0 {
		return tables, nil
	}
	var out []TableBatch
	for _, t := range tables {
		if !slices.Contains(shardedTables, t.Name) {
			out = append(out, t)
			continue
		}
		for shard := range s.shards {
			rows, err := ofShard(ctx, t.Record, shard, len(s.shards))
			if err != nil {
				return nil, fmt.Errorf("rows of %s by shard: %w", t.Name, err)
			}
			out = append(out, TableBatch{t.Name, rows, shard + 1})
		}
	}
	return out, nil
}

// ofShard gives the rows of a shard, of many, in their order. They need no release.
func ofShard(ctx context.Context, rec arrow.Record, shard, many int) (arrow.Record, error) {
	at := rec.Schema().FieldIndices("client")
	if len(at) != 1 {
		return nil, fmt.Errorf("%d columns client, want 1", len(at))
	}
	mask := array.NewBooleanBuilder(memory.DefaultAllocator)
	defer mask.Release()
	mask.Reserve(int(rec.NumRows()))
	for _, client := range rec.Column(at[0]).(*array.Uint64).Uint64Values() {
		mask.UnsafeAppend(client%uint64(many) == uint64(shard))
	}
	filter := mask.NewArray()
	defer filter.Release()
	columns := make([]arrow.Array, rec.NumCols())
	for c, column := range rec.Columns() {
		rows, err := compute.FilterArray(ctx, array.MakeFromData(bare(column.Data())), filter, *compute.DefaultFilterOptions())
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", rec.ColumnName(c), err)
		}
		columns[c] = array.MakeFromData(dressed(rows.Data(), column.Data()))
	}
	return array.NewRecord(rec.Schema(), columns, -1), nil
}

// bare gives the numbers of words in place of the words of a dictionary, which Arrow cannot filter; in lists, too.
func bare(d arrow.ArrayData) arrow.ArrayData {
	t, children := d.DataType(), d.Children()
	switch typed := t.(type) {
	case *arrow.DictionaryType:
		t = typed.IndexType
	case *arrow.ListType:
		children = []arrow.ArrayData{bare(children[0])}
		t = arrow.ListOf(children[0].DataType())
	}
	return array.NewData(t, d.Len(), d.Buffers(), children, d.NullN(), d.Offset())
}

// dressed gives bare data the words of the data that it was.
func dressed(d, was arrow.ArrayData) arrow.ArrayData {
	switch was.DataType().(type) {
	case *arrow.DictionaryType:
		return array.NewDataWithDictionary(was.DataType(), d.Len(), d.Buffers(), d.NullN(), d.Offset(), was.Dictionary().(*array.Data))
	case *arrow.ListType:
		children := []arrow.ArrayData{dressed(d.Children()[0], was.Children()[0])}
		return array.NewData(was.DataType(), d.Len(), d.Buffers(), children, d.NullN(), d.Offset())
	}
	return d
}

// shardTables has the tables of single clients, which have no rows yet, be read from the shards.
func (s *Store) shardTables(ctx context.Context) error {
	var local []string
	for _, table := range shardedTables {
		var engine string
		if err := s.conn.QueryRow(ctx, statements.TableEngine, table).Scan(&engine); err != nil {
			return fmt.Errorf("shards: %w", err)
		}
		if engine == "Distributed" {
			continue
		}
		var rows uint64
		if err := s.conn.QueryRow(ctx, fmt.Sprintf(statements.HoldsRows, quoteName(table))).Scan(&rows); err != nil {
			return fmt.Errorf("shards: %w", err)
		}
		if rows > 0 {
			return fmt.Errorf("shards: %w (%d in table %s): a store is sharded before anything is stored in it; read its sources into a new database", ErrHoldsRows, rows, table)
		}
		local = append(local, table)
	}
	if err := s.conn.Exec(ctx, statements.MigrationRecord, uint32(sharded), "shards", s.addr.shards); err != nil {
		return fmt.Errorf("record shards: %w", err)
	}
	for _, table := range local {
		if err := s.distribute(ctx, table); err != nil {
			return err
		}
	}
	s.distributed = true
	return nil
}

// distribute has a table be read from the shards, with the columns that it has there.
func (s *Store) distribute(ctx context.Context, table string) error {
	sql := fmt.Sprintf(statements.DistributedTable, quoteName(table), quoteName(s.shards[0].addr.database), quoteText(s.addr.shards),
		quoteText(s.shards[0].addr.database), quoteText(table))
	if err := s.conn.Exec(ctx, sql); err != nil {
		return fmt.Errorf("table %s over the shards: %w", table, err)
	}
	// Names of verdicts go to the shards: these do not have them.
	if err := s.conn.Exec(ctx, statements.DistributedUsageNamed); err != nil {
		return fmt.Errorf("view usage_named over the shards: %w", err)
	}
	return nil
}

var changes = regexp.MustCompile(`(?i)^(?:ALTER|CREATE) TABLE (?:IF NOT EXISTS )?(\w+)`)

// changesSharded gives the table of single clients that a statement of a migration changes; empty: none.
func changesSharded(sql string) string {
	found := changes.FindStringSubmatch(strings.TrimSpace(sql))
	if found == nil || !slices.Contains(shardedTables, found[1]) {
		return ""
	}
	return found[1]
}

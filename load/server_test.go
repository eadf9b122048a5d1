package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"golang.org/x/sync/errgroup"

	"github.com/banshift/banshift/load/engine/servertest"
	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/schemas/migrations"
)

// serverStore opens a store on a server.
func serverStore(t *testing.T, server *servertest.Server) *Store {
	t.Helper()
	s, err := Open(context.Background(), server.DSN("banshift"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// wideBatch is a batch with rows of every table; n tells it from others. Usage lies in two months.
func wideBatch(n, records int) Batch {
	b := usageBatch(n, records)
	b.Counts = Counts{In: uint64(records) + 1, Folded: uint64(records), Rejected: 1}
	b.Next++
	b.First, b.Next = b.First+int64(n), b.Next+int64(n)
	for table, schema := range schemas.TableSchemas() {
		if table == schemas.TableUsage {
			continue
		}
		if table == schemas.TableDNSUsage {
			continue // its records are counted with those of usage
		}
		rows := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		for c, f := range schema.Fields() {
			fillField(rows.Field(c), f, n)
		}
		b.Tables = append(b.Tables, TableBatch{Name: table, Record: rows.NewRecord()})
		rows.Release()
	}
	return b
}

func fillField(b array.Builder, f arrow.Field, n int) {
	switch column := b.(type) {
	case *array.TimestampBuilder:
		seconds := int64(1522540800)
		if f.Type.(*arrow.TimestampType).Unit == arrow.Millisecond {
			seconds *= 1000
		}
		column.Append(arrow.Timestamp(seconds))
	case *array.Date32Builder:
		column.Append(17622)
	case *array.BinaryDictionaryBuilder:
		text := f.Name
		switch f.Name {
		case "source":
			text = "recovery"
		case "level":
			text = "likely"
		}
		if err := column.AppendString(text); err != nil {
			panic(err)
		}
	case *array.StringBuilder:
		column.Append(f.Name)
	case *array.FixedSizeBinaryBuilder:
		column.Append([]byte{0: 0x20, 15: byte(n)})
	case *array.ListBuilder:
		column.Append(true)
		column.ValueBuilder().(*array.StringBuilder).Append("rule:+20")
	case *array.Uint64Builder:
		value := uint64(1)
		if f.Name == "records" {
			value = 0 // flows that are stored are counted in usage
		}
		column.Append(value)
	case *array.Uint32Builder:
		column.Append(1)
	case *array.Uint16Builder:
		column.Append(1)
	case *array.Uint8Builder:
		column.Append(1)
	case *array.Int32Builder:
		column.Append(int32(n % 4))
	case *array.Int64Builder:
		column.Append(int64(n))
	case *array.Float32Builder:
		column.Append(0.5)
	case *array.Float64Builder:
		column.Append(0.5)
	default:
		panic(fmt.Sprintf("%s: %T", f.Name, b))
	}
}

// recount compares what each table adds up to with what was written, n batches of records.
func recount(t *testing.T, s *Store, n, records int) {
	t.Helper()
	for sql, want := range map[string]int{
		"SELECT sum(records) FROM usage":                                              n * records,
		"SELECT sum(flows) FROM usage":                                                n * records,
		"SELECT count() FROM flows":                                                   n,
		"SELECT uniqExact(server_net) FROM flows":                                     min(n, 256),
		"SELECT sum(answers) FROM resolutions":                                        n,
		"SELECT sum(flows) FROM endpoints":                                            n,
		"SELECT sum(flow_records) FROM coverage":                                      n,
		"SELECT count() FROM rejects":                                                 n,
		"SELECT uniqExact(partition, offset) FROM rejects":                            n,
		"SELECT uniqExact(source, partition, first) FROM ledger WHERE state = 'done'": n,
		"SELECT countIf(number > 0) FROM (SELECT DISTINCT number FROM verdicts)":      1,
		"SELECT count() FROM touched WHERE touches = 0":                               0,
		"SELECT uniqExact(day) FROM touched":                                          2,
		"SELECT sum(records) FROM counts_day WHERE grouping = 'all'":                  n * records,
		"SELECT count() FROM (SELECT mark, part FROM (SELECT arrayJoin(arrivedMap.mark) AS mark, _partition_id AS part, arrivedMap.times FROM usage) GROUP BY mark, part)": 2 * n,
	} {
		var got uint64
		if err := s.conn.QueryRow(context.Background(), "SELECT toUInt64(("+sql+"))").Scan(&got); err != nil {
			t.Errorf("%s: %v", sql, err)
		} else if got != uint64(want) {
			t.Errorf("%s: %d, want %d", sql, got, want)
		}
	}
}

// TestServerKilledUnderInserts kills a server again and again under small inserts: every
// table equals an independent recount. BANSHIFT_KILLS says how often (4), BANSHIFT_SEED at
// which moments.
func TestServerKilledUnderInserts(t *testing.T) {
	kills := fromEnv(t, "BANSHIFT_KILLS", 4)
	seed := fromEnv(t, "BANSHIFT_SEED", int(time.Now().UnixNano()%1_000_000))
	t.Logf("seed %d, %d kills: BANSHIFT_SEED=%d BANSHIFT_KILLS=%d repeats them", seed, kills, seed, kills)
	rng := rand.New(rand.NewPCG(uint64(seed), 1))
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Minute)
	defer cancel()
	server := servertest.Start(t)
	s := serverStore(t, server)
	killUnderInserts(ctx, t, s, rng, kills, server)
}

// TestShardsKilledUnderInserts does the same to the two servers of a sharded store, now the one and now the other.
func TestShardsKilledUnderInserts(t *testing.T) {
	kills, seed := fromEnv(t, "BANSHIFT_KILLS", 4), fromEnv(t, "BANSHIFT_SEED", int(time.Now().UnixNano()%1_000_000))
	t.Logf("seed %d, %d kills: BANSHIFT_SEED=%d BANSHIFT_KILLS=%d repeats them", seed, kills, seed, kills)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Minute)
	defer cancel()
	servers := servertest.StartCluster(t, 2)
	s := shardedStore(t, servers, Options{})
	killUnderInserts(ctx, t, s, rand.New(rand.NewPCG(uint64(seed), 2)), kills, servers...)
	bothHold(t, s, "usage")
}

// killUnderInserts kills servers while three writers store batches, and compares every table with what was written.
func killUnderInserts(ctx context.Context, t *testing.T, s *Store, rng *rand.Rand, kills int, servers ...*servertest.Server) {
	t.Helper()
	const writers, records = 3, 20
	next := make(chan int)
	var all sync.WaitGroup
	var stored atomic.Int64
	for range writers {
		all.Go(func() {
			for n := range next {
				b := wideBatch(n, records)
				if err := s.Write(ctx, b); err != nil {
					t.Errorf("batch %d: %v", n, err)
				}
				b.release()
				stored.Add(1)
			}
		})
	}
	stop, written := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		for {
			select {
			case next <- n:
				n++
			case <-stop:
				close(next)
				written <- n
				return
			}
		}
	}()
	for range kills {
		for before := stored.Load(); stored.Load() < before+writers && ctx.Err() == nil; {
			time.Sleep(5 * time.Millisecond) // all writers are at work again
		}
		time.Sleep(time.Duration(rng.IntN(200_000)) * time.Microsecond)
		server := servers[rng.IntN(len(servers))]
		server.Kill()
		server.Restart()
	}
	time.Sleep(200 * time.Millisecond)
	close(stop)
	n := <-written
	all.Wait()
	if n < 2*kills {
		t.Fatalf("%d batches under %d kills: nothing was tested", n, kills)
	}
	if _, err := s.Count(ctx, 0); err != nil {
		t.Fatal(err)
	}
	r, err := s.Reconcile(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Arrivals) > 0 || r.Unfinished > 0 || r.Overlaps() > 0 {
		t.Errorf("%+v", r)
	}
	recount(t, s, n, records)
	t.Logf("%d kills, %d batches of %d records and 7 tables", kills, n, records)
}

func fromEnv(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// TestServerNotesTokenAndLosesRows has each table in turn know a token whose rows are gone,
// in one of two months or in all: the repeat puts in what is missing and nothing else.
func TestServerNotesTokenAndLosesRows(t *testing.T) {
	ctx := context.Background()
	server := servertest.Start(t)
	s := serverStore(t, server)
	tables := []struct{ name, part string }{
		{"usage", "201804"}, {"usage", "201805"}, {"usage", "20180"}, {"flows", "201804"}, {"resolutions", "201804"},
		{"endpoints", "201804"}, {"coverage", "201804"}, {"rejects", "all"},
	}
	const records = 10
	for n, table := range tables {
		b := wideBatch(n, records)
		defer b.release()
		lease := leased(t, s, b)
		if err := s.ledger.group.add(ctx, b.row(stateIntended, lease.epoch)); err != nil {
			t.Fatal(err)
		}
		for _, earlier := range []string{"flows", "usage", "resolutions", "endpoints", "coverage", "rejects"} {
			if err := s.conn.Exec(ctx, "SYSTEM STOP MERGES "+earlier); err != nil {
				t.Fatal(err)
			}
		}
		var before map[string]bool
		if n > 0 {
			before = partsOf(t, server, table.name)
		}
		if err := s.insertTables(ctx, b, lease, nothing); err != nil {
			t.Fatal(err)
		}
		server.Kill()
		for part := range partsOf(t, server, table.name) {
			if !before[part] && strings.HasPrefix(filepath.Base(part), table.part) {
				if err := os.RemoveAll(part); err != nil {
					t.Fatal(err)
				}
			}
		}
		server.Restart()
		again := serverStore(t, server) // another program finds the range begun
		if err := again.Write(ctx, b); err != nil {
			t.Fatal(err)
		}
		s = again
		if _, err := s.Count(ctx, 0); err != nil {
			t.Fatal(err)
		}
		recount(t, s, n+1, records)
		if t.Failed() {
			t.Fatalf("after %v was lost", table)
		}
	}
}

// partsOf gives the parts of a table on disk.
func partsOf(t *testing.T, server *servertest.Server, table string) map[string]bool {
	t.Helper()
	links, err := filepath.Glob(filepath.Join(server.Data(), "data", "banshift", table))
	if err != nil || len(links) != 1 {
		t.Fatalf("%s: %v, %v", table, links, err)
	}
	dir, err := filepath.EvalSymlinks(links[0])
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*_*_*_*"))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]bool{}
	for _, path := range paths {
		parts[path] = true
	}
	return parts
}

// Programs that open a new store on a server at the same time make its tables once, also when one
// of them was killed while it did.
func TestProgramsMigrateOneServer(t *testing.T) {
	server := servertest.Start(t)
	ctx := context.Background()
	for _, database := range []string{"banshift", "second", "third"} {
		var group errgroup.Group
		for range 6 {
			group.Go(func() error {
				s, err := Open(ctx, server.DSN(database), Options{})
				if err != nil {
					return err
				}
				return s.Close()
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	s := serverStore(t, server)
	all, err := migrations.All()
	if err != nil {
		t.Fatal(err)
	}
	numbers, err := collect(ctx, s.conn, itself[uint32], "SELECT number FROM migrations ORDER BY number")
	if err != nil || len(numbers) != len(all) {
		t.Errorf("%v, recorded are %v, want each of %d once", err, numbers, len(all))
	}
}

// A program that was killed while it migrated keeps nobody waiting.
func TestMigrationOfADeadProgram(t *testing.T) {
	server := servertest.Start(t)
	dead := serverStore(t, server)
	var sockets []net.Conn
	o := dead.clientOptions("banshift")
	o.DialContext = func(_ context.Context, address string) (net.Conn, error) {
		socket, err := net.Dial("tcp", address)
		sockets = append(sockets, socket)
		return socket, err
	}
	var err error
	if dead.conn, err = clickhouse.Open(o); err != nil {
		t.Fatal(err)
	}
	if _, err := dead.exclusive(context.Background()); err != nil {
		t.Fatal(err)
	}
	waits := serverStore(t, server)
	soon, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if _, err := waits.exclusive(soon); err == nil || soon.Err() == nil { // what a connection says whose time is over differs
		t.Fatalf("got %v while the other one migrates", err)
	}
	for _, socket := range sockets {
		socket.Close() // as the system does when a process ends
	}
	end, err := waits.exclusive(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	end()
}

// A server that ends by itself is started again, as what supervises one does, and a store goes on.
func TestServerThatEndsComesBack(t *testing.T) {
	server := servertest.Start(t)
	s := serverStore(t, server)
	if err := s.conn.Exec(context.Background(), "SYSTEM SHUTDOWN"); err != nil {
		t.Logf("the last answer: %v", err) // the connection may end before it
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if err := s.Lease(ctx, "file", 0); err != nil {
		t.Error(err)
	}
}

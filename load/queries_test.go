package load_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"
	"github.com/google/go-cmp/cmp"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/engine/servertest"
	"github.com/banshift/banshift/queries"
	"github.com/banshift/banshift/release/policy"
	"github.com/banshift/banshift/schemas"
)

var update = flag.Bool("update", false, "write the golden files anew")

// serverStore opens a database of its own in the shared engine, as a server.
func serverStore(t *testing.T, database string) *load.Store {
	t.Helper()
	needEngine(t)
	s, err := load.Open(context.Background(), serverDSN(database), load.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// serverDSN is the shared engine's address as a server's.
func serverDSN(database string) string {
	c := shared.Engine().Conn()
	u := url.URL{
		Scheme: "clickhouse", User: url.UserPassword(c.User, c.Password), Path: database,
		Host: fmt.Sprintf("%s:%d", c.Host, c.TCPPort), RawQuery: fmt.Sprintf("http_port=%d", c.HTTPPort),
	}
	return u.String()
}

// fill writes testdata/store as one batch and puts one event next to it.
func fill(t *testing.T, s *load.Store) {
	t.Helper()
	ctx := context.Background()
	b := load.Batch{
		Source: "flows.json", Next: 1000,
		Counts: load.Counts{In: 59, Stored: 5, Folded: 51, Rejected: 3, Skipped: 1},
		Pack:   "first@1.0.0", Lists: "a", KeyID: "k1", Simulated: true,
		FirstEvent: time.Date(2018, 4, 15, 9, 0, 0, 0, time.UTC), LastEvent: time.Date(2018, 4, 16, 10, 59, 59, 0, time.UTC),
	}
	usage, err := os.ReadFile(filepath.Join("testdata", "store", "usage.json"))
	if err != nil {
		t.Fatal(err)
	}
	b.Tables = usageTables(t, memory.DefaultAllocator, string(usage))
	for _, table := range []string{schemas.TableFlows, schemas.TableDNSUsage, schemas.TableCoverage, schemas.TableRejects} {
		rec := readRows(t, table)
		defer rec.Release()
		b.Tables = append(b.Tables, load.TableBatch{Name: table, Record: rec})
	}
	if err := s.Write(ctx, b); err != nil {
		t.Fatal(err)
	}
	enforced := time.Date(2018, 4, 16, 0, 0, 0, 0, time.UTC)
	if err := s.PutEvents(ctx, []load.Event{{ID: "ru-telegram", Country: "ru", Target: "telegram", Kind: "enforce", EnforcedAt: &enforced}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Conn().Exec(ctx, "INSERT INTO counted_unknown (country, day, simulated, servers, clients, flows, all_clients, history) VALUES ('ru', '2018-04-16', 1, 2, 45, 90, 300, 28), ('ru', '2018-04-15', 1, 0, 0, 0, 280, 27)"); err != nil {
		t.Fatal(err)
	}
	over := enforced.Add(20 * time.Hour)
	whole := load.Alarm{ID: "ru-1", Country: "ru", Kind: "rise", Step: "hour", Simulated: 1, Began: enforced.Add(14 * time.Hour), Raised: enforced.Add(16 * time.Hour), Ended: &over,
		Z: 7.26, Clients: 120, Expected: 40, Title: "Use of circumvention tools in Russia rose", Text: "Since 14:00."}
	part := whole
	part.ID, part.Tool, part.Within, part.Ended = "ru-2", "openvpn", "ru-1", nil
	if err := s.PutAlarms(ctx, []load.Alarm{whole, part}); err != nil {
		t.Fatal(err)
	}
	if err := s.PutAlarmNotices(ctx, []load.AlarmNotice{{Alarm: "ru-2", About: "acknowledged", State: "done"}, {Alarm: "ru-1", About: "raised", Subscription: "desk", State: "done"}}); err != nil {
		t.Fatal(err)
	}
}

func readRows(t *testing.T, table string) arrow.Record {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "store", table+".json"))
	if err != nil {
		t.Fatal(err)
	}
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, schemas.TableSchemas()[table], bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v", table, err)
	}
	return rec
}

// Every named query runs on the engine, gives the columns of its header, and gives
// what testdata/queries/CASE/expected.json holds; a case is a query with parameters.
func TestQueriesGiveTheirGoldenResult(t *testing.T) {
	giveGolden(t, serverStore(t, "golden"))
}

// A store over two servers gives the same.
func TestShardsGiveTheGoldenResult(t *testing.T) {
	servers := servertest.StartCluster(t, 2)
	s, err := load.Open(context.Background(), servers[0].DSN("banshift")+"&shards="+servertest.Cluster, load.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	giveGolden(t, s)
	var out strings.Builder
	if err := s.SQL(context.Background(), "SELECT count() AS n FROM usage WHERE country IN (SELECT country FROM events)", &out, load.CSV); err != nil {
		t.Fatal(err)
	}
	if out.String() != "\"n\"\n7\n" {
		t.Errorf("rows of the countries that another table names: %q, want 7", out.String())
	}
}

func giveGolden(t *testing.T, s *load.Store) {
	fill(t, s)
	if _, err := s.Count(context.Background(), 0); err != nil {
		t.Fatal(err)
	}
	all, err := queries.List()
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]map[string]string{
		"use_by_tool_day/possible":     {"level": "possible", "country": "ru", "from": "2018-04-16"},
		"daily_series/telegram":        {"service": "telegram"},
		"daily_series/openvpn":         {"tool": "openvpn", "country": "ru"},
		"circumvention_share/only_vpn": {"categories": "['vpn']"},
		"use_against_bans/one_day":     {"before": "0", "after": "1"},
		"batches/intended":             {"state": "intended"},
	}
	for _, q := range all {
		cases[q.Name+"/defaults"] = nil
	}
	volatile := map[string]bool{"started": true, "finished": true, "last_stored": true, "counted": true, "last_day_counted": true, "acknowledged": true}
	for name, params := range cases {
		t.Run(name, func(t *testing.T) {
			q, err := queries.Get(filepath.Dir(name))
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := s.Query(context.Background(), q.Name, params, &out, load.JSON); err != nil {
				t.Fatal(err)
			}
			var rows []map[string]any
			if err := json.Unmarshal(out.Bytes(), &rows); err != nil {
				t.Fatalf("%v in %s", err, out.Bytes())
			}
			for _, row := range rows {
				for _, c := range q.Columns {
					if _, ok := row[c.Name]; !ok {
						t.Errorf("column %s of the header is not in the result", c.Name)
					}
					if volatile[c.Name] {
						row[c.Name] = "…"
					}
				}
				if len(row) != len(q.Columns) {
					t.Errorf("%d columns, header has %d: %v", len(row), len(q.Columns), row)
				}
			}
			got, err := json.MarshalIndent(rows, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata", "queries", name, "expected.json"), append(got, '\n'))
			sameWhenTyped(t, s, q.Name, params)
		})
	}
}

// sameWhenTyped has an answer pass as typed columns, and wants the bytes that it has otherwise.
func sameWhenTyped(t *testing.T, s *load.Store, name string, params map[string]string) {
	t.Helper()
	ctx := context.Background()
	result, err := s.Result(ctx, name, params)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []load.Format{load.Table, load.JSON, load.CSV, load.Parquet} {
		var want, got bytes.Buffer
		if err := s.Query(ctx, name, params, &want, f); err != nil {
			t.Fatal(err)
		}
		if err := s.WriteResult(ctx, result, &got, f); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("%s as typed columns: got %.300s, want %.300s", f, got.Bytes(), want.Bytes())
		}
	}
}

// golden compares with a file, or writes it.
func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(got), string(want)); diff != "" {
		t.Errorf("(-got, +want):\n%s", diff)
	}
}

func TestParquetKeepsTypes(t *testing.T) {
	s := serverStore(t, "parquet")
	fill(t, s)
	dir := t.TempDir()
	result, err := s.Result(context.Background(), "daily_series", map[string]string{"country": "ru"})
	if err != nil {
		t.Fatal(err)
	}
	released, err := policy.Policy{MinClients: 1}.Apply(result, nil)
	if err != nil {
		t.Fatal(err)
	}
	done, err := s.Export(context.Background(), released, dir)
	if err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("export left %v (%v), want two files", entries, err)
	}
	r, err := file.OpenParquetFile(filepath.Join(dir, done.File), false)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	reader, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := reader.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range schema.Fields() {
		got = append(got, f.Name+" "+f.Type.String())
	}
	want := []string{"country utf8", "day date32", "clients uint64", "flows uint64", "expected float64", "unanswered uint64",
		"all_clients uint64", "all_flows uint64", "fraction float64", "simulated uint8", "packs list<list: utf8, nullable>", "lists list<list: utf8, nullable>"}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("types (-got, +want):\n%s", diff)
	}
	if rows := r.NumRows(); rows != 2 {
		t.Errorf("%d rows, want 2", rows)
	}
}

func TestDaily(t *testing.T) {
	s := serverStore(t, "daily")
	fill(t, s)
	days, err := s.Daily(context.Background(), map[string]string{"country": "ru"})
	if err != nil {
		t.Fatal(err)
	}
	want := []load.Day{
		{Country: "ru", Day: time.Date(2018, 4, 15, 0, 0, 0, 0, time.UTC), Clients: 1, Flows: 4, Expected: 3.5, Unanswered: 1,
			AllClients: 3, AllFlows: 20, Fraction: 1.0 / 2, Simulated: true, Packs: []string{"first@1.0.0"}, Lists: []string{"a"}},
		{Country: "ru", Day: time.Date(2018, 4, 16, 0, 0, 0, 0, time.UTC), Clients: 2, Flows: 8, Expected: 8.65, Unanswered: 3,
			AllClients: 3, AllFlows: 17, Fraction: 1, Simulated: true, Packs: []string{"first@1.0.0"}, Lists: []string{"a"}},
	}
	if diff := cmp.Diff(days, want); diff != "" {
		t.Errorf("(-got, +want):\n%s", diff)
	}
	hours, err := s.UseByHour(context.Background(), "ru", true, want[0].Day)
	if err != nil {
		t.Fatal(err)
	}
	most := map[time.Time]uint64{}
	for _, h := range hours {
		day := h.Hour.Truncate(24 * time.Hour)
		most[day] = max(most[day], h.Clients)
	}
	for _, d := range want {
		if most[d.Day] == 0 || most[d.Day] > d.Clients {
			t.Errorf("%s: at most %d clients an hour, %d of the day", d.Day.Format(time.DateOnly), most[d.Day], d.Clients)
		}
	}
}

// TestCoverage gives two sensors thirty days: a busy one that is out for twelve hours of day 20
// and all of day 22, and one that reports in three hours of each day.
func TestCoverage(t *testing.T) {
	s := serverStore(t, "coverage")
	start := time.Date(2018, 4, 1, 0, 0, 0, 0, time.UTC)
	var rows []string
	add := func(exporter string, day, hour int) {
		rows = append(rows, fmt.Sprintf(`{"hour":%q,"country":"ru","exporter":%q,"simulated":0,"flow_records":1,"dns_records":0}`,
			start.AddDate(0, 0, day).Add(time.Duration(hour)*time.Hour).Format(time.DateTime), exporter))
	}
	for day := range 30 {
		for hour := range 24 {
			if day != 22 && (day != 20 || hour < 12) {
				add("busy", day, hour)
			}
		}
		for hour := range 3 {
			add("quiet", day, 7*hour+day%3)
		}
	}
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, schemas.TableSchemas()[schemas.TableCoverage], strings.NewReader("["+strings.Join(rows, ",")+"]"))
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Release()
	b := load.Batch{Source: "x", Next: 1, Counts: load.Counts{In: 1, Folded: 1}, Pack: "p", KeyID: "k", FirstEvent: start, LastEvent: start,
		Tables: []load.TableBatch{{Name: schemas.TableCoverage, Record: rec}}}
	if err := s.Write(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := s.Query(context.Background(), "coverage", nil, &out, load.JSON); err != nil {
		t.Fatal(err)
	}
	var days []struct{ Fraction float64 }
	if err := json.Unmarshal(out.Bytes(), &days); err != nil || len(days) != 30 {
		t.Fatalf("%d days: %v", len(days), err)
	}
	for day, d := range days {
		want := 1.0
		switch day {
		case 20:
			want = .75 // (12/24 + 1) of 2
		case 22:
			want = .5
		}
		if d.Fraction != want {
			t.Errorf("day %d: coverage %g, want %g", day, d.Fraction, want)
		}
	}
}

func TestSQLReadsTheStoreOnly(t *testing.T) {
	for name, s := range map[string]*load.Store{"embedded": needStore(t), "server": serverStore(t, "sqltest")} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			if err := s.SQL(context.Background(), "SELECT count() AS n FROM series WHERE value < 0;", &out, load.CSV); err != nil {
				t.Fatal(err)
			}
			if out.String() != "\"n\"\n0\n" {
				t.Errorf("got %q", out.String())
			}
			for _, sql := range []string{"SELECT 1; DROP TABLE series", "SET readonly = 0", ""} {
				if err := s.SQL(context.Background(), sql, &out, load.CSV); err == nil {
					t.Errorf("%s: was allowed", sql)
				}
			}
			for _, sql := range []string{
				"SELECT file('/etc/hostname')",
				"SELECT arrayMap(x -> FILE(x), ['/etc/hostname'])",
				"SELECT (SELECT `file`('/etc/hostname'))",
				"WITH f AS (SELECT * FROM file('/etc/hostname', LineAsString)) SELECT * FROM f",
				"SELECT * FROM url('http://127.0.0.1:1/', LineAsString)",
				"SELECT * FROM s3('http://127.0.0.1:1/a.csv')",
				"SELECT * FROM remote('127.0.0.1:1', system.one)",
				"INSERT INTO series SELECT * FROM series",
				"DROP TABLE series",
			} {
				if err := s.SQL(context.Background(), sql, &out, load.CSV); !errors.Is(err, load.ErrForbidden) {
					t.Errorf("%s: got %v, want %v", sql, err, load.ErrForbidden)
				}
			}
		})
	}
}

package load

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/banshift/banshift/load/engine/servertest"
	"github.com/banshift/banshift/schemas/statements"
)

// serverUse is how many clients of a country used a server network from one day to another, as numbers of days.
type serverUse struct {
	country, net string
	from, to     int
	clients      int
	service      string
	level        string
	alone        bool // their hours have nothing else
}

// putServerUse stores flows, and the client-hours that go with them; every country has 200 clients besides.
func putServerUse(t *testing.T, s *Store, list ...serverUse) {
	t.Helper()
	ctx := context.Background()
	const day = "toDateTime('2018-03-01 12:00:00', 'UTC') + toIntervalDay(d)"
	run := func(sql string) {
		t.Helper()
		if err := s.conn.Exec(ctx, sql); err != nil {
			t.Fatalf("%v\n%s", err, sql)
		}
	}
	for i, u := range list {
		them := fmt.Sprintf("(SELECT number AS d, arrayJoin(range(%d)) AS c FROM numbers(%d, %d)) AS x", u.clients, u.from, u.to-u.from)
		names := map[string]string{"possible": "1", "likely": "2"}[u.level]
		if u.service != "" {
			names = "3"
		}
		rest := 10 // times the bytes of the flow
		if u.alone {
			rest = 1
		}
		run(fmt.Sprintf(`INSERT INTO flows (start, end, client, country, server_net, bytes_up, bytes_down, records, flow_count, tool, service, category, level, simulated)
			SELECT %s, %s, %d + c, '%s', toIPv6('%s'), 100, 900, 1, 1, 'fully-encrypted', '%s', 'proxy', '%s', 0 FROM %s SETTINGS distributed_foreground_insert = 1`, day, day, 1000*i, u.country, u.net, u.service, u.level, them))
		run(fmt.Sprintf(`INSERT INTO usage (hour, country, asn, client, verdict, simulated, flows, expected, unanswered, bytes_up, bytes_down, records)
			SELECT %s, '%s', 1, %d + c, %s, 0, 1, 0.5, 0, %d, %d, 1 FROM %s SETTINGS distributed_foreground_insert = 1`, day, u.country, 1000*i, names, 100*rest, 900*rest, them))
	}
}

// unknownStore is a store with names of verdicts and 40 days of other use in two countries.
func unknownStore(t *testing.T) *Store {
	t.Helper()
	s := ownStore(t, t.TempDir())
	t.Cleanup(func() { s.Close() })
	clearUnknown(t, s)
	return s
}

// clearUnknown leaves of such a store what it began with.
func clearUnknown(t *testing.T, s *Store) {
	t.Helper()
	ctx := context.Background()
	for _, table := range []string{"flows", "usage", "verdicts", "touched", "countings", "counted_days", "counted_hours", tableServers, "counted_unknown"} {
		if err := s.conn.Exec(ctx, "TRUNCATE TABLE "+table); err != nil {
			t.Fatal(err)
		}
	}
	putOthers(t, s)
}

// putOthers names the verdicts, and stores 40 days of other use in two countries.
func putOthers(t *testing.T, s *Store) {
	t.Helper()
	for _, sql := range []string{
		`INSERT INTO verdicts (number, tool, service, category, level, pack, lists) VALUES (1, 'fully-encrypted', '', 'proxy', 'possible', 'p', 'l'), (2, 'fully-encrypted', '', 'proxy', 'likely', 'p', 'l'),
			(3, 'fully-encrypted', 'vpn-a', 'proxy', 'possible', 'p', 'l'), (4, 'none', '', 'none', 'unclassified', 'p', 'l')`,
		`INSERT INTO usage (hour, country, asn, client, verdict, simulated, flows, expected, unanswered, bytes_up, bytes_down, records)
			SELECT toDateTime('2018-03-01 12:00:00', 'UTC') + toIntervalDay(d), country, 1, 1000000 + c, 4, 0, 1, 0, 0, 1, 1, 1
			FROM (SELECT number AS d, arrayJoin(['by', 'ru']) AS country, arrayJoin(range(200)) AS c FROM numbers(40)) AS x SETTINGS distributed_foreground_insert = 1`,
	} {
		if err := s.conn.Exec(context.Background(), sql); err != nil {
			t.Fatal(err)
		}
	}
}

func countAll(t *testing.T, s *Store) {
	t.Helper()
	ctx := context.Background()
	if err := s.conn.Exec(ctx, statements.TouchAll); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Count(ctx, 0); err != nil {
		t.Fatal(err)
	}
}

const unknownRows = "SELECT country, day, servers, clients, flows, all_clients FROM unknown_day WHERE servers > 0 ORDER BY ALL"

func TestServersThatComeUp(t *testing.T) {
	const first = 25
	s := unknownStore(t)
	old := serverUse{"ru", "::ffff:192.0.2.0", 0, 40, 30, "", "possible", false}
	base := func(u serverUse) []serverUse { return []serverUse{old, u} }
	week := func(clients string) string {
		var rows []string
		for d := range 7 {
			rows = append(rows, fmt.Sprintf(`"ru","2018-03-%02d",1,%s`, first+1+d, clients))
			if first+1+d > 31 {
				rows[d] = fmt.Sprintf(`"ru","2018-04-%02d",1,%s`, first+1+d-31, clients)
			}
		}
		return strings.Join(rows, "\n") + "\n"
	}
	for name, c := range map[string]struct {
		uses []serverUse
		want string
	}{
		"new":             {base(serverUse{"ru", "::ffff:198.51.100.0", first, 40, 40, "", "possible", false}), week("40,40,270")},
		"few":             {base(serverUse{"ru", "::ffff:198.51.100.0", first, 40, 19, "", "possible", false}), ""},
		"likely":          {base(serverUse{"ru", "::ffff:198.51.100.0", first, 40, 40, "", "likely", false}), ""},
		"of a service":    {base(serverUse{"ru", "::ffff:198.51.100.0", first, 40, 40, "vpn-a", "possible", false}), ""},
		"of all days":     {base(serverUse{"ru", "::ffff:198.51.100.0", 0, 40, 40, "", "possible", false}), ""},
		"without history": {base(serverUse{"ru", "::ffff:198.51.100.0", 12, 40, 40, "", "possible", false}), ""},
		"grown by 3":      {append(base(serverUse{"ru", "::ffff:198.51.100.0", 0, first, 15, "", "possible", false}), serverUse{"ru", "::ffff:198.51.100.0", first, 40, 45, "", "possible", false}), ""},
		"everywhere": {append(base(serverUse{"ru", "::ffff:198.51.100.0", first, 40, 40, "", "possible", false}),
			serverUse{"by", "::ffff:198.51.100.0", first, 40, 40, "", "possible", false}), ""},
		"elsewhere a little": {append(base(serverUse{"ru", "::ffff:198.51.100.0", first, 40, 40, "", "possible", false}),
			serverUse{"by", "::ffff:198.51.100.0", first, 40, 6, "", "possible", false}), week("40,40,270")},
		"with the sensors":               {base(serverUse{"ru", "::ffff:198.51.100.0", first, 40, 300, "", "possible", false}), ""},
		"on a network in use":            {[]serverUse{old, {"ru", "::ffff:198.51.100.0", 0, 40, 30, "", "possible", false}, {"ru", "::ffff:198.51.100.0", first, 40, 25, "", "possible", true}}, week("25,25,285")},
		"on a network in use, not alone": {[]serverUse{old, {"ru", "::ffff:198.51.100.0", 0, 40, 30, "", "possible", false}, {"ru", "::ffff:198.51.100.0", first, 40, 25, "", "possible", false}}, ""},
		"on a network in use by such":    {[]serverUse{old, {"ru", "::ffff:198.51.100.0", 0, 40, 10, "", "possible", true}, {"ru", "::ffff:198.51.100.0", first, 40, 25, "", "possible", true}}, ""},
		"on a network in use, few alone": {[]serverUse{old, {"ru", "::ffff:198.51.100.0", 0, 40, 30, "", "possible", false}, {"ru", "::ffff:198.51.100.0", first, 40, 19, "", "possible", true}}, ""},
		"new and alone":                  {base(serverUse{"ru", "::ffff:198.51.100.0", first, 40, 40, "", "possible", true}), week("40,40,270")},
		"where others come and go": {[]serverUse{old,
			{"ru", "::ffff:203.0.113.0", 11, 12, 19, "", "possible", false}, {"ru", "::ffff:203.0.114.0", 13, 14, 19, "", "possible", false}, {"ru", "::ffff:203.0.115.0", 15, 16, 19, "", "possible", false},
			{"ru", "::ffff:203.0.116.0", 16, 17, 19, "", "possible", false}, {"ru", "::ffff:203.0.117.0", 18, 19, 19, "", "possible", false}, {"ru", "::ffff:203.0.118.0", 19, 20, 19, "", "possible", false},
			{"ru", "::ffff:203.0.119.0", 20, 21, 19, "", "possible", false}, {"ru", "::ffff:203.0.120.0", 21, 22, 19, "", "possible", false}, {"ru", "::ffff:203.0.121.0", 22, 23, 19, "", "possible", false},
			{"ru", "::ffff:198.51.100.0", first, 40, 35, "", "possible", false}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			clearUnknown(t, s)
			putServerUse(t, s, c.uses...)
			countAll(t, s)
			if got := rowsOf(t, s, unknownRows); !strings.HasSuffix(got, "\n"+c.want) || strings.Count(got, "\n") != strings.Count(c.want, "\n")+1 {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// A client of two servers counts once; the rows are the same whatever was stored last and however often it is counted.
func TestUnknownToolsDoNotDependOnTheOrder(t *testing.T) {
	ctx := context.Background()
	uses := []serverUse{
		{"ru", "::ffff:192.0.2.0", 0, 40, 30, "", "possible", false}, {"ru", "::ffff:198.51.100.0", 25, 40, 40, "", "possible", false}, {"by", "::ffff:203.0.113.0", 27, 29, 50, "", "possible", false},
	}
	s := unknownStore(t)
	putServerUse(t, s, uses...)
	countAll(t, s)
	if err := s.conn.Exec(ctx, "INSERT INTO flows SELECT * REPLACE (toIPv6('::ffff:198.51.101.0') AS server_net) FROM flows AS f WHERE f.server_net = toIPv6('::ffff:198.51.100.0')"); err != nil {
		t.Fatal(err)
	}
	if err := s.conn.Exec(ctx, "INSERT INTO usage SELECT * FROM usage WHERE client BETWEEN 1000 AND 1999 SETTINGS insert_deduplicate = 0"); err != nil {
		t.Fatal(err)
	}
	countAll(t, s)
	want := rowsOf(t, s, unknownRows)
	if !strings.Contains(want, `"ru","2018-03-26",2,40,80,270`) || !strings.Contains(want, `"by","2018-03-28",1,50,50,250`) {
		t.Errorf("got\n%s", want)
	}
	for _, sql := range []string{"TRUNCATE TABLE counted_servers", "TRUNCATE TABLE counted_unknown"} {
		if err := s.conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	for d := 39; d >= 0; d-- { // the last day first
		sql := fmt.Sprintf("INSERT INTO touched (country, day, touches) VALUES ('ru', toDate('2018-03-01') + %d, 1), ('by', toDate('2018-03-01') + %d, 1)", d, (d*7)%40)
		if err := s.conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
		if d%6 == 0 {
			if _, err := s.Count(ctx, 0); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := rowsOf(t, s, unknownRows); got != want {
		t.Errorf("in another order\n%s\nwant\n%s", got, want)
	}
}

// What was counted stays when retention takes flows, or the days before.
func TestUnknownToolsStayWithoutTheirFlows(t *testing.T) {
	ctx := context.Background()
	s := unknownStore(t)
	for _, gone := range []string{
		"ALTER TABLE flows DELETE WHERE 1 SETTINGS mutations_sync = 2",
		"ALTER TABLE flows DELETE WHERE client % 3 = 0 SETTINGS mutations_sync = 2",
		"ALTER TABLE counted_servers DELETE WHERE day < '2018-03-20' SETTINGS mutations_sync = 2",
	} {
		clearUnknown(t, s)
		putServerUse(t, s, serverUse{"ru", "::ffff:192.0.2.0", 0, 40, 30, "", "possible", false}, serverUse{"ru", "::ffff:198.51.100.0", 25, 40, 40, "", "possible", false})
		countAll(t, s)
		want := rowsOf(t, s, unknownRows)
		if strings.Count(want, "\n") != 8 {
			t.Fatalf("got\n%s", want)
		}
		if err := s.conn.Exec(ctx, gone); err != nil {
			t.Fatal(err)
		}
		if err := s.conn.Exec(ctx, "INSERT INTO touched (country, day, touches) SELECT 'ru', toDate('2018-03-01') + number, 1 FROM numbers(24, 16)"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Count(ctx, 0); err != nil {
			t.Fatal(err)
		}
		if got := rowsOf(t, s, unknownRows); got != want {
			t.Errorf("after %s\n%s\nwant\n%s", gone, got, want)
		}
	}
}

// While retention takes what is older, as many days as are asked for lose nothing, though three days have no telemetry;
// fewer do.
func TestHowLongServersAreNeeded(t *testing.T) {
	ctx := context.Background()
	s := unknownStore(t)
	run := func(sql string, args ...any) {
		t.Helper()
		if err := s.conn.Exec(ctx, fmt.Sprintf(sql, args...)); err != nil {
			t.Fatal(err)
		}
	}
	const first = 30
	clearUnknown(t, s)
	putServerUse(t, s, serverUse{"ru", "::ffff:192.0.2.0", 0, 40, 30, "", "possible", false}, serverUse{"ru", "::ffff:198.51.100.0", first, 40, 40, "", "possible", false})
	for _, day := range []int{10, 11, 12} {
		run("ALTER TABLE flows DELETE WHERE toDate(start) = toDate('2018-03-01') + %d SETTINGS mutations_sync = 2", day)
		run("ALTER TABLE usage DELETE WHERE toDate(hour) = toDate('2018-03-01') + %d SETTINGS mutations_sync = 2", day)
	}
	countAll(t, s)
	all := rowsOf(t, s, unknownRows)
	if strings.Count(all, "\n") != 8 {
		t.Fatalf("got\n%s", all)
	}
	for _, kept := range []int{ServerDays, ServerDays - 1} { // the second takes from what the first left
		run("TRUNCATE TABLE counted_unknown")
		for day := first; day < first+7; day++ {
			run("ALTER TABLE counted_servers DELETE WHERE day <= toDate('2018-03-01') + %d SETTINGS mutations_sync = 2", day-kept)
			run("ALTER TABLE counted_unknown DELETE WHERE day > toDate('2018-03-01') + %d SETTINGS mutations_sync = 2", day-1)
			run("INSERT INTO touched (country, day, touches) VALUES ('ru', toDate('2018-03-01') + %d, 1)", day)
			if _, err := s.Count(ctx, 0); err != nil {
				t.Fatal(err)
			}
		}
		if got := rowsOf(t, s, unknownRows); (got == all) != (kept == ServerDays) {
			t.Errorf("with %d days\n%s\nof all days\n%s", kept, got, all)
		}
	}
}

// Shards find the same servers as one store: clients of a network in use lie on both, and their hours with them.
func TestShardsFindServersThatComeUp(t *testing.T) {
	uses := []serverUse{
		{"ru", "::ffff:192.0.2.0", 0, 40, 30, "", "possible", false}, {"ru", "::ffff:198.51.100.0", 0, 40, 30, "", "possible", false},
		{"ru", "::ffff:198.51.100.0", 25, 40, 25, "", "possible", true}, {"ru", "::ffff:203.0.113.0", 27, 40, 40, "", "possible", false},
	}
	var got []string
	for _, s := range []*Store{unknownStore(t), shardedStore(t, servertest.StartCluster(t, 2), Options{})} {
		if len(s.shards) > 0 {
			putOthers(t, s)
		}
		putServerUse(t, s, uses...)
		if len(s.shards) > 0 {
			bothHold(t, s, "flows")
		}
		countAll(t, s)
		got = append(got, rowsOf(t, s, unknownRows))
	}
	if got[0] != got[1] || !strings.Contains(got[0], `"ru","2018-03-26",1,25,25,285`) || !strings.Contains(got[0], `"ru","2018-03-28",2,65,65,325`) {
		t.Errorf("one store\n%s\nshards\n%s", got[0], got[1])
	}
}

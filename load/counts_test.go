package load_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/queries"
)

// randomUsage is rows of usage with names: clients of several verdicts, networks and hours, one tool of two categories.
func randomUsage(random *rand.Rand, n int) string {
	verdicts := []string{
		`"tool":"openvpn","service":"","category":"vpn","level":"likely","pack":"a@1"`,
		`"tool":"openvpn","service":"mullvad","category":"vpn","level":"confirmed","pack":"a@1"`,
		`"tool":"openvpn","service":"","category":"tunnel","level":"possible","pack":"b@1"`,
		`"tool":"tor","service":"tor","category":"anonymity","level":"confirmed","pack":"a@1"`,
		`"tool":"socks5","service":"","category":"proxy","level":"possible","pack":"a@1"`,
		`"tool":"telegram","service":"telegram","category":"messenger","level":"likely","pack":"a@1"`,
		`"tool":"none","service":"","category":"none","level":"unclassified","pack":"a@1"`,
		`"tool":"none","service":"telegram","category":"none","level":"unclassified","pack":"b@1"`,
	}
	var rows []string
	for range n {
		flows := 1 + random.IntN(4)
		rows = append(rows, fmt.Sprintf(`{"hour":"2018-04-%02d %02d:00:00","country":%q,"asn":%d,"client":%d,%s,"simulated":%d,"lists":"x","flows":%d,"expected":%g,"unanswered":%d,"bytes_up":%d,"bytes_down":%d,"records":1}`,
			14+random.IntN(5), random.IntN(24), []string{"ru", "by", ""}[random.IntN(3)], random.IntN(4), random.IntN(25), verdicts[random.IntN(len(verdicts))],
			random.IntN(2), flows, float64(random.IntN(64))/64, random.IntN(flows+1), random.IntN(1000), random.IntN(1000)))
	}
	return "[" + strings.Join(rows, ",") + "]"
}

// writeUsage stores rows of usage as range n of a source.
func writeUsage(t *testing.T, s *load.Store, n, records int, rows string) {
	t.Helper()
	b := load.Batch{Source: "counts", First: int64(n), Next: int64(n) + 1, Counts: load.Counts{In: uint64(records), Folded: uint64(records)},
		Tables: usageTables(t, memory.DefaultAllocator, rows)}
	if err := s.Write(context.Background(), b); err != nil {
		t.Fatal(err)
	}
}

// fromUsage answers a named query as it was answered before there were counts: from every client-hour.
func fromUsage(t *testing.T, s *load.Store, name string, params map[string]string) []map[string]any {
	t.Helper()
	q, err := queries.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	values, err := q.Values(params)
	if err != nil {
		t.Fatal(err)
	}
	sql, err := os.ReadFile(filepath.Join("testdata", "usage_sql", name+".sql"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(sql)
	for param, value := range values {
		for _, p := range q.Params {
			if p.Name == param && !strings.HasPrefix(p.Type, "Array") {
				value = "'" + value + "'"
			}
			if p.Name == param {
				text = strings.ReplaceAll(text, "{"+p.Name+":"+p.Type+"}", "CAST("+value+", '"+strings.ReplaceAll(p.Type, "'", `\'`)+"')")
			}
		}
	}
	var out bytes.Buffer
	if err := s.SQL(context.Background(), text, &out, load.JSON); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return decoded(t, out.Bytes())
}

func decoded(t *testing.T, text []byte) []map[string]any {
	t.Helper()
	var rows []map[string]any
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatalf("%v in %.200s", err, text)
	}
	return rows
}

func answer(t *testing.T, s *load.Store, name string, params map[string]string) []map[string]any {
	t.Helper()
	var out bytes.Buffer
	if err := s.Query(context.Background(), name, params, &out, load.JSON); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return decoded(t, out.Bytes())
}

var near = cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Max(1, math.Abs(a)) })

// sameAnswers compares every question that was once answered from usage, with many parameters.
func sameAnswers(t *testing.T, s *load.Store) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "usage_sql", "*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	given := []map[string]string{
		{}, {"country": "ru"}, {"level": "possible"}, {"level": "confirmed"}, {"from": "2018-04-15", "to": "2018-04-16"}, {"tool": "openvpn"},
		{"tool": "openvpn", "categories": "['vpn','tunnel']", "level": "possible"}, {"categories": "['vpn','tunnel','messenger']"}, {"categories": "[]"},
		{"categories": "['none','vpn']", "country": "by"}, {"service": "telegram"}, {"service": "mullvad", "tool": "openvpn"}, {"services": "['tor','telegram']"},
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".sql")
		q, err := queries.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, params := range given {
			if _, err := q.Values(params); err != nil {
				continue // not a parameter of this one
			}
			want := fromUsage(t, s, name, params)
			if len(params) == 0 && len(want) == 0 {
				t.Errorf("%s: no rows to compare", name)
			}
			if diff := cmp.Diff(want, answer(t, s, name, params), near); diff != "" {
				t.Errorf("%s with %v (-usage +counts):\n%s", name, params, diff)
			}
		}
	}
}

// TestCountsAgreeWithUsage stores ranges one after the other, late ones among them, and asks in between.
func TestCountsAgreeWithUsage(t *testing.T) {
	s := serverStore(t, "counts")
	fill(t, s) // an event to ask about
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 2 {
		writeUsage(t, s, n, 400, randomUsage(random, 400))
		sameAnswers(t, s)
	}
}

// counts are the rows of both tables of counts, without when and by whom they were made.
func countsOf(t *testing.T, s *load.Store) string {
	t.Helper()
	var out bytes.Buffer
	for _, view := range []string{"counts_day", "counts_hour"} {
		if err := s.SQL(context.Background(), "SELECT * EXCEPT as_of FROM "+view+" ORDER BY ALL", &out, load.CSV); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

// TestRecountGivesTheSameRows counts range by range in one store and all at once in another.
func TestRecountGivesTheSameRows(t *testing.T) {
	ctx := context.Background()
	s, other := serverStore(t, "recount"), serverStore(t, "recount_once")
	random := rand.New(rand.NewPCG(3, 4))
	for n := range 4 {
		rows := randomUsage(random, 200)
		writeUsage(t, s, n, 200, rows)
		writeUsage(t, other, n, 200, rows)
		if _, err := s.Count(ctx, 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := other.Count(ctx, 0); err != nil {
		t.Fatal(err)
	}
	first := countsOf(t, s)
	if len(first) < 10_000 {
		t.Fatalf("too few counts to compare: %d bytes", len(first))
	}
	if diff := cmp.Diff(first, countsOf(t, other)); diff != "" {
		t.Errorf("range by range and at once differ (-by range +at once):\n%s", diff)
	}
	for range 2 {
		done, err := s.Recount(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if done.Days != 15 || done.Waiting != 0 {
			t.Errorf("counted %+v, want 15 days", done)
		}
		if diff := cmp.Diff(first, countsOf(t, s)); diff != "" {
			t.Errorf("counted again they differ:\n%s", diff)
		}
	}
}

// TestRowsThatVanish takes usage away: its counts go, those of whole days too.
func TestRowsThatVanish(t *testing.T) {
	ctx := context.Background()
	s := serverStore(t, "vanish")
	fill(t, s)
	writeUsage(t, s, 0, 300, randomUsage(rand.New(rand.NewPCG(5, 6)), 300))
	sameAnswers(t, s)
	for _, gone := range []string{"client % 3 = 0", "country = 'by'", "toDate(hour) = '2018-04-15'"} {
		if err := s.Conn().Exec(ctx, "ALTER TABLE usage DELETE WHERE "+gone+" SETTINGS mutations_sync = 1"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Recount(ctx); err != nil {
			t.Fatal(err)
		}
		sameAnswers(t, s)
	}
	if n := scalar[uint64](t, s, "SELECT count() FROM counts_hour WHERE country = 'by'"); n != 0 {
		t.Errorf("%d rows of hours are left of a country that is gone", n)
	}
}

// TestCountingIsCaughtUp stores without counting, as a program does that is killed: whoever asks next counts, and a
// user who may not counts nothing and can see it.
func TestCountingIsCaughtUp(t *testing.T) {
	s := serverStore(t, "caughtup")
	writeUsage(t, s, 0, 50, randomUsage(rand.New(rand.NewPCG(7, 8)), 50))
	waiting := func() uint64 {
		return scalar[uint64](t, s, "SELECT toUInt64(sum(t.touches) - sum(bitShiftRight(c.version, 20))) FROM (SELECT country, day, sum(touches) AS touches FROM touched GROUP BY country, day) AS t LEFT JOIN (SELECT country, day, max(version) AS version FROM counted_days WHERE grouping = 'all' GROUP BY country, day) AS c ON c.country = t.country AND c.day = t.day")
	}
	if waiting() == 0 {
		t.Error("nothing waits after a range was stored")
	}
	later, err := load.Open(context.Background(), serverDSN("caughtup"), load.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer later.Close()
	if rows := answer(t, later, "circumvention_share", nil); len(rows) == 0 || waiting() != 0 {
		t.Errorf("%d rows, and %d touches are not counted", len(rows), waiting())
	}
	writeUsage(t, s, 1, 50, randomUsage(rand.New(rand.NewPCG(9, 9)), 50))
	done, err := s.Count(context.Background(), 1<<40)
	if err != nil {
		t.Fatal(err)
	}
	if done.Days != 0 || done.Waiting == 0 {
		t.Errorf("days that were counted a moment ago were counted again: %+v", done)
	}
	s.AnswerAsCounted()
	if rows := answer(t, s, "counts_as_of", nil); fmt.Sprint(rows[0]["waiting"]) == "0" {
		t.Errorf("nothing waits: %v", rows)
	}
}

// TestEqualRangesTouchTwice stores two ranges of the same days one after the other, with a counting in between.
func TestEqualRangesTouchTwice(t *testing.T) {
	s := serverStore(t, "touches")
	for n := range 3 {
		writeUsage(t, s, n, 2, usageRows)
		rows := answer(t, s, "services", nil)
		share := answer(t, s, "circumvention_share", nil)
		if len(rows) != 0 || len(share) != 1 || share[0]["flows"] != float64(10*(n+1)) {
			t.Errorf("after range %d: %v", n, share)
		}
	}
}

// TestExpiredUsageKeepsItsCounts has retention take a day's usage, and late telemetry come after it.
func TestExpiredUsageKeepsItsCounts(t *testing.T) {
	ctx := context.Background()
	serverStore(t, "expired").Close()
	s, err := load.Open(ctx, serverDSN("expired"), load.Options{UsageDays: 30})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	writeUsage(t, s, 0, 300, randomUsage(rand.New(rand.NewPCG(5, 6)), 300))
	if _, err := s.Count(ctx, 0); err != nil {
		t.Fatal(err)
	}
	before := countsOf(t, s)
	for _, sql := range []string{ // as it is when retention has taken the rows
		"ALTER TABLE batches UPDATE at = at - toIntervalDay(40) WHERE 1 SETTINGS mutations_sync = 1",
		"ALTER TABLE usage DELETE WHERE 1 SETTINGS mutations_sync = 1",
	} {
		if err := s.Conn().Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := s.Reconcile(ctx); err != nil || !r.OK() {
		t.Errorf("expired usage is no difference: %+v, %v", r, err)
	}
	writeUsage(t, s, 1, 2, strings.ReplaceAll(usageRows, `"simulated":0`, `"simulated":1`))
	for range 2 {
		if _, err := s.Count(ctx, 0); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, countsOf(t, s)); diff != "" {
			t.Errorf("counts of expired usage changed:\n%s", diff)
		}
	}
	if done, err := s.Count(ctx, 0); err != nil || done != (load.Counted{}) {
		t.Errorf("%+v is left to count: %v", done, err)
	}
}

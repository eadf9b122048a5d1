package load

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/banshift/banshift/schemas/migrations"
	"github.com/banshift/banshift/schemas/statements"
)

// finishedStore has usage, questions and coverage of 70 days, with sensors that come, go and are out for hours, counted.
func finishedStore(t *testing.T) *Store {
	t.Helper()
	ctx := context.Background()
	s := ownStore(t, t.TempDir())
	t.Cleanup(func() { s.Close() })
	for _, sql := range []string{
		`INSERT INTO verdicts (number, tool, service, category, level, pack, lists) VALUES (1, 'openvpn', '', 'vpn', 'likely', 'p', 'l'), (2, 'tor', 'tor', 'anonymity', 'confirmed', 'p', 'l'),
			(3, 'socks5', '', 'proxy', 'possible', 'p', 'l'), (4, 'none', '', 'none', 'unclassified', 'p', 'l')`,
		`INSERT INTO usage (hour, country, asn, client, verdict, simulated, flows, expected, unanswered, bytes_up, bytes_down, records)
			SELECT toDateTime('2017-12-01 00:00:00', 'UTC') + toIntervalHour(number % 1680), ['ru', 'by'][1 + number % 2], intHash32(number) % 3, intHash32(number) % 7,
			1 + intHash64(number) % 4, intHash64(number) % 5 = 0, 2, 0.5, intHash32(number) % 3, 3, 4, 1 FROM numbers(4000)`,
		`INSERT INTO dns_usage (hour, country, asn, client, name, service, category, simulated, pack, queries, answered, failed, no_response, records)
			SELECT toDateTime('2017-12-01 00:00:00', 'UTC') + toIntervalHour(number % 1700), ['ru', 'by'][1 + number % 2], 1, intHash32(number) % 9,
			['a.example', 'telegram.org', 't.me'][1 + intHash32(number) % 3], ['', 'telegram', 'telegram'][1 + intHash32(number) % 3], 'none', 0, 'p', 2, 1, 1, 0, 1 FROM numbers(3000)`,
		`INSERT INTO coverage (hour, country, exporter, simulated, flow_records, dns_records)
			SELECT toDateTime('2017-12-01 00:00:00', 'UTC') + toIntervalHour(h), c, e, 0, 3, 1
			FROM (SELECT number AS h, arrayJoin(['ru', 'by']) AS c, arrayJoin(['one', 'two', 'three', 'four']) AS e FROM numbers(1680)) AS x
			WHERE (e = 'one' AND intDiv(h, 24) NOT IN (11, 40)) OR (e = 'two' AND h % 24 < 3 + intHash32(intDiv(h, 24)) % 22) OR (e = 'three' AND intDiv(h, 24) % 33 < 2) OR (e = 'four' AND c = 'by' AND intDiv(h, 24) BETWEEN 30 AND 35)`,
		statements.TouchAll,
	} {
		if err := s.conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Count(ctx, 0); err != nil {
		t.Fatal(err)
	}
	return s
}

// rowsOf gives the rows of statements as text.
func rowsOf(t *testing.T, s *Store, list ...string) string {
	t.Helper()
	var out bytes.Buffer
	for _, sql := range list {
		if err := s.SQL(context.Background(), sql, &out, CSV); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

var finished = []string{
	"SELECT * EXCEPT as_of FROM counts_day ORDER BY ALL", "SELECT * EXCEPT as_of FROM counts_hour ORDER BY ALL", "SELECT * FROM coverage_days ORDER BY ALL",
	"SELECT * EXCEPT (possible_sets, possible_clients, likely_sets, likely_clients, confirmed_sets, confirmed_clients), arraySort(arrayZip(possible_sets, possible_clients)), arraySort(arrayZip(likely_sets, likely_clients)), arraySort(arrayZip(confirmed_sets, confirmed_clients)) FROM networks_day ORDER BY ALL",
	"SELECT * FROM questions_day ORDER BY ALL",
}

// statementsOf gives those of the migration of a name.
func statementsOf(t *testing.T, s *Store, name string) []migrations.Statement {
	t.Helper()
	all, err := migrations.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if strings.HasSuffix(m.Name, name) {
			list, err := m.Statements(s.target())
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
	}
	t.Fatalf("no migration %s", name)
	return nil
}

// TestFinishingFromAnywhere takes a store of before over, interrupted behind each statement: what is finished is what
// counting makes.
func TestFinishingFromAnywhere(t *testing.T) {
	ctx := context.Background()
	s := finishedStore(t)
	want := rowsOf(t, s, finished...)
	var oldView string
	for _, statement := range statementsOf(t, s, "_counts") {
		if strings.HasPrefix(statement.SQL, "CREATE VIEW IF NOT EXISTS coverage_days") {
			oldView = statement.SQL
		}
	}
	steps := statementsOf(t, s, "_countings")
	for stop := range steps {
		before := []string{"DROP VIEW coverage_days", oldView}
		for _, table := range []string{"countings", "covered_days", "counted_networks", "counted_questions"} {
			before = append(before, "DROP TABLE "+table+" SYNC")
		}
		for _, sql := range before {
			if err := s.conn.Exec(ctx, sql); err != nil {
				t.Fatal(err)
			}
		}
		for _, statement := range append(append([]migrations.Statement{}, steps[:stop+1]...), steps...) {
			if err := s.applyStatement(ctx, statement); err != nil {
				t.Fatalf("stopped at %d: %v", stop, err)
			}
		}
		if got := rowsOf(t, s, finished...); got != want {
			t.Fatalf("stopped at %d: %d bytes of rows differ from %d", stop, len(got), len(want))
		}
	}
}

// TestCoverageIsTheViewsOfBefore compares the finished coverage with the view that it was once read from, before and
// after a day comes late.
func TestCoverageIsTheViewsOfBefore(t *testing.T) {
	ctx := context.Background()
	s := finishedStore(t)
	for _, statement := range statementsOf(t, s, "_counts") {
		if strings.HasPrefix(statement.SQL, "CREATE VIEW IF NOT EXISTS coverage_days") {
			if err := s.conn.Exec(ctx, strings.Replace(statement.SQL, "coverage_days", "slow_coverage", 1)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, late := range []string{"", "2018-01-10", "2018-03-01"} {
		if late != "" {
			for _, sql := range []string{
				"INSERT INTO coverage (hour, country, exporter, simulated, flow_records, dns_records) VALUES ('" + late + " 05:00:00', 'ru', 'late', 0, 1, 1)",
				"INSERT INTO touched (country, day, touches) VALUES ('ru', '" + late + "', 1)",
			} {
				if err := s.conn.Exec(ctx, sql); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := s.Count(ctx, 0); err != nil {
				t.Fatal(err)
			}
		}
		want := rowsOf(t, s, "SELECT * FROM slow_coverage ORDER BY ALL")
		if got := rowsOf(t, s, "SELECT * FROM coverage_days ORDER BY ALL"); got != want || !strings.Contains(want, "0.") {
			t.Errorf("after %q: coverage differs from the view's:\n%s\n%s", late, got, want)
		}
	}
}

// TestCountingThatWasCutOff leaves rows of a version above the next one's behind: the next one's hold all the same.
func TestCountingThatWasCutOff(t *testing.T) {
	ctx := context.Background()
	s := finishedStore(t)
	want := rowsOf(t, s, finished...)
	for _, sql := range []string{
		"INSERT INTO touched (country, day, touches) VALUES ('ru', '2017-12-10', 1)",
		"INSERT INTO counted_hours SELECT * REPLACE (9 AS clients, toUInt64(2 * 1048576 + 1048575) AS version) FROM counted_hours AS c WHERE c.country = 'ru' AND toDate(c.hour) = '2017-12-10'",
		"INSERT INTO counted_days SELECT * REPLACE (9 AS clients, toUInt64(2 * 1048576 + 1048575) AS version) FROM counted_days AS c WHERE c.country = 'ru' AND c.day = '2017-12-10'",
	} {
		if err := s.conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	for _, sql := range []string{"", "OPTIMIZE TABLE counted_hours FINAL", "OPTIMIZE TABLE counted_days FINAL"} {
		if sql == "" {
			if done, err := s.Count(ctx, 0); err != nil || done.Days != 1 {
				t.Fatalf("%+v, %v", done, err)
			}
		} else if err := s.conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
		if got := rowsOf(t, s, finished...); got != want {
			t.Errorf("after %q: %d bytes of rows differ from %d", sql, len(got), len(want))
		}
	}
}

// TestExpiredQuestionsKeepTheirCounts has retention take the questions of a day, and more telemetry of the day come.
func TestExpiredQuestionsKeepTheirCounts(t *testing.T) {
	ctx := context.Background()
	s := finishedStore(t)
	s.dnsDays = 90
	want := rowsOf(t, s, "SELECT * FROM questions_day ORDER BY ALL")
	for _, sql := range []string{
		"ALTER TABLE dns_usage DELETE WHERE toDate(hour) < '2018-01-05' SETTINGS mutations_sync = 1",
		"INSERT INTO touched (country, day, touches) VALUES ('ru', '2017-12-10', 1), ('by', '2018-01-20', 1)",
		"INSERT INTO usage (hour, country, asn, client, verdict, flows, records) VALUES ('2017-12-10 01:00:00', 'ru', 1, 999, 1, 5, 1)",
	} {
		if err := s.conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	clients := "SELECT clients FROM counts_day WHERE grouping = 'all' AND country = 'ru' AND day = '2017-12-10' AND simulated = 0"
	before := rowsOf(t, s, clients)
	for range 2 {
		if _, err := s.Count(ctx, 0); err != nil {
			t.Fatal(err)
		}
		if got := rowsOf(t, s, "SELECT * FROM questions_day ORDER BY ALL"); got != want {
			t.Errorf("counts of questions changed: %d bytes, were %d", len(got), len(want))
		}
	}
	if rowsOf(t, s, clients) == before {
		t.Error("the day's new client is not counted")
	}
}

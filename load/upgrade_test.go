package load

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/banshift/banshift/schemas/migrations"
)

// rowsPerVersion is how many rows of each table a store has from each version that it went through.
const rowsPerVersion = 60

// rowsOfVersion are statements that store rows as the program of a migration did.
func rowsOfVersion(number int) []string {
	const hour, country = "toDateTime('2018-03-30 00:00:00', 'UTC') + toIntervalHour(number)", "['ru', 'by'][1 + number % 2]"
	list := []string{
		"INSERT INTO dns_usage (hour, country, asn, client, name, service, category, simulated, pack, queries, answered, failed, no_response, records) SELECT " + hour + ", " + country +
			", 1, number % 7, 'a.example', '', 'none', 1, 'p', 2, 1, 1, 0, 1 FROM numbers(ROWS)",
		"INSERT INTO coverage (hour, country, exporter, simulated, flow_records, dns_records) SELECT " + hour + ", " + country + ", 'sensor', 1, 1, 1 FROM numbers(ROWS)",
		"INSERT INTO flows (start, end, client, country, records, flow_count, tool, level, simulated) SELECT " + hour + ", " + hour + ", number, 'ru', 1, 1, 'openvpn', 'likely', 1 FROM numbers(ROWS)",
		"INSERT INTO rejects (source, partition, offset, reason) SELECT 'version VERSION', 0, number, 'none' FROM numbers(ROWS)",
		"INSERT INTO batches (source, partition, first, next, state, token, records_in, folded) VALUES ('version VERSION', 0, 0, ROWS, 'done', 'tVERSION', ROWS, ROWS)",
	}
	const keys, values = "INSERT INTO usage (hour, country, asn, client, ", ", 1, 2, 0.5, 1, 3, 4, 1 FROM numbers(ROWS)"
	const sums, row = ", simulated, flows, expected, unanswered, bytes_up, bytes_down, records) SELECT ", hour + ", " + country + ", number % 5, number % 11, "
	if number < 7 { // the first with narrow rows
		list = append(list, keys+"tool, service, category, level, pack, lists"+sums+row+"'openvpn', '', 'vpn', 'likely', 'p', 'l'"+values)
	} else {
		list = append(list, keys+"verdict"+sums+row+"1"+values,
			"INSERT INTO verdicts (number, tool, service, category, level, pack, lists) VALUES (1, 'openvpn', '', 'vpn', 'likely', 'p', 'l')",
			"INSERT INTO touched (country, day, touches) SELECT DISTINCT country, toDate(hour), 1 FROM usage")
	}
	for i, sql := range list {
		list[i] = strings.NewReplacer("ROWS", fmt.Sprint(rowsPerVersion), "VERSION", fmt.Sprint(number)).Replace(sql)
	}
	return list
}

// TestUpgradesStepByStep takes a store through all versions, with rows of each, and is cut off behind every statement
// of every migration: it begins that migration again each time. Nothing of any version may be lost or there twice.
func TestUpgradesStepByStep(t *testing.T) {
	ctx := context.Background()
	s := ownStore(t, t.TempDir())
	defer s.Close()
	if err := s.conn.Exec(ctx, "CREATE DATABASE walk"); err != nil {
		t.Fatal(err)
	}
	s.conn.Close()
	s.addr.database, s.reader.database = "walk", "walk"
	var err error
	if s.conn, err = s.connect(); err != nil {
		t.Fatal(err)
	}
	all, err := migrations.All()
	if err != nil {
		t.Fatal(err)
	}
	versions := uint64(0)
	for i, m := range all {
		steps, err := m.Statements(s.target())
		if err != nil {
			t.Fatal(err)
		}
		for stop := range steps {
			for _, step := range steps[:stop+1] {
				if err := s.applyStatement(ctx, step); err != nil {
					t.Fatalf("%s, cut off behind statement %d: %v", m.Name, stop+1, err)
				}
			}
		}
		if _, err := s.migrate(ctx, all[:i+1]); err != nil {
			t.Fatalf("%s: %v", m.Name, err)
		}
		if m.Number < 3 {
			continue // of the first version there is one program, with three migrations
		}
		versions++
		for _, sql := range rowsOfVersion(m.Number) {
			if err := s.conn.Exec(ctx, sql); err != nil {
				t.Fatalf("rows of version %d: %v\n%s", m.Number, err, sql)
			}
		}
	}
	s.ledger = newLedger(s)
	if _, err := s.Count(ctx, 0); err != nil {
		t.Fatal(err)
	}
	rows := versions * rowsPerVersion
	for sql, want := range map[string]uint64{
		"SELECT sum(records) FROM usage": rows,
		"SELECT sum(flows) FROM usage_named WHERE tool = 'openvpn' AND level = 'likely'": 2 * rows,
		"SELECT sum(bytes_up) + sum(bytes_down) FROM usage":                              7 * rows,
		"SELECT sum(queries) FROM dns_usage":                                             2 * rows,
		"SELECT sum(flow_records) FROM coverage":                                         rows,
		"SELECT sum(flow_records) FROM coverage_days":                                    rows,
		"SELECT count() FROM flows":                                                      rows,
		"SELECT count() FROM rejects":                                                    rows,
		"SELECT sum(records_in) FROM ledger":                                             rows,
		"SELECT sum(records) FROM counts_day WHERE grouping = 'all'":                     rows,
		"SELECT sum(queries) FROM questions_day WHERE grouping = 'all'":                  2 * rows,
		"SELECT uniqExact(toDate(hour), country) * 1000 + uniqExact(hour) FROM usage":    6*1000 + rowsPerVersion,
	} {
		var got uint64
		if err := s.conn.QueryRow(ctx, "SELECT toUInt64(("+sql+"))").Scan(&got); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
		if got != want {
			t.Errorf("%s: %d, want %d", sql, got, want)
		}
	}
	r, err := s.Reconcile(ctx)
	if err != nil || len(r.Findings)+len(r.Arrivals) > 0 {
		t.Errorf("reconcile: %+v, %v", r, err)
	}
}

package load

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Day is one day of one country in the named query daily_series.
type Day struct {
	Country    string
	Day        time.Time
	Clients    uint64 // distinct clients that used it
	Flows      uint64
	Expected   float64 // expected number of flows of it
	Unanswered uint64
	AllClients uint64 // distinct clients seen at all, the denominator
	AllFlows   uint64
	Fraction   float64 // share of the known sensors that reported, 0 where unknown
	Simulated  bool
	Packs      []string // rule packs that made the verdicts
	Lists      []string // what servers and clients were looked up in, as [enrich.Lists.Version] says it
}

// Daily runs the named query daily_series, by country and day. A day without
// telemetry is missing from it.
func (s *Store) Daily(ctx context.Context, params map[string]string) ([]Day, error) {
	if err := s.countForReading(ctx); err != nil {
		return nil, err
	}
	return s.daily(ctx, params)
}

func (s *Store) daily(ctx context.Context, params map[string]string) ([]Day, error) {
	q, values, err := valuesOf("daily_series", params)
	if err != nil {
		return nil, err
	}
	rows, err := s.conn.Query(clickhouse.Context(ctx, clickhouse.WithParameters(values)), q.SQL)
	if err != nil {
		return nil, explain(s.name, err)
	}
	defer rows.Close()
	var days []Day
	for rows.Next() {
		var d Day
		var simulated uint8
		err := rows.Scan(&d.Country, &d.Day, &d.Clients, &d.Flows, &d.Expected, &d.Unanswered,
			&d.AllClients, &d.AllFlows, &d.Fraction, &simulated, &d.Packs, &d.Lists)
		if err != nil {
			return nil, explain(s.name, err)
		}
		d.Simulated = simulated == 1
		days = append(days, d)
	}
	if err := rows.Err(); err != nil {
		return nil, explain(s.name, err)
	}
	return days, nil
}

// MethodBreaks gives the days on which the verdicts of a country come from other rule
// packs, lists, networks or prefixes of clients than those of the day before it that has any: a
// step of the series there may be the method's and not the people's. A list whose states are
// kept goes on as itself, whatever is on it. days are in the order of [Store.Daily].
func MethodBreaks(days []Day) []time.Time {
	var breaks []time.Time
	last := map[string][]string{}
	for _, d := range days {
		before, known := last[d.Country]
		now := methodOf(d)
		last[d.Country] = now
		if known && !slices.Equal(before, now) && !slices.ContainsFunc(breaks, d.Day.Equal) {
			breaks = append(breaks, d.Day)
		}
	}
	slices.SortFunc(breaks, time.Time.Compare)
	return breaks
}

// methodOf lists what made the verdicts of a day.
func methodOf(d Day) []string {
	method := slices.Clone(d.Packs)
	for _, version := range d.Lists {
		for part := range strings.SplitSeq(version, ",") {
			if name, _, kept := strings.Cut(part, "~"); kept {
				part = name + "~"
			}
			if part != "" {
				method = append(method, part)
			}
		}
	}
	slices.Sort(method)
	return slices.Compact(method)
}

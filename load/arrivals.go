package load

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/schemas/statements"
)

// Arrival is an insert of a stored range whose rows are in a partition of a table not at
// all, or more than once.
type Arrival struct {
	Source    string `json:"source"`
	Partition int32  `json:"partition"`
	First     int64  `json:"first"`
	Next      int64  `json:"next"`
	Table     string `json:"table"`
	// Part is the partition of the table: a month as 201804, or all.
	Part  string `json:"part"`
	Times uint64 `json:"times"`
}

// markedTables are the tables whose inserts are marked.
var markedTables = []string{
	schemas.TableFlows, schemas.TableUsage, schemas.TableDNSUsage, schemas.TableResolutions, schemas.TableEndpoints, schemas.TableCoverage, schemas.TableRejects,
}

// notArrivedOnce holds the inserts that the ledger has of stored ranges against the marks in the tables.
func (s *Store) notArrivedOnce(ctx context.Context) ([]Arrival, error) {
	all := []Arrival{}
	for _, table := range markedTables {
		into := func(a *Arrival) []any {
			a.Table = table
			return []any{&a.Source, &a.Partition, &a.First, &a.Next, &a.Part, &a.Times}
		}
		days, err := s.keptDays(ctx, table)
		if err != nil {
			return nil, fmt.Errorf("retention of %s: %w", table, err)
		}
		found, err := collect(ctx, s.conn, into, fmt.Sprintf(statements.NotArrivedOnce, table, days))
		if err != nil {
			return nil, fmt.Errorf("inserts into %s: %w", table, err)
		}
		all = append(all, found...)
	}
	return all, nil
}

// whatArrived gives which inserts of a range that was begun arrived, as the ledger has them, and which did not.
func (s *Store) whatArrived(ctx context.Context, i begun) (arrived, missing []string, err error) {
	byName := map[string][]string{}
	for _, entry := range i.inserts {
		name, part, _ := strings.Cut(entry, "/")
		byName[name] = append(byName[name], part)
	}
	for name, parts := range byName {
		table := name[:max(0, strings.LastIndexByte(name, '-'))]
		if !slices.Contains(markedTables, table) {
			return nil, nil, fmt.Errorf("the ledger has an insert %q of range %d to %d: it belongs to another version of banshift", name, i.First, i.Next)
		}
		in, err := s.arrived(ctx, insertion{table: table, mark: i.token + "-" + name, parts: parts})
		if err != nil {
			return nil, nil, err
		}
		for _, part := range parts {
			if slices.Contains(in, part) {
				arrived = append(arrived, table+"/"+part)
			} else {
				missing = append(missing, table+"/"+part)
			}
		}
	}
	slices.Sort(arrived)
	slices.Sort(missing)
	return arrived, missing, nil
}

package load

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/banshift/banshift/schemas/columns"
)

// What the migrations make is what the table of columns says. A column that only one of them has is named with what to do.
func TestStoreHasTheColumnsOfTheTable(t *testing.T) {
	ctx := context.Background()
	s := ownStore(t, t.TempDir())
	all, err := columns.Read()
	if err != nil {
		t.Fatal(err)
	}
	type found struct {
		Table, Name, Type string
		Key               uint8
	}
	var have []found
	rows, err := s.conn.Query(ctx, `SELECT c.table, c.name, c.type, c.is_in_sorting_key FROM system.columns AS c
		INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
		WHERE c.database = currentDatabase() AND t.engine NOT LIKE '%View' AND c.table != 'migrations' ORDER BY c.table, c.position`)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var f found
		if err := rows.Scan(&f.Table, &f.Name, &f.Type, &f.Key); err != nil {
			t.Fatal(err)
		}
		have = append(have, f)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, table := range all.Tables {
		var want []found
		for _, c := range table.Columns {
			f := found{table.Name, c.Name, c.Engine(), 0}
			if c.Role == columns.Key {
				f.Key = 1
			}
			want = append(want, f)
		}
		var got []found
		for _, f := range have {
			if f.Table == table.Name {
				got = append(got, f)
			}
		}
		if slices.Equal(got, want) {
			continue
		}
		for i, c := range table.Columns {
			if !slices.ContainsFunc(got, func(f found) bool { return f.Name == c.Name }) {
				t.Errorf("no migration makes column %s of %s; the next one needs:\n%s", c.Name, table.Name, addColumn(table, i))
			}
		}
		t.Errorf("table %s\n got  %v\n want %v", table.Name, got, want)
	}
	for _, f := range have {
		if !slices.ContainsFunc(all.Tables, func(g columns.Group) bool { return g.Name == f.Table }) {
			t.Errorf("table %s is not in schemas/columns/columns.yaml", f.Table)
		}
	}
}

// The sums of a table of sums are those that its engine adds up when it merges rows.
func TestSumsOfTheTableAreThoseOfTheEngine(t *testing.T) {
	ctx := context.Background()
	s := ownStore(t, t.TempDir())
	all, err := columns.Read()
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, table := range all.Tables {
		var engine string
		if err := s.conn.QueryRow(ctx, "SELECT any(engine_full) FROM system.tables WHERE database = currentDatabase() AND name = ?", table.Name).Scan(&engine); err != nil {
			t.Fatal(err)
		}
		_, arguments, summing := strings.Cut(engine, "SummingMergeTree(")
		if !summing {
			if sums := sumsOf(table); len(sums) > 0 {
				t.Errorf("table %s adds nothing up, its columns %v are sums", table.Name, sums)
			}
			continue
		}
		arguments, _, _ = strings.Cut(strings.TrimPrefix(arguments, "("), ")")
		got := strings.Split(strings.ReplaceAll(arguments, " ", ""), ",")
		if want := sumsOf(table); !slices.Equal(got, want) {
			t.Errorf("table %s adds up %v, the table of columns says %v", table.Name, got, want)
		}
		checked++
	}
	if checked < 5 {
		t.Errorf("%d tables of sums were looked at", checked)
	}
}

// sumsOf gives the columns that are sums.
func sumsOf(table columns.Group) []string {
	var names []string
	for _, c := range table.Columns {
		if c.Role == columns.Sum {
			names = append(names, c.Name)
		}
	}
	return names
}

// addColumn is what a migration needs to say for a column that the store does not have.
func addColumn(table columns.Group, i int) string {
	c, where := table.Columns[i], ""
	if i > 0 {
		where = " AFTER " + table.Columns[i-1].Name
	}
	return fmt.Sprintf("ALTER TABLE %s {{.OnCluster}} ADD COLUMN IF NOT EXISTS %s %s COMMENT '%s'%s;",
		table.Name, c.Name, c.Engine(), strings.ReplaceAll(c.About, "'", "''"), where)
}

package main

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/banshift/banshift/queries"
	"github.com/banshift/banshift/schemas/columns"
	"github.com/banshift/banshift/schemas/migrations"
)

var (
	createLine   = regexp.MustCompile(`^CREATE (TABLE|VIEW) (?:IF NOT EXISTS )?(\w+)`)
	exchangeLine = regexp.MustCompile(`^EXCHANGE TABLES (\w+) AND (\w+)`)
	dropLine     = regexp.MustCompile(`^DROP (?:TABLE|VIEW) IF EXISTS (\w+)`)
	orderLine    = regexp.MustCompile(`(?s)^ALTER TABLE (\w+).*MODIFY (ORDER BY \([^)]*\))`)
	ownOrderLine = regexp.MustCompile(`(?m)^ORDER BY .*$`)
)

// tableReference documents the store's tables: the columns from the table of columns, how they are kept from the migrations.
func tableReference() ([]byte, error) {
	known, err := columns.Read()
	if err != nil {
		return nil, err
	}
	all, err := migrations.All()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString(generatedNote + "# Tables\n\nWhat the migrations in `schemas/migrations` make on one server. All times are UTC. Countries are lower-case ISO\n3166-1 codes, empty where unknown. Addresses and prefixes are 16 bytes, IPv4 as IPv4-mapped IPv6.\n\nTables of the engines Summing and Replacing merge rows in the background: sum (`sum(flows)`) or use `FINAL`, and\ncount clients with `uniqExact(client)`, by day: a pseudonym means nothing beyond its UTC day.\n\n")
	made, err := madeTables(all)
	if err != nil {
		return nil, err
	}
	for _, m := range made {
		i := slices.IndexFunc(known.Tables, func(t columns.Group) bool { return t.Name == m.name })
		if i < 0 {
			return nil, fmt.Errorf("reference: table %s of migration %s is not in schemas/columns/columns.yaml", m.name, m.migration)
		}
		writeTable(&b, m, known.Tables[i], known.Growth)
	}
	return b.Bytes(), nil
}

// madeTable is a table or view, and what made it.
type madeTable struct{ name, statement, migration string }

// madeTables gives what all migrations together leave, in the order of making.
func madeTables(all []migrations.Migration) ([]madeTable, error) {
	var made []madeTable
	find := func(name string) int { return slices.IndexFunc(made, func(m madeTable) bool { return m.name == name }) }
	for _, m := range all {
		statements, err := m.Statements(migrations.Target{})
		if err != nil {
			return nil, err
		}
		for _, statement := range statements {
			sql := statement.SQL
			if c := createLine.FindStringSubmatch(sql); c != nil {
				made = append(made, madeTable{c[2], sql, m.Name})
			}
			if x := exchangeLine.FindStringSubmatch(sql); x != nil {
				made[find(x[1])].name, made[find(x[2])].name = x[2], x[1]
			}
			if o := orderLine.FindStringSubmatch(sql); o != nil {
				m := &made[find(o[1])]
				m.statement = ownOrderLine.ReplaceAllLiteralString(m.statement, o[2])
			}
			if d := dropLine.FindStringSubmatch(sql); d != nil && find(d[1]) >= 0 {
				made = slices.Delete(made, find(d[1]), find(d[1])+1)
			}
		}
	}
	return made, nil
}

// writeTable documents a table or view.
func writeTable(b *bytes.Buffer, made madeTable, known columns.Group, growth map[string]columns.Growth) {
	fmt.Fprintf(b, "## %s\n\n%s\n\nMade by `%s`.", made.name, known.About, made.migration)
	if createLine.FindStringSubmatch(made.statement)[1] == "VIEW" {
		b.WriteString(" A view.\n\n")
		return
	}
	_, rest, _ := strings.Cut(made.statement, "\n)\n")
	fmt.Fprintf(b, " %s Grows with %s.\n\n| column | type | meaning |\n|---|---|---|\n", storage(rest), growth[known.Grows].About)
	for _, c := range known.Columns {
		fmt.Fprintf(b, "| `%s` | `%s` | %s |\n", c.Name, c.Engine(), c.About)
	}
	b.WriteString("\n")
}

// storage says in one line how a table is kept: engine, partition, order, retention.
func storage(clauses string) string {
	var parts []string
	for line := range strings.Lines(clauses) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "SETTINGS") {
			parts = append(parts, "`"+line+"`")
		}
	}
	return strings.Join(parts, ", ") + "."
}

// queryReference documents the named queries from their headers.
func queryReference() ([]byte, error) {
	all, err := queries.List()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString(generatedNote + "# Queries\n\nThe files of `queries/`, one question each: `banshift query NAME --param key=value`. A parameter that is not given\nhas its default. `banshift query NAME --describe` prints the same.\n\n| name | question |\n|---|---|\n")
	for _, q := range all {
		fmt.Fprintf(&b, "| [%s](#%s) | %s |\n", q.Name, q.Name, cell(q.Question))
	}
	for _, q := range all {
		fmt.Fprintf(&b, "\n## %s\n\n%s. %s\n\n", q.Name, q.Title, q.Question)
		if len(q.Params) > 0 {
			b.WriteString("| parameter | type | default | meaning |\n|---|---|---|---|\n")
		}
		for _, p := range q.Params {
			fmt.Fprintf(&b, "| `%s` | `%s` | `%q` | %s |\n", p.Name, p.Type, p.Default, cell(p.Text))
		}
		b.WriteString("\n| column | role | meaning |\n|---|---|---|\n")
		for _, c := range q.Columns {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", c.Name, c.Role, cell(c.Text))
		}
		writeBounds(&b, q)
	}
	return b.Bytes(), nil
}

// writeBounds says what of a query can be released under differential privacy.
func writeBounds(b *bytes.Buffer, q queries.Query) {
	if len(q.Bounds) == 0 {
		return
	}
	b.WriteString("\nWith `export --epsilon`, one client's day changes, in all rows of a country's day together:\n\n| column | by at most | because |\n|---|---|---|\n")
	for _, bound := range q.Bounds {
		most := fmt.Sprint(bound.Most)
		if bound.Per != "" {
			most += " for each value of `" + bound.Per + "`, which has to be given"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", bound.Column, most, cell(bound.Text))
	}
}

// cell escapes text for a Markdown table.
func cell(text string) string { return strings.ReplaceAll(text, "|", "\\|") }

package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/banshift/banshift/queries"
	"github.com/banshift/banshift/schemas/migrations"
)

// tableWords say what tables and columns mean, where the DDL does not.
//
//go:embed reference_tables.yaml
var tableWords []byte

var (
	createLine  = regexp.MustCompile(`^CREATE (TABLE|VIEW) IF NOT EXISTS (\w+)`)
	columnDDL   = regexp.MustCompile(`^ +(\w+) ([A-Z].*?),?$`)
	commentPart = regexp.MustCompile(` COMMENT '([^']*)'`)
	codecPart   = regexp.MustCompile(` CODEC\(.*\)$`)
)

// tableReference documents the store's tables from the migrations. A table or column
// without a meaning is an error.
func tableReference() ([]byte, error) {
	var words struct{ Tables, Columns map[string]string }
	if err := yaml.Unmarshal(tableWords, &words); err != nil {
		return nil, fmt.Errorf("reference: meanings of tables: %w", err)
	}
	all, err := migrations.All()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString(generatedNote + "# Tables\n\nWhat the migrations in `schemas/migrations` make on one server. All times are UTC. Countries are lower-case ISO\n3166-1 codes, empty where unknown. Addresses and prefixes are 16 bytes, IPv4 as IPv4-mapped IPv6.\n\nTables of the engines Summing and Replacing merge rows in the background: sum (`sum(flows)`) or use `FINAL`, and\ncount clients with `uniqExact(client)`, by day: a pseudonym means nothing beyond its UTC day.\n\n")
	for _, m := range all {
		statements, err := m.Statements(migrations.Target{})
		if err != nil {
			return nil, err
		}
		for _, statement := range statements {
			if err := writeTable(&b, statement, m.Name, words.Tables, words.Columns); err != nil {
				return nil, err
			}
		}
	}
	return b.Bytes(), nil
}

// writeTable documents the table or view that a statement makes; others are passed over.
func writeTable(b *bytes.Buffer, statement, migration string, tables, columns map[string]string) error {
	created := createLine.FindStringSubmatch(statement)
	if created == nil {
		return nil
	}
	name := created[2]
	if tables[name] == "" {
		return fmt.Errorf("reference: table %s of migration %s has no meaning in reference_tables.yaml", name, migration)
	}
	fmt.Fprintf(b, "## %s\n\n%s\n\nMade by `%s`.", name, strings.TrimSpace(tables[name]), migration)
	if created[1] == "VIEW" {
		b.WriteString(" A view.\n\n")
		return nil
	}
	body, rest, _ := strings.Cut(statement, "\n)\n")
	fmt.Fprintf(b, " %s\n\n| column | type | meaning |\n|---|---|---|\n", storage(rest))
	for line := range strings.Lines(body) {
		m := columnDDL.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil {
			continue
		}
		meaning := columns[m[1]]
		if own := columns[name+"."+m[1]]; own != "" {
			meaning = own
		} else if c := commentPart.FindStringSubmatch(m[2]); c != nil {
			meaning = c[1]
		}
		if meaning == "" {
			return fmt.Errorf("reference: column %s of table %s has no meaning: give it a COMMENT or a line in reference_tables.yaml", m[1], name)
		}
		kind := codecPart.ReplaceAllString(commentPart.ReplaceAllString(m[2], ""), "")
		kind, _, _ = strings.Cut(kind, " DEFAULT ")
		fmt.Fprintf(b, "| `%s` | `%s` | %s |\n", m[1], kind, meaning)
	}
	b.WriteString("\n")
	return nil
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
		b.WriteString("\n| column | meaning |\n|---|---|\n")
		for _, c := range q.Columns {
			fmt.Fprintf(&b, "| `%s` | %s |\n", c.Name, cell(c.Text))
		}
	}
	return b.Bytes(), nil
}

// cell escapes text for a Markdown table.
func cell(text string) string { return strings.ReplaceAll(text, "|", "\\|") }

// Package migrations embeds the store's DDL, forward only: a file that has been
// released is never changed, because every store remembers its checksum.
//
// The files are templates: {{.OnCluster}} is empty or "ON CLUSTER 'name'",
// {{.Engine "MergeTree" "…"}} gives the engine or its Replicated form, {{.Dedup}} the
// settings that keep the last 10,000 deduplication tokens. On a single server the
// replicated forms are not used, and they are untested.
//
// Of a sharded store flows, usage and dns_usage are changed on its shards first; where its ledger is, an ALTER TABLE or
// CREATE TABLE of one of them makes the Distributed table anew. What is joined with them has to be joined GLOBAL.
package migrations

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"text/template"
)

//go:embed *.sql
var files embed.FS

// Migration is one step of the schema.
type Migration struct {
	Number   int
	Name     string // file name without its ending
	Checksum string // SHA-256 of the file, hexadecimal
	text     string
}

// All gives the migrations in their order.
func All() ([]Migration, error) { return parse(files) }

func parse(dir fs.FS) ([]Migration, error) {
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	var all []Migration
	for _, entry := range entries {
		name, isSQL := strings.CutSuffix(entry.Name(), ".sql")
		if !isSQL {
			continue
		}
		digits, _, _ := strings.Cut(name, "_")
		number, err := strconv.Atoi(digits)
		if err != nil || len(all) > 0 && number <= all[len(all)-1].Number {
			return nil, fmt.Errorf("migration %s: want a number above those before it", name)
		}
		text, err := fs.ReadFile(dir, entry.Name())
		if err != nil {
			return nil, fmt.Errorf("migration %s: %w", name, err)
		}
		sum := sha256.Sum256(text)
		all = append(all, Migration{number, name, hex.EncodeToString(sum[:]), string(text)})
	}
	return all, nil
}

// Target says what kind of server the DDL is for.
type Target struct {
	// Cluster is the name of a cluster; empty for a single server.
	Cluster string
}

// OnCluster is the clause of a statement that goes to every server of the cluster.
func (t Target) OnCluster() string {
	if t.Cluster == "" {
		return ""
	}
	return "ON CLUSTER '" + strings.ReplaceAll(t.Cluster, "'", "''") + "'"
}

// Engine is a table engine of the MergeTree family with its arguments.
func (t Target) Engine(family, arguments string) string {
	if t.Cluster == "" {
		return family + "(" + arguments + ")"
	}
	path := "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'"
	if arguments != "" {
		path += ", " + arguments
	}
	return "Replicated" + family + "(" + path + ")"
}

// Dedup is the settings under which an insert that is repeated with its token is
// dropped. The window bounds how many inserts ago the first one may be.
func (t Target) Dedup() string {
	if t.Cluster == "" {
		return "non_replicated_deduplication_window = 10000"
	}
	return "replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800"
}

// Statement is one statement of a migration.
type Statement struct {
	SQL string
	// When gives a number: above 0, the statement is run; empty: it always is.
	When string
}

// Statements gives the statements of m for a target, each ended in the file by a
// semicolon at the end of a line. A line "-- when: SQL" before one is its condition.
func (m Migration) Statements(t Target) ([]Statement, error) {
	tmpl, err := template.New(m.Name).Option("missingkey=error").Parse(m.text)
	if err != nil {
		return nil, fmt.Errorf("migration %s: %w", m.Name, err)
	}
	var sql strings.Builder
	if err := tmpl.Execute(&sql, t); err != nil {
		return nil, fmt.Errorf("migration %s: %w", m.Name, err)
	}
	var statements []Statement
	for _, part := range strings.Split(sql.String()+"\n", ";\n") {
		if s := withoutComments(part); s != "" {
			statements = append(statements, Statement{SQL: s, When: condition(part)})
		}
	}
	return statements, nil
}

// condition is what the comments of a statement say that it depends on.
func condition(sql string) string {
	for line := range strings.Lines(sql) {
		if when, ok := strings.CutPrefix(strings.TrimSpace(line), "-- when: "); ok {
			return when
		}
	}
	return ""
}

// withoutComments drops whole-line comments.
func withoutComments(sql string) string {
	var kept []string
	for line := range strings.Lines(sql) {
		if !strings.HasPrefix(strings.TrimSpace(line), "--") {
			kept = append(kept, line)
		}
	}
	return strings.TrimSpace(strings.Join(kept, ""))
}

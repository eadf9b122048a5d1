// Command dashboards makes the SQL dashboards from the named queries and board.yaml: a board for Grafana with the
// ClickHouse data source, a bundle for Superset, and questions for Metabase.
//
// It must never hold a number or a statement of its own about use: what a panel shows is what a named query answers.
package main

import (
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"gopkg.in/yaml.v3"

	"github.com/banshift/banshift/queries"
)

//go:generate go run . .

//go:embed board.yaml sql
var files embed.FS

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: dashboards DIR")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// write makes all dashboards below a folder.
func write(dir string) error {
	b, err := readBoard()
	if err != nil {
		return err
	}
	board, err := b.grafana()
	if err != nil {
		return err
	}
	made, err := b.supersetBundle()
	if err != nil {
		return err
	}
	made["grafana/banshift.json"] = board
	for _, p := range b.Panels {
		sql, err := p.sql(metabase)
		if err != nil {
			return err
		}
		made["metabase/"+p.file()+".sql"] = []byte("-- " + p.Title + "\n" + sql)
	}
	for name, content := range made {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, content, 0o644)); err != nil {
			return err
		}
	}
	return nil
}

// board is the board as board.yaml has it.
type board struct {
	Title  string
	Panels []panel
}

// panel is one question and how it is drawn: lines over time, or a table where there are no values.
type panel struct {
	Title, Query, Time, By, Unit string
	Values, Columns              []string
	Stack                        bool
	Width                        int // of 24
}

func readBoard() (board, error) {
	text, err := files.ReadFile("board.yaml")
	if err != nil {
		return board{}, err
	}
	var b board
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	decoder.KnownFields(true)
	if err := decoder.Decode(&b); err != nil {
		return board{}, fmt.Errorf("board.yaml: %w", err)
	}
	for _, p := range b.Panels {
		if err := p.check(); err != nil {
			return board{}, fmt.Errorf("board.yaml: panel %q: %w", p.Title, err)
		}
	}
	return b, nil
}

// check finds a column that the panel's query does not have.
func (p panel) check() error {
	q, err := queries.Get(p.Query)
	if err != nil {
		return err
	}
	for _, name := range slices.Concat(p.Values, p.Columns, []string{p.Time, p.By}) {
		if name != "" && q.Index(name) < 0 {
			return fmt.Errorf("query %s has no column %s", p.Query, name)
		}
	}
	if (len(p.Values) == 0) == (len(p.Columns) == 0) {
		return errors.New("want values over time, or columns of a table")
	}
	return nil
}

// dialect writes the parameters of a query as a program does: what it has no value for gets its default.
type dialect map[string]string

var (
	grafana = dialect{
		"country": "${country:singlequote}", "level": "${level:singlequote}",
		"from": "${__from:date:YYYY-MM-DD}", "to": "${__to:date:YYYY-MM-DD}",
	}
	metabase = dialect{"country": "{{country}}", "level": "{{level}}", "from": "{{from}}", "to": "{{to}}"}
)

// fill puts values into a statement.
func (d dialect) fill(sql string, params []queries.Param) string {
	return queries.Replace(sql, func(name, kind string) string { return "CAST(" + d.value(name, params) + ", " + quote(kind) + ")" })
}

// value is how the dialect writes a parameter's value: Grafana quotes what it is told to, and Metabase all texts.
func (d dialect) value(name string, params []queries.Param) string {
	variable, known := d[name]
	switch {
	case known && strings.HasPrefix(variable, "${__"):
		return "'" + variable + "'"
	case known:
		return variable
	}
	for _, p := range params {
		if p.Name == name {
			return quote(p.Default)
		}
	}
	return "''"
}

// quote writes a text as the engine reads it.
func quote(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}

// sql is the panel's statement.
func (p panel) sql(d dialect) (string, error) {
	q, err := queries.Get(p.Query)
	if err != nil {
		return "", err
	}
	name := "series.sql.tmpl"
	if len(p.Values) == 0 {
		name = "table.sql.tmpl"
	}
	t, err := template.ParseFS(files, "sql/"+name)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Execute(&b, struct {
		panel
		SQL string
	}{p, strings.TrimSpace(d.fill(q.SQL, q.Params))})
	return b.String(), err
}

// statement is a statement of the board itself, in a dialect.
func statement(name string, d dialect) (string, error) {
	text, err := files.ReadFile("sql/" + name)
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(d.fill(string(text), nil)), nil
}

// Package queries holds the named SQL of the store, one question a file, and parses
// the header that says what each one asks, takes and gives.
//
// A file begins with comment lines: "-- title: …", "-- question: …", "-- param NAME
// TYPE = 'DEFAULT': …" for each {NAME:TYPE} in the SQL, "-- column NAME ROLE: …" for each
// column of the result; "-- public: REASON" where it tells nothing of clients; "-- bound COLUMN N
// [within COLUMN] [per PARAM]: REASON" where one client's day changes what a column says of a country's
// day by at most N in all rows together. '@categories' and '@level' stand for what counts as use (package
// use). Nothing here may hold a statement that writes, or read the clients of table usage:
// what is shown comes from finished counts.
package queries

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/banshift/banshift/schemas/use"
)

//go:embed *.sql
var files embed.FS

// Query is one named question.
type Query struct {
	Name     string
	Title    string
	Question string
	Params   []Param
	Columns  []Column
	Bounds   []Bound
	SQL      string // with {name:Type} placeholders
	Counts   bool   // whether it reads finished counts
	Public   bool   // nothing of it is of few clients: it is about sensors, verdicts or what others published
}

// Param is a parameter with its ClickHouse type.
type Param struct{ Name, Type, Default, Text string }

// Column is a column of the result.
type Column struct {
	Name string
	Role Role
	Text string
}

// Bound says what one client's day can change: at most so much in a column, summed over the rows
// of a country's day. A column without one must not be released under differential privacy.
type Bound struct {
	Column string
	Most   int    // 0: it is about no client
	Within string // column of which this one is a part; empty: of none
	Per    string // parameter for each of whose values it holds, which has to be given; empty: for all rows
	Text   string
}

var ratio = regexp.MustCompile(`^(\w+) / (\w+)$`)

// Index is the place of a column, -1 where there is none of the name.
func (q Query) Index(column string) int {
	return slices.IndexFunc(q.Columns, func(c Column) bool { return c.Name == column })
}

// Ratio names the columns that a share is of, where it is one of two columns.
func (q Query) Ratio(c Column) (part, whole string, ok bool) {
	m := ratio.FindStringSubmatch(c.Text)
	if c.Role != Share || m == nil {
		return "", "", false
	}
	for _, name := range m[1:] {
		if q.Index(name) < 0 {
			return "", "", false
		}
	}
	return m[1], m[2], true
}

// Role says what the values of a column are, for whoever decides what may be shown.
type Role string

// Roles of columns.
const (
	Key     Role = "key"     // tells the rows apart
	Clients Role = "clients" // distinct clients of the row: they do not add up over rows
	Sum     Role = "sum"     // adds up over rows
	Share   Role = "share"   // a ratio of two others
	Text    Role = "text"    // about the row: where it comes from
)

// ErrUnknown says that there is no query, or no parameter, of a name.
var ErrUnknown = errors.New("unknown")

// List gives all queries, by name.
func List() ([]Query, error) { return parseAll(files) }

// Get gives the query of a name, or an error that lists the names there are.
func Get(name string) (Query, error) {
	all, err := List()
	if err != nil {
		return Query{}, err
	}
	names := make([]string, len(all))
	for i, q := range all {
		if q.Name == name {
			return q, nil
		}
		names[i] = q.Name
	}
	return Query{}, fmt.Errorf("query %q is %w: want one of %s", name, ErrUnknown, strings.Join(names, ", "))
}

// Values gives a value for every parameter: given, or its default. A name that the
// query does not have is an error.
func (q Query) Values(given map[string]string) (map[string]string, error) {
	values := make(map[string]string, len(q.Params))
	names := make([]string, len(q.Params))
	for i, p := range q.Params {
		values[p.Name], names[i] = p.Default, p.Name
	}
	for name, value := range given {
		if _, ok := values[name]; !ok {
			return nil, fmt.Errorf("query %s: parameter %q is %w: it takes %s", q.Name, name, ErrUnknown, cmp.Or(strings.Join(names, ", "), "none"))
		}
		if name == "country" && value != "" && !countryForm.MatchString(value) {
			return nil, fmt.Errorf("query %s: country %q: want a lower-case ISO code of two letters, as %q", q.Name, value, "ru")
		}
		values[name] = value
	}
	return values, nil
}

// countryForm is how the store writes countries.
var countryForm = regexp.MustCompile(`^[a-z]{2}$`)

func parseAll(dir fs.FS) ([]Query, error) {
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return nil, fmt.Errorf("queries: %w", err)
	}
	counted, err := use.Load()
	if err != nil {
		return nil, fmt.Errorf("queries: %w", err)
	}
	var all []Query
	for _, entry := range entries {
		name, isSQL := strings.CutSuffix(entry.Name(), ".sql")
		if !isSQL {
			continue
		}
		text, err := fs.ReadFile(dir, entry.Name())
		if err != nil {
			return nil, fmt.Errorf("query %s: %w", name, err)
		}
		q, err := parse(name, counted.Fill(string(text)))
		if err != nil {
			return nil, fmt.Errorf("query %s: %w", name, err)
		}
		all = append(all, q)
	}
	return all, nil
}

var (
	paramLine   = regexp.MustCompile(`^param (\w+) (.+?) = '?((?:\[.*?\])|[^']*)'?: (.+)$`)
	columnLine  = regexp.MustCompile(`^column (\w+) (key|clients|sum|share|text): (.+)$`)
	boundLine   = regexp.MustCompile(`^bound (\w+) (\d)(?: within (\w+))?(?: per (\w+))?: (.+)$`)
	countsView  = regexp.MustCompile(`\b(counts_day|counts_hour|coverage_days|networks_day|questions_day|unknown_day)\b`)
	placeholder = regexp.MustCompile(`\{(\w+):([^}]+)\}`)
)

// parse reads one file, and fails where header and SQL disagree.
func parse(name, text string) (Query, error) {
	q := Query{Name: name}
	var sql strings.Builder
	for line := range strings.Lines(text) {
		header, isHeader := strings.CutPrefix(line, "-- ")
		if !isHeader {
			sql.WriteString(line)
			continue
		}
		if err := q.parseHeader(strings.TrimSpace(header)); err != nil {
			return Query{}, err
		}
	}
	q.SQL = strings.TrimSpace(sql.String())
	if q.Title == "" || q.Question == "" || len(q.Columns) == 0 || q.SQL == "" {
		return Query{}, errors.New("want title, question, columns and SQL")
	}
	q.Counts = countsView.MatchString(q.SQL)
	return q, errors.Join(q.checkParams(), q.checkBounds())
}

// checkBounds makes sure that bounds are of columns and parameters that there are.
func (q *Query) checkBounds() error {
	for _, b := range q.Bounds {
		known := b.Per == "" || slices.ContainsFunc(q.Params, func(p Param) bool { return p.Name == b.Per })
		if q.Index(b.Column) < 0 || b.Within != "" && q.Index(b.Within) < 0 || !known {
			return fmt.Errorf("bound %s: there is no such column or parameter", b.Column)
		}
	}
	return nil
}

func (q *Query) parseHeader(line string) error {
	if text, ok := strings.CutPrefix(line, "title: "); ok {
		q.Title = text
		return nil
	}
	if text, ok := strings.CutPrefix(line, "question: "); ok {
		q.Question = text
		return nil
	}
	if strings.HasPrefix(line, "public: ") {
		q.Public = true
		return nil
	}
	if m := columnLine.FindStringSubmatch(line); m != nil {
		q.Columns = append(q.Columns, Column{m[1], Role(m[2]), m[3]})
		return nil
	}
	if m := boundLine.FindStringSubmatch(line); m != nil {
		q.Bounds = append(q.Bounds, Bound{m[1], int(m[2][0] - '0'), m[3], m[4], m[5]})
		return nil
	}
	if m := paramLine.FindStringSubmatch(line); m != nil {
		q.Params = append(q.Params, Param{m[1], m[2], m[3], m[4]})
		return nil
	}
	return fmt.Errorf("header line %q: want title, question, public, param, bound, or column NAME ROLE with a role of key, clients, sum, share or text", line)
}

// Replace puts something in the place of each parameter of a statement.
func Replace(sql string, value func(name, kind string) string) string {
	return placeholder.ReplaceAllStringFunc(sql, func(found string) string {
		part := placeholder.FindStringSubmatch(found)
		return value(part[1], part[2])
	})
}

// checkParams makes sure that the SQL uses the parameters of the header, with their
// types, and no other.
func (q Query) checkParams() error {
	used := map[string]bool{}
	for _, m := range placeholder.FindAllStringSubmatch(q.SQL, -1) {
		i := slices.IndexFunc(q.Params, func(p Param) bool { return p.Name == m[1] })
		if i < 0 {
			return fmt.Errorf("parameter %s of the SQL is not in the header", m[1])
		}
		if q.Params[i].Type != m[2] {
			return fmt.Errorf("parameter %s is %s in the SQL and %s in the header", m[1], m[2], q.Params[i].Type)
		}
		used[m[1]] = true
	}
	for _, p := range q.Params {
		if !used[p.Name] {
			return fmt.Errorf("parameter %s of the header is not in the SQL", p.Name)
		}
	}
	return nil
}

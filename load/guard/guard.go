// Package guard lets a reader's statement through only where everything in it is listed:
// functions, table functions, tables, settings, formats. It asks the engine's own analyser,
// before anything of the statement is executed.
//
// It must never decide by what is forbidden, and never have the engine evaluate what it has
// not looked at.
package guard

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/banshift/banshift/schemas/statements"
)

//go:embed allowed/*.txt
var files embed.FS

// ErrRefused says that a statement has something in it that is not listed.
var ErrRefused = errors.New("not allowed")

// Guard checks statements against lists. It is safe for concurrent use.
type Guard struct {
	// ask runs a statement of the guard's own as the reader, and gives its answer as text.
	ask      func(ctx context.Context, sql string) (string, error)
	database string
	columns  map[string]bool // names of the database's columns, lower-case
	known    map[string]bool // all functions of the engine, lower-case

	functions, aggregates, tableFunctions, formats, settings, systemTables map[string]bool
	combinators                                                            []string

	programs bool            // statements are those of programs, see [Guard.ForPrograms]
	fixed    map[string]bool // listed settings that they must not set
}

// New makes a guard for the readers of a database. ask runs a statement as one of them.
func New(ctx context.Context, database string, ask func(ctx context.Context, sql string) (string, error)) (*Guard, error) {
	g := &Guard{ask: ask, database: database}
	for _, list := range []struct {
		name string
		into *map[string]bool
	}{
		{"functions", &g.functions}, {"aggregates", &g.aggregates}, {"table_functions", &g.tableFunctions},
		{"formats", &g.formats}, {"settings", &g.settings}, {"system_tables", &g.systemTables},
	} {
		words, err := Listed(list.name)
		if err != nil {
			return nil, err
		}
		*list.into = setOf(words)
	}
	var err error
	if g.combinators, err = Listed("combinators"); err != nil {
		return nil, err
	}
	names, err := ask(ctx, statements.EngineFunctions)
	if err != nil {
		return nil, fmt.Errorf("functions of the engine: %w", err)
	}
	g.known = setOf(strings.Fields(strings.ToLower(names)))
	columns, err := ask(ctx, statements.StoreColumns)
	if err != nil {
		return nil, fmt.Errorf("columns of the store: %w", err)
	}
	g.columns = setOf(strings.Fields(strings.ToLower(columns)))
	return g, nil
}

// Lists are what a statement may use, with a title for each.
var Lists = []struct{ Name, Title string }{
	{"formats", "Formats"}, {"settings", "Settings"}, {"table_functions", "Table functions"}, {"system_tables", "Tables of the database system"},
	{"combinators", "Combinators of aggregate functions"}, {"aggregates", "Aggregate and window functions"}, {"functions", "Functions"},
	{"programs_functions", "Functions that programs may use, too (`serve --sql`)"}, {"programs_system_tables", "Tables of the database system that programs may read, too"},
}

// Listed gives the words of one of [Lists].
func Listed(name string) ([]string, error) {
	data, err := files.ReadFile("allowed/" + name + ".txt")
	if err != nil {
		return nil, err
	}
	var words []string
	for line := range strings.Lines(string(data)) {
		if !strings.HasPrefix(line, "#") {
			words = append(words, strings.Fields(line)...)
		}
	}
	return words, nil
}

// ForPrograms gives a guard for programs that draw dashboards: they ask what databases, settings and version there are
// before anything else, and some of the listed settings are fixed for them.
func (g *Guard) ForPrograms(fixed map[string]bool) (*Guard, error) {
	other := *g
	other.fixed, other.programs = fixed, true
	for name, into := range map[string]*map[string]bool{"programs_functions": &other.functions, "programs_system_tables": &other.systemTables} {
		words, err := Listed(name)
		if err != nil {
			return nil, err
		}
		*into = maps.Clone(*into)
		maps.Copy(*into, setOf(words))
	}
	return &other, nil
}

// Asking gives the same guard with another way to ask, as a statement with parameters needs.
func (g *Guard) Asking(ask func(ctx context.Context, sql string) (string, error)) *Guard {
	other := *g
	other.ask = ask
	return &other
}

// MaySet reports whether a setting is listed.
func (g *Guard) MaySet(setting string) bool { return g.settings[setting] && !g.fixed[setting] }

func setOf(words []string) map[string]bool {
	set := make(map[string]bool, len(words))
	for _, w := range words {
		set[w] = true
	}
	return set
}

// Check refuses a statement that is not one question about the store's tables, or has
// something in it that is not listed; the error is an [ErrRefused] and names it. A
// statement that the engine cannot read gives the engine's error.
func (g *Guard) Check(ctx context.Context, sql string) error {
	tokens, err := scan(sql)
	if err != nil {
		return err
	}
	if len(tokens) == 0 {
		return fmt.Errorf("%w: no statement", ErrRefused)
	}
	for _, t := range tokens {
		if t.kind == symbol && t.value == ";" {
			return fmt.Errorf("%w: one statement at a time", ErrRefused)
		}
		if t.is("OUTFILE") {
			return fmt.Errorf("%w: INTO OUTFILE writes a file; send the output where you want it", ErrRefused)
		}
	}
	switch first := tokens[0]; {
	case first.is("SHOW"), first.is("DESCRIBE"), first.is("DESC"), first.is("EXISTS"):
		return g.statement(tokens)
	case first.is("EXPLAIN"):
		return g.explain(ctx, sql, tokens)
	}
	return g.question(ctx, sql, tokens)
}

// aboutTables are the forms of statements that tell what tables there are.
var aboutTables = regexp.MustCompile(`(?i)^(show tables( (not )?i?like ')?|show create (table |view )?N|(describe|desc)( table)? N|exists( table| view)? N)$`)

// aboutDatabases are those that programs begin with.
var aboutDatabases = regexp.MustCompile(`(?i)^(show databases|exists database N|show tables (from|in) N)$`)

// statement checks one about tables by its form.
func (g *Guard) statement(tokens []token) error {
	if last := len(tokens) - 2; g.programs && last > 0 && tokens[last].is("FORMAT") && g.formats[tokens[last+1].value] {
		tokens = tokens[:last] // clients write the format that they read behind everything
	}
	var form []string
	for i := 0; i < len(tokens); i++ {
		switch t := tokens[i]; {
		case t.kind == text:
			form = append(form, "'")
		case t.kind == word && i < 3 && isKeyword(t.value):
			form = append(form, t.value)
		case t.kind == word || t.kind == quoted:
			if i+2 < len(tokens) && tokens[i+1].value == "." {
				if t.value != g.database {
					return fmt.Errorf("%w: database %s; the store's is %s", ErrRefused, t.value, g.database)
				}
				i += 2
			}
			form = append(form, "N")
		default:
			form = append(form, t.value)
		}
	}
	about := strings.Join(form, " ")
	if !aboutTables.MatchString(about) && !(g.programs && aboutDatabases.MatchString(about)) {
		return fmt.Errorf("%w: of SHOW, DESCRIBE and EXISTS only those about the store's tables", ErrRefused)
	}
	return nil
}

func isKeyword(s string) bool {
	return slices.Contains([]string{"SHOW", "DATABASES", "DATABASE", "TABLES", "FROM", "IN", "LIKE", "ILIKE", "NOT", "CREATE", "TABLE", "VIEW", "DESCRIBE", "DESC", "EXISTS"}, strings.ToUpper(s))
}

// explain checks the question that an EXPLAIN is about. Its own settings are numbers.
func (g *Guard) explain(ctx context.Context, sql string, tokens []token) error {
	for i, t := range tokens[1:] {
		switch {
		case t.is("SELECT"), t.is("WITH"), t.kind == symbol && t.value == "(":
			return g.question(ctx, sql[t.at:], tokens[i+1:])
		case t.kind == word, t.kind == symbol && (t.value == "=" || t.value == ","):
		default:
			return fmt.Errorf("%w: EXPLAIN … %s", ErrRefused, t.value)
		}
	}
	return fmt.Errorf("%w: EXPLAIN without a SELECT", ErrRefused)
}

// question checks a SELECT: its end (FORMAT, SETTINGS) by its words, the rest by the
// engine's trees, first as it is written, then as it is resolved.
func (g *Guard) question(ctx context.Context, sql string, tokens []token) error {
	if first := tokens[0]; !first.is("SELECT") && !first.is("WITH") && !first.is("FROM") && first.value != "(" {
		return fmt.Errorf("%w: %s; a statement begins with SELECT, WITH, FROM, EXPLAIN, SHOW, DESCRIBE or EXISTS", ErrRefused, strings.ToUpper(first.value))
	}
	offset := tokens[0].at
	body, format, err := g.withoutFormat(sql, tokens, offset)
	if err != nil {
		return err
	}
	written, err := g.ask(ctx, "EXPLAIN AST "+sql)
	if err != nil {
		return err
	}
	if err := sameEnd(written, format); err != nil {
		return err
	}
	if body, err = g.withoutSettings(body); err != nil {
		return err
	}
	for _, passes := range []string{"0", "1"} {
		tree, err := g.ask(ctx, "EXPLAIN QUERY TREE run_passes = "+passes+" "+body)
		if err != nil {
			return err
		}
		if err := g.tree(tree); err != nil {
			return err
		}
	}
	return nil
}

// withoutFormat cuts FORMAT and what is behind it off a question, and checks both.
func (g *Guard) withoutFormat(sql string, tokens []token, offset int) (body, format string, err error) {
	for i, t := range tokens {
		if t.depth != 0 || !t.is("FORMAT") || i+1 >= len(tokens) || tokens[i+1].kind != word && tokens[i+1].kind != quoted {
			continue
		}
		if i+2 < len(tokens) && !tokens[i+2].is("SETTINGS") {
			continue // a column of that name
		}
		format = tokens[i+1].value
		if !g.formats[format] {
			return "", "", fmt.Errorf("%w: format %s; choose one by --output, or one of those in docs/reference", ErrRefused, format)
		}
		if err := g.settingsOf(tokens[i+2:]); err != nil {
			return "", "", err
		}
		return sql[:t.at-offset], format, nil
	}
	return sql, "", nil
}

// settingsOf checks the names of a SETTINGS clause, which is all of tokens.
func (g *Guard) settingsOf(tokens []token) error {
	for i := 1; i < len(tokens); i++ {
		if tokens[i].kind == symbol && tokens[i].value == "=" {
			if name := tokens[i-1].value; !g.MaySet(name) {
				return fmt.Errorf("%w: setting %s", ErrRefused, name)
			}
		}
	}
	return nil
}

// withoutSettings checks the SETTINGS of a question and of all that is inside it, and cuts
// off the outermost, so that they are not those of the guard's own statement.
func (g *Guard) withoutSettings(body string) (string, error) {
	tokens, err := scan(body)
	if err != nil {
		return "", err
	}
	cut := body
	for i, t := range tokens {
		if !t.is("SETTINGS") || i+2 >= len(tokens) || tokens[i+2].value != "=" {
			continue
		}
		end := i + 1
		for end < len(tokens) && tokens[end].depth >= t.depth && !tokens[end].is("UNION") && !tokens[end].is("INTERSECT") && !tokens[end].is("EXCEPT") {
			end++
		}
		if err := g.settingsOf(tokens[i:end]); err != nil {
			return "", err
		}
		if t.depth == 0 && end == len(tokens) {
			cut = body[:t.at]
		}
	}
	return cut, nil
}

// endOfQuestion matches what the engine's tree says of a question's own end.
var endOfQuestion = regexp.MustCompile(`(?m)^ (Identifier|Literal|Set)\b ?(.*)$`)

// sameEnd makes sure that the engine reads the end of a question as the guard does.
func sameEnd(written, format string) error {
	if !strings.HasPrefix(written, "SelectWithUnionQuery") && !strings.HasPrefix(written, "SelectIntersectExceptQuery") {
		return fmt.Errorf("%w: the statement is no SELECT", ErrRefused)
	}
	seen := ""
	for _, m := range endOfQuestion.FindAllStringSubmatch(written, -1) {
		switch m[1] {
		case "Identifier":
			seen = strings.TrimSpace(m[2])
		case "Literal":
			return fmt.Errorf("%w: the statement writes its output elsewhere", ErrRefused)
		}
	}
	if seen != format {
		return fmt.Errorf("%w: format %s in an unusual place", ErrRefused, seen+format)
	}
	return nil
}

var (
	functionNode      = regexp.MustCompile(`(?m)^\s*FUNCTION id: \d+.*?, function_name: (\S+?), function_type`)
	windowNode        = regexp.MustCompile(`(?m)function_name: (\S+?),`)
	tableFunctionNode = regexp.MustCompile(`(?m)^\s*TABLE_FUNCTION id: \d+.*?table_function_name: (\S+)`)
	identifierNode    = regexp.MustCompile(`(?m)^\s*IDENTIFIER id: \d+.*?identifier: (\S+)`)
	tableNode         = regexp.MustCompile(`(?m)^\s*TABLE id: \d+.*?table_name: (\S+)`)
	settingsNode      = regexp.MustCompile(`(?m)^\s*SETTINGS (.*)$`)
	settingName       = regexp.MustCompile(`(?:^| )([A-Za-z0-9_]+)=`)
)

// tree checks every node of a question.
func (g *Guard) tree(tree string) error {
	for _, pattern := range []*regexp.Regexp{functionNode, windowNode} {
		for _, m := range pattern.FindAllStringSubmatch(tree, -1) {
			if !g.mayCall(m[1]) {
				return fmt.Errorf("%w: function %s()", ErrRefused, m[1])
			}
		}
	}
	for _, m := range tableFunctionNode.FindAllStringSubmatch(tree, -1) {
		if name := strings.Trim(m[1], ","); !g.tableFunctions[strings.ToLower(name)] {
			return fmt.Errorf("%w: table function %s()", ErrRefused, name)
		}
	}
	for _, m := range identifierNode.FindAllStringSubmatch(tree, -1) {
		// A name may stand for a function, as in arrayMap(upper, …).
		if name := strings.ToLower(strings.Trim(m[1], ",")); g.known[name] && !g.columns[name] && !g.mayCall(name) {
			return fmt.Errorf("%w: function %s", ErrRefused, name)
		}
	}
	for _, m := range tableNode.FindAllStringSubmatch(tree, -1) {
		if err := g.table(strings.Trim(m[1], ",")); err != nil {
			return err
		}
	}
	for _, m := range settingsNode.FindAllStringSubmatch(tree, -1) {
		for _, setting := range settingName.FindAllStringSubmatch(m[1], -1) {
			if !g.MaySet(setting[1]) {
				return fmt.Errorf("%w: setting %s", ErrRefused, setting[1])
			}
		}
	}
	return nil
}

// table lets the database's tables through, those that a question makes itself, and the
// listed ones of system.
func (g *Guard) table(name string) error {
	database, table, qualified := strings.Cut(name, ".")
	switch {
	case !qualified, database == g.database, database == "_table_function", database == "_temporary_and_external_tables":
		return nil
	case database == "system" && g.systemTables[table]:
		return nil
	}
	return fmt.Errorf("%w: table %s", ErrRefused, name)
}

// mayCall reports whether a function is listed, an aggregate with any combinators.
func (g *Guard) mayCall(name string) bool {
	name = strings.ToLower(name)
	if g.functions[name] {
		return true
	}
	for {
		if g.aggregates[name] {
			return true
		}
		shorter := name
		for _, c := range g.combinators {
			if base, ok := strings.CutSuffix(name, c); ok && base != "" {
				shorter = base
				break
			}
		}
		if shorter == name {
			return false
		}
		name = shorter
	}
}

package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/banshift/banshift/schemas/readers"
)

// guard judges a reader's statement. It allows what is listed and refuses the rest.
type guard struct {
	allowed   readers.Allowed
	databases readers.List // all but the store's own
	functions readers.List // all that the engine has
}

// checkStatement fails with [ErrForbidden] where a statement uses what is not listed.
// The engine's own parser takes it apart; nothing of it is executed before it passed.
func (s *Store) checkStatement(ctx context.Context, text string) error {
	g, err := s.newGuard(ctx)
	if err != nil {
		return err
	}
	canonical, err := s.lines(ctx, s.reader, "SELECT formatQuerySingleLine({statement:String}) FORMAT TSVRaw", map[string]string{"statement": escapeParameter(text)})
	if err != nil {
		return err
	}
	canonical = strings.TrimSuffix(canonical, "\n")
	tokens := tokenize(canonical)
	if err := g.checkClauses(tokens); err != nil {
		return err
	}
	// The format would be that of the explanation: Null would hide it.
	bare := withoutFormat(canonical, tokens) + " FORMAT TSVRaw"
	ast, err := s.lines(ctx, s.reader, "EXPLAIN AST "+bare, nil)
	if err != nil {
		return err
	}
	if err := g.checkAST(bare, ast); err != nil {
		return err
	}
	if !strings.HasPrefix(ast, selectRoot) {
		return nil
	}
	// Without passes matchers and lambdas are shown and constants are not computed.
	tree, err := s.lines(ctx, s.reader, "EXPLAIN QUERY TREE run_passes = 0 "+bare, nil)
	if err != nil {
		return err
	}
	return g.checkTree(tree)
}

// newGuard asks the engine what else it has, once.
func (s *Store) newGuard(ctx context.Context) (guard, error) {
	s.guardMu.Lock()
	defer s.guardMu.Unlock()
	if s.guard != nil {
		return *s.guard, nil
	}
	g := guard{allowed: readers.Load(), databases: readers.List{"system": true, "information_schema": true}, functions: readers.List{}}
	for sql, list := range map[string]readers.List{
		"SELECT lower(name) FROM system.databases WHERE name != currentDatabase() FORMAT TSVRaw": g.databases,
		"SELECT lower(name) FROM system.functions FORMAT TSVRaw":                                 g.functions,
	} {
		text, err := s.lines(ctx, s.addr, sql, nil)
		if err != nil {
			return guard{}, err
		}
		for _, name := range strings.Fields(text) {
			list[name] = true
		}
	}
	s.guard = &g
	return g, nil
}

// lines runs a statement that only reads, as the user of a.
func (s *Store) lines(ctx context.Context, a address, sql string, params map[string]string) (string, error) {
	var text bytes.Buffer
	_, err := s.post(ctx, a, request{sql: sql, settings: map[string]string{"readonly": "2"}, params: params, result: &text})
	return text.String(), err
}

// escapeParameter writes a text as the engine reads the value of a parameter.
func escapeParameter(text string) string {
	return strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\x00", `\0`).Replace(text)
}

func refused(what, name string) error {
	return fmt.Errorf("%w: %s %q is not among those that a reader's statement may use; `banshift sql` answers questions about the store's tables only", ErrForbidden, what, name)
}

// token is a piece of a statement as the engine writes it.
var token = regexp.MustCompile("(?s)'(?:[^'\\\\]|\\\\.|'')*'|`(?:[^`\\\\]|\\\\.|``)*`|\"(?:[^\"\\\\]|\\\\.|\"\")*\"|[A-Za-z_][A-Za-z_0-9]*|\\s+|.")

// piece is a token and where it begins.
type piece struct {
	text string
	at   int
}

func tokenize(text string) []piece {
	var pieces []piece
	for _, span := range token.FindAllStringIndex(text, -1) {
		if t := text[span[0]:span[1]]; strings.TrimSpace(t) != "" {
			pieces = append(pieces, piece{t, span[0]})
		}
	}
	return pieces
}

var word = regexp.MustCompile(`^[A-Za-z_][A-Za-z_0-9]*$`)

// at gives a token, empty behind the last.
func at(tokens []piece, i int) string {
	if i >= 0 && i < len(tokens) {
		return tokens[i].text
	}
	return ""
}

// namesFormat says whether the token at i begins a FORMAT clause.
func namesFormat(tokens []piece, i int) bool {
	return strings.EqualFold(at(tokens, i), "FORMAT") && word.MatchString(unquote(at(tokens, i+1))) && at(tokens, i-1) != "."
}

func unquote(name string) string { return strings.Trim(name, "`\"") }

// checkClauses looks at what the analysed tree does not show: where the result goes,
// in which format, and every setting at every level.
func (g guard) checkClauses(tokens []piece) error {
	for i, t := range tokens {
		next := unquote(at(tokens, i+1))
		switch {
		case strings.EqualFold(t.text, "OUTFILE"), strings.EqualFold(t.text, "INFILE"):
			return refused("clause", t.text)
		case namesFormat(tokens, i) && !g.allowed.Formats.Has(next):
			return refused("format", next)
		case strings.EqualFold(t.text, "SETTINGS") && word.MatchString(next):
			if err := g.checkSettings(tokens[i+1:]); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkSettings reads NAME = VALUE, NAME = VALUE … to the end of its query.
func (g guard) checkSettings(tokens []piece) error {
	depth := 0
	for i, t := range tokens {
		switch t.text {
		case "(":
			depth++
		case ")":
			if depth--; depth < 0 {
				return nil
			}
		}
		if i == 0 || (at(tokens, i-1) == "," && at(tokens, i+1) == "=") {
			if name := unquote(t.text); at(tokens, i+1) != "=" || !g.allowed.Settings.Has(name) {
				return refused("setting", name)
			}
		}
	}
	return nil
}

// withoutFormat gives the statement without its last FORMAT clause.
func withoutFormat(text string, tokens []piece) string {
	for i := len(tokens) - 1; i >= 0; i-- {
		if namesFormat(tokens, i) {
			name := tokens[i+1]
			return text[:tokens[i].at] + text[name.at+len(name.text):]
		}
	}
	return text
}

const selectRoot = "SelectWithUnionQuery"

var (
	astFunction   = regexp.MustCompile(`(?m)^\s*Function ([^\s]+)`)
	astIdentifier = regexp.MustCompile(`(?m)^\s*(?:TableIdentifier|Identifier) (.+?)(?: \(alias .*)?$`)
	treeFunction  = regexp.MustCompile(`\bfunction_name: ([^,\n]*)`)
	treeTable     = regexp.MustCompile(`\btable_function_name: ([^,\n]*)`)
	treeName      = regexp.MustCompile(`\bidentifier: ([^,\n]*)`)
)

// checkAST lets through statements that only read, and names of the store's tables.
func (g guard) checkAST(statement, ast string) error {
	root, _, _ := strings.Cut(strings.TrimSpace(ast), " ")
	root, _, _ = strings.Cut(root, "\n")
	switch {
	case root == selectRoot:
	case root == "ShowTables" && !strings.Contains(statement, " FROM "):
	case root == "DescribeQuery" && !strings.Contains(ast, "Function ") && !strings.Contains(ast, "Subquery"):
	default:
		return refused("statement", root)
	}
	for _, m := range astFunction.FindAllStringSubmatch(ast, -1) {
		if !g.mayCall(m[1]) && !g.allowed.TableFunctions.Has(m[1]) && m[1] != "lambda" {
			return refused("function", m[1])
		}
	}
	return g.checkNames(astIdentifier.FindAllStringSubmatch(ast, -1))
}

// checkTree looks at what matchers, transformers and lambdas call.
func (g guard) checkTree(tree string) error {
	if !strings.HasPrefix(tree, "QUERY id: 0") && !strings.HasPrefix(tree, "UNION id: 0") {
		return errors.New("the engine did not show what the statement does")
	}
	for _, m := range treeTable.FindAllStringSubmatch(tree, -1) {
		if !g.allowed.TableFunctions.Has(m[1]) {
			return refused("table function", m[1])
		}
	}
	for _, m := range treeFunction.FindAllStringSubmatch(strings.ReplaceAll(tree, "table_function_name: ", ""), -1) {
		if !g.mayCall(m[1]) {
			return refused("function", m[1])
		}
	}
	return g.checkNames(treeName.FindAllStringSubmatch(tree, -1))
}

// combinators make an aggregate function of another one.
var combinators = []string{"If", "Array", "Map", "OrNull", "OrDefault", "SimpleState", "MergeState", "State", "Merge", "Distinct", "ForEach", "Resample", "ArgMin", "ArgMax", "Null"}

func (g guard) mayCall(name string) bool {
	if g.allowed.Functions.Has(name) {
		return true
	}
	for _, suffix := range combinators {
		if base, ok := strings.CutSuffix(name, suffix); ok && base != "" && !g.functions.Has(name) && g.mayCall(base) {
			return true
		}
	}
	return false
}

// checkNames refuses other databases, and a function that is handed over by its name,
// as in arrayMap(file, …).
func (g guard) checkNames(matches [][]string) error {
	for _, m := range matches {
		name := strings.TrimSpace(m[1])
		if name == "system.one" || name == "system.numbers" {
			continue
		}
		if database, _, qualified := strings.Cut(name, "."); qualified && g.databases.Has(database) {
			return refused("database", database)
		}
		if g.functions.Has(name) && !g.mayCall(name) {
			return refused("function", name)
		}
	}
	return nil
}

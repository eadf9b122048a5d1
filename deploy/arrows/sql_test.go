package arrows

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// statement is what a statement of SQL begins with, and goes on with.
var statement = regexp.MustCompile(`^\s*(SELECT|WITH|INSERT INTO|ALTER TABLE|CREATE|DROP|DELETE FROM|OPTIMIZE|TRUNCATE|RENAME|KILL|SYSTEM) +[\w(*%'?]`)

// TestNoSQLInStrings keeps SQL in schemas/ and queries/, where it is found and reviewed.
// What a command's help shows as an example is no statement of the program's.
func TestNoSQLInStrings(t *testing.T) {
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != root) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			if text, err := strconv.Unquote(literal.Value); err == nil && statement.MatchString(text) {
				t.Errorf("%s: SQL in a string: %.60q", files.Position(literal.Pos()), text)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestStatementIsFound(t *testing.T) {
	for text, want := range map[string]bool{
		"SELECT 1": true, "INSERT INTO flows FORMAT Arrow": true, "\n\tALTER TABLE %s": true, "WITH a AS (SELECT 1)": true,
		"select the country": false, "SELECT": false, "DROP VIEW: no": true, "SYSTEM START LISTEN TCP": true, "with care": false,
	} {
		if got := statement.MatchString(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

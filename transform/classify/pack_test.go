package classify

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/banshift/banshift/schemas/rules"
)

func loadDefault(t testing.TB) *Pack {
	t.Helper()
	p, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestDefaultPackFitsItsSchema checks what [Default] does not check at each start.
func TestDefaultPackFitsItsSchema(t *testing.T) {
	checked, err := Load(rules.Files(), ".")
	if err != nil {
		t.Fatal(err)
	}
	if got := loadDefault(t).Version(); got != checked.Version() {
		t.Errorf("version %s unchecked, %s checked", got, checked.Version())
	}
}

func TestDefaultPackRunsItsExamples(t *testing.T) {
	p := loadDefault(t)
	if err := p.TestExamples(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d rules, %d tools, %d services", p.Version(), p.NumRules(), len(p.Tools()), len(p.Services()))
}

func readBuiltin(name string) ([]byte, error) { return fs.ReadFile(rules.Files(), name) }

// treacherousNames hold "tor", "vpn", "proxy", names of tools and of resolvers in
// places where they mean nothing.
func treacherousNames(t testing.TB) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/treacherous-names.txt")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			names = append(names, line)
		}
	}
	if len(names) < 100 {
		t.Fatalf("%d names, want at least 100", len(names))
	}
	return names
}

// TestDefaultPackStatesItsVetoes: what rests on lengths or few bytes says what refutes it.
func TestDefaultPackStatesItsVetoes(t *testing.T) {
	for _, w := range loadDefault(t).Warnings() {
		t.Error(w)
	}
}

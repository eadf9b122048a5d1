package statements

import (
	"maps"
	"slices"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/banshift/banshift/schemas/columns"
)

// What is forgotten is deleted from every table that the table of columns says has it.
func TestForgetCoversEveryTable(t *testing.T) {
	var rules map[string]struct{ Tables, Counts map[string]string }
	if err := yaml.Unmarshal(Forget, &rules); err != nil {
		t.Fatal(err)
	}
	all, err := columns.Read()
	if err != nil {
		t.Fatal(err)
	}
	has := func(name string) func(columns.Column) bool {
		return func(c columns.Column) bool { return c.Name == name }
	}
	for what, deleted := range map[string]func(columns.Column) bool{
		"source":     has("origin"),
		"network":    has("asn"),
		"client-day": func(c columns.Column) bool { return c.Privacy == "pseudonym" },
	} {
		for _, table := range all.Tables {
			rule, covered := rules[what].Tables[table.Name]
			counted := rules[what].Counts[table.Name]
			// Where services are is not whose use it was; what was forgotten stays noted.
			if table.Name == "endpoints" && what == "network" || table.Name == "forgotten" || !slices.ContainsFunc(table.Columns, deleted) {
				continue
			}
			if (!covered || rule == "") && counted == "" {
				t.Errorf("forget %s leaves table %s, which has its rows: forget.yaml has %v", what, table.Name, slices.Sorted(maps.Keys(rules[what].Tables)))
			}
		}
	}
}

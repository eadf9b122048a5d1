// Package arrows checks the arrows of the house: who may know whom.
package arrows

import (
	"os/exec"
	"strings"
	"testing"
)

// rules are the imports that no package below a folder may have.
var rules = []struct{ under, not string }{
	{"study", "/cmd/"}, {"study", "/web"}, {"load", "/study"}, {"load", "/web"}, {"queries", "/load"}, {"schemas", "/load"},
	{"transform", "/load"}, {"transform", "/ingest"}, {"transform", "/external"}, {"transform", "/study"}, {"transform", "/web"},
	{"transform", "net/http"}, {"release", "/load"}, {"release", "/web"}, {"release", "/cmd/"}, {"ingest", "/study"}, {"ingest", "/web"}, {"web/report", "/load"},
	{"monitor", "/load"}, {"monitor", "/ingest"}, {"monitor", "/transform"}, {"load", "/monitor"}, {"ingest", "/monitor"}, {"transform", "/monitor"}, {"study/account", "/load"},
}

// later are the arrows that other work finishes: they are listed so that none is forgotten,
// and a pair that no longer breaks its rule has to leave the list.
var later = map[string]bool{}

func TestArrows(t *testing.T) {
	const module = "github.com/banshift/banshift/"
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}:{{join .Imports " "}}`, module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	broken := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		pkg, imports, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), module), ":")
		for _, r := range rules {
			if pkg != r.under && !strings.HasPrefix(pkg, r.under+"/") {
				continue
			}
			for _, imported := range strings.Fields(imports) {
				own := strings.Replace(imported, module, "/", 1)
				if own == r.not || own != imported && strings.HasPrefix(own, r.not) {
					broken[pkg+" -> "+own] = true
				}
			}
		}
	}
	for pair := range broken {
		if !later[pair] {
			t.Errorf("%s is against the arrows", pair)
		}
	}
	for pair := range later {
		if !broken[pair] {
			t.Errorf("%s holds now: take it off the list", pair)
		}
	}
}

package dataset

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/banshift/banshift/queries"
)

func written(t *testing.T, licence string) (dir string, p Package) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range map[string]string{"daily_series.csv": "country,day,clients\nru,2018-04-16,40\n", "daily_series.parquet": "PAR1"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p = Package{Name: "ru Telegram/2018", Title: `A "title": with colons`, Description: "d", Program: "banshift 1", Licence: licence, Created: time.Date(2026, 11, 28, 1, 2, 3, 0, time.UTC), Simulated: "yes",
		Tables: []Table{{Name: "daily_series", Title: "t", Question: "q?", Rows: 1, About: map[string]string{"privacy": "rows of few are left out"}, Columns: []queries.ResultColumn{
			{Column: queries.Column{Name: "country", Role: queries.Key, Text: "country"}, Type: "LowCardinality(String)"}, {Column: queries.Column{Name: "day", Role: queries.Key, Text: "day"}, Type: "Date"},
			{Column: queries.Column{Name: "clients", Role: queries.Clients, Text: "a | b"}, Type: "Nullable(UInt64)"}}}}}
	if err := p.Write(dir); err != nil {
		t.Fatal(err)
	}
	if err := Sums(dir); err != nil {
		t.Fatal(err)
	}
	return dir, p
}

// TestDescriptor checks the data package by the rules of its published profile.
func TestDescriptor(t *testing.T) {
	dir, _ := written(t, "CC-BY-4.0")
	text, err := os.ReadFile(filepath.Join(dir, "datapackage.json"))
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Name, Created string
		Licenses      []struct{ Name string }
		Contributors  []struct{ Title, Role string }
		Resources     []struct {
			Name, Path, Hash, Profile string
			Bytes                     int64
			Schema                    *struct {
				Fields []struct{ Name, Type string }
			}
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`^[-a-z0-9._/]+$`)
	if _, err := time.Parse(time.RFC3339, d.Created); err != nil || !name.MatchString(d.Name) || len(d.Licenses) != 1 || len(d.Contributors) != 1 || d.Contributors[0].Title == "" || d.Contributors[0].Role != "author" {
		t.Errorf("%s", text)
	}
	seen := map[string]bool{}
	for _, r := range d.Resources {
		content, err := os.ReadFile(filepath.Join(dir, r.Path))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(content)
		if !name.MatchString(r.Name) || seen[r.Name] || filepath.IsAbs(r.Path) || strings.Contains(r.Path, "..") || r.Bytes != int64(len(content)) || r.Hash != "sha256:"+hex.EncodeToString(sum[:]) {
			t.Errorf("%+v", r)
		}
		seen[r.Name] = true
		if r.Profile == "tabular-data-resource" {
			if got := r.Schema.Fields; len(got) != 3 || got[0].Type != "string" || got[1].Type != "date" || got[2].Type != "integer" {
				t.Errorf("%+v", got)
			}
		}
	}
	if len(seen) != 2 {
		t.Errorf("%d resources", len(seen))
	}
}

// TestCitation reads the citation file as YAML, and asks for what its schema requires.
func TestCitation(t *testing.T) {
	for licence, want := range map[string]string{"CC0-1.0": "CC0-1.0", "ask us": ""} {
		dir, p := written(t, licence)
		text, err := os.ReadFile(filepath.Join(dir, "CITATION.cff"))
		if err != nil {
			t.Fatal(err)
		}
		var c struct {
			Version  string `yaml:"cff-version"`
			Type     string
			Message  string
			Title    string
			Authors  []struct{ Name string }
			Released string `yaml:"date-released"`
			License  string
		}
		if err := yaml.Unmarshal(text, &c); err != nil {
			t.Fatal(err)
		}
		if c.Version != "1.2.0" || c.Type != "dataset" || c.Message == "" || c.Title != p.Title || len(c.Authors) != 1 || c.Released != "2026-11-28" || c.License != want {
			t.Errorf("%+v", c)
		}
	}
}

func TestReadmeAndSums(t *testing.T) {
	dir, _ := written(t, "")
	readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"are simulated", "No licence is stated", "a \\| b", "rows of few are left out"} {
		if !strings.Contains(string(readme), want) {
			t.Errorf("no %q in %s", want, readme)
		}
	}
	sums, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
	if err != nil || strings.Count(string(sums), "\n") != 5 || strings.Contains(string(sums), "SHA256SUMS") {
		t.Errorf("%s %v", sums, err)
	}
}

// Package dataset describes a directory of published tables: a data package (Data Package standard, version 1:
// specs.frictionlessdata.io), a README, a citation (Citation File Format 1.2.0) and checksums.
//
// It must never see a table that did not go through the policy: what it describes it reads
// from what was written.
package dataset

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/banshift/banshift/queries"
)

// Package is a published data set.
type Package struct {
	Name, Title, Description string
	Program                  string // that made it, with its version
	Licence                  string // empty: none is stated
	Citation                 string // how it is to be cited; empty: by the citation file
	Authors                  []string
	Created                  time.Time
	Simulated                string // yes, no, some rows
	Privacy                  map[string]string
	Tables                   []Table
	// Findings are sentences about the tables that follow from nothing else.
	Findings []string
	Notes    []string // what is not there, and why
}

// Table is one table, written as NAME.csv and NAME.parquet.
type Table struct {
	Name, Title, Question string
	Columns               []queries.ResultColumn // values are not looked at
	Rows                  int
	About                 map[string]string // as the Parquet file says it of itself
}

// licences are those that both descriptors know by one name (SPDX, Open Definition).
var licences = []string{"CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0", "ODbL-1.0", "ODC-By-1.0", "PDDL-1.0"}

// Write writes datapackage.json, README.md and CITATION.cff for the tables in a directory.
func (p Package) Write(dir string) error {
	descriptor, err := p.descriptor(dir)
	if err != nil {
		return err
	}
	for name, text := range map[string][]byte{"datapackage.json": descriptor, "README.md": p.readme(), "CITATION.cff": p.citation()} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			return fmt.Errorf("data set: %w", err)
		}
	}
	return nil
}

// descriptor is the data package.
func (p Package) descriptor(dir string) ([]byte, error) {
	d := map[string]any{
		"profile": "data-package", "name": slug(p.Name), "title": p.Title, "description": p.Description, "created": p.Created.Format(time.RFC3339),
		"version": p.Created.Format("2006.01.02"), "keywords": []string{"censorship", "circumvention", "internet measurement"},
		"banshift": map[string]any{"program": p.Program, "simulated": p.Simulated, "licence": p.Licence, "citation": p.Citation, "privacy": p.Privacy},
	}
	if slices.Contains(licences, p.Licence) {
		d["licenses"] = []map[string]string{{"name": p.Licence}}
	}
	var contributors []map[string]string
	for _, author := range p.authors() {
		contributors = append(contributors, map[string]string{"title": author, "role": "author"})
	}
	d["contributors"] = contributors
	var resources []map[string]any
	for _, t := range p.Tables {
		for _, format := range []struct{ ending, mediatype string }{{"csv", "text/csv"}, {"parquet", "application/vnd.apache.parquet"}} {
			r, err := t.resource(dir, format.ending, format.mediatype)
			if err != nil {
				return nil, err
			}
			resources = append(resources, r)
		}
	}
	d["resources"] = resources
	text, err := json.MarshalIndent(d, "", "  ")
	return append(text, '\n'), err
}

func (t Table) resource(dir, ending, mediatype string) (map[string]any, error) {
	path := t.Name + "." + ending
	sum, size, err := sumOf(filepath.Join(dir, path))
	if err != nil {
		return nil, err
	}
	r := map[string]any{
		"name": slug(t.Name + "-" + ending), "path": path, "title": t.Title, "description": t.Question, "format": ending, "mediatype": mediatype,
		"bytes": size, "hash": "sha256:" + sum, "banshift": t.About,
	}
	if ending != "csv" {
		r["type"] = "file" // its columns are those of the CSV file; validators need no reader of Parquet
	} else {
		r["profile"], r["encoding"], r["schema"] = "tabular-data-resource", "utf-8", t.schema()
	}
	return r, nil
}

// schema is the table schema of the CSV file.
func (t Table) schema() map[string]any {
	var fields []map[string]any
	for _, c := range t.Columns {
		f := map[string]any{"name": c.Name, "type": fieldType(c.Type), "description": c.Text}
		if c.Role == queries.Key {
			if fieldType(c.Type) != "string" { // an empty text is a key, too
				f["constraints"] = map[string]any{"required": true}
			}
		}
		fields = append(fields, f)
	}
	return map[string]any{"fields": fields, "missingValues": []string{"", `\N`}}
}

var wrapped = regexp.MustCompile(`^(?:LowCardinality|Nullable)\((.*)\)$`)

// fieldType is the type of Table Schema for one of ClickHouse's, as its CSV writes it.
func fieldType(column string) string {
	for wrapped.MatchString(column) {
		column = wrapped.FindStringSubmatch(column)[1]
	}
	switch {
	case strings.HasPrefix(column, "UInt"), strings.HasPrefix(column, "Int"):
		return "integer"
	case strings.HasPrefix(column, "Float"):
		return "number"
	case column == "Date":
		return "date"
	}
	return "string"
}

var notInSlug = regexp.MustCompile(`[^a-z0-9._-]+`)

// slug is a name as the standard wants it.
func slug(name string) string { return notInSlug.ReplaceAllString(strings.ToLower(name), "-") }

// authors are never none.
func (p Package) authors() []string {
	if len(p.Authors) == 0 {
		return []string{"operator of this store, not named"}
	}
	return p.Authors
}

// citation is the citation file. JSON strings are YAML's.
func (p Package) citation() []byte {
	var b strings.Builder
	quoted := func(text string) string { q, _ := json.Marshal(text); return string(q) }
	fmt.Fprintf(&b, "cff-version: 1.2.0\ntype: dataset\nmessage: %s\ntitle: %s\nabstract: %s\nauthors:\n", quoted("If you use these data, cite them as below."), quoted(p.Title), quoted(p.Description))
	for _, author := range p.authors() {
		fmt.Fprintf(&b, "  - name: %s\n", quoted(author))
	}
	fmt.Fprintf(&b, "version: %q\ndate-released: %q\n", p.Created.Format("2006.01.02"), p.Created.Format(time.DateOnly))
	if slices.Contains(licences, p.Licence) {
		fmt.Fprintf(&b, "license: %s\n", p.Licence)
	}
	b.WriteString("keywords:\n  - censorship\n  - circumvention\n  - internet measurement\n")
	return []byte(b.String())
}

func (p Package) readme() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\nMade with %s on %s. ", p.Title, p.Description, p.Program, p.Created.Format(time.DateOnly))
	switch p.Simulated {
	case "yes":
		b.WriteString("**The data are simulated: they say nothing of any country.** ")
	case "some rows":
		b.WriteString("**Some rows are simulated: column `simulated` says which.** ")
	}
	if p.Licence == "" {
		b.WriteString("No licence is stated.\n")
	} else {
		fmt.Fprintf(&b, "Licence: %s.\n", p.Licence)
	}
	if p.Citation != "" {
		fmt.Fprintf(&b, "\nCite as: %s\n", p.Citation)
	}
	if len(p.Findings) > 0 {
		b.WriteString("\n## What the tables say\n\nComputed from the tables here and nothing else.\n\n")
		for _, text := range p.Findings {
			fmt.Fprintf(&b, "* %s\n", text)
		}
	}
	b.WriteString("\n## Tables\n")
	for _, t := range p.Tables {
		fmt.Fprintf(&b, "\n### %s\n\n%s %d rows, as `%s.csv` and `%s.parquet`.\n\n%s.\n\n| column | meaning |\n|---|---|\n", t.Name, t.Question, t.Rows, t.Name, t.Name, strings.TrimSuffix(t.About["privacy"], "."))
		for _, c := range t.Columns {
			fmt.Fprintf(&b, "| `%s` | %s |\n", c.Name, strings.ReplaceAll(c.Text, "|", "\\|"))
		}
	}
	b.WriteString("\n## What to know\n\n* A day without a row is not a day without use: it was not measured, or it was left out.\n* Clients are counted by pseudonyms that last a day: the same person counts on every day, and two persons behind one address count once.\n")
	for _, text := range p.Notes {
		fmt.Fprintf(&b, "* %s\n", text)
	}
	b.WriteString("* `datapackage.json` describes the files, `audit.json` is what was looked for in them before they left, `SHA256SUMS` are their checksums (`sha256sum -c SHA256SUMS`).\n")
	return []byte(b.String())
}

// Sums writes SHA256SUMS over all files of a directory.
func Sums(dir string) error {
	const name = "SHA256SUMS"
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == name {
			return err
		}
		sum, _, err := sumOf(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(dir, path)
		fmt.Fprintf(&b, "%s  %s\n", sum, filepath.ToSlash(relative))
		return err
	})
	if err != nil {
		return fmt.Errorf("data set: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(b.String()), 0o666); err != nil {
		return fmt.Errorf("data set: %w", err)
	}
	return nil
}

func sumOf(path string) (sum string, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, fmt.Errorf("data set: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if size, err = io.Copy(h, f); err != nil {
		return "", 0, fmt.Errorf("data set: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), size, nil
}

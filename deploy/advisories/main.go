// Command advisories makes what is known of faults in Go modules usable without a network:
// from the module golang.org/x/vulndb, as the module proxy has it, a database for
// govulncheck, and the list of those that concern modules in go.mod, which a test compares
// with the versions there. It must never fetch anything.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// entry is what is read of an entry of the database, in the format of OSV.
type entry struct {
	ID       string     `json:"id"`
	Modified string     `json:"modified"`
	Aliases  []string   `json:"aliases"`
	Summary  string     `json:"summary"`
	Affected []affected `json:"affected"`
}

type affected struct {
	Package struct {
		Name string `json:"name"`
	} `json:"package"`
	Ranges []struct {
		Events []event `json:"events"`
	} `json:"ranges"`
}

// event begins or ends a range of versions that have the fault.
type event struct {
	Introduced string `json:"introduced,omitempty"`
	Fixed      string `json:"fixed,omitempty"`
}

// advisory is one fault of one module.
type advisory struct {
	ID      string  `json:"id"`
	Module  string  `json:"module"`
	Summary string  `json:"summary"`
	Events  []event `json:"events"`
}

func main() {
	commands := map[string]func(string, string) error{"db": database, "list": list, "judge": judge}
	if len(os.Args) != 4 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: advisories db VULNDB OUT | advisories list VULNDB GO.MOD | advisories judge GOVULNCHECK.JSON .")
		os.Exit(2)
	}
	if err := commands[os.Args[1]](os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "advisories:", err)
		os.Exit(1)
	}
}

// each gives every entry of the database and its text.
func each(dir string, do func(entry, []byte) error) error {
	files, err := filepath.Glob(filepath.Join(dir, "data", "osv", "*.json"))
	if err != nil || len(files) == 0 {
		return errors.Join(fmt.Errorf("%s has no data/osv", dir), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		var e entry
		if err := json.Unmarshal(text, &e); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := do(e, text); err != nil {
			return err
		}
	}
	return nil
}

// database writes the files that govulncheck -db file://OUT reads.
func database(dir, out string) error {
	type fault struct {
		ID       string `json:"id"`
		Modified string `json:"modified"`
		Fixed    string `json:"fixed,omitempty"`
	}
	type module struct {
		Path  string  `json:"path"`
		Vulns []fault `json:"vulns"`
	}
	type known struct {
		ID       string   `json:"id"`
		Modified string   `json:"modified"`
		Aliases  []string `json:"aliases"`
	}
	for _, sub := range []string{"ID", "index"} {
		if err := os.MkdirAll(filepath.Join(out, sub), 0o777); err != nil {
			return err
		}
	}
	byPath, all, latest := map[string]*module{}, []known{}, ""
	err := each(dir, func(e entry, text []byte) error {
		all, latest = append(all, known{e.ID, e.Modified, e.Aliases}), max(latest, e.Modified)
		for _, a := range e.Affected {
			m := byPath[a.Package.Name]
			if m == nil {
				m = &module{Path: a.Package.Name}
				byPath[m.Path] = m
			}
			m.Vulns = append(m.Vulns, fault{e.ID, e.Modified, lastFixed(a)})
		}
		return os.WriteFile(filepath.Join(out, "ID", e.ID+".json"), text, 0o666)
	})
	if err != nil {
		return err
	}
	modules := []*module{}
	for _, m := range byPath {
		modules = append(modules, m)
	}
	slices.SortFunc(modules, func(a, b *module) int { return strings.Compare(a.Path, b.Path) })
	for name, value := range map[string]any{"db": map[string]string{"modified": latest}, "modules": modules, "vulns": all} {
		text, err := json.Marshal(value)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(out, "index", name+".json"), text, 0o666); err != nil {
			return err
		}
	}
	return nil
}

func lastFixed(a affected) string {
	fixed := ""
	for _, r := range a.Ranges {
		for _, e := range r.Events {
			if e.Fixed != "" {
				fixed = e.Fixed
			}
		}
	}
	return fixed
}

// list prints the faults of modules in go.mod.
func list(dir, gomod string) error {
	text, err := os.ReadFile(gomod)
	if err != nil {
		return err
	}
	mod, err := modfile.ParseLax(gomod, text, nil)
	if err != nil {
		return err
	}
	required := map[string]bool{}
	for _, r := range mod.Require {
		required[r.Mod.Path] = true
	}
	all := []advisory{}
	err = each(dir, func(e entry, _ []byte) error {
		for _, a := range e.Affected {
			if !required[a.Package.Name] {
				continue
			}
			for _, r := range a.Ranges {
				all = append(all, advisory{e.ID, a.Package.Name, e.Summary, r.Events})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	out.SetIndent("", " ")
	return out.Encode(all)
}

// message is what is read of govulncheck's output: a stream of objects.
type message struct {
	Finding *struct {
		OSV   string `json:"osv"`
		Fixed string `json:"fixed_version"`
		Trace []struct {
			Module   string `json:"module"`
			Version  string `json:"version"`
			Function string `json:"function"`
		} `json:"trace"`
	} `json:"finding"`
}

// judge fails where a module's faulty function is reached. Faults of the toolchain's own library
// are printed: which toolchain builds is for the builder to say.
func judge(path, _ string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	told := map[string]bool{}
	var reached []string
	for messages := json.NewDecoder(f); ; {
		var m message
		if err := messages.Decode(&m); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if m.Finding == nil || len(m.Finding.Trace) == 0 || m.Finding.Trace[0].Function == "" || told[m.Finding.OSV] {
			continue
		}
		told[m.Finding.OSV] = true
		at := m.Finding.Trace[0]
		line := fmt.Sprintf("%s %s %s, fixed in %s", m.Finding.OSV, at.Module, at.Version, m.Finding.Fixed)
		if at.Module != "stdlib" {
			reached = append(reached, line)
			continue
		}
		fmt.Println("toolchain: " + line)
	}
	if len(reached) > 0 {
		return fmt.Errorf("known faults are reached:\n%s", strings.Join(reached, "\n"))
	}
	return nil
}

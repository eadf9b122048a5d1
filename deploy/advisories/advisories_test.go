package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// accepted are faults that stay, each with the reason.
var accepted = map[string]string{}

// affects reports whether a version lies in a range of faulty ones.
func affects(events []event, version string) bool {
	faulty := false
	for _, e := range events {
		if e.Introduced != "" && (e.Introduced == "0" || semver.Compare(version, "v"+e.Introduced) >= 0) {
			faulty = true
		}
		if e.Fixed != "" && semver.Compare(version, "v"+e.Fixed) >= 0 {
			faulty = false
		}
	}
	return faulty
}

// No module that is required has a fault that the list knows.
func TestRequiredModulesHaveNoKnownFault(t *testing.T) {
	text, err := os.ReadFile("advisories.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []advisory
	if err := json.Unmarshal(text, &all); err != nil || len(all) < 10 {
		t.Fatalf("%d advisories: %v", len(all), err)
	}
	file := filepath.Join("..", "..", "go.mod")
	if text, err = os.ReadFile(file); err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.ParseLax(file, text, nil)
	if err != nil {
		t.Fatal(err)
	}
	versions := map[string]string{}
	for _, r := range mod.Require {
		versions[r.Mod.Path] = r.Mod.Version
	}
	for _, a := range all {
		version := versions[a.Module]
		if version == "" || !affects(a.Events, version) {
			continue
		}
		if accepted[a.ID] == "" {
			t.Errorf("%s %s: %s: %s", a.Module, version, a.ID, a.Summary)
		}
	}
}

func TestAffects(t *testing.T) {
	events := []event{{Introduced: "0"}, {Fixed: "1.2.0"}, {Introduced: "2.0.0"}, {Fixed: "2.1.1"}}
	for version, want := range map[string]bool{"v1.1.9": true, "v1.2.0": false, "v1.9.0": false, "v2.0.0": true, "v2.1.0": true, "v2.1.1": false, "v2.1.1-rc1": true} {
		if got := affects(events, version); got != want {
			t.Errorf("%s: %v", version, got)
		}
	}
	if !affects([]event{{Introduced: "0"}}, "v9.9.9") {
		t.Error("what is never fixed is faulty")
	}
}

package main

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write golden files")

// TestReferenceIsUpToDate compares docs/reference with what the code generates.
func TestReferenceIsUpToDate(t *testing.T) {
	pages, err := referencePages(newRootCommand(&app{in: strings.NewReader(""), out: io.Discard, errOut: io.Discard}))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range pages {
		path := filepath.Join("..", "..", "docs", "reference", name)
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the code says: run make docs", path)
		}
	}
}

// TestEveryKeyIsDocumented fails where a configuration key has no comment.
func TestEveryKeyIsDocumented(t *testing.T) {
	page, err := configReference()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(page), "\n") {
		if strings.HasPrefix(line, "| `") && strings.Contains(line, "` |  |") {
			t.Errorf("no comment: %s", line)
		}
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestListsAreFetchedAndLoaded(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "banshift.yaml")
	for name, text := range map[string]string{
		config:                        "lists_directory: lists\nlists: [{source: vpn.txt, kind: vpn}]\n",
		filepath.Join(dir, "vpn.txt"): "192.0.2.0/24\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if code, _, errOut := runCommand(t, "lists", "status", "--config", config); code == 0 || !strings.Contains(errOut, "lists update") {
		t.Errorf("before the first update: code %d, %q", code, errOut)
	}
	for _, verb := range []string{"update", "verify", "status"} {
		if code, out, errOut := runCommand(t, "lists", verb, "--config", config); code != 0 || !strings.Contains(out, "vpn.txt") {
			t.Errorf("%s: code %d, %q, %q", verb, code, out, errOut)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "lists", "vpn.txt"), []byte("198.51.100.0/24\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errOut := runCommand(t, "lists", "verify", "--config", config); code == 0 || !strings.Contains(errOut, "sha256") {
		t.Errorf("a changed list: code %d, %q", code, errOut)
	}
}

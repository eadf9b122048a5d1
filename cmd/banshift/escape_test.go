package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestControlsAreShownAsText(t *testing.T) {
	for text, want := range map[string]string{
		"plain é\n\t|": "plain é\n\t|", "\x1b[2J": `\x1b[2J`, "a\rb\x07": `a\x0db\x07`, "\u009b2J": `\u009b2J`, "x\u202ey": `x\u202ey`, "\xff\x1b": "\xff" + `\x1b`,
	} {
		var out strings.Builder
		if n, err := (escaping{&out}).Write([]byte(text)); err != nil || n != len(text) || out.String() != want {
			t.Errorf("%q: %q, %d, %v", text, out.String(), n, err)
		}
	}
}

// Names with controls in them reach no terminal as they are.
func TestNamesDoNotSteerTerminals(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	name := filepath.Join(dir, "\x1b]0;owned\x07\x1b[2J.ndjson")
	if err := os.WriteFile(name, []byte(goodLine), 0o600); err != nil {
		t.Fatal(err)
	}
	store := filepath.Join(t.TempDir(), "store")
	for _, args := range [][]string{
		{"run", "--store", store, name}, {"run", "--store", store, name + "\x1b[2J"}, {"query", "sources", "--store", store}, {"query", "batches", "--store", store},
		{"sql", "--store", store, "SELECT '\x1b[2J' AS a"}, {"sql", "--store", store, "SELECT char(27, 91, 50, 74) AS a"}, {"reconcile", "--store", store}, {"classify", name}, {"\x1b[2J"},
	} {
		got := execute(t, "", args...)
		if strings.ContainsAny(got.out+got.errOut, "\x1b\x07") {
			t.Errorf("%q: %q", args, got.out+got.errOut)
		}
	}
}

// Files for others are as readable as the umask says.
func TestFilesHaveTheUmasksMode(t *testing.T) {
	needEngine(t)
	store, dir := filepath.Join(t.TempDir(), "store"), t.TempDir()
	execute(t, "", "run", "--store", store, write(t, "flows.ndjson", goodLine)).must(t)
	for umask, want := range map[int]os.FileMode{0o077: 0o600, 0o027: 0o640, 0o022: 0o644} {
		old := syscall.Umask(umask)
		out := filepath.Join(dir, "out", "x")
		got := execute(t, "", "export", "services", "--store", store, "--out", out)
		syscall.Umask(old)
		got.must(t)
		for _, name := range []string{"services.parquet", "services.json"} {
			info, err := os.Stat(filepath.Join(out, name))
			if err != nil || info.Mode().Perm() != want {
				t.Errorf("umask %o: %s is %v, %v", umask, name, info.Mode(), err)
			}
		}
		if err := os.RemoveAll(filepath.Join(dir, "out")); err != nil {
			t.Fatal(err)
		}
	}
}

// A password on the command line is refused, and not repeated.
func TestPasswordInArgumentsIsRefused(t *testing.T) {
	for _, args := range [][]string{
		{"doctor", "--store", "clickhouse://me:hunter2@127.0.0.1:9/db"}, {"--store=clickhouse://me:hunter2@127.0.0.1:9/db", "query", "services"},
		{"run", "--store", "clickhouse://me:hun%zzter2@127.0.0.1:9/db", "x"},
	} {
		got := execute(t, "", args...)
		if got.code != exitMisused || strings.Contains(got.errOut, "ter2") || !strings.Contains(got.errOut, "BANSHIFT_STORE_PASSWORD") {
			t.Errorf("%v: exit code %d: %s", args, got.code, got.errOut)
		}
	}
}

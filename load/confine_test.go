package load

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/banshift/banshift/load/engine"
)

// Even where a statement gets past the guard and the grants, the engine's process reaches
// no file outside its own: the writer asks here, without either.
func TestEngineReachesNoForeignFile(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("confinement needs Linux")
	}
	if _, err := engine.Locate(""); err != nil {
		t.Skipf("engine is absent (run `make engine`): %v", err)
	}
	ctx, dir := context.Background(), t.TempDir()
	t.Setenv("BANSHIFT_PLANTED", "not-for-readers")
	secret := filepath.Join(t.TempDir(), "master.key")
	if err := os.WriteFile(secret, []byte("not-for-readers"), 0o644); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	s, err := Open(ctx, dir, Options{Log: slogTo(&said)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if strings.Contains(said.String(), "can read every file") {
		t.Skipf("this kernel cannot: %s", said.String())
	}
	own := filepath.Join(dir, "engine", "user_files", "own")
	if err := os.MkdirAll(filepath.Dir(own), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(own, []byte("its own"), 0o600); err != nil {
		t.Fatal(err)
	}
	read := func(path string) (string, error) {
		var answer bytes.Buffer
		_, err := s.post(ctx, s.addr, request{sql: "SELECT file('" + path + "') FORMAT TSVRaw", result: &answer})
		return strings.TrimSpace(answer.String()), err
	}
	if text, err := read(own); err != nil || text != "its own" {
		t.Fatalf("the engine's own file: %q, %v: nothing is tested", text, err)
	}
	link := filepath.Join(dir, "engine", "user_files", "link")
	if err := os.Symlink(secret, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{secret, link, filepath.Join(dir, "run", "connection.json"), "/proc/self/environ", "/proc/1/environ", "/etc/shadow", filepath.Join(dir, "lock")} {
		if text, err := read(path); err == nil && text != "" {
			t.Errorf("%s was read: %.60q", path, text)
		}
	}
	for _, path := range []string{filepath.Join(t.TempDir(), "made"), filepath.Join(dir, "run", "made")} {
		if _, err := s.post(ctx, s.addr, request{sql: "INSERT INTO FUNCTION file('" + path + "', 'TSV', 'a String') VALUES ('x')"}); err == nil {
			t.Errorf("%s was written", path)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s is there", path)
		}
	}
}

package load

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/banshift/banshift/load/engine"
)

// Even where a statement gets past the guard, the engine's process reaches no file
// outside its own: the guard is left out here.
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
	s, err := Open(ctx, dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	self, err := os.ReadFile("/proc/self/status")
	if err != nil || !strings.HasPrefix(string(self), "Name:") {
		t.Fatalf("no /proc: %v", err)
	}
	for _, path := range []string{secret, filepath.Join(dir, "run", "connection.json"), "/proc/self/environ", "/proc/1/environ", "/etc/shadow"} {
		text, err := s.lines(ctx, s.reader, "SELECT file('"+path+"') FORMAT TSVRaw", nil)
		if err == nil && strings.TrimSpace(text) != "" {
			t.Errorf("%s was read: %.60q", path, text)
		}
	}
	if text, err := s.lines(ctx, s.addr, "SELECT count() FROM series FORMAT TSVRaw", nil); err != nil || text != "0\n" {
		t.Errorf("an honest statement: %q, %v", text, err)
	}
}

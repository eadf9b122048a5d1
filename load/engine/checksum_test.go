package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A changed engine is refused, also where its size and times are what they were, and one
// that did not change is not read again.
func TestEngineIsVerified(t *testing.T) {
	path := filepath.Join(t.TempDir(), "libchdb.so")
	if err := os.WriteFile(path, []byte("the engine"), 0o600); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("the engine"))
	want := hex.EncodeToString(sum[:])
	for range 2 {
		if err := verifyAs(path, want); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path + ".verified"); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("an engine!"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if err := verifyAs(path, want); err == nil || !strings.Contains(err.Error(), "somebody changed it") {
		t.Errorf("a changed engine: %v", err)
	}
	if err := verifyAs(path, ""); err != nil {
		t.Errorf("a system without a checksum: %v", err)
	}
}

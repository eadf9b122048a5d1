package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"syscall"

	"github.com/banshift/banshift/deploy/parts"
)

// checksums are those of libchdb [Version] as it was fetched and tested, by system.
var checksums = map[string]string{
	"linux/amd64": "36ad4e999882821ef13cf2d0f52c93f48e6ee1b4498b35a201c23ce4b8d15bf5",
}

// verify fails where the cached engine is not the file that this program is tested with.
// The whole file is read once: what it was then, by size, inode and the times that only
// the kernel sets, is noted next to it, and as long as that is the same it is not read again.
// One that the user put elsewhere is the user's.
func verify(path string) error {
	cache, err := parts.Cache()
	if err != nil || path != cachedIn(cache) {
		return err
	}
	return verifyAs(path, checksums[runtime.GOOS+"/"+runtime.GOARCH])
}

func verifyAs(path, want string) error {
	if want == "" {
		return nil // npm has verified it against the registry's own checksum
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	defer f.Close()
	now, err := stampOf(f, want)
	if err != nil {
		return fmt.Errorf("engine %s: %w", path, err)
	}
	note := path + ".verified"
	before, err := os.ReadFile(note)
	if err == nil && string(before) == now {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("engine: %w", err)
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return fmt.Errorf("engine %s: %w", path, err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != want {
		return fmt.Errorf("engine %s has the SHA-256 %s, and that of libchdb %s is %s: somebody changed it; remove it and run `make engine`", path, got, Version, want)
	}
	// A cache that cannot be written to is verified each time.
	_ = os.WriteFile(note, []byte(now), 0o600)
	return nil
}

// stampOf names the state of a file: a write changes it, whatever is done to the file's times.
func stampOf(f *os.File, sum string) (string, error) {
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	state, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "", errors.New("this system does not say when a file was changed")
	}
	return fmt.Sprintf("%s %d %d %d %s\n", sum, info.Size(), state.Ino, info.ModTime().UnixNano(), changed(state)), nil
}

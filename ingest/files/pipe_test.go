//go:build unix

package files

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestPipes opens named pipes that nobody writes to, and one that somebody does.
func TestPipes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	if _, err := openPipe(t.Context(), path, time.Millisecond); !errors.Is(err, ErrNoWriter) {
		t.Errorf("without a writer: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, File{Path: path, Explicit: true}, "", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("when asked to stop: %v", err)
	}
	if _, err := OpenGrowing(t.Context(), path, "", time.Second); !errors.Is(err, ErrWhole) {
		t.Errorf("followed: %v", err)
	}

	path = filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	go func() {
		if w, err := os.OpenFile(path, os.O_WRONLY, 0); err == nil {
			io.WriteString(w, line)
			w.Close()
		}
	}()
	src, err := Open(t.Context(), File{Path: path, Explicit: true}, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if got, err := io.ReadAll(src); err != nil || string(got) != line || !src.Live() {
		t.Errorf("%q, %v", got, err)
	}
}

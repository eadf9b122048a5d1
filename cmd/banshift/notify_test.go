package main

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/banshift/banshift/ingest/pipeline"
)

// The service manager hears that the program is ready, lives and stops, and nothing more of one whose own
// stage is stuck.
func TestServiceManagerIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "n")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer manager.Close()
	hear := func() string {
		t.Helper()
		message := make([]byte, 100)
		if err := manager.SetReadDeadline(time.Now().Add(5 * time.Minute)); err != nil {
			t.Fatal(err)
		}
		n, err := manager.Read(message)
		if err != nil {
			t.Fatal(err)
		}
		return string(message[:n])
	}
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_USEC", "20000")
	clock := &handClock{now: time.Unix(1_700_000_000, 0)}
	w := newWatched(clock.Now)
	ctx, cancel := context.WithCancel(t.Context())
	stop := (&app{log: slog.New(slog.DiscardHandler)}).notify(ctx, w)
	defer stop()
	for _, want := range []string{"READY=1", "WATCHDOG=1", "WATCHDOG=1"} {
		if got := hear(); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
	away := w.work(stageEngine)
	clock.advance(time.Hour)
	if !w.sound() {
		t.Error("a store that is away is a reason to start anew")
	}
	away(nil)
	stuck := w.work(pipeline.StageDecode)
	clock.advance(time.Hour)
	if w.sound() {
		t.Error("a stage that is stuck is none")
	}
	stuck(nil)
	cancel()
	for got := hear(); got != "STOPPING=1"; got = hear() {
		if got != "WATCHDOG=1" {
			t.Fatal(got)
		}
	}
}

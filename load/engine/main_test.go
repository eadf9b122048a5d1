package engine_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/banshift/banshift/load/engine"
)

// TestMain lets the test binary be the engine's process, as the program is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == engine.ChildCommand {
		os.Exit(engine.ChildMain(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == ownerCommand {
		os.Exit(ownUntilKilled(os.Args[2]))
	}
	os.Exit(m.Run())
}

// ownerCommand makes the test binary a process that owns an engine and gets killed.
const ownerCommand = "engine-owner"

// ownUntilKilled starts an engine on dir, prints its process and waits for the end.
func ownUntilKilled(dir string) int {
	e, err := engine.Start(context.Background(), dir, engine.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(e.PID())
	select {}
}

// needEngine skips a test on a machine without an engine.
func needEngine(t *testing.T) {
	t.Helper()
	if _, err := engine.Locate(""); err != nil {
		t.Skipf("engine is absent (run `make engine`): %v", err)
	}
}

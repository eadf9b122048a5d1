package engine_test

import (
	"os"
	"testing"

	"github.com/banshift/banshift/load/engine"
)

// TestMain lets the test binary be the engine's process, as the program is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == engine.ChildCommand {
		os.Exit(engine.ChildMain(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// needEngine skips a test on a machine without an engine.
func needEngine(t *testing.T) {
	t.Helper()
	if _, err := engine.Locate(""); err != nil {
		t.Skipf("engine is absent (run `make engine`): %v", err)
	}
}

package load_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/engine"
)

// shared is the store of the tests that need one and do not break it; nil where
// there is no engine.
var shared *load.Store

// TestMain is the engine's process where the store starts it, and otherwise opens
// one store for all tests of the package.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == engine.ChildCommand {
		os.Exit(engine.ChildMain(os.Args[2:]))
	}
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	if _, err := engine.Locate(""); err != nil {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "banshift-load")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if shared, err = load.Open(context.Background(), dir, load.Options{}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer shared.Close()
	// The tests reach the same engine as a server, too.
	if err := shared.Conn().Exec(context.Background(), "SYSTEM START LISTEN TCP"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// needStore gives the shared store, or skips.
func needStore(t *testing.T) *load.Store {
	t.Helper()
	needEngine(t)
	return shared
}

func needEngine(t *testing.T) {
	t.Helper()
	if _, err := engine.Locate(""); err != nil {
		t.Skipf("engine is absent (run `make engine`): %v", err)
	}
}

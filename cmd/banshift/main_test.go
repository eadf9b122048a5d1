package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/banshift/banshift/load/engine"
)

// TestMain is the engine's process where a store starts it.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == engine.ChildCommand {
		os.Exit(engine.ChildMain(os.Args[2:]))
	}
	if peak := os.Getenv(runEnv); peak != "" {
		os.Unsetenv(runEnv) // not for the engine
		os.Exit(asProgram(peak))
	}
	os.Setenv("BANSHIFT_INGEST_GUESS_CLIENTS", "true") // most tests have no clients of their own
	os.Exit(m.Run())
}

func needEngine(t *testing.T) {
	t.Helper()
	if _, err := engine.Locate(""); err != nil {
		t.Skipf("engine is absent (run `make engine`): %v", err)
	}
}

// result is what a command line did.
type result struct {
	code        int
	out, errOut string
}

// execute runs a command line inside the test, with a key of its own.
func execute(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	if os.Getenv("BANSHIFT_PRIVACY_KEY_FILE") == "" {
		t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(t.TempDir(), "master.key"))
	}
	var out, errOut bytes.Buffer
	code := run(context.Background(), args, strings.NewReader(stdin), &out, &errOut)
	return result{code, out.String(), errOut.String()}
}

// must fails the test where a command line did not end well.
func (r result) must(t *testing.T) result {
	t.Helper()
	if r.code != exitDone {
		t.Fatalf("exit code %d: %s", r.code, r.errOut)
	}
	return r
}

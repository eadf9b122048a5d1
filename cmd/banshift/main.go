// Command banshift measures what people do when their government bans a service.
//
// This package is wiring only, one file a subcommand: flags and configuration in,
// calls to the other packages, exit codes out. It must never hold a method, a rule
// or a statement of SQL.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/banshift/banshift/load/engine"
)

// Exit codes of the command line contract.
const (
	exitDone    = 0
	exitFailed  = 1
	exitMisused = 2
	exitRejects = 3
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == engine.ChildCommand {
		os.Exit(engine.ChildMain(os.Args[2:]))
	}
	if err := withoutStacks(); err != nil {
		fmt.Fprintf(os.Stderr, "banshift: a crash would show stacks, whose arguments may be addresses of clients: %v\n", err)
	}
	showStacks(os.Stderr)
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run executes one command line and gives its exit code. The first interrupt asks
// for a clean end through ctx; a second one ends the process at once.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	cmd := newRootCommand(&app{in: in, out: out, errOut: errOut})
	cmd.SetArgs(args)
	cmd.SetIn(in)
	cmd.SetOut(out)
	cmd.SetErr(errOut)
	err := cmd.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	unknown := strings.HasPrefix(err.Error(), "unknown command")
	if unknown {
		err = unknownCommand(err, commandNames(cmd))
	}
	fmt.Fprintf(escaping{errOut}, "banshift: %v\n", err)
	if unknown {
		return exitMisused
	}
	var coded *exitError
	if errors.As(err, &coded) {
		return coded.code
	}
	return exitFailed
}

// exitError carries the exit code that an error asks for.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// misused marks err as a mistake in the call or the configuration (exit code 2).
func misused(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{exitMisused, err}
}

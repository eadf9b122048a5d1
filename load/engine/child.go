package engine

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"github.com/ebitengine/purego"
)

// ChildCommand is the hidden subcommand under which the program runs the engine.
const ChildCommand = "engine-child"

// confineCommand makes the child confine itself and start again.
const confineCommand = "confine"

// unconfined begins the line that says why a child is not confined.
const unconfined = "engine not confined: "

// ChildMain is the whole life of the engine's process: it opens the library args[0]
// and calls its clickhouse-local entry with the arguments behind it. It returns the
// exit code when the engine has stopped. Once a process: the library cannot start twice.
//
// Before that it gives up what the engine does not need: with [confineCommand] it takes
// ROOT LIBRARY PROGRAM ARGUMENT… and becomes that program, confined.
func ChildMain(args []string) int {
	if len(args) > 3 && args[0] == confineCommand {
		fmt.Fprintln(os.Stderr, runConfined(args[1], args[3:], []string{args[2], args[3]}))
		return 1
	}
	if len(args) < 2 {
		fmt.Fprintln(os.Stderr, ChildCommand+" is started by banshift itself: want LIBRARY ARGUMENT…")
		return 2
	}
	syscall.Umask(0o077) // what the engine writes is its owner's alone
	go obeyLifeline()
	runtime.LockOSThread()
	if err := runLibrary(args[0], args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// obeyLifeline ends this process cleanly once the owner closes its end of the pipe
// that it left us as file descriptor 3, or dies.
func obeyLifeline() {
	lifeline := os.NewFile(3, "lifeline")
	io.Copy(io.Discard, lifeline)
	syscall.Kill(os.Getpid(), syscall.SIGTERM)
}

// localResult is libchdb's struct local_result_v2: buf, len, vec, elapsed, rows_read,
// bytes_read, each of eight bytes, and error_message.
type localResult struct {
	_   [6]uint64
	err *byte
}

// runLibrary calls query_stable_v2, the one entry of libchdb that can open ports:
// the public chdb_connect cannot.
func runLibrary(path string, args []string) error {
	lib, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return fmt.Errorf("open engine %s: %w", path, err)
	}
	symbol, err := purego.Dlsym(lib, "query_stable_v2")
	if err != nil {
		return fmt.Errorf("engine %s has no query_stable_v2 (want libchdb %s): %w", path, Version, err)
	}
	var query func(argc int32, argv unsafe.Pointer) *localResult
	purego.RegisterFunc(&query, symbol)

	argv := make([]*byte, 0, len(args)+1)
	for _, a := range args {
		text := append([]byte(a), 0)
		argv = append(argv, &text[0])
	}
	argv = append(argv, nil)
	result := query(int32(len(args)), unsafe.Pointer(&argv[0]))
	runtime.KeepAlive(argv)
	if result != nil && result.err != nil {
		return fmt.Errorf("engine stopped: %s", goString(result.err))
	}
	return nil
}

// goString copies a NUL-terminated string.
func goString(p *byte) string {
	n := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(p), n)) != 0 {
		n++
	}
	return string(unsafe.Slice(p, n))
}

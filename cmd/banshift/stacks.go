package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

// withoutStacks becomes the same program with a runtime that shows no stacks when it panics: their arguments may be
// addresses of clients. The runtime takes that from its environment alone. Who sets GOTRACEBACK gets what it says.
func withoutStacks() error {
	const setting = "GOTRACEBACK"
	if os.Getenv(setting) != "" {
		return nil
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	return syscall.Exec(program, os.Args, append(os.Environ(), setting+"=none"))
}

// showStacks ends the program on SIGQUIT as the runtime does, which would show arguments whatever its environment says.
func showStacks(out io.Writer) {
	quit := make(chan os.Signal, 1)
	signal.Notify(quit, syscall.SIGQUIT)
	go func() {
		<-quit
		const most = 16 << 20
		text := make([]byte, most)
		fmt.Fprintf(out, "SIGQUIT: quit\n\n%s", argumentless(text[:runtime.Stack(text, true)]))
		os.Exit(exitMisused) // 2, as the runtime does
	}()
}

// argumentless takes the arguments of calls out of the text of stacks.
func argumentless(stacks []byte) []byte {
	var out bytes.Buffer
	for line := range bytes.Lines(stacks) {
		if call := bytes.LastIndexByte(line, '('); call > 0 && bytes.HasSuffix(line, []byte(")\n")) {
			line = append(bytes.Clone(line[:call]), "(…)\n"...)
		}
		out.Write(line)
	}
	return out.Bytes()
}

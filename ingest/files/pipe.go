package files

import (
	"context"
	"errors"
	"os"
	"time"
)

// writerWait is how long a pipe waits for somebody who writes to it.
const writerWait = 10 * time.Second

// ErrNoWriter is returned for a named pipe that nobody writes to.
var ErrNoWriter = errors.New("a pipe that nobody writes to")

// openFile opens a file; a named pipe only once somebody writes to it, or ctx or the wait is
// over. Opening one waits for its writer, and nothing can end that.
func openFile(ctx context.Context, path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		return os.Open(path)
	}
	return openPipe(ctx, path, writerWait)
}

func openPipe(ctx context.Context, path string, wait time.Duration) (*os.File, error) {
	type opened struct {
		file *os.File
		err  error
	}
	ready := make(chan opened)
	over := make(chan struct{})
	defer close(over)
	go func() {
		file, err := os.Open(path)
		select {
		case ready <- opened{file, err}:
		case <-over:
			file.Close() // of nobody any more
		}
	}()
	select {
	case o := <-ready:
		return o.file, o.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-time.After(wait):
		return nil, ErrNoWriter
	}
}

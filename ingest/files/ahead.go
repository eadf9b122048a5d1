package files

import (
	"context"
	"errors"
	"io"
	"time"
)

// aheadChunks is how many chunks are read ahead: enough that a reader and who reads from it
// seldom wait for each other.
const aheadChunks = 16

// aheadReader reads from another reader in a goroutine of its own.
type aheadReader struct {
	ctx   context.Context
	full  chan []byte // closed behind the last one
	free  chan []byte
	chunk []byte // of full, what was not given yet
	whole []byte
	err   error // why from ended, once full is closed
	due   <-chan time.Time
}

// readAhead reads from until it ends or ctx is done. A Read of from that is under way then
// is left to itself.
func readAhead(ctx context.Context, from io.Reader) *aheadReader {
	r := &aheadReader{ctx: ctx, full: make(chan []byte, aheadChunks), free: make(chan []byte, aheadChunks)}
	for range aheadChunks {
		r.free <- nil
	}
	go r.run(from)
	return r
}

func (r *aheadReader) run(from io.Reader) {
	defer close(r.full)
	for r.err == nil {
		var chunk []byte
		select {
		case chunk = <-r.free:
		case <-r.ctx.Done():
			r.err = r.ctx.Err()
			return
		}
		if chunk == nil {
			chunk = make([]byte, chunkBytes)
		}
		var n int
		n, r.err = from.Read(chunk)
		r.full <- chunk[:n]
	}
}

// Read implements [io.Reader]. It does not wait for who it reads from once ctx is done.
func (r *aheadReader) Read(p []byte) (int, error) {
	for len(r.chunk) == 0 {
		if r.whole != nil {
			r.free <- r.whole[:cap(r.whole)]
			r.whole = nil
		}
		more, err := r.next()
		if err != nil {
			return 0, err
		}
		if !more {
			return 0, r.err
		}
		r.whole = r.chunk
	}
	n := copy(p, r.chunk)
	r.chunk = r.chunk[n:]
	return n, nil
}

// next waits for a chunk. What has come is given although ctx is done; errNothingYet says
// that due came first.
func (r *aheadReader) next() (more bool, err error) {
	select {
	case r.chunk, more = <-r.full:
		return more, nil
	default:
	}
	select {
	case r.chunk, more = <-r.full:
		return more, nil
	case <-r.due:
		return true, errNothingYet
	case <-r.ctx.Done():
		return false, r.ctx.Err()
	}
}

// errNothingYet says that nothing was read in time. Reading may go on.
var errNothingYet = errors.New("nothing to read yet")

// untilDone ends a reader with ctx: what was read before is given, then [io.EOF].
func untilDone(ctx context.Context, from io.Reader) io.Reader {
	return &endedReader{readAhead(ctx, from)}
}

type endedReader struct{ *aheadReader }

func (r *endedReader) Read(p []byte) (int, error) {
	n, err := r.aheadReader.Read(p)
	if err != nil && r.ctx.Err() != nil {
		err = io.EOF
	}
	return n, err
}

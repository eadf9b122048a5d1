package files

import (
	"context"
	"io"
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
}

// readAhead reads from until it ends or ctx is done.
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
		var more bool
		select {
		case r.chunk, more = <-r.full:
		case <-r.ctx.Done():
			return 0, r.ctx.Err()
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

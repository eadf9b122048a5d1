package kafka

import "context"

// chunkBytes is the unit in which memory for records is lent.
const chunkBytes = 1 << 20

// chunks lends a bounded number of buffers: what is fetched and not yet handled.
type chunks struct {
	free chan []byte // a token each; nil until the buffer is first needed
}

func newChunks(bytes int) *chunks {
	n := max(1, bytes/chunkBytes)
	c := &chunks{free: make(chan []byte, n)}
	for range n {
		c.free <- nil
	}
	return c
}

// try lends a buffer if there is one.
func (c *chunks) try() ([]byte, bool) {
	select {
	case b := <-c.free:
		return fresh(b), true
	default:
		return nil, false
	}
}

// take waits for a buffer.
func (c *chunks) take(ctx context.Context) ([]byte, error) {
	select {
	case b := <-c.free:
		return fresh(b), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// give takes a buffer back. One that had to grow beyond a chunk is let go.
func (c *chunks) give(b []byte) {
	if cap(b) > chunkBytes {
		b = nil
	}
	c.free <- b
}

func fresh(b []byte) []byte {
	if b == nil {
		b = make([]byte, 0, chunkBytes)
	}
	return b[:0]
}

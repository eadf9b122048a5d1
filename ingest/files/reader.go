package files

import (
	"crypto/rand"
	"io"
	"sync/atomic"
)

// countingReader counts the bytes that pass.
type countingReader struct {
	r io.Reader
	n atomic.Int64
	// total is added to as well; nil: nothing is.
	total atomic.Pointer[atomic.Int64]
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	if total := c.total.Load(); total != nil {
		total.Add(int64(n))
	}
	return n, err
}

// freshID names a stream that cannot be known again.
func freshID() string { return "stream:" + rand.Text() }

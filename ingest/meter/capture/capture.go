// Package capture reads the frames of packet captures: pcap
// (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng), in either byte
// order, with any time resolution.
//
// It must never look into a frame, and never allocate by a length that the file
// claims before the bytes are there.
package capture

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Frame is one captured frame. Data is valid until the next call of [Reader.Next].
type Frame struct {
	Time     int64 // µs UTC
	Timeless bool  // the capture does not say when
	Data     []byte
	WireLen  int    // length on the wire, at least len(Data)
	Link     uint16 // link type, https://www.tcpdump.org/linktypes.html
	Position int64  // byte offset of the frame's record in the file
}

// MaxFrame is the largest frame that is believed (libpcap's MAXIMUM_SNAPLEN).
const MaxFrame = 262144

// Reader reads frames one after the other.
type Reader struct {
	r        *bufio.Reader
	off      int64
	from     int64  // where the record or block begins that is read
	buf      []byte // of what the reader's buffer has no room for
	order    binary.ByteOrder
	next     func() (Frame, error)
	recBytes int    // classic pcap: bytes of a record header
	link     uint16 // classic pcap
	nano     bool   // classic pcap
	ifaces   []iface
}

// CutError says that a capture ends in the middle of something.
type CutError struct {
	At   int64  // byte offset at which the input ended
	What string // what was being read
	from int64  // where the record or block of that begins
}

// Left gives where the record or block begins that is not there whole.
func (e *CutError) Left() int64 { return e.from }

func (e *CutError) Error() string {
	return fmt.Sprintf("capture is cut at byte %d, in the middle of %s; it was read up to there", e.At, e.What)
}

// Unwrap makes a CutError an io.ErrUnexpectedEOF.
func (e *CutError) Unwrap() error { return io.ErrUnexpectedEOF }

// Magic numbers, as read in the byte order of the file.
const (
	magicMicro    = 0xa1b2c3d4
	magicNano     = 0xa1b23c4d
	magicModified = 0xa1b2cd34 // Kuznetzov's: 8 more bytes in each record header
	magicSection  = 0x0a0d0d0a
	magicOrder    = 0x1a2b3c4d
)

// NewReader recognises the format by its magic number.
func NewReader(r io.Reader) (*Reader, error) {
	c := &Reader{r: bufio.NewReaderSize(r, 1<<18)}
	head, err := c.r.Peek(4)
	if err != nil {
		if !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("read capture: %w", err)
		}
		if len(head) == 0 {
			return nil, errors.New("capture is empty: no byte of a pcap or pcapng header")
		}
		return nil, &CutError{At: int64(len(head)), What: "the magic number"}
	}
	if binary.BigEndian.Uint32(head) == magicSection {
		c.next = c.nextBlock
		return c, nil
	}
	return c, c.openClassic(head)
}

// Next gives the next frame, io.EOF after the last, a [CutError] where the file ends
// too early.
func (c *Reader) Next() (Frame, error) { return c.next() }

// Offset is how many bytes were read.
func (c *Reader) Offset() int64 { return c.off }

// read gives the next n bytes, valid until the next read: those of the buffer where they fit.
func (c *Reader) read(n int, what string) ([]byte, error) {
	if n > c.r.Size() {
		return c.copied(n, what)
	}
	data, err := c.r.Peek(n)
	c.off += int64(len(data))
	_, _ = c.r.Discard(len(data)) // they are in the buffer
	if err != nil {
		return nil, c.failed(err, what)
	}
	return data, nil
}

// copied is read for more than the buffer has room for. Memory grows with what is there, not with n.
func (c *Reader) copied(n int, what string) ([]byte, error) {
	const step = 1 << 16
	c.buf = c.buf[:0]
	for len(c.buf) < n {
		from := len(c.buf)
		to := min(n, from+step)
		if cap(c.buf) < to {
			c.buf = append(make([]byte, 0, max(to, 2*cap(c.buf))), c.buf...)
		}
		c.buf = c.buf[:to]
		got, err := io.ReadFull(c.r, c.buf[from:to])
		c.off += int64(got)
		if err != nil {
			return nil, c.failed(err, what)
		}
	}
	return c.buf, nil
}

// failed says where and in the middle of what reading ended.
func (c *Reader) failed(err error, what string) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &CutError{At: c.off, What: what, from: c.from}
	}
	return fmt.Errorf("read capture at byte %d: %w", c.off, err)
}

// skip passes over n bytes.
func (c *Reader) skip(n int64, what string) error {
	got, err := io.CopyN(io.Discard, c.r, n)
	c.off += got
	if err != nil {
		return c.failed(err, what)
	}
	return nil
}

// atEnd reports whether the input ends here.
func (c *Reader) atEnd() (bool, error) {
	_, err := c.r.Peek(1)
	if errors.Is(err, io.EOF) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("read capture at byte %d: %w", c.off, err)
	}
	return false, nil
}

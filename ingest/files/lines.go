package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/banshift/banshift/load/position"
)

// Piece is whole lines of a plain file. They stay where they are until
// [LineReader.EachLine] reads them, so that several workers read at the same time.
type Piece struct {
	position.Range

	path   string
	file   *os.File
	passed *atomic.Int64
}

// chunkBytes is how much of a plain file is read at once: what fits into a core's cache together with the work on it.
const chunkBytes = 1 << 18

// LineReader reads pieces. It keeps its buffer from piece to piece; one worker owns it.
type LineReader struct{ buf []byte }

// EachLine calls each with every line of p, without its end, and the line's position.
// The line is valid until each returns. A piece is read once.
func (r *LineReader) EachLine(p Piece, each func(line []byte, position int64)) error {
	if r.buf == nil {
		r.buf = make([]byte, chunkBytes)
	}
	kept := 0 // bytes at the beginning of buf that no line's end was found in
	for at := p.First; at < p.Next; {
		if kept == len(r.buf) {
			r.buf = append(r.buf, make([]byte, len(r.buf))...)
		}
		chunk := r.buf[:min(int64(len(r.buf)), int64(kept)+p.Next-at)]
		n, err := p.file.ReadAt(chunk[kept:], at)
		if n < len(chunk)-kept {
			return fmt.Errorf("source %s: cannot be read behind byte %d: %w", p.path, at+int64(n), cause(shortened(err)))
		}
		p.passed.Add(int64(n))
		begins := at - int64(kept)
		at += int64(n)
		used := eachLine(chunk, begins, at == p.Next, each)
		kept = copy(r.buf, chunk[used:])
	}
	return nil
}

// shortened says in words what the end of a file before its size means.
func shortened(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("the file became shorter while it was read")
	}
	return err
}

// eachLine calls each with the whole lines of b, which begins at a position, and gives
// how many bytes they take. last: what stands behind the last line's end is a line too.
func eachLine(b []byte, position int64, last bool, each func([]byte, int64)) (used int) {
	for used < len(b) {
		n := bytes.IndexByte(b[used:], '\n')
		switch {
		case n >= 0:
			each(b[used:used+n], position+int64(used))
			used += n + 1
		case last:
			each(b[used:], position+int64(used))
			return len(b)
		default:
			return used
		}
	}
	return used
}

// Plan says of the piece at a position in how many bytes from there its lines begin: the
// last one may end behind them. exact: it has just that many bytes.
type Plan func(position int64) (size int64, exact bool)

// maxLine bounds what a piece may be longer than planned.
const maxLine = 16 << 20

// Pieces finds the borders of the pieces of a plain file and hands them on in order; it
// reads nothing else. A piece ends with the line of its last planned byte.
func (s *Source) Pieces(ctx context.Context, plan Plan, yield func(Piece) error) error {
	s.raw.n.Store(0) // of what was read to recognise the format
	for at := int64(0); at < s.Size; {
		if err := ctx.Err(); err != nil {
			return err
		}
		size, exact := plan(at)
		next := min(at+size, s.Size)
		if !exact && next < s.Size {
			var err error
			if next, err = s.lineEnd(next - 1); err != nil {
				return err
			}
		}
		if err := yield(Piece{Range: position.Range{First: at, Next: next}, path: s.Path, file: s.file, passed: &s.raw.n}); err != nil {
			return err
		}
		at = next
	}
	return nil
}

// borderBytes is how much is read at once to find the end of a piece.
const borderBytes = 16 << 10

// lineEnd gives the end of the line that a byte belongs to.
func (s *Source) lineEnd(at int64) (int64, error) {
	window := make([]byte, borderBytes)
	for from := at; from < s.Size; from += int64(len(window)) {
		window = window[:min(borderBytes, s.Size-from)]
		if n, err := s.file.ReadAt(window, from); n < len(window) {
			return 0, fmt.Errorf("source %s: cannot be read behind byte %d: %w", s.Path, from+int64(n), cause(shortened(err)))
		}
		if n := bytes.IndexByte(window, '\n'); n >= 0 {
			return from + int64(n) + 1, nil
		}
		if from-at > maxLine {
			return 0, s.tooLong(at)
		}
	}
	return s.Size, nil
}

func (s *Source) tooLong(at int64) error {
	return fmt.Errorf("source %s: the line around byte %d is longer than %d bytes", s.Path, at, maxLine)
}

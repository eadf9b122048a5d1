package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
)

// Piece is whole lines of a source, from position First up to, not including, Next.
// Lines of a plain file stay where they are until [Piece.EachLine] reads them, so that
// workers read side by side; those of a stream are in memory.
type Piece struct {
	First, Next int64

	path   string
	bytes  []byte
	file   *os.File // nil: bytes has the lines
	passed *atomic.Int64
}

// chunkBytes is how much of a plain file is read at once.
const chunkBytes = 1 << 20

// LineReader reads pieces. It keeps its buffer from piece to piece; one worker owns it.
type LineReader struct{ buf []byte }

// EachLine calls each with every line of p, without its end, and the line's position.
// The line is valid until each returns.
func (r *LineReader) EachLine(p Piece, each func(line []byte, position int64)) error {
	if p.file == nil {
		eachLine(p.bytes, p.First, true, each)
		return nil
	}
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

// Plan says how many bytes a piece at a position may have, or, where exact, that it has
// just that many.
type Plan func(position int64) (size int64, exact bool)

// longestPiece bounds the pieces of a plain file, in multiples of those of a stream.
const longestPiece = 8

// PieceBytes says how long pieces should be that have about the given number of lines.
// Those of a stream are in memory: they have held bytes, as those of a plain file have
// at the least.
func (s *Source) PieceBytes(lines, held int) int64 {
	if !s.plain {
		return int64(held)
	}
	return min(max(s.line*int64(lines), int64(held)), longestPiece*int64(held))
}

// Pieces cuts the source into pieces that end at a line's end and hands them on in
// order. A line longer than a piece is an error.
func (s *Source) Pieces(ctx context.Context, plan Plan, yield func(Piece) error) error {
	if s.plain {
		return s.planPieces(ctx, plan, yield)
	}
	return s.readPieces(ctx, plan, yield)
}

// planPieces finds the borders of the pieces of a plain file and reads nothing else.
func (s *Source) planPieces(ctx context.Context, plan Plan, yield func(Piece) error) error {
	s.raw.n.Store(0) // of what was read to recognise the format
	for position := int64(0); position < s.Size; {
		if err := ctx.Err(); err != nil {
			return err
		}
		size, exact := plan(position)
		next := min(position+size, s.Size)
		if !exact && next < s.Size {
			var err error
			if next, err = s.lineEndBefore(position, next); err != nil {
				return err
			}
		}
		if err := yield(Piece{First: position, Next: next, path: s.Path, file: s.file, passed: &s.raw.n}); err != nil {
			return err
		}
		position = next
	}
	return nil
}

// borderBytes is how much is read at once to find the end of a piece.
const borderBytes = 16 << 10

// lineEndBefore gives the end of the last line in [from, to).
func (s *Source) lineEndBefore(from, to int64) (int64, error) {
	window := make([]byte, borderBytes)
	for end := to; end > from; {
		window = window[:min(borderBytes, end-from)]
		end -= int64(len(window))
		if n, err := s.file.ReadAt(window, end); n < len(window) {
			return 0, fmt.Errorf("source %s: cannot be read behind byte %d: %w", s.Path, end+int64(n), cause(shortened(err)))
		}
		if n := bytes.LastIndexByte(window, '\n'); n >= 0 {
			return end + int64(n) + 1, nil
		}
	}
	return 0, s.tooLong(from, to-from)
}

func (s *Source) tooLong(position, size int64) error {
	return fmt.Errorf("source %s: the line at byte %d is longer than %d bytes", s.Path, position, size)
}

// readPieces reads a stream.
func (s *Source) readPieces(ctx context.Context, plan Plan, yield func(Piece) error) error {
	var position int64
	var rest []byte
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		size, exact := plan(position)
		piece := make([]byte, size)
		n := copy(piece, rest)
		rest = rest[n:]
		n, err := s.fill(piece, n)
		piece = piece[:n]
		if !exact && !errors.Is(err, io.EOF) {
			end := bytes.LastIndexByte(piece, '\n') + 1
			if end == 0 && err == nil {
				return s.tooLong(position, size)
			}
			piece, rest = piece[:end:end], append(piece[end:n:n], rest...)
		}
		next := position + int64(len(piece))
		if len(piece) > 0 {
			if err := yield(Piece{First: position, Next: next, path: s.Path, bytes: piece}); err != nil {
				return err
			}
		}
		position = next
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("source %s: cannot be read behind byte %d: %w", s.Path, position, err)
		}
	}
}

// fill reads behind the first n bytes of p until it is full or an error comes.
func (s *Source) fill(p []byte, n int) (int, error) {
	for n < len(p) {
		m, err := s.Read(p[n:])
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

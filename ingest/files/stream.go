package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/banshift/banshift/ingest/decode"
)

// Lines is who takes the lines of a stream.
type Lines interface {
	// Line takes a line without its end; it is valid until Line returns.
	Line(line []byte, position int64)
	// End says that the lines since the last end make a range. An error ends the reading.
	End(first, next int64) error
	// Pause says that nothing has come for a while: what was ended is not to wait for more.
	Pause()
}

// EachRange reads a stream to its end and gives its lines to to, in ranges that end where
// those of [Source.Pieces] do. Text is decompressed during the work on what came before;
// no more of it is in memory than a line and a few chunks. A range of a live source
// ends too where it is older than patience and nothing is there to read; 0 waits.
func (s *Source) EachRange(ctx context.Context, plan Plan, patience time.Duration, to Lines) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ahead := readAhead(ctx, s)
	r := &lineStream{from: ahead, buf: make([]byte, chunkBytes)}
	for {
		first := r.position
		size, exact := plan(first)
		if s.live && patience > 0 {
			ahead.due = time.After(patience)
		}
		err := r.lines(first+size, exact, to)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if r.position > first {
			if endErr := to.End(first, r.position); endErr != nil {
				return endErr
			}
		}
		switch {
		case err == nil:
		case errors.Is(err, errNothingYet):
			to.Pause()
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errLongLine):
			return s.tooLong(r.position)
		default:
			return &decode.LeftError{At: r.position, Why: fmt.Errorf("source %s: cannot be read behind byte %d: %w", s.Path, r.position, err)}
		}
	}
}

var errLongLine = errors.New("line too long")

// lineStream finds lines in what it reads. position is where buf[start:end], what was read
// and not given yet, stands in the stream.
type lineStream struct {
	from       io.Reader
	buf        []byte
	start, end int
	position   int64
	err        error // of from, once there is one
}

// lines gives the lines up to a position: with the last whole one that begins before it
// or, where that is exact, with what is before it.
func (r *lineStream) lines(until int64, exact bool, to Lines) error {
	for r.position < until {
		text := r.buf[r.start:r.end]
		if exact {
			text = text[:min(int64(len(text)), until-r.position)]
		}
		length := bytes.IndexByte(text, '\n')
		switch ended := exact && r.position+int64(len(text)) == until; {
		case length >= 0:
			to.Line(text[:length], r.position)
			length++
		case ended || len(text) > 0 && errors.Is(r.err, io.EOF):
			to.Line(text, r.position)
			length = len(text)
		case r.err != nil:
			return r.err
		default:
			if err := r.fill(); err != nil {
				return err
			}
			continue
		}
		r.start += length
		r.position += int64(length)
	}
	return nil
}

// fill reads more behind what is there.
func (r *lineStream) fill() error {
	r.end = copy(r.buf, r.buf[r.start:r.end])
	r.start = 0
	if r.end > maxLine {
		return errLongLine
	}
	if r.end == len(r.buf) {
		r.buf = append(r.buf, make([]byte, len(r.buf))...)
	}
	n, err := r.from.Read(r.buf[r.end:])
	r.end += n
	if errors.Is(err, errNothingYet) {
		return err
	}
	r.err = err
	return nil
}

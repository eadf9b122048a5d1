package decode

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/banshift/banshift/ingest/record"
)

// maxLine bounds a line, and so the memory of a line format.
const maxLine = 1 << 20

// checkEvery is how many records are read between two looks at the context.
const checkEvery = 1024

// lineReader cuts a source into lines.
type lineReader struct {
	r   *bufio.Reader
	pos int64
}

func newLineReader(r io.Reader) *lineReader { return &lineReader{r: bufio.NewReaderSize(r, maxLine)} }

// line is one line without its end, valid until the next is read.
type line struct {
	text  []byte
	at    int64
	whole bool // ended by a line feed
	long  bool // longer than maxLine: text is its beginning
}

// next gives a line, io.EOF behind the last one, or a read error.
func (l *lineReader) next() (line, error) {
	at := l.pos
	text, err := l.r.ReadSlice('\n')
	l.pos += int64(len(text))
	switch {
	case err == nil:
		return line{text: trimEnd(text), at: at, whole: true}, nil
	case errors.Is(err, bufio.ErrBufferFull):
		excerpt := bytes.Clone(text[:256])
		return line{text: excerpt, at: at, whole: true, long: true}, l.skipLine()
	case errors.Is(err, io.EOF) && len(text) > 0:
		return line{text: trimEnd(text), at: at}, nil
	case errors.Is(err, io.EOF):
		return line{}, io.EOF
	}
	return line{}, &LeftError{at, fmt.Errorf("read at byte %d: %w", l.pos, err)}
}

// skipLine drops the rest of a line that is too long.
func (l *lineReader) skipLine() error {
	for {
		text, err := l.r.ReadSlice('\n')
		l.pos += int64(len(text))
		switch {
		case err == nil || errors.Is(err, io.EOF):
			return nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return fmt.Errorf("read at byte %d: %w", l.pos, err)
		}
	}
}

func trimEnd(b []byte) []byte {
	b = bytes.TrimSuffix(b, []byte{'\n'})
	return bytes.TrimSuffix(b, []byte{'\r'})
}

// byteOrderMark stands at the beginning of texts that some systems write, and so in the
// middle of what was put together from them.
const byteOrderMark = "\xef\xbb\xbf"

// trimMark drops a byte-order mark.
func trimMark(b []byte) []byte {
	if len(b) >= len(byteOrderMark) && string(b[:len(byteOrderMark)]) == byteOrderMark {
		return b[len(byteOrderMark):]
	}
	return b
}

func isBlank(b []byte) bool { return len(bytes.TrimSpace(b)) == 0 }

// flusher is a decoder that holds records back; flush gives them at the end.
type flusher interface {
	flush(position int64, sink record.Sink)
}

// lineStream decodes a source line by line.
type lineStream struct {
	message Message
}

// Decode implements [Stream].
func (s *lineStream) Decode(ctx context.Context, r io.Reader, sink record.Sink) error {
	last, err := decodeLines(ctx, newLineReader(r), s.message.Decode, sink)
	if f, ok := s.message.(flusher); ok {
		f.flush(last, sink)
	}
	return err
}

// decodeLines hands every line to decode and gives the position of the last one. A
// last line without an end that is rejected means that the source was cut.
func decodeLines(ctx context.Context, lines *lineReader, decode func([]byte, int64, record.Sink), sink record.Sink) (last int64, err error) {
	for n := 0; ; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return last, ctx.Err()
		}
		l, err := lines.next()
		if errors.Is(err, io.EOF) {
			return last, nil
		}
		if err != nil {
			return last, err
		}
		last = l.at
		switch {
		case l.long:
			sink.Reject(lineTooLong, l.text, l.at)
		case l.whole:
			decode(l.text, l.at, sink)
		default:
			w := &rejectWatch{Sink: sink}
			decode(l.text, l.at, w)
			if w.rejected {
				return last, &CutError{At: l.at}
			}
		}
	}
}

// CutError says that a source ends in the middle of the line at a byte; what came before was read.
type CutError struct{ At int64 }

func (e *CutError) Error() string {
	return fmt.Sprintf("ends in the middle of the record at byte %d: the source is cut, what came before was read", e.At)
}

// LeftError says that a source cannot be read on from the record that begins at a byte; of that
// one nothing was made.
type LeftError struct {
	At  int64
	Why error
}

func (e *LeftError) Error() string { return e.Why.Error() }
func (e *LeftError) Unwrap() error { return e.Why }

// Left gives where the record begins.
func (e *LeftError) Left() int64 { return e.At }

// rejectWatch notices a reject on its way to the sink.
type rejectWatch struct {
	record.Sink
	rejected bool
}

func (w *rejectWatch) Reject(reason string, raw []byte, position int64) {
	w.rejected = true
	w.Sink.Reject(reason, raw, position)
}

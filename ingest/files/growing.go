package files

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/banshift/banshift/ingest/decode"
)

// ErrWhole is returned for a file that is no growing log: compressed or binary, it is
// read when it is complete.
var ErrWhole = errors.New("not a log of lines")

// wholeFormats are the formats that cannot be cut at line ends.
var wholeFormats = []decode.Format{decode.Pcap, decode.Parquet, decode.Arrow, decode.Dnstap, decode.Goflow2Protobuf}

// OpenGrowing opens a log of lines that may still grow. It is read as a live source: to
// where it ends now and on, until ctx is done, nothing has come for idle, or another file
// has taken its place. Only whole lines are given; the last one without an end is given
// once the file has been renamed or is older than [restAfter].
func OpenGrowing(ctx context.Context, path string, given decode.Format, idle time.Duration) (*Source, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, ErrWhole // a pipe cannot be read twice
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", path, cause(err))
	}
	t := &tail{ctx: ctx, path: path, file: file, idle: idle}
	s := &Source{Path: path, Format: given, raw: &countingReader{r: t}, file: file, live: true, tail: t}
	if err := s.lookAtLog(t); err != nil {
		file.Close()
		return nil, fmt.Errorf("source %s: %w", path, err)
	}
	return s, nil
}

// lookAtLog recognises the format by what is there and names the log.
func (s *Source) lookAtLog(t *tail) error {
	head := make([]byte, headBytes)
	n, err := s.file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return cause(err)
	}
	head = head[:n]
	if bytes.HasPrefix(head, gzipMagic) || bytes.HasPrefix(head, zstdMagic) || isSkippable(head) {
		return ErrWhole
	}
	if s.Format == "" {
		if s.Format, err = decode.Recognise(head, s.name()); err != nil {
			return unrecognisedError{err}
		}
	}
	if slices.Contains(wholeFormats, s.Format) {
		return ErrWhole
	}
	t.head = head[:min(n, 512)]
	s.reader = bufio.NewReaderSize(s.raw, headBytes)
	s.ID = logID(head)
	if s.ID == "" {
		return errors.New("has no whole record yet")
	}
	return nil
}

// Grows reports a log that is read while it grows.
func (s *Source) Grows() bool { return s.tail != nil }

// Reached is how far a growing log was read: up to a size in bytes, and until when a last
// line without an end waits for it; the zero time where there is none.
func (s *Source) Reached() (size int64, rest time.Time) {
	info, err := s.file.Stat()
	if err == nil && len(s.tail.buf) > 0 {
		rest = info.ModTime().Add(restAfter)
	}
	return s.tail.read, rest
}

// LogID names a log by its first lines up to the first record, so that it is known again
// after it grew, was renamed or compressed; empty where it has no whole record. Nothing
// may have been read.
func (s *Source) LogID() string {
	buffered, ok := s.reader.(*bufio.Reader)
	if !ok || slices.Contains(wholeFormats, s.Format) {
		return ""
	}
	head, _ := buffered.Peek(headBytes)
	return logID(head)
}

func logID(head []byte) string {
	end := 0
	for line := range bytes.Lines(head) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			return ""
		}
		end += len(line)
		if text := bytes.TrimSpace(line); len(text) > 0 && text[0] != '#' {
			sum := sha256.Sum256(head[:end])
			return "log:" + hex.EncodeToString(sum[:12])
		}
	}
	return ""
}

const (
	// tailPause is how often the end of a log is looked at.
	tailPause = 100 * time.Millisecond
	// restAfter is when a last line without an end is taken for whole.
	restAfter = 10 * time.Minute
)

// tail reads whole lines of a log while it grows.
type tail struct {
	ctx  context.Context
	path string
	file *os.File
	idle time.Duration
	head []byte // how it began

	read   int64  // bytes read
	buf    []byte // read and not given
	whole  int    // how many of them are whole lines
	ending bool   // the rest is given, then it ends
}

// Read implements [io.Reader].
func (t *tail) Read(p []byte) (int, error) {
	for since := time.Now(); t.whole == 0; {
		if t.ending {
			return 0, io.EOF
		}
		if t.replaced() {
			return 0, io.EOF
		}
		grew, err := t.more()
		if err != nil {
			return 0, err
		}
		if grew {
			since = time.Now()
			continue
		}
		if t.ctx.Err() != nil {
			return 0, io.EOF
		}
		if time.Since(since) >= t.idle {
			t.ending = true
			if t.closed() {
				t.whole = len(t.buf)
			}
			continue
		}
		select {
		case <-t.ctx.Done():
		case <-time.After(tailPause):
		}
	}
	n := copy(p, t.buf[:t.whole])
	t.buf, t.whole = t.buf[n:], t.whole-n
	return n, nil
}

// more reads what has come.
func (t *tail) more() (grew bool, err error) {
	chunk := make([]byte, chunkBytes)
	n, err := t.file.ReadAt(chunk, t.read)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, cause(err)
	}
	t.read += int64(n)
	t.buf = append(t.buf, chunk[:n]...)
	t.whole = bytes.LastIndexByte(t.buf, '\n') + 1
	if t.whole == 0 && len(t.buf) > maxLine {
		return false, fmt.Errorf("source %s: the line around byte %d is longer than %d bytes", t.path, t.read, maxLine)
	}
	return n > 0, nil
}

// replaced reports that the file was cut, or cut and written anew.
func (t *tail) replaced() bool {
	info, err := t.file.Stat()
	if err != nil || info.Size() < t.read {
		return true
	}
	head := make([]byte, len(t.head))
	n, _ := t.file.ReadAt(head, 0)
	return !bytes.Equal(head[:n], t.head)
}

// closed reports that nobody writes to the file any more, as far as can be seen.
func (t *tail) closed() bool {
	mine, err := t.file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(t.path)
	return err != nil || !os.SameFile(mine, named) || time.Since(mine.ModTime()) > restAfter
}

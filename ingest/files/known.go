package files

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
)

// Named parts the identity of a file into its name, without the ending of a compression, and
// what names its content as it is stored; ok is false for that of another source.
func Named(id string) (name, content string, ok bool) {
	rest, isFile := strings.CutPrefix(id, "file:")
	at := strings.LastIndexByte(rest, ':')
	if !isFile || at < 0 {
		return "", "", false
	}
	return uncompressedName(rest[:at]), rest[at+1:], true
}

// LogName is the name of a log without the ending of a compression.
func LogName(path string) string { return uncompressedName(filepath.Base(path)) }

func uncompressedName(name string) string {
	return strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
}

// Content names the first bytes of a text, decompressed.
type Content struct {
	Bytes int64
	// Digest is of their beginning, and of their number and both ends; at least 0.
	Digest int64
}

// beginningBytes is how much of a text its beginning is.
const beginningBytes = 512

// digest makes a [Content]'s: 31 bits of the beginning, 32 of the whole.
func digest(text io.ReaderAt, n int64) (int64, error) {
	beginning, err := digestOfBeginning(text, n)
	if err != nil {
		return 0, err
	}
	whole, err := contentHash(text, n)
	return beginning | int64(bigEndian(whole)), err
}

func digestOfBeginning(text io.ReaderAt, n int64) (int64, error) {
	beginning := make([]byte, min(n, beginningBytes))
	if _, err := text.ReadAt(beginning, 0); err != nil {
		return 0, err
	}
	sum := sha256.Sum256(beginning)
	return int64(bigEndian(sum[:])>>1) << 32, nil
}

func bigEndian(b []byte) uint32 { return binary.BigEndian.Uint32(b) }

// Content names what was read of a file, up to a byte, or to its end where that is before; false
// for what cannot be read again.
func (s *Source) Content(upTo int64) (Content, bool, error) {
	if s.live {
		return Content{}, false, nil
	}
	read, n := io.ReaderAt(s.file), s.Size
	if s.seen.n > 0 {
		read, n = &s.seen, s.seen.n
	}
	if n = min(n, upTo); n == 0 {
		return Content{}, false, nil
	}
	d, err := digest(read, n)
	if errors.Is(err, io.EOF) { // too far back of a stream
		return Content{}, false, nil
	}
	return Content{n, d}, err == nil, err
}

// Prefix is a content that a file may begin with.
type Prefix struct {
	Content
	// Near: that is enough to know the file by. Others count only where a line ends.
	Near bool
}

// Beginning says what a file begins with.
type Beginning struct {
	Prefix int // which of the prefixes; -1: none
	// Whole: the file has nothing behind it.
	Whole bool
	// Cut is how the line begins, in the content, that the content ends in the middle of.
	Cut []byte
}

// BeginsAs gives the longest of the prefixes that the file at a path begins with: it is the
// same one, renamed, grown or compressed since.
func BeginsAs(ctx context.Context, path string, prefixes []Prefix) (Beginning, error) {
	none := Beginning{Prefix: -1}
	file, err := openFile(ctx, path)
	if err != nil {
		return none, fmt.Errorf("source %s: %w", path, cause(err))
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return none, err
	}
	s := &Source{Path: path, raw: &countingReader{r: file}, file: file}
	plain, err := s.decompress()
	if err != nil {
		return none, fmt.Errorf("source %s: %w", path, err)
	}
	var text prefixed = &plainText{file, info.Size()}
	if s.Compressed {
		text = &streamedText{from: plain}
	}
	best, err := longest(ctx, text, prefixes)
	if err != nil {
		return best, fmt.Errorf("source %s: %w", path, err)
	}
	return best, nil
}

// prefixed is a text of which one stretch after the other is looked at.
type prefixed interface {
	io.ReaderAt
	// reach goes on to a position; false: the text ends before. whole: it ends there.
	reach(ctx context.Context, n int64) (ok, whole bool, err error)
}

// longest looks at the prefixes, the shortest first.
func longest(ctx context.Context, text prefixed, prefixes []Prefix) (Beginning, error) {
	order := make([]int, len(prefixes))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(prefixes[a].Bytes, prefixes[b].Bytes) })
	best := Beginning{Prefix: -1}
	like := int64(-1) // digest of the text's beginning, once that is there
	for _, i := range order {
		n := prefixes[i].Bytes
		if like >= 0 && prefixes[i].Digest&^math.MaxUint32 != like {
			continue
		}
		ok, _, err := text.reach(ctx, min(n, beginningBytes))
		if err != nil || !ok {
			return best, err
		}
		if n >= beginningBytes && like < 0 {
			if like, err = digestOfBeginning(text, beginningBytes); err != nil {
				return best, err
			}
			if prefixes[i].Digest&^math.MaxUint32 != like {
				continue
			}
		}
		ok, whole, err := text.reach(ctx, n)
		if err != nil || !ok {
			return best, err
		}
		ends := whole || endsLine(text, n)
		if !ends && !prefixes[i].Near {
			continue
		}
		is, err := digest(text, n)
		if err != nil {
			return best, err
		}
		if is != prefixes[i].Digest {
			continue
		}
		best = Beginning{Prefix: i, Whole: whole}
		if !ends {
			if best.Cut, err = lineBefore(text, n); err != nil {
				return best, err
			}
		}
	}
	return best, nil
}

// endsLine reports whether a line ends at a position of a text, which has more behind it.
func endsLine(text io.ReaderAt, n int64) bool {
	for at := n - 1; at <= n; at++ {
		var b [1]byte
		if _, err := text.ReadAt(b[:], at); err == nil && b[0] == '\n' {
			return true
		}
	}
	return false
}

// lineBefore gives what stands between the last end of a line before a position and that; nothing where
// that is too long to be looked at.
func lineBefore(text io.ReaderAt, n int64) ([]byte, error) {
	window := make([]byte, min(n, fingerprintBytes))
	if _, err := text.ReadAt(window, n-int64(len(window))); err != nil {
		return nil, err
	}
	at := bytes.LastIndexByte(window, '\n')
	if at < 0 && n > int64(len(window)) {
		return nil, nil
	}
	return window[at+1:], nil
}

// plainText is a file that is not compressed.
type plainText struct {
	io.ReaderAt
	size int64
}

func (t *plainText) reach(_ context.Context, n int64) (ok, whole bool, err error) {
	return n <= t.size, n == t.size, nil
}

// streamedText is what was read of a stream, and one chunk ahead.
type streamedText struct {
	ends
	from  io.Reader
	ahead []byte
	ended bool
	cut   bool // what it is made of is damaged there
}

// reach reads on to a position.
func (t *streamedText) reach(ctx context.Context, n int64) (ok, whole bool, err error) {
	for t.n < n || len(t.ahead) == 0 && !t.ended {
		if err := ctx.Err(); err != nil {
			return false, false, err
		}
		if len(t.ahead) == 0 {
			if t.ended {
				return false, false, nil
			}
			t.readAhead()
			continue
		}
		took := min(n-t.n, int64(len(t.ahead)))
		t.write(t.ahead[:took])
		t.ahead = t.ahead[took:]
	}
	return true, len(t.ahead) == 0 && !t.cut, nil
}

// readAhead reads a chunk. Damage is an end: who reads the file will name it.
func (t *streamedText) readAhead() {
	chunk := make([]byte, fingerprintBytes)
	n, err := io.ReadFull(t.from, chunk)
	t.ahead, t.ended = chunk[:n], err != nil
	t.cut = err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF)
}

// ReadAt implements [io.ReaderAt] for the ends of what was read, and the byte behind.
func (t *streamedText) ReadAt(p []byte, at int64) (int, error) {
	if at == t.n && len(t.ahead) > 0 && len(p) == 1 {
		p[0] = t.ahead[0]
		return 1, nil
	}
	return t.ends.ReadAt(p, at)
}

// ends are the first and the last bytes of what was read of a stream.
type ends struct {
	first, last []byte
	n           int64
}

// write takes what was read.
func (e *ends) write(p []byte) {
	e.n += int64(len(p))
	e.first = append(e.first, p[:min(len(p), fingerprintBytes-len(e.first))]...)
	p = p[max(0, len(p)-fingerprintBytes):]
	if surplus := len(e.last) + len(p) - 2*fingerprintBytes; surplus > 0 {
		e.last = append(e.last[:0], e.last[max(0, len(e.last)+len(p)-fingerprintBytes):]...)
	}
	e.last = append(e.last, p...)
}

// ReadAt implements [io.ReaderAt] for what is there.
func (e *ends) ReadAt(p []byte, at int64) (int, error) {
	from, begin := e.first, int64(0)
	if at >= e.n-int64(len(e.last)) && at+int64(len(p)) > int64(len(e.first)) {
		from, begin = e.last, e.n-int64(len(e.last))
	}
	if at-begin >= int64(len(from)) {
		return 0, io.EOF
	}
	n := copy(p, from[at-begin:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

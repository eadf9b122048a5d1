package files

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// Named parts the identity of a file into its name, without the ending of a compression, and
// what names its content; ok is false for that of another source.
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

// Prefix is the first bytes of a content, by what names them.
type Prefix struct {
	Bytes   int64
	Content string
}

// BeginsAs gives which of the prefixes the log at a path begins with, the longest: the same
// file, grown or compressed since. It is -1 where it begins with none.
func BeginsAs(ctx context.Context, path string, prefixes []Prefix) (int, error) {
	file, err := openFile(ctx, path)
	if err != nil {
		return -1, fmt.Errorf("source %s: %w", path, cause(err))
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return -1, err
	}
	s := &Source{Path: path, raw: &countingReader{r: file}, file: file}
	plain, err := s.decompress()
	if err != nil {
		return -1, fmt.Errorf("source %s: %w", path, err)
	}
	order := make([]int, len(prefixes))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(prefixes[a].Bytes, prefixes[b].Bytes) })
	best, stream := -1, &ends{}
	for _, i := range order {
		var content io.ReaderAt = file
		switch n := prefixes[i].Bytes; {
		case s.Compressed:
			if err := stream.readTo(ctx, plain, n); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return best, nil
			} else if err != nil {
				return best, fmt.Errorf("source %s: %w", path, err)
			}
			content = stream
		case n > info.Size():
			return best, nil
		}
		hash, err := contentHash(content, prefixes[i].Bytes)
		if err != nil {
			return best, err
		}
		if hash == prefixes[i].Content {
			best = i
		}
	}
	return best, nil
}

// ends are the first and the last bytes of what was read of a stream.
type ends struct {
	first, last []byte
	n           int64
}

// readTo reads on to a position.
func (e *ends) readTo(ctx context.Context, r io.Reader, n int64) error {
	for e.n < n {
		if err := ctx.Err(); err != nil {
			return err
		}
		chunk := make([]byte, min(n-e.n, fingerprintBytes))
		if _, err := io.ReadFull(r, chunk); err != nil {
			return err
		}
		e.n += int64(len(chunk))
		e.first = append(e.first, chunk[:min(len(chunk), fingerprintBytes-len(e.first))]...)
		e.last = append(e.last, chunk...)
		e.last = bytes.Clone(e.last[max(0, len(e.last)-fingerprintBytes):])
	}
	return nil
}

// ReadAt implements [io.ReaderAt] for what is there.
func (e *ends) ReadAt(p []byte, at int64) (int, error) {
	from, begin := e.first, int64(0)
	if at >= e.n-int64(len(e.last)) && at != 0 {
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

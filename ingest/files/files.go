// Package files finds and opens telemetry in files, directories and on standard
// input: it sees through gzip and zstandard, recognises the format, and hands the
// bytes on with an identity by which a store knows them again.
//
// It must never interpret a record: that is for ingest/decode and ingest/meter.
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
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/banshift/banshift/ingest/decode"
)

// Stdin is the name that stands for standard input.
const Stdin = "-"

// headBytes is how much is looked at to recognise a format.
const headBytes = 64 << 10

// File is one thing to read.
type File struct {
	// Path is where it lies; [Stdin] for standard input.
	Path string
	// Explicit: named by the user, not found in a directory; an unrecognised one is an error.
	Explicit bool
}

// Find lists the files behind the arguments: a file or [Stdin] stands for itself, a
// directory for every regular file below it, sorted, hidden ones left out. Symbolic links
// are followed; a file that is reached in several ways is listed once. A directory without
// files is an error.
func Find(args []string) ([]File, error) {
	f := &finder{seen: map[string]bool{}}
	for _, arg := range args {
		if arg == Stdin {
			f.found = append(f.found, File{Stdin, true})
			continue
		}
		info, err := os.Stat(arg)
		if err != nil {
			return nil, fmt.Errorf("source %s: %w", arg, cause(err))
		}
		if !info.IsDir() {
			f.add(File{arg, true})
			continue
		}
		before := len(f.found)
		if err := f.below(arg); err != nil {
			return nil, err
		}
		if len(f.found) == before {
			return nil, fmt.Errorf("source %s: the directory has no files", arg)
		}
		slices.SortFunc(f.found[before:], func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	}
	return f.found, nil
}

// finder collects files, each once.
type finder struct {
	found []File
	seen  map[string]bool // by path without symbolic links; directories too
}

// first reports whether a path, its links followed, is met for the first time.
func (f *finder) first(path string) bool {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false // a broken link
	}
	if absolute, err := filepath.Abs(real); err == nil {
		real = absolute
	}
	if f.seen[real] {
		return false
	}
	f.seen[real] = true
	return true
}

func (f *finder) add(file File) {
	if f.first(file.Path) {
		f.found = append(f.found, file)
	}
}

func (f *finder) below(dir string) error {
	if !f.first(dir) {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("source %s: %w", dir, cause(err))
	}
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		info, err := os.Stat(path)
		if err != nil || strings.HasPrefix(entry.Name(), ".") {
			continue // hidden, a broken link, or gone meanwhile
		}
		switch {
		case info.IsDir():
			if err := f.below(path); err != nil {
				return err
			}
		case info.Mode().IsRegular():
			f.add(File{Path: path})
		}
	}
	return nil
}

// cause drops the path that an error of package os repeats.
func cause(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}

// Source is an opened file.
type Source struct {
	// ID names the content: base name and a fingerprint of size, first and last bytes.
	// Standard input has a fresh one each time.
	ID     string
	Path   string
	Format decode.Format
	// Size in bytes as stored, or 0 where unknown.
	Size int64
	// Compressed: byte positions are those of the decompressed stream and cannot be sought.
	Compressed bool

	raw    *countingReader
	reader io.Reader
	file   *os.File // nil for standard input
	plain  bool
	live   bool
	tail   *tail // of a growing log
	seen   ends  // of what was read
}

// ErrUnrecognised is returned for content of no known format.
var ErrUnrecognised = errors.New("format not recognised")

// unrecognisedError is an [ErrUnrecognised] in the words of the recognition.
type unrecognisedError struct{ error }

func (unrecognisedError) Is(target error) bool { return target == ErrUnrecognised }

// Open opens a file and recognises its format, unless one is given. stdin is read
// where the file is [Stdin]. A live source ends when ctx is done, as if its writer had closed it.
func Open(ctx context.Context, f File, given decode.Format, stdin io.Reader) (*Source, error) {
	s, err := open(ctx, f.Path, stdin)
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", f.Path, cause(err))
	}
	if err := s.look(given); err != nil {
		s.Close()
		return nil, fmt.Errorf("source %s: %w", f.Path, err)
	}
	return s, nil
}

func open(ctx context.Context, path string, stdin io.Reader) (*Source, error) {
	if path == Stdin {
		return &Source{ID: freshID(), Path: path, raw: &countingReader{r: untilDone(ctx, stdin)}, live: true}, nil
	}
	file, err := openFile(ctx, path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, err
	}
	s := &Source{Path: path, Size: info.Size(), raw: &countingReader{r: file}, file: file, plain: info.Mode().IsRegular()}
	if s.live = !info.Mode().IsRegular(); s.live {
		s.raw.r = untilDone(ctx, file)
	}
	if s.ID, err = fingerprint(file, info); err != nil {
		file.Close()
		return nil, err
	}
	return s, nil
}

// look decompresses and recognises.
func (s *Source) look(given decode.Format) error {
	plain, err := s.decompress()
	if err != nil {
		return err
	}
	buffered := bufio.NewReaderSize(plain, headBytes)
	s.reader = buffered
	if _, err := buffered.Peek(1); errors.Is(err, io.EOF) {
		return errors.New("is empty")
	} else if err != nil {
		return fmt.Errorf("cannot be read: %w", err)
	}
	if s.Format = given; given != "" {
		return nil
	}
	s.Format, err = s.recognise(buffered)
	return err
}

// recognise looks at the beginning. Of a live source that is what has come so far, and
// more only where that is not enough.
func (s *Source) recognise(from *bufio.Reader) (decode.Format, error) {
	wanted := headBytes
	if s.live {
		wanted = from.Buffered()
	}
	for {
		head, readErr := from.Peek(wanted)
		format, err := decode.Recognise(head, s.name())
		if err == nil {
			return format, nil
		}
		if readErr != nil || wanted == headBytes {
			return "", unrecognisedError{err}
		}
		wanted = min(from.Buffered()+1, headBytes)
	}
}

// name is the file's name without the ending of a compression.
func (s *Source) name() string {
	return LogName(s.Path)
}

// Magic numbers: RFC 1952 section 2.3.1, RFC 8878 section 3.1.1.
var (
	gzipMagic = []byte{0x1f, 0x8b}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// isSkippable knows a skippable frame of zstandard (RFC 8878 section 3.1.2), which pzstd
// writes before each of its frames.
func isSkippable(head []byte) bool {
	return len(head) >= 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:4], []byte{0x2a, 0x4d, 0x18})
}

func (s *Source) decompress() (io.Reader, error) {
	buffered := bufio.NewReaderSize(s.raw, 256<<10)
	head, _ := buffered.Peek(4)
	switch {
	case bytes.HasPrefix(head, gzipMagic):
		s.Compressed, s.plain = true, false
		r, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		return r, nil
	case bytes.HasPrefix(head, zstdMagic), isSkippable(head):
		s.Compressed, s.plain = true, false
		r, err := zstd.NewReader(buffered, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
		if err != nil {
			return nil, fmt.Errorf("zstandard: %w", err)
		}
		return r, nil
	}
	return buffered, nil
}

// Live reports a source that is read while it is written and cannot be read again:
// standard input, a pipe.
func (s *Source) Live() bool { return s.live }

// Plain reports a regular file, not compressed: its bytes can be read in any order.
func (s *Source) Plain() bool { return s.plain }

// Read gives the decompressed bytes.
func (s *Source) Read(p []byte) (int, error) {
	n, err := s.reader.Read(p)
	if !s.live {
		s.seen.write(p[:n])
	}
	return n, err
}

// Limit ends a source that was not read yet behind a number of bytes.
func (s *Source) Limit(n int64) { s.reader = io.LimitReader(s.reader, n) }

// Consumed is how many of Size bytes have been read, for a progress display.
func (s *Source) Consumed() int64 { return s.raw.n.Load() }

// Progress gives Consumed for as long as it is asked, without what the source has in memory.
func (s *Source) Progress() func() int64 { return s.raw.n.Load }

// CountInto has what is read of the source, before its compression is seen through, added to total from now on.
func (s *Source) CountInto(total *atomic.Int64) { s.raw.total.Store(total) }

// Close closes the file.
func (s *Source) Close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// maxBuffered is how much of a compressed or streamed columnar file is taken into memory.
const maxBuffered = 128 << 20

// Seekable gives the whole content for formats that are read from their end: the file
// itself, or a copy in memory where it is compressed or a stream. Read must not have
// been called.
func (s *Source) Seekable() (decode.Source, error) {
	if s.file != nil && !s.Compressed {
		if _, err := s.file.Seek(0, io.SeekStart); err != nil {
			return nil, cause(err)
		}
		return s.file, nil
	}
	content := &buffered{}
	if err := content.fill(s, maxBuffered); err != nil {
		return nil, err
	}
	return io.NewSectionReader(content, 0, content.size), nil
}

// fingerprintBytes is how much of each end of a file goes into its identity.
const fingerprintBytes = 256 << 10

// fingerprint names a file by its base name, size, first and last bytes, so that the
// same content is known again wherever it lies.
func fingerprint(file *os.File, info fs.FileInfo) (string, error) {
	if !info.Mode().IsRegular() {
		return freshID(), nil
	}
	hash, err := contentHash(file, info.Size())
	return "file:" + info.Name() + ":" + hex.EncodeToString(hash), err
}

// contentHashBytes is how much of a hash names a content.
const contentHashBytes = 8

// contentHash names the first n bytes of a content.
func contentHash(content io.ReaderAt, n int64) ([]byte, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%d\n", n)
	for _, from := range []int64{0, max(0, n-fingerprintBytes)} {
		if _, err := io.Copy(h, io.NewSectionReader(content, from, min(fingerprintBytes, n-from))); err != nil {
			return nil, err
		}
	}
	return h.Sum(nil)[:contentHashBytes], nil
}

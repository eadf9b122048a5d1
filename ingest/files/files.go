// Package files finds and opens telemetry in files, directories and on standard
// input: it sees through gzip and zstandard, recognises the format, and hands the
// bytes on with an identity by which a store knows them again.
//
// It must never interpret a record: that is for ingest/decode and ingest/meter.
package files

import (
	"bufio"
	"bytes"
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
// directory for every regular file below it, sorted, hidden ones left out. A
// directory without files is an error.
func Find(args []string) ([]File, error) {
	var found []File
	for _, arg := range args {
		if arg == Stdin {
			found = append(found, File{Stdin, true})
			continue
		}
		info, err := os.Stat(arg)
		if err != nil {
			return nil, fmt.Errorf("source %s: %w", arg, cause(err))
		}
		if !info.IsDir() {
			found = append(found, File{arg, true})
			continue
		}
		below, err := findBelow(arg)
		if err != nil {
			return nil, err
		}
		if len(below) == 0 {
			return nil, fmt.Errorf("source %s: the directory has no files", arg)
		}
		found = append(found, below...)
	}
	return found, nil
}

func findBelow(dir string) ([]File, error) {
	var found []File
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("source %s: %w", path, cause(err))
		}
		hidden := path != dir && strings.HasPrefix(entry.Name(), ".")
		if entry.IsDir() && hidden {
			return filepath.SkipDir
		}
		if hidden || !isRegular(path, entry) {
			return nil
		}
		found = append(found, File{Path: path})
		return nil
	})
	slices.SortFunc(found, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return found, err
}

// isRegular follows a symbolic link to a file.
func isRegular(path string, entry fs.DirEntry) bool {
	if entry.Type().IsRegular() {
		return true
	}
	info, err := os.Stat(path)
	return err == nil && entry.Type()&fs.ModeSymlink != 0 && info.Mode().IsRegular()
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
}

// ErrUnrecognised is returned for content of no known format.
var ErrUnrecognised = errors.New("format not recognised")

// unrecognisedError is an [ErrUnrecognised] in the words of the recognition.
type unrecognisedError struct{ error }

func (unrecognisedError) Is(target error) bool { return target == ErrUnrecognised }

// Open opens a file and recognises its format, unless one is given. stdin is read
// where the file is [Stdin].
func Open(f File, given decode.Format, stdin io.Reader) (*Source, error) {
	s, err := open(f.Path, stdin)
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", f.Path, cause(err))
	}
	if err := s.look(given); err != nil {
		s.Close()
		return nil, fmt.Errorf("source %s: %w", f.Path, err)
	}
	return s, nil
}

func open(path string, stdin io.Reader) (*Source, error) {
	if path == Stdin {
		return &Source{ID: freshID(), Path: path, raw: &countingReader{r: stdin}}, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, err
	}
	s := &Source{Path: path, Size: info.Size(), raw: &countingReader{r: file}, file: file, plain: info.Mode().IsRegular()}
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
	head, err := buffered.Peek(headBytes)
	if err != nil && !errors.Is(err, io.EOF) && len(head) == 0 {
		return fmt.Errorf("cannot be read: %w", err)
	}
	s.reader = buffered
	if len(head) == 0 {
		return errors.New("is empty")
	}
	if s.Format = given; given != "" {
		return nil
	}
	name := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(s.Path), ".gz"), ".zst")
	if s.Format, err = decode.Recognise(head, name); err != nil {
		return unrecognisedError{err}
	}
	return nil
}

// Magic numbers: RFC 1952 section 2.3.1, RFC 8878 section 3.1.1.
var (
	gzipMagic = []byte{0x1f, 0x8b}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

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
	case bytes.HasPrefix(head, zstdMagic):
		s.Compressed, s.plain = true, false
		r, err := zstd.NewReader(buffered, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
		if err != nil {
			return nil, fmt.Errorf("zstandard: %w", err)
		}
		return r, nil
	}
	return buffered, nil
}

// Plain reports a regular file, not compressed: its bytes can be read in any order.
func (s *Source) Plain() bool { return s.plain }

// Read gives the decompressed bytes.
func (s *Source) Read(p []byte) (int, error) { return s.reader.Read(p) }

// Consumed is how many of Size bytes have been read, for a progress display.
func (s *Source) Consumed() int64 { return s.raw.n.Load() }

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
			return nil, fmt.Errorf("source %s: %w", s.Path, cause(err))
		}
		return s.file, nil
	}
	content := &buffered{}
	if err := content.fill(s, maxBuffered); err != nil {
		return nil, fmt.Errorf("source %s: %w", s.Path, err)
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
	h := sha256.New()
	fmt.Fprintf(h, "%d\n", info.Size())
	for _, from := range []int64{0, max(0, info.Size()-fingerprintBytes)} {
		if _, err := io.Copy(h, io.NewSectionReader(file, from, fingerprintBytes)); err != nil {
			return "", err
		}
	}
	return "file:" + info.Name() + ":" + hex.EncodeToString(h.Sum(nil)[:8]), nil
}

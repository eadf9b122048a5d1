package files

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/banshift/banshift/ingest/decode"
)

// asStream and asFile are the two ways in which lines are read.
func asStream(t *testing.T, text string) *Source {
	t.Helper()
	src, err := Open(t.Context(), File{Path: Stdin}, decode.Goflow2JSON, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func asFile(t *testing.T, text string) *Source {
	t.Helper()
	src, err := Open(t.Context(), File{Path: put(t, "lines.json", []byte(text))}, decode.Goflow2JSON, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

var ways = map[string]func(*testing.T, string) *Source{"stream": asStream, "file": asFile}

// read gives the lines of a source, and where each of its ranges ends.
func read(src *Source, plan Plan, line func([]byte, int64), end func(first, next int64) error) error {
	ctx := context.Background()
	if !src.Plain() {
		return src.EachRange(ctx, plan, 0, funcs{line, end})
	}
	reader := LineReader{buf: make([]byte, 7)} // shorter than a line
	return src.Pieces(ctx, plan, func(p Piece) error {
		if err := reader.EachLine(p, line); err != nil {
			return err
		}
		return end(p.First, p.Next)
	})
}

// funcs are [Lines].
type funcs struct {
	line func([]byte, int64)
	end  func(first, next int64) error
}

func (f funcs) Line(line []byte, position int64) { f.line(line, position) }
func (f funcs) Pause()                           {}
func (f funcs) End(first, next int64) error      { return f.end(first, next) }

// randomLines gives n short lines, some of them empty.
func randomLines(random *rand.Rand, n int) string {
	var text strings.Builder
	for range n {
		text.WriteString(strings.Repeat("x", random.IntN(30)) + "\n")
	}
	return text.String()
}

// TestPiecesAgainstWhole cuts random text in random plans and reads its lines.
func TestPiecesAgainstWhole(t *testing.T) {
	for name, open := range ways {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(7, 8))
			for range 200 {
				text := randomLines(random, random.IntN(60)) + strings.Repeat("y", random.IntN(3))
				if text != "" {
					checkPieces(t, random, open(t, text), text)
				}
			}
		})
	}
}

// checkPieces reads src, whose content is text, by a random plan.
func checkPieces(t *testing.T, random *rand.Rand, src *Source, text string) {
	t.Helper()
	exact := map[int64]bool{}
	plan := func(position int64) (int64, bool) {
		if random.IntN(4) == 0 {
			// A range that was written down ends at a line's end, or with the source.
			size := int64(strings.IndexByte(text[position:], '\n') + 1)
			if size == 0 {
				size = int64(len(text)) - position
			}
			exact[position+size] = true
			return size, true
		}
		return int64(1 + random.IntN(70)), false
	}
	var got strings.Builder
	var end int64
	err := read(src, plan, func(line []byte, position int64) {
		if position != int64(got.Len()) {
			t.Fatalf("line at %d, want %d", position, got.Len())
		}
		got.Write(line)
		if got.Len() < len(text) {
			got.WriteByte('\n')
		}
	}, func(first, next int64) error {
		if first != end {
			t.Fatalf("range from %d, want %d", first, end)
		}
		end = next
		if end < int64(len(text)) && !exact[end] && text[end-1] != '\n' {
			t.Fatalf("a range ends inside a line at %d", end)
		}
		if got.Len() != int(next) {
			t.Fatalf("a range ends at %d behind lines to %d", next, got.Len())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != text || end != int64(len(text)) {
		t.Fatalf("got %q to %d, want %q", got.String(), end, text)
	}
}

// TestStreamInSmallSteps has every line come byte by byte into a buffer shorter than it.
func TestStreamInSmallSteps(t *testing.T) {
	random := rand.New(rand.NewPCG(13, 14))
	for range 200 {
		text := randomLines(random, 1+random.IntN(20)) + strings.Repeat("y", random.IntN(3))
		r := &lineStream{from: iotest.OneByteReader(strings.NewReader(text)), buf: make([]byte, 7)}
		var got []string
		var err error
		for err == nil {
			err = r.lines(r.position+int64(1+random.IntN(70)), false, funcs{line: func(line []byte, position int64) {
				if !strings.HasPrefix(text[position:], string(line)) {
					t.Fatalf("line %q is not at %d", line, position)
				}
				got = append(got, string(line))
			}})
		}
		if want := strings.TrimSuffix(text, "\n"); !errors.Is(err, io.EOF) || strings.Join(got, "\n") != want {
			t.Fatalf("got %q, error %v, want %q", got, err, want)
		}
	}
}

// TestReadingEndsWithItsContext cancels the reading of a stream that gives nothing.
func TestReadingEndsWithItsContext(t *testing.T) {
	silent, writer := io.Pipe()
	defer writer.Close()
	go writer.Write([]byte("line\n"))
	src := &Source{Path: "silent", reader: silent}
	ctx, cancel := context.WithCancel(context.Background())
	err := src.EachRange(ctx, func(int64) (int64, bool) { return 100, false }, 0, funcs{
		line: func([]byte, int64) { cancel() },
		end:  func(first, next int64) error { t.Errorf("range %d to %d ended", first, next); return nil },
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestTooLongLine(t *testing.T) {
	for name, open := range ways {
		t.Run(name, func(t *testing.T) {
			src := open(t, "ab\n"+strings.Repeat("c", maxLine+1<<20))
			err := read(src, func(int64) (int64, bool) { return 10, false }, func([]byte, int64) {}, func(int64, int64) error { return nil })
			if err == nil || !strings.Contains(err.Error(), "is longer than 16777216 bytes") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestPiecesEndAlike has a file and a stream cut at the same places: where the line of a
// piece's last planned byte ends.
func TestPiecesEndAlike(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	for range 100 {
		text := randomLines(random, 1+random.IntN(60))
		size := int64(1 + random.IntN(100))
		for name, open := range ways {
			plan := func(int64) (int64, bool) { return size, false }
			err := read(open(t, text), plan, func([]byte, int64) {}, func(first, next int64) error {
				want := int64(len(text))
				if planned := first + size - 1; planned < want {
					want = planned + int64(strings.IndexByte(text[planned:], '\n')) + 1
				}
				if next != want {
					t.Errorf("%s: a range of %d bytes at %d ends at %d, want %d", name, size, first, next, want)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestFileThatBecomesShorter(t *testing.T) {
	src := asFile(t, strings.Repeat("line\n", 100))
	var pieces []Piece
	err := src.Pieces(context.Background(), func(int64) (int64, bool) { return 250, false }, func(p Piece) error {
		pieces = append(pieces, p)
		return nil
	})
	if err != nil || len(pieces) != 2 {
		t.Fatalf("%d pieces, error %v", len(pieces), err)
	}
	if err := os.Truncate(src.Path, 300); err != nil {
		t.Fatal(err)
	}
	var reader LineReader
	lines := 0
	count := func([]byte, int64) { lines++ }
	if err := reader.EachLine(pieces[0], count); err != nil || lines != 50 {
		t.Errorf("first piece: %d lines, error %v", lines, err)
	}
	if err := reader.EachLine(pieces[1], count); err == nil || !strings.Contains(err.Error(), "behind byte 300: the file became shorter") {
		t.Errorf("second piece: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte(line))
	f.Add([]byte("\x1f\x8b\x08\x00"))
	f.Add([]byte("\x28\xb5\x2f\xfd\x00\x00"))
	f.Add([]byte("#separator \\x09\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		src, err := Open(t.Context(), File{Path: Stdin}, "", bytes.NewReader(content))
		if err != nil {
			return
		}
		var total int64
		err = read(src, func(int64) (int64, bool) { return 1 << 12, false }, func([]byte, int64) {}, func(first, next int64) error {
			if first != total {
				t.Fatalf("position %d, want %d", first, total)
			}
			if total = next; total > 1<<24 {
				return errors.New("enough")
			}
			return nil
		})
		_ = err // cut or broken compression is an error, not a panic
	})
}

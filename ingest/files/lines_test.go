package files

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/banshift/banshift/ingest/decode"
)

// asStream and asFile are the two ways in which lines are read.
func asStream(t *testing.T, text string) *Source {
	t.Helper()
	src, err := Open(File{Path: Stdin}, decode.Goflow2JSON, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func asFile(t *testing.T, text string) *Source {
	t.Helper()
	src, err := Open(File{Path: put(t, "lines.json", []byte(text))}, decode.Goflow2JSON, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

var ways = map[string]func(*testing.T, string) *Source{"stream": asStream, "file": asFile}

// TestPiecesAgainstWhole cuts random text in random plans and reads its lines.
func TestPiecesAgainstWhole(t *testing.T) {
	for name, open := range ways {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(7, 8))
			for range 200 {
				var text strings.Builder
				for range random.IntN(60) {
					text.WriteString(strings.Repeat("x", random.IntN(30)) + "\n")
				}
				text.WriteString(strings.Repeat("y", random.IntN(3)))
				if text.Len() > 0 {
					checkPieces(t, random, open(t, text.String()), text.String())
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
	reader := LineReader{buf: make([]byte, 7)} // shorter than a line
	var got strings.Builder
	var end int64
	err := src.Pieces(context.Background(), plan, func(p Piece) error {
		if p.First != end {
			t.Fatalf("piece at %d, want %d", p.First, end)
		}
		end = p.Next
		if end < int64(len(text)) && !exact[end] && text[end-1] != '\n' {
			t.Fatalf("a piece ends inside a line at %d", end)
		}
		return reader.EachLine(p, func(line []byte, position int64) {
			if position != int64(got.Len()) {
				t.Fatalf("line at %d, want %d", position, got.Len())
			}
			got.Write(line)
			if got.Len() < len(text) {
				got.WriteByte('\n')
			}
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != text || end != int64(len(text)) {
		t.Fatalf("got %q to %d, want %q", got.String(), end, text)
	}
}

func TestTooLongLine(t *testing.T) {
	for name, open := range ways {
		t.Run(name, func(t *testing.T) {
			src := open(t, "ab\n"+strings.Repeat("c", maxLine+1<<20))
			err := src.Pieces(context.Background(), func(int64) (int64, bool) { return 10, false }, func(Piece) error { return nil })
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
		var text strings.Builder
		for range 1 + random.IntN(60) {
			text.WriteString(strings.Repeat("x", random.IntN(30)) + "\n")
		}
		size := int64(1 + random.IntN(100))
		for name, open := range ways {
			err := open(t, text.String()).Pieces(context.Background(), func(int64) (int64, bool) { return size, false }, func(p Piece) error {
				want := int64(text.Len())
				if planned := p.First + size - 1; planned < want {
					want = planned + int64(strings.IndexByte(text.String()[planned:], '\n')) + 1
				}
				if p.Next != want {
					t.Errorf("%s: a piece of %d bytes at %d ends at %d, want %d", name, size, p.First, p.Next, want)
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
		src, err := Open(File{Path: Stdin}, "", bytes.NewReader(content))
		if err != nil {
			return
		}
		var reader LineReader
		var total int64
		err = src.Pieces(context.Background(), func(int64) (int64, bool) { return 1 << 12, false }, func(p Piece) error {
			if p.First != total {
				t.Fatalf("position %d, want %d", p.First, total)
			}
			if total = p.Next; total > 1<<24 {
				return errors.New("enough")
			}
			return reader.EachLine(p, func([]byte, int64) {})
		})
		_ = err // cut or broken compression is an error, not a panic
	})
}

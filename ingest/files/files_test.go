package files

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/banshift/banshift/ingest/decode"
)

const line = `{"type":"NETFLOW_V9","time_received_ns":1523836801000000000,"sampling_rate":1,"time_flow_start_ns":1523836800000000000,"bytes":1200,"packets":3,"src_addr":"198.18.0.1","dst_addr":"192.0.2.10","proto":"UDP","src_port":40000,"dst_port":1194}` + "\n"

func gz(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zst(t *testing.T, text string) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return w.EncodeAll([]byte(text), nil)
}

func put(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCompressionIsSeenThrough(t *testing.T) {
	for name, content := range map[string][]byte{"a.json": []byte(line), "a.json.gz": gz(t, line), "odd-name": zst(t, line)} {
		src, err := Open(File{Path: put(t, name, content)}, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		if src.Format != decode.Goflow2JSON {
			t.Errorf("%s is taken for %s", name, src.Format)
		}
		var got bytes.Buffer
		if _, err := got.ReadFrom(src); err != nil || got.String() != line {
			t.Errorf("%s: read %q, %v", name, got.String(), err)
		}
		if src.Consumed() != int64(len(content)) {
			t.Errorf("%s: %d of %d bytes counted", name, src.Consumed(), len(content))
		}
	}
}

func TestSameContentHasTheSameName(t *testing.T) {
	id := func(path string) string {
		src, err := Open(File{Path: path}, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		return src.ID
	}
	a, b := put(t, "x.json", []byte(line)), put(t, "x.json", []byte(line))
	if id(a) != id(b) {
		t.Error("a copy is not known again")
	}
	if id(a) == id(put(t, "x.json", []byte(line+line))) {
		t.Error("a longer file is taken for the same")
	}
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b/2.json", "a.json", ".hidden", ".git/x"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(line), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found, err := Find([]string{dir, Stdin})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range found {
		names = append(names, strings.TrimPrefix(f.Path, dir+"/"))
	}
	if got := strings.Join(names, " "); got != "a.json b/2.json -" {
		t.Errorf("found %s", got)
	}
	if _, err := Find([]string{t.TempDir()}); err == nil {
		t.Error("a directory without files passed")
	}
}

// TestLinesAgainstWhole cuts random text in random plans and puts it together again.
func TestLinesAgainstWhole(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 200 {
		var text strings.Builder
		for range random.IntN(60) {
			text.WriteString(strings.Repeat("x", random.IntN(30)) + "\n")
		}
		text.WriteString(strings.Repeat("y", random.IntN(3)))
		want := text.String()
		if want == "" {
			continue
		}
		src, err := Open(File{Path: Stdin}, decode.Goflow2JSON, strings.NewReader(want))
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		exactEnds := map[int64]bool{}
		plan := func(position int64) (int, bool) {
			if exact := random.IntN(4) == 0; exact {
				size := 1 + random.IntN(50)
				exactEnds[position+int64(size)] = true
				return size, true
			}
			return 31 + random.IntN(40), false
		}
		err = src.Lines(context.Background(), plan, func(piece []byte, position int64) error {
			if position != int64(got.Len()) {
				t.Fatalf("piece at %d, want %d", position, got.Len())
			}
			got.Write(piece)
			end := int64(got.Len())
			if end < int64(len(want)) && !exactEnds[end] && want[end-1] != '\n' {
				t.Fatalf("a piece ends inside a line at %d", end)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != want {
			t.Fatalf("got %q, want %q", got.String(), want)
		}
	}
}

func TestTooLongLine(t *testing.T) {
	src, err := Open(File{Path: Stdin}, decode.Goflow2JSON, strings.NewReader("ab\n"+strings.Repeat("c", 100)))
	if err != nil {
		t.Fatal(err)
	}
	err = src.Lines(context.Background(), func(int64) (int, bool) { return 10, false }, func([]byte, int64) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "line at byte 3") {
		t.Errorf("got %v", err)
	}
}

func TestUnrecognised(t *testing.T) {
	_, err := Open(File{Path: put(t, "x.bin", []byte("what is this"))}, "", nil)
	if !errors.Is(err, ErrUnrecognised) {
		t.Errorf("got %v", err)
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
		var total int64
		err = src.Lines(context.Background(), func(int64) (int, bool) { return 1 << 12, false }, func(piece []byte, position int64) error {
			if position != total {
				t.Fatalf("position %d, want %d", position, total)
			}
			if total += int64(len(piece)); total > 1<<24 {
				return errors.New("enough")
			}
			return nil
		})
		_ = err // cut or broken compression is an error, not a panic
	})
}

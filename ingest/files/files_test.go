package files

import (
	"bytes"
	"errors"
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
		src, err := Open(t.Context(), File{Path: put(t, name, content)}, "", nil)
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
		src, err := Open(t.Context(), File{Path: path}, "", nil)
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

func TestUnrecognised(t *testing.T) {
	_, err := Open(t.Context(), File{Path: put(t, "x.bin", []byte("what is this"))}, "", nil)
	if !errors.Is(err, ErrUnrecognised) {
		t.Errorf("got %v", err)
	}
}

// TestFramesOfFrames reads what parallel compressors write: pzstd puts a skippable frame
// before each of its frames, and gzip files may be put together.
func TestFramesOfFrames(t *testing.T) {
	skippable := func(kind byte, size byte) []byte {
		return append([]byte{kind, 0x2a, 0x4d, 0x18, size, 0, 0, 0}, make([]byte, size)...)
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, content := range map[string][]byte{
		"pzstd":          join(skippable(0x50, 4), zst(t, line), skippable(0x50, 4), zst(t, line)),
		"other magics":   join(skippable(0x5f, 0), skippable(0x57, 200), zst(t, line), zst(t, line)),
		"two frames":     join(zst(t, line), zst(t, line)),
		"gzip members":   join(gz(t, line), gz(t, line)),
		"an empty frame": join(gz(t, ""), gz(t, line), gz(t, line), gz(t, "")),
	} {
		src, err := Open(t.Context(), File{Path: put(t, "x", content)}, "", nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got bytes.Buffer
		if _, err := got.ReadFrom(src); err != nil || got.String() != line+line || src.Format != decode.Goflow2JSON {
			t.Errorf("%s: read %d bytes as %s, %v", name, got.Len(), src.Format, err)
		}
		src.Close()
	}
}

// TestByteOrderMark has a file that begins with one recognised.
func TestByteOrderMark(t *testing.T) {
	for _, content := range [][]byte{[]byte("\xef\xbb\xbf" + line), gz(t, "\xef\xbb\xbf"+line)} {
		src, err := Open(t.Context(), File{Path: put(t, "x", content)}, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		if src.Format != decode.Goflow2JSON {
			t.Errorf("taken for %s", src.Format)
		}
	}
}

// TestFindFollowsLinks finds what Zeek's logs look like: current is a link to the day's
// directory, and a link that leads back ends.
func TestFindFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	day := filepath.Join(dir, "logs", "2026-11-28")
	if err := os.MkdirAll(day, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(day, "conn.log"), []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"logs/current": "2026-11-28", "logs/2026-11-28/up": "..", "logs/broken": "nowhere", "outside": "logs"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args []string
		want int
	}{
		{[]string{"logs"}, 1}, {[]string{"logs/current"}, 1}, {[]string{"outside"}, 1},
		{[]string{"logs/current/conn.log", "logs/2026-11-28/conn.log"}, 1},
	} {
		args := make([]string, len(c.args))
		for i, a := range c.args {
			args[i] = filepath.Join(dir, a)
		}
		found, err := Find(args)
		if err != nil || len(found) != c.want {
			t.Errorf("%q: %v, %v, want %d", c.args, found, err, c.want)
		}
	}
}

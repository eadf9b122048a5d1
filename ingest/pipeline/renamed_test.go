package pipeline

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/ingest/files"
	"github.com/banshift/banshift/load"
)

// readIn is how many records of the files a run reads into the store.
func readIn(t *testing.T, store *ledger, paths ...string) int64 {
	t.Helper()
	p, err := New(options(t, store, memory.DefaultAllocator))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	list := make([]files.File, len(paths))
	for i, path := range paths {
		list[i] = files.File{Path: path}
	}
	if err := p.Files(context.Background(), list, FileOptions{}); err != nil {
		t.Fatal(err)
	}
	return p.Stats().In.Load()
}

// TestFilesAreKnownByTheirContent reads a log, and again under another name, grown, compressed,
// as a followed one, and beside its compressed copy.
func TestFilesAreKnownByTheirContent(t *testing.T) {
	dir := t.TempDir()
	lines := strings.SplitAfter(strings.TrimSuffix(flowLines(9000), "\n"), "\n")
	text := func(n int) string { return strings.Join(lines[:n], "") }
	put := func(name, content string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	packed := func(content string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Write([]byte(content))
		w.Close()
		return b.String()
	}
	var read []load.FileRead // by all runs, each of which has a ledger of its own
	var store *ledger
	again := func() {
		if store != nil {
			own := load.FileRead{Source: store.source}
			for r := range store.done {
				if r.partition == 0 {
					own.Next = max(own.Next, r.Next)
				}
			}
			read = append(read, own)
		}
		store = newLedger()
		store.read = read
	}
	check := func(what string, want int64, paths ...string) {
		t.Helper()
		again()
		if got := readIn(t, store, paths...); got != want {
			t.Errorf("%s: %d records, want %d", what, got, want)
		}
	}
	check("new", 7000, put("a/flows.json", text(7000)))
	check("the same", 0, filepath.Join(dir, "a/flows.json"))
	check("another name", 0, put("a/old.json", text(7000)))
	check("compressed", 0, put("b/flows.json.gz", packed(text(7000))))
	check("grown", 500, put("a/flows.json", text(7500)))

	again()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	p, err := New(options(t, store, memory.DefaultAllocator))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	path := put("a/flows.json", text(8100))
	ended := make(chan error)
	go func() {
		ended <- p.Follow(ctx, func() ([]files.File, error) { return []files.File{{Path: path}}, nil }, FileOptions{})
	}()
	for ctx.Err() == nil && p.Stats().In.Load() < 600 {
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	<-ended
	if got := p.Stats().In.Load(); got != 600 {
		t.Errorf("followed: %d records, want 600", got)
	}

	check("followed and compressed", 0, put("b/flows.json.gz", packed(text(8000))))
	read, store = nil, nil
	other := put("c/flows.json", text(100))
	check("a shorter one", 100, other)
	check("grown and compressed", 400, put("e/flows.json.gz", packed(text(500))))
	read, store = nil, nil
	check("beside its compressed copy", 100, other, put("c/flows.json.gz", packed(text(100))))
}

// waiting is a store that takes nothing until it is let.
type waiting struct {
	*ledger
	begun chan struct{} // closed at the first write
	once  sync.Once
	let   chan struct{}
}

func (w *waiting) Write(ctx context.Context, b load.Batch) error {
	w.once.Do(func() { close(w.begun) })
	<-w.let
	return w.ledger.Write(ctx, b)
}

// TestCompressedWhileItWaits has a followed log compressed before anything of it is stored:
// the compressed one is the same log all the same.
func TestCompressedWhileItWaits(t *testing.T) {
	const records = 300
	dir := t.TempDir()
	log, packed := filepath.Join(dir, "flows.json"), filepath.Join(dir, "flows.json.1.gz")
	if err := os.WriteFile(log, []byte(flowLines(records)), 0o600); err != nil {
		t.Fatal(err)
	}
	store := &waiting{ledger: newLedger(), begun: make(chan struct{}), let: make(chan struct{})}
	p, err := New(options(t, store, memory.DefaultAllocator))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	var looked atomic.Int32 // at the compressed log
	ended := make(chan error)
	go func() {
		ended <- p.Follow(ctx, func() (list []files.File, err error) {
			for _, path := range []string{log, packed} {
				if _, err := os.Stat(path); err == nil {
					list = append(list, files.File{Path: path})
				}
			}
			if len(list) == 1 && list[0].Path == packed {
				looked.Add(1)
			}
			return list, nil
		}, FileOptions{})
	}()
	<-store.begun
	if err := os.WriteFile(packed, gzipped(t, []byte(flowLines(records))), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(log); err != nil {
		t.Fatal(err)
	}
	for ctx.Err() == nil && looked.Load() < 5 { // one look a second; it is read once it is 2 s old
		time.Sleep(50 * time.Millisecond)
	}
	close(store.let)
	for ctx.Err() == nil && p.Stats().Stored.Load()+p.Stats().Folded.Load() < records {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(time.Second) // for what may come in addition
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("it ends with %v", err) // the store refuses a range that comes twice
	}
	if in, _ := store.totals(); in != records || p.Stats().In.Load() != records {
		t.Errorf("%d records stored of %d that were read, want %d", in, p.Stats().In.Load(), records)
	}
}

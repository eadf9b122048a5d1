package pipeline

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"

	"github.com/banshift/banshift/ingest/files"
	"github.com/banshift/banshift/schemas"
)

// columnarSeeds are a few flows as Parquet and as Arrow.
func columnarSeeds(t testing.TB) [][]byte {
	t.Helper()
	b := schemas.NewFlowBuilder(memory.DefaultAllocator, 3)
	for i := range 3 {
		fillCanonical(b, i)
	}
	rec := b.Record()
	defer rec.Release()
	var stream, file bytes.Buffer
	w := ipc.NewWriter(&stream, ipc.WithSchema(rec.Schema()))
	p, err := pqarrow.NewFileWriter(rec.Schema(), &file, parquet.NewWriterProperties(), pqarrow.DefaultWriterProps())
	if err := errors.Join(err, w.Write(rec), w.Close(), p.Write(rec), p.Close()); err != nil {
		t.Fatal(err)
	}
	return [][]byte{stream.Bytes(), file.Bytes()}
}

// FuzzColumnarFiles runs Parquet and Arrow through the gate and all stages: what is wrong with
// a file is its error or rejects, and what is stored adds up.
func FuzzColumnarFiles(f *testing.F) {
	for _, seed := range columnarSeeds(f) {
		f.Add(seed)
	}
	var once sync.Once
	var opts Options // the rules are read once
	f.Fuzz(func(t *testing.T, data []byte) {
		once.Do(func() { opts = options(t, nil, memory.DefaultAllocator) })
		path := filepath.Join(t.TempDir(), "x.arrow")
		if bytes.HasPrefix(data, []byte("PAR1")) {
			path = filepath.Join(t.TempDir(), "x.parquet")
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		opts := opts
		opts.Store = newLedger()
		p, err := New(opts)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		err = p.Files(context.Background(), []files.File{{Path: path, Explicit: true}}, FileOptions{})
		var unreadable *unreadableError
		var refused *refusedError
		if err != nil && !errors.As(err, &unreadable) && !errors.As(err, &refused) {
			t.Error(err)
		}
		if stats := p.Stats(); stats.In.Load() != stats.Stored.Load()+stats.Folded.Load()+stats.Rejected.Load() {
			t.Errorf("the accounts do not add up: %+v", stats)
		}
	})
}

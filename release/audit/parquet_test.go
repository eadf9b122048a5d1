package audit

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"
)

// exported is a compressed file with an address in a text, one in a list, and a count of one client.
func exported(t *testing.T) []byte {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "name", Type: arrow.BinaryTypes.String}, {Name: "evidence", Type: arrow.ListOf(arrow.BinaryTypes.String)},
		{Name: "clients", Type: arrow.PrimitiveTypes.Uint64}, {Name: "day", Type: arrow.FixedWidthTypes.Date32},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i := range 100 {
		name, evidence, clients := "plain", "rule", uint64(1000)
		if i == 50 {
			name, evidence, clients = "from 198.51.100.77", "seen at 203.0.113.50", 1
		}
		b.Field(0).(*array.StringBuilder).Append(name)
		list := b.Field(1).(*array.ListBuilder)
		list.Append(true)
		list.ValueBuilder().(*array.StringBuilder).Append(evidence)
		b.Field(2).(*array.Uint64Builder).Append(clients)
		b.Field(3).(*array.Date32Builder).Append(17637)
	}
	rec := b.NewRecord()
	defer rec.Release()
	var out bytes.Buffer
	w, err := pqarrow.NewFileWriter(schema, &out, parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Zstd)), pqarrow.DefaultWriterProps())
	if err := errors.Join(err, w.Write(rec), w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestParquetIsLookedThrough finds what lies in compressed columns; a damaged file is an error.
func TestParquetIsLookedThrough(t *testing.T) {
	a := New(Options{K: 20})
	path := filepath.Join(t.TempDir(), "x.parquet")
	content := exported(t)
	look := func(content []byte) (places []string, err error) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		err = a.Path(context.Background(), path, func(f Finding) { places = append(places, f.Where+": "+f.What) })
		return places, err
	}
	places, err := look(content)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"column name", "column evidence", "clients"} {
		if !slices.ContainsFunc(places, func(place string) bool { return strings.Contains(place, want) }) {
			t.Errorf("nothing is found in %s: %q", want, places)
		}
	}
	for at := range len(content) {
		damaged := bytes.Clone(content)
		damaged[at] ^= 0xff
		if _, err := look(damaged); err != nil && !strings.Contains(err.Error(), path) {
			t.Fatalf("byte %d: the error does not name the file: %v", at, err)
		}
	}
	if _, err := look(content[:len(content)-20]); err == nil {
		t.Error("a file that is cut is no error")
	}
}

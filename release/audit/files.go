package audit

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/banshift/banshift/ingest/decode/parquet"
)

// Path looks through a file or every file below a directory, links not followed. The names
// of the files are looked at, too.
func (a *Auditor) Path(ctx context.Context, path string, found func(Finding)) error {
	return filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !isPart(path, entry) {
			a.Text("the name of "+path, entry.Name(), found)
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		return a.file(ctx, path, found)
	})
}

// partOfTable is how the engine names a part that was mutated: partition, first and last block, level, mutation.
var partOfTable = regexp.MustCompile(`^(?:all|\d{4,8})_\d+_\d+_\d+_\d+$`)

// isPart reports a directory of the engine, whose numbers may read as an address.
func isPart(path string, entry fs.DirEntry) bool {
	if !entry.IsDir() || !partOfTable.MatchString(entry.Name()) {
		return false
	}
	_, err := os.Stat(filepath.Join(path, "checksums.txt"))
	return err == nil
}

// CountColumns are the names of columns that count clients, each with that of its total
// where it has one.
var CountColumns = map[string]string{
	"clients": "all_clients", "tried": "all_clients", "target_clients": "all_clients", "reached": "clients", "using": "clients", "using_days": "client_days", "all_clients": "", "client_days": "",
}

func (a *Auditor) file(ctx context.Context, path string, found func(Finding)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	plain, err := decompressed(f)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := a.Read(path, plain, found); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	switch filepath.Ext(path) {
	case ".parquet":
		return a.parquet(ctx, path, f, found)
	case ".csv":
		return a.csv(path, f, found)
	case ".json":
		return a.json(path, f, found)
	}
	return nil
}

// decompressed sees through gzip and zstandard.
func decompressed(f io.ReadSeeker) (io.Reader, error) {
	head := make([]byte, 4)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head[:n], []byte{0x1f, 0x8b}):
		return gzip.NewReader(f)
	case bytes.HasPrefix(head[:n], []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
	}
	return f, nil
}

// table collects the columns of counts of a table.
type table map[string][]uint64

// cells looks at the counts of a table.
func (a *Auditor) cells(where string, t table, found func(Finding)) {
	for column, all := range CountColumns {
		if clients := t[column]; clients != nil {
			total := t[all]
			if len(total) != len(clients) {
				total = nil
			}
			a.Cells(where, column, all, clients, total, found)
		}
	}
}

// parquet looks through the columns of a file with the reader that believes nothing in it: it
// may be anybody's.
func (a *Auditor) parquet(ctx context.Context, path string, f *os.File, found func(Finding)) error {
	counts := table{}
	if err := a.columns(ctx, path, f, counts, found); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	a.cells(path, counts, found)
	return nil
}

// columns looks through all columns, and collects those of counts.
func (a *Auditor) columns(ctx context.Context, path string, f *os.File, counts table, found func(Finding)) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	rows, err := parquet.Open(f, info.Size(), memory.DefaultAllocator)
	if err != nil {
		return err
	}
	defer rows.Release()
	fields := rows.Schema().Fields()
	all := make([]int, len(fields))
	for i := range all {
		all[i] = i
	}
	if err := rows.Want(all); err != nil {
		return err
	}
	for ctx.Err() == nil {
		rec, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i, field := range fields {
			a.column(path+", column "+field.Name, rec.Column(i), found)
			if _, ok := CountColumns[field.Name]; ok {
				counts[field.Name] = append(counts[field.Name], numbers(rec.Column(i))...)
			}
		}
		rec.Release()
	}
	return ctx.Err()
}

// column looks through the texts of a column, each once in a row.
func (a *Auditor) column(where string, column arrow.Array, found func(Finding)) {
	last := ""
	for i := range column.Len() {
		if column.IsNull(i) {
			continue
		}
		switch column.DataType().ID() {
		case arrow.STRING, arrow.LARGE_STRING, arrow.BINARY, arrow.DICTIONARY, arrow.LIST:
		default:
			return
		}
		if text := column.ValueStr(i); text != last {
			last = text
			a.Text(where, text, found)
		}
	}
}

func numbers(column arrow.Array) []uint64 {
	out := make([]uint64, column.Len())
	switch c := column.(type) {
	case *array.Uint64:
		copy(out, c.Uint64Values())
	case *array.Int64:
		for i, v := range c.Int64Values() {
			out[i] = uint64(max(0, v))
		}
	}
	return out
}

func (a *Auditor) csv(path string, f io.Reader, found func(Finding)) error {
	rows := csv.NewReader(f)
	rows.FieldsPerRecord, rows.LazyQuotes = -1, true
	head, err := rows.Read()
	if err != nil {
		return nil // empty, or no table
	}
	head = append([]string(nil), head...)
	counts := table{}
	for {
		row, err := rows.Read()
		if err != nil {
			break // what is no table was looked through as a text
		}
		for i, name := range head {
			if _, ok := CountColumns[name]; ok && i < len(row) {
				n, _ := strconv.ParseUint(strings.TrimSpace(row[i]), 10, 64)
				counts[name] = append(counts[name], n)
			}
		}
	}
	a.cells(path, counts, found)
	return nil
}

func (a *Auditor) json(path string, f io.Reader, found func(Finding)) error {
	var rows []map[string]any
	if err := json.NewDecoder(f).Decode(&rows); err != nil {
		return nil // no table
	}
	counts := table{}
	for _, row := range rows {
		for name := range CountColumns {
			if n, ok := row[name].(float64); ok {
				counts[name] = append(counts[name], uint64(n))
			}
		}
	}
	a.cells(path, counts, found)
	return nil
}

package parquet

import (
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

const (
	// batchRows is how many rows a batch has at most.
	batchRows = 1 << 16
	// maxRows bounds a row group.
	maxRows = 1 << 24
)

// File reads a Parquet file row group by row group. It is not safe for concurrent use.
type File struct {
	src        io.ReaderAt
	mem        memory.Allocator
	end        int64 // of the pages
	metadata   fileMetadata
	schema     *arrow.Schema
	fields     []field
	leaves     int
	wanted     []int
	decompress decompressor

	group   int   // that is read next
	pages   int64 // bytes of pages that may still be read: none is read twice
	left    int64 // rows of the group that is open
	columns []*column
}

// Open reads the directory of a file of a size. The memory for pages and batches comes from
// mem; the caller closes src after Release.
func Open(src io.ReaderAt, size int64, mem memory.Allocator) (*File, error) {
	b, begin, err := directory(src, size)
	if err != nil {
		return nil, err
	}
	f := &File{src: src, mem: mem, end: begin, pages: begin}
	if f.metadata, err = readFileMetadata(b); err != nil {
		return nil, fmt.Errorf("directory: %w", err)
	}
	if f.schema, f.fields, f.leaves, err = schemaOf(f.metadata.elements); err != nil {
		return nil, fmt.Errorf("directory: %w", err)
	}
	return f, nil
}

// Schema names the columns of the file and the types in which they are read, which are those
// of Parquet itself: what a writer noted of its own types does not count.
func (f *File) Schema() *arrow.Schema { return f.schema }

// Want has only some columns read, in an order.
func (f *File) Want(columns []int) error {
	for _, i := range columns {
		if f.fields[i].leaf == nil || !readable(f.fields[i].typ) {
			return fmt.Errorf("column %s: %s is not read", f.schema.Field(i).Name, f.fields[i].typ)
		}
	}
	f.wanted = columns
	return nil
}

// Release gives back what Next made for itself.
func (f *File) Release() {
	f.closeColumns()
	f.decompress.close()
}

func (f *File) closeColumns() {
	for _, c := range f.columns {
		c.close()
	}
	f.columns = nil
}

// Next gives the next batch of wanted columns, which the caller releases; io.EOF behind the
// last. Before the first row of a row group is given, all of it was read once: of a damaged
// one no row is given.
func (f *File) Next() (arrow.Record, error) {
	for f.left == 0 {
		if f.metadata.count == 0 {
			return nil, io.EOF
		}
		if err := f.openGroup(); err != nil {
			return nil, fmt.Errorf("row group %d, %w", f.group, err)
		}
		f.metadata.count--
		f.group++
	}
	rec, err := f.batch()
	if err != nil {
		return nil, fmt.Errorf("row group %d, %w", f.group-1, err)
	}
	return rec, nil
}

// openGroup reads the next row group once, column by column, and goes back to its beginning.
func (f *File) openGroup() error {
	f.closeColumns()
	g, err := f.metadata.nextGroup(f.leaves)
	if err != nil {
		return fmt.Errorf("directory: %w", err)
	}
	if g.rows < 0 || g.rows > maxRows {
		return fmt.Errorf("which has %d rows: at most %d can be read", g.rows, maxRows)
	}
	for _, i := range f.wanted {
		if err := f.check(&g, &f.fields[i]); err != nil {
			return fmt.Errorf("column %s: %w", f.schema.Field(i).Name, err)
		}
	}
	for _, i := range f.wanted {
		l := f.fields[i].leaf
		f.columns = append(f.columns, f.column(&g.chunks[l.column], l))
	}
	f.left = g.rows
	return nil
}

// check reads a column of a row group to its end.
func (f *File) check(g *group, d *field) error {
	c := &g.chunks[d.leaf.column]
	if err := c.check(d.leaf, f.end); err != nil {
		return err
	}
	if f.pages -= c.length; f.pages < 0 {
		return errors.New("its pages are those of another column or row group")
	}
	if !d.list && c.values != g.rows {
		return fmt.Errorf("%d rows, and the row group has %d", c.values, g.rows)
	}
	column := f.column(c, d.leaf)
	defer column.close()
	for left := g.rows; left > 0; left -= batchRows {
		if err := column.rows(int(min(left, batchRows)), d, counter{}); err != nil {
			return err
		}
	}
	if !column.ended() {
		return fmt.Errorf("more values than the %d rows of the row group have", g.rows)
	}
	return nil
}

// batch gives the next rows of the group that is open.
func (f *File) batch() (arrow.Record, error) {
	rows := int(min(f.left, batchRows))
	done := make([]arrow.Array, 0, len(f.wanted))
	defer func() {
		for _, a := range done {
			a.Release()
		}
	}()
	fields := make([]arrow.Field, 0, len(f.wanted))
	for k, i := range f.wanted {
		a, err := f.array(f.columns[k], &f.fields[i], rows)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", f.schema.Field(i).Name, err)
		}
		done = append(done, a)
		fields = append(fields, f.schema.Field(i))
	}
	f.left -= int64(rows)
	return array.NewRecord(arrow.NewSchema(fields, nil), done, int64(rows)), nil
}

func (f *File) array(c *column, d *field, rows int) (arrow.Array, error) {
	to := newArrays(d.typ, f.mem)
	defer to.whole.Release()
	to.whole.Reserve(rows)
	if err := c.rows(rows, d, to); err != nil {
		return nil, err
	}
	if to.err != nil {
		return nil, to.err
	}
	return to.whole.NewArray(), nil
}

package decode

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/ingest/decode/parquet"
	"github.com/banshift/banshift/schemas"
)

// Source is what canonical files are read from; *os.File and *bytes.Reader are Sources.
type Source interface {
	io.Reader
	io.ReaderAt
	io.Seeker
}

// Batches walks the batches of a canonical source:
//
//	for b.Next() {
//		rec := b.Record() // valid until the next Next; Retain it to keep it
//	}
//	err := b.Err()
//
// Every record is in schemas.FlowSchema or schemas.DNSSchema, whichever the source is.
// It is not safe for concurrent use. The caller closes the source after Release.
type Batches struct {
	schema  *arrow.Schema
	columns []int // of the source, for each column of schema; -1 where it is missing
	next    func() (arrow.Record, error)
	close   func()
	mem     memory.Allocator
	rec     arrow.Record
	parquet *parquet.File  // nil where the source is Arrow
	read    arrow.Record   // of parquet, in its own types
	misfits map[int]string // why rows of rec cannot be read
	err     error
	n       int
}

// Record is the batch that Next went to; it belongs to b.
func (b *Batches) Record() arrow.Record { return b.rec }

// Err is why the walk stopped, nil at the end of the source.
func (b *Batches) Err() error { return b.err }

// Next goes to the next batch.
func (b *Batches) Next() bool {
	b.drop()
	if b.err != nil {
		return false
	}
	rec, err := guard(b.next)
	if errors.Is(err, io.EOF) {
		return false
	}
	if err != nil {
		b.err = fmt.Errorf("batch %d: %w", b.n, err)
		return false
	}
	b.rec, err = guard(func() (arrow.Record, error) { return b.convert(rec) })
	if err != nil {
		b.err = fmt.Errorf("batch %d: %w", b.n, err)
		return false
	}
	b.n++
	return true
}

func (b *Batches) drop() {
	for _, rec := range []*arrow.Record{&b.rec, &b.read} {
		if *rec != nil {
			(*rec).Release()
			*rec = nil
		}
	}
}

// Release gives back the memory; b is of no use afterwards.
func (b *Batches) Release() {
	b.drop()
	if b.close != nil {
		b.close()
		b.close = nil
	}
}

// convert gives rec in the canonical schema.
func (b *Batches) convert(rec arrow.Record) (arrow.Record, error) {
	clear(b.misfits)
	columns := make([]arrow.Array, 0, len(b.columns))
	defer func() {
		for _, c := range columns {
			c.Release()
		}
	}()
	for i, from := range b.columns {
		field := b.schema.Field(i)
		if from < 0 {
			columns = append(columns, missingColumn(field, int(rec.NumRows()), b.mem))
			continue
		}
		c, err := convertColumn(rec.Column(from), field.Type, b.mem, func(row int) { b.misfit(row, field.Name) })
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", field.Name, err)
		}
		columns = append(columns, c)
	}
	return array.NewRecord(b.schema, columns, rec.NumRows()), nil
}

// misfit notes the first column of a row whose value the canonical type cannot say.
func (b *Batches) misfit(row int, column string) {
	if _, known := b.misfits[row]; !known {
		b.misfits[row] = column + " does not fit"
	}
}

// Canonical opens Parquet or Arrow IPC (file or stream form) whose columns are those
// of the canonical flow or DNS schema, by name. Columns may be missing at the end of
// the schema, further ones are ignored, and plain types are converted: strings where
// the schema has dictionaries, lists where it has fixed lists, other widths of numbers
// and units of time. The error names the column that differs. memory.DefaultAllocator
// serves where mem is nil.
func Canonical(f Format, src Source, mem memory.Allocator) (*Batches, error) {
	if mem == nil {
		mem = memory.DefaultAllocator
	}
	var schema *arrow.Schema
	b := &Batches{mem: &boundedMemory{Allocator: mem}, misfits: map[int]string{}}
	_, err := guard(func() (_ arrow.Record, err error) {
		switch f {
		case Parquet:
			schema, err = b.openParquet(src)
		case Arrow:
			schema, err = b.openArrow(src)
		default:
			err = fmt.Errorf("format %s has no canonical columns", f)
		}
		return nil, err
	})
	if err == nil {
		err = b.match(schema)
	}
	if err != nil {
		b.Release()
		return nil, err
	}
	return b, nil
}

// guard turns the panics with which the Arrow readers meet damaged files into errors.
func guard(read func() (arrow.Record, error)) (rec arrow.Record, err error) {
	defer func() {
		if p := recover(); p != nil {
			rec, err = nil, fmt.Errorf("file is damaged or cut: %v", p)
		}
	}()
	return read()
}

func (b *Batches) openParquet(src Source) (*arrow.Schema, error) {
	size, err := src.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("open parquet: %w", err)
	}
	if b.parquet, err = parquet.Open(src, size, b.mem); err != nil {
		return nil, fmt.Errorf("open parquet: %w", err)
	}
	b.close, b.next = b.parquet.Release, b.nextParquet
	return b.parquet.Schema(), nil
}

// nextParquet gives the next batch, valid until the next call.
func (b *Batches) nextParquet() (arrow.Record, error) {
	rec, err := b.parquet.Next()
	if err == nil {
		b.read = rec
	}
	return rec, err
}

// openArrow reads both forms.
func (b *Batches) openArrow(src Source) (*arrow.Schema, error) {
	size, err := src.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("open arrow: %w", err)
	}
	messages, err := openArrowMessages(src, size, b.mem)
	if err != nil {
		return nil, fmt.Errorf("open arrow: %w", err)
	}
	r, err := ipc.NewReaderFromMessageReader(messages, ipc.WithAllocator(b.mem))
	if err != nil {
		return nil, fmt.Errorf("open arrow: %w", err)
	}
	b.close, b.next = r.Release, r.Read
	return r.Schema(), nil
}

// match finds the columns of the source that are those of a canonical schema.
func (b *Batches) match(got *arrow.Schema) error {
	b.schema = schemas.FlowSchema
	if _, isDNS := got.FieldsByName("resolver"); isDNS {
		b.schema = schemas.DNSSchema
	}
	gone := ""
	b.columns = make([]int, 0, b.schema.NumFields())
	for _, want := range b.schema.Fields() {
		found := got.FieldIndices(want.Name)
		if len(found) == 0 {
			gone = cmpFirst(gone, want.Name)
			b.columns = append(b.columns, -1)
			continue
		}
		if gone != "" {
			return fmt.Errorf("column %s is missing and %s, which comes behind it, is there: not the canonical schema", gone, want.Name)
		}
		if t := got.Field(found[0]).Type; !convertible(t, want.Type) {
			return fmt.Errorf("column %s is %s, want %s", want.Name, t, want.Type)
		}
		if len(found) > 1 {
			return fmt.Errorf("column %s is there %d times", want.Name, len(found))
		}
		b.columns = append(b.columns, found[0])
	}
	if required := b.required(); slices.Contains(b.columns[:required], -1) {
		return fmt.Errorf("column %s is missing: not the canonical schema", gone)
	}
	if b.parquet == nil {
		return nil
	}
	return b.pick()
}

// pick has only the columns read that are wanted, and finds them where they are then.
func (b *Batches) pick() error {
	var wanted []int
	for i, from := range b.columns {
		if from >= 0 {
			b.columns[i] = len(wanted)
			wanted = append(wanted, from)
		}
	}
	return b.parquet.Want(wanted)
}

func cmpFirst(first, name string) string {
	if first == "" {
		return name
	}
	return first
}

// required is how many first columns must be there: without ends, times and counts a
// row says nothing.
func (b *Batches) required() int {
	if b.schema == schemas.DNSSchema {
		return schemas.DNSResolver + 1
	}
	return schemas.FlowPacketsDown + 1
}

// missingColumn gives what a column means that older writers did not have: a sampling
// rate and a number of records of 1, and zero for everything else.
func missingColumn(field arrow.Field, rows int, mem memory.Allocator) arrow.Array {
	b := array.NewBuilder(mem, field.Type)
	defer b.Release()
	b.Reserve(rows)
	for range rows {
		switch b := b.(type) {
		case *array.Uint32Builder:
			if field.Name == "sampling_rate" || field.Name == "records" {
				b.Append(1)
			} else {
				b.Append(0)
			}
		case *array.BinaryDictionaryBuilder:
			b.AppendString("") //nolint:errcheck // only a full dictionary fails
		case *array.FixedSizeListBuilder:
			b.Append(true)
			for range schemas.MaxFirstSizes {
				b.ValueBuilder().(*array.Int16Builder).Append(0)
			}
		default:
			b.AppendEmptyValue()
		}
	}
	return b.NewArray()
}

// address16 gives 4 or 16 bytes as 16.
func address16(b []byte) ([16]byte, bool) {
	var a [16]byte
	switch len(b) {
	case 16:
		return [16]byte(b), true
	case 4:
		binary.BigEndian.PutUint16(a[10:], 0xffff)
		copy(a[12:], b)
		return a, true
	}
	return a, false
}

package pipeline

import (
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// inBatches hands rec on in batches of at most rows, in order, and puts together what
// comes of them. The caller releases both records.
func inBatches(rec arrow.Record, rows int, do func(arrow.Record) (arrow.Record, error)) (arrow.Record, error) {
	if rec.NumRows() <= int64(rows) {
		return do(rec)
	}
	var done []arrow.Record
	defer func() { releaseRecords(done...) }()
	for from := int64(0); from < rec.NumRows(); from += int64(rows) {
		part := rec.NewSlice(from, min(from+int64(rows), rec.NumRows()))
		out, err := do(part)
		part.Release()
		if err != nil {
			return nil, err
		}
		done = append(done, out)
	}
	return concatenate(done, rec)
}

// concatenate makes one record of several of the same schema, which were made of the slices of
// another: columns that they have of that are its own.
func concatenate(recs []arrow.Record, of arrow.Record) (arrow.Record, error) {
	schema := recs[0].Schema()
	columns := make([]arrow.Array, schema.NumFields())
	defer func() {
		for _, c := range columns {
			if c != nil {
				c.Release()
			}
		}
	}()
	var rows int64
	for _, r := range recs {
		rows += r.NumRows()
	}
	parts := make([]arrow.Array, len(recs))
	for i := range columns {
		if columns[i] = untouched(recs, of, i); columns[i] != nil {
			columns[i].Retain()
			continue
		}
		for k, r := range recs {
			parts[k] = r.Column(i)
		}
		var err error
		if columns[i], err = array.Concatenate(parts, memory.DefaultAllocator); err != nil {
			return nil, fmt.Errorf("column %s of %d batches: %w", schema.Field(i).Name, len(recs), err)
		}
	}
	return array.NewRecord(schema, columns, rows), nil
}

// untouched gives the column that records have of the one whose slices they were made of; nil
// where they have another.
func untouched(recs []arrow.Record, of arrow.Record, column int) arrow.Array {
	found := of.Schema().FieldIndices(recs[0].Schema().Field(column).Name)
	if len(found) != 1 {
		return nil
	}
	whole := of.Column(found[0])
	from := whole.Data().Offset()
	for _, r := range recs {
		part := r.Column(column)
		if part.Data().Offset() != from || !sameMemory(part.Data(), whole.Data()) {
			return nil
		}
		from += part.Len()
	}
	return whole
}

// sameMemory reports whether two arrays are parts of one.
func sameMemory(a, b arrow.ArrayData) bool {
	return arrow.TypeEqual(a.DataType(), b.DataType()) && slices.Equal(a.Buffers(), b.Buffers()) &&
		slices.Equal(a.Children(), b.Children()) && a.Dictionary() == b.Dictionary()
}

func releaseRecords(recs ...arrow.Record) {
	for _, r := range recs {
		if r != nil {
			r.Release()
		}
	}
}

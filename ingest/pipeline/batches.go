package pipeline

import (
	"fmt"

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
	return concatenate(done)
}

// concatenate makes one record of several of the same schema.
func concatenate(recs []arrow.Record) (arrow.Record, error) {
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

func releaseRecords(recs ...arrow.Record) {
	for _, r := range recs {
		if r != nil {
			r.Release()
		}
	}
}

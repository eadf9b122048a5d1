package decode

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"
)

// maxGroupBytes is what the wanted columns of a row group may take before compression.
const maxGroupBytes = 256 << 20

// rowGroups reads a Parquet file row group by row group, so that a damaged one gives no row.
type rowGroups struct {
	file   *pqarrow.FileReader
	schema *arrow.Schema
	wanted []int        // columns of the file
	leaves map[int]bool // all of them
	group  int
	rows   array.RecordReader
}

func (g *rowGroups) release() {
	if g.rows != nil {
		g.rows.Release()
		g.rows = nil
	}
}

// read gives the next batch in the file's schema, valid until the next call: the wanted
// columns, in order.
func (g *rowGroups) read() (arrow.Record, error) {
	for {
		if g.rows != nil && g.rows.Next() {
			return g.rows.Record(), nil
		}
		g.release()
		if g.group == g.file.ParquetReader().NumRowGroups() {
			return nil, io.EOF
		}
		if err := g.open(); err != nil {
			return nil, fmt.Errorf("row group %d, %w", g.group, err)
		}
		g.group++
	}
}

// open reads the wanted columns of the next row group to their end.
func (g *rowGroups) open() error {
	meta := g.file.ParquetReader().MetaData().RowGroup(g.group)
	rows := meta.NumRows()
	if rows < 0 || rows > maxArrowRows {
		return fmt.Errorf("which has %d rows: at most %d can be read", rows, maxArrowRows)
	}
	if meta.TotalByteSize() > maxGroupBytes {
		return fmt.Errorf("which takes %d bytes: at most %d can be read; write smaller row groups", meta.TotalByteSize(), maxGroupBytes)
	}
	fields := make([]arrow.Field, 0, len(g.wanted))
	var columns []arrow.Column
	defer func() {
		for i := range columns {
			columns[i].Release()
		}
	}()
	for _, from := range g.wanted {
		field := g.schema.Field(from)
		data, err := g.column(from, rows)
		if err != nil {
			return fmt.Errorf("column %s: %w", field.Name, err)
		}
		if int64(data.Len()) != rows {
			data.Release()
			return fmt.Errorf("column %s: %d rows, and the row group has %d", field.Name, data.Len(), rows)
		}
		field.Type = data.DataType()
		fields = append(fields, field)
		columns = append(columns, *arrow.NewColumn(field, data))
		data.Release()
	}
	table := array.NewTable(arrow.NewSchema(fields, nil), columns, rows)
	defer table.Release()
	g.rows = array.NewTableReader(table, batchRows)
	return nil
}

// column reads a field of the file as far as the row group has rows.
func (g *rowGroups) column(field int, rows int64) (*arrow.Chunked, error) {
	r, err := g.file.GetFieldReader(context.Background(), field, g.leaves, []int{g.group})
	if err != nil {
		return nil, err
	}
	defer r.Release()
	return r.NextBatch(rows)
}

// pick has only some columns of the file read, and gives where they are found then.
func (g *rowGroups) pick(columns []int) []int {
	found := make([]int, len(columns))
	for i, from := range columns {
		if found[i] = -1; from >= 0 {
			found[i] = len(g.wanted)
			g.wanted = append(g.wanted, from)
		}
	}
	return found
}

// Package columns writes a small table that is in memory as CSV or as Parquet, for commands that ask no store.
//
// It must never be used for what the engine holds: that writes its own files, in pieces.
package columns

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"
)

// Column is one column. Exactly one of its kinds has the values; all columns of a table have as many.
type Column struct {
	Name   string
	Texts  []string
	Floats []float64 // NaN and the infinities are unknown: null in Parquet, empty in CSV
	Ints   []int64
	Bools  []bool
}

// rows is how many values the column has.
func (c Column) rows() int { return len(c.Texts) + len(c.Floats) + len(c.Ints) + len(c.Bools) }

// Rows is how many rows the table has, or an error where its columns differ.
func Rows(table []Column) (int, error) {
	if len(table) == 0 {
		return 0, errors.New("a table without columns")
	}
	n := table[0].rows()
	for _, c := range table {
		if c.rows() != n {
			return 0, fmt.Errorf("column %s has %d rows, %s has %d", c.Name, c.rows(), table[0].Name, n)
		}
	}
	return n, nil
}

// WriteCSV writes a header line and the rows; numbers have all their digits.
func WriteCSV(w io.Writer, table []Column) error {
	n, err := Rows(table)
	if err != nil {
		return err
	}
	out := csv.NewWriter(w)
	record := make([]string, len(table))
	for i, c := range table {
		record[i] = c.Name
	}
	for row := -1; row < n; row++ {
		for i, c := range table {
			if row >= 0 {
				record[i] = c.text(row)
			}
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func (c Column) text(row int) string {
	switch {
	case c.Floats != nil:
		if unknown(c.Floats[row]) {
			return ""
		}
		return strconv.FormatFloat(c.Floats[row], 'g', -1, 64)
	case c.Ints != nil:
		return strconv.FormatInt(c.Ints[row], 10)
	case c.Bools != nil:
		return strconv.FormatBool(c.Bools[row])
	}
	return c.Texts[row]
}

func unknown(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }

// WriteParquet writes one row group, uncompressed. Floats are optional, all else is required.
func WriteParquet(w io.Writer, table []Column) error {
	n, err := Rows(table)
	if err != nil {
		return err
	}
	fields, arrays := make([]arrow.Field, len(table)), make([]arrow.Array, len(table))
	for i, c := range table {
		arrays[i] = c.array()
		defer arrays[i].Release()
		fields[i] = arrow.Field{Name: c.Name, Type: arrays[i].DataType(), Nullable: c.Floats != nil}
	}
	rows := array.NewRecord(arrow.NewSchema(fields, nil), arrays, int64(n))
	defer rows.Release()
	open := struct{ io.Writer }{w} // Arrow's writer closes what it can
	writer, err := pqarrow.NewFileWriter(rows.Schema(), open, parquet.NewWriterProperties(parquet.WithCreatedBy("banshift")), pqarrow.DefaultWriterProps())
	if err != nil {
		return err
	}
	return errors.Join(writer.Write(rows), writer.Close())
}

// array is the column as Arrow has it.
func (c Column) array() arrow.Array {
	mem := memory.DefaultAllocator
	switch {
	case c.Floats != nil:
		b := array.NewFloat64Builder(mem)
		defer b.Release()
		known := make([]bool, len(c.Floats))
		for i, x := range c.Floats {
			known[i] = !unknown(x)
		}
		b.AppendValues(c.Floats, known)
		return b.NewArray()
	case c.Ints != nil:
		b := array.NewInt64Builder(mem)
		defer b.Release()
		b.AppendValues(c.Ints, nil)
		return b.NewArray()
	case c.Bools != nil:
		b := array.NewBooleanBuilder(mem)
		defer b.Release()
		b.AppendValues(c.Bools, nil)
		return b.NewArray()
	}
	b := array.NewStringBuilder(mem)
	defer b.Release()
	b.AppendValues(c.Texts, nil)
	return b.NewArray()
}

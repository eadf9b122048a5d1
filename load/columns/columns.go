// Package columns writes a small table that is in memory as CSV or as Parquet, for commands that ask no store.
//
// It must never be used for what the engine holds: that writes its own files, in pieces.
package columns

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
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

// WriteParquet writes one row group with one plain, uncompressed page a column (format version 1, Apache Parquet's
// specification). Floats are optional, all else is required.
func WriteParquet(w io.Writer, table []Column) error {
	n, err := Rows(table)
	if err != nil {
		return err
	}
	var file bytes.Buffer
	file.WriteString(magic)
	chunks := make([]chunk, len(table))
	for i, c := range table {
		page := c.page()
		var head thrift
		head.begin()
		head.integer(1, wire32, 0) // a data page
		head.integer(2, wire32, int64(len(page)))
		head.integer(3, wire32, int64(len(page)))
		head.structure(5, func() {
			head.integer(1, wire32, int64(n))
			head.integer(2, wire32, plain)
			head.integer(3, wire32, runs)
			head.integer(4, wire32, runs)
		})
		head.end()
		chunks[i] = chunk{at: int64(file.Len()), bytes: int64(head.Len() + len(page))}
		file.Write(head.Bytes())
		file.Write(page)
	}
	foot := footer(table, chunks, int64(n))
	file.Write(foot)
	file.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(foot))))
	file.WriteString(magic)
	_, err = file.WriteTo(w)
	return err
}

// Constants of the format.
const (
	magic = "PAR1"

	typeBool, typeInt64, typeDouble, typeBytes = 0, 2, 5, 6

	required, optional = 0, 1
	plain, runs        = 0, 3 // encodings
	utf8               = 0    // converted type
)

// chunk is where a column lies.
type chunk struct{ at, bytes int64 }

func (c Column) kind() (physical int64, repetition int64) {
	switch {
	case c.Floats != nil:
		return typeDouble, optional
	case c.Ints != nil:
		return typeInt64, required
	case c.Bools != nil:
		return typeBool, required
	}
	return typeBytes, required
}

// page is the values, after the levels that say which are there.
func (c Column) page() []byte {
	var out []byte
	switch {
	case c.Floats != nil:
		levels := packed(len(c.Floats), func(i int) bool { return !unknown(c.Floats[i]) })
		levels = append(binary.AppendUvarint(nil, uint64(len(levels))<<1|1), levels...)
		out = append(binary.LittleEndian.AppendUint32(nil, uint32(len(levels))), levels...)
		for _, x := range c.Floats {
			if !unknown(x) {
				out = binary.LittleEndian.AppendUint64(out, math.Float64bits(x))
			}
		}
	case c.Ints != nil:
		for _, x := range c.Ints {
			out = binary.LittleEndian.AppendUint64(out, uint64(x))
		}
	case c.Bools != nil:
		out = packed(len(c.Bools), func(i int) bool { return c.Bools[i] })
	default:
		for _, s := range c.Texts {
			out = append(binary.LittleEndian.AppendUint32(out, uint32(len(s))), s...)
		}
	}
	return out
}

// packed are bits, the lowest first, in whole bytes.
func packed(n int, bit func(i int) bool) []byte {
	out := make([]byte, (n+7)/8)
	for i := range n {
		if bit(i) {
			out[i/8] |= 1 << (i % 8)
		}
	}
	return out
}

// footer describes the columns and where they are.
func footer(table []Column, chunks []chunk, rows int64) []byte {
	var f thrift
	f.begin()
	f.integer(1, wire32, 1)
	f.list(2, len(table)+1, func(i int) {
		if i == 0 {
			f.text(4, "table")
			f.integer(5, wire32, int64(len(table)))
			return
		}
		c := table[i-1]
		physical, repetition := c.kind()
		f.integer(1, wire32, physical)
		f.integer(3, wire32, repetition)
		f.text(4, c.Name)
		if physical == typeBytes {
			f.integer(6, wire32, utf8)
		}
	})
	f.integer(3, wire64, rows)
	f.list(4, 1, func(int) {
		var all int64
		f.list(1, len(table), func(i int) {
			physical, _ := table[i].kind()
			all += chunks[i].bytes
			f.integer(2, wire64, chunks[i].at)
			f.structure(3, func() {
				f.integer(1, wire32, physical)
				f.integers(2, plain, runs)
				f.texts(3, table[i].Name)
				f.integer(4, wire32, 0) // uncompressed
				f.integer(5, wire64, rows)
				f.integer(6, wire64, chunks[i].bytes)
				f.integer(7, wire64, chunks[i].bytes)
				f.integer(9, wire64, chunks[i].at)
			})
		})
		f.integer(2, wire64, all)
		f.integer(3, wire64, rows)
	})
	f.text(6, "banshift")
	f.end()
	return f.Bytes()
}

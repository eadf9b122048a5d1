package columns_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"

	"github.com/banshift/banshift/load/columns"
)

// drawn is a table of every kind, with unknown numbers and texts of all sorts.
func drawn(rng *rand.Rand, rows, more int) []columns.Column {
	table := []columns.Column{
		{Name: "text", Texts: make([]string, rows)}, {Name: "number", Floats: make([]float64, rows)},
		{Name: "count", Ints: make([]int64, rows)}, {Name: "flag", Bools: make([]bool, rows)},
	}
	for i := range rows {
		table[0].Texts[i] = []string{"", "a", "ü, \"x\"\n", fmt.Sprint(rng.Int64())}[rng.IntN(4)]
		table[1].Floats[i] = []float64{math.NaN(), math.Inf(1), 0, rng.NormFloat64()}[rng.IntN(4)]
		table[2].Ints[i] = rng.Int64() - rng.Int64()
		table[3].Bools[i] = rng.IntN(2) == 0
	}
	for i := range more {
		table = append(table, columns.Column{Name: fmt.Sprint("more", i), Ints: make([]int64, rows)})
	}
	return table
}

// TestReadBack reads what was written with Arrow's reader and with encoding/csv.
func TestReadBack(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, rows := range []int{0, 1, 7, 8, 9, 200, 5000} {
		table := drawn(rng, rows, rows%20)
		var file, text bytes.Buffer
		if err := columns.WriteParquet(&file, table); err != nil {
			t.Fatal(err)
		}
		if err := columns.WriteCSV(&text, table); err != nil {
			t.Fatal(err)
		}
		mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
		read, err := pqarrow.ReadTable(context.Background(), bytes.NewReader(file.Bytes()), parquet.NewReaderProperties(mem), pqarrow.ArrowReadProperties{}, mem)
		if err != nil {
			t.Fatalf("%d rows: %v", rows, err)
		}
		records, err := csv.NewReader(&text).ReadAll()
		if err != nil || len(records) != rows+1 || int(read.NumRows()) != rows || int(read.NumCols()) != len(table) {
			t.Fatalf("%d rows: %d records, %d rows, %d columns, %v", rows, len(records), read.NumRows(), read.NumCols(), err)
		}
		of := func(i int) arrow.Array { return read.Column(i).Data().Chunk(0) }
		for row := range rows {
			x, known := table[1].Floats[row], !math.IsNaN(table[1].Floats[row]) && !math.IsInf(table[1].Floats[row], 0)
			number := of(1).(*array.Float64)
			if of(0).(*array.String).Value(row) != table[0].Texts[row] || number.IsNull(row) == known || known && number.Value(row) != x ||
				of(2).(*array.Int64).Value(row) != table[2].Ints[row] || of(3).(*array.Boolean).Value(row) != table[3].Bools[row] {
				t.Fatalf("row %d of %d differs", row, rows)
			}
			want := ""
			if known {
				want = strconv.FormatFloat(x, 'g', -1, 64)
			}
			if r := records[row+1]; r[0] != table[0].Texts[row] || r[1] != want || r[2] != fmt.Sprint(table[2].Ints[row]) || r[3] != fmt.Sprint(table[3].Bools[row]) {
				t.Fatalf("record %d of %d: %q", row, rows, r)
			}
		}
		read.Release()
		mem.AssertSize(t, 0)
	}
}

func TestUnevenTables(t *testing.T) {
	for _, table := range [][]columns.Column{nil, {{Name: "a", Ints: []int64{1}}, {Name: "b", Texts: []string{"x", "y"}}}} {
		if err := columns.WriteParquet(&bytes.Buffer{}, table); err == nil {
			t.Errorf("%v is written", table)
		}
		if err := columns.WriteCSV(&bytes.Buffer{}, table); err == nil {
			t.Errorf("%v is written", table)
		}
	}
}

package decode

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/float16"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/ingest/record"
	"github.com/banshift/banshift/schemas"
)

// withNull gives a copy of rec in which one row of a column is NULL.
func withNull(rec arrow.Record, column, row int) arrow.Record {
	columns := append([]arrow.Array(nil), rec.Columns()...)
	mask := make([]byte, (rec.NumRows()+7)/8)
	for i := range int(rec.NumRows()) {
		if i != row {
			mask[i/8] |= 1 << (i % 8)
		}
	}
	data := columns[column].Data()
	buffers := append([]*memory.Buffer{memory.NewBufferBytes(mask)}, data.Buffers()[1:]...)
	null := array.NewData(data.DataType(), data.Len(), buffers, data.Children(), 1, 0)
	if d, ok := columns[column].(*array.Dictionary); ok {
		null = array.NewDataWithDictionary(data.DataType(), data.Len(), buffers, 1, 0, d.Dictionary().Data().(*array.Data))
	}
	columns[column] = array.MakeFromData(null)
	return array.NewRecord(rec.Schema(), columns, rec.NumRows())
}

// TestNullIsMissing has NULL in each column in turn: a row without what it must say is a
// reject, and no row takes over what another says.
func TestNullIsMissing(t *testing.T) {
	const row = 2
	for _, schema := range []*arrow.Schema{schemas.FlowSchema, schemas.DNSSchema} {
		required := schemas.FlowRequired
		if schema == schemas.DNSSchema {
			required = schemas.DNSRequired
		}
		rec := example(memory.DefaultAllocator, schema, schema.NumFields(), 5, same)
		for column, field := range schema.Fields() {
			for _, form := range []string{"stream", "file", "parquet"} {
				if column == schemas.FlowFirstSizes && form == "parquet" && schema == schemas.FlowSchema {
					continue // the writer at hand cannot say that
				}
				t.Run(schema.Field(0).Name+"/"+field.Name+"/"+form, func(t *testing.T) {
					got := newTally()
					if err := Rows(t.Context(), formatOf(form), bytes.NewReader(encode(t, withNull(rec, column, row), form)), got); err != nil {
						t.Fatal(err)
					}
					rejects := 0
					for _, c := range required {
						if c == column {
							rejects = 1
						}
					}
					if got.rejects != rejects || got.flows+got.dns != 5-rejects {
						t.Errorf("%d rows and %d rejects, want %d and %d: %v", got.flows+got.dns, got.rejects, 5-rejects, rejects, got.reasons)
					}
					if rejects == 1 && got.reasons["reject: "+field.Name+" is NULL"] != 1 {
						t.Errorf("reasons %v", got.reasons)
					}
				})
			}
		}
	}
}

// TestMisfitIsAReject has a number that the canonical type cannot say.
func TestMisfitIsAReject(t *testing.T) {
	rec := example(memory.DefaultAllocator, schemas.FlowSchema, schemas.NumFlowColumns, 3, same)
	b := array.NewInt64Builder(memory.DefaultAllocator)
	b.AppendValues([]int64{-1, 443, 70000}, nil)
	fields := append([]arrow.Field(nil), rec.Schema().Fields()...)
	fields[schemas.FlowServerPort].Type = arrow.PrimitiveTypes.Int64
	columns := append([]arrow.Array(nil), rec.Columns()...)
	columns[schemas.FlowServerPort] = b.NewArray()
	wide := array.NewRecord(arrow.NewSchema(fields, nil), columns, 3)
	got := newTally()
	if err := Rows(t.Context(), Arrow, bytes.NewReader(encode(t, wide, "file")), got); err != nil {
		t.Fatal(err)
	}
	if got.flows != 1 || got.reasons["reject: server_port does not fit"] != 2 {
		t.Errorf("%d flows, %v", got.flows, got.reasons)
	}
}

// TestNumbersOfOtherTypes has whole numbers as floats and decimals, unknown ones, and some
// that are none.
func TestNumbersOfOtherTypes(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name   string
		typ    arrow.DataType
		values []any // of bytes_up; nil: NULL
		want   string
	}{
		{"float64", arrow.PrimitiveTypes.Float64, []any{0.0, 1e15, nan, nil, 1.5, -1.0, 1e30, math.Inf(1)}, "0 1000000000000000 null null misfit misfit misfit misfit"},
		{"float32", arrow.PrimitiveTypes.Float32, []any{float32(0), float32(16777216), float32(nan), nil, float32(.5)}, "0 16777216 null null misfit"},
		{"float16", arrow.FixedWidthTypes.Float16, []any{float16.New(2048), float16.New(.5)}, "2048 misfit"},
		{"decimal", &arrow.Decimal128Type{Precision: 25, Scale: 3}, []any{decimal128.FromU64(5000), decimal128.FromU64(5001), decimal128.FromI64(-1000), nil}, "5 misfit misfit null"},
		{"wide decimal", &arrow.Decimal128Type{Precision: 38}, []any{decimal128.FromU64(math.MaxUint64), decimal128.New(1, 0)}, "18446744073709551615 misfit"},
		{"null", arrow.Null, []any{nil, nil}, "null null"},
	} {
		for _, form := range []string{"stream", "file", "parquet"} {
			t.Run(c.name+"/"+form, func(t *testing.T) {
				b := array.NewBuilder(memory.DefaultAllocator, c.typ)
				for _, v := range c.values {
					switch v := v.(type) {
					case nil:
						b.AppendNull()
					case float64:
						b.(*array.Float64Builder).Append(v)
					case float32:
						b.(*array.Float32Builder).Append(v)
					case float16.Num:
						b.(*array.Float16Builder).Append(v)
					case decimal128.Num:
						b.(*array.Decimal128Builder).Append(v)
					}
				}
				rec := example(memory.DefaultAllocator, schemas.FlowSchema, schemas.NumFlowColumns, len(c.values), same)
				fields := append([]arrow.Field(nil), rec.Schema().Fields()...)
				fields[schemas.FlowBytesUp].Type = c.typ
				columns := append([]arrow.Array(nil), rec.Columns()...)
				columns[schemas.FlowBytesUp] = b.NewArray()
				var got outcomes
				in := array.NewRecord(arrow.NewSchema(fields, nil), columns, int64(len(c.values)))
				if err := Rows(t.Context(), formatOf(form), bytes.NewReader(encode(t, in, form)), &got); err != nil {
					t.Fatal(err)
				}
				if got := strings.Join(got, " "); got != c.want {
					t.Errorf("%s, want %s", got, c.want)
				}
			})
		}
	}
}

// outcomes are what became of each row: its bytes, or why it was rejected.
type outcomes []string

func (o *outcomes) Flow(f *record.Flow, _ int64) { *o = append(*o, fmt.Sprint(f.SrcBytes)) }
func (o *outcomes) DNS(*record.DNS, int64)       {}
func (o *outcomes) Skip(string, int64)           {}
func (o *outcomes) Reject(reason string, _ []byte, _ int64) {
	reason = strings.NewReplacer("bytes_up does not fit", "misfit", "bytes_up is NULL", "null").Replace(reason)
	*o = append(*o, reason)
}

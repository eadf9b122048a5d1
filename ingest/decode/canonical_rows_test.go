package decode

import (
	"bytes"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

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
		required := requiredFlow
		if schema == schemas.DNSSchema {
			required = requiredDNS
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

package decode

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"

	"github.com/banshift/banshift/schemas"
)

// plain is the type that a writer without dictionaries, fixed lists and unsigned
// numbers would use.
func plain(t arrow.DataType) arrow.DataType {
	switch t.ID() {
	case arrow.DICTIONARY:
		return arrow.BinaryTypes.String
	case arrow.FIXED_SIZE_LIST:
		return arrow.ListOf(arrow.PrimitiveTypes.Int32)
	case arrow.FIXED_SIZE_BINARY:
		return arrow.BinaryTypes.Binary
	case arrow.LIST:
		return arrow.ListOf(arrow.BinaryTypes.Binary)
	case arrow.TIMESTAMP:
		return arrow.FixedWidthTypes.Timestamp_us
	case arrow.UINT8, arrow.UINT16, arrow.UINT32:
		return arrow.PrimitiveTypes.Int64
	}
	return t
}

// randomColumn fills a builder of either the canonical or the plain type with the same
// values for the same seed.
func randomColumn(b array.Builder, r *rand.Rand, rows int) {
	for range rows {
		appendRandom(b, r)
	}
}

func appendRandom(b array.Builder, r *rand.Rand) {
	n := r.Uint32N(100)
	switch b := b.(type) {
	case *array.BinaryDictionaryBuilder:
		_ = b.AppendString(strings.Repeat("x", int(n%5)))
	case *array.StringBuilder:
		b.Append(strings.Repeat("x", int(n%5)))
	case *array.FixedSizeBinaryBuilder:
		b.Append(bytes.Repeat([]byte{byte(n)}, 16))
	case *array.BinaryBuilder:
		b.Append(bytes.Repeat([]byte{byte(n)}, 16))
	case *array.TimestampBuilder:
		at := int64(n) + 1523836800000
		if b.Type().(*arrow.TimestampType).Unit == arrow.Microsecond {
			at = at*1000 + 7
		}
		b.Append(arrow.Timestamp(at))
	case *array.FixedSizeListBuilder:
		b.Append(true)
		for i := range schemas.MaxFirstSizes {
			v := int16(0)
			if i < 3 {
				v = -int16(n)
			}
			b.ValueBuilder().(*array.Int16Builder).Append(v)
		}
	case *array.ListBuilder:
		b.Append(true)
		if ints, ok := b.ValueBuilder().(*array.Int32Builder); ok {
			for range 3 {
				ints.Append(-int32(n))
			}
			return
		}
		for range n % 3 {
			appendRandom(b.ValueBuilder(), r)
		}
	case *array.BooleanBuilder:
		b.Append(n%2 == 0)
	case *array.Uint8Builder:
		b.Append(uint8(n))
	case *array.Uint16Builder:
		b.Append(uint16(n))
	case *array.Uint32Builder:
		b.Append(n)
	case *array.Uint64Builder:
		b.Append(uint64(n) << 57)
	case *array.Int32Builder:
		b.Append(int32(n))
	case *array.Int64Builder:
		b.Append(int64(n))
	}
}

// example makes a record of the first columns of a schema, with types changed by to.
func example(mem memory.Allocator, schema *arrow.Schema, columns, rows int, to func(arrow.DataType) arrow.DataType) arrow.Record {
	fields := make([]arrow.Field, columns)
	arrays := make([]arrow.Array, columns)
	for i := range columns {
		// Nullable, because pqarrow v15 writes the values of a fixed list that is not as nulls.
		fields[i] = arrow.Field{Name: schema.Field(i).Name, Type: to(schema.Field(i).Type), Nullable: true}
		b := array.NewBuilder(mem, fields[i].Type)
		randomColumn(b, rand.New(rand.NewPCG(uint64(i), 9)), rows)
		arrays[i] = b.NewArray()
		b.Release()
		if column, ok := arrays[i].(*array.Uint64); ok && fields[i].Name == "signatures" {
			for row, s := range column.Uint64Values() { // a writer of today has no traits there
				column.Uint64Values()[row], _ = schemas.SplitTraits(s)
			}
		}
	}
	rec := array.NewRecord(arrow.NewSchema(fields, nil), arrays, int64(rows))
	for _, a := range arrays {
		a.Release()
	}
	return rec
}

func same(t arrow.DataType) arrow.DataType { return t }

// encode writes a record in one of the three forms.
func encode(t testing.TB, rec arrow.Record, form string) []byte {
	t.Helper()
	var buf bytes.Buffer
	var err error
	switch form {
	case "stream":
		w := ipc.NewWriter(&buf, ipc.WithSchema(rec.Schema()))
		if err = w.Write(rec); err == nil {
			err = w.Close()
		}
	case "file":
		var w *ipc.FileWriter
		tmp := &seekBuffer{}
		if w, err = ipc.NewFileWriter(tmp, ipc.WithSchema(rec.Schema())); err == nil {
			if err = w.Write(rec); err == nil {
				err = w.Close()
			}
		}
		buf.Write(tmp.Bytes())
	case "parquet":
		var w *pqarrow.FileWriter
		props := pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema())
		if w, err = pqarrow.NewFileWriter(rec.Schema(), &buf, parquet.NewWriterProperties(), props); err == nil {
			if err = w.Write(rec); err == nil {
				err = w.Close()
			}
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// seekBuffer tells its end, which is all that the file writer seeks for.
type seekBuffer struct{ bytes.Buffer }

func (s *seekBuffer) Seek(int64, int) (int64, error) { return int64(s.Len()), nil }

func formatOf(form string) Format {
	if form == "parquet" {
		return Parquet
	}
	return Arrow
}

func TestCanonicalRoundTrip(t *testing.T) {
	for _, schema := range []*arrow.Schema{schemas.FlowSchema, schemas.DNSSchema} {
		for _, form := range []string{"stream", "file", "parquet"} {
			for name, to := range map[string]func(arrow.DataType) arrow.DataType{"canonical": same, "plain": plain} {
				t.Run(schema.Field(0).Name+"/"+form+"/"+name, func(t *testing.T) {
					mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
					defer mem.AssertSize(t, 0)
					want := example(mem, schema, schema.NumFields(), 50, same)
					defer want.Release()
					in := example(memory.DefaultAllocator, schema, schema.NumFields(), 50, to)
					defer in.Release()
					data := encode(t, in, form)
					if f, err := Recognise(data, "x"); f != formatOf(form) {
						t.Errorf("recognised as %q, %v", f, err)
					}
					b, err := Canonical(formatOf(form), bytes.NewReader(data), mem)
					if err != nil {
						t.Fatal(err)
					}
					defer b.Release()
					if b.schema != schema {
						t.Error("the other schema")
					}
					rows := int64(0)
					for b.Next() {
						rows += b.Record().NumRows()
						for i := range schema.NumFields() {
							got, want := b.Record().Column(i), want.Column(i)
							for row := range got.Len() {
								if got.ValueStr(row) != want.ValueStr(row) {
									t.Fatalf("column %s row %d: %s, want %s", schema.Field(i).Name, row, got.ValueStr(row), want.ValueStr(row))
								}
							}
						}
					}
					if b.Err() != nil || rows != 50 {
						t.Errorf("%d rows, error %v", rows, b.Err())
					}
				})
			}
		}
	}
}

// TestCanonicalOldTraits reads a file of the schema that had traits among its signatures.
func TestCanonicalOldTraits(t *testing.T) {
	for _, form := range []string{"stream", "parquet"} {
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		rec := example(mem, schemas.FlowSchema, schemas.FlowSignaturesHigh, 2, same)
		copy(rec.Column(schemas.FlowSignatures).(*array.Uint64).Uint64Values(), []uint64{1<<0 | 1<<33 | 1<<44, 1<<16 | 1<<45 | 1<<57 | 1<<59})
		var got keep
		err := Rows(t.Context(), formatOf(form), bytes.NewReader(encode(t, rec, form)), &got)
		rec.Release()
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"wireguard-init unanswered,mod16", "tls midstream,tls-records,dtls-records"} {
			if i >= len(got.flow) {
				t.Fatalf("%s: %d rows", form, len(got.flow))
			}
			if f := got.flow[i]; f.Signatures.String()+" "+f.Traits.String() != want {
				t.Errorf("%s, row %d: %q %q, want %q", form, i, f.Signatures, f.Traits, want)
			}
		}
		mem.AssertSize(t, 0)
	}
}

func TestCanonicalMissingColumns(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	rec := example(mem, schemas.FlowSchema, schemas.FlowTCPFlags, 5, same)
	defer rec.Release()
	b, err := Canonical(Arrow, bytes.NewReader(encode(t, rec, "stream")), mem)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	for b.Next() {
		v, err := schemas.FlowsOf(b.Record())
		if err != nil {
			t.Fatal(err)
		}
		if v.SamplingRate[4] != 1 || v.Records[4] != 1 || v.Simulated.Value(4) || schemas.DictString(v.Source, 4) != "" || v.FirstSizes[39] != 0 {
			t.Error("missing columns do not have their defaults")
		}
	}
	if b.Err() != nil {
		t.Error(b.Err())
	}
}

func TestCanonicalErrorsNameTheColumn(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	fields := schemas.FlowSchema.Fields()
	wrongType := append([]arrow.Field(nil), fields...)
	wrongType[schemas.FlowServerPort].Type = arrow.BinaryTypes.String
	renamed := append([]arrow.Field(nil), fields...)
	renamed[schemas.FlowClientASN].Name = "asn"
	for _, c := range []struct {
		name   string
		schema *arrow.Schema
		want   string
	}{
		{"type", arrow.NewSchema(wrongType, nil), "column server_port is utf8, want uint16"},
		{"name", arrow.NewSchema(renamed, nil), "column client_asn is missing"},
		{"too few", arrow.NewSchema(fields[:schemas.FlowServer], nil), "column server is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := example(memory.DefaultAllocator, c.schema, c.schema.NumFields(), 1, same)
			defer rec.Release()
			b, err := Canonical(Arrow, bytes.NewReader(encode(t, rec, "file")), mem)
			if err == nil {
				for b.Next() {
				}
				err = b.Err()
				b.Release()
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q in it", err, c.want)
			}
		})
	}
}

func TestCanonicalDamaged(t *testing.T) {
	rec := example(memory.DefaultAllocator, schemas.FlowSchema, schemas.NumFlowColumns, 50, same)
	defer rec.Release()
	for _, form := range []string{"stream", "file", "parquet"} {
		data := encode(t, rec, form)
		for _, n := range []int{0, 5, 40, len(data) / 2, len(data) - 20} {
			b, err := Canonical(formatOf(form), bytes.NewReader(data[:n]), nil)
			if err == nil {
				for b.Next() {
				}
				err = b.Err()
				b.Release()
			}
			if err == nil && !(form == "stream" && n == len(data)-20) {
				t.Errorf("%s cut at %d of %d: no error", form, n, len(data))
			}
		}
	}
}

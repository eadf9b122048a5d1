package load_test

import (
	"context"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas"
)

// oneRow builds a record of one row with a distinct value in every column.
func oneRow(mem memory.Allocator, schema *arrow.Schema) arrow.Record {
	b := array.NewRecordBuilder(mem, schema)
	defer b.Release()
	for i, f := range schema.Fields() {
		switch c := b.Field(i).(type) {
		case *array.TimestampBuilder:
			if f.Type.(*arrow.TimestampType).Unit == arrow.Second {
				c.Append(1523869200)
			} else {
				c.Append(1523869200123)
			}
		case *array.Date32Builder:
			c.Append(17637)
		case *array.FixedSizeBinaryBuilder:
			c.Append([]byte{0x20, 1, 0xd, 0xb8, 14: 0, 15: 0xff})
		case *array.BinaryDictionaryBuilder:
			if err := c.AppendString(f.Name); err != nil {
				panic(err)
			}
		case *array.StringBuilder:
			c.Append(f.Name)
		case *array.ListBuilder:
			c.Append(true)
			c.ValueBuilder().(*array.StringBuilder).Append("rule:+20")
		case *array.Uint64Builder:
			c.Append(1<<63 + uint64(i))
		case *array.Uint32Builder:
			c.Append(1<<31 + uint32(i))
		case *array.Uint16Builder:
			c.Append(1<<15 + uint16(i))
		case *array.Uint8Builder:
			c.Append(uint8(i))
		case *array.Int32Builder:
			c.Append(-int32(i))
		case *array.Int64Builder:
			c.Append(-int64(i))
		case *array.Float32Builder:
			c.Append(0.5)
		case *array.Float64Builder:
			c.Append(0.25)
		default:
			panic(f.Name)
		}
	}
	return b.NewRecord()
}

// Every column of every table arrives with its value: a column that was matched to
// another, cut or converted would differ.
func TestEveryColumnArrives(t *testing.T) {
	s := needStore(t)
	ctx := context.Background()
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	want := map[string]string{
		schemas.TableFlows:       `('2018-04-16 09:00:00.123','2018-04-16 09:00:00.123',9223372036854775810,'country',2147483652,'2001:db8::ff',2147483654,32775,8,9223372036854775817,9223372036854775818,9223372036854775819,9223372036854775820,9223372036854775821,'tool','service','category','level',0.5,0.25,['rule:+20'],'sensor_label','exporter',9223372036854775831,24,'pack','lists')`,
		schemas.TableUsage:       `('2018-04-16 09:00:00','country',2147483650,9223372036854775811,9223372036854775812,5,9223372036854775814,0.25,9223372036854775816,9223372036854775817,9223372036854775818,9223372036854775819)`,
		schemas.TableVerdicts:    `(9223372036854775808,'tool','service','category','level','pack','lists')`,
		schemas.TableDNSUsage:    `('2018-04-16 09:00:00','country',2147483650,9223372036854775811,'name','service','category',7,'pack',9223372036854775817,9223372036854775818,9223372036854775819,9223372036854775820,9223372036854775821)`,
		schemas.TableResolutions: `('2018-04-16','country','name','2001:db8::ff',4,9223372036854775813)`,
		schemas.TableEndpoints:   `('2018-04-16','country','service','2001:db8::ff',2147483652,5,9223372036854775814,9223372036854775815)`,
		schemas.TableCoverage:    `('2018-04-16 09:00:00','country','exporter',3,9223372036854775812,9223372036854775813)`,
		schemas.TableRejects:     `('source',-1,-2,'reason','excerpt')`,
	}
	b := load.Batch{Source: "columns", Next: 1, Counts: load.Counts{In: 1, Folded: 1}}
	for table, schema := range schemas.TableSchemas() {
		rec := oneRow(mem, schema)
		defer rec.Release()
		b.Tables = append(b.Tables, load.TableBatch{Name: table, Record: rec})
	}
	if err := s.Write(ctx, b); err != nil {
		t.Fatal(err)
	}
	for table, schema := range schemas.TableSchemas() {
		t.Run(table, func(t *testing.T) {
			columns := ""
			for i, f := range schema.Fields() {
				if i > 0 {
					columns += ","
				}
				columns += "`" + f.Name + "`"
			}
			where := "country = 'country'"
			switch table {
			case schemas.TableRejects:
				where = "source = 'source'"
			case schemas.TableVerdicts:
				where = "level = 'level'"
			}
			got := scalar[string](t, s, "SELECT toString(tuple("+columns+")) FROM "+table+" WHERE "+where)
			if got != want[table] {
				t.Errorf("got  %s\nwant %s", got, want[table])
			}
		})
	}
}

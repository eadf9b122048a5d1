package schemas

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// Types of columns that several batches have.
var (
	timestampMS = arrow.FixedWidthTypes.Timestamp_ms
	timestampS  = arrow.FixedWidthTypes.Timestamp_s
	date        = arrow.FixedWidthTypes.Date32
	utf8Dict    = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	address     = &arrow.FixedSizeBinaryType{ByteWidth: 16}
)

// Metadata keys of a classified batch's schema: the versions of the rule pack ("name@semver+sha256 prefix") and of the
// lists that it was made with.
const (
	MetaPack  = "pack"
	MetaLists = "lists"
)

// DictString gives row i of a string dictionary column.
func DictString(d *array.Dictionary, i int) string {
	if d.IsNull(i) {
		return ""
	}
	return d.Dictionary().(*array.String).Value(d.GetValueIndex(i))
}

// hasColumns reports the first field in which got differs from want, from a column on.
func hasColumns(got *arrow.Schema, first int, want *arrow.Schema) error {
	if first < 0 || got.NumFields() < first+want.NumFields() {
		return fmt.Errorf("%d columns, want at least %d", got.NumFields(), want.NumFields())
	}
	for i, f := range want.Fields() {
		g := got.Field(first + i)
		if g.Name != f.Name || !arrow.TypeEqual(g.Type, f.Type) {
			return fmt.Errorf("column %d is %s %s, want %s %s", first+i, g.Name, g.Type, f.Name, f.Type)
		}
	}
	return nil
}

// recordOf takes the columns over.
func recordOf(schema *arrow.Schema, rows int, columns []arrow.Array) arrow.Record {
	defer func() {
		for _, c := range columns {
			c.Release()
		}
	}()
	return array.NewRecord(schema, columns, int64(rows))
}

// released hands the values of one of Arrow's builders over, and gives its memory back.
func released(b array.Builder) arrow.Array {
	defer b.Release()
	return b.NewArray()
}

package usage

import (
	"encoding/binary"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/schemas"
)

var (
	dictType    = schemas.FlowSchema.Field(schemas.FlowClientCountry).Type
	addressType = schemas.FlowSchema.Field(schemas.FlowServer).Type
)

// fill makes a fixed-width column with one value a key.
func fill[K, T any](mem memory.Allocator, keys []K, dt arrow.DataType, value func(*K) T) arrow.Array {
	c := schemas.NewColumn[T](mem, len(keys))
	for i := range keys {
		c.Append(value(&keys[i]))
	}
	return c.Array(dt)
}

// recode makes a dictionary column with one code a key, in the dictionary of another column.
func recode[K any](mem memory.Allocator, keys []K, of *array.Dictionary, code func(*K) int32) arrow.Array {
	indices := fill(mem, keys, arrow.PrimitiveTypes.Int32, code)
	defer indices.Release()
	return array.NewDictionaryArray(dictType, indices, of.Dictionary())
}

// constant makes a dictionary column of one text.
func constant(mem memory.Allocator, text string, rows int) arrow.Array {
	c := schemas.NewDictColumn(mem, rows)
	c.Fill(rows, []byte(text))
	return c.Array()
}

// levelNames makes a dictionary column of the names of levels.
func levelNames[K any](mem memory.Allocator, keys []K, level func(*K) uint8) arrow.Array {
	names := array.NewStringBuilder(mem)
	defer names.Release()
	for l := schemas.Unclassified; l <= schemas.Confirmed; l++ {
		names.Append(l.String())
	}
	dictionary := names.NewArray()
	defer dictionary.Release()
	indices := fill(mem, keys, arrow.PrimitiveTypes.Int32, func(k *K) int32 { return int32(level(k)) })
	defer indices.Release()
	return array.NewDictionaryArray(dictType, indices, dictionary)
}

func hashAddress(a [16]byte) uint64 {
	return mix(mix(0, binary.LittleEndian.Uint64(a[:8])), binary.LittleEndian.Uint64(a[8:]))
}

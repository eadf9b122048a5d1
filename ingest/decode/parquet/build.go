package parquet

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/float16"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// counter takes values for their number only.
type counter struct{}

func (counter) numbers([]int64, []bool) {}
func (counter) text([]byte)             {}
func (counter) null()                   {}
func (counter) list(bool)               {}

// readable reports whether arrays of a type can be made.
func readable(t arrow.DataType) bool {
	if list, ok := t.(*arrow.ListType); ok {
		t = list.Elem()
	}
	switch t.ID() {
	case arrow.STRUCT, arrow.LIST, arrow.DECIMAL256:
		return false
	}
	return true
}

// arrays takes values into an array.
type arrays struct {
	whole array.Builder
	outer *array.ListBuilder // nil where values are plain
	inner array.Builder
	err   error
}

func newArrays(t arrow.DataType, mem memory.Allocator) *arrays {
	a := &arrays{whole: array.NewBuilder(mem, t)}
	a.inner = a.whole
	if list, ok := a.whole.(*array.ListBuilder); ok {
		a.outer, a.inner = list, list.ValueBuilder()
	}
	return a
}

func (a *arrays) list(valid bool) { a.outer.Append(valid) }

func (a *arrays) null() { a.inner.AppendNull() }

func (a *arrays) text(b []byte) {
	switch to := a.inner.(type) {
	case *array.StringBuilder:
		to.BinaryBuilder.Append(b)
	case *array.BinaryBuilder:
		to.Append(b)
	case *array.FixedSizeBinaryBuilder:
		to.Append(b)
	case *array.Decimal128Builder:
		a.decimal(to, b)
	case *array.Float16Builder:
		to.Append(float16.FromLEBytes(b))
	case *array.NullBuilder:
		to.AppendNull()
	default:
		a.err = fmt.Errorf("bytes as %s are not read", a.inner.Type())
	}
}

// decimal takes a number in two's complement, most significant byte first.
func (a *arrays) decimal(to *array.Decimal128Builder, b []byte) {
	high, low := int64(0), uint64(0)
	if len(b) > 0 && b[0]&0x80 != 0 {
		high, low = -1, math.MaxUint64
	}
	for _, octet := range b {
		high, low = high<<8|int64(low>>56), low<<8|uint64(octet)
	}
	if len(b) > 16 {
		a.err = fmt.Errorf("a decimal of %d bytes: at most 16 can be read", len(b))
	}
	to.Append(decimal128.New(high, low))
}

func (a *arrays) numbers(values []int64, valid []bool) {
	switch to := a.inner.(type) {
	case *array.Int8Builder:
		as(to.AppendValues, values, valid)
	case *array.Int16Builder:
		as(to.AppendValues, values, valid)
	case *array.Int32Builder:
		as(to.AppendValues, values, valid)
	case *array.Int64Builder:
		to.AppendValues(values, valid)
	case *array.Uint8Builder:
		as(to.AppendValues, values, valid)
	case *array.Uint16Builder:
		as(to.AppendValues, values, valid)
	case *array.Uint32Builder:
		as(to.AppendValues, values, valid)
	case *array.Uint64Builder:
		as(to.AppendValues, values, valid)
	case *array.TimestampBuilder:
		as(to.AppendValues, values, valid)
	case *array.Date32Builder:
		as(to.AppendValues, values, valid)
	case *array.Time64Builder:
		as(to.AppendValues, values, valid)
	default:
		a.others(values, valid)
	}
}

// others are numbers that are not whole ones, or not stored as such.
func (a *arrays) others(values []int64, valid []bool) {
	for i, v := range values {
		if valid != nil && !valid[i] {
			a.inner.AppendNull()
			continue
		}
		switch to := a.inner.(type) {
		case *array.BooleanBuilder:
			to.Append(v != 0)
		case *array.Float32Builder:
			to.Append(math.Float32frombits(uint32(v)))
		case *array.Float64Builder:
			to.Append(math.Float64frombits(uint64(v)))
		case *array.Decimal128Builder:
			to.Append(decimal128.FromI64(v))
		case *array.NullBuilder:
			to.AppendNull()
		default:
			a.err = fmt.Errorf("numbers as %s are not read", a.inner.Type())
			return
		}
	}
}

// as takes values in the width that they are said to have.
func as[T ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64](take func([]T, []bool), values []int64, valid []bool) {
	var narrow [some]T
	for i, v := range values {
		narrow[i] = T(v)
	}
	take(narrow[:len(values)], valid)
}

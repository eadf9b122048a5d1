package decode

import (
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/schemas"
)

// convertible reports whether a column of type got can become one of type want.
func convertible(got, want arrow.DataType) bool {
	if arrow.TypeEqual(got, want) || got.ID() == arrow.NULL {
		return true
	}
	switch want.ID() {
	case arrow.DICTIONARY, arrow.STRING:
		return isText(got)
	case arrow.FIXED_SIZE_BINARY:
		return isBytes(got)
	case arrow.BOOL:
		return isNumber(got)
	case arrow.TIMESTAMP:
		return got.ID() == arrow.TIMESTAMP
	case arrow.LIST:
		list, ok := got.(arrow.ListLikeType)
		return ok && isBytes(list.Elem())
	case arrow.FIXED_SIZE_LIST:
		list, ok := got.(arrow.ListLikeType)
		return ok && isNumber(list.Elem())
	}
	return isNumber(got) && isNumber(want)
}

func isText(t arrow.DataType) bool {
	if d, ok := t.(*arrow.DictionaryType); ok {
		t = d.ValueType
	}
	switch t.ID() {
	case arrow.STRING, arrow.LARGE_STRING, arrow.BINARY, arrow.LARGE_BINARY, arrow.STRING_VIEW, arrow.BINARY_VIEW:
		return true
	}
	return false
}

func isBytes(t arrow.DataType) bool {
	fixed, ok := t.(*arrow.FixedSizeBinaryType)
	return ok && (fixed.ByteWidth == 16 || fixed.ByteWidth == 4) || t.ID() == arrow.BINARY || t.ID() == arrow.LARGE_BINARY || t.ID() == arrow.BINARY_VIEW
}

// isNumber: floats and decimals too, which writers make of whole numbers that may be unknown
// or need 64 bits without a sign.
func isNumber(t arrow.DataType) bool {
	return arrow.IsInteger(t.ID()) || arrow.IsFloating(t.ID()) || t.ID() == arrow.DECIMAL128
}

// convertColumn gives a column in the wanted type; the caller releases it. bad is told of
// the rows whose value does not fit: they are null.
func convertColumn(c arrow.Array, want arrow.DataType, mem memory.Allocator, bad func(row int)) (arrow.Array, error) {
	if arrow.TypeEqual(c.DataType(), want) {
		c.Retain()
		return c, nil
	}
	b := array.NewBuilder(mem, want)
	defer b.Release()
	b.Reserve(c.Len())
	for i := range c.Len() {
		if isMissing(c, i) {
			b.AppendNull()
			continue
		}
		length := b.Len()
		if err := appendConverted(b, c, i); err != nil {
			bad(i)
			if b.Len() == length {
				b.AppendNull()
			}
		}
	}
	return b.NewArray(), nil
}

// isMissing reports NULL, and what stands for it among floats.
func isMissing(c arrow.Array, i int) bool {
	switch c := c.(type) {
	case *array.Null:
		return true
	case *array.Float32:
		return c.IsNull(i) || math.IsNaN(float64(c.Value(i)))
	case *array.Float64:
		return c.IsNull(i) || math.IsNaN(c.Value(i))
	}
	return c.IsNull(i)
}

// appendConverted adds value i of c, which is not null. After an error it may have added an
// empty one.
func appendConverted(b array.Builder, c arrow.Array, i int) error {
	switch b := b.(type) {
	case *array.BinaryDictionaryBuilder:
		return b.Append(bytesAt(c, i))
	case *array.StringBuilder:
		b.Append(string(bytesAt(c, i)))
	case *array.FixedSizeBinaryBuilder:
		return appendAddress(b, c, i)
	case *array.ListBuilder:
		b.Append(true)
		return eachItem(c, i, func(items arrow.Array, k int) error {
			return appendAddress(b.ValueBuilder().(*array.FixedSizeBinaryBuilder), items, k)
		})
	case *array.FixedSizeListBuilder:
		return appendSizes(b, c, i)
	case *array.TimestampBuilder:
		at, ok := inMillis(c, i)
		if !ok {
			return errors.New("time out of range")
		}
		b.Append(arrow.Timestamp(at))
	case *array.BooleanBuilder:
		n, _, err := numberAt(c, i)
		if err != nil {
			return err
		}
		b.Append(n != 0)
	default:
		return appendNumber(b, c, i)
	}
	return nil
}

func appendAddress(b *array.FixedSizeBinaryBuilder, c arrow.Array, i int) error {
	raw := bytesAt(c, i)
	if c.IsNull(i) {
		raw = make([]byte, 16)
	}
	a, ok := address16(raw)
	if !ok {
		return fmt.Errorf("address of %d bytes, want 16 or 4", len(raw))
	}
	b.Append(a[:])
	return nil
}

func appendSizes(b *array.FixedSizeListBuilder, c arrow.Array, i int) error {
	b.Append(true)
	values, n := b.ValueBuilder().(*array.Int16Builder), 0
	err := eachItem(c, i, func(items arrow.Array, k int) error {
		if n++; n > schemas.MaxFirstSizes {
			return fmt.Errorf("more than %d sizes", schemas.MaxFirstSizes)
		}
		return appendNumber(values, items, k)
	})
	for ; n < schemas.MaxFirstSizes; n++ {
		values.Append(0)
	}
	return err
}

// eachItem visits the items of the list in row i.
func eachItem(c arrow.Array, i int, visit func(items arrow.Array, k int) error) error {
	list := c.(array.ListLike)
	if c.IsNull(i) {
		return nil
	}
	from, to := list.ValueOffsets(i)
	for k := from; k < to; k++ {
		if err := visit(list.ListValues(), int(k)); err != nil {
			return err
		}
	}
	return nil
}

func bytesAt(c arrow.Array, i int) []byte {
	if c.IsNull(i) {
		return nil
	}
	switch c := c.(type) {
	case *array.Dictionary:
		return bytesAt(c.Dictionary(), c.GetValueIndex(i))
	case *array.String:
		return []byte(c.Value(i))
	case *array.LargeString:
		return []byte(c.Value(i))
	case *array.Binary:
		return c.Value(i)
	case *array.LargeBinary:
		return c.Value(i)
	case *array.StringView:
		return []byte(c.Value(i))
	case *array.BinaryView:
		return c.Value(i)
	case *array.FixedSizeBinary:
		return c.Value(i)
	}
	return nil
}

// inMillis reads a time of any unit. ok: it can be said in milliseconds.
func inMillis(c arrow.Array, i int) (ms int64, ok bool) {
	at := int64(c.(*array.Timestamp).Value(i))
	switch c.DataType().(*arrow.TimestampType).Unit {
	case arrow.Second:
		return at * 1000, at <= math.MaxInt64/1000 && at >= math.MinInt64/1000
	case arrow.Microsecond:
		return at / 1000, true
	case arrow.Nanosecond:
		return at / 1_000_000, true
	}
	return at, true
}

// numberAt reads a whole number of any width: n, or -1-n where negative.
func numberAt(c arrow.Array, i int) (n uint64, negative bool, err error) {
	if isMissing(c, i) {
		return 0, false, nil
	}
	var s int64
	switch c := c.(type) {
	case *array.Uint8:
		return uint64(c.Value(i)), false, nil
	case *array.Uint16:
		return uint64(c.Value(i)), false, nil
	case *array.Uint32:
		return uint64(c.Value(i)), false, nil
	case *array.Uint64:
		return c.Value(i), false, nil
	case *array.Int8:
		s = int64(c.Value(i))
	case *array.Int16:
		s = int64(c.Value(i))
	case *array.Int32:
		s = int64(c.Value(i))
	case *array.Int64:
		s = c.Value(i)
	case *array.Float16:
		return wholeFloat(float64(c.Value(i).Float32()))
	case *array.Float32:
		return wholeFloat(float64(c.Value(i)))
	case *array.Float64:
		return wholeFloat(c.Value(i))
	case *array.Decimal128:
		return wholeDecimal(c.Value(i), c.DataType().(*arrow.Decimal128Type).Scale)
	default:
		return 0, false, fmt.Errorf("%s is no number", c.DataType())
	}
	if s < 0 {
		return uint64(-1 - s), true, nil
	}
	return uint64(s), false, nil
}

func wholeFloat(v float64) (n uint64, negative bool, err error) {
	if v != math.Trunc(v) || v >= 1<<64 || v < -1<<63 {
		return 0, false, fmt.Errorf("%g is no whole number of 64 bits", v)
	}
	if v < 0 {
		return uint64(-1 - int64(v)), true, nil
	}
	return uint64(v), false, nil
}

func wholeDecimal(v decimal128.Num, scale int32) (n uint64, negative bool, err error) {
	whole := v
	if scale > 0 {
		var rest decimal128.Num
		if whole, rest = v.Div(decimal128.GetScaleMultiplier(int(scale))); rest.Sign() != 0 {
			return 0, false, errors.New("a decimal that is not whole")
		}
	}
	switch {
	case whole.HighBits() == 0:
		return whole.LowBits(), false, nil
	case whole.HighBits() == -1 && int64(whole.LowBits()) < 0:
		return ^whole.LowBits(), true, nil
	}
	return 0, false, errors.New("a decimal of over 64 bits")
}

func appendNumber(b array.Builder, c arrow.Array, i int) error {
	n, negative, err := numberAt(c, i)
	if err != nil {
		return err
	}
	fits := func(limit uint64, signed bool) bool { return n <= limit && (signed || !negative) }
	s := int64(n)
	if negative {
		s = -1 - int64(n)
	}
	ok := false
	switch b := b.(type) {
	case *array.Uint8Builder:
		if ok = fits(math.MaxUint8, false); ok {
			b.Append(uint8(n))
		}
	case *array.Uint16Builder:
		if ok = fits(math.MaxUint16, false); ok {
			b.Append(uint16(n))
		}
	case *array.Uint32Builder:
		if ok = fits(math.MaxUint32, false); ok {
			b.Append(uint32(n))
		}
	case *array.Uint64Builder:
		if ok = fits(math.MaxUint64, false); ok {
			b.Append(n)
		}
	case *array.Int16Builder:
		if ok = fits(math.MaxInt16, true); ok {
			b.Append(int16(s))
		}
	case *array.Int32Builder:
		if ok = fits(math.MaxInt32, true); ok {
			b.Append(int32(s))
		}
	case *array.Int64Builder:
		if ok = fits(math.MaxInt64, true); ok {
			b.Append(s)
		}
	}
	if !ok {
		return fmt.Errorf("%d does not fit into %s", s, b.Type())
	}
	return nil
}

package schemas

import (
	"math/bits"
	"sync/atomic"
	"unsafe"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// Column collects the values of one fixed-width column in Arrow memory. Unlike
// Arrow's own builders it lets earlier rows be read and changed, which pairing and
// folding need, and appends without a validity bitmap (measured: a third of the time).
type Column[T any] struct {
	V    []T
	buf  *memory.Buffer
	room int // how many values the first one makes room for
	none int // how many zeros it has that take no memory of their own
	mem  memory.Allocator
}

// NewColumn makes a column whose first value makes room for n. Builders wait between two
// batches, and hold no memory then.
func NewColumn[T any](mem memory.Allocator, n int) Column[T] {
	return Column[T]{buf: memory.NewResizableBuffer(mem), room: n, mem: mem}
}

// Append adds a value behind the others.
func (c *Column[T]) Append(v T) {
	if len(c.V) == cap(c.V) {
		c.grow(max(64, 2*cap(c.V), c.room))
	}
	c.V = append(c.V, v)
}

// AppendAt adds the value of a row behind those of earlier rows; rows without one are zero.
func (c *Column[T]) AppendAt(row int, v T) {
	var zero T
	c.Fill(row, zero)
	c.Append(v)
}

// Fill lengthens the column to n values by copies of v; a longer column stays as it is.
func (c *Column[T]) Fill(n int, v T) {
	from := len(c.V)
	if n <= from {
		return
	}
	if n > cap(c.V) {
		c.grow(n)
	}
	c.V = c.V[:n]
	for i := range c.V[from:] {
		c.V[from+i] = v
	}
}

// FillZero lengthens the column to n zeros before its array is made. One without a value shares
// its memory with all others.
func (c *Column[T]) FillZero(n int) {
	var zero T
	if len(c.V) > 0 {
		c.Fill(n, zero)
		return
	}
	c.none = n
}

// values hands over what the array is made of, and how many values that has.
func (c *Column[T]) values() (buf *memory.Buffer, n int) {
	var zero T
	width := int(unsafe.Sizeof(zero))
	if c.none > 0 {
		c.buf.Release()
		return zeroBytes(c.none * width), c.none
	}
	if n = len(c.V); cap(c.V)-n > n/4 { // the first of many batches: the others know their size
		fitting := memory.NewResizableBuffer(c.mem)
		fitting.Resize(n * width)
		copy(fitting.Bytes(), c.buf.Bytes())
		c.buf.Release()
		c.buf = fitting
	}
	c.buf.Resize(n * width)
	return c.buf, n
}

// zeros are shared by all columns that have nothing else. Arrays are never written to.
var zeros atomic.Pointer[memory.Buffer]

// zeroBytes gives at least n zeros.
func zeroBytes(n int) *memory.Buffer {
	if have := zeros.Load(); have != nil && have.Len() >= n {
		return have
	}
	more := memory.NewBufferBytes(make([]byte, 1<<bits.Len(uint(n))))
	zeros.Store(more)
	return more
}

func (c *Column[T]) grow(n int) {
	var zero T
	length := len(c.V)
	c.buf.Resize(max(n, 1) * int(unsafe.Sizeof(zero)))
	c.V = unsafe.Slice((*T)(unsafe.Pointer(&c.buf.Bytes()[0])), max(n, 1))[:length]
}

// Array hands the values over as an Arrow array of the given type, whose width must
// be that of T, and leaves the column empty and without memory.
func (c *Column[T]) Array(dt arrow.DataType) arrow.Array {
	buf, n := c.values()
	data := array.NewData(dt, n, []*memory.Buffer{nil, buf}, nil, 0, 0)
	defer data.Release()
	buf.Release()
	*c = Column[T]{}
	return array.MakeFromData(data)
}

// Release gives the memory back without making an array.
func (c *Column[T]) Release() {
	if c.buf != nil {
		c.buf.Release()
	}
	*c = Column[T]{}
}

// TextColumn collects a column of strings, most of which differ or are empty.
type TextColumn struct {
	ends Column[int32] // where each text ends, behind a first 0
	text Column[byte]
	none int // how many empty texts it has that take no memory
}

// NewTextColumn makes room for n texts.
func NewTextColumn(mem memory.Allocator, n int) TextColumn {
	c := TextColumn{ends: NewColumn[int32](mem, n+1), text: NewColumn[byte](mem, 0)}
	c.ends.Append(0)
	return c
}

// Append adds a copy of a text. All texts together have at most 2 GiB.
func (c *TextColumn) Append(text []byte) {
	if need := len(c.text.V) + len(text); need > cap(c.text.V) {
		c.text.grow(max(64, 2*need))
	}
	c.text.V = append(c.text.V, text...)
	c.ends.Append(int32(len(c.text.V)))
}

// AppendString is Append for a string.
func (c *TextColumn) AppendString(text string) {
	c.Append(unsafe.Slice(unsafe.StringData(text), len(text)))
}

// AppendAt adds the text of a row behind those of earlier rows; rows without one are empty.
func (c *TextColumn) AppendAt(row int, text []byte) {
	c.Fill(row)
	c.Append(text)
}

// Fill lengthens the column to n texts by empty ones; a longer column stays as it is.
func (c *TextColumn) Fill(n int) { c.ends.Fill(n+1, int32(len(c.text.V))) }

// FillEmpty is Fill before the array is made. A column of nothing but empty texts shares its
// memory with all others.
func (c *TextColumn) FillEmpty(n int) {
	if len(c.ends.V) > 1 {
		c.Fill(n)
		return
	}
	c.none = n
}

// Array hands the texts over as an Arrow array and leaves the column empty and without memory.
func (c *TextColumn) Array() arrow.Array {
	if c.none > 0 {
		data := array.NewData(arrow.BinaryTypes.String, c.none, []*memory.Buffer{nil, zeroBytes((c.none + 1) * arrow.Int32SizeBytes), c.text.buf}, nil, 0, 0)
		defer data.Release()
		c.Release()
		return array.MakeFromData(data)
	}
	n, ends, text := len(c.ends.V)-1, c.ends.buf, c.text.buf
	text.Resize(len(c.text.V))
	ends.Resize((n + 1) * arrow.Int32SizeBytes)
	data := array.NewData(arrow.BinaryTypes.String, n, []*memory.Buffer{nil, ends, text}, nil, 0, 0)
	defer data.Release()
	c.Release()
	return array.MakeFromData(data)
}

// Release gives the memory back without making an array.
func (c *TextColumn) Release() {
	c.ends.Release()
	c.text.Release()
	c.none = 0
}

// DictColumn collects a column of strings with few distinct values.
type DictColumn struct {
	Index  Column[int32]
	index  map[string]int32
	values []string
	last   int32
	mem    memory.Allocator
}

// NewDictColumn makes room for n values.
func NewDictColumn(mem memory.Allocator, n int) DictColumn {
	return DictColumn{Index: NewColumn[int32](mem, n), index: make(map[string]int32), last: -1, mem: mem}
}

// Append adds a value. The text is copied where it is new.
func (c *DictColumn) Append(text []byte) { c.Index.Append(c.code(text)) }

// AppendAt adds the value of a row behind those of earlier rows; rows without one are empty.
func (c *DictColumn) AppendAt(row int, text []byte) {
	c.Fill(row, nil)
	c.Append(text)
}

// Fill lengthens the column to n values by copies of text; a longer column stays as it is.
func (c *DictColumn) Fill(n int, text []byte) {
	if n > len(c.Index.V) {
		c.Index.Fill(n, c.code(text))
	}
}

// code gives the place of a value in the dictionary.
func (c *DictColumn) code(text []byte) int32 {
	if c.last >= 0 && c.values[c.last] == string(text) {
		return c.last
	}
	i, known := c.index[string(text)]
	if !known {
		i = c.add(string(text))
	}
	c.last = i
	return i
}

// AppendString is Append for a string.
func (c *DictColumn) AppendString(text string) {
	c.Append(unsafe.Slice(unsafe.StringData(text), len(text)))
}

func (c *DictColumn) add(text string) int32 {
	i := int32(len(c.values))
	c.index[text] = i
	c.values = append(c.values, text)
	return i
}

// Array hands the values over as a dictionary array and leaves the column without memory.
func (c *DictColumn) Array() arrow.Array {
	b := array.NewStringBuilder(c.mem)
	defer b.Release()
	b.AppendValues(c.values, nil)
	values := b.NewArray()
	defer values.Release()
	indices := c.Index.Array(arrow.PrimitiveTypes.Int32)
	defer indices.Release()
	*c = DictColumn{}
	return array.NewDictionaryArray(utf8Dict, indices, values)
}

// Release gives the memory back without making an array.
func (c *DictColumn) Release() { c.Index.Release() }

package columns

import (
	"bytes"
	"encoding/binary"
)

// Wire types of Thrift's compact protocol.
const (
	wire32, wire64, wireText, wireList, wireStruct = 5, 6, 8, 9, 12
)

// thrift writes structs of Thrift's compact protocol, in which Parquet describes itself.
type thrift struct {
	bytes.Buffer
	last []int16
}

func (t *thrift) begin() { t.last = append(t.last, 0) }

func (t *thrift) end() {
	t.WriteByte(0)
	t.last = t.last[:len(t.last)-1]
}

func (t *thrift) varint(v uint64) { t.Write(binary.AppendUvarint(nil, v)) }

func (t *thrift) zigzag(v int64) { t.varint(uint64(v<<1) ^ uint64(v>>63)) }

// field begins a field; ids of a struct ascend by less than 16.
func (t *thrift) field(id int16, wire byte) {
	last := &t.last[len(t.last)-1]
	t.WriteByte(byte(id-*last)<<4 | wire)
	*last = id
}

func (t *thrift) integer(id int16, wire byte, v int64) {
	t.field(id, wire)
	t.zigzag(v)
}

func (t *thrift) text(id int16, s string) {
	t.field(id, wireText)
	t.bare(s)
}

func (t *thrift) bare(s string) {
	t.varint(uint64(len(s)))
	t.WriteString(s)
}

func (t *thrift) structure(id int16, inside func()) {
	t.field(id, wireStruct)
	t.begin()
	inside()
	t.end()
}

// list writes structs.
func (t *thrift) list(id int16, n int, each func(i int)) {
	t.elements(id, n, wireStruct)
	for i := range n {
		t.begin()
		each(i)
		t.end()
	}
}

func (t *thrift) integers(id int16, values ...int64) {
	t.elements(id, len(values), wire32)
	for _, v := range values {
		t.zigzag(v)
	}
}

func (t *thrift) texts(id int16, values ...string) {
	t.elements(id, len(values), wireText)
	for _, v := range values {
		t.bare(v)
	}
}

// elements begins a list of so many.
func (t *thrift) elements(id int16, n int, wire byte) {
	t.field(id, wireList)
	if n < 15 {
		t.WriteByte(byte(n)<<4 | wire)
		return
	}
	t.WriteByte(15<<4 | wire)
	t.varint(uint64(n))
}

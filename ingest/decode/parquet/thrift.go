package parquet

import (
	"encoding/binary"
	"errors"
)

// Wire types of Thrift's compact protocol
// (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md).
const (
	wireTrue   = 1
	wireFalse  = 2
	wireByte   = 3
	wireInt16  = 4
	wireInt32  = 5
	wireInt64  = 6
	wireDouble = 7
	wireBinary = 8
	wireList   = 9
	wireSet    = 10
	wireMap    = 11
	wireStruct = 12
)

// maxDepth bounds how deep structs and lists may lie in each other.
const maxDepth = 32

var (
	errThrift = errors.New("metadata are damaged")
	errShort  = errors.New("metadata are cut")
)

// thrift reads a struct. After its first error it gives nothing more; err says what it was.
type thrift struct {
	b     []byte
	at    int
	depth int
	err   error
}

func (t *thrift) fail(err error) {
	if t.err == nil {
		t.err = err
	}
	t.at = len(t.b)
}

func (t *thrift) byte() byte {
	if t.at >= len(t.b) {
		t.fail(errShort)
		return 0
	}
	b := t.b[t.at]
	t.at++
	return b
}

func (t *thrift) varint() uint64 {
	v, n := binary.Uvarint(t.b[t.at:])
	switch {
	case n == 0:
		t.fail(errShort)
		return 0
	case n < 0:
		t.fail(errThrift)
		return 0
	}
	t.at += n
	return v
}

// integer reads a whole number of any width.
func (t *thrift) integer(wire byte) int64 {
	switch wire {
	case wireByte:
		return int64(int8(t.byte()))
	case wireInt16, wireInt32, wireInt64:
		return unzigzag(t.varint())
	}
	t.fail(errThrift)
	return 0
}

func unzigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }

func (t *thrift) boolean(wire byte) bool {
	if wire != wireTrue && wire != wireFalse {
		t.fail(errThrift)
	}
	return wire == wireTrue
}

// binary gives bytes of what is read: they are not copied.
func (t *thrift) binary(wire byte) []byte {
	n := t.varint()
	if wire != wireBinary {
		t.fail(errThrift)
		return nil
	}
	if n > uint64(len(t.b)-t.at) {
		t.fail(errShort)
		return nil
	}
	t.at += int(n)
	return t.b[t.at-int(n) : t.at]
}

// fields visits the fields of a struct; visit reads the value or skips it.
func (t *thrift) fields(visit func(id int16, wire byte)) {
	if t.depth++; t.depth > maxDepth {
		t.fail(errThrift)
	}
	id := int16(0)
	for t.err == nil {
		head := t.byte()
		wire := head & 0x0f
		if wire == 0 {
			break
		}
		if delta := int16(head >> 4); delta != 0 {
			id += delta
		} else {
			id = int16(unzigzag(t.varint()))
		}
		visit(id, wire)
	}
	t.depth--
}

// structure is fields of a value that must be a struct.
func (t *thrift) structure(wire byte, visit func(id int16, wire byte)) {
	if wire != wireStruct {
		t.fail(errThrift)
		return
	}
	t.fields(visit)
}

// list begins a list of n elements. Each of them takes a byte at least.
func (t *thrift) list(wire byte) (n int, of byte) {
	if wire != wireList && wire != wireSet {
		t.fail(errThrift)
		return 0, 0
	}
	head := t.byte()
	size, of := uint64(head>>4), head&0x0f
	if size == 15 {
		size = t.varint()
	}
	if size > uint64(len(t.b)-t.at) {
		t.fail(errShort)
		return 0, 0
	}
	return int(size), of
}

// skip goes over a value.
func (t *thrift) skip(wire byte) {
	switch wire {
	case wireTrue, wireFalse:
	case wireByte:
		t.byte()
	case wireInt16, wireInt32, wireInt64:
		t.varint()
	case wireDouble:
		for range 8 {
			t.byte()
		}
	case wireBinary:
		t.binary(wire)
	case wireList, wireSet:
		t.skipList(wire)
	case wireMap:
		t.skipMap()
	case wireStruct:
		t.fields(func(_ int16, wire byte) { t.skip(wire) })
	default:
		t.fail(errThrift)
	}
}

func (t *thrift) skipList(wire byte) {
	if t.depth++; t.depth > maxDepth {
		t.fail(errThrift)
	}
	n, of := t.list(wire)
	for i := 0; i < n && t.err == nil; i++ {
		t.skipElement(of)
	}
	t.depth--
}

func (t *thrift) skipMap() {
	if t.depth++; t.depth > maxDepth {
		t.fail(errThrift)
	}
	if n := t.varint(); n > 0 {
		kinds := t.byte()
		for i := uint64(0); i < n && t.err == nil; i++ {
			t.skipElement(kinds >> 4)
			t.skipElement(kinds & 0x0f)
		}
	}
	t.depth--
}

// skipElement goes over a value in a list or map, where a boolean takes a byte.
func (t *thrift) skipElement(wire byte) {
	if wire == wireTrue || wire == wireFalse {
		wire = wireByte
	}
	t.skip(wire)
}

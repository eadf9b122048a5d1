package parquet

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"

	"github.com/pierrec/lz4/v4"
)

// writer makes structs of Thrift's compact protocol.
type writer struct {
	bytes.Buffer
	last []int16
}

func (w *writer) begin() { w.last = append(w.last, 0) }

func (w *writer) end() {
	w.WriteByte(0)
	w.last = w.last[:len(w.last)-1]
}

func (w *writer) varint(v uint64) { w.Write(binary.AppendUvarint(nil, v)) }

func (w *writer) zigzag(v int64) { w.varint(uint64(v<<1) ^ uint64(v>>63)) }

func (w *writer) head(id int16, wire byte) {
	last := &w.last[len(w.last)-1]
	if delta := id - *last; delta > 0 && delta < 16 {
		w.WriteByte(byte(delta)<<4 | wire)
	} else {
		w.WriteByte(wire)
		w.zigzag(int64(id))
	}
	*last = id
}

func (w *writer) integer(id int16, v int64) {
	w.head(id, wireInt64)
	w.zigzag(v)
}

func (w *writer) text(id int16, s string) {
	w.head(id, wireBinary)
	w.varint(uint64(len(s)))
	w.WriteString(s)
}

func (w *writer) structure(id int16, inside func()) {
	w.head(id, wireStruct)
	w.begin()
	inside()
	w.end()
}

func (w *writer) list(id int16, of byte, n int, each func(i int)) {
	w.head(id, wireList)
	w.WriteByte(15<<4 | of)
	w.varint(uint64(n))
	for i := range n {
		each(i)
	}
}

// testPage is a page that is to be written; what is in it need not be true.
type testPage struct {
	kind         int64
	encoding     encoding
	values       int64
	rep, def     []byte // version 2
	b            []byte // before compression, in version 1 with the levels
	size, stored int64  // what the header says; 0: what is
	crc          int64  // 0: none, 1: the right one, else another
}

func (p testPage) write(t testing.TB, c codec) []byte {
	t.Helper()
	stored := p.b
	if c == codecLZ4Raw && len(p.b) > 0 {
		stored = make([]byte, lz4.CompressBlockBound(len(p.b)))
		var compressor lz4.Compressor
		n, err := compressor.CompressBlock(p.b, stored)
		if err != nil || n == 0 {
			t.Fatalf("lz4: %d bytes, %v", n, err)
		}
		stored = stored[:n]
	}
	stored = append(append(append([]byte(nil), p.rep...), p.def...), stored...)
	size, length := p.size, p.stored
	if size == 0 {
		size = int64(len(p.rep) + len(p.def) + len(p.b))
	}
	if length == 0 {
		length = int64(len(stored))
	}
	w := &writer{}
	w.begin()
	w.integer(1, p.kind)
	w.integer(2, size)
	w.integer(3, length)
	if p.crc != 0 {
		w.integer(4, int64(crc32.ChecksumIEEE(stored))+p.crc-1)
	}
	w.structure(map[int64]int16{pageData: inData, pageDictionary: inDictionary, pageDataV2: inDataV2}[p.kind], func() {
		w.integer(1, p.values)
		if p.kind != pageDataV2 {
			w.integer(2, int64(p.encoding))
			w.integer(3, int64(encodingRLE))
			w.integer(4, int64(encodingRLE))
			return
		}
		w.integer(2, 0)
		w.integer(3, p.values)
		w.integer(4, int64(p.encoding))
		w.integer(5, int64(len(p.def)))
		w.integer(6, int64(len(p.rep)))
	})
	w.end()
	return append(w.Bytes(), stored...)
}

// testColumn is a column of a file with one row group.
type testColumn struct {
	name       string
	physical   physical
	repetition int
	list       bool
	width      int64
	codec      codec
	values     int64
	pages      []testPage
	offset     int64 // 0: where the pages are
	length     int64
	external   bool
}

// testFile writes a file of one row group.
func testFile(t testing.TB, rows int64, columns ...testColumn) []byte {
	t.Helper()
	file := bytes.NewBufferString(mark)
	for i := range columns {
		c := &columns[i]
		begin := int64(file.Len())
		for _, p := range c.pages {
			file.Write(p.write(t, c.codec))
		}
		if c.offset == 0 {
			c.offset = begin
		}
		if c.length == 0 {
			c.length = int64(file.Len()) - begin
		}
	}
	w := &writer{}
	w.begin()
	w.integer(1, 1)
	n := 1
	for _, c := range columns {
		if n++; c.list {
			n += 2
		}
	}
	elements := make([]func(), 0, n)
	elements = append(elements, func() {
		w.text(4, "schema")
		w.integer(5, int64(len(columns)))
	})
	for _, c := range columns {
		if c.list {
			elements = append(elements, func() {
				w.integer(3, optional)
				w.text(4, c.name)
				w.integer(5, 1)
				w.integer(6, convertedList)
			}, func() {
				w.integer(3, repeated)
				w.text(4, "list")
				w.integer(5, 1)
			})
		}
		elements = append(elements, func() {
			w.integer(1, int64(c.physical))
			w.integer(2, c.width)
			w.integer(3, int64(c.repetition))
			w.text(4, c.name)
		})
	}
	w.list(2, wireStruct, len(elements), func(i int) {
		w.begin()
		elements[i]()
		w.end()
	})
	w.integer(3, rows)
	w.list(4, wireStruct, 1, func(int) {
		w.begin()
		w.list(1, wireStruct, len(columns), func(i int) {
			c := columns[i]
			w.begin()
			if c.external {
				w.text(1, "elsewhere")
			}
			w.structure(3, func() {
				w.integer(1, int64(c.physical))
				w.integer(4, int64(c.codec))
				w.integer(5, c.values)
				w.integer(7, c.length)
				w.integer(9, c.offset)
			})
			w.end()
		})
		w.integer(3, rows)
		w.end()
	})
	w.end()
	file.Write(w.Bytes())
	file.Write(binary.LittleEndian.AppendUint32(nil, uint32(w.Len())))
	file.WriteString(mark)
	return file.Bytes()
}

// plain stores numbers one behind the other.
func plain(size int, values ...int64) []byte {
	var b []byte
	for _, v := range values {
		b = append(b, binary.LittleEndian.AppendUint64(nil, uint64(v))[:size]...)
	}
	return b
}

// split stores plain values of a size by their first bytes, their second ones and so on.
func split(size int, plain []byte) []byte {
	b := make([]byte, 0, len(plain))
	for k := range size {
		for at := k; at < len(plain); at += size {
			b = append(b, plain[at])
		}
	}
	return b
}

// withLevels puts levels in runs, with their length, before what a page has.
func withLevels(levels, b []byte) []byte {
	return append(append(binary.LittleEndian.AppendUint32(nil, uint32(len(levels))), levels...), b...)
}

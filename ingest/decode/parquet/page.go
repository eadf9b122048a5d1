package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"

	"github.com/apache/arrow/go/v15/arrow"
)

// Kinds of pages in parquet.thrift.
const (
	pageData, pageDictionary, pageDataV2 = 0, 2, 3
	// maxHeader bounds a page's header, which has the least and the greatest value in it.
	maxHeader = 1 << 20
	// headerBytes is how much of the file is looked at for a header at first.
	headerBytes = 512
)

// header is struct PageHeader with the one of its kind.
type header struct {
	kind                     int64
	size, stored             int64 // in bytes, after and before decompression
	crc                      uint32
	checked                  bool
	described                bool // the struct of its kind is there
	values, rows             int64
	encoding, defEnc, repEnc encoding
	defBytes, repBytes       int64 // of levels, in version 2
	plain                    bool  // version 2: values are not compressed
}

// readHeader reads a header from the beginning of b, and its length.
func readHeader(b []byte) (h header, length int, err error) {
	t := &thrift{b: b}
	h.rows = -1
	t.fields(func(id int16, wire byte) {
		switch id {
		case 1:
			h.kind = t.integer(wire)
		case 2:
			h.size = t.integer(wire)
		case 3:
			h.stored = t.integer(wire)
		case 4:
			h.crc, h.checked = uint32(t.integer(wire)), true
		case 5, 7, 8:
			h.described = true
			t.structure(wire, func(field int16, wire byte) { h.field(t, id, field, wire) })
		default:
			t.skip(wire)
		}
	})
	if t.err != nil {
		return h, 0, t.err
	}
	for _, n := range []int64{h.size, h.stored, h.values, h.defBytes, h.repBytes} {
		if n < 0 || n > math.MaxInt32 {
			return h, 0, errThrift
		}
	}
	return h, t.at, nil
}

// Fields of PageHeader that have DataPageHeader, DictionaryPageHeader and DataPageHeaderV2.
const inData, inDictionary, inDataV2 = 5, 7, 8

func (h *header) field(t *thrift, of, id int16, wire byte) {
	switch {
	case id == 1:
		h.values = t.integer(wire)
	case of == inDataV2 && id == 3:
		h.rows = t.integer(wire)
	case of == inDataV2 && id == 4, of != inDataV2 && id == 2:
		h.encoding = encoding(t.integer(wire))
	case of == inData && id == 3:
		h.defEnc = encoding(t.integer(wire))
	case of == inData && id == 4:
		h.repEnc = encoding(t.integer(wire))
	case of == inDataV2 && id == 5:
		h.defBytes = t.integer(wire)
	case of == inDataV2 && id == 6:
		h.repBytes = t.integer(wire)
	case of == inDataV2 && id == 7:
		h.plain = !t.boolean(wire)
	default:
		t.skip(wire)
	}
}

// column reads the pages of a chunk one after another.
type column struct {
	*File
	leaf       *leaf
	codec      codec
	at, end    int64 // of the file: what was not read
	left       int64 // values, NULL and empty lists among them, on the pages not opened
	raw        []byte
	page       []byte // open, decompressed
	dictionary []byte // a page of texts, decompressed
	memory     [][]byte

	levels   int // that are left on the page
	def, rep runs
	numbers  numbers
	texts    texts
	indexed  bool // there was a dictionary
	words    words
	known    []int64 // a dictionary of numbers

	ahead  level // read and not used
	peeked bool
}

func (f *File) column(c *chunk, l *leaf) *column {
	return &column{File: f, leaf: l, codec: c.codec, at: c.begin, end: c.begin + c.length, left: c.values}
}

// room gives memory of a size in place of a buffer.
func (c *column) room(b *[]byte, size int) []byte {
	if cap(*b) < size {
		c.mem.Free((*b)[:cap(*b)])
		*b = nil // the allocator may panic
		*b = c.mem.Allocate(size)
	}
	*b = (*b)[:size]
	return *b
}

func (c *column) close() {
	for _, b := range append(c.memory, c.raw, c.page, c.dictionary) {
		if b != nil {
			c.mem.Free(b[:cap(b)])
		}
	}
	c.memory, c.raw, c.page, c.dictionary = nil, nil, nil, nil
}

// header reads the header that stands next.
func (c *column) header() (header, error) {
	for n := int64(headerBytes); ; n *= 8 {
		n = min(n, c.end-c.at, maxHeader)
		window := c.room(&c.raw, int(n))
		if _, err := c.src.ReadAt(window, c.at); err != nil && !errors.Is(err, io.EOF) {
			return header{}, err
		}
		h, length, err := readHeader(window)
		if errors.Is(err, errShort) && n < min(c.end-c.at, maxHeader) {
			continue
		}
		if err != nil {
			return h, fmt.Errorf("page header at byte %d: %w", c.at, err)
		}
		c.at += int64(length)
		if h.stored > c.end-c.at {
			return h, fmt.Errorf("page header at byte %d: a page of %d bytes, and the column has %d", c.at-int64(length), h.stored, c.end-c.at)
		}
		return h, nil
	}
}

// open goes to the next page with values.
func (c *column) open() error {
	for {
		if c.at >= c.end {
			return fmt.Errorf("%d values are missing", c.left)
		}
		begin := c.at
		h, err := c.header()
		if err != nil {
			return err
		}
		if err := c.take(h); err != nil {
			return fmt.Errorf("page at byte %d: %w", begin, err)
		}
		if c.levels > 0 {
			return nil
		}
	}
}

// take reads what is behind a header.
func (c *column) take(h header) error {
	if h.kind != pageData && h.kind != pageDataV2 && h.kind != pageDictionary {
		c.at += h.stored // an index
		return nil
	}
	if !h.described {
		return errThrift
	}
	if c.codec == codecNone && h.size != h.stored {
		return errLength // before room is made for it
	}
	stored := c.room(&c.raw, int(h.stored))
	if _, err := c.src.ReadAt(stored, c.at); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	c.at += h.stored
	if h.checked && crc32.ChecksumIEEE(stored) != h.crc {
		return errors.New("its checksum is another")
	}
	switch h.kind {
	case pageDictionary:
		return c.takeDictionary(h, stored)
	case pageDataV2:
		return c.takeV2(h, stored)
	}
	return c.takeV1(h, stored)
}

func (c *column) takeDictionary(h header, stored []byte) error {
	if c.indexed || c.page != nil {
		return errors.New("a dictionary that is not the first page")
	}
	if h.encoding != encodingPlain && h.encoding != encodingPlainDictionary {
		return fmt.Errorf("encoding %s of a dictionary is not read", h.encoding)
	}
	c.indexed = true
	b := c.room(&c.dictionary, int(h.size))
	if err := c.decompress.fill(c.codec, b, stored); err != nil {
		return err
	}
	n := int(h.values)
	if !c.leaf.physical.text() {
		values, err := numbersOf(encodingPlain, c.leaf, b, n, nil)
		if err != nil {
			return err
		}
		if n > len(b)*8 {
			return errShortPage
		}
		c.known = arrow.Int64Traits.CastFromBytes(c.allocate(n * 8))
		return values.read(c.known)
	}
	if c.words = (words{b: b, width: c.leaf.width}); c.leaf.physical == typeFixed {
		return nil
	}
	if n > len(b)/4 {
		return errShortPage
	}
	c.words.at = arrow.Uint32Traits.CastFromBytes(c.allocate(n * 4))[:0]
	return c.words.index(n)
}

// allocate gives memory that stays until close.
func (c *column) allocate(size int) []byte {
	b := c.mem.Allocate(size)
	c.memory = append(c.memory, b)
	return b
}

// takeV1 opens a page whose levels are compressed with its values, each with its length.
func (c *column) takeV1(h header, stored []byte) error {
	b := c.room(&c.page, int(h.size))
	if err := c.decompress.fill(c.codec, b, stored); err != nil {
		return err
	}
	var err error
	if c.rep, b, err = levelsV1(c.leaf.maxRep, h.repEnc, b); err != nil {
		return err
	}
	if c.def, b, err = levelsV1(c.leaf.maxDef, h.defEnc, b); err != nil {
		return err
	}
	return c.begin(h, b)
}

func levelsV1(highest int, e encoding, b []byte) (runs, []byte, error) {
	if highest == 0 {
		return runs{}, b, nil
	}
	if e != encodingRLE {
		return runs{}, nil, fmt.Errorf("encoding %s of levels is not read", e)
	}
	if len(b) < 4 {
		return runs{}, nil, errShortPage
	}
	length := binary.LittleEndian.Uint32(b)
	if b = b[4:]; uint64(length) > uint64(len(b)) {
		return runs{}, nil, errShortPage
	}
	r, err := newRuns(b[:length], widthOf(highest))
	return r, b[length:], err
}

// takeV2 opens a page whose levels stand before its values, not compressed.
func (c *column) takeV2(h header, stored []byte) error {
	levels := h.repBytes + h.defBytes
	if levels > h.stored || levels > h.size {
		return errShortPage
	}
	b := c.room(&c.page, int(h.size))
	copy(b, stored[:levels])
	codec := c.codec
	if h.plain {
		codec = codecNone
	}
	if h.size > levels { // without a value some writers store nothing, and others a compressed nothing
		if err := c.decompress.fill(codec, b[levels:], stored[levels:]); err != nil {
			return err
		}
	}
	var err error
	if c.rep, err = newRuns(b[:h.repBytes], widthOf(c.leaf.maxRep)); err != nil {
		return err
	}
	if c.def, err = newRuns(b[h.repBytes:levels], widthOf(c.leaf.maxDef)); err != nil {
		return err
	}
	return c.begin(h, b[levels:])
}

// begin opens the values of a page.
func (c *column) begin(h header, b []byte) error {
	n := int(h.values)
	if int64(n) > c.left {
		return fmt.Errorf("%d values, and the column has %d more", n, c.left)
	}
	if (h.encoding == encodingDictionary || h.encoding == encodingPlainDictionary) && !c.indexed {
		return errNoDictionary
	}
	c.left -= int64(n)
	c.levels = n
	var err error
	if c.leaf.physical.text() {
		c.texts, err = textsOf(h.encoding, c.leaf, b, n, &c.words)
	} else {
		c.numbers, err = numbersOf(h.encoding, c.leaf, b, n, c.known)
	}
	return err
}

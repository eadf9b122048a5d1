package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
)

const (
	mark          = "PAR1"
	markEncrypted = "PARE"
	tailBytes     = 8
	// maxDirectory bounds the directory, which stays in memory.
	maxDirectory = 64 << 20
)

var errEncrypted = errors.New("the file is encrypted, which is not read: decrypt it first")

// directory reads the metadata at the end of a file, and where they begin.
func directory(src io.ReaderAt, size int64) (metadata []byte, begin int64, err error) {
	if size < int64(len(mark))+tailBytes {
		return nil, 0, errors.New("the file is cut: its end is missing")
	}
	var tail [tailBytes]byte
	if _, err := src.ReadAt(tail[:], size-tailBytes); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	switch string(tail[4:]) {
	case mark:
	case markEncrypted:
		return nil, 0, errEncrypted
	default:
		return nil, 0, errors.New("the file is cut: its end is missing")
	}
	length := int64(binary.LittleEndian.Uint32(tail[:]))
	begin = size - tailBytes - length
	if begin < int64(len(mark)) || length > maxDirectory {
		return nil, 0, fmt.Errorf("the file is damaged: a directory of %d bytes in a file of %d", length, size)
	}
	metadata = make([]byte, length)
	if _, err := src.ReadAt(metadata, begin); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	return metadata, begin, nil
}

// fileMetadata is struct FileMetaData: row groups are read one by one from where they stand.
type fileMetadata struct {
	elements []element
	groups   thrift
	count    int
}

func readFileMetadata(b []byte) (fileMetadata, error) {
	var m fileMetadata
	t := &thrift{b: b}
	t.fields(func(id int16, wire byte) {
		switch id {
		case 2:
			m.elements = readElements(t, wire)
		case 4:
			m.groups = *t
			n, of := m.groups.list(wire)
			if m.count = n; n > 0 && of != wireStruct {
				t.fail(errThrift)
			}
			t.skip(wire)
		case 8:
			t.fail(errEncrypted)
		default:
			t.skip(wire)
		}
	})
	if t.err != nil {
		return m, t.err
	}
	return m, m.groups.err
}

func readElements(t *thrift, wire byte) []element {
	n, of := t.list(wire)
	if n > maxElements {
		t.fail(fmt.Errorf("%d columns: at most %d can be read", n, maxElements))
		return nil
	}
	elements := make([]element, 0, n)
	for i := 0; i < n && t.err == nil; i++ {
		e := element{physical: typeGroup, converted: convertedNone}
		t.structure(of, func(id int16, wire byte) { e.field(t, id, wire) })
		if err := e.check(); err != nil {
			t.fail(err)
		}
		elements = append(elements, e)
	}
	return elements
}

// field reads a field of struct SchemaElement.
func (e *element) field(t *thrift, id int16, wire byte) {
	switch id {
	case 1:
		e.physical = small[physical](t, wire)
	case 2:
		e.width = small[int](t, wire)
	case 3:
		e.repetition = small[int](t, wire)
	case 4:
		e.name = string(t.binary(wire))
	case 5:
		e.children = small[int](t, wire)
	case 6:
		e.converted = t.integer(wire)
	case 7:
		e.scale = t.integer(wire)
	case 8:
		e.precision = t.integer(wire)
	case 10:
		t.structure(wire, func(id int16, wire byte) {
			e.logical = id
			t.structure(wire, func(parameter int16, wire byte) { e.parameter(t, id, parameter, wire) })
		})
	default:
		t.skip(wire)
	}
}

// small reads a number of 32 bits; as one byte only where it fits.
func small[T physical | int](t *thrift, wire byte) T {
	v := t.integer(wire)
	if int64(T(v)) != v || v > 1<<31-1 || v < -1<<31 {
		t.fail(errThrift)
		return 0
	}
	return T(v)
}

// parameter reads a field of one of the structs of union LogicalType.
func (e *element) parameter(t *thrift, logical, id int16, wire byte) {
	switch {
	case logical == logicalDecimal && id == 1:
		e.scale = t.integer(wire)
	case logical == logicalDecimal && id == 2:
		e.precision = t.integer(wire)
	case logical == logicalTimestamp && id == 1:
		e.utc = t.boolean(wire)
	case logical == logicalTimestamp && id == 2:
		t.structure(wire, func(unit int16, wire byte) {
			if unit < 1 || unit > 3 {
				t.fail(errThrift)
			}
			e.unit = [...]arrow.TimeUnit{arrow.Millisecond, arrow.Microsecond, arrow.Nanosecond}[max(0, min(unit-1, 2))]
			t.skip(wire)
		})
	case logical == logicalInteger && id == 1:
		e.bits = small[int](t, wire)
	case logical == logicalInteger && id == 2:
		e.signed = t.boolean(wire)
	default:
		t.skip(wire)
	}
}

// group is struct RowGroup.
type group struct {
	chunks []chunk
	rows   int64
}

// chunk is struct ColumnChunk with its ColumnMetaData: where the pages of a column are.
type chunk struct {
	elsewhere     bool // in another file
	encrypted     bool
	physical      physical
	codec         codec
	values        int64
	begin, length int64
	dictionary    int64
}

// nextGroup reads the next row group, which must have a chunk for each leaf.
func (m *fileMetadata) nextGroup(leaves int) (group, error) {
	var g group
	t := &m.groups
	t.fields(func(id int16, wire byte) {
		switch id {
		case 1:
			n, of := t.list(wire)
			if n != leaves {
				t.fail(fmt.Errorf("%d columns, and the file has %d", n, leaves))
				return
			}
			g.chunks = make([]chunk, n)
			for i := range g.chunks {
				c := &g.chunks[i]
				t.structure(of, func(id int16, wire byte) { c.field(t, id, wire) })
			}
		case 3:
			g.rows = t.integer(wire)
		default:
			t.skip(wire)
		}
	})
	if t.err == nil && len(g.chunks) != leaves {
		t.fail(errThrift)
	}
	return g, t.err
}

func (c *chunk) field(t *thrift, id int16, wire byte) {
	switch id {
	case 1:
		c.elsewhere = true
		t.skip(wire)
	case 3:
		t.structure(wire, func(id int16, wire byte) { c.metadata(t, id, wire) })
	case 8, 9:
		c.encrypted = true
		t.skip(wire)
	default:
		t.skip(wire)
	}
}

func (c *chunk) metadata(t *thrift, id int16, wire byte) {
	switch id {
	case 1:
		c.physical = small[physical](t, wire)
	case 4:
		c.codec = codec(small[int](t, wire))
	case 5:
		c.values = t.integer(wire)
	case 7:
		c.length = t.integer(wire)
	case 9:
		c.begin = t.integer(wire)
	case 11:
		c.dictionary = t.integer(wire)
	default:
		t.skip(wire)
	}
}

// check compares a chunk with its column and its file, whose pages end at a position.
func (c *chunk) check(l *leaf, end int64) error {
	if c.dictionary > 0 && c.dictionary < c.begin {
		c.begin = c.dictionary
	}
	switch {
	case c.elsewhere:
		return errors.New("its pages are in another file, which is not read")
	case c.encrypted:
		return errEncrypted
	case c.physical != l.physical:
		return fmt.Errorf("%s in the row group and %s in the schema", c.physical, l.physical)
	case c.values == 0: // some writers leave out where nothing is
		c.begin, c.length = 0, 0
	case c.values < 0 || c.begin < int64(len(mark)) || c.length < 0 || c.begin > end || c.length > end-c.begin:
		return errors.New("its pages are said to be outside of the file")
	}
	return nil
}

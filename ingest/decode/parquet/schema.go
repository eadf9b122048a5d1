package parquet

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
)

// maxElements bounds the columns of a file, and the groups that they are in.
const maxElements = 1 << 12

// physical is a type of parquet.thrift.
type physical int8

const (
	typeBoolean physical = iota
	typeInt32
	typeInt64
	typeInt96
	typeFloat
	typeDouble
	typeByteArray
	typeFixed
	typeGroup physical = -1
)

var physicalNames = []string{"BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"}

func (p physical) String() string {
	if p < 0 || int(p) >= len(physicalNames) {
		return "group"
	}
	return physicalNames[p]
}

// text: its values are bytes, not numbers.
func (p physical) text() bool { return p == typeByteArray || p == typeFixed }

// repetition of an element.
const (
	required = iota
	optional
	repeated
)

// Converted types of parquet.thrift, and the logical ones, which have taken their place.
const (
	convertedUTF8, convertedList, convertedEnum, convertedDecimal = 0, 3, 4, 5
	convertedTimeMillis, convertedTimeMicros                      = 7, 8
	convertedMillis, convertedMicros                              = 9, 10
	convertedUint8, convertedInt8, convertedJSON                  = 11, 15, 19

	logicalString, logicalList, logicalEnum, logicalDecimal, logicalDate, logicalTime = 1, 3, 4, 5, 6, 7
	logicalTimestamp, logicalInteger, logicalUnknown, logicalJSON, logicalFloat16     = 8, 10, 11, 12, 15
	convertedDate                                                                     = 6
	convertedNone, logicalNone                                                        = -1, 0
)

// element is a node of the schema as its file has it: before its children.
type element struct {
	physical         physical
	width            int // of a fixed length
	repetition       int
	name             string
	children         int
	converted        int64
	logical          int16
	scale, precision int64
	utc              bool
	unit             arrow.TimeUnit
	bits             int
	signed           bool
}

// leaf is a column as it is stored.
type leaf struct {
	column   int // among all leaves
	physical physical
	width    int
	maxDef   int
	maxRep   int
}

// field is a column as it is read: one of plain values or of lists of them.
type field struct {
	leaf *leaf // nil: of a shape that is not read
	typ  arrow.DataType
	// present is the level of definition from which the value, or the list, is not NULL.
	present int
	list    bool
}

// schemaOf makes columns of the elements of a file.
func schemaOf(elements []element) (*arrow.Schema, []field, int, error) {
	s := &shape{rest: elements}
	root, err := s.take()
	if err != nil {
		return nil, nil, 0, err
	}
	fields := make([]field, 0, root.children)
	columns := make([]arrow.Field, 0, root.children)
	for range root.children {
		name := ""
		if len(s.rest) > 0 {
			name = s.rest[0].name
		}
		f, err := s.field()
		if err != nil {
			return nil, nil, 0, err
		}
		fields = append(fields, f)
		columns = append(columns, arrow.Field{Name: name, Type: f.typ, Nullable: true})
	}
	if len(s.rest) != 0 {
		return nil, nil, 0, errThrift
	}
	return arrow.NewSchema(columns, nil), fields, s.leaves, nil
}

// shape goes through the elements of a schema.
type shape struct {
	rest   []element
	leaves int
	depth  int
}

func (s *shape) take() (element, error) {
	if len(s.rest) == 0 {
		return element{}, errShort
	}
	e := s.rest[0]
	s.rest = s.rest[1:]
	if e.children < 0 || e.children > len(s.rest) || (e.children > 0) != (e.physical == typeGroup) {
		return element{}, errThrift
	}
	return e, nil
}

// field reads a top-level element with everything below it.
func (s *shape) field() (field, error) {
	before := *s
	e, err := s.take()
	if err != nil {
		return field{}, err
	}
	f := field{}
	if e.repetition == optional {
		f.present = 1
	}
	switch {
	case e.physical != typeGroup && e.repetition == repeated:
		return s.list(f, e)
	case e.physical != typeGroup:
		f.typ = e.arrow()
		f.leaf = s.leaf(e, f.present, 0)
		return f, nil
	case e.isList() && e.children == 1 && e.repetition != repeated:
		if item, ok := s.item(); ok {
			return s.list(f, item)
		}
	}
	*s = before
	typ, err := s.group()
	return field{typ: typ}, err
}

// item takes what a list has of plain values: in the group in which it is repeated, or
// repeated itself as older writers have it.
func (s *shape) item() (element, bool) {
	if len(s.rest) == 0 || s.rest[0].repetition != repeated {
		return element{}, false
	}
	if s.rest[0].physical != typeGroup {
		e, err := s.take()
		return e, err == nil
	}
	if s.rest[0].children != 1 || len(s.rest) < 2 || s.rest[1].physical == typeGroup || s.rest[1].repetition == repeated {
		return element{}, false
	}
	s.rest = s.rest[1:]
	e, err := s.take()
	return e, err == nil
}

func (s *shape) list(f field, item element) (field, error) {
	f.list = true
	f.typ = arrow.ListOf(item.arrow())
	def := f.present + 1
	if item.repetition == optional {
		def++
	}
	f.leaf = s.leaf(item, def, 1)
	return f, nil
}

func (s *shape) leaf(e element, def, rep int) *leaf {
	s.leaves++
	return &leaf{column: s.leaves - 1, physical: e.physical, width: e.width, maxDef: def, maxRep: rep}
}

// group gives the type of an element of any shape.
func (s *shape) group() (arrow.DataType, error) {
	e, err := s.take()
	if err != nil {
		return nil, err
	}
	if e.physical != typeGroup {
		s.leaves++
		return e.arrow(), nil
	}
	if s.depth++; s.depth > maxDepth {
		return nil, errThrift
	}
	fields := make([]arrow.Field, 0, e.children)
	for range e.children {
		name := ""
		if len(s.rest) > 0 {
			name = s.rest[0].name
		}
		typ, err := s.group()
		if err != nil {
			return nil, err
		}
		fields = append(fields, arrow.Field{Name: name, Type: typ})
	}
	s.depth--
	return arrow.StructOf(fields...), nil
}

func (e element) isList() bool { return e.converted == convertedList || e.logical == logicalList }

// arrow gives the type that the values of a leaf have.
func (e element) arrow() arrow.DataType {
	if e.logical == logicalUnknown {
		return arrow.Null
	}
	switch e.physical {
	case typeBoolean:
		return arrow.FixedWidthTypes.Boolean
	case typeInt32, typeInt64:
		return e.integer()
	case typeInt96:
		return arrow.FixedWidthTypes.Timestamp_ns
	case typeFloat:
		return arrow.PrimitiveTypes.Float32
	case typeDouble:
		return arrow.PrimitiveTypes.Float64
	}
	switch {
	case e.isDecimal():
		return e.decimal()
	case e.logical == logicalFloat16:
		return arrow.FixedWidthTypes.Float16
	case e.physical == typeFixed:
		return &arrow.FixedSizeBinaryType{ByteWidth: e.width}
	case e.logical == logicalString, e.logical == logicalEnum, e.logical == logicalJSON,
		e.converted == convertedUTF8, e.converted == convertedEnum, e.converted == convertedJSON:
		return arrow.BinaryTypes.String
	}
	return arrow.BinaryTypes.Binary
}

func (e element) isDecimal() bool {
	return e.converted == convertedDecimal || e.logical == logicalDecimal
}

// decimal: what 128 bits cannot say is named, and not read.
func (e element) decimal() arrow.DataType {
	if e.precision > 38 {
		return &arrow.Decimal256Type{Precision: int32(e.precision), Scale: int32(e.scale)}
	}
	return &arrow.Decimal128Type{Precision: int32(e.precision), Scale: int32(e.scale)}
}

func (e element) integer() arrow.DataType {
	zone := ""
	if e.utc || e.logical == logicalNone {
		zone = "UTC"
	}
	switch {
	case e.isDecimal():
		return e.decimal()
	case e.logical == logicalTimestamp:
		return &arrow.TimestampType{Unit: e.unit, TimeZone: zone}
	case e.logical == logicalInteger:
		return integerType(e.bits, e.signed)
	case e.logical == logicalTime, e.converted == convertedTimeMillis, e.converted == convertedTimeMicros:
		return arrow.FixedWidthTypes.Time64us
	case e.logical == logicalDate, e.converted == convertedDate:
		return arrow.FixedWidthTypes.Date32
	case e.converted == convertedMillis:
		return &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: zone}
	case e.converted == convertedMicros:
		return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: zone}
	case e.converted >= convertedUint8 && e.converted < convertedInt8+4:
		width := (e.converted - convertedUint8) % 4
		return integerType(8<<width, e.converted >= convertedInt8)
	case e.physical == typeInt32:
		return arrow.PrimitiveTypes.Int32
	}
	return arrow.PrimitiveTypes.Int64
}

func integerType(bits int, signed bool) arrow.DataType {
	switch {
	case bits == 8 && signed:
		return arrow.PrimitiveTypes.Int8
	case bits == 16 && signed:
		return arrow.PrimitiveTypes.Int16
	case bits == 32 && signed:
		return arrow.PrimitiveTypes.Int32
	case bits == 8:
		return arrow.PrimitiveTypes.Uint8
	case bits == 16:
		return arrow.PrimitiveTypes.Uint16
	case bits == 32:
		return arrow.PrimitiveTypes.Uint32
	case bits == 64 && !signed:
		return arrow.PrimitiveTypes.Uint64
	}
	return arrow.PrimitiveTypes.Int64
}

// check refuses what an element cannot be.
func (e element) check() error {
	switch {
	case e.physical < typeGroup || e.physical > typeFixed, e.repetition < required || e.repetition > repeated:
		return errThrift
	case e.physical == typeFixed && (e.width <= 0 || e.width > maxFixed):
		return fmt.Errorf("column %s: a width of %d bytes", e.name, e.width)
	case e.logical == logicalFloat16 && (e.physical != typeFixed || e.width != 2):
		return errThrift
	case e.isDecimal() && e.physical != typeGroup && (e.precision < 1 || e.precision > 1<<20 || e.scale < 0 || e.scale > e.precision):
		return fmt.Errorf("column %s: decimals of %d digits, %d of them after the point", e.name, e.precision, e.scale)
	}
	return nil
}

// maxFixed bounds a value of fixed length.
const maxFixed = 1 << 16

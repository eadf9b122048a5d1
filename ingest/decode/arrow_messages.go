package decode

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	flatbuffers "github.com/google/flatbuffers/go"
)

// arrowMessages reads the messages of an Arrow stream. Unlike the library's own reader it
// believes no length that the source cannot have: the memory for it is asked for before
// anything else is looked at, and to be refused it ends the program, which nothing can
// catch (https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc).
type arrowMessages struct {
	r    io.Reader
	left int64 // bytes that the source still has
	at   int64 // where the message begins that is read
	size int64 // of the source
	mem  memory.Allocator
	refs atomic.Int64
	last *ipc.Message

	blocks func() (io.Reader, int64, error) // of a file: where the next message is; nil in a stream
	schema []byte                           // of a file: the message that its directory stands for
}

var _ ipc.MessageReader = (*arrowMessages)(nil)

func newArrowMessages(r io.Reader, size int64, mem memory.Allocator) *arrowMessages {
	m := &arrowMessages{r: r, left: size, size: size, mem: mem}
	m.refs.Store(1)
	return m
}

// Retain implements [ipc.MessageReader].
func (m *arrowMessages) Retain() { m.refs.Add(1) }

// Release implements [ipc.MessageReader].
func (m *arrowMessages) Release() {
	if m.refs.Add(-1) == 0 {
		m.drop()
	}
}

func (m *arrowMessages) drop() {
	if m.last != nil {
		m.last.Release()
		m.last = nil
	}
}

// Message gives the next message, which is valid until the one after it is read; io.EOF
// behind the last.
func (m *arrowMessages) Message() (*ipc.Message, error) {
	m.drop()
	if m.schema != nil {
		m.last = ipc.NewMessage(memory.NewBufferBytes(m.schema), memory.NewBufferBytes(nil))
		err := checkMessage(rootTable(m.schema), nil)
		m.schema = nil
		return m.last, err
	}
	if m.blocks != nil {
		var err error
		if m.r, m.left, err = m.blocks(); err != nil {
			return nil, err
		}
	}
	m.at = m.size - m.left
	length, err := m.length()
	if err != nil {
		return nil, err
	}
	meta := make([]byte, length)
	if err := m.read(meta); err != nil {
		return nil, err
	}
	message := rootTable(meta)
	size := message.GetInt64Slot(messageBodyLength, 0)
	if size < 0 || size > m.left {
		return nil, m.cut(fmt.Errorf("a message of %d bytes, and the source has %d", size, m.left))
	}
	if size > maxArrowBody {
		return nil, fmt.Errorf("a batch of %d bytes: at most %d can be read; write smaller batches", size, maxArrowBody)
	}
	body := memory.NewResizableBuffer(m.mem)
	defer body.Release()
	body.Resize(int(size))
	if err := m.read(body.Bytes()); err != nil {
		return nil, err
	}
	if err := checkMessage(message, body.Bytes()); err != nil {
		return nil, err
	}
	header := memory.NewBufferBytes(meta)
	defer header.Release()
	m.last = ipc.NewMessage(header, body)
	return m.last, nil
}

// continuation stands before the length since version 0.15 of the format.
const continuation = 0xffffffff

// length reads how long the next message's metadata are.
func (m *arrowMessages) length() (int64, error) {
	if m.left == 0 {
		return 0, io.EOF // the mark at the end may be missing
	}
	var word [4]byte
	if err := m.read(word[:]); err != nil {
		return 0, err
	}
	length := binary.LittleEndian.Uint32(word[:])
	if length == continuation {
		if err := m.read(word[:]); err != nil {
			return 0, err
		}
		length = binary.LittleEndian.Uint32(word[:])
	}
	if length == 0 {
		return 0, m.ended()
	}
	if int64(length) > m.left || length < 8 {
		return 0, m.cut(fmt.Errorf("metadata of %d bytes, and the source has %d", length, m.left))
	}
	return int64(length), nil
}

func (m *arrowMessages) read(p []byte) error {
	n, err := io.ReadFull(m.r, p)
	m.left -= int64(n)
	if err != nil {
		return m.cut(fmt.Errorf("the source is cut: %w", err))
	}
	return nil
}

// cut is an error of a stream that ends within the message that is read: it may grow.
func (m *arrowMessages) cut(err error) error {
	if m.blocks != nil {
		return err
	}
	return &LeftError{m.at, err}
}

// ended is io.EOF behind the mark at the end of a stream, unless another stream follows.
func (m *arrowMessages) ended() error {
	if m.blocks != nil || m.left == 0 {
		return io.EOF
	}
	return fmt.Errorf("%d bytes follow behind the end of the stream: one file is one stream", m.left)
}

// Slots of the tables in Message.fbs and Schema.fbs of the Arrow format.
const (
	messageHeaderType, messageHeader, messageBodyLength = 6, 8, 10
	headerSchema, headerDictionary, headerRecords       = 1, 2, 3
	dictionaryData                                      = 6
	recordsLength, recordsBuffers, recordsCompression   = 4, 8, 10
	schemaFields, schemaMetadata                        = 6, 8
	fieldTypeType, fieldChildren, fieldMetadata         = 8, 14, 16
	typeUnion                                           = 14
)

const (
	maxArrowFields = 1 << 12
	maxArrowRows   = 1 << 24
	maxArrowBody   = 128 << 20 // of a batch, compressed or not
	notCompressed  = -1        // stands for the size of one that was left as it is
)

// errArrow says that a message cannot be what it says that it is.
var errArrow = errors.New("a length in the metadata is impossible")

func rootTable(b []byte) flatbuffers.Table {
	return flatbuffers.Table{Bytes: b, Pos: flatbuffers.GetUOffsetT(b)}
}

// checkMessage looks at the lengths for which the library makes room. Offsets that lead
// out of the metadata panic, as they do in the library: see guard.
func checkMessage(message flatbuffers.Table, body []byte) error {
	header, ok := tableAt(message, messageHeader)
	if !ok {
		return errArrow
	}
	switch message.GetByteSlot(messageHeaderType, 0) {
	case headerSchema:
		fields := 0
		return checkFields(header, schemaFields, schemaMetadata, &fields)
	case headerDictionary:
		if header, ok = tableAt(header, dictionaryData); !ok {
			return errArrow
		}
		return checkRecords(header, body)
	case headerRecords:
		return checkRecords(header, body)
	}
	return nil
}

func tableAt(of flatbuffers.Table, slot flatbuffers.VOffsetT) (flatbuffers.Table, bool) {
	o := flatbuffers.UOffsetT(of.Offset(slot))
	if o == 0 {
		return flatbuffers.Table{}, false
	}
	return flatbuffers.Table{Bytes: of.Bytes, Pos: of.Indirect(o + of.Pos)}, true
}

// vectorAt gives where the elements of a vector begin, and how many there are.
func vectorAt(of flatbuffers.Table, slot flatbuffers.VOffsetT) (begin flatbuffers.UOffsetT, n int) {
	o := flatbuffers.UOffsetT(of.Offset(slot))
	if o == 0 {
		return 0, 0
	}
	return of.Vector(o), of.VectorLen(o)
}

// checkFields counts the fields of a schema or of a field, and those inside them.
func checkFields(of flatbuffers.Table, slot, metadata flatbuffers.VOffsetT, fields *int) error {
	if _, n := vectorAt(of, metadata); n < 0 || n > len(of.Bytes)/4 {
		return errArrow
	}
	begin, n := vectorAt(of, slot)
	if *fields += n; n < 0 || *fields > maxArrowFields {
		return errArrow
	}
	for i := range n {
		at := begin + flatbuffers.UOffsetT(i)*flatbuffers.SizeUOffsetT
		field := flatbuffers.Table{Bytes: of.Bytes, Pos: of.Indirect(at)}
		if field.GetByteSlot(fieldTypeType, 0) == typeUnion {
			return errors.New("a column is a union: not the canonical schema")
		}
		if err := checkFields(field, fieldChildren, fieldMetadata, fields); err != nil {
			return err
		}
	}
	return nil
}

// checkRecords bounds rows and buffers, and what compressed ones say that they become.
func checkRecords(records flatbuffers.Table, body []byte) error {
	if rows := records.GetInt64Slot(recordsLength, 0); rows < 0 || rows > maxArrowRows {
		return fmt.Errorf("a batch of %d rows: at most %d can be read", rows, maxArrowRows)
	}
	compression, compressed := tableAt(records, recordsCompression)
	var frames frames
	if compressed {
		var err error
		if frames, err = framesOf(compression); err != nil {
			return err
		}
		defer frames.Close()
	}
	begin, n := vectorAt(records, recordsBuffers)
	if n < 0 || n > len(records.Bytes)/16 {
		return errArrow
	}
	total := int64(0)
	for i := range n {
		at := begin + flatbuffers.UOffsetT(i)*16 // offset and length
		offset, length := records.GetInt64(at), records.GetInt64(at+8)
		if offset < 0 || length < 0 || offset > int64(len(body))-length {
			return errArrow
		}
		if !compressed || length < 8 {
			continue
		}
		size := int64(binary.LittleEndian.Uint64(body[offset:]))
		if size < notCompressed || size > maxArrowBody {
			return fmt.Errorf("a column of %d bytes: at most %d can be read", size, maxArrowBody)
		}
		if total += size; total > maxArrowBody {
			return fmt.Errorf("a batch of over %d bytes: write smaller batches", maxArrowBody)
		}
		if size == notCompressed {
			continue
		}
		if err := frames.check(body[offset+8:offset+length], size); err != nil {
			return fmt.Errorf("a compressed column: %w", err)
		}
	}
	return nil
}

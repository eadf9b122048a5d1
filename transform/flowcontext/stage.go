package flowcontext

import (
	"context"
	"fmt"
	"sync"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/schemas"
)

// Field is the column that the stage appends: a set of [Bits].
var Field = arrow.Field{Name: "context", Type: arrow.PrimitiveTypes.Uint32}

// Options are what the stage needs.
type Options struct {
	// Interest gives the service whose name a registered domain is, at a time in ms UTC;
	// nil: look-ups are not asked.
	Interest func(name string, at int64) (service, category string, ok bool)
	// Memory is where the appended column lives; nil: the Go heap.
	Memory memory.Allocator
}

// Stage appends [Field] to flow batches. It is safe for concurrent use and keeps
// nothing but what [Stage.Look] gives away.
type Stage struct {
	interest  func(string, int64) (string, string, bool)
	mem       memory.Allocator
	scratch   sync.Pool // of *scratch
	sightings sync.Pool // of *Sightings
}

// New makes the stage.
func New(opts Options) *Stage {
	s := &Stage{interest: opts.Interest, mem: opts.Memory}
	if s.mem == nil {
		s.mem = memory.DefaultAllocator
	}
	s.scratch.New = func() any { return new(scratch) }
	s.sightings.New = func() any { return &Sightings{pool: &s.sightings} }
	return s
}

// Apply appends [Field] to the flow batch of a range, row for row as it was looked at:
// own are the sightings of the range itself, neighbours those of the ranges next to it.
// The caller releases all of them.
func (s *Stage) Apply(ctx context.Context, rec arrow.Record, own *Sightings, neighbours []*Sightings) (arrow.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if int(rec.NumRows()) != own.rows {
		return nil, fmt.Errorf("context: a batch of %d rows with the sightings of %d", rec.NumRows(), own.rows)
	}
	column := schemas.NewColumn[uint32](s.mem, own.rows)
	for range own.rows {
		column.Append(0)
	}
	work := s.scratch.Get().(*scratch)
	defer s.scratch.Put(work)
	work.own, work.out = own, column.V
	work.all = append(append(work.all[:0], own), neighbours...)
	defer work.close()
	work.pairs()
	work.peers()
	work.lookups()
	return appendTo(rec, &column), nil
}

// Alone is [Stage.Apply] for a range without neighbours. dns may be nil.
func (s *Stage) Alone(ctx context.Context, rec, dns arrow.Record) (arrow.Record, error) {
	own, err := s.Look(rec, dns)
	if err != nil {
		return nil, err
	}
	defer own.Release()
	return s.Apply(ctx, rec, own, nil)
}

// Attach appends [Field] with known values, one a row.
func Attach(mem memory.Allocator, rec arrow.Record, values []Bits) arrow.Record {
	column := schemas.NewColumn[uint32](mem, len(values))
	for _, v := range values {
		column.Append(uint32(v))
	}
	return appendTo(rec, &column)
}

func appendTo(rec arrow.Record, column *schemas.Column[uint32]) arrow.Record {
	added := column.Array(Field.Type)
	defer added.Release()
	schema := rec.Schema()
	meta := schema.Metadata()
	fields := append(schema.Fields()[:len(schema.Fields()):len(schema.Fields())], Field)
	arrays := append(rec.Columns()[:rec.NumCols():rec.NumCols()], added)
	return array.NewRecord(arrow.NewSchema(fields, &meta), arrays, rec.NumRows())
}

// Of gives the column of a batch; the slice aliases the record. ok is false where it is absent.
func Of(rec arrow.Record) (bits []uint32, ok bool) {
	at := rec.Schema().FieldIndices(Field.Name)
	if len(at) == 0 {
		return nil, false
	}
	column, ok := rec.Column(at[0]).(*array.Uint32)
	if !ok {
		return nil, false
	}
	return column.Uint32Values(), true
}

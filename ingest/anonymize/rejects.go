package anonymize

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/schemas"
)

// rejectBuilder builds batches in [schemas.RejectsSchema].
type rejectBuilder struct {
	mem            memory.Allocator
	source, reason schemas.DictColumn
	partition      schemas.Column[int32]
	offset         schemas.Column[int64]
	excerpt        *array.StringBuilder
}

func newRejectBuilder(mem memory.Allocator) *rejectBuilder {
	b := &rejectBuilder{mem: mem}
	b.reset()
	return b
}

func (b *rejectBuilder) reset() {
	b.source, b.reason = schemas.NewDictColumn(b.mem, 0), schemas.NewDictColumn(b.mem, 0)
	b.partition, b.offset = schemas.NewColumn[int32](b.mem, 0), schemas.NewColumn[int64](b.mem, 0)
	b.excerpt = array.NewStringBuilder(b.mem)
}

func (b *rejectBuilder) len() int { return len(b.offset.V) }

func (b *rejectBuilder) append(source []byte, partition int32, offset int64, reason, excerpt string) {
	b.source.Append(source)
	b.partition.Append(partition)
	b.offset.Append(offset)
	b.reason.AppendString(reason)
	b.excerpt.Append(excerpt)
}

func (b *rejectBuilder) record() arrow.Record {
	n := b.len()
	rec := schemas.RejectsColumns{
		Source: b.source.Array(), Partition: b.partition.Array(arrow.PrimitiveTypes.Int32), Offset: b.offset.Array(arrow.PrimitiveTypes.Int64),
		Reason: b.reason.Array(), Excerpt: b.excerpt.NewArray(),
	}.Record(n)
	b.excerpt.Release()
	b.reset()
	return rec
}

func (b *rejectBuilder) release() {
	b.source.Release()
	b.reason.Release()
	b.partition.Release()
	b.offset.Release()
	b.excerpt.Release()
}

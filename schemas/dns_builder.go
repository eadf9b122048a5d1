package schemas

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// DNSBuilder builds a batch in [DNSSchema] column by column.
type DNSBuilder struct {
	Time             Column[int64]
	Client           Column[uint64]
	ClientCountry    DictColumn
	ClientASN        Column[uint32]
	Name             TextColumn
	Type, Rcode      Column[uint16]
	Answers          *array.ListBuilder
	Resolver         Column[[16]byte]
	LatencyUS        Column[uint32]
	Exporter, Source DictColumn
	Partition        Column[int32]
	Offset           Column[int64]
	Simulated        *array.BooleanBuilder

	mem  memory.Allocator
	room int
}

// NewDNSBuilder makes a builder with room for n rows.
func NewDNSBuilder(mem memory.Allocator, n int) *DNSBuilder {
	b := &DNSBuilder{mem: mem, room: n}
	b.reset()
	return b
}

func (b *DNSBuilder) reset() {
	n, mem := b.room, b.mem
	b.Time = NewColumn[int64](mem, n)
	b.Client = NewColumn[uint64](mem, n)
	b.ClientCountry = NewDictColumn(mem, n)
	b.ClientASN = NewColumn[uint32](mem, n)
	b.Name = NewTextColumn(mem, n)
	b.Type, b.Rcode = NewColumn[uint16](mem, n), NewColumn[uint16](mem, n)
	b.Answers = array.NewListBuilder(mem, address)
	b.Resolver = NewColumn[[16]byte](mem, n)
	b.LatencyUS = NewColumn[uint32](mem, n)
	b.Exporter, b.Source = NewDictColumn(mem, n), NewDictColumn(mem, n)
	b.Partition = NewColumn[int32](mem, n)
	b.Offset = NewColumn[int64](mem, n)
	b.Simulated = array.NewBooleanBuilder(mem)
}

// Len is the number of rows so far.
func (b *DNSBuilder) Len() int { return len(b.Time.V) }

// AppendAnswers adds the answers of the next row.
func (b *DNSBuilder) AppendAnswers(addrs [][16]byte) {
	b.Answers.Append(true)
	values := b.Answers.ValueBuilder().(*array.FixedSizeBinaryBuilder)
	for i := range addrs {
		values.Append(addrs[i][:])
	}
}

// Record hands the rows over as a batch and starts an empty one.
func (b *DNSBuilder) Record() arrow.Record {
	n := b.Len()
	cols := b.columns()
	b.release()
	b.room = n + n/8 // the next batch will have about as many
	b.reset()
	defer func() {
		for _, c := range cols {
			c.Release()
		}
	}()
	return array.NewRecord(DNSSchema, cols, int64(n))
}

func (b *DNSBuilder) columns() []arrow.Array {
	t := arrow.PrimitiveTypes
	cols := make([]arrow.Array, NumDNSColumns)
	cols[DNSTime] = b.Time.Array(timestampMS)
	cols[DNSClient] = b.Client.Array(t.Uint64)
	cols[DNSClientCountry] = b.ClientCountry.Array()
	cols[DNSClientASN] = b.ClientASN.Array(t.Uint32)
	cols[DNSName] = b.Name.Array()
	cols[DNSType], cols[DNSRcode] = b.Type.Array(t.Uint16), b.Rcode.Array(t.Uint16)
	cols[DNSAnswers] = b.Answers.NewArray()
	cols[DNSResolver] = b.Resolver.Array(address)
	cols[DNSLatencyUS] = b.LatencyUS.Array(t.Uint32)
	cols[DNSExporter], cols[DNSSource] = b.Exporter.Array(), b.Source.Array()
	cols[DNSPartition] = b.Partition.Array(t.Int32)
	cols[DNSOffset] = b.Offset.Array(t.Int64)
	cols[DNSSimulated] = b.Simulated.NewArray()
	return cols
}

// Release gives all memory back; the builder cannot be used afterwards.
func (b *DNSBuilder) Release() {
	for _, c := range b.columns() {
		c.Release()
	}
	b.release()
}

func (b *DNSBuilder) release() {
	b.Answers.Release()
	b.Simulated.Release()
}

package schemas

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// FlowBuilder builds a batch in [FlowSchema] column by column. The exported columns
// may be read and changed until Record is called; all must then have the same length.
// Only what most formats do not know may be shorter: SNI, ALPN, JA4, FirstSizes,
// Signatures, SignaturesHigh, Traits, SensorLabel and SensorConfidence of the rows that
// they lack are empty.
type FlowBuilder struct {
	Start, End             Column[int64]
	Client                 Column[uint64]
	ClientPort             Column[uint16]
	ClientCountry          DictColumn
	ClientASN              Column[uint32]
	Server                 Column[[16]byte]
	ServerPort             Column[uint16]
	Protocol               Column[uint8]
	BytesUp, BytesDown     Column[uint64]
	PacketsUp, PacketsDown Column[uint64]
	TCPFlags               Column[uint8]
	SamplingRate           Column[uint32]
	SNI, ALPN, JA4         TextColumn
	FirstSizes             Column[[MaxFirstSizes]int16]
	LenSemantics           Column[uint8]
	Signatures             Column[uint64]
	SensorLabel            DictColumn
	SensorConfidence       Column[uint8]
	Exporter, Source       DictColumn
	Partition              Column[int32]
	Offset                 Column[int64]
	Orientation            Column[uint8]
	Records                Column[uint32]
	Simulated              *array.BooleanBuilder
	SignaturesHigh         Column[uint64]
	Traits                 Column[uint32]

	mem  memory.Allocator
	room int
}

// NewFlowBuilder makes a builder with room for n rows.
func NewFlowBuilder(mem memory.Allocator, n int) *FlowBuilder {
	b := &FlowBuilder{mem: mem, room: n}
	b.reset()
	return b
}

func (b *FlowBuilder) reset() {
	n, mem := b.room, b.mem
	b.Start, b.End = NewColumn[int64](mem, n), NewColumn[int64](mem, n)
	b.Client = NewColumn[uint64](mem, n)
	b.ClientPort = NewColumn[uint16](mem, n)
	b.ClientCountry = NewDictColumn(mem, n)
	b.ClientASN = NewColumn[uint32](mem, n)
	b.Server = NewColumn[[16]byte](mem, n)
	b.ServerPort = NewColumn[uint16](mem, n)
	b.Protocol = NewColumn[uint8](mem, n)
	b.BytesUp, b.BytesDown = NewColumn[uint64](mem, n), NewColumn[uint64](mem, n)
	b.PacketsUp, b.PacketsDown = NewColumn[uint64](mem, n), NewColumn[uint64](mem, n)
	b.TCPFlags = NewColumn[uint8](mem, n)
	b.SamplingRate = NewColumn[uint32](mem, n)
	b.SNI, b.ALPN, b.JA4 = NewTextColumn(mem, 0), NewTextColumn(mem, 0), NewTextColumn(mem, 0)
	b.FirstSizes = NewColumn[[MaxFirstSizes]int16](mem, 0)
	b.LenSemantics = NewColumn[uint8](mem, n)
	b.Signatures = NewColumn[uint64](mem, 0)
	b.SensorLabel = NewDictColumn(mem, 0)
	b.SensorConfidence = NewColumn[uint8](mem, 0)
	b.Exporter, b.Source = NewDictColumn(mem, n), NewDictColumn(mem, n)
	b.Partition = NewColumn[int32](mem, n)
	b.Offset = NewColumn[int64](mem, n)
	b.Orientation = NewColumn[uint8](mem, n)
	b.Records = NewColumn[uint32](mem, n)
	b.Simulated = array.NewBooleanBuilder(mem)
	b.SignaturesHigh = NewColumn[uint64](mem, 0)
	b.Traits = NewColumn[uint32](mem, 0)
}

// Len is the number of rows so far.
func (b *FlowBuilder) Len() int { return len(b.Start.V) }

// Record hands the rows over as a batch and starts an empty one.
func (b *FlowBuilder) Record() arrow.Record {
	n := b.Len()
	b.fill(n)
	cols := b.columns()
	b.release()
	b.room = n + n/8 // the next batch will have about as many
	b.reset()
	defer func() {
		for _, c := range cols {
			c.Release()
		}
	}()
	return array.NewRecord(FlowSchema, cols, int64(n))
}

// fill lengthens the columns that may be shorter.
func (b *FlowBuilder) fill(n int) {
	for _, c := range []*TextColumn{&b.SNI, &b.ALPN, &b.JA4} {
		c.FillEmpty(n)
	}
	b.FirstSizes.FillZero(n)
	b.Signatures.FillZero(n)
	b.SignaturesHigh.FillZero(n)
	b.Traits.FillZero(n)
	b.SensorLabel.Fill(n, nil)
	b.SensorConfidence.FillZero(n)
}

// columns hands every column over, in the order of the schema.
func (b *FlowBuilder) columns() []arrow.Array {
	t := arrow.PrimitiveTypes
	cols := make([]arrow.Array, NumFlowColumns)
	cols[FlowStart], cols[FlowEnd] = b.Start.Array(timestampMS), b.End.Array(timestampMS)
	cols[FlowClient] = b.Client.Array(t.Uint64)
	cols[FlowClientPort] = b.ClientPort.Array(t.Uint16)
	cols[FlowClientCountry] = b.ClientCountry.Array()
	cols[FlowClientASN] = b.ClientASN.Array(t.Uint32)
	cols[FlowServer] = b.Server.Array(address)
	cols[FlowServerPort] = b.ServerPort.Array(t.Uint16)
	cols[FlowProtocol] = b.Protocol.Array(t.Uint8)
	cols[FlowBytesUp], cols[FlowBytesDown] = b.BytesUp.Array(t.Uint64), b.BytesDown.Array(t.Uint64)
	cols[FlowPacketsUp], cols[FlowPacketsDown] = b.PacketsUp.Array(t.Uint64), b.PacketsDown.Array(t.Uint64)
	cols[FlowTCPFlags] = b.TCPFlags.Array(t.Uint8)
	cols[FlowSamplingRate] = b.SamplingRate.Array(t.Uint32)
	cols[FlowSNI], cols[FlowALPN], cols[FlowJA4] = b.SNI.Array(), b.ALPN.Array(), b.JA4.Array()
	cols[FlowFirstSizes] = firstSizesArray(&b.FirstSizes)
	cols[FlowLenSemantics] = b.LenSemantics.Array(t.Uint8)
	cols[FlowSignatures] = b.Signatures.Array(t.Uint64)
	cols[FlowSensorLabel] = b.SensorLabel.Array()
	cols[FlowSensorConfidence] = b.SensorConfidence.Array(t.Uint8)
	cols[FlowExporter], cols[FlowSource] = b.Exporter.Array(), b.Source.Array()
	cols[FlowPartition] = b.Partition.Array(t.Int32)
	cols[FlowOffset] = b.Offset.Array(t.Int64)
	cols[FlowOrientation] = b.Orientation.Array(t.Uint8)
	cols[FlowRecords] = b.Records.Array(t.Uint32)
	cols[FlowSimulated] = b.Simulated.NewArray()
	cols[FlowSignaturesHigh] = b.SignaturesHigh.Array(t.Uint64)
	cols[FlowTraits] = b.Traits.Array(t.Uint32)
	return cols
}

// AppendSeen adds the signatures and traits of a row behind those of earlier rows.
func (b *FlowBuilder) AppendSeen(row int, s SignatureSet, t Traits) {
	if s[0] != 0 {
		b.Signatures.AppendAt(row, s[0])
	}
	if s[1] != 0 {
		b.SignaturesHigh.AppendAt(row, s[1])
	}
	if t != 0 {
		b.Traits.AppendAt(row, uint32(t))
	}
}

// firstSizesArray wraps the flat sizes as a fixed-size list column.
func firstSizesArray(c *Column[[MaxFirstSizes]int16]) arrow.Array {
	buf, n := c.values()
	flat := array.NewData(arrow.PrimitiveTypes.Int16, n*MaxFirstSizes, []*memory.Buffer{nil, buf}, nil, 0, 0)
	defer flat.Release()
	buf.Release()
	*c = Column[[MaxFirstSizes]int16]{}
	list := array.NewData(firstSizes, n, []*memory.Buffer{nil}, []arrow.ArrayData{flat}, 0, 0)
	defer list.Release()
	return array.MakeFromData(list)
}

// Release gives all memory back; the builder cannot be used afterwards.
func (b *FlowBuilder) Release() {
	for _, c := range b.columns() {
		c.Release()
	}
	b.release()
}

func (b *FlowBuilder) release() {
	b.Simulated.Release()
}

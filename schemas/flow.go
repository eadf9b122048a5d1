package schemas

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// MaxFirstSizes is how many first payload sizes a flow carries.
const MaxFirstSizes = 8

var (
	timestampMS = arrow.FixedWidthTypes.Timestamp_ms
	utf8Dict    = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	address     = &arrow.FixedSizeBinaryType{ByteWidth: 16}
	firstSizes  = arrow.FixedSizeListOf(MaxFirstSizes, arrow.PrimitiveTypes.Int16)
)

// Column positions of the canonical flow schema.
const (
	FlowStart = iota
	FlowEnd
	FlowClient
	FlowClientPort
	FlowClientCountry
	FlowClientASN
	FlowServer
	FlowServerPort
	FlowProtocol
	FlowBytesUp
	FlowBytesDown
	FlowPacketsUp
	FlowPacketsDown
	FlowTCPFlags
	FlowSamplingRate
	FlowSNI
	FlowALPN
	FlowJA4
	FlowFirstSizes
	FlowLenSemantics
	FlowSignatures
	FlowSensorLabel
	FlowSensorConfidence
	FlowExporter
	FlowSource
	FlowPartition
	FlowOffset
	FlowOrientation
	FlowRecords
	FlowSimulated
	FlowSignaturesHigh
	FlowTraits
	NumFlowColumns
)

// FlowSchema is the canonical flow batch: one row a biflow, the client already a
// pseudonym. Later stages append columns behind these and never move them.
//
//	start, end          when the first and last packet was seen, ms UTC
//	client              pseudonym of the client, keyed by the UTC day of start
//	server              16 bytes, IPv4 as IPv4-mapped IPv6; in memory only
//	bytes_*, packets_*  client to server is up; not yet multiplied by sampling_rate
//	first_sizes         up to 8 first packet sizes, up positive, 0 where there is none
//	signatures          signatures 0 to 63 of [SignatureSet]; signatures_high has 64 to 127
//	traits              bits of [Traits]
//	records             telemetry records in this row (2 where two one-way records were paired)
//	offset              position of the first record in its source: a Kafka offset or a byte offset
var FlowSchema = arrow.NewSchema([]arrow.Field{
	FlowStart:         {Name: "start", Type: timestampMS},
	FlowEnd:           {Name: "end", Type: timestampMS},
	FlowClient:        {Name: "client", Type: arrow.PrimitiveTypes.Uint64},
	FlowClientPort:    {Name: "client_port", Type: arrow.PrimitiveTypes.Uint16},
	FlowClientCountry: {Name: "client_country", Type: utf8Dict},
	FlowClientASN:     {Name: "client_asn", Type: arrow.PrimitiveTypes.Uint32},
	FlowServer:        {Name: "server", Type: address},
	FlowServerPort:    {Name: "server_port", Type: arrow.PrimitiveTypes.Uint16},
	FlowProtocol:      {Name: "protocol", Type: arrow.PrimitiveTypes.Uint8},
	FlowBytesUp:       {Name: "bytes_up", Type: arrow.PrimitiveTypes.Uint64},
	FlowBytesDown:     {Name: "bytes_down", Type: arrow.PrimitiveTypes.Uint64},
	FlowPacketsUp:     {Name: "packets_up", Type: arrow.PrimitiveTypes.Uint64},
	FlowPacketsDown:   {Name: "packets_down", Type: arrow.PrimitiveTypes.Uint64},
	FlowTCPFlags:      {Name: "tcp_flags", Type: arrow.PrimitiveTypes.Uint8},
	FlowSamplingRate:  {Name: "sampling_rate", Type: arrow.PrimitiveTypes.Uint32},
	FlowSNI:           {Name: "sni", Type: arrow.BinaryTypes.String},
	FlowALPN:          {Name: "alpn", Type: arrow.BinaryTypes.String},
	FlowJA4:           {Name: "ja4", Type: arrow.BinaryTypes.String},
	// Nullable, though it never is null: Arrow's Parquet writer drops the values otherwise.
	FlowFirstSizes:       {Name: "first_sizes", Type: firstSizes, Nullable: true},
	FlowLenSemantics:     {Name: "len_semantics", Type: arrow.PrimitiveTypes.Uint8},
	FlowSignatures:       {Name: "signatures", Type: arrow.PrimitiveTypes.Uint64},
	FlowSensorLabel:      {Name: "sensor_label", Type: utf8Dict},
	FlowSensorConfidence: {Name: "sensor_confidence", Type: arrow.PrimitiveTypes.Uint8},
	FlowExporter:         {Name: "exporter", Type: utf8Dict},
	FlowSource:           {Name: "source", Type: utf8Dict},
	FlowPartition:        {Name: "partition", Type: arrow.PrimitiveTypes.Int32},
	FlowOffset:           {Name: "offset", Type: arrow.PrimitiveTypes.Int64},
	FlowOrientation:      {Name: "orientation", Type: arrow.PrimitiveTypes.Uint8},
	FlowRecords:          {Name: "records", Type: arrow.PrimitiveTypes.Uint32},
	FlowSimulated:        {Name: "simulated", Type: arrow.FixedWidthTypes.Boolean},
	FlowSignaturesHigh:   {Name: "signatures_high", Type: arrow.PrimitiveTypes.Uint64},
	FlowTraits:           {Name: "traits", Type: arrow.PrimitiveTypes.Uint32},
}, nil)

// Flows is a typed view of a batch in [FlowSchema] (further columns may follow).
// The slices alias the record: they are valid while the record is retained.
type Flows struct {
	Len              int
	Start, End       []arrow.Timestamp
	Client           []uint64
	ClientPort       []uint16
	ClientCountry    *array.Dictionary
	ClientASN        []uint32
	Server           *array.FixedSizeBinary
	ServerPort       []uint16
	Protocol         []uint8
	BytesUp          []uint64
	BytesDown        []uint64
	PacketsUp        []uint64
	PacketsDown      []uint64
	TCPFlags         []uint8
	SamplingRate     []uint32
	SNI, ALPN, JA4   *array.String
	FirstSizes       []int16 // MaxFirstSizes a row
	LenSemantics     []uint8
	Signatures       []uint64
	SensorLabel      *array.Dictionary
	SensorConfidence []uint8
	Exporter         *array.Dictionary
	Source           *array.Dictionary
	Partition        []int32
	Offset           []int64
	Orientation      []uint8
	Records          []uint32
	Simulated        *array.Boolean
	SignaturesHigh   []uint64
	Traits           []uint32
}

// SignaturesAt gives the signatures of row i.
func (f *Flows) SignaturesAt(i int) SignatureSet {
	return SignatureSet{f.Signatures[i], f.SignaturesHigh[i]}
}

// TraitsAt gives the traits of row i.
func (f *Flows) TraitsAt(i int) Traits { return Traits(f.Traits[i]) }

// FlowsOf gives the typed view. It fails where rec does not begin with [FlowSchema].
func FlowsOf(rec arrow.Record) (Flows, error) {
	if err := startsWith(rec.Schema(), FlowSchema); err != nil {
		return Flows{}, fmt.Errorf("not a flow batch: %w", err)
	}
	n := int(rec.NumRows())
	sizes := rec.Column(FlowFirstSizes).(*array.FixedSizeList)
	firstSize := sizes.Offset() * MaxFirstSizes
	return Flows{
		Len:              n,
		Start:            rec.Column(FlowStart).(*array.Timestamp).TimestampValues(),
		End:              rec.Column(FlowEnd).(*array.Timestamp).TimestampValues(),
		Client:           rec.Column(FlowClient).(*array.Uint64).Uint64Values(),
		ClientPort:       rec.Column(FlowClientPort).(*array.Uint16).Uint16Values(),
		ClientCountry:    rec.Column(FlowClientCountry).(*array.Dictionary),
		ClientASN:        rec.Column(FlowClientASN).(*array.Uint32).Uint32Values(),
		Server:           rec.Column(FlowServer).(*array.FixedSizeBinary),
		ServerPort:       rec.Column(FlowServerPort).(*array.Uint16).Uint16Values(),
		Protocol:         rec.Column(FlowProtocol).(*array.Uint8).Uint8Values(),
		BytesUp:          rec.Column(FlowBytesUp).(*array.Uint64).Uint64Values(),
		BytesDown:        rec.Column(FlowBytesDown).(*array.Uint64).Uint64Values(),
		PacketsUp:        rec.Column(FlowPacketsUp).(*array.Uint64).Uint64Values(),
		PacketsDown:      rec.Column(FlowPacketsDown).(*array.Uint64).Uint64Values(),
		TCPFlags:         rec.Column(FlowTCPFlags).(*array.Uint8).Uint8Values(),
		SamplingRate:     rec.Column(FlowSamplingRate).(*array.Uint32).Uint32Values(),
		SNI:              rec.Column(FlowSNI).(*array.String),
		ALPN:             rec.Column(FlowALPN).(*array.String),
		JA4:              rec.Column(FlowJA4).(*array.String),
		FirstSizes:       sizes.ListValues().(*array.Int16).Int16Values()[firstSize : firstSize+n*MaxFirstSizes],
		LenSemantics:     rec.Column(FlowLenSemantics).(*array.Uint8).Uint8Values(),
		Signatures:       rec.Column(FlowSignatures).(*array.Uint64).Uint64Values(),
		SensorLabel:      rec.Column(FlowSensorLabel).(*array.Dictionary),
		SensorConfidence: rec.Column(FlowSensorConfidence).(*array.Uint8).Uint8Values(),
		Exporter:         rec.Column(FlowExporter).(*array.Dictionary),
		Source:           rec.Column(FlowSource).(*array.Dictionary),
		Partition:        rec.Column(FlowPartition).(*array.Int32).Int32Values(),
		Offset:           rec.Column(FlowOffset).(*array.Int64).Int64Values(),
		Orientation:      rec.Column(FlowOrientation).(*array.Uint8).Uint8Values(),
		Records:          rec.Column(FlowRecords).(*array.Uint32).Uint32Values(),
		Simulated:        rec.Column(FlowSimulated).(*array.Boolean),
		SignaturesHigh:   rec.Column(FlowSignaturesHigh).(*array.Uint64).Uint64Values(),
		Traits:           rec.Column(FlowTraits).(*array.Uint32).Uint32Values(),
	}, nil
}

// DictString gives row i of a string dictionary column.
func DictString(d *array.Dictionary, i int) string {
	if d.IsNull(i) {
		return ""
	}
	return d.Dictionary().(*array.String).Value(d.GetValueIndex(i))
}

// startsWith reports the first field in which got differs from want.
func startsWith(got, want *arrow.Schema) error {
	if got.NumFields() < want.NumFields() {
		return fmt.Errorf("%d columns, want at least %d", got.NumFields(), want.NumFields())
	}
	for i, f := range want.Fields() {
		g := got.Field(i)
		if g.Name != f.Name || !arrow.TypeEqual(g.Type, f.Type) {
			return fmt.Errorf("column %d is %s %s, want %s %s", i, g.Name, g.Type, f.Name, f.Type)
		}
	}
	return nil
}

// Code generated from schemas/columns/columns.yaml by `go generate ./schemas`; DO NOT EDIT.

package schemas

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// Columns of a batch of flow.
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

// FlowSchema: One row a biflow, the client already a pseudonym. Later stages append columns behind these and never move them.
var FlowSchema = arrow.NewSchema([]arrow.Field{
	{Name: "start", Type: timestampMS},                            // first packet
	{Name: "end", Type: timestampMS},                              // last packet
	{Name: "client", Type: arrow.PrimitiveTypes.Uint64},           // pseudonym of the client, keyed by the UTC day of start
	{Name: "client_port", Type: arrow.PrimitiveTypes.Uint16},      // port of the client, 0 where unknown
	{Name: "client_country", Type: utf8Dict},                      // country of the client, empty where unknown
	{Name: "client_asn", Type: arrow.PrimitiveTypes.Uint32},       // AS number of the client, 0 where unknown
	{Name: "server", Type: address},                               // 16 bytes, IPv4 as IPv4-mapped IPv6; in memory only
	{Name: "server_port", Type: arrow.PrimitiveTypes.Uint16},      // port of the server
	{Name: "protocol", Type: arrow.PrimitiveTypes.Uint8},          // IP protocol number
	{Name: "bytes_up", Type: arrow.PrimitiveTypes.Uint64},         // bytes from the client, not yet multiplied by sampling_rate
	{Name: "bytes_down", Type: arrow.PrimitiveTypes.Uint64},       // bytes to the client, likewise
	{Name: "packets_up", Type: arrow.PrimitiveTypes.Uint64},       // packets from the client, likewise
	{Name: "packets_down", Type: arrow.PrimitiveTypes.Uint64},     // packets to the client, likewise
	{Name: "tcp_flags", Type: arrow.PrimitiveTypes.Uint8},         // all flags of both directions
	{Name: "sampling_rate", Type: arrow.PrimitiveTypes.Uint32},    // flows that this one stands for
	{Name: "sni", Type: arrow.BinaryTypes.String},                 // server name of a TLS hello, already cut by the gate
	{Name: "alpn", Type: arrow.BinaryTypes.String},                // first protocol of the hello's ALPN
	{Name: "ja4", Type: arrow.BinaryTypes.String},                 // JA4 fingerprint of the hello
	{Name: "first_sizes", Type: firstSizes, Nullable: true},       // up to 8 first packet sizes, up positive, 0 where there is none
	{Name: "len_semantics", Type: arrow.PrimitiveTypes.Uint8},     // [LenSemantics] of first_sizes
	{Name: "signatures", Type: arrow.PrimitiveTypes.Uint64},       // signatures 0 to 63 of [SignatureSet]; signatures_high has 64 to 127
	{Name: "sensor_label", Type: utf8Dict},                        // what the sensor called it
	{Name: "sensor_confidence", Type: arrow.PrimitiveTypes.Uint8}, // how sure the sensor was, in percent
	{Name: "exporter", Type: utf8Dict},                            // sensor that reported it
	{Name: "source", Type: utf8Dict},                              // name of the source in the ledger
	{Name: "partition", Type: arrow.PrimitiveTypes.Int32},         // partition of a topic; 0 for a file
	{Name: "offset", Type: arrow.PrimitiveTypes.Int64},            // position of the first record in its source: a Kafka offset or a byte offset
	{Name: "orientation", Type: arrow.PrimitiveTypes.Uint8},       // how it was decided which end is the client
	{Name: "records", Type: arrow.PrimitiveTypes.Uint32},          // telemetry records in this row (2 where two one-way records were paired)
	{Name: "simulated", Type: arrow.FixedWidthTypes.Boolean},      // the telemetry says that it is simulated
	{Name: "signatures_high", Type: arrow.PrimitiveTypes.Uint64},  // signatures 64 to 127
	{Name: "traits", Type: arrow.PrimitiveTypes.Uint32},           // bits of [Traits]
}, nil)

// FlowRequired are the columns in which NULL makes a row of a file worthless: no value stands for what is unknown.
var FlowRequired = []int{FlowStart, FlowEnd, FlowClient, FlowServer, FlowServerPort, FlowProtocol, FlowBytesUp, FlowBytesDown, FlowPacketsUp, FlowPacketsDown}

// Flows is a typed view of a batch in [FlowSchema] (further columns may follow). The slices alias the
// record: they are valid while the record is retained.
type Flows struct {
	Len              int
	Start            []arrow.Timestamp      // first packet
	End              []arrow.Timestamp      // last packet
	Client           []uint64               // pseudonym of the client, keyed by the UTC day of start
	ClientPort       []uint16               // port of the client, 0 where unknown
	ClientCountry    *array.Dictionary      // country of the client, empty where unknown
	ClientASN        []uint32               // AS number of the client, 0 where unknown
	Server           *array.FixedSizeBinary // 16 bytes, IPv4 as IPv4-mapped IPv6; in memory only
	ServerPort       []uint16               // port of the server
	Protocol         []uint8                // IP protocol number
	BytesUp          []uint64               // bytes from the client, not yet multiplied by sampling_rate
	BytesDown        []uint64               // bytes to the client, likewise
	PacketsUp        []uint64               // packets from the client, likewise
	PacketsDown      []uint64               // packets to the client, likewise
	TCPFlags         []uint8                // all flags of both directions
	SamplingRate     []uint32               // flows that this one stands for
	SNI              *array.String          // server name of a TLS hello, already cut by the gate
	ALPN             *array.String          // first protocol of the hello's ALPN
	JA4              *array.String          // JA4 fingerprint of the hello
	FirstSizes       []int16                // up to 8 first packet sizes, up positive, 0 where there is none
	LenSemantics     []uint8                // [LenSemantics] of first_sizes
	Signatures       []uint64               // signatures 0 to 63 of [SignatureSet]; signatures_high has 64 to 127
	SensorLabel      *array.Dictionary      // what the sensor called it
	SensorConfidence []uint8                // how sure the sensor was, in percent
	Exporter         *array.Dictionary      // sensor that reported it
	Source           *array.Dictionary      // name of the source in the ledger
	Partition        []int32                // partition of a topic; 0 for a file
	Offset           []int64                // position of the first record in its source: a Kafka offset or a byte offset
	Orientation      []uint8                // how it was decided which end is the client
	Records          []uint32               // telemetry records in this row (2 where two one-way records were paired)
	Simulated        *array.Boolean         // the telemetry says that it is simulated
	SignaturesHigh   []uint64               // signatures 64 to 127
	Traits           []uint32               // bits of [Traits]
}

// FlowsOf gives the typed view. It fails where rec does not begin with [FlowSchema].
func FlowsOf(rec arrow.Record) (Flows, error) {
	first := 0
	if err := hasColumns(rec.Schema(), first, FlowSchema); err != nil {
		return Flows{}, fmt.Errorf("not a flow batch: %w", err)
	}
	return Flows{
		Len:              int(rec.NumRows()),
		Start:            rec.Column(first + FlowStart).(*array.Timestamp).TimestampValues(),
		End:              rec.Column(first + FlowEnd).(*array.Timestamp).TimestampValues(),
		Client:           rec.Column(first + FlowClient).(*array.Uint64).Uint64Values(),
		ClientPort:       rec.Column(first + FlowClientPort).(*array.Uint16).Uint16Values(),
		ClientCountry:    rec.Column(first + FlowClientCountry).(*array.Dictionary),
		ClientASN:        rec.Column(first + FlowClientASN).(*array.Uint32).Uint32Values(),
		Server:           rec.Column(first + FlowServer).(*array.FixedSizeBinary),
		ServerPort:       rec.Column(first + FlowServerPort).(*array.Uint16).Uint16Values(),
		Protocol:         rec.Column(first + FlowProtocol).(*array.Uint8).Uint8Values(),
		BytesUp:          rec.Column(first + FlowBytesUp).(*array.Uint64).Uint64Values(),
		BytesDown:        rec.Column(first + FlowBytesDown).(*array.Uint64).Uint64Values(),
		PacketsUp:        rec.Column(first + FlowPacketsUp).(*array.Uint64).Uint64Values(),
		PacketsDown:      rec.Column(first + FlowPacketsDown).(*array.Uint64).Uint64Values(),
		TCPFlags:         rec.Column(first + FlowTCPFlags).(*array.Uint8).Uint8Values(),
		SamplingRate:     rec.Column(first + FlowSamplingRate).(*array.Uint32).Uint32Values(),
		SNI:              rec.Column(first + FlowSNI).(*array.String),
		ALPN:             rec.Column(first + FlowALPN).(*array.String),
		JA4:              rec.Column(first + FlowJA4).(*array.String),
		FirstSizes:       firstSizesOf(rec.Column(first + FlowFirstSizes)),
		LenSemantics:     rec.Column(first + FlowLenSemantics).(*array.Uint8).Uint8Values(),
		Signatures:       rec.Column(first + FlowSignatures).(*array.Uint64).Uint64Values(),
		SensorLabel:      rec.Column(first + FlowSensorLabel).(*array.Dictionary),
		SensorConfidence: rec.Column(first + FlowSensorConfidence).(*array.Uint8).Uint8Values(),
		Exporter:         rec.Column(first + FlowExporter).(*array.Dictionary),
		Source:           rec.Column(first + FlowSource).(*array.Dictionary),
		Partition:        rec.Column(first + FlowPartition).(*array.Int32).Int32Values(),
		Offset:           rec.Column(first + FlowOffset).(*array.Int64).Int64Values(),
		Orientation:      rec.Column(first + FlowOrientation).(*array.Uint8).Uint8Values(),
		Records:          rec.Column(first + FlowRecords).(*array.Uint32).Uint32Values(),
		Simulated:        rec.Column(first + FlowSimulated).(*array.Boolean),
		SignaturesHigh:   rec.Column(first + FlowSignaturesHigh).(*array.Uint64).Uint64Values(),
		Traits:           rec.Column(first + FlowTraits).(*array.Uint32).Uint32Values(),
	}, nil
}

// FlowBuilder builds a batch in [FlowSchema] column by column. The exported columns may be read and changed until
// Record is called; all must then have the same length. Only those that most formats do not know may be shorter: the
// rows that they lack are empty.
type FlowBuilder struct {
	Start            Column[int64]
	End              Column[int64]
	Client           Column[uint64]
	ClientPort       Column[uint16]
	ClientCountry    DictColumn
	ClientASN        Column[uint32]
	Server           Column[[16]byte]
	ServerPort       Column[uint16]
	Protocol         Column[uint8]
	BytesUp          Column[uint64]
	BytesDown        Column[uint64]
	PacketsUp        Column[uint64]
	PacketsDown      Column[uint64]
	TCPFlags         Column[uint8]
	SamplingRate     Column[uint32]
	SNI              TextColumn
	ALPN             TextColumn
	JA4              TextColumn
	FirstSizes       Column[[MaxFirstSizes]int16]
	LenSemantics     Column[uint8]
	Signatures       Column[uint64]
	SensorLabel      DictColumn
	SensorConfidence Column[uint8]
	Exporter         DictColumn
	Source           DictColumn
	Partition        Column[int32]
	Offset           Column[int64]
	Orientation      Column[uint8]
	Records          Column[uint32]
	Simulated        *array.BooleanBuilder
	SignaturesHigh   Column[uint64]
	Traits           Column[uint32]

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
	b.Start = NewColumn[int64](mem, n)
	b.End = NewColumn[int64](mem, n)
	b.Client = NewColumn[uint64](mem, n)
	b.ClientPort = NewColumn[uint16](mem, n)
	b.ClientCountry = NewDictColumn(mem, n)
	b.ClientASN = NewColumn[uint32](mem, n)
	b.Server = NewColumn[[16]byte](mem, n)
	b.ServerPort = NewColumn[uint16](mem, n)
	b.Protocol = NewColumn[uint8](mem, n)
	b.BytesUp = NewColumn[uint64](mem, n)
	b.BytesDown = NewColumn[uint64](mem, n)
	b.PacketsUp = NewColumn[uint64](mem, n)
	b.PacketsDown = NewColumn[uint64](mem, n)
	b.TCPFlags = NewColumn[uint8](mem, n)
	b.SamplingRate = NewColumn[uint32](mem, n)
	b.SNI = NewTextColumn(mem, 0)
	b.ALPN = NewTextColumn(mem, 0)
	b.JA4 = NewTextColumn(mem, 0)
	b.FirstSizes = NewColumn[[MaxFirstSizes]int16](mem, 0)
	b.LenSemantics = NewColumn[uint8](mem, n)
	b.Signatures = NewColumn[uint64](mem, 0)
	b.SensorLabel = NewDictColumn(mem, 0)
	b.SensorConfidence = NewColumn[uint8](mem, 0)
	b.Exporter = NewDictColumn(mem, n)
	b.Source = NewDictColumn(mem, n)
	b.Partition = NewColumn[int32](mem, n)
	b.Offset = NewColumn[int64](mem, n)
	b.Orientation = NewColumn[uint8](mem, n)
	b.Records = NewColumn[uint32](mem, n)
	b.Simulated = array.NewBooleanBuilder(mem)
	b.SignaturesHigh = NewColumn[uint64](mem, 0)
	b.Traits = NewColumn[uint32](mem, 0)
}

// Record hands the rows over as a batch and starts an empty one.
func (b *FlowBuilder) Record() arrow.Record {
	n := b.Len()
	b.SNI.FillEmpty(n)
	b.ALPN.FillEmpty(n)
	b.JA4.FillEmpty(n)
	b.FirstSizes.FillZero(n)
	b.Signatures.FillZero(n)
	b.SensorLabel.Fill(n, nil)
	b.SensorConfidence.FillZero(n)
	b.SignaturesHigh.FillZero(n)
	b.Traits.FillZero(n)
	rec := recordOf(FlowSchema, n, b.columns())
	b.room = n + n/8 // the next batch will have about as many
	b.reset()
	return rec
}

// columns hands every column over, in the order of the schema.
func (b *FlowBuilder) columns() []arrow.Array {
	return []arrow.Array{
		b.Start.Array(timestampMS),
		b.End.Array(timestampMS),
		b.Client.Array(arrow.PrimitiveTypes.Uint64),
		b.ClientPort.Array(arrow.PrimitiveTypes.Uint16),
		b.ClientCountry.Array(),
		b.ClientASN.Array(arrow.PrimitiveTypes.Uint32),
		b.Server.Array(address),
		b.ServerPort.Array(arrow.PrimitiveTypes.Uint16),
		b.Protocol.Array(arrow.PrimitiveTypes.Uint8),
		b.BytesUp.Array(arrow.PrimitiveTypes.Uint64),
		b.BytesDown.Array(arrow.PrimitiveTypes.Uint64),
		b.PacketsUp.Array(arrow.PrimitiveTypes.Uint64),
		b.PacketsDown.Array(arrow.PrimitiveTypes.Uint64),
		b.TCPFlags.Array(arrow.PrimitiveTypes.Uint8),
		b.SamplingRate.Array(arrow.PrimitiveTypes.Uint32),
		b.SNI.Array(),
		b.ALPN.Array(),
		b.JA4.Array(),
		firstSizesArray(&b.FirstSizes),
		b.LenSemantics.Array(arrow.PrimitiveTypes.Uint8),
		b.Signatures.Array(arrow.PrimitiveTypes.Uint64),
		b.SensorLabel.Array(),
		b.SensorConfidence.Array(arrow.PrimitiveTypes.Uint8),
		b.Exporter.Array(),
		b.Source.Array(),
		b.Partition.Array(arrow.PrimitiveTypes.Int32),
		b.Offset.Array(arrow.PrimitiveTypes.Int64),
		b.Orientation.Array(arrow.PrimitiveTypes.Uint8),
		b.Records.Array(arrow.PrimitiveTypes.Uint32),
		released(b.Simulated),
		b.SignaturesHigh.Array(arrow.PrimitiveTypes.Uint64),
		b.Traits.Array(arrow.PrimitiveTypes.Uint32),
	}
}

// Len is the number of rows so far.
func (b *FlowBuilder) Len() int { return len(b.Start.V) }

// Release gives all memory back; the builder cannot be used afterwards.
func (b *FlowBuilder) Release() {
	for _, c := range b.columns() {
		c.Release()
	}
}

// Columns of a batch of dns.
const (
	DNSTime = iota
	DNSClient
	DNSClientCountry
	DNSClientASN
	DNSName
	DNSType
	DNSRcode
	DNSAnswers
	DNSResolver
	DNSLatencyUS
	DNSExporter
	DNSSource
	DNSPartition
	DNSOffset
	DNSSimulated
	NumDNSColumns
)

// DNSSchema: One row a query, with its response where seen; the client a pseudonym, the name already cut to its registered domain.
var DNSSchema = arrow.NewSchema([]arrow.Field{
	{Name: "time", Type: timestampMS},                        // time of the query
	{Name: "client", Type: arrow.PrimitiveTypes.Uint64},      // pseudonym of the client, keyed by the UTC day of time
	{Name: "client_country", Type: utf8Dict},                 // country of the client, empty where unknown
	{Name: "client_asn", Type: arrow.PrimitiveTypes.Uint32},  // AS number of the client, 0 where unknown
	{Name: "name", Type: arrow.BinaryTypes.String},           // registered domain, lower case, or "other" where the gate hides it
	{Name: "type", Type: arrow.PrimitiveTypes.Uint16},        // type of the question
	{Name: "rcode", Type: arrow.PrimitiveTypes.Uint16},       // response code, NoRcode where no response was seen
	{Name: "answers", Type: arrow.ListOf(address)},           // A and AAAA answers, 16 bytes each, IPv4 as IPv4-mapped IPv6
	{Name: "resolver", Type: address},                        // address of the resolver
	{Name: "latency_us", Type: arrow.PrimitiveTypes.Uint32},  // microseconds from query to response, 0 where unknown
	{Name: "exporter", Type: utf8Dict},                       // sensor that reported it
	{Name: "source", Type: utf8Dict},                         // name of the source in the ledger
	{Name: "partition", Type: arrow.PrimitiveTypes.Int32},    // partition of a topic; 0 for a file
	{Name: "offset", Type: arrow.PrimitiveTypes.Int64},       // position of the record in its source
	{Name: "simulated", Type: arrow.FixedWidthTypes.Boolean}, // the telemetry says that it is simulated
}, nil)

// DNSRequired are the columns in which NULL makes a row of a file worthless: no value stands for what is unknown.
var DNSRequired = []int{DNSTime, DNSClient, DNSName, DNSType}

// DNS is a typed view of a batch in [DNSSchema] (further columns may follow). The slices alias the
// record: they are valid while the record is retained.
type DNS struct {
	Len           int
	Time          []arrow.Timestamp      // time of the query
	Client        []uint64               // pseudonym of the client, keyed by the UTC day of time
	ClientCountry *array.Dictionary      // country of the client, empty where unknown
	ClientASN     []uint32               // AS number of the client, 0 where unknown
	Name          *array.String          // registered domain, lower case, or "other" where the gate hides it
	Type          []uint16               // type of the question
	Rcode         []uint16               // response code, NoRcode where no response was seen
	Answers       *array.List            // A and AAAA answers, 16 bytes each, IPv4 as IPv4-mapped IPv6
	Resolver      *array.FixedSizeBinary // address of the resolver
	LatencyUS     []uint32               // microseconds from query to response, 0 where unknown
	Exporter      *array.Dictionary      // sensor that reported it
	Source        *array.Dictionary      // name of the source in the ledger
	Partition     []int32                // partition of a topic; 0 for a file
	Offset        []int64                // position of the record in its source
	Simulated     *array.Boolean         // the telemetry says that it is simulated
}

// DNSOf gives the typed view. It fails where rec does not begin with [DNSSchema].
func DNSOf(rec arrow.Record) (DNS, error) {
	first := 0
	if err := hasColumns(rec.Schema(), first, DNSSchema); err != nil {
		return DNS{}, fmt.Errorf("not a dns batch: %w", err)
	}
	return DNS{
		Len:           int(rec.NumRows()),
		Time:          rec.Column(first + DNSTime).(*array.Timestamp).TimestampValues(),
		Client:        rec.Column(first + DNSClient).(*array.Uint64).Uint64Values(),
		ClientCountry: rec.Column(first + DNSClientCountry).(*array.Dictionary),
		ClientASN:     rec.Column(first + DNSClientASN).(*array.Uint32).Uint32Values(),
		Name:          rec.Column(first + DNSName).(*array.String),
		Type:          rec.Column(first + DNSType).(*array.Uint16).Uint16Values(),
		Rcode:         rec.Column(first + DNSRcode).(*array.Uint16).Uint16Values(),
		Answers:       rec.Column(first + DNSAnswers).(*array.List),
		Resolver:      rec.Column(first + DNSResolver).(*array.FixedSizeBinary),
		LatencyUS:     rec.Column(first + DNSLatencyUS).(*array.Uint32).Uint32Values(),
		Exporter:      rec.Column(first + DNSExporter).(*array.Dictionary),
		Source:        rec.Column(first + DNSSource).(*array.Dictionary),
		Partition:     rec.Column(first + DNSPartition).(*array.Int32).Int32Values(),
		Offset:        rec.Column(first + DNSOffset).(*array.Int64).Int64Values(),
		Simulated:     rec.Column(first + DNSSimulated).(*array.Boolean),
	}, nil
}

// DNSBuilder builds a batch in [DNSSchema] column by column. The exported columns may be read and changed until
// Record is called; all must then have the same length. Only those that most formats do not know may be shorter: the
// rows that they lack are empty.
type DNSBuilder struct {
	Time          Column[int64]
	Client        Column[uint64]
	ClientCountry DictColumn
	ClientASN     Column[uint32]
	Name          TextColumn
	Type          Column[uint16]
	Rcode         Column[uint16]
	Answers       *array.ListBuilder
	Resolver      Column[[16]byte]
	LatencyUS     Column[uint32]
	Exporter      DictColumn
	Source        DictColumn
	Partition     Column[int32]
	Offset        Column[int64]
	Simulated     *array.BooleanBuilder

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
	b.Type = NewColumn[uint16](mem, n)
	b.Rcode = NewColumn[uint16](mem, n)
	b.Answers = array.NewListBuilder(mem, address)
	b.Resolver = NewColumn[[16]byte](mem, n)
	b.LatencyUS = NewColumn[uint32](mem, n)
	b.Exporter = NewDictColumn(mem, n)
	b.Source = NewDictColumn(mem, n)
	b.Partition = NewColumn[int32](mem, n)
	b.Offset = NewColumn[int64](mem, n)
	b.Simulated = array.NewBooleanBuilder(mem)
}

// Record hands the rows over as a batch and starts an empty one.
func (b *DNSBuilder) Record() arrow.Record {
	n := b.Len()
	rec := recordOf(DNSSchema, n, b.columns())
	b.room = n + n/8 // the next batch will have about as many
	b.reset()
	return rec
}

// columns hands every column over, in the order of the schema.
func (b *DNSBuilder) columns() []arrow.Array {
	return []arrow.Array{
		b.Time.Array(timestampMS),
		b.Client.Array(arrow.PrimitiveTypes.Uint64),
		b.ClientCountry.Array(),
		b.ClientASN.Array(arrow.PrimitiveTypes.Uint32),
		b.Name.Array(),
		b.Type.Array(arrow.PrimitiveTypes.Uint16),
		b.Rcode.Array(arrow.PrimitiveTypes.Uint16),
		released(b.Answers),
		b.Resolver.Array(address),
		b.LatencyUS.Array(arrow.PrimitiveTypes.Uint32),
		b.Exporter.Array(),
		b.Source.Array(),
		b.Partition.Array(arrow.PrimitiveTypes.Int32),
		b.Offset.Array(arrow.PrimitiveTypes.Int64),
		released(b.Simulated),
	}
}

// Len is the number of rows so far.
func (b *DNSBuilder) Len() int { return len(b.Time.V) }

// Release gives all memory back; the builder cannot be used afterwards.
func (b *DNSBuilder) Release() {
	for _, c := range b.columns() {
		c.Release()
	}
}

// Columns of a batch of verdict, from its first verdict column on.
const (
	VerdictServerASN = iota
	VerdictTool
	VerdictService
	VerdictCategory
	VerdictP
	VerdictLevel
	VerdictEvidence
	NumVerdictColumns
)

// VerdictSchema: Columns that classification appends to a flow batch, after whatever enrichment appended.
var VerdictSchema = arrow.NewSchema([]arrow.Field{
	{Name: "server_asn", Type: arrow.PrimitiveTypes.Uint32},             // network of the server, 0 where unknown
	{Name: "tool", Type: utf8Dict},                                      // protocol axis: openvpn, wireguard, …, "none" or a parent class (vpn, proxy)
	{Name: "service", Type: utf8Dict},                                   // service axis: mullvad, telegram, …, empty where unknown
	{Name: "category", Type: utf8Dict},                                  // vpn, proxy, anonymity, encrypted_dns, messenger, mesh, tunnel, none
	{Name: "p", Type: arrow.PrimitiveTypes.Float32},                     // probability of the tool, 0 to 1
	{Name: "level", Type: arrow.PrimitiveTypes.Uint8},                   // [Level]
	{Name: "evidence", Type: arrow.ListOf(arrow.PrimitiveTypes.Uint16)}, // indexes of the rules that fired, into the pack named by metadata key "pack"
}, nil)

// Verdicts is a typed view of a batch in [VerdictSchema]. The slices alias the
// record: they are valid while the record is retained.
type Verdicts struct {
	Len       int
	ServerASN []uint32          // network of the server, 0 where unknown
	Tool      *array.Dictionary // protocol axis: openvpn, wireguard, …, "none" or a parent class (vpn, proxy)
	Service   *array.Dictionary // service axis: mullvad, telegram, …, empty where unknown
	Category  *array.Dictionary // vpn, proxy, anonymity, encrypted_dns, messenger, mesh, tunnel, none
	P         []float32         // probability of the tool, 0 to 1
	Level     []uint8           // [Level]
	Evidence  *array.List       // indexes of the rules that fired, into the pack named by metadata key "pack"
}

// VerdictsOf gives the typed view. It fails where rec does not end with [VerdictSchema].
func VerdictsOf(rec arrow.Record) (Verdicts, error) {
	first := int(rec.NumCols()) - NumVerdictColumns
	if err := hasColumns(rec.Schema(), first, VerdictSchema); err != nil {
		return Verdicts{}, fmt.Errorf("not a verdict batch: %w", err)
	}
	return Verdicts{
		Len:       int(rec.NumRows()),
		ServerASN: rec.Column(first + VerdictServerASN).(*array.Uint32).Uint32Values(),
		Tool:      rec.Column(first + VerdictTool).(*array.Dictionary),
		Service:   rec.Column(first + VerdictService).(*array.Dictionary),
		Category:  rec.Column(first + VerdictCategory).(*array.Dictionary),
		P:         rec.Column(first + VerdictP).(*array.Float32).Float32Values(),
		Level:     rec.Column(first + VerdictLevel).(*array.Uint8).Uint8Values(),
		Evidence:  rec.Column(first + VerdictEvidence).(*array.List),
	}, nil
}

// Columns of a batch of count_input.
const (
	CountInputCountry = iota
	CountInputHour
	CountInputSimulated
	CountInputASN
	CountInputClient
	CountInputVerdict
	CountInputFlows
	CountInputExpected
	CountInputUnanswered
	CountInputBytes
	CountInputRecords
	CountInputClients
	CountInputSpan
	NumCountInputColumns
)

// CountInputSchema: What counts are made from: rows of usage with their time and bytes as plain numbers, in the order of country, UTC day, simulated, client; or rows of clients alike, in the order of country, UTC day, simulated, span, hour, client.
var CountInputSchema = arrow.NewSchema([]arrow.Field{
	{Name: "country", Type: arrow.BinaryTypes.String},       // country of the client
	{Name: "hour", Type: arrow.PrimitiveTypes.Uint32},       // seconds since 1970 of the UTC hour
	{Name: "simulated", Type: arrow.PrimitiveTypes.Uint8},   // 1 where the telemetry says that it is simulated
	{Name: "asn", Type: arrow.PrimitiveTypes.Uint32},        // AS number of the client
	{Name: "client", Type: arrow.PrimitiveTypes.Uint64},     // pseudonym
	{Name: "verdict", Type: arrow.PrimitiveTypes.Uint64},    // number of its names in table verdicts
	{Name: "flows", Type: arrow.PrimitiveTypes.Uint64},      // flows, multiplied by their sampling rates
	{Name: "expected", Type: arrow.PrimitiveTypes.Float64},  // sum of p over these flows
	{Name: "unanswered", Type: arrow.PrimitiveTypes.Uint64}, // flows to which no byte came back
	{Name: "bytes", Type: arrow.PrimitiveTypes.Uint64},      // of both directions
	{Name: "records", Type: arrow.PrimitiveTypes.Uint64},    // telemetry records
	{Name: "clients", Type: arrow.PrimitiveTypes.Uint64},    // how many clients alike the row is of, all with the same networks and verdicts in its span, answered or not; client is one of them
	{Name: "span", Type: arrow.PrimitiveTypes.Uint8},        // what the row counts in: 0 its hour and its day, 1 its hour alone, 2 its day alone
}, nil)

// CountInput is a typed view of a batch in [CountInputSchema] (further columns may follow). The slices alias the
// record: they are valid while the record is retained.
type CountInput struct {
	Len        int
	Country    *array.String // country of the client
	Hour       []uint32      // seconds since 1970 of the UTC hour
	Simulated  []uint8       // 1 where the telemetry says that it is simulated
	ASN        []uint32      // AS number of the client
	Client     []uint64      // pseudonym
	Verdict    []uint64      // number of its names in table verdicts
	Flows      []uint64      // flows, multiplied by their sampling rates
	Expected   []float64     // sum of p over these flows
	Unanswered []uint64      // flows to which no byte came back
	Bytes      []uint64      // of both directions
	Records    []uint64      // telemetry records
	Clients    []uint64      // how many clients alike the row is of, all with the same networks and verdicts in its span, answered or not; client is one of them
	Span       []uint8       // what the row counts in: 0 its hour and its day, 1 its hour alone, 2 its day alone
}

// CountInputOf gives the typed view. It fails where rec does not begin with [CountInputSchema].
func CountInputOf(rec arrow.Record) (CountInput, error) {
	first := 0
	if err := hasColumns(rec.Schema(), first, CountInputSchema); err != nil {
		return CountInput{}, fmt.Errorf("not a count_input batch: %w", err)
	}
	return CountInput{
		Len:        int(rec.NumRows()),
		Country:    rec.Column(first + CountInputCountry).(*array.String),
		Hour:       rec.Column(first + CountInputHour).(*array.Uint32).Uint32Values(),
		Simulated:  rec.Column(first + CountInputSimulated).(*array.Uint8).Uint8Values(),
		ASN:        rec.Column(first + CountInputASN).(*array.Uint32).Uint32Values(),
		Client:     rec.Column(first + CountInputClient).(*array.Uint64).Uint64Values(),
		Verdict:    rec.Column(first + CountInputVerdict).(*array.Uint64).Uint64Values(),
		Flows:      rec.Column(first + CountInputFlows).(*array.Uint64).Uint64Values(),
		Expected:   rec.Column(first + CountInputExpected).(*array.Float64).Float64Values(),
		Unanswered: rec.Column(first + CountInputUnanswered).(*array.Uint64).Uint64Values(),
		Bytes:      rec.Column(first + CountInputBytes).(*array.Uint64).Uint64Values(),
		Records:    rec.Column(first + CountInputRecords).(*array.Uint64).Uint64Values(),
		Clients:    rec.Column(first + CountInputClients).(*array.Uint64).Uint64Values(),
		Span:       rec.Column(first + CountInputSpan).(*array.Uint8).Uint8Values(),
	}, nil
}

// Names of the store's tables that batches are stored in.
const (
	TableFlows        = "flows"
	TableDNSUsage     = "dns_usage"
	TableResolutions  = "resolutions"
	TableEndpoints    = "endpoints"
	TableCoverage     = "coverage"
	TableRejects      = "rejects"
	TableVerdicts     = "verdicts"
	TableUsage        = "usage"
	TableCountedDays  = "counted_days"
	TableCountedHours = "counted_hours"
)

// TableSchemas gives the Arrow schema of each table that the ranges of a source are stored in.
func TableSchemas() map[string]*arrow.Schema {
	return map[string]*arrow.Schema{
		TableFlows:       StoredFlowSchema,
		TableDNSUsage:    DNSUsageSchema,
		TableResolutions: ResolutionsSchema,
		TableEndpoints:   EndpointsSchema,
		TableCoverage:    CoverageSchema,
		TableRejects:     RejectsSchema,
		TableVerdicts:    VerdictsSchema,
		TableUsage:       UsageSchema,
	}
}

// StoredFlowSchema: Flows whose verdict is at least *possible*, one row each, with the evidence. Kept `retention.flows_days` after their ingestion.
var StoredFlowSchema = arrow.NewSchema([]arrow.Field{
	{Name: "start", Type: timestampMS},                               // first packet
	{Name: "end", Type: timestampMS},                                 // last packet
	{Name: "client", Type: arrow.PrimitiveTypes.Uint64},              // pseudonym, keyed by the UTC day of start
	{Name: "country", Type: utf8Dict},                                // country of the client
	{Name: "asn", Type: arrow.PrimitiveTypes.Uint32},                 // AS number of the client, 0 where unknown
	{Name: "server_net", Type: address},                              // server cut to /24 or /48
	{Name: "server_asn", Type: arrow.PrimitiveTypes.Uint32},          // AS number of the server, 0 where unknown
	{Name: "server_port", Type: arrow.PrimitiveTypes.Uint16},         // port of the server
	{Name: "protocol", Type: arrow.PrimitiveTypes.Uint8},             // IP protocol number
	{Name: "bytes_up", Type: arrow.PrimitiveTypes.Uint64},            // bytes from the client
	{Name: "bytes_down", Type: arrow.PrimitiveTypes.Uint64},          // bytes to the client
	{Name: "packets_up", Type: arrow.PrimitiveTypes.Uint64},          // packets from the client
	{Name: "packets_down", Type: arrow.PrimitiveTypes.Uint64},        // packets to the client
	{Name: "flow_count", Type: arrow.PrimitiveTypes.Uint64},          // flows this row stands for
	{Name: "tool", Type: utf8Dict},                                   // what the flow is (protocol axis); `none` where nothing was recognised
	{Name: "service", Type: utf8Dict},                                // whose it is (service axis), empty where unknown
	{Name: "category", Type: utf8Dict},                               // kind of tool or service: vpn, proxy, anonymity, mesh, tunnel, encrypted_dns, messenger, none
	{Name: "level", Type: utf8Dict},                                  // confirmed, likely, possible or unclassified
	{Name: "p", Type: arrow.PrimitiveTypes.Float32},                  // posterior probability of the verdict
	{Name: "expected", Type: arrow.PrimitiveTypes.Float64},           // p times flow_count
	{Name: "evidence", Type: arrow.ListOf(arrow.BinaryTypes.String)}, // rules that fired, as `rule:+decibans`
	{Name: "sensor_label", Type: utf8Dict},                           // what the sensor called it
	{Name: "exporter", Type: utf8Dict},                               // sensor that reported it
	{Name: "records", Type: arrow.PrimitiveTypes.Uint64},             // telemetry records in this row
	{Name: "simulated", Type: arrow.PrimitiveTypes.Uint8},            // 1 where the telemetry says that it is simulated
	{Name: "pack", Type: utf8Dict},                                   // rule pack: name@version+hash
	{Name: "lists", Type: utf8Dict},                                  // lists: name@date+hash, by commas
}, nil)

// StoredFlowColumns are the columns of a batch in [StoredFlowSchema].
type StoredFlowColumns struct {
	Start       arrow.Array
	End         arrow.Array
	Client      arrow.Array
	Country     arrow.Array
	ASN         arrow.Array
	ServerNet   arrow.Array
	ServerASN   arrow.Array
	ServerPort  arrow.Array
	Protocol    arrow.Array
	BytesUp     arrow.Array
	BytesDown   arrow.Array
	PacketsUp   arrow.Array
	PacketsDown arrow.Array
	FlowCount   arrow.Array
	Tool        arrow.Array
	Service     arrow.Array
	Category    arrow.Array
	Level       arrow.Array
	P           arrow.Array
	Expected    arrow.Array
	Evidence    arrow.Array
	SensorLabel arrow.Array
	Exporter    arrow.Array
	Records     arrow.Array
	Simulated   arrow.Array
	Pack        arrow.Array
	Lists       arrow.Array
}

// Record takes the columns over, each of as many rows.
func (c StoredFlowColumns) Record(rows int) arrow.Record {
	return recordOf(StoredFlowSchema, rows, []arrow.Array{
		c.Start,
		c.End,
		c.Client,
		c.Country,
		c.ASN,
		c.ServerNet,
		c.ServerASN,
		c.ServerPort,
		c.Protocol,
		c.BytesUp,
		c.BytesDown,
		c.PacketsUp,
		c.PacketsDown,
		c.FlowCount,
		c.Tool,
		c.Service,
		c.Category,
		c.Level,
		c.P,
		c.Expected,
		c.Evidence,
		c.SensorLabel,
		c.Exporter,
		c.Records,
		c.Simulated,
		c.Pack,
		c.Lists,
	})
}

// DNSUsageSchema: Names that clients asked for, by hour. A question shows interest in a service, not its use. Kept `retention.dns_days` after the day on which it was stored.
var DNSUsageSchema = arrow.NewSchema([]arrow.Field{
	{Name: "hour", Type: timestampS},                         // hour of the question
	{Name: "country", Type: utf8Dict},                        // country of the client
	{Name: "asn", Type: arrow.PrimitiveTypes.Uint32},         // AS number of the client, 0 where unknown
	{Name: "client", Type: arrow.PrimitiveTypes.Uint64},      // pseudonym, keyed by the UTC day
	{Name: "name", Type: arrow.BinaryTypes.String},           // registered domain
	{Name: "service", Type: utf8Dict},                        // whose it is (service axis), empty where unknown
	{Name: "category", Type: utf8Dict},                       // kind of tool or service: vpn, proxy, anonymity, mesh, tunnel, encrypted_dns, messenger, none
	{Name: "simulated", Type: arrow.PrimitiveTypes.Uint8},    // 1 where the telemetry says that it is simulated
	{Name: "pack", Type: utf8Dict},                           // rule pack: name@version+hash
	{Name: "queries", Type: arrow.PrimitiveTypes.Uint64},     // questions
	{Name: "answered", Type: arrow.PrimitiveTypes.Uint64},    // questions answered with addresses
	{Name: "failed", Type: arrow.PrimitiveTypes.Uint64},      // questions answered with an error
	{Name: "no_response", Type: arrow.PrimitiveTypes.Uint64}, // questions without an answer
	{Name: "records", Type: arrow.PrimitiveTypes.Uint64},     // telemetry records in the row, not multiplied
}, nil)

// DNSUsageColumns are the columns of a batch in [DNSUsageSchema].
type DNSUsageColumns struct {
	Hour       arrow.Array
	Country    arrow.Array
	ASN        arrow.Array
	Client     arrow.Array
	Name       arrow.Array
	Service    arrow.Array
	Category   arrow.Array
	Simulated  arrow.Array
	Pack       arrow.Array
	Queries    arrow.Array
	Answered   arrow.Array
	Failed     arrow.Array
	NoResponse arrow.Array
	Records    arrow.Array
}

// Record takes the columns over, each of as many rows.
func (c DNSUsageColumns) Record(rows int) arrow.Record {
	return recordOf(DNSUsageSchema, rows, []arrow.Array{
		c.Hour,
		c.Country,
		c.ASN,
		c.Client,
		c.Name,
		c.Service,
		c.Category,
		c.Simulated,
		c.Pack,
		c.Queries,
		c.Answered,
		c.Failed,
		c.NoResponse,
		c.Records,
	})
}

// ResolutionsSchema: To which prefixes a registered domain resolved, by day and country of the asking clients.
var ResolutionsSchema = arrow.NewSchema([]arrow.Field{
	{Name: "day", Type: date},                             // UTC day
	{Name: "country", Type: utf8Dict},                     // country of the client
	{Name: "name", Type: arrow.BinaryTypes.String},        // registered domain, or `other`
	{Name: "prefix", Type: address},                       // prefix, /24 or /48
	{Name: "simulated", Type: arrow.PrimitiveTypes.Uint8}, // 1 where the telemetry says that it is simulated
	{Name: "answers", Type: arrow.PrimitiveTypes.Uint64},  // answers with an address in the prefix
}, nil)

// ResolutionsColumns are the columns of a batch in [ResolutionsSchema].
type ResolutionsColumns struct {
	Day       arrow.Array
	Country   arrow.Array
	Name      arrow.Array
	Prefix    arrow.Array
	Simulated arrow.Array
	Answers   arrow.Array
}

// Record takes the columns over, each of as many rows.
func (c ResolutionsColumns) Record(rows int) arrow.Record {
	return recordOf(ResolutionsSchema, rows, []arrow.Array{
		c.Day,
		c.Country,
		c.Name,
		c.Prefix,
		c.Simulated,
		c.Answers,
	})
}

// EndpointsSchema: Prefixes and networks at which a known service was reached, by day.
var EndpointsSchema = arrow.NewSchema([]arrow.Field{
	{Name: "day", Type: date},                               // UTC day
	{Name: "country", Type: utf8Dict},                       // country of the client
	{Name: "service", Type: utf8Dict},                       // whose it is (service axis), empty where unknown
	{Name: "prefix", Type: address},                         // prefix, /24 or /48
	{Name: "asn", Type: arrow.PrimitiveTypes.Uint32},        // AS number of the prefix
	{Name: "simulated", Type: arrow.PrimitiveTypes.Uint8},   // 1 where the telemetry says that it is simulated
	{Name: "flows", Type: arrow.PrimitiveTypes.Uint64},      // flows, multiplied by their sampling rates
	{Name: "unanswered", Type: arrow.PrimitiveTypes.Uint64}, // flows to which no byte came back
}, nil)

// EndpointsColumns are the columns of a batch in [EndpointsSchema].
type EndpointsColumns struct {
	Day        arrow.Array
	Country    arrow.Array
	Service    arrow.Array
	Prefix     arrow.Array
	ASN        arrow.Array
	Simulated  arrow.Array
	Flows      arrow.Array
	Unanswered arrow.Array
}

// Record takes the columns over, each of as many rows.
func (c EndpointsColumns) Record(rows int) arrow.Record {
	return recordOf(EndpointsSchema, rows, []arrow.Array{
		c.Day,
		c.Country,
		c.Service,
		c.Prefix,
		c.ASN,
		c.Simulated,
		c.Flows,
		c.Unanswered,
	})
}

// CoverageSchema: What each sensor reported, by hour: an hour without a row is an hour without telemetry.
var CoverageSchema = arrow.NewSchema([]arrow.Field{
	{Name: "hour", Type: timestampS},                          // hour of the records
	{Name: "country", Type: utf8Dict},                         // country of the client
	{Name: "exporter", Type: utf8Dict},                        // sensor that reported it
	{Name: "simulated", Type: arrow.PrimitiveTypes.Uint8},     // 1 where the telemetry says that it is simulated
	{Name: "flow_records", Type: arrow.PrimitiveTypes.Uint64}, // flow records received
	{Name: "dns_records", Type: arrow.PrimitiveTypes.Uint64},  // DNS records received
}, nil)

// CoverageColumns are the columns of a batch in [CoverageSchema].
type CoverageColumns struct {
	Hour        arrow.Array
	Country     arrow.Array
	Exporter    arrow.Array
	Simulated   arrow.Array
	FlowRecords arrow.Array
	DNSRecords  arrow.Array
}

// Record takes the columns over, each of as many rows.
func (c CoverageColumns) Record(rows int) arrow.Record {
	return recordOf(CoverageSchema, rows, []arrow.Array{
		c.Hour,
		c.Country,
		c.Exporter,
		c.Simulated,
		c.FlowRecords,
		c.DNSRecords,
	})
}

// RejectsSchema: Records that could not be used, and why. The excerpt keeps the shape only: letters are `a`, digits `0`.
var RejectsSchema = arrow.NewSchema([]arrow.Field{
	{Name: "source", Type: utf8Dict},                      // name of the source in the ledger
	{Name: "partition", Type: arrow.PrimitiveTypes.Int32}, // partition of a topic; 0 for a file, -1 for the note that a file was read to its end
	{Name: "offset", Type: arrow.PrimitiveTypes.Int64},    // Kafka offset, or byte in the decompressed file
	{Name: "reason", Type: utf8Dict},                      // why it was rejected
	{Name: "excerpt", Type: arrow.BinaryTypes.String},     // redacted
}, nil)

// RejectsColumns are the columns of a batch in [RejectsSchema].
type RejectsColumns struct {
	Source    arrow.Array
	Partition arrow.Array
	Offset    arrow.Array
	Reason    arrow.Array
	Excerpt   arrow.Array
}

// Record takes the columns over, each of as many rows.
func (c RejectsColumns) Record(rows int) arrow.Record {
	return recordOf(RejectsSchema, rows, []arrow.Array{
		c.Source,
		c.Partition,
		c.Offset,
		c.Reason,
		c.Excerpt,
	})
}

// VerdictsSchema: The names that a verdict's number in `usage` stands for.
var VerdictsSchema = arrow.NewSchema([]arrow.Field{
	{Name: "number", Type: arrow.PrimitiveTypes.Uint64}, // XXH64 of the six names, a zero byte between two
	{Name: "tool", Type: utf8Dict},                      // what the flow is (protocol axis); `none` where nothing was recognised
	{Name: "service", Type: utf8Dict},                   // whose it is (service axis), empty where unknown
	{Name: "category", Type: utf8Dict},                  // kind of tool or service: vpn, proxy, anonymity, mesh, tunnel, encrypted_dns, messenger, none
	{Name: "level", Type: utf8Dict},                     // confirmed, likely, possible or unclassified
	{Name: "pack", Type: utf8Dict},                      // rule pack: name@version+hash
	{Name: "lists", Type: utf8Dict},                     // lists: name@date+hash, by commas
}, nil)

// VerdictsColumns are the columns of a batch in [VerdictsSchema].
type VerdictsColumns struct {
	Number   arrow.Array
	Tool     arrow.Array
	Service  arrow.Array
	Category arrow.Array
	Level    arrow.Array
	Pack     arrow.Array
	Lists    arrow.Array
}

// Record takes the columns over, each of as many rows.
func (c VerdictsColumns) Record(rows int) arrow.Record {
	return recordOf(VerdictsSchema, rows, []arrow.Array{
		c.Number,
		c.Tool,
		c.Service,
		c.Category,
		c.Level,
		c.Pack,
		c.Lists,
	})
}

// UsageSchema: What every client did in every hour, by the number of its verdict. Also what is no circumvention: the denominator. Flows of table `flows` are in it too. Counts are made from it; what is shown is read from them. Kept `retention.usage_days` after the day on which it was stored.
var UsageSchema = arrow.NewSchema([]arrow.Field{
	{Name: "hour", Type: timestampS},                        // hour in which the flow began
	{Name: "country", Type: utf8Dict},                       // country of the client
	{Name: "asn", Type: arrow.PrimitiveTypes.Uint32},        // AS number of the client, 0 where unknown
	{Name: "client", Type: arrow.PrimitiveTypes.Uint64},     // pseudonym, keyed by the UTC day of hour
	{Name: "verdict", Type: arrow.PrimitiveTypes.Uint64},    // number of its names in table verdicts
	{Name: "simulated", Type: arrow.PrimitiveTypes.Uint8},   // 1 where the telemetry says that it is simulated
	{Name: "flows", Type: arrow.PrimitiveTypes.Uint64},      // flows, multiplied by their sampling rates
	{Name: "expected", Type: arrow.PrimitiveTypes.Float64},  // sum of p: the expected number of flows of the tool
	{Name: "unanswered", Type: arrow.PrimitiveTypes.Uint64}, // flows to which no byte came back
	{Name: "bytes_up", Type: arrow.PrimitiveTypes.Uint64},   // bytes from the client
	{Name: "bytes_down", Type: arrow.PrimitiveTypes.Uint64}, // bytes to the client
	{Name: "records", Type: arrow.PrimitiveTypes.Uint64},    // telemetry records in the row, not multiplied
}, nil)

// UsageColumns are the columns of a batch in [UsageSchema].
type UsageColumns struct {
	Hour       arrow.Array
	Country    arrow.Array
	ASN        arrow.Array
	Client     arrow.Array
	Verdict    arrow.Array
	Simulated  arrow.Array
	Flows      arrow.Array
	Expected   arrow.Array
	Unanswered arrow.Array
	BytesUp    arrow.Array
	BytesDown  arrow.Array
	Records    arrow.Array
}

// Record takes the columns over, each of as many rows.
func (c UsageColumns) Record(rows int) arrow.Record {
	return recordOf(UsageSchema, rows, []arrow.Array{
		c.Hour,
		c.Country,
		c.ASN,
		c.Client,
		c.Verdict,
		c.Simulated,
		c.Flows,
		c.Expected,
		c.Unanswered,
		c.BytesUp,
		c.BytesDown,
		c.Records,
	})
}

// CountedDaysSchema: Finished counts of countries' days, as they were made; `counts_day` is what to read. Groupings: `all`; `network`; `tool` (with its `category`), `category`, both by level; `service`; the pairs `tool_service`, `category_service`, `network_tool`, `network_category`, `network_service`. Clients of several levels of a group add up, clients of several groups do not: `categories`, `tool_categories` and `network_categories` hold the clients that used two or more `categories` at a level or above it, which whoever adds categories up takes off again.
var CountedDaysSchema = arrow.NewSchema([]arrow.Field{
	{Name: "grouping", Type: utf8Dict},                                 // which of the names below are a key of this row; the others are empty
	{Name: "level", Type: utf8Dict},                                    // level of the verdicts; unclassified where the grouping does not tell levels apart
	{Name: "country", Type: utf8Dict},                                  // country of the client
	{Name: "day", Type: date},                                          // UTC day
	{Name: "simulated", Type: arrow.PrimitiveTypes.Uint8},              // 1 where the telemetry says that it is simulated
	{Name: "asn", Type: arrow.PrimitiveTypes.Uint32},                   // AS number of the client, 0 where unknown
	{Name: "tool", Type: utf8Dict},                                     // what the flow is (protocol axis); `none` where nothing was recognised
	{Name: "service", Type: utf8Dict},                                  // whose it is (service axis), empty where unknown
	{Name: "category", Type: utf8Dict},                                 // kind of tool or service: vpn, proxy, anonymity, mesh, tunnel, encrypted_dns, messenger, none
	{Name: "categories", Type: arrow.ListOf(arrow.BinaryTypes.String)}, // two or more categories that the same clients used, where the grouping is by sets of them
	{Name: "clients", Type: arrow.PrimitiveTypes.Uint64},               // distinct clients, each at the highest level of its verdicts
	{Name: "reached", Type: arrow.PrimitiveTypes.Uint64},               // of these, those that got an answer
	{Name: "flows", Type: arrow.PrimitiveTypes.Uint64},                 // flows, multiplied by their sampling rates
	{Name: "expected", Type: arrow.PrimitiveTypes.Float64},             // sum of p: the expected number of flows of the tool
	{Name: "unanswered", Type: arrow.PrimitiveTypes.Uint64},            // flows to which no byte came back
	{Name: "bytes", Type: arrow.PrimitiveTypes.Uint64},                 // of both directions
	{Name: "all_clients", Type: arrow.PrimitiveTypes.Uint64},           // distinct clients of the country, or of the network where the grouping is a pair with it
	{Name: "all_flows", Type: arrow.PrimitiveTypes.Uint64},             // their flows
	{Name: "records", Type: arrow.PrimitiveTypes.Uint64},               // telemetry records in the row, not multiplied
	{Name: "packs", Type: arrow.ListOf(arrow.BinaryTypes.String)},      // rule packs that made the verdicts of the day
	{Name: "lists", Type: arrow.ListOf(arrow.BinaryTypes.String)},      // lists that they were made with
	{Name: "version", Type: arrow.PrimitiveTypes.Uint64},               // touches that were seen, times 1048576, and a random number
	{Name: "as_of", Type: timestampMS},                                 // when it was counted
}, nil)

// CountedDaysColumns are the columns of a batch in [CountedDaysSchema].
type CountedDaysColumns struct {
	Grouping   arrow.Array
	Level      arrow.Array
	Country    arrow.Array
	Day        arrow.Array
	Simulated  arrow.Array
	ASN        arrow.Array
	Tool       arrow.Array
	Service    arrow.Array
	Category   arrow.Array
	Categories arrow.Array
	Clients    arrow.Array
	Reached    arrow.Array
	Flows      arrow.Array
	Expected   arrow.Array
	Unanswered arrow.Array
	Bytes      arrow.Array
	AllClients arrow.Array
	AllFlows   arrow.Array
	Records    arrow.Array
	Packs      arrow.Array
	Lists      arrow.Array
	Version    arrow.Array
	AsOf       arrow.Array
}

// Record takes the columns over, each of as many rows.
func (c CountedDaysColumns) Record(rows int) arrow.Record {
	return recordOf(CountedDaysSchema, rows, []arrow.Array{
		c.Grouping,
		c.Level,
		c.Country,
		c.Day,
		c.Simulated,
		c.ASN,
		c.Tool,
		c.Service,
		c.Category,
		c.Categories,
		c.Clients,
		c.Reached,
		c.Flows,
		c.Expected,
		c.Unanswered,
		c.Bytes,
		c.AllClients,
		c.AllFlows,
		c.Records,
		c.Packs,
		c.Lists,
		c.Version,
		c.AsOf,
	})
}

// CountedHoursSchema: The same of hours, for the groupings `all`, `network`, `tool`, `category` and `categories`; `counts_hour` is what to read.
var CountedHoursSchema = arrow.NewSchema([]arrow.Field{
	{Name: "grouping", Type: utf8Dict},                                 // which of the names below are a key of this row; the others are empty
	{Name: "level", Type: utf8Dict},                                    // level of the verdicts; unclassified where the grouping does not tell levels apart
	{Name: "country", Type: utf8Dict},                                  // country of the client
	{Name: "hour", Type: timestampS},                                   // hour in which the flow began
	{Name: "simulated", Type: arrow.PrimitiveTypes.Uint8},              // 1 where the telemetry says that it is simulated
	{Name: "asn", Type: arrow.PrimitiveTypes.Uint32},                   // AS number of the client, 0 where unknown
	{Name: "tool", Type: utf8Dict},                                     // what the flow is (protocol axis); `none` where nothing was recognised
	{Name: "service", Type: utf8Dict},                                  // whose it is (service axis), empty where unknown
	{Name: "category", Type: utf8Dict},                                 // kind of tool or service: vpn, proxy, anonymity, mesh, tunnel, encrypted_dns, messenger, none
	{Name: "categories", Type: arrow.ListOf(arrow.BinaryTypes.String)}, // two or more categories that the same clients used, where the grouping is by sets of them
	{Name: "clients", Type: arrow.PrimitiveTypes.Uint64},               // distinct clients, each at the highest level of its verdicts
	{Name: "reached", Type: arrow.PrimitiveTypes.Uint64},               // of these, those that got an answer
	{Name: "flows", Type: arrow.PrimitiveTypes.Uint64},                 // flows, multiplied by their sampling rates
	{Name: "expected", Type: arrow.PrimitiveTypes.Float64},             // sum of p: the expected number of flows of the tool
	{Name: "unanswered", Type: arrow.PrimitiveTypes.Uint64},            // flows to which no byte came back
	{Name: "bytes", Type: arrow.PrimitiveTypes.Uint64},                 // of both directions
	{Name: "all_clients", Type: arrow.PrimitiveTypes.Uint64},           // distinct clients of the country
	{Name: "all_flows", Type: arrow.PrimitiveTypes.Uint64},             // their flows
	{Name: "records", Type: arrow.PrimitiveTypes.Uint64},               // telemetry records in the row, not multiplied
	{Name: "packs", Type: arrow.ListOf(arrow.BinaryTypes.String)},      // rule packs that made the verdicts of the day
	{Name: "lists", Type: arrow.ListOf(arrow.BinaryTypes.String)},      // lists that they were made with
	{Name: "version", Type: arrow.PrimitiveTypes.Uint64},               // touches that were seen, times 1048576, and a random number
	{Name: "as_of", Type: timestampMS},                                 // when it was counted
}, nil)

// CountedHoursColumns are the columns of a batch in [CountedHoursSchema].
type CountedHoursColumns struct {
	Grouping   arrow.Array
	Level      arrow.Array
	Country    arrow.Array
	Hour       arrow.Array
	Simulated  arrow.Array
	ASN        arrow.Array
	Tool       arrow.Array
	Service    arrow.Array
	Category   arrow.Array
	Categories arrow.Array
	Clients    arrow.Array
	Reached    arrow.Array
	Flows      arrow.Array
	Expected   arrow.Array
	Unanswered arrow.Array
	Bytes      arrow.Array
	AllClients arrow.Array
	AllFlows   arrow.Array
	Records    arrow.Array
	Packs      arrow.Array
	Lists      arrow.Array
	Version    arrow.Array
	AsOf       arrow.Array
}

// Record takes the columns over, each of as many rows.
func (c CountedHoursColumns) Record(rows int) arrow.Record {
	return recordOf(CountedHoursSchema, rows, []arrow.Array{
		c.Grouping,
		c.Level,
		c.Country,
		c.Hour,
		c.Simulated,
		c.ASN,
		c.Tool,
		c.Service,
		c.Category,
		c.Categories,
		c.Clients,
		c.Reached,
		c.Flows,
		c.Expected,
		c.Unanswered,
		c.Bytes,
		c.AllClients,
		c.AllFlows,
		c.Records,
		c.Packs,
		c.Lists,
		c.Version,
		c.AsOf,
	})
}

package schemas

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// Column positions of the canonical DNS schema.
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

// NoRcode marks a query whose response was not seen.
const NoRcode = 65535

// DNSSchema is the canonical DNS batch: one row a query (with its response where
// seen), the client a pseudonym, the name already cut to its registered domain.
//
//	name       registered domain, lower case, or "other" where the gate hides it
//	rcode      response code, NoRcode where no response was seen
//	answers    A and AAAA answers, 16 bytes each, IPv4 as IPv4-mapped IPv6
//	latency_us microseconds from query to response, 0 where unknown
var DNSSchema = arrow.NewSchema([]arrow.Field{
	DNSTime:          {Name: "time", Type: timestampMS},
	DNSClient:        {Name: "client", Type: arrow.PrimitiveTypes.Uint64},
	DNSClientCountry: {Name: "client_country", Type: utf8Dict},
	DNSClientASN:     {Name: "client_asn", Type: arrow.PrimitiveTypes.Uint32},
	DNSName:          {Name: "name", Type: arrow.BinaryTypes.String},
	DNSType:          {Name: "type", Type: arrow.PrimitiveTypes.Uint16},
	DNSRcode:         {Name: "rcode", Type: arrow.PrimitiveTypes.Uint16},
	DNSAnswers:       {Name: "answers", Type: arrow.ListOf(address)},
	DNSResolver:      {Name: "resolver", Type: address},
	DNSLatencyUS:     {Name: "latency_us", Type: arrow.PrimitiveTypes.Uint32},
	DNSExporter:      {Name: "exporter", Type: utf8Dict},
	DNSSource:        {Name: "source", Type: utf8Dict},
	DNSPartition:     {Name: "partition", Type: arrow.PrimitiveTypes.Int32},
	DNSOffset:        {Name: "offset", Type: arrow.PrimitiveTypes.Int64},
	DNSSimulated:     {Name: "simulated", Type: arrow.FixedWidthTypes.Boolean},
}, nil)

// DNS is a typed view of a batch in [DNSSchema]; the slices alias the record.
type DNS struct {
	Len           int
	Time          []arrow.Timestamp
	Client        []uint64
	ClientCountry *array.Dictionary
	ClientASN     []uint32
	Name          *array.String
	Type          []uint16
	Rcode         []uint16
	Answers       *array.List
	Resolver      *array.FixedSizeBinary
	LatencyUS     []uint32
	Exporter      *array.Dictionary
	Source        *array.Dictionary
	Partition     []int32
	Offset        []int64
	Simulated     *array.Boolean
}

// DNSOf gives the typed view. It fails where rec does not begin with [DNSSchema].
func DNSOf(rec arrow.Record) (DNS, error) {
	if err := startsWith(rec.Schema(), DNSSchema); err != nil {
		return DNS{}, fmt.Errorf("not a dns batch: %w", err)
	}
	return DNS{
		Len:           int(rec.NumRows()),
		Time:          rec.Column(DNSTime).(*array.Timestamp).TimestampValues(),
		Client:        rec.Column(DNSClient).(*array.Uint64).Uint64Values(),
		ClientCountry: rec.Column(DNSClientCountry).(*array.Dictionary),
		ClientASN:     rec.Column(DNSClientASN).(*array.Uint32).Uint32Values(),
		Name:          rec.Column(DNSName).(*array.String),
		Type:          rec.Column(DNSType).(*array.Uint16).Uint16Values(),
		Rcode:         rec.Column(DNSRcode).(*array.Uint16).Uint16Values(),
		Answers:       rec.Column(DNSAnswers).(*array.List),
		Resolver:      rec.Column(DNSResolver).(*array.FixedSizeBinary),
		LatencyUS:     rec.Column(DNSLatencyUS).(*array.Uint32).Uint32Values(),
		Exporter:      rec.Column(DNSExporter).(*array.Dictionary),
		Source:        rec.Column(DNSSource).(*array.Dictionary),
		Partition:     rec.Column(DNSPartition).(*array.Int32).Int32Values(),
		Offset:        rec.Column(DNSOffset).(*array.Int64).Int64Values(),
		Simulated:     rec.Column(DNSSimulated).(*array.Boolean),
	}, nil
}

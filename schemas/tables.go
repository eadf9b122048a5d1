package schemas

import "github.com/apache/arrow/go/v15/arrow"

// Names of the store's tables that the pipeline writes.
const (
	TableFlows       = "flows"
	TableUsage       = "usage"
	TableVerdicts    = "verdicts"
	TableDNSUsage    = "dns_usage"
	TableResolutions = "resolutions"
	TableEndpoints   = "endpoints"
	TableCoverage    = "coverage"
	TableRejects     = "rejects"
)

var (
	hour = arrow.FixedWidthTypes.Timestamp_s
	day  = arrow.FixedWidthTypes.Date32
)

// StoredFlowSchema is what is kept of a flow whose verdict is at least possible.
//
//	server_net    the server cut to /24 or /48, 16 bytes (IPv4-mapped IPv6)
//	flow_count    flows this row stands for: its sampling rate
//	evidence      "rule:+db" in the order of the pack, as classify writes it
//	expected      p times flow_count: the expected number of flows of the tool
var StoredFlowSchema = arrow.NewSchema([]arrow.Field{
	{Name: "start", Type: timestampMS},
	{Name: "end", Type: timestampMS},
	{Name: "client", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "country", Type: utf8Dict},
	{Name: "asn", Type: arrow.PrimitiveTypes.Uint32},
	{Name: "server_net", Type: address},
	{Name: "server_asn", Type: arrow.PrimitiveTypes.Uint32},
	{Name: "server_port", Type: arrow.PrimitiveTypes.Uint16},
	{Name: "protocol", Type: arrow.PrimitiveTypes.Uint8},
	{Name: "bytes_up", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "bytes_down", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "packets_up", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "packets_down", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "flow_count", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "tool", Type: utf8Dict},
	{Name: "service", Type: utf8Dict},
	{Name: "category", Type: utf8Dict},
	{Name: "level", Type: utf8Dict},
	{Name: "p", Type: arrow.PrimitiveTypes.Float32},
	{Name: "expected", Type: arrow.PrimitiveTypes.Float64},
	{Name: "evidence", Type: arrow.ListOf(arrow.BinaryTypes.String)},
	{Name: "sensor_label", Type: utf8Dict},
	{Name: "exporter", Type: utf8Dict},
	{Name: "records", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "simulated", Type: arrow.PrimitiveTypes.Uint8},
	{Name: "pack", Type: utf8Dict},
	{Name: "lists", Type: utf8Dict},
}, nil)

// UsageSchema is one client-hour by what it used; sums over it are exact. Finished counts are
// made from it, and nothing that is shown reads it.
//
//	hour        UTC hour of the flow's start
//	verdict     number of the verdict's names, see [Names.Number]
//	flows       flows, multiplied by their sampling rates
//	expected    sum of p over these flows: the expected number of flows of the tool
//	unanswered  flows to which no byte came back
//	records     telemetry records folded in, not multiplied
var UsageSchema = arrow.NewSchema([]arrow.Field{
	{Name: "hour", Type: hour},
	{Name: "country", Type: utf8Dict},
	{Name: "asn", Type: arrow.PrimitiveTypes.Uint32},
	{Name: "client", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "verdict", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "simulated", Type: arrow.PrimitiveTypes.Uint8},
	{Name: "flows", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "expected", Type: arrow.PrimitiveTypes.Float64},
	{Name: "unanswered", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "bytes_up", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "bytes_down", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "records", Type: arrow.PrimitiveTypes.Uint64},
}, nil)

// VerdictsSchema is the names that the numbers of usage stand for.
var VerdictsSchema = arrow.NewSchema([]arrow.Field{
	{Name: "number", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "tool", Type: utf8Dict},
	{Name: "service", Type: utf8Dict},
	{Name: "category", Type: utf8Dict},
	{Name: "level", Type: utf8Dict},
	{Name: "pack", Type: utf8Dict},
	{Name: "lists", Type: utf8Dict},
}, nil)

// DNSUsageSchema is one client-hour by name asked for. It shows interest, not use.
//
//	name      registered domain
//	service   whose name it is, where the rule pack knows (a provider, a resolver, a banned service)
//	answered  responses with at least one address; failed: NXDOMAIN, SERVFAIL, REFUSED
var DNSUsageSchema = arrow.NewSchema([]arrow.Field{
	{Name: "hour", Type: hour},
	{Name: "country", Type: utf8Dict},
	{Name: "asn", Type: arrow.PrimitiveTypes.Uint32},
	{Name: "client", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "name", Type: arrow.BinaryTypes.String},
	{Name: "service", Type: utf8Dict},
	{Name: "category", Type: utf8Dict},
	{Name: "simulated", Type: arrow.PrimitiveTypes.Uint8},
	{Name: "pack", Type: utf8Dict},
	{Name: "queries", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "answered", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "failed", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "no_response", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "records", Type: arrow.PrimitiveTypes.Uint64},
}, nil)

// ResolutionsSchema is which prefixes a registered domain resolved into, by day.
var ResolutionsSchema = arrow.NewSchema([]arrow.Field{
	{Name: "day", Type: day},
	{Name: "country", Type: utf8Dict},
	{Name: "name", Type: arrow.BinaryTypes.String},
	{Name: "prefix", Type: address},
	{Name: "simulated", Type: arrow.PrimitiveTypes.Uint8},
	{Name: "answers", Type: arrow.PrimitiveTypes.Uint64},
}, nil)

// EndpointsSchema is where a listed service was reached, by day. Endpoints of
// unlisted bridges and proxies never enter it.
var EndpointsSchema = arrow.NewSchema([]arrow.Field{
	{Name: "day", Type: day},
	{Name: "country", Type: utf8Dict},
	{Name: "service", Type: utf8Dict},
	{Name: "prefix", Type: address},
	{Name: "asn", Type: arrow.PrimitiveTypes.Uint32},
	{Name: "simulated", Type: arrow.PrimitiveTypes.Uint8},
	{Name: "flows", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "unanswered", Type: arrow.PrimitiveTypes.Uint64},
}, nil)

// CoverageSchema is what each exporter reported, by hour of the telemetry.
var CoverageSchema = arrow.NewSchema([]arrow.Field{
	{Name: "hour", Type: hour},
	{Name: "country", Type: utf8Dict},
	{Name: "exporter", Type: utf8Dict},
	{Name: "simulated", Type: arrow.PrimitiveTypes.Uint8},
	{Name: "flow_records", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "dns_records", Type: arrow.PrimitiveTypes.Uint64},
}, nil)

// RejectsSchema is one record that could not be used. The excerpt is redacted by the
// gate: no digits of addresses, no names.
var RejectsSchema = arrow.NewSchema([]arrow.Field{
	{Name: "source", Type: utf8Dict},
	{Name: "partition", Type: arrow.PrimitiveTypes.Int32},
	{Name: "offset", Type: arrow.PrimitiveTypes.Int64},
	{Name: "reason", Type: utf8Dict},
	{Name: "excerpt", Type: arrow.BinaryTypes.String},
}, nil)

// TableSchemas gives the Arrow schema that each table of the pipeline accepts.
func TableSchemas() map[string]*arrow.Schema {
	return map[string]*arrow.Schema{
		TableFlows:       StoredFlowSchema,
		TableUsage:       UsageSchema,
		TableVerdicts:    VerdictsSchema,
		TableDNSUsage:    DNSUsageSchema,
		TableResolutions: ResolutionsSchema,
		TableEndpoints:   EndpointsSchema,
		TableCoverage:    CoverageSchema,
		TableRejects:     RejectsSchema,
	}
}

package schemas

import "github.com/apache/arrow/go/v15/arrow"

// Names of the tables of finished counts. What is shown reads the views counts_day and counts_hour on
// them, which leave out what a later counting replaced.
const (
	TableCountedDays  = "counted_days"
	TableCountedHours = "counted_hours"
)

// CountInputSchema is what counts are made from: rows of usage with their time and bytes as plain
// numbers, in the order of country, UTC day, simulated, client.
//
//	hour   seconds since 1970 of the UTC hour
//	bytes  of both directions
var CountInputSchema = arrow.NewSchema([]arrow.Field{
	{Name: "country", Type: arrow.BinaryTypes.String},
	{Name: "hour", Type: arrow.PrimitiveTypes.Uint32},
	{Name: "simulated", Type: arrow.PrimitiveTypes.Uint8},
	{Name: "asn", Type: arrow.PrimitiveTypes.Uint32},
	{Name: "client", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "verdict", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "flows", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "expected", Type: arrow.PrimitiveTypes.Float64},
	{Name: "unanswered", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "bytes", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "records", Type: arrow.PrimitiveTypes.Uint64},
}, nil)

// CountedDaysSchema and CountedHoursSchema are finished counts of a country's days and hours; they
// differ in their time alone.
//
//	grouping     which of asn, tool, service, category are the row's key: all, tool (with its category), category,
//	             service, network, or a pair of them; or categories, tool_categories, network_categories, see below
//	level        level of the verdicts; unclassified where the grouping does not tell levels apart
//	clients      distinct clients, exact, each at the highest level of its verdicts: they add up over levels
//	reached      of these, those to whom something came back
//	categories   in groupings by sets: the clients that used all of these categories, two or more, at the level or
//	             above. Whoever adds up the clients of some categories takes off here what is counted twice
//	all_clients  the denominator: distinct clients of the country, of the network in pairs with it
//	records      telemetry records
//	packs, lists versions that made the verdicts of the day, in the rows of all alone
//	version      see load: the last counting of a country's day replaces the others whole
var (
	CountedDaysSchema  = countedSchema(arrow.Field{Name: "day", Type: day})
	CountedHoursSchema = countedSchema(arrow.Field{Name: "hour", Type: hour})
)

func countedSchema(time arrow.Field) *arrow.Schema {
	u64 := arrow.PrimitiveTypes.Uint64
	return arrow.NewSchema([]arrow.Field{
		{Name: "grouping", Type: utf8Dict},
		{Name: "level", Type: utf8Dict},
		{Name: "country", Type: utf8Dict},
		time,
		{Name: "simulated", Type: arrow.PrimitiveTypes.Uint8},
		{Name: "asn", Type: arrow.PrimitiveTypes.Uint32},
		{Name: "tool", Type: utf8Dict},
		{Name: "service", Type: utf8Dict},
		{Name: "category", Type: utf8Dict},
		{Name: "categories", Type: arrow.ListOf(arrow.BinaryTypes.String)},
		{Name: "clients", Type: u64},
		{Name: "reached", Type: u64},
		{Name: "flows", Type: u64},
		{Name: "expected", Type: arrow.PrimitiveTypes.Float64},
		{Name: "unanswered", Type: u64},
		{Name: "bytes", Type: u64},
		{Name: "all_clients", Type: u64},
		{Name: "all_flows", Type: u64},
		{Name: "records", Type: u64},
		{Name: "packs", Type: arrow.ListOf(arrow.BinaryTypes.String)},
		{Name: "lists", Type: arrow.ListOf(arrow.BinaryTypes.String)},
		{Name: "version", Type: u64},
		{Name: "as_of", Type: timestampMS},
	}, nil)
}

package counts

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/schemas"
)

// Options say where counts go.
type Options struct {
	// Version gives the version of a day's rows.
	Version func(Key) uint64
	AsOf    time.Time
	// Out takes rows in [schemas.CountedHoursSchema] and [schemas.CountedDaysSchema], of whole days of countries but for hours of
	// the day that is counted, which may come before; it must not keep them.
	Out func(hours, days arrow.Record) error
	Mem memory.Allocator
	// Rows is from how many rows on they are handed over; 0: [rowsAtOnce].
	Rows int
}

// rowsAtOnce is from how many rows on they are handed over: a month of a few countries, and below
// what the engine takes as one block.
const rowsAtOnce = 400_000

// finish makes the rows of the day that is open.
func (c *Counter) finish() error {
	if !c.open {
		return nil
	}
	c.closeClient()
	c.open = false
	key := Key{c.country, c.day}
	c.out.of = c.out.options.Version(key)
	c.out.packs, c.out.lists = slices.Sorted(maps.Keys(c.packs)), slices.Sorted(maps.Keys(c.lists))
	// Hours may be handed over before their day is complete: it counts by its own rows.
	for _, days := range [...]bool{false, true} {
		if err := c.rows(days); err != nil {
			return err
		}
	}
	if c.out.hours.rows+c.out.days.rows < c.out.options.Rows {
		return nil
	}
	return c.out.flush()
}

// rows appends the rows of the day itself, or those of its hours.
func (c *Counter) rows(days bool) error {
	for at, cell := range c.cells {
		if (at.hour == wholeDay) != days {
			continue
		}
		c.cellRows(at, cell)
		if !days && c.out.hours.rows >= c.out.options.Rows {
			if err := c.out.flush(); err != nil {
				return err
			}
		}
	}
	for key, clients := range c.sets {
		if (key.hour == wholeDay) == days {
			c.setRow(key, clients)
		}
	}
	return nil
}

// cellRows appends a cell's rows: one for all verdicts, or one for each level that there is.
func (c *Counter) cellRows(at cellKey, cell *cell) {
	if !groupings[at.grouping].levels {
		c.cellRow(at, cell, 0, levels)
		return
	}
	for level := range levels {
		if of := cell.of[level]; of != nil && of.records > 0 {
			c.cellRow(at, cell, level, level+1)
		}
	}
}

// cellRow appends what a cell holds of the levels from one up to, not including, another.
func (c *Counter) cellRow(at cellKey, cell *cell, from, to int) {
	g := groupings[at.grouping]
	out := c.out.table(at.hour)
	c.key(out, at.grouping, at.hour, schemas.Level(from))
	out.asn.Append(at.asn)
	c.name(out.tool, g.tool, at.tool)
	c.name(out.service, g.service, at.service)
	c.name(out.category, g.category, at.category)
	out.categories.Append(true)
	of := cell.sum(from, to)
	out.clients.Append(of.clients)
	out.reached.Append(of.reached)
	out.flows.Append(of.flows)
	out.expected.Append(math.Round(of.expected*1e9) / 1e9) // whatever the order of the rows
	out.unanswered.Append(of.unanswered)
	out.bytes.Append(of.bytes)
	c.denominator(out, g, at.hour, at.asn)
	out.records.Append(of.records)
	c.out.ending(out, at.grouping == all)
}

// setRow appends the clients that used one set of categories, which have no sums: a client's flows may be of several.
func (c *Counter) setRow(key setKey, clients uint64) {
	g := groupings[key.grouping]
	out := c.out.table(key.hour)
	c.key(out, key.grouping, key.hour, key.level)
	asn := uint32(0)
	if g.network {
		asn = key.of
	}
	out.asn.Append(asn)
	c.name(out.tool, g.tool, key.of)
	c.name(out.service, false, 0)
	c.name(out.category, false, 0)
	out.categories.Append(true)
	names := c.codes.set(key.categories)
	slices.Sort(names)
	appendTexts(out.categories, names)
	out.clients.Append(clients)
	out.reached.Append(0)
	out.flows.Append(0)
	out.expected.Append(0)
	out.unanswered.Append(0)
	out.bytes.Append(0)
	c.denominator(out, g, key.hour, asn)
	out.records.Append(0)
	c.out.ending(out, false)
}

func (c *Counter) key(out *table, g grouping, hour int32, level schemas.Level) {
	out.rows++
	text(out.grouping, groupings[g].name)
	text(out.level, level.String())
	text(out.country, c.country)
	out.time(c.day, hour)
	out.simulated.Append(c.sim)
}

func (c *Counter) name(to *array.BinaryDictionaryBuilder, is bool, code uint32) {
	if !is {
		text(to, "")
		return
	}
	text(to, c.codes.names[code])
}

// denominator appends what the clients of a row are out of: the network's where the row is a pair with one.
func (c *Counter) denominator(out *table, g by, hour int32, asn uint32) {
	of := cellKey{grouping: all, hour: hour}
	if g.network && (g.tool || g.service || g.category || g.sets) {
		of.grouping, of.asn = network, asn
	}
	whole := c.cells[of].sum(0, levels)
	out.allClients.Append(whole.clients)
	out.allFlows.Append(whole.flows)
}

// writer collects rows of days and hours.
type writer struct {
	options      Options
	days, hours  table
	of           uint64
	packs, lists []string
}

func newWriter(o Options) *writer {
	if o.Rows <= 0 {
		o.Rows = rowsAtOnce
	}
	return &writer{options: o, days: newTable(o.Mem, schemas.CountedDaysSchema), hours: newTable(o.Mem, schemas.CountedHoursSchema)}
}

func (w *writer) table(hour int32) *table {
	if hour == wholeDay {
		return &w.days
	}
	return &w.hours
}

// ending appends what all rows of a day have in common, with its packs and lists where the row is of all of it.
func (w *writer) ending(out *table, whole bool) {
	out.packs.Append(true)
	out.lists.Append(true)
	if whole {
		appendTexts(out.packs, w.packs)
		appendTexts(out.lists, w.lists)
	}
	out.version.Append(w.of)
	out.asOf.Append(arrow.Timestamp(w.options.AsOf.UnixMilli()))
}

// flush hands the rows over.
func (w *writer) flush() error {
	hours, days := w.hours.record(), w.days.record()
	defer hours.Release()
	defer days.Release()
	if days.NumRows() == 0 && hours.NumRows() == 0 {
		return nil
	}
	return w.options.Out(hours, days)
}

func (w *writer) release() {
	w.days.builder.Release()
	w.hours.builder.Release()
}

// table builds rows in one of the two schemas.
type table struct {
	builder                                           *array.RecordBuilder
	rows                                              int
	grouping, level, country, tool, service, category *array.BinaryDictionaryBuilder
	day                                               *array.Date32Builder
	hour, asOf                                        *array.TimestampBuilder
	simulated                                         *array.Uint8Builder
	asn                                               *array.Uint32Builder
	categories, packs, lists                          *array.ListBuilder
	clients, reached, flows, unanswered, bytes        *array.Uint64Builder
	allClients, allFlows, records, version            *array.Uint64Builder
	expected                                          *array.Float64Builder
}

func newTable(mem memory.Allocator, schema *arrow.Schema) table {
	b := array.NewRecordBuilder(mem, schema)
	field := func(name string) array.Builder { return b.Field(schema.FieldIndices(name)[0]) }
	dict := func(name string) *array.BinaryDictionaryBuilder { return field(name).(*array.BinaryDictionaryBuilder) }
	u64 := func(name string) *array.Uint64Builder { return field(name).(*array.Uint64Builder) }
	list := func(name string) *array.ListBuilder { return field(name).(*array.ListBuilder) }
	t := table{
		builder: b, grouping: dict("grouping"), level: dict("level"), country: dict("country"),
		simulated: field("simulated").(*array.Uint8Builder), asn: field("asn").(*array.Uint32Builder),
		tool: dict("tool"), service: dict("service"), category: dict("category"), categories: list("categories"),
		clients: u64("clients"), reached: u64("reached"), flows: u64("flows"), expected: field("expected").(*array.Float64Builder),
		unanswered: u64("unanswered"), bytes: u64("bytes"), allClients: u64("all_clients"), allFlows: u64("all_flows"), records: u64("records"),
		packs: list("packs"), lists: list("lists"), version: u64("version"), asOf: field("as_of").(*array.TimestampBuilder),
	}
	if schema == schemas.CountedDaysSchema {
		t.day = field("day").(*array.Date32Builder)
	} else {
		t.hour = field("hour").(*array.TimestampBuilder)
	}
	return t
}

// time appends the day, or the hour in a table of hours.
func (t *table) time(day, hour int32) {
	if t.day != nil {
		t.day.Append(arrow.Date32(day))
		return
	}
	t.hour.Append(arrow.Timestamp(int64(hour) * 3600))
}

func (t *table) record() arrow.Record {
	t.rows = 0
	return t.builder.NewRecord()
}

func appendTexts(to *array.ListBuilder, texts []string) {
	values := to.ValueBuilder().(*array.StringBuilder)
	for _, text := range texts {
		values.Append(text)
	}
}

// text appends to a column of names; a dictionary of texts takes every text.
func text(to *array.BinaryDictionaryBuilder, value string) {
	if err := to.AppendString(value); err != nil {
		panic(err)
	}
}

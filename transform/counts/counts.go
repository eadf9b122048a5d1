// Package counts makes the finished counts of countries' days and hours from rows of usage: distinct
// clients and sums for every grouping that is shown, each with its denominator.
//
// Distinct clients do not add up, so each grouping is counted. Rows arrive client by client, so that a
// count needs to know no more than the last client that it saw. Clients that did alike in an hour, or in a day, may
// arrive as one that counts for all of them. It must never do I/O, and never estimate: every count is exact.
package counts

import (
	"fmt"
	"math/bits"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/banshift/banshift/schemas"
)

// Key is a day of a country.
type Key struct {
	Country string
	Day     int32 // days since 1970, UTC
}

// Counter counts country after country, day after day. One goroutine owns it.
type Counter struct {
	names map[uint64]schemas.Names
	codes codes
	out   *writer

	open    bool
	country string
	day     int32
	sim     uint8

	client  uint64
	alike   uint64 // how many clients are counted as this one
	at      uint32 // hour of the row before
	span    uint8  // of the row before
	cells   map[cellKey]*cell
	plans   map[planKey]plan
	profile []used
	sets    map[setKey]uint64
	packs   map[string]bool
	lists   map[string]bool
	counted map[Key]bool // all days so far
}

const levels = int(schemas.Confirmed) + 1

// maxPlans bounds the plans that are remembered: rows that follow each other are of few kinds.
const maxPlans = 1 << 14

// planKey is what decides which cells a row counts in.
type planKey struct {
	hour    int32 // hours since 1970; of the day's own cells: wholeDay
	asn     uint32
	verdict uint64
}

// plan is the cells that a row counts in, and what it says of its client.
type plan struct {
	cells                   []*cell
	level                   schemas.Level
	tool, category, network uint32
}

// What a row counts in.
const (
	hourAndDay = iota
	hourAlone
	dayAlone
)

// wholeDay is the hour of what is counted by day.
const wholeDay = -1

// cellKey is a grouping and the codes of its names.
type cellKey struct {
	grouping                grouping
	hour                    int32
	asn                     uint32
	tool, service, category uint32
}

// cell counts one group. Sums are by the verdict's own level, clients by the highest of their verdicts, so that
// both add up over levels.
type cell struct {
	last     uint64 // the client that was counted last
	seen     bool   // whether there was one
	top      schemas.Level
	answered bool            // whether it is in reached
	of       [levels]*counts // most groups have verdicts of one level: nil where there is none
}

// counts are a group's of one level.
type counts struct {
	clients, reached, flows, unanswered, bytes, records uint64
	expected                                            float64
}

// at gives the counts of a level.
func (c *cell) at(level schemas.Level) *counts {
	if c.of[level] == nil {
		c.of[level] = &counts{}
	}
	return c.of[level]
}

// sum adds up the levels from one up to, not including, another.
func (c *cell) sum(from, to int) (all counts) {
	for _, of := range c.of[from:to] {
		if of == nil {
			continue
		}
		all.clients += of.clients
		all.reached += of.reached
		all.flows += of.flows
		all.expected += of.expected
		all.unanswered += of.unanswered
		all.bytes += of.bytes
		all.records += of.records
	}
	return all
}

// used is the highest level at which the client at hand used a category, in one scope.
type used struct {
	grouping grouping
	hour     int32
	of       uint32 // network or tool
	category uint32
	level    schemas.Level
}

// setKey is a scope and the set of categories that some clients used in it.
type setKey struct {
	grouping   grouping
	hour       int32
	of         uint32
	level      schemas.Level
	categories uint64
}

// New makes a counter. names gives the names of each verdict's number; out takes the rows of each day as
// it is complete.
func New(names map[uint64]schemas.Names, o Options) *Counter {
	return &Counter{names: names, codes: newCodes(), out: newWriter(o), counted: map[Key]bool{}}
}

// Close counts what is open, hands the rest of the rows over, and releases what the counter has.
func (c *Counter) Close() error {
	defer c.out.release()
	if err := c.finish(); err != nil {
		return err
	}
	return c.out.flush()
}

// Release drops what the counter has.
func (c *Counter) Release() { c.out.release() }

// Add counts a batch in [schemas.CountInputSchema].
func (c *Counter) Add(rec arrow.Record) error {
	in, err := schemas.CountInputOf(rec)
	if err != nil {
		return err
	}
	for i := range in.Hour {
		country, day, sim := in.Country.Value(i), int32(in.Hour[i]/86400), in.Simulated[i]
		if !c.open || country != c.country || day != c.day || sim != c.sim {
			if err := c.finish(); err != nil {
				return err
			}
			c.begin(country, day, sim)
		}
		// One client stands for others in one hour, and for more or fewer in the next.
		if in.Client[i] != c.client || in.Span[i] != c.span || c.span != hourAndDay && in.Hour[i] != c.at {
			c.closeClient()
		}
		c.client, c.alike, c.at, c.span = in.Client[i], in.Clients[i], in.Hour[i], in.Span[i]
		if err := c.count(&in, i); err != nil {
			return err
		}
	}
	return nil
}

// Empty says that no more rows of a day come: where none came, it has no usage any more.
func (c *Counter) Empty(key Key) error {
	if c.counted[key] {
		return nil
	}
	if err := c.finish(); err != nil {
		return err
	}
	c.begin(key.Country, key.Day, 0)
	c.cells[cellKey{grouping: all, hour: wholeDay}] = &cell{}
	c.cells[cellKey{grouping: all, hour: key.Day * 24}] = &cell{}
	return c.finish()
}

func (c *Counter) begin(country string, day int32, sim uint8) {
	c.open, c.country, c.day, c.sim, c.client = true, country, day, sim, 0
	c.counted[Key{country, day}] = true
	c.cells, c.plans, c.sets = map[cellKey]*cell{}, map[planKey]plan{}, map[setKey]uint64{}
	c.packs, c.lists = map[string]bool{}, map[string]bool{}
}

// count adds row i to the cells of its day and of its hour.
func (c *Counter) count(in *schemas.CountInput, i int) error {
	for _, hour := range [...]int32{wholeDay, int32(in.Hour[i] / 3600)} {
		if in.Span[i] == hourAlone && hour == wholeDay || in.Span[i] == dayAlone && hour != wholeDay {
			continue
		}
		key := planKey{hour, in.ASN[i], in.Verdict[i]}
		p, known := c.plans[key]
		if !known {
			var err error
			if p, err = c.plan(key); err != nil {
				return err
			}
			if len(c.plans) == maxPlans {
				clear(c.plans)
			}
			c.plans[key] = p
		}
		for _, cell := range p.cells {
			cell.add(in, i, p.level)
		}
		c.use(hour, p)
	}
	return nil
}

// plan finds the cells of a row, once for all rows like it.
func (c *Counter) plan(key planKey) (plan, error) {
	n, known := c.names[key.verdict]
	if !known {
		return plan{}, fmt.Errorf("counts of %q: table verdicts has no names for the number %d", c.country, key.verdict)
	}
	c.packs[n.Pack], c.lists[n.Lists] = true, true
	p := plan{level: n.Level, tool: c.codes.of(n.Tool), category: c.codes.of(n.Category), network: key.asn}
	service := c.codes.of(n.Service)
	if c.codes.bit(p.category) >= 64 {
		return plan{}, fmt.Errorf("counts of %q: more than 64 categories of tools", c.country)
	}
	for g, by := range groupings {
		if by.sets || key.hour != wholeDay && !by.hourly {
			continue
		}
		at := cellKey{grouping: grouping(g), hour: key.hour}
		if by.network {
			at.asn = key.asn
		}
		if by.tool {
			at.tool = p.tool
		}
		if by.service {
			at.service = service
		}
		if by.category {
			at.category = p.category
		}
		if c.cells[at] == nil {
			c.cells[at] = &cell{}
		}
		p.cells = append(p.cells, c.cells[at])
	}
	return p, nil
}

// add counts a row whose verdict has a level.
func (c *cell) add(in *schemas.CountInput, i int, level schemas.Level) {
	own := c.at(level)
	if !c.seen || c.last != in.Client[i] {
		c.seen, c.last, c.top, c.answered = true, in.Client[i], level, false
		own.clients += in.Clients[i]
	}
	if level > c.top {
		c.at(c.top).clients -= in.Clients[i]
		own.clients += in.Clients[i]
		if c.answered {
			c.at(c.top).reached -= in.Clients[i]
			own.reached += in.Clients[i]
		}
		c.top = level
	}
	if !c.answered && in.Flows[i] > in.Unanswered[i] {
		c.answered = true
		c.at(c.top).reached += in.Clients[i]
	}
	own.flows += in.Flows[i]
	own.expected += in.Expected[i]
	own.unanswered += in.Unanswered[i]
	own.bytes += in.Bytes[i]
	own.records += in.Records[i]
}

// use notes which categories the client at hand used, in each scope whose clients are told apart by them.
func (c *Counter) use(hour int32, p plan) {
	for g, by := range groupings {
		if !by.sets || hour != wholeDay && !by.hourly {
			continue
		}
		u := used{grouping: grouping(g), hour: hour, category: p.category, level: p.level}
		if by.network {
			u.of = p.network
		}
		if by.tool {
			u.of = p.tool
		}
		c.note(u)
	}
}

func (c *Counter) note(u used) {
	for i := range c.profile {
		have := &c.profile[i]
		if have.grouping == u.grouping && have.hour == u.hour && have.of == u.of && have.category == u.category {
			have.level = max(have.level, u.level)
			return
		}
	}
	c.profile = append(c.profile, u)
}

// closeClient counts the client at hand in the set of categories that it used, scope by scope and level by level, where
// they are two or more: whoever adds the clients of categories up takes off what is counted twice.
func (c *Counter) closeClient() {
	for i, first := range c.profile {
		if first.category == done {
			continue
		}
		var sets [levels]uint64
		for j := i; j < len(c.profile); j++ {
			u := &c.profile[j]
			if u.category == done || u.grouping != first.grouping || u.hour != first.hour || u.of != first.of {
				continue
			}
			for level := range int(u.level) + 1 {
				sets[level] |= 1 << c.codes.bit(u.category)
			}
			u.category = done
		}
		for level, set := range sets {
			if bits.OnesCount64(set) < 2 {
				break // the counts of each category say it all
			}
			c.sets[setKey{first.grouping, first.hour, first.of, schemas.Level(level), set}] += c.alike
		}
	}
	c.profile = c.profile[:0]
}

// done marks an entry of a profile that is counted.
const done = ^uint32(0)

// codes number names, and the categories among them.
type codes struct {
	byName map[string]uint32
	names  []string
	bits   map[uint32]int
	byBit  []uint32
}

func newCodes() codes { return codes{byName: map[string]uint32{}, bits: map[uint32]int{}} }

func (c *codes) of(name string) uint32 {
	code, known := c.byName[name]
	if !known {
		code = uint32(len(c.names))
		c.byName[name], c.names = code, append(c.names, name)
	}
	return code
}

// bit gives a category its place in a set.
func (c *codes) bit(code uint32) int {
	bit, known := c.bits[code]
	if !known {
		bit = len(c.byBit)
		c.bits[code], c.byBit = bit, append(c.byBit, code)
	}
	return bit
}

// set gives the names of a set.
func (c *codes) set(categories uint64) []string {
	var names []string
	for ; categories != 0; categories &= categories - 1 {
		names = append(names, c.names[c.byBit[bits.TrailingZeros64(categories)]])
	}
	return names
}

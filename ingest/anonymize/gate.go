// Package anonymize is the privacy gate: the last code that ever sees the address of
// a client. It decides which end of a flow is the client, replaces its address by a
// keyed, day-rotated pseudonym, cuts names to their registered domain, pairs one-way
// records, and gives Arrow batches in which no client address is left.
//
// It must never log, return in an error, or write a client address or a full name.
package anonymize

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/gaissmai/bart"

	"github.com/banshift/banshift/ingest/record"
	"github.com/banshift/banshift/schemas"
)

// Locator gives country (lower-case ISO code) and network of an address, as far as it
// knows them.
type Locator interface {
	Locate(addr netip.Addr) (country string, asn uint32)
}

// Options configure a gate.
type Options struct {
	// Keys make the pseudonyms.
	Keys *Keys
	// Home holds the prefixes of the measured clients; nil: none are known.
	Home *bart.Lite
	// Locator may be nil: then countries and networks stay empty.
	Locator Locator
	// Refuse rejects every record that carries a client address.
	Refuse bool
	// Reveal keeps the addresses of both ends next to the batch, for a person who looks
	// at local files. Never set it where anything is stored.
	Reveal bool
	// FutureAfter gives the time in ms behind which a record is rejected; nil: no limit.
	FutureAfter func() int64
	// Only gives, for a source of which some records were read before, which are to be read
	// now; nil, or nil for a source: all are.
	Only func(source string, partition int32) func(position int64) bool
	// Exporters are names of sensors that are kept whatever they spell: those that a store knows already.
	Exporters map[string]bool
	// Rows is the room for rows that the first batch is made with.
	Rows int
	Mem  memory.Allocator
}

// Gate takes decoded records and builds batches. One worker owns it.
type Gate struct {
	opts      Options
	pseudonym *Pseudonymizer
	cutter    *NameCutter
	exporters labels
	sensors   labels
	flows     *schemas.FlowBuilder
	dns       *schemas.DNSBuilder
	rejects   *rejectBuilder
	pairs     pairTable
	batch     Batch
	source    []byte
	partition int32
	only      func(position int64) bool
	future    int64 // the limit when it was last asked for, ms
	fixed     bool  // the limit counts to the end of the batch
	answers   [][16]byte
}

// Batch is what came through the gate since the last one. The records are nil where
// they have no rows; the receiver releases them.
type Batch struct {
	Flows, DNS, Rejects arrow.Record
	Counts              Counts
	// Ends holds both ends of each flow row in the order of Flows, only under Reveal.
	Ends []Ends
	// Clock is the latest time that a record could have, ms UTC; 0: no limit.
	Clock int64
}

// Release releases the batch's records.
func (b Batch) Release() {
	for _, rec := range []arrow.Record{b.Flows, b.DNS, b.Rejects} {
		if rec != nil {
			rec.Release()
		}
	}
}

// Ends are the addresses of a flow's client and server.
type Ends struct{ Client, Server netip.AddrPort }

// Counts account for telemetry records. In = Flows + DNS + Rejected; Skipped ones
// carry no telemetry and are counted apart.
type Counts struct {
	In, Flows, DNS, Rejected, Skipped int64
	// Paired is how many of Flows were joined to the row of their other direction.
	Paired int64
	// Unread is how many of Rejected the decoder could not read; the gate refused the others.
	Unread int64
	// Unpaired is how many one-way records are rows without their other direction.
	Unpaired int64
	// Simulated is how many say of themselves that they are simulated.
	Simulated int64
	// MinTime and MaxTime are the first and last time seen, ms UTC; both 0 where none.
	MinTime, MaxTime int64
}

// NewGate makes a gate. It fails where keys are missing.
func NewGate(opts Options) (*Gate, error) {
	if opts.Keys == nil {
		return nil, fmt.Errorf("anonymize: no keys given")
	}
	var home func(netip.Addr) bool
	if opts.Home != nil {
		home = opts.Home.Contains
	}
	gate := &Gate{
		opts:      opts,
		pseudonym: NewPseudonymizer(opts.Keys),
		cutter:    NewNameCutter(),
		exporters: newLabels(opts.Keys, "sensor", home, opts.Exporters),
		sensors:   newLabels(opts.Keys, "label", home, nil),
		flows:     schemas.NewFlowBuilder(opts.Mem, opts.Rows),
		dns:       schemas.NewDNSBuilder(opts.Mem, 0),
		rejects:   newRejectBuilder(opts.Mem),
		pairs:     newPairTable(),
	}
	gate.cutter.home = home
	return gate, nil
}

// Begin says where the following records come from.
func (g *Gate) Begin(source string, partition int32) {
	g.stamp()
	g.source, g.partition, g.only = []byte(source), partition, nil
	if g.opts.Only != nil {
		g.only = g.opts.Only(source, partition)
	}
}

// At has the next batch measured against a limit that was written down, in ms: read again,
// a record is as much in the future as it was. 0: the clock's.
func (g *Gate) At(clock int64) {
	if clock != 0 {
		g.future, g.fixed = clock, true
	}
}

// leaves reports a record that was read before.
func (g *Gate) leaves(position int64) bool { return g.only != nil && !g.only(position) }

// Release gives the builders' memory back.
func (g *Gate) Release() {
	g.flows.Release()
	g.dns.Release()
	g.rejects.release()
}

// Rows is how many rows the next batch has so far.
func (g *Gate) Rows() int { return g.flows.Len() + g.dns.Len() + g.rejects.len() }

// Flush gives the batch and starts an empty one.
func (g *Gate) Flush() Batch {
	g.stamp()
	batch := g.batch
	if g.flows.Len() > 0 {
		batch.Flows = g.flows.Record()
	}
	if g.dns.Len() > 0 {
		batch.DNS = g.dns.Record()
	}
	if g.rejects.len() > 0 {
		batch.Rejects = g.rejects.record()
	}
	if g.opts.FutureAfter != nil {
		batch.Clock = g.future
	}
	g.batch, g.future, g.fixed = Batch{}, 0, false // a limit that was written down is of its batch alone
	g.pairs.clear()
	return batch
}

// stamp gives the rows that came since the last time the source they come from.
func (g *Gate) stamp() {
	g.flows.Source.Fill(g.flows.Len(), g.source)
	g.flows.Partition.Fill(g.flows.Len(), g.partition)
	g.dns.Source.Fill(g.dns.Len(), g.source)
	g.dns.Partition.Fill(g.dns.Len(), g.partition)
}

// Flow implements [record.Sink].
func (g *Gate) Flow(f *record.Flow, position int64) {
	if g.leaves(position) {
		return
	}
	if f.Canonical != nil {
		g.canonicalFlow(f, position)
		return
	}
	if reason := g.refusal(f.Src, f.Start); reason != "" {
		g.refuse(reason, nil, position)
		return
	}
	if !f.Dst.IsValid() {
		g.Reject("no destination address", nil, position)
		return
	}
	how, flip := orient(f, g.opts.Home)
	row, err := g.ends(f, flip)
	if err != nil {
		g.refuse("no key for its day", nil, position)
		return
	}
	g.batch.Counts.In++
	g.batch.Counts.Flows++
	g.batch.Counts.sawSimulated(f.Simulated)
	g.batch.Counts.SawTime(f.Start)
	if f.OneWay {
		if g.pair(f, &row, flip) {
			g.batch.Counts.Paired++
			g.batch.Counts.Unpaired--
			return
		}
		g.batch.Counts.Unpaired++
	}
	country, asn := g.locate(row.clientAddr)
	g.append(f, &row, country, asn, 1, how, flip, position)
}

// refusal says why a record cannot pass, or nothing.
func (g *Gate) refusal(client netip.Addr, ms int64) string {
	switch {
	case !client.IsValid():
		return "no source address"
	case g.opts.Refuse:
		return "raw client address refused"
	case g.isFuture(ms):
		return "time in the future"
	}
	return ""
}

// isFuture asks the clock only about times behind what it said last: records come in as
// long as a source is read. Once a record was refused the limit stays until the batch ends,
// so that the batch's clock decides each of its records as it was decided.
func (g *Gate) isFuture(ms int64) bool {
	if g.opts.FutureAfter == nil || ms <= g.future {
		return false
	}
	if !g.fixed {
		g.future = g.opts.FutureAfter()
		g.fixed = ms > g.future
	}
	return ms > g.future
}

// ends are the two ends of a flow after its orientation.
type ends struct {
	client                 uint64
	serverAddr             [16]byte
	clientPort, serverPort uint16
	clientAddr             netip.Addr
}

func (g *Gate) ends(f *record.Flow, flip bool) (ends, error) {
	e := ends{clientAddr: f.Src, serverAddr: f.Dst.As16(), clientPort: f.SrcPort, serverPort: f.DstPort}
	if flip {
		e = ends{clientAddr: f.Dst, serverAddr: f.Src.As16(), clientPort: f.DstPort, serverPort: f.SrcPort}
	}
	var err error
	e.client, err = g.pseudonym.Client(e.clientAddr.As16(), f.Start)
	return e, err
}

// append adds a row for the flow.
func (g *Gate) append(f *record.Flow, e *ends, country string, asn, records uint32, how schemas.Orientation, flip bool, position int64) {
	b := g.flows
	up, down := direction{f.SrcBytes, f.SrcPackets}, direction{f.DstBytes, f.DstPackets}
	if flip {
		up, down = down, up
	}
	b.Start.Append(f.Start)
	b.End.Append(max(f.Start, f.End))
	b.Client.Append(e.client)
	b.ClientPort.Append(e.clientPort)
	b.ClientCountry.AppendString(country)
	b.ClientASN.Append(asn)
	b.Server.Append(e.serverAddr)
	b.ServerPort.Append(e.serverPort)
	b.Protocol.Append(f.Protocol)
	b.BytesUp.Append(up.bytes)
	b.BytesDown.Append(down.bytes)
	b.PacketsUp.Append(up.packets)
	b.PacketsDown.Append(down.packets)
	b.TCPFlags.Append(f.TCPFlags)
	b.SamplingRate.Append(max(1, f.SamplingRate))
	b.LenSemantics.Append(uint8(f.LenSemantics))
	b.Exporter.Append(g.exporters.of(f.Exporter))
	b.Offset.Append(position)
	b.Orientation.Append(uint8(how))
	b.Records.Append(records)
	b.Simulated.Append(f.Simulated)
	g.appendSeen(f, flip)
	if g.opts.Reveal {
		g.batch.Ends = append(g.batch.Ends, Ends{
			Client: netip.AddrPortFrom(e.clientAddr.Unmap(), e.clientPort),
			Server: netip.AddrPortFrom(netip.AddrFrom16(e.serverAddr).Unmap(), e.serverPort),
		})
	}
}

// appendSeen adds to the row that was begun last what only some formats know of a flow.
func (g *Gate) appendSeen(f *record.Flow, flip bool) {
	b, row := g.flows, g.flows.Len()-1
	for _, text := range [...]struct {
		to *schemas.TextColumn
		of []byte
	}{{&b.SNI, f.SNI}, {&b.ALPN, f.ALPN}, {&b.JA4, f.JA4}} {
		if len(text.of) > 0 {
			text.to.AppendAt(row, text.of)
		}
	}
	if sizes := f.FirstSizes; sizes != [schemas.MaxFirstSizes]int16{} {
		if flip {
			for i := range sizes {
				sizes[i] = -sizes[i]
			}
		}
		b.FirstSizes.AppendAt(row, sizes)
	}
	b.AppendSeen(row, f.Signatures, f.Traits)
	if len(f.SensorLabel) > 0 {
		b.SensorLabel.AppendAt(row, g.sensors.of(f.SensorLabel))
	}
	if f.SensorConfidence != 0 {
		b.SensorConfidence.AppendAt(row, f.SensorConfidence)
	}
}

type direction struct{ bytes, packets uint64 }

func (g *Gate) locate(client netip.Addr) (string, uint32) {
	if g.opts.Locator == nil {
		return "", 0
	}
	return g.opts.Locator.Locate(client.Unmap())
}

// SawTime widens MinTime and MaxTime by a time in ms.
func (c *Counts) SawTime(ms int64) {
	if c.MinTime == 0 || ms < c.MinTime {
		c.MinTime = ms
	}
	c.MaxTime = max(c.MaxTime, ms)
}

func (c *Counts) sawSimulated(simulated bool) {
	if simulated {
		c.Simulated++
	}
}

// DNS implements [record.Sink].
func (g *Gate) DNS(d *record.DNS, position int64) {
	if g.leaves(position) {
		return
	}
	if d.Canonical != nil {
		g.canonicalDNS(d, position)
		return
	}
	if reason := g.refusal(d.Client, d.Time); reason != "" {
		g.refuse(reason, nil, position)
		return
	}
	client, err := g.pseudonym.Client(d.Client.As16(), d.Time)
	if err != nil {
		g.refuse("no key for its day", nil, position)
		return
	}
	country, asn := g.locate(d.Client)
	g.appendDNS(d, client, country, asn, position)
}

// appendDNS adds a row for the query.
func (g *Gate) appendDNS(d *record.DNS, client uint64, country string, asn uint32, position int64) {
	g.batch.Counts.In++
	g.batch.Counts.DNS++
	g.batch.Counts.sawSimulated(d.Simulated)
	g.batch.Counts.SawTime(d.Time)
	b := g.dns
	b.Time.Append(d.Time)
	b.Client.Append(client)
	b.ClientCountry.AppendString(country)
	b.ClientASN.Append(asn)
	b.Name.AppendString(g.cutter.Cut(d.Name))
	b.Type.Append(d.Type)
	b.Rcode.Append(d.Rcode)
	g.answers = g.answers[:0]
	for _, a := range d.Answers {
		g.answers = append(g.answers, a.As16())
	}
	b.AppendAnswers(g.answers)
	var resolver [16]byte
	if d.Resolver.IsValid() {
		resolver = d.Resolver.As16()
	}
	b.Resolver.Append(resolver)
	b.LatencyUS.Append(d.LatencyUS)
	b.Exporter.Append(g.exporters.of(d.Exporter))
	b.Offset.Append(position)
	b.Simulated.Append(d.Simulated)
}

// Reject implements [record.Sink].
func (g *Gate) Reject(reason string, raw []byte, position int64) {
	if g.leaves(position) {
		return
	}
	g.batch.Counts.Unread++
	g.refuse(reason, raw, position)
}

// refuse counts a record that was read and may not pass.
func (g *Gate) refuse(reason string, raw []byte, position int64) {
	g.batch.Counts.In++
	g.batch.Counts.Rejected++
	g.rejects.append(g.source, g.partition, position, reason, redact(raw))
}

// Skip implements [record.Sink].
func (g *Gate) Skip(_ string, position int64) {
	if !g.leaves(position) {
		g.batch.Counts.Skipped++
	}
}

// FutureAfter gives a limit of clock plus tolerance for [Options].
func FutureAfter(clock func() time.Time, tolerance time.Duration) func() int64 {
	return func() int64 { return clock().Add(tolerance).UnixMilli() }
}

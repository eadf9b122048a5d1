package meter

import (
	"github.com/banshift/banshift/ingest/meter/packet"
	"github.com/banshift/banshift/ingest/record"
	"github.com/banshift/banshift/schemas"
)

// Bounds of a batch of what ended.
const (
	maxEndings     = 256
	maxEndingBytes = 1 << 20 // of payloads that wait for inspection
)

// ending is what the sink is told of: a flow that ended, a DNS message, or a packet without either.
type ending struct {
	flow     *flow
	dns      record.DNS
	reason   string
	skipped  bool // not rejected
	position int64
}

// endings is a batch of what ended, in order.
type endings struct {
	all  []ending
	size int // bytes of payloads
}

// ends passes on what ended.
type ends struct {
	to      passing[endings]
	batch   *endings
	release func(f *flow) // takes a flow that was given out
}

// begin takes the first batch.
func (e *ends) begin(to passing[endings]) { e.to, e.batch = to, <-to.empty }

// add gives the place of the next ending; what its DNS message had room for is there still.
func (e *ends) add() *ending {
	if len(e.batch.all) == maxEndings || e.batch.size > maxEndingBytes {
		e.to.full <- e.batch
		e.batch = <-e.to.empty
		e.clear()
	}
	n := len(e.batch.all)
	if n < cap(e.batch.all) {
		e.batch.all = e.batch.all[:n+1]
	} else {
		e.batch.all = append(e.batch.all, ending{})
	}
	return &e.batch.all[n]
}

// clear empties a batch that was given out.
func (e *ends) clear() {
	for i := range e.batch.all {
		one := &e.batch.all[i]
		if one.flow != nil {
			e.release(one.flow)
		}
		one.flow, one.reason, one.skipped = nil, "", false
	}
	e.batch.all, e.batch.size = e.batch.all[:0], 0
}

func (e *ends) addFlow(f *flow) {
	one := e.add()
	one.flow = f
	e.batch.size += len(f.buffered)
}

func (e *ends) addDNS(d *record.DNS, position int64) {
	one := e.add()
	name, answers := append(one.dns.Name[:0], d.Name...), append(one.dns.Answers[:0], d.Answers...)
	one.dns, one.position = *d, position
	one.dns.Name, one.dns.Answers = name, answers
}

func (e *ends) addReason(p *parsed) {
	one := e.add()
	one.reason, one.skipped, one.position = p.reason, p.skipped, p.position
}

// give passes on a flow that ended.
func (m *Meter) give(f *flow) {
	for len(f.pending) > 0 {
		m.deliverFirst(f)
	}
	m.buffered -= len(f.buffered)
	m.table.remove(f)
	m.ends.addFlow(f)
}

// giver tells the sink of what ended.
type giver struct {
	inspection
	sink record.Sink
	flow record.Flow
}

// give tells the sink of all that is passed on.
func (g *giver) give(from passing[endings], sink record.Sink) {
	g.sink, g.answered = sink, sink.DNS
	for batch := range from.full {
		for i := range batch.all {
			g.ending(&batch.all[i])
		}
		from.empty <- batch
	}
}

func (g *giver) ending(e *ending) {
	switch {
	case e.flow != nil:
		g.ended(e.flow)
	case e.skipped:
		g.sink.Skip(e.reason, e.position)
	case e.reason != "":
		g.sink.Reject(e.reason, nil, e.position)
	default:
		g.sink.DNS(&e.dns, e.position)
	}
}

// ended tells of a flow, after what of it was not inspected.
func (g *giver) ended(f *flow) {
	g.inspect(f)
	for i := range f.queries {
		g.giveQuery(f, &f.queries[i])
	}
	if f.result.Reversed && !f.initiator {
		f.turn()
		f.answered = true // the client's packets came back in this view
	}
	r := &g.flow
	r.Reset()
	r.Start, r.End = f.start/1000, f.last/1000
	r.Src, r.Dst, r.SrcPort, r.DstPort = f.src, f.dst, f.srcPort, f.dstPort
	r.Protocol = f.key.protocol
	r.SrcBytes, r.DstBytes = f.bytesUp, f.bytesDown
	r.SrcPackets, r.DstPackets = f.packetsUp, f.packetsDown
	r.TCPFlags = f.flags
	r.Initiator = f.initiator || f.result.ClientKnown
	r.SNI, r.ALPN, r.JA4 = f.result.SNI, f.result.ALPN, f.result.JA4
	r.FirstSizes = f.sizes
	r.LenSemantics = schemas.LenL4Payload
	r.Signatures, r.Traits = f.result.Signatures, f.result.Traits|f.state()
	g.sink.Flow(r, f.position)
}

// state gives the traits that the packets' headers alone decide.
func (f *flow) state() schemas.Traits {
	var s schemas.Traits
	if !f.answered {
		s |= schemas.TraitUnanswered
	}
	if f.key.protocol == packet.TCP && f.flags&packet.SYN == 0 && !f.result.ClientKnown {
		s |= schemas.TraitMidstream
	}
	return s
}

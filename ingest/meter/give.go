package meter

import (
	"bytes"
	"slices"

	"github.com/banshift/banshift/ingest/meter/packet"
	"github.com/banshift/banshift/ingest/record"
	"github.com/banshift/banshift/schemas"
)

// give takes a flow that ended out of the table. What it carried is looked at by another goroutine, while this
// one goes on with the packets behind it.
func (m *Meter) give(f *flow) {
	for len(f.pending) > 0 {
		m.deliverFirst(f)
	}
	m.buffered -= len(f.buffered)
	m.table.remove(f)
	m.ended <- event{flow: f}
}

// event is what the metering goroutine has for the sink: a flow that ended, a DNS message, or what became no record.
type event struct {
	flow     *flow
	dns      *record.DNS
	reject   bool
	reason   string
	position int64
}

// maxEnded is how many events wait. Each may be a flow with its payloads.
const maxEnded = 256

// events is the sink of the metering goroutine: what it is told waits behind the flows that ended before.
type events chan event

func (e events) DNS(d *record.DNS, position int64) {
	c := *d
	c.Name, c.Answers = bytes.Clone(d.Name), slices.Clone(d.Answers)
	e <- event{dns: &c, position: position}
}

func (e events) Skip(reason string, position int64) { e <- event{reason: reason, position: position} }

func (e events) Reject(reason string, position int64) {
	e <- event{reject: true, reason: reason, position: position}
}

// pass hands what ended to the sink, in order, until the metering goroutine closes the events. Flows go back to
// be used again.
func (v *inspection) pass(ended events, sink record.Sink, free chan<- *flow) {
	for e := range ended {
		switch {
		case e.flow != nil:
			v.give(e.flow, sink)
			e.flow.reset()
			select {
			case free <- e.flow:
			default:
			}
		case e.dns != nil:
			sink.DNS(e.dns, e.position)
		case e.reject:
			sink.Reject(e.reason, nil, e.position)
		default:
			sink.Skip(e.reason, e.position)
		}
	}
}

// give hands a flow that ended to the sink.
func (v *inspection) give(f *flow, sink record.Sink) {
	v.inspect(f)
	for i := range f.queries {
		v.giveQuery(f, &f.queries[i])
	}
	if f.result.Reversed && !f.initiator {
		f.turn()
		f.answered = true // the client's packets came back in this view
	}
	r := &v.flow
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
	sink.Flow(r, f.position)
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

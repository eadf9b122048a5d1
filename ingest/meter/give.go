package meter

import (
	"github.com/banshift/banshift/ingest/meter/packet"
	"github.com/banshift/banshift/schemas"
)

// give hands a flow that ended to the sink.
func (m *Meter) give(f *flow) {
	m.finish(f)
	for i := range f.queries {
		m.giveQuery(f, &f.queries[i])
	}
	if f.result.Reversed && !f.initiator {
		f.turn()
		f.answered = true // the client's packets came back in this view
	}
	r := &m.flow
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
	m.sink.Flow(r, f.position)
	m.table.remove(f)
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

package meter

import (
	"github.com/banshift/banshift/ingest/meter/dnsmsg"
	"github.com/banshift/banshift/ingest/meter/inspect"
	"github.com/banshift/banshift/ingest/meter/packet"
	"github.com/banshift/banshift/ingest/record"
)

// inspection tells what the first payloads of flows say, and gives their DNS messages out. It has room that is used
// again, so each goroutine has its own.
type inspection struct {
	inspector *inspect.Inspector
	view      inspect.Flow
	streams   dnsStreams
	message   dnsmsg.Message
	dns       record.DNS
	answered  func(d *record.DNS, position int64) // takes DNS messages
}

func newInspection() inspection { return inspection{inspector: inspect.New()} }

// inspect tells the protocol of a flow by its buffered payloads.
func (in *inspection) inspect(f *flow) {
	if f.inspected {
		return
	}
	f.inspected = true
	if len(f.payloads) == 0 {
		return
	}
	in.view.Protocol, in.view.SrcPort, in.view.DstPort = f.key.protocol, f.srcPort, f.dstPort
	in.view.Initiator = f.initiator
	in.view.Payloads = in.view.Payloads[:0]
	for _, p := range f.payloads {
		in.view.Payloads = append(in.view.Payloads, inspect.Payload{
			Up: p.up, Gap: p.gap, Size: p.size, Time: p.time / 1000, Data: f.buffered[p.from:p.to], Head: p.head,
		})
	}
	f.result = in.inspector.Inspect(&in.view)
	if f.key.protocol == packet.TCP && (f.srcPort == portDNS || f.dstPort == portDNS) {
		in.dnsStream(f)
	}
}

package decode

import (
	"github.com/banshift/banshift/ingest/decode/jsonscan"
	"github.com/banshift/banshift/ingest/record"
)

// goflow2JSON reads the JSON of goflow2 2.x (`-format json`; keys time_*_ns) and 1.x
// (time_flow_start in seconds, time_flow_start_ms, or the CamelCase keys of 1.0).
type goflow2JSON struct {
	scan jsonscan.Scanner
	flow record.Flow
	raw  wireFlow
}

// Decode implements [Message].
func (d *goflow2JSON) Decode(msg []byte, position int64, sink record.Sink) {
	msg = trimMark(msg)
	if isBlank(msg) {
		sink.Skip(blank, position)
		return
	}
	d.raw = wireFlow{}
	s := &d.scan
	s.Names = goflow2Field
	for s.Reset(msg); s.Next(); {
		d.member(s)
	}
	if s.Err() != nil {
		sink.Reject(s.Err().Error(), msg, position)
		return
	}
	if reason := d.raw.fill(&d.flow); reason != "" {
		sink.Reject(reason, msg, position)
		return
	}
	sink.Flow(&d.flow, position)
}

// What the keys of goflow2 2.x, 1.x and 1.0 say; keys that say nothing about a flow are
// passed over.
const (
	g2Type = 1 + iota
	g2StartNS
	g2EndNS
	g2ReceivedNS
	g2StartMS
	g2EndMS
	g2StartS
	g2EndS
	g2ReceivedS
	g2SrcAddr
	g2DstAddr
	g2SrcPort
	g2DstPort
	g2Protocol
	g2Bytes
	g2Packets
	g2Flags
	g2Sampling
	g2Sampler
	g2Simulated
)

func goflow2Field(key []byte) int {
	switch string(key) {
	case "type", "Type":
		return g2Type
	case "time_flow_start_ns", "TimeFlowStartNs":
		return g2StartNS
	case "time_flow_end_ns", "TimeFlowEndNs":
		return g2EndNS
	case "time_received_ns", "TimeReceivedNs":
		return g2ReceivedNS
	case "time_flow_start_ms", "TimeFlowStartMs":
		return g2StartMS
	case "time_flow_end_ms", "TimeFlowEndMs":
		return g2EndMS
	case "time_flow_start", "TimeFlowStart":
		return g2StartS
	case "time_flow_end", "TimeFlowEnd":
		return g2EndS
	case "time_received", "TimeReceived":
		return g2ReceivedS
	case "src_addr", "SrcAddr":
		return g2SrcAddr
	case "dst_addr", "DstAddr":
		return g2DstAddr
	case "src_port", "SrcPort":
		return g2SrcPort
	case "dst_port", "DstPort":
		return g2DstPort
	case "proto", "Proto":
		return g2Protocol
	case "bytes", "Bytes":
		return g2Bytes
	case "packets", "Packets":
		return g2Packets
	case "tcp_flags", "TCPFlags":
		return g2Flags
	case "sampling_rate", "SamplingRate":
		return g2Sampling
	case "sampler_address", "SamplerAddress":
		return g2Sampler
	case "simulated":
		return g2Simulated
	}
	return 0
}

// member takes one member.
func (d *goflow2JSON) member(s *jsonscan.Scanner) {
	f := &d.raw
	switch s.Field() {
	case g2Type:
		f.frames = string(s.Text()) == "SFLOW_5"
	case g2StartNS:
		f.time(&f.start, s, nanos)
	case g2EndNS:
		f.time(&f.end, s, nanos)
	case g2ReceivedNS:
		f.time(&f.received, s, nanos)
	case g2StartMS:
		f.time(&f.start, s, millis)
	case g2EndMS:
		f.time(&f.end, s, millis)
	case g2StartS:
		f.coarse(&f.start, s)
	case g2EndS:
		f.coarse(&f.end, s)
	case g2ReceivedS:
		f.coarse(&f.received, s)
	case g2SrcAddr:
		f.address(&f.src, s.Text())
	case g2DstAddr:
		f.address(&f.dst, s.Text())
	case g2SrcPort:
		f.srcPort = count(s)
	case g2DstPort:
		f.dstPort = count(s)
	case g2Protocol:
		f.setProtocol(s)
	case g2Bytes:
		f.bytes = count(s)
	case g2Packets:
		f.packets = count(s)
	case g2Flags:
		f.flags = count(s)
	case g2Sampling:
		f.sampling = count(s)
	case g2Sampler:
		f.setExporter(s.Text())
	case g2Simulated:
		f.simulated, _ = s.Value().Bool()
	}
}

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
	if isBlank(msg) {
		sink.Skip(blank, position)
		return
	}
	d.raw = wireFlow{}
	s := &d.scan
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

// member takes one key; keys that say nothing about a flow are passed over.
func (d *goflow2JSON) member(s *jsonscan.Scanner) {
	f, v := &d.raw, s.Value()
	switch string(s.Key()) {
	case "type", "Type":
		f.frames = string(s.Text()) == "SFLOW_5"
	case "time_flow_start_ns", "TimeFlowStartNs":
		f.time(&f.start, v, nanos)
	case "time_flow_end_ns", "TimeFlowEndNs":
		f.time(&f.end, v, nanos)
	case "time_received_ns", "TimeReceivedNs":
		f.time(&f.received, v, nanos)
	case "time_flow_start_ms", "TimeFlowStartMs":
		f.time(&f.start, v, millis)
	case "time_flow_end_ms", "TimeFlowEndMs":
		f.time(&f.end, v, millis)
	case "time_flow_start", "TimeFlowStart":
		f.coarse(&f.start, v)
	case "time_flow_end", "TimeFlowEnd":
		f.coarse(&f.end, v)
	case "time_received", "TimeReceived":
		f.coarse(&f.received, v)
	case "src_addr", "SrcAddr":
		f.address(&f.src, s.Text())
	case "dst_addr", "DstAddr":
		f.address(&f.dst, s.Text())
	case "src_port", "SrcPort":
		f.srcPort = number(v)
	case "dst_port", "DstPort":
		f.dstPort = number(v)
	case "proto", "Proto":
		f.setProtocol(s)
	case "bytes", "Bytes":
		f.bytes = number(v)
	case "packets", "Packets":
		f.packets = number(v)
	case "tcp_flags", "TCPFlags":
		f.flags = number(v)
	case "sampling_rate", "SamplingRate":
		f.sampling = number(v)
	case "sampler_address", "SamplerAddress":
		f.exporter = s.Text()
	case "simulated":
		f.simulated, _ = v.Bool()
	}
}

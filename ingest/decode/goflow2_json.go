package decode

import (
	"net/netip"

	"github.com/banshift/banshift/ingest/decode/jsonscan"
	"github.com/banshift/banshift/ingest/record"
	"github.com/banshift/banshift/schemas"
)

// goflow2JSON reads the JSON of goflow2 2.x (`-format json`; keys time_*_ns) and 1.x
// (time_flow_start in seconds, time_flow_start_ms, or the CamelCase keys of 1.0).
type goflow2JSON struct {
	scan jsonscan.Scanner
	flow record.Flow
	raw  goflow2Fields
}

// goflow2Fields are what the wire form holds before it is checked; goflow2's JSON and
// protobuf share it.
type goflow2Fields struct {
	start, end, received int64 // ms, 0 where absent
	src, dst             netip.Addr
	badAddress           bool
	srcPort, dstPort     uint64
	protocol             uint8
	badProtocol          bool
	bytes, packets       uint64
	sampling, flags      uint64
	frames               bool // bytes count whole frames (sFlow)
	badTime              bool
	exporter             []byte
	simulated            bool
}

// Decode implements [Message].
func (d *goflow2JSON) Decode(msg []byte, position int64, sink record.Sink) {
	if isBlank(msg) {
		sink.Skip(blank, position)
		return
	}
	d.raw = goflow2Fields{}
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
		name := s.Text()
		if name == nil {
			name = v.Raw()
		}
		n, ok := protocolNumber(name)
		f.protocol, f.badProtocol = n, !ok
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

// number reads a count; what is no number is beyond every range that fill checks.
func number(v jsonscan.Value) uint64 {
	n, ok := v.Uint64()
	if !ok && v.Kind() != jsonscan.Null {
		return 1<<64 - 1
	}
	return n
}

func (f *goflow2Fields) time(at *int64, v jsonscan.Value, u unit) {
	ms, ok := instant(v, u)
	if ok {
		*at = ms
		return
	}
	if n, isNumber := v.Uint64(); !(isNumber && n == 0) && v.Kind() != jsonscan.Null {
		f.badTime = true
	}
}

// coarse reads seconds, unless a finer key has already been read.
func (f *goflow2Fields) coarse(at *int64, v jsonscan.Value) {
	if *at == 0 {
		f.time(at, v, seconds)
	}
}

func (f *goflow2Fields) address(to *netip.Addr, text []byte) {
	*to = netip.Addr{}
	if len(text) == 0 {
		return
	}
	a, ok := parseAddress(text)
	if !ok {
		f.badAddress = true
		return
	}
	*to = a
}

// fill makes the record, or gives the reason why it cannot be one.
func (f *goflow2Fields) fill(flow *record.Flow) (reason string) {
	switch {
	case f.badAddress:
		return badAddress
	case !f.src.IsValid():
		return noSource
	case !f.dst.IsValid():
		return noDestination
	case f.srcPort > 65535 || f.dstPort > 65535:
		return badPort
	case f.badProtocol:
		return badProtocol
	case f.badTime:
		return badTime
	case f.bytes == 1<<64-1 || f.packets == 1<<64-1:
		return "unreadable count"
	}
	start, end := f.start, f.end
	if start == 0 {
		start = f.received
	}
	if start == 0 {
		start = end
	}
	if start == 0 {
		return noTime
	}
	flow.Reset()
	flow.Start, flow.End = start, max(start, end)
	flow.Src, flow.Dst = f.src, f.dst
	flow.SrcPort, flow.DstPort = uint16(f.srcPort), uint16(f.dstPort)
	flow.Protocol = f.protocol
	flow.SrcBytes, flow.SrcPackets = f.bytes, f.packets
	flow.TCPFlags = uint8(f.flags)
	flow.SamplingRate = uint32(min(max(f.sampling, 1), 1<<32-1))
	flow.OneWay = true
	if !f.frames {
		flow.LenSemantics = schemas.LenIPTotal
	}
	flow.Exporter = f.exporter
	flow.Simulated = f.simulated
	return ""
}

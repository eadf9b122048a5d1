package decode

import (
	"net/netip"

	"github.com/banshift/banshift/ingest/decode/jsonscan"
	"github.com/banshift/banshift/ingest/record"
	"github.com/banshift/banshift/schemas"
)

// wireFlow is what a one-way flow record holds before it is checked: goflow2's JSON
// and protobuf and pmacct's JSON share it.
type wireFlow struct {
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

// count is number of the scanner's member.
func count(s *jsonscan.Scanner) uint64 {
	if n, ok := s.Whole(); ok {
		return n
	}
	return number(s.Value())
}

// number reads a count; what is no number is beyond every range that fill checks.
func number(v jsonscan.Value) uint64 {
	n, ok := v.Uint64()
	if !ok && v.Kind() != jsonscan.Null {
		return 1<<64 - 1
	}
	return n
}

// setProtocol takes a number or a name.
func (f *wireFlow) setProtocol(s *jsonscan.Scanner) {
	name := s.Text()
	if name == nil {
		name = s.Value().Raw()
	}
	n, ok := protocolNumber(name)
	f.protocol, f.badProtocol = n, !ok
}

// time reads a time that is not 0.
func (f *wireFlow) time(at *int64, s *jsonscan.Scanner, u unit) {
	if n, ok := s.Whole(); ok && u == nanos && n >= 1_000_000 && n/1_000_000_000 <= maxSeconds {
		*at = int64(n / 1_000_000) // as instant has it, without its divisions by a variable
		return
	}
	v := s.Value()
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
func (f *wireFlow) coarse(at *int64, s *jsonscan.Scanner) {
	if *at == 0 {
		f.time(at, s, seconds)
	}
}

func (f *wireFlow) address(to *netip.Addr, text []byte) {
	a, ok := parseEnd(text)
	*to, f.badAddress = a, f.badAddress || !ok
}

// fill makes the record, or gives the reason why it cannot be one.
func (f *wireFlow) fill(flow *record.Flow) (reason string) {
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

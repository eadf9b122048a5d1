package decode

import (
	"math"
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
	guessed              bool // start or end is real only if it is in another unit
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

// number reads a count; what is no whole number is beyond every range that fill checks.
func number(v jsonscan.Value) uint64 {
	n, ok := v.Uint64()
	if !ok && v.Kind() == jsonscan.Null {
		return 0
	}
	if f, isNumber := v.Float64(); !ok || isNumber && f != math.Trunc(f) {
		return 1<<64 - 1
	}
	return n
}

// setProtocol takes a number or a name.
func (f *wireFlow) setProtocol(s *jsonscan.Scanner) {
	name := s.Text()
	if s.Value().Kind() == jsonscan.Null {
		return
	}
	if name == nil {
		name = s.Value().Raw()
	}
	n, ok := protocolNumber(name)
	f.protocol, f.badProtocol = n, !ok
}

// time reads a time.
func (f *wireFlow) time(at *int64, s *jsonscan.Scanner, u unit) {
	if n, ok := s.Whole(); ok && u == nanos && n >= firstReal*1_000_000 && n/1_000_000_000 < maxSeconds {
		*at = int64(n / 1_000_000) // as readTime has it, without its divisions by a variable
		return
	}
	f.took(at)(readTime(s.Value(), u))
}

// took gives what takes a time that was read.
func (f *wireFlow) took(at *int64) func(ms int64, how reading) {
	return func(ms int64, how reading) {
		if how == unreadable {
			f.badTime = true
			return
		}
		*at = ms
		f.guessed = f.guessed || how == guessed && at != &f.received
	}
}

// coarse reads seconds, unless a finer key has already been read.
func (f *wireFlow) coarse(at *int64, s *jsonscan.Scanner) {
	if *at == 0 {
		f.time(at, s, seconds)
	}
}

func (f *wireFlow) setExporter(text []byte) {
	if !isUnknown(text) {
		f.exporter = text
	}
}

func (f *wireFlow) address(to *netip.Addr, text []byte) {
	a, ok := parseEnd(text)
	*to, f.badAddress = a, f.badAddress || !ok
}

// Bounds of what is believed of an exporter's clock.
const (
	// clockSkew is how far in ms an exporter's clock may be ahead of the collector's.
	clockSkew = 10 * 60_000
	// halfUptime is half of the 2^32 ms (49.7 days) after which the uptime of NetFlow
	// (RFC 3954 section 5.1) begins anew: a longer flow is one that was begun before.
	halfUptime = 1 << 31
)

// times gives start and end in ms. When a record was received is the collector's own
// clock: it stands for a start or end that is missing or lies behind it. ok: there are any.
func (f *wireFlow) times() (start, end int64, ok bool) {
	start, end = f.start, f.end
	if f.guessed && (f.received == 0 || abs(max(start, end)-f.received) > halfUptime) {
		start, end = 0, 0 // counted from the exporter's boot, not in another unit
	}
	switch {
	case f.received == 0 && end != 0 && start-end > clockSkew:
		start = end
	case start != 0 && end-start > halfUptime:
		start = end
	}
	if f.received != 0 {
		start, end = believe(start, f.received), believe(end, f.received)
	}
	if start == 0 {
		start = max(f.received, end)
	}
	return start, max(start, end), start != 0
}

// believe gives a time unless it is behind that of the receipt, which then stands for it.
func believe(at, received int64) int64 {
	if at > received+clockSkew {
		return received
	}
	return at
}

func abs(n int64) int64 { return max(n, -n) }

// rate gives the sampling rate: 1 where none is said.
func (f *wireFlow) rate() (rate uint32, ok bool) {
	return uint32(max(f.sampling, 1)), f.sampling <= 1<<32-1
}

// fill makes the record, or gives the reason why it cannot be one.
func (f *wireFlow) fill(flow *record.Flow) (reason string) {
	start, end, hasTime := f.times()
	rate, okRate := f.rate()
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
	case !hasTime:
		return noTime
	case !okRate:
		return badSampling
	case !plausible(uint64(rate), f.bytes, f.packets):
		return badCount
	case f.flags > 65535: // RFC 5102 section 5.8.6 has room for 16 bits
		return badFlags
	}
	flow.Reset()
	flow.Start, flow.End = start, end
	flow.Src, flow.Dst = f.src, f.dst
	flow.SrcPort, flow.DstPort = uint16(f.srcPort), uint16(f.dstPort)
	flow.Protocol = f.protocol
	flow.SrcBytes, flow.SrcPackets = f.bytes, f.packets
	flow.TCPFlags = uint8(f.flags)
	flow.SamplingRate = rate
	flow.OneWay = true
	if !f.frames {
		flow.LenSemantics = schemas.LenIPTotal
	}
	flow.Exporter = f.exporter
	flow.Simulated = f.simulated
	return ""
}

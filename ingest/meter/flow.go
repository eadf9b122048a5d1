package meter

import (
	"math"
	"net/netip"

	"github.com/banshift/banshift/ingest/meter/inspect"
	"github.com/banshift/banshift/ingest/meter/packet"
	"github.com/banshift/banshift/schemas"
)

// flow is an open biflow. "up" is from src to dst.
type flow struct {
	key        key
	swapped    bool // as of keyOf for packets that go up
	prev, next *flow

	src, dst         netip.Addr
	srcPort, dstPort uint16
	position         int64
	start, last      int64 // µs
	bytesUp          uint64
	bytesDown        uint64
	packetsUp        uint64
	packetsDown      uint64
	flags            uint8
	initiator        bool
	answered         bool // a packet other than a RST came back

	isn      uint32 // of the initiator's SYN
	up, down tcpHalf
	pending  []pendingSegment // TCP segments beyond a gap
	waiting  int              // bytes in pending

	sizes     [schemas.MaxFirstSizes]int16
	numSizes  int
	payloads  []bufferedPayload
	buffered  []byte // captured bytes of payloads
	inspected bool
	result    inspect.Result

	queries []query // DNS questions without an answer yet
}

// bufferedPayload is an inspect.Payload whose bytes lie in flow.buffered.
type bufferedPayload struct {
	up, gap bool
	size    int
	head    int   // as of inspect.Payload
	latest  int   // TCP: size of its last segment
	time    int64 // µs, of its first segment
	ended   int64 // µs, TCP: of its last one
	from    int
	to      int
}

// reset empties f for reuse and keeps its lists.
func (f *flow) reset() {
	*f = flow{
		payloads: f.payloads[:0],
		pending:  f.pending[:0],
		queries:  f.queries[:0],
	}
}

// begin sets the ends of f by its first packet.
func (f *flow) begin(p *parsed) {
	s := &p.segment
	f.src, f.dst, f.srcPort, f.dstPort = p.src, p.dst, s.SrcPort, s.DstPort
	f.start, f.last, f.position = p.now, p.now, p.position
	if f.key.protocol == packet.TCP && s.Flags&packet.SYN != 0 {
		f.initiator = true
		if s.Flags&packet.ACK != 0 {
			f.turn()
		}
	}
}

// turn exchanges the ends of f, before anything but its first packet was counted or,
// at its end, together with all that was counted.
func (f *flow) turn() {
	f.swapped = !f.swapped
	f.src, f.dst = f.dst, f.src
	f.srcPort, f.dstPort = f.dstPort, f.srcPort
	f.bytesUp, f.bytesDown = f.bytesDown, f.bytesUp
	f.packetsUp, f.packetsDown = f.packetsDown, f.packetsUp
	f.up, f.down = f.down, f.up
	for i := range f.sizes {
		f.sizes[i] = -f.sizes[i]
	}
	for i := range f.payloads {
		f.payloads[i].up = !f.payloads[i].up
	}
}

// endsBefore reports whether the packet s does not belong to f any more but begins
// another flow of the same five-tuple: after too long a silence, or with a SYN of
// another connection. A SYN that merely tries again does not.
func (f *flow) endsBefore(s *packet.Segment, now, idle int64) bool {
	if now-f.last > idle {
		return true
	}
	if f.key.protocol != packet.TCP || s.Flags&(packet.SYN|packet.ACK) != packet.SYN {
		return false
	}
	return s.Seq != f.isn && f.bytesUp+f.bytesDown > 0 && f.flags&(packet.SYN|packet.FIN|packet.RST) != 0
}

// count adds a packet to the counters.
func (f *flow) count(s *packet.Segment, up bool, now int64) {
	f.start, f.last = min(f.start, now), max(f.last, now)
	f.flags |= s.Flags
	if up {
		f.packetsUp++
		f.bytesUp += uint64(s.Len)
		return
	}
	f.packetsDown++
	f.bytesDown += uint64(s.Len)
	if f.key.protocol != packet.TCP || s.Flags&packet.RST == 0 {
		f.answered = true
	}
}

// addSize notes the size of a payload among the first ones.
func (f *flow) addSize(size int, up bool) {
	if f.numSizes == len(f.sizes) {
		return
	}
	n := int16(min(size, math.MaxInt16))
	if !up {
		n = -n
	}
	f.sizes[f.numSizes] = n
	f.numSizes++
}

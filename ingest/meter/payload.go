package meter

import (
	"bytes"

	"github.com/banshift/banshift/ingest/meter/inspect"
	"github.com/banshift/banshift/ingest/meter/packet"
)

// How much of the first payloads is buffered for inspection. UDP: the first packets whole
// (a QUIC Initial must be), of later ones the headers. TCP: what a handshake with a
// post-quantum key share and a certificate chain takes.
const (
	wholeDatagrams  = 8
	maxDatagram     = 2048
	datagramHead    = 256
	handshakeHead   = 1280 // where a handshake behind random bytes may still come (AmneziaWG, S1: 1132 at the most)
	fewAnswers      = 2
	maxJunk         = 288 // unanswered datagrams after which no handshake is waited for: twice what AmneziaWG may send, and the handshake
	maxStreamBytes  = 24 << 10
	maxPendingBytes = 32 << 10
	maxPending      = 32
)

// tcpHalf is one direction of a TCP connection.
type tcpHalf struct {
	next  uint32 // sequence number of the next byte
	known bool
}

// pendingSegment is a TCP segment that came before its predecessors.
type pendingSegment struct {
	up   bool
	seq  uint32
	size int
	time int64
	data []byte
}

// udpPayload takes a datagram's payload.
func (m *Meter) udpPayload(f *flow, s *packet.Segment, up bool, now, position int64) {
	if s.Len == 0 {
		return
	}
	if f.srcPort == portDNS || f.dstPort == portDNS {
		m.dnsMessage(f, s.Payload, s.Len, up, now, position)
	}
	m.datagramPayload(f, s, up, now)
}

// datagramPayload takes the payload of a packet of any protocol without streams.
func (m *Meter) datagramPayload(f *flow, s *packet.Segment, up bool, now int64) {
	if s.Len == 0 {
		return
	}
	f.addSize(s.Len, up)
	if f.isMirrored(s, up, now) {
		return
	}
	if f.inspected {
		f.result.Signatures = f.result.Signatures.With(inspect.Later(f.result.Signatures, s.Payload))
		return
	}
	limit := datagramHead
	switch {
	case len(f.payloads) < wholeDatagrams:
		limit = maxDatagram
	case f.packetsDown <= fewAnswers:
		limit = handshakeHead
	}
	m.buffer(f, bufferedPayload{up: up, size: s.Len, time: now}, s.Payload[:min(len(s.Payload), limit)])
	if len(f.payloads) < inspect.MaxPayloads {
		return
	}
	if f.key.protocol == packet.UDP && f.packetsDown == 0 && f.packetsUp < maxJunk {
		m.skipMiddle(f)
		return
	}
	m.inspect(f)
}

// mirrorGap is within which time, in µs, a port that mirrors both directions of a link
// shows a packet twice. Nobody sends the same again so soon.
const mirrorGap = 5_000

// isMirrored reports a datagram that equals the last one buffered.
func (f *flow) isMirrored(s *packet.Segment, up bool, now int64) bool {
	if f.inspected || len(f.payloads) == 0 {
		return false
	}
	last := &f.payloads[len(f.payloads)-1]
	captured := f.buffered[last.from:last.to]
	return last.up == up && last.size == s.Len && now-last.time <= mirrorGap && bytes.HasPrefix(s.Payload, captured)
}

// skipMiddle drops payloads behind the first ones of a flow to which nothing came
// back: what AmneziaWG sends before its handshake is junk, up to 128 datagrams of it.
func (m *Meter) skipMiddle(f *flow) {
	const from, to = wholeDatagrams, inspect.MaxPayloads / 2
	gone := f.payloads[to].from - f.payloads[from].from
	f.buffered = append(f.buffered[:f.payloads[from].from], f.buffered[f.payloads[to].from:]...)
	f.payloads = append(f.payloads[:from], f.payloads[to:]...)
	for i := range f.payloads[from:] {
		p := &f.payloads[from+i]
		p.from, p.to = p.from-gone, p.to-gone
	}
	m.buffered -= gone
}

// tcpPayload takes a segment's payload: in the order of sequence numbers, each byte once.
func (m *Meter) tcpPayload(f *flow, s *packet.Segment, up bool, now int64) {
	half := f.half(up)
	seq := s.Seq
	if s.Flags&packet.SYN != 0 {
		if up {
			f.isn, f.initiator = s.Seq, true
		}
		seq++
		half.next, half.known = seq, true
	}
	if s.Len == 0 || f.inspected && f.numSizes == len(f.sizes) {
		return
	}
	if !half.known {
		half.next, half.known = seq, true
	}
	p := pendingSegment{up: up, seq: seq, size: s.Len, time: now, data: s.Payload}
	if int32(seq-half.next) > 0 {
		m.postpone(f, p)
		return
	}
	m.deliver(f, p, false)
	m.drain(f, up)
}

func (f *flow) half(up bool) *tcpHalf {
	if up {
		return &f.up
	}
	return &f.down
}

// postpone keeps a segment until its predecessors are there, or gives them up.
func (m *Meter) postpone(f *flow, p pendingSegment) {
	if f.inspected {
		p.data = nil
	}
	p.data = append([]byte(nil), p.data[:min(len(p.data), maxStreamBytes)]...)
	f.pending = append(f.pending, p)
	f.waiting += len(p.data)
	m.buffered += len(p.data)
	for len(f.pending) >= maxPending || f.waiting > maxPendingBytes {
		m.deliverFirst(f)
	}
}

// deliverFirst gives up the gap before the pending segment that is nearest to it.
func (m *Meter) deliverFirst(f *flow) {
	first := 0
	for i, p := range f.pending {
		if p.up == f.pending[first].up && int32(p.seq-f.pending[first].seq) < 0 {
			first = i
		}
	}
	p := m.takePending(f, first)
	half := f.half(p.up)
	gap := int32(p.seq-half.next) > 0
	if gap {
		half.next = p.seq
	}
	m.deliver(f, p, gap)
	m.drain(f, p.up)
}

// drain delivers the pending segments of a direction that follow without a gap.
func (m *Meter) drain(f *flow, up bool) {
	half := f.half(up)
	for i := 0; i < len(f.pending); {
		if p := f.pending[i]; p.up == up && int32(p.seq-half.next) <= 0 {
			m.deliver(f, m.takePending(f, i), false)
			i = 0
			continue
		}
		i++
	}
}

func (m *Meter) takePending(f *flow, i int) pendingSegment {
	p := f.pending[i]
	f.pending = append(f.pending[:i], f.pending[i+1:]...)
	f.waiting -= len(p.data)
	m.buffered -= len(p.data)
	return p
}

// deliver takes the part of a segment that is new.
func (m *Meter) deliver(f *flow, p pendingSegment, gap bool) {
	half := f.half(p.up)
	old := int(int32(half.next - p.seq))
	if old >= p.size {
		return
	}
	size, data := p.size-old, p.data[min(old, len(p.data)):]
	half.next += uint32(size)
	f.addSize(size, p.up)
	if f.inspected {
		return
	}
	data = data[:min(len(data), maxStreamBytes-len(f.buffered))]
	if !gap && (f.isPiece(p.up, p.time) || len(f.payloads) >= manyPieces && f.isHelloGoingOn(p.up)) && m.lengthen(f, p.time, size, data) {
		return
	}
	m.buffer(f, bufferedPayload{up: p.up, gap: gap, size: size, latest: size, time: p.time, ended: p.time}, data)
	if len(f.payloads) >= inspect.MaxPayloads || len(f.buffered) >= maxStreamBytes {
		m.inspect(f)
	}
}

// smallPiece is the least that a path may ask a sender to cut its segments to (Linux, tcp_min_snd_mss).
const smallPiece = 48

// pieceGap is how long, in µs, a program waits between pieces at the most: what comes later is something else, or the same again.
const pieceGap = 1_000_000

// isPiece reports that the latest payload is of this direction and ends in a segment shorter than any path asks
// for: a program wrote so little, or cut it, and goes on at once. Request lines and greetings are sent so past filters.
func (f *flow) isPiece(up bool, now int64) bool {
	if len(f.payloads) == 0 || f.srcPort == portDNS || f.dstPort == portDNS {
		return false // when each message of DNS came is told
	}
	last := &f.payloads[len(f.payloads)-1]
	return last.up == up && now-last.ended < pieceGap && last.latest < smallPiece && last.to-last.from == last.size
}

// manyPieces is from how many payloads on the pieces of a TLS hello are kept as one: programs that go round a
// filter of names cut theirs into hundreds.
const manyPieces = inspect.MaxPayloads / 2

// isHelloGoingOn reports that the latest payloads are whole, of one direction, and begin a hello that goes on.
func (f *flow) isHelloGoingOn(up bool) bool {
	from := len(f.payloads)
	for missing := false; from > 0 && !missing; from-- {
		p := &f.payloads[from-1]
		if p.up != up || p.to-p.from < p.size {
			break
		}
		missing = p.gap
	}
	return from < len(f.payloads) && inspect.IsUnfinishedHello(f.buffered[f.payloads[from].from:])
}

// lengthen adds what follows the latest payload to it; false where it would be more than may be buffered.
func (m *Meter) lengthen(f *flow, now int64, size int, data []byte) bool {
	if len(data) < size || m.buffered+size > m.opts.MaxBufferedBytes {
		return false
	}
	last := &f.payloads[len(f.payloads)-1]
	f.buffered = append(m.spare.roomFor(f.buffered, size), data...)
	if last.head == 0 {
		last.head = last.size
	}
	last.size, last.latest, last.ended = last.size+size, size, now
	last.to = len(f.buffered)
	m.buffered += size
	return true
}

// buffer keeps a payload for inspection.
func (m *Meter) buffer(f *flow, p bufferedPayload, data []byte) {
	if m.buffered+len(data) > m.opts.MaxBufferedBytes {
		m.inspect(f)
		return
	}
	p.from = len(f.buffered)
	f.buffered = append(m.spare.roomFor(f.buffered, len(data)), data...)
	p.to = len(f.buffered)
	f.payloads = append(f.payloads, p)
	m.buffered += len(data)
}

// inspect tells the protocol of a flow that goes on, and drops its payloads.
func (m *Meter) inspect(f *flow) {
	m.inspection.inspect(f)
	m.buffered -= len(f.buffered)
	m.spare.put(f.buffered)
	f.payloads, f.buffered = f.payloads[:0], nil
}

// release takes a flow that was given out, to be used again.
func (m *Meter) release(f *flow) {
	m.spare.put(f.buffered)
	m.table.release(f)
}

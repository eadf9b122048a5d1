package decode

import (
	"encoding/base64"
	"encoding/binary"

	"github.com/banshift/banshift/schemas"
)

// packetEvent takes first sizes, TCP flags and payloads from a packet of a known flow.
func (d *ndpid) packetEvent() {
	e := &d.event
	el, ok := d.flows[d.key(e)]
	if !ok || !d.joined {
		return
	}
	f := el.Value.(*ndpidFlow)
	if f.sizes == schemas.MaxFirstSizes {
		return
	}
	raw := make([]byte, base64.StdEncoding.DecodedLen(len(e.packet)))
	n, err := base64.StdEncoding.Decode(raw, e.packet)
	if err != nil {
		return
	}
	p, ok := readPacket(raw[:n], e, f.flow.Protocol)
	if !ok || p.size == 0 && p.flags == 0 {
		return
	}
	fromSrc := p.src == string(f.flow.Src.AsSlice()) && p.srcPort == f.flow.SrcPort
	if f.flow.Protocol == 6 {
		f.flow.TCPFlags |= p.flags
	}
	if p.size == 0 || f.repeated(&p, fromSrc) {
		return
	}
	size := int16(min(p.size, 1<<15-1))
	if !fromSrc {
		size = -size
	}
	f.flow.FirstSizes[f.sizes] = size
	f.sizes++
	if d.inspect != nil && d.held+len(p.payload) <= maxHeldPayloads {
		d.held += len(p.payload)
		f.payloads = append(f.payloads, Payload{FromSrc: fromSrc, Size: p.size, Time: int64(e.now / 1000), Data: p.payload})
	}
}

// packet is what a packet event carries on its transport layer.
type packet struct {
	src     string // raw bytes of the sender's address
	srcPort uint16
	tcp     bool
	flags   uint8
	seq     uint32
	size    int // payload on the wire
	payload []byte
}

// readPacket reads the network and transport headers at the offsets that nDPId found.
func readPacket(raw []byte, e *ndpidEvent, protocol uint8) (packet, bool) {
	size := uint64(len(raw))
	if e.l3 >= size || e.l4 <= e.l3 || e.l4+8 > size {
		return packet{}, false
	}
	ip, l4 := raw[e.l3:], raw[e.l4:]
	var p packet
	switch {
	case ip[0]>>4 == 4 && len(ip) >= 20:
		p.src = string(ip[12:16])
	case ip[0]>>4 == 6 && len(ip) >= 40:
		p.src = string(ip[8:24])
	default:
		return packet{}, false
	}
	p.srcPort = binary.BigEndian.Uint16(l4)
	header := 8
	switch {
	case protocol == 17:
	case protocol == 6 && len(l4) >= 20:
		p.tcp, p.seq, p.flags = true, binary.BigEndian.Uint32(l4[4:]), l4[13]
		header = int(l4[12]>>4) * 4
	default:
		return packet{}, false
	}
	if e.l4Len < uint64(header) || e.l4Len > 1<<16 || header > len(l4) {
		return packet{}, false
	}
	p.size = int(e.l4Len) - header
	p.payload = l4[header:min(len(l4), header+p.size)]
	return p, true
}

// repeated reports a TCP segment that was seen before, and remembers this one.
func (f *ndpidFlow) repeated(p *packet, fromSrc bool) bool {
	if !p.tcp {
		return false
	}
	way := 0
	if fromSrc {
		way = 1
	}
	end := p.seq + uint32(p.size)
	if f.begun[way] && int32(end-f.next[way]) <= 0 {
		return true
	}
	f.begun[way], f.next[way] = true, end
	return false
}

package inspect

import (
	"encoding/binary"

	"github.com/banshift/banshift/schemas"
)

// minL2TPData is how many data messages make a tunnel that began unseen.
const minL2TPData = 4

// l2tp finds L2TP, version 2 (RFC 2661) and over UDP version 3 (RFC 3931 section 4.1.2): a control message whose length field equals the
// datagram's and which begins with a Message Type AVP (section 4.4.1), random bytes
// 2^-80; or data messages with the same tunnel and session each way that carry PPP.
func l2tp(c *conversation, r *finding) {
	data := 0
	var ids [2]uint32
	for i := range c.payloads {
		p := &c.payloads[i]
		if len(p.Data) < 8 || p.Data[1]&0x0f != 2 && !isL2TPv3(p.Data) {
			return
		}
		if p.Data[0]&0x80 != 0 {
			start, ok := l2tpControl(p.Data, p.Size)
			if !ok {
				return
			}
			if start && c.fromClient(p) {
				r.addRole(schemas.SigL2TP)
			} else if !isZLB(p) {
				r.add(schemas.SigL2TP)
			}
			continue
		}
		if isL2TPv3(p.Data) {
			continue // a session's id, and whatever it carries
		}
		id, ok := l2tpData(p.Data, p.Size)
		way := wayOf(c.fromClient(p))
		if !ok || ids[way] != 0 && ids[way] != id {
			return
		}
		ids[way] = id
		data++
	}
	if data >= minL2TPData {
		if !r.has(schemas.SigL2TP) {
			r.addTraits(schemas.TraitMidstream)
		}
		r.add(schemas.SigL2TP)
	}
}

// isL2TPv3 reports a message of version 3: control, or data behind two reserved bytes.
func isL2TPv3(b []byte) bool {
	return b[1] == 3 && (b[0] == 0xc8 || b[0] == 0 && isZero(b[2:4]))
}

func isZLB(p *Payload) bool { return p.Size == 12 }

// l2tpControl checks a control message; start says that it is an SCCRQ.
func l2tpControl(b []byte, size int) (start, ok bool) {
	if len(b) < 12 || b[0] != 0xc8 || b[1] != 2 && b[1] != 3 || int(binary.BigEndian.Uint16(b[2:])) != size {
		return false, false
	}
	if size == 12 {
		return false, true // a zero-length body acknowledges
	}
	if len(b) < 20 {
		return false, false
	}
	kind := binary.BigEndian.Uint16(b[18:])
	ok = b[12]&0x3c == 0 && b[12]&3 == 0 && b[13] == 8 && isZero(b[14:18]) && kind >= 1 && kind <= 28
	return kind == 1, ok
}

// l2tpData checks a data message and gives tunnel and session.
func l2tpData(b []byte, size int) (id uint32, ok bool) {
	const length, sequence, offset, reserved = 0x40, 0x08, 0x02, 0x34
	if b[0]&reserved != 0 || b[1] != 2 {
		return 0, false
	}
	at := 2
	if b[0]&length != 0 {
		if int(binary.BigEndian.Uint16(b[2:])) != size {
			return 0, false
		}
		at += 2
	}
	if len(b) < at+4 {
		return 0, false
	}
	id = binary.BigEndian.Uint32(b[at:])
	at += 4
	if b[0]&sequence != 0 {
		at += 4
	}
	if b[0]&offset != 0 {
		if len(b) < at+2 {
			return 0, false
		}
		at += 2 + int(binary.BigEndian.Uint16(b[at:]))
	}
	return id, id != 0 && at < len(b) && isPPP(b[at:], size-at)
}

// Protocols of PPP (IANA, Point-to-Point Protocol Field Assignments).
const (
	pppIPv4       = 0x0021
	pppCompressed = 0x00fd // also encrypted, RFC 3078
	pppTCP        = 0x002d
	pppUncomp     = 0x002f
	pppIPv6       = 0x0057
)

// isPPP checks a PPP frame of a size (RFC 1661): address and control unless compressed, a
// known protocol, compressed or not, and what it carries: a packet of that version, or a
// control message with its length. Compressed datagrams have nothing to check and are
// taken behind address and control only.
func isPPP(b []byte, size int) bool {
	framed := len(b) >= 2 && b[0] == 0xff && b[1] == 3
	if framed {
		b, size = b[2:], size-2
	}
	if len(b) < 2 {
		return false
	}
	protocol, head := int(b[0]), 1
	if protocol&1 == 0 {
		protocol, head = int(binary.BigEndian.Uint16(b)), 2
	}
	b, size = b[head:], size-head
	switch protocol {
	case pppIPv4:
		return len(b) >= 4 && b[0]>>4 == 4 && int(binary.BigEndian.Uint16(b[2:])) <= size
	case pppIPv6:
		return len(b) >= 6 && b[0]>>4 == 6 && 40+int(binary.BigEndian.Uint16(b[4:])) <= size
	case pppCompressed, pppTCP, pppUncomp:
		return framed
	case 0x8021, 0x8057, 0x80fd, 0x8053, 0xc021, 0xc023, 0xc025, 0xc223, 0xc227, 0xc229:
		const maxCode = 15
		return len(b) >= 4 && b[0] >= 1 && b[0] <= maxCode && int(binary.BigEndian.Uint16(b[2:])) <= size
	}
	return false
}

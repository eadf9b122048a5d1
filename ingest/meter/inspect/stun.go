package inspect

import (
	"encoding/binary"

	"github.com/banshift/banshift/schemas"
)

// isSTUN checks a STUN message (RFC 8489 section 5): magic cookie, and a length that
// is the datagram's and a multiple of four. Random bytes: 2^-50.
func isSTUN(p *Payload) bool {
	b := p.Data
	return len(b) >= 20 && b[0]&0xc0 == 0 && binary.BigEndian.Uint32(b[4:]) == 0x2112a442 &&
		b[3]&3 == 0 && int(binary.BigEndian.Uint16(b[2:]))+20 == p.Size
}

// stun finds STUN and TURN.
func stun(c *conversation, r *finding) {
	for i := range c.payloads {
		p := &c.payloads[i]
		if isSTUN(p) {
			r.add(schemas.SigSTUN)
			return
		}
	}
}

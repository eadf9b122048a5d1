package inspect

import (
	"encoding/binary"

	"github.com/banshift/banshift/schemas"
)

// pptp finds PPTP's control connection (RFC 2637 section 2): message type 1, magic
// cookie 1A2B3C4D, a known control message of the right length. Random bytes: 2^-70.
func pptp(c *conversation, r *finding) {
	for i := range c.payloads {
		p := &c.payloads[i]
		b := p.Data
		if len(b) < 12 || binary.BigEndian.Uint32(b[4:]) != 0x1a2b3c4d || binary.BigEndian.Uint16(b[2:]) != 1 || !isZero(b[10:12]) {
			continue
		}
		kind, length := binary.BigEndian.Uint16(b[8:]), int(binary.BigEndian.Uint16(b))
		if kind < 1 || kind > 15 || length < 16 || length > p.Size {
			continue
		}
		const startRequest, outgoingCall = 1, 7
		if c.fromClient(p) && (kind == startRequest || kind == outgoingCall) {
			r.addRole(schemas.SigPPTP)
			return
		}
		r.add(schemas.SigPPTP)
	}
}

// minGREPPP is how many packets show enhanced GRE.
const minGREPPP = 2

// pptpGRE finds the enhanced GRE of PPTP (RFC 2637 section 4.1): version 1, key
// present, protocol 880B, the payload length exact, the call id constant.
func pptpGRE(c *conversation, r *finding) {
	n := 0
	var calls [2]uint16
	for i := range c.payloads {
		p := &c.payloads[i]
		b := p.Data
		if len(b) < 8 || b[0]&^0x10 != 0x20 || b[1]&^0x80 != 1 || binary.BigEndian.Uint16(b[2:]) != 0x880b {
			return
		}
		call := binary.BigEndian.Uint16(b[6:])
		way := wayOf(c.fromClient(p))
		head := 8
		if b[0]&0x10 != 0 {
			head += 4
		}
		if b[1]&0x80 != 0 {
			head += 4
		}
		if head+int(binary.BigEndian.Uint16(b[4:])) != p.Size || calls[way] != 0 && calls[way] != call {
			return
		}
		calls[way] = call
		n++
	}
	if n >= minGREPPP {
		r.add(schemas.SigGREPPP)
	}
}

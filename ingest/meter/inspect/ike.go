package inspect

import (
	"bytes"
	"encoding/binary"

	"github.com/banshift/banshift/schemas"
)

// ike finds ISAKMP and IKE (RFC 2408 section 3.1, RFC 7296 section 3.1), bare or behind
// the non-ESP marker of RFC 3948 section 2.2. The length field must equal the
// payload's, version, exchange and flags be known: random bytes pass with 2^-50.
func ike(c *conversation, r *finding) {
	keepalives, others := 0, 0
	for i := range c.payloads {
		p := &c.payloads[i]
		switch {
		case p.Size == 1 && len(p.Data) == 1 && p.Data[0] == 0xff:
			keepalives++
		case isIKE(p.Data, p.Size):
			ikeRole(p.Data, c.fromClient(p), schemas.SigIKE, r)
		case len(p.Data) > 4 && isZero(p.Data[:4]) && isIKE(p.Data[4:], p.Size-4):
			ikeRole(p.Data[4:], c.fromClient(p), schemas.SigIKENATT, r)
		default:
			others++
		}
	}
	if others > 0 && c.first(false) == nil {
		// Unanswered, and not all of it is IKE: a probe that tries several protocols.
		r.drop(schemas.SigIKE, schemas.SigIKENATT)
	}
	if keepalives > 0 {
		r.add(schemas.SigNATKeepalive)
	}
}

// ikeRole notes a message; the first of an exchange comes from the initiator.
func ikeRole(b []byte, client bool, sig schemas.Signature, r *finding) {
	if client && isZero(b[8:16]) {
		r.addRole(sig)
		return
	}
	r.add(sig)
}

// ikeTCP finds IKE and ESP in TCP (RFC 9329 section 4): the initiator's stream begins
// with "IKETCP", then come a length and the non-ESP marker.
func ikeTCP(c *conversation, r *finding) {
	if bytes.HasPrefix(c.client(), []byte("IKETCP")) {
		r.addRole(schemas.SigIKENATT)
	}
}

// isIKE checks an ISAKMP header against the size of its datagram.
func isIKE(b []byte, size int) bool {
	if len(b) < 28 || int64(binary.BigEndian.Uint32(b[24:])) != int64(size) || !varied(b[:8]) {
		return false
	}
	next, version, exchange, flags := b[16], b[17], b[18], b[19]
	switch version {
	case 0x10: // IKEv1
		known := exchange <= 6 || exchange == 32 || exchange == 33 || exchange >= 240
		return known && exchange != 0 && flags&^7 == 0 && (next <= 21 || next >= 128) && isISAKMPBody(b, size)
	case 0x20: // IKEv2, and 2.x minor versions must be ignored, not used
		known := exchange >= 34 && exchange <= 45 || exchange >= 240
		return known && flags&^0x38 == 0 && (next == 0 || next >= 33 && next <= 54 || next >= 128) && isIKEBody(b, size)
	}
	return false
}

// isISAKMPBody checks what follows the header of version 1 (RFC 2408 sections 3.1 and 3.2): no
// message id in phase 1, whole blocks where it is encrypted, else a payload.
func isISAKMPBody(b []byte, size int) bool {
	const encrypted, block = 1, 8
	exchange, flags, id := b[18], b[19], binary.BigEndian.Uint32(b[20:])
	if phase1 := exchange == 1 || exchange == 2 || exchange == 4; phase1 && id != 0 {
		return false
	}
	if flags&encrypted != 0 {
		return size == ikeHeader || (size-ikeHeader)%block == 0
	}
	return isIKEPayload(b, size, 0)
}

// isIKEBody checks what follows the header of version 2 (RFC 7296 sections 2.2 and 3.2):
// messages are counted from 0, IKE_SA_INIT is the first, and payloads have lengths.
func isIKEBody(b []byte, size int) bool {
	const first, critical, maxMessages = 34, 0x80, 1 << 20
	id := binary.BigEndian.Uint32(b[20:])
	if b[18] == first && id != 0 || id > maxMessages {
		return false
	}
	return isIKEPayload(b, size, critical)
}

const ikeHeader = 28

// isIKEPayload checks the generic header of the first payload (RFC 7296 section 3.2), where
// it was captured: its length fits, and of the byte before no bits but these are set.
func isIKEPayload(b []byte, size int, bits byte) bool {
	const generic = 4
	if size == ikeHeader || len(b) < ikeHeader+generic {
		return b[16] == 0 || size > ikeHeader
	}
	n := int(binary.BigEndian.Uint16(b[ikeHeader+2:]))
	return b[ikeHeader+1]&^bits == 0 && n >= generic && ikeHeader+n <= size
}

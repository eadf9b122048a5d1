package inspect

import (
	"encoding/binary"

	"github.com/banshift/banshift/schemas"
)

// teredo finds Teredo (RFC 4380): IPv6 in UDP whose length fills the datagram, behind
// the authentication or origin indications where they are, and one of the addresses
// inside in 2001::/32 or link-local. Random bytes: 2^-50.
func teredo(c *conversation, r *finding) {
	for i := range c.payloads {
		p := &c.payloads[i]
		b, size := p.Data, p.Size
		if len(b) >= 4 && b[0] == 0 && b[1] == 1 {
			n := min(13+int(b[2])+int(b[3]), len(b))
			b, size = b[n:], size-n
		}
		if len(b) >= 8 && b[0] == 0 && b[1] == 0 {
			b, size = b[8:], size-8
		}
		if len(b) < 40 || b[0]>>4 != 6 || int(binary.BigEndian.Uint16(b[4:]))+40 != size {
			continue
		}
		if isTeredoAddress(b[8:24]) || isTeredoAddress(b[24:40]) {
			r.add(schemas.SigTeredo)
			return
		}
	}
}

func isTeredoAddress(a []byte) bool {
	return string(a[:4]) == "\x20\x01\x00\x00" || string(a[:4]) == "\x3f\xfe\x83\x1f" || a[0] == 0xfe && a[1]&0xc0 == 0x80
}

package inspect

import (
	"encoding/binary"

	"github.com/banshift/banshift/schemas"
)

// teredo finds Teredo (RFC 4380): IPv6 in UDP whose length fills the datagram, behind
// the authentication or origin indications where they are, and one of the addresses
// inside in 2001::/32; or link-local where an indication says that a server or client of
// Teredo sent it (section 5.2.1), for IPv6 in UDP without a header has such addresses too.
// Random bytes: 2^-50.
func teredo(c *conversation, r *finding) {
	for i := range c.payloads {
		p := &c.payloads[i]
		b, size, indicated := p.Data, p.Size, false
		if len(b) >= 4 && b[0] == 0 && b[1] == 1 {
			n := min(13+int(b[2])+int(b[3]), len(b))
			b, size, indicated = b[n:], size-n, true
		}
		if len(b) >= 8 && b[0] == 0 && b[1] == 0 {
			b, size, indicated = b[8:], size-8, true
		}
		if len(b) < 40 || b[0]>>4 != 6 || int(binary.BigEndian.Uint16(b[4:]))+40 != size {
			continue
		}
		if isTeredoAddress(b[8:24], indicated) || isTeredoAddress(b[24:40], indicated) {
			r.add(schemas.SigTeredo)
			return
		}
	}
}

func isTeredoAddress(a []byte, orLinkLocal bool) bool {
	return string(a[:4]) == "\x20\x01\x00\x00" || string(a[:4]) == "\x3f\xfe\x83\x1f" || orLinkLocal && a[0] == 0xfe && a[1]&0xc0 == 0x80
}

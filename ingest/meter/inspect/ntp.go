package inspect

import (
	"bytes"

	"github.com/banshift/banshift/schemas"
)

// ntp finds NTP (RFC 5905 section 7.3): a client's request and a reply whose origin
// timestamp is the request's transmit timestamp. Random bytes: 2^-70.
func ntp(c *conversation, r *finding) {
	const client, server = 3, 4
	var asked []byte
	for i := range c.payloads {
		p := &c.payloads[i]
		b := p.Data
		if len(b) < 48 || b[0]>>3&7 < 1 || b[0]>>3&7 > 4 {
			return
		}
		switch mode := b[0] & 7; {
		case mode == client && c.fromClient(p):
			asked = b[40:48]
		case mode == server && !c.fromClient(p) && asked != nil && bytes.Equal(b[24:32], asked) && b[1] <= 16:
			r.addRole(schemas.SigNTP)
			return
		}
	}
}

package inspect

import "github.com/banshift/banshift/schemas"

// ahRouting finds AH (RFC 4302) whose next header is a protocol of routers among each other:
// OSPF (89, RFC 4552), PIM (103), VRRP (112), IS-IS (124), IGP (9), EIGRP (88), IGMP (2). It
// protects routing between neighbours and is no VPN.
func ahRouting(c *conversation, r *finding) {
	for i := range c.payloads {
		b := c.payloads[i].Data
		if len(b) < 12 {
			return
		}
		switch b[0] {
		case 2, 9, 88, 89, 103, 112, 124:
		default:
			return
		}
	}
	if len(c.payloads) > 0 {
		r.add(schemas.SigRouting)
	}
}

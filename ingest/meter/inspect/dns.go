package inspect

import (
	"encoding/binary"

	"github.com/banshift/banshift/ingest/meter/dnsmsg"
	"github.com/banshift/banshift/schemas"
)

// isQuestion reports a standard query or its response for a type and class in use.
func isQuestion(m *dnsmsg.Message) bool {
	return m.Opcode == 0 && (m.Class == 1 || m.Class == 255 || m.Class == 0x8001) && m.Type != 0
}

// dnsUDP finds DNS (RFC 1035; all counts and lengths agree: 2^-60 for random bytes),
// and in its names and records DNSCrypt's certificates and iodine.
func dnsUDP(c *conversation, r *finding) {
	var m dnsmsg.Message
	tunnel := iodineWatch{}
	for i := range c.payloads {
		p := &c.payloads[i]
		if m.Parse(p.Data, p.Size) != nil || !isQuestion(&m) {
			if i < 4 {
				continue
			}
			break
		}
		if c.fromClient(p) != m.Response {
			r.addRole(schemas.SigDNS)
		} else {
			r.add(schemas.SigDNS)
		}
		dnsCryptCertificate(&m, r)
		tunnel.message(&m)
	}
	if tunnel.proven() {
		r.add(schemas.SigIodine)
	}
}

// dnsTCP finds DNS over TCP: the message behind its length (RFC 7766 section 8).
func dnsTCP(c *conversation, r *finding) {
	b := c.client()
	if len(b) < 14 {
		return
	}
	n := int(binary.BigEndian.Uint16(b))
	var m dnsmsg.Message
	if n >= 12 && n <= len(b)-2 && m.Parse(b[2:2+n], n) == nil && isQuestion(&m) && !m.Response {
		r.addRole(schemas.SigDNS)
		dnsCryptCertificate(&m, r)
	}
	dnsCryptStream(c, r)
}

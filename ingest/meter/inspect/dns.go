package inspect

import (
	"bytes"
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

// dnsCryptCertificate finds the exchange of certificates: a TXT question for a name
// that begins with 2.dnscrypt-cert, answered by a TXT that begins with "DNSC"
// (DNSCrypt protocol, "Certificates").
func dnsCryptCertificate(m *dnsmsg.Message, r *finding) {
	if m.Type != dnsmsg.TypeTXT || !bytes.HasPrefix(bytes.ToLower(m.Name), []byte("2.dnscrypt-cert.")) {
		return
	}
	r.add(schemas.SigDNSCrypt)
}

// Form of DNSCrypt version 2 messages.
const (
	dnsCryptMagic     = "r6fnvWj8"              // of every response
	dnsCryptQueryHead = 8 + 32 + 12             // client magic, client key, half a nonce
	dnsCryptReplyHead = len(dnsCryptMagic) + 24 // magic, nonce
	dnsCryptTag       = 16
	dnsCryptPad       = 64
)

// dnsCrypt finds encrypted DNSCrypt queries with their responses (DNSCrypt protocol,
// "Query and response format"): the response begins with the resolver magic (2^-64)
// and repeats the client's half of the nonce (2^-96). A query alone is not told from
// random bytes, unless several of them share magic and key and all have lengths that
// padding to 64 bytes gives.
func dnsCrypt(c *conversation, r *finding) {
	queries, same := 0, true
	var head []byte
	for i := range c.payloads {
		p := &c.payloads[i]
		if c.isDNSCryptReply(p) {
			r.addRoleOf(schemas.SigDNSCrypt, c.fromClient(p))
			return
		}
		if !c.fromClient(p) || !isDNSCryptQuery(p.Data, p.Size) {
			same = false
			continue
		}
		queries++
		if head == nil {
			head = p.Data[:40]
		}
		same = same && bytes.Equal(head, p.Data[:40])
	}
	if queries >= 2 && same && varied(head[:8]) && varied(head[8:16]) {
		r.addRole(schemas.SigDNSCrypt)
	}
}

func (c *conversation) isDNSCryptReply(p *Payload) bool {
	return p.Size >= dnsCryptReplyHead+dnsCryptTag && bytes.HasPrefix(p.Data, []byte(dnsCryptMagic))
}

func isDNSCryptQuery(b []byte, size int) bool {
	padded := size - dnsCryptQueryHead - dnsCryptTag
	return len(b) >= dnsCryptQueryHead && padded > 0 && padded%dnsCryptPad == 0
}

// dnsCryptStream finds the same over TCP, behind a length.
func dnsCryptStream(c *conversation, r *finding) {
	b := c.server()
	if len(b) >= 2+dnsCryptReplyHead && bytes.HasPrefix(b[2:], []byte(dnsCryptMagic)) {
		r.addRole(schemas.SigDNSCrypt)
	}
}

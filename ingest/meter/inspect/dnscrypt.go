package inspect

import (
	"bytes"
	"net/netip"

	"github.com/banshift/banshift/ingest/meter/dnsmsg"
	"github.com/banshift/banshift/schemas"
)

// dnsCryptCertificate finds the question by which a client fetches the resolver's
// certificates: TXT of a provider name that begins with 2.dnscrypt-cert (DNSCrypt
// protocol, "Certificates"), which nothing else asks; and an answer that is one, under
// whatever name: magic DNSC, a version of two, minor version 0 (80 fixed bits).
func dnsCryptCertificate(m *dnsmsg.Message, r *finding) {
	if m.Type != dnsmsg.TypeTXT {
		return
	}
	name := bytes.ToLower(m.Name)
	if !bytes.HasPrefix(name, []byte("2.dnscrypt-cert.")) && !(m.AnswerType == dnsmsg.TypeTXT && isDNSCryptCertificate(m.AnswerData)) {
		return
	}
	r.add(schemas.SigDNSCrypt)
	if r.SNI == nil {
		r.SNI = hostName(name)
	}
}

// isDNSCryptCertificate checks the text of a TXT record.
func isDNSCryptCertificate(text []byte) bool {
	const least = 1 + 4 + 2 + 2 + 64 + 32 + 8 + 4 + 4 + 4
	return len(text) >= least && string(text[1:6]) == "DNSC\x00" && (text[6] == 1 || text[6] == 2) && isZero(text[7:9])
}

// Form of DNSCrypt version 2 messages.
const (
	dnsCryptMagic     = "r6fnvWj8"              // of every response
	dnsCryptQueryHead = 8 + 32 + 12             // client magic, client key, half a nonce
	dnsCryptReplyHead = len(dnsCryptMagic) + 24 // magic, nonce
	dnsCryptTag       = 16
	dnsCryptPad       = 64
)

// anonymizedMagic begins a query that a relay passes on: eight bytes ff and two zero, then
// the resolver's address and port (Anonymized DNSCrypt specification, "Protocol flow").
const anonymizedMagic = "\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00"

// isAnonymized reports a query to a relay: behind magic, 16 bytes of address (IPv4
// mapped, or global unicast of RFC 4291) and a port stands a DNSCrypt query, or the question
// for the certificate. Random bytes: 2^-90, those behind the magic 2^-9.
func isAnonymized(p *Payload) bool {
	const address, port = 16, 2
	const head = len(anonymizedMagic) + address + port
	b := p.Data
	if len(b) <= head+12 || string(b[:len(anonymizedMagic)]) != anonymizedMagic || isZero(b[head-port:head]) {
		return false
	}
	to := netip.AddrFrom16([16]byte(b[len(anonymizedMagic):]))
	if isGlobal := to.Is4In6() || b[len(anonymizedMagic)]>>5 == 1; !isGlobal {
		return false
	}
	if isDNSCryptQuery(b[head:], p.Size-head) {
		return looksRandom(b[head : head+8])
	}
	var m dnsmsg.Message
	return m.Parse(b[head:], p.Size-head) == nil && m.Type == dnsmsg.TypeTXT
}

// dnsCrypt finds encrypted DNSCrypt queries with their responses (DNSCrypt protocol,
// "Query and response format"): the response begins with the resolver magic (2^-64 for
// random bytes) and half its nonce is the query's. Where no response was captured,
// several queries must share a magic and a key that look drawn at random, while nonce
// and ciphertext, random too, differ: what is sent again is no second query. That
// traffic came back, of which payload is missing, is not asked for here: rules do.
func dnsCrypt(c *conversation, r *finding) {
	queries, same := 0, true
	var last []byte
	for i := range c.payloads {
		p := &c.payloads[i]
		if c.isDNSCryptReply(p) {
			r.addRoleOf(schemas.SigDNSCrypt, c.fromClient(p))
			return
		}
		if c.fromClient(p) && isAnonymized(p) {
			r.addRole(schemas.SigDNSCrypt)
			return
		}
		if !c.fromClient(p) || !isDNSCryptQuery(p.Data, p.Size) {
			same = false
			continue
		}
		queries++
		same = same && (last == nil || isNextQuery(last, p.Data))
		last = p.Data
	}
	if queries >= 2 && same && !c.structure.repeated {
		r.addRole(schemas.SigDNSCryptQueries)
	}
}

// isNextQuery reports a query of the same client to the same resolver as the one before.
func isNextQuery(before, b []byte) bool {
	const key, nonce = 40, dnsCryptQueryHead
	return bytes.Equal(before[:key], b[:key]) && looksRandom(b[:8]) && looksRandom(b[8:key]) &&
		!bytes.Equal(before[key:nonce], b[key:nonce]) && looksRandom(before[nonce:nonce+dnsCryptTag]) && looksRandom(b[nonce:nonce+dnsCryptTag])
}

func (c *conversation) isDNSCryptReply(p *Payload) bool {
	return p.Size >= dnsCryptReplyHead+dnsCryptTag && bytes.HasPrefix(p.Data, []byte(dnsCryptMagic))
}

func isDNSCryptQuery(b []byte, size int) bool {
	padded := size - dnsCryptQueryHead - dnsCryptTag
	return len(b) >= dnsCryptQueryHead+dnsCryptTag && padded > 0 && padded%dnsCryptPad == 0
}

// dnsCryptStream finds the same over TCP, behind a length.
func dnsCryptStream(c *conversation, r *finding) {
	b := c.server()
	if len(b) >= 2+dnsCryptReplyHead && bytes.HasPrefix(b[2:], []byte(dnsCryptMagic)) {
		r.addRole(schemas.SigDNSCrypt)
	}
}

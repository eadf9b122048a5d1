package inspect

import (
	"encoding/binary"

	"github.com/banshift/banshift/schemas"
)

// Versions in DTLS record headers.
const (
	dtlsBad = 0x0100 // before RFC 4347; OpenSSL's DTLS1_BAD_VER, in use by AnyConnect alone
	dtls10  = 0xfeff
	dtls12  = 0xfefd
)

// dtls finds DTLS (RFC 6347, RFC 9147): a ClientHello, its fragments joined. Random
// bytes pass with less than 2^-60: version, epoch and three lengths must agree.
//
// It also finds the DTLS channel of AnyConnect and OpenConnect
// (draft-mavrogiannopoulos-openconnect, section 2.1.5): it is set up by the TLS
// channel, therefore its first ClientHello, still without cookie, names a session
// (legacy: the one to resume; newer: the App-ID) and offers PSK suites or very few.
// Nothing else but AnyConnect speaks the version before RFC 4347.
func dtls(c *conversation, r *finding) {
	var join dtlsJoin
	records := dtlsCounter{}
	defer records.conclude(r)
	for i := range c.payloads {
		p := &c.payloads[i]
		records.count(p)
		if !c.fromClient(p) {
			continue
		}
		body, version, ok := join.add(p.Data)
		if !ok {
			continue
		}
		h, ok := parseClientHello(body, true, false)
		if !ok {
			continue
		}
		r.addRole(schemas.SigDTLS)
		h.note(r, 'd')
		if version == dtlsBad || len(h.cookie) == 0 && h.namesSession() {
			r.add(schemas.SigAnyConnectDTLS)
		}
	}
}

// maxResumedSuites is how many suites a client offers that resumes one session.
const maxResumedSuites = 4

// namesSession reports a hello that continues what another channel agreed upon.
func (h *clientHello) namesSession() bool {
	if len(h.sessionID) == 0 || h.hasSNI {
		return false
	}
	suites := 0
	for _, c := range h.ciphers {
		switch {
		case isCCM8(c):
			return false // constrained devices (RFC 7925 section 4.2) resume sessions too
		case c >= 0x00a8 && c <= 0x00ad || c >= 0xccab && c <= 0xccae || c >= 0xd001 && c <= 0xd002 || c == 0xc0a4 || c == 0xc0a5:
			return true // PSK with GCM, ChaCha20-Poly1305 or CCM with the long tag
		case c != 0x00ff:
			suites++
		}
	}
	return suites <= maxResumedSuites && len(h.versions) == 0
}

// isCCM8 reports a suite with the short tag of CCM (RFC 6655, RFC 7251).
func isCCM8(c uint16) bool {
	return c >= 0xc0a0 && c <= 0xc0a3 || c >= 0xc0a8 && c <= 0xc0ab || c == 0xc0ae || c == 0xc0af
}

// dtlsJoin joins the fragments of a ClientHello.
type dtlsJoin struct {
	body []byte
	have int
}

// add takes a datagram and gives the body of the ClientHello that it completes.
func (j *dtlsJoin) add(b []byte) (body []byte, version uint16, ok bool) {
	for len(b) >= 25 {
		version = binary.BigEndian.Uint16(b[1:])
		size := int(binary.BigEndian.Uint16(b[11:]))
		epoch := binary.BigEndian.Uint16(b[3:])
		known := version == dtls10 || version == dtls12 || version == dtlsBad
		if b[0] != recordHandshake || !known || epoch != 0 || size < 12 || 13+size > len(b) {
			return nil, 0, false
		}
		m := b[13 : 13+size]
		b = b[13+size:]
		length := int(m[1])<<16 | int(m[2])<<8 | int(m[3])
		from := int(m[6])<<16 | int(m[7])<<8 | int(m[8])
		n := int(m[9])<<16 | int(m[10])<<8 | int(m[11])
		if m[0] != handshakeClient || n != len(m)-12 || from+n > length || length > maxRecord {
			return nil, 0, false
		}
		if from == 0 && n == length {
			return m[12:], version, true
		}
		if from == 0 {
			j.body, j.have = make([]byte, length), 0
		}
		if len(j.body) != length || from != j.have {
			continue // fragments are taken in order only
		}
		copy(j.body[from:], m[12:])
		j.have += n
		if j.have == length {
			return j.body, version, true
		}
	}
	return nil, 0, false
}

// minDTLSRecords is how many data records show DTLS without a hello.
const minDTLSRecords = 4

// dtlsCounter watches data records of one version: type 23, an epoch above 0, length
// exact, sequence increasing. Twelve bytes are determined in each: four records of
// random bytes do with less than 2^-200.
type dtlsCounter struct {
	version uint16
	last    [2]uint64
	seen    int
}

func (d *dtlsCounter) count(p *Payload) {
	b := p.Data
	if len(b) < 13 || b[0] != recordApplication || binary.BigEndian.Uint16(b[3:]) == 0 ||
		int(binary.BigEndian.Uint16(b[11:])) != p.Size-13 {
		return
	}
	version := binary.BigEndian.Uint16(b[1:])
	if version != dtls10 && version != dtls12 && version != dtlsBad || d.seen > 0 && version != d.version {
		return
	}
	seq, way := binary.BigEndian.Uint64(b[3:]), wayOf(p.Up)
	if seq <= d.last[way] {
		return
	}
	d.version = version
	d.last[way] = seq
	d.seen++
}

func (d *dtlsCounter) conclude(r *finding) {
	if d.seen < minDTLSRecords {
		return
	}
	if d.version == dtlsBad {
		r.add(schemas.SigAnyConnectDTLS)
	}
	if !r.has(schemas.SigDTLS) {
		r.addTraits(schemas.TraitDTLSRecords | schemas.TraitMidstream)
	}
}

package inspect

import (
	"bytes"
	"strings"

	"github.com/banshift/banshift/schemas"
)

// The media type of DNS messages in HTTP (RFC 8484 section 6), as HTTP/1 has it and as
// HPACK codes it (RFC 7541 appendix B), which most clients of HTTP/2 do.
var (
	dnsMessage      = []byte("application/dns-message")
	dnsMessageHPACK = []byte("\x1d\x75\xd0\x62\x0d\x26\x3d\x4c\x49\x52\x16\xa4\xa8\x40\xe6\x2f")
)

// preface begins HTTP/2 (RFC 9113 section 3.4).
var preface = []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

// dohClear finds DNS over HTTP that is not inside TLS, as between a resolver and what
// ends TLS in front of it: HTTP/1 or HTTP/2 by its preface (RFC 9113 section 3.3), and
// the media type in a field of the client's or the server's first message that says what is
// sent or wanted.
func dohClear(c *conversation, r *finding) {
	up := c.client()
	h2 := bytes.HasPrefix(up, preface)
	if _, ok := readRequestLine(up); !ok && !h2 {
		return
	}
	for _, b := range [...][]byte{up, c.server()} {
		b = b[:min(len(b), maxHead)]
		if !h2 && saysDNS(headOf(b)) || h2 && hasDNSHeaders(bytes.TrimPrefix(b, preface)) {
			r.addRole(schemas.SigDoHClear)
			return
		}
	}
}

// saysDNS reports a head whose content or accepted content is DNS.
func saysDNS(head []byte) bool {
	for _, field := range [...]string{"content-type", "accept"} {
		if strings.Contains(headerValue(head, field), string(dnsMessage)) {
			return true
		}
	}
	return false
}

// hasDNSHeaders looks through the frames of HTTP/2 (RFC 9113 section 4.1) for headers with
// the media type.
func hasDNSHeaders(b []byte) bool {
	const head, headers = 9, 1
	for len(b) >= head {
		n := int(b[0])<<16 | int(b[1])<<8 | int(b[2])
		body := b[head:min(head+n, len(b))]
		if b[3] == headers && (bytes.Contains(body, dnsMessage) || bytes.Contains(body, dnsMessageHPACK)) {
			return true
		}
		b = b[head+len(body):]
	}
	return false
}

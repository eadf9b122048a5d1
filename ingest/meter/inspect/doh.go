package inspect

import (
	"bytes"

	"github.com/banshift/banshift/schemas"
)

// The media type of DNS messages in HTTP (RFC 8484 section 6), as HTTP/1 has it and as
// HPACK codes it (RFC 7541 appendix B), which most clients of HTTP/2 do.
var (
	dnsMessage      = []byte("application/dns-message")
	dnsMessageHPACK = []byte("\x1d\x75\xd0\x62\x0d\x26\x3d\x4c\x49\x52\x16\xa4\xa8\x40\xe6\x2f")
)

// dohClear finds DNS over HTTP that is not inside TLS, as between a resolver and what
// ends TLS in front of it: HTTP/1 or HTTP/2 by its preface (RFC 9113 section 3.3), and
// the media type in the client's or the server's first bytes.
func dohClear(c *conversation, r *finding) {
	up := c.client()
	h2 := bytes.HasPrefix(up, []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
	if _, ok := readRequestLine(up); !ok && !h2 {
		return
	}
	for _, b := range [...][]byte{up, c.server()} {
		b = b[:min(len(b), maxHead)]
		if bytes.Contains(b, dnsMessage) || h2 && bytes.Contains(b, dnsMessageHPACK) {
			r.addRole(schemas.SigDoHClear)
			return
		}
	}
}

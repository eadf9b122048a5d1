package inspect

import (
	"strings"

	"github.com/banshift/banshift/schemas"
)

// The media types of DNS messages in HTTP (RFC 8484 section 6), and of such as a proxy passes on without being
// able to read them (RFC 9230 section 10).
const (
	dnsMessage       = "application/dns-message"
	obliviousMessage = "application/oblivious-dns-message"
)

// dohClear finds DNS over HTTP that is not inside TLS, as between a resolver and what
// ends TLS in front of it: HTTP/1, or HTTP/2 by its preface (RFC 9113 section 3.3), and
// the media type in a field of the client's or the server's first messages that says what is
// sent or wanted.
func dohClear(c *conversation, r *finding) {
	note := func(_ int, name, value string) {
		switch {
		case name != "content-type" && name != "accept":
		case strings.Contains(value, obliviousMessage):
			r.addRole(schemas.SigODoHClear)
		case strings.Contains(value, dnsMessage):
			r.addRole(schemas.SigDoHClear)
		}
	}
	if up, down, ok := c.http2Streams(); ok {
		eachField(up, note)
		eachField(down, note)
	}
	if _, ok := readRequestLine(c.client()); !ok {
		return
	}
	for _, b := range [...][]byte{c.client(), c.server()} {
		head := headOf(b)
		for _, name := range [...]string{"content-type", "accept"} {
			note(0, name, headerValue(head, name))
		}
	}
}

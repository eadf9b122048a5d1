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

// noteDNS notes a header field whose media type says that messages of DNS are sent or wanted.
func noteDNS(name, value string, r *finding) {
	switch {
	case name != "content-type" && name != "accept":
	case strings.Contains(value, obliviousMessage):
		r.addRole(schemas.SigODoHClear)
	case strings.Contains(value, dnsMessage):
		r.addRole(schemas.SigDoHClear)
	}
}

// dohClear finds DNS over HTTP/1 that is not inside TLS, as between a resolver and what ends TLS in front of it, by
// the first message of the client or the server. [http2Clear] does for HTTP/2.
func dohClear(c *conversation, r *finding) {
	if _, ok := readRequestLine(c.client()); !ok {
		return
	}
	for _, b := range [...][]byte{c.client(), c.server()} {
		head := headOf(b)
		for _, name := range [...]string{"content-type", "accept"} {
			noteDNS(name, headerValue(head, name), r)
		}
	}
}

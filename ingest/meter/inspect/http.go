package inspect

import (
	"bytes"
	"strings"

	"github.com/banshift/banshift/schemas"
)

// httpMethods are the methods of RFC 9110 section 9, PATCH, WebDAV's (RFC 4918), and
// the two of HTTP tunnels that use their own (RDG, SSTP).
var httpMethods = map[string]bool{
	"GET": true, "HEAD": true, "POST": true, "PUT": true, "DELETE": true, "CONNECT": true, "OPTIONS": true,
	"TRACE": true, "PATCH": true, "PROPFIND": true, "PROPPATCH": true, "MKCOL": true, "COPY": true, "MOVE": true,
	"LOCK": true, "UNLOCK": true, "REPORT": true, "RDG_OUT_DATA": true, "RDG_IN_DATA": true, "SSTP_DUPLEX_POST": true,
}

// maxMethod is the length of the longest method.
const maxMethod = 16

// requestLine is the first line of an HTTP/1 request (RFC 9112 section 3).
type requestLine struct {
	method, target string
	whole          bool // up to the version; false where the capture ended in the target
}

// readRequestLine reads the request line with which b begins.
func readRequestLine(b []byte) (requestLine, bool) {
	space := bytes.IndexByte(b[:min(len(b), maxMethod+1)], ' ')
	if space <= 0 || !httpMethods[string(b[:space])] {
		return requestLine{}, false
	}
	line := requestLine{method: string(b[:space])}
	rest := b[space+1:]
	end := bytes.IndexByte(rest, '\n')
	if end < 0 {
		line.target = string(rest)
		return line, len(rest) > 0 && printable(rest)
	}
	target, version, ok := bytes.Cut(bytes.TrimSuffix(rest[:end], []byte("\r")), []byte(" "))
	line.target, line.whole = string(target), true
	return line, ok && len(target) > 0 && printable(target) && (string(version) == "HTTP/1.1" || string(version) == "HTTP/1.0")
}

func printable(b []byte) bool {
	for _, c := range b {
		if c <= ' ' || c == 0x7f {
			return false
		}
	}
	return true
}

// httpRequest finds HTTP/1 (RFC 9112) by request lines where the client's payloads
// begin, or by a status line; HTTP/2 in the clear by its preface (RFC 9113 section
// 3.4). CONNECT takes host:port, a request to a proxy an absolute URI (RFC 9112
// sections 3.2.2 and 3.2.3). Random bytes: 2^-60.
func httpRequest(c *conversation, r *finding) {
	if bytes.HasPrefix(c.client(), []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")) {
		r.addRole(schemas.SigHTTP)
	}
	if b := c.server(); bytes.HasPrefix(b, []byte("HTTP/1.1 ")) || bytes.HasPrefix(b, []byte("HTTP/1.0 ")) {
		if len(b) >= 12 && isDigit(b[9]) && isDigit(b[10]) && isDigit(b[11]) {
			r.addRole(schemas.SigHTTP)
		}
		if isEstablished(b[len("HTTP/1.1 "):]) {
			r.addRole(schemas.SigHTTPConnect)
		}
	}
	for i := range c.payloads {
		p := &c.payloads[i]
		if !c.fromClient(p) {
			continue
		}
		line, ok := readRequestLine(p.Data)
		if !ok {
			continue
		}
		switch target := strings.ToLower(line.target); {
		case line.method == "CONNECT":
			if line.whole && isHostPort(target) {
				r.addRole(schemas.SigHTTPConnect)
			}
			continue
		case strings.HasPrefix(target, "http://"), strings.HasPrefix(target, "https://"), strings.HasPrefix(target, "ftp://"):
			r.addRole(schemas.SigHTTPProxyGet)
		}
		r.addRole(schemas.SigHTTP)
	}
}

// isEstablished reports the status with which proxies open a tunnel, for a capture that
// misses the request: RFC 2817 section 5.3 has the phrase, and nothing else uses it.
func isEstablished(status []byte) bool {
	line, _, ok := bytes.Cut(status, []byte("\r\n"))
	return ok && bytes.EqualFold(line, []byte("200 Connection established"))
}

// isHostPort checks the authority form: a name or an address, a colon, a port.
func isHostPort(s string) bool {
	i := strings.LastIndexByte(s, ':')
	if i <= 0 || i+1 == len(s) || len(s)-i > 6 {
		return false
	}
	for _, c := range s[i+1:] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return !strings.ContainsAny(s[:i], "/@?#")
}

package inspect

import (
	"bytes"
	"strconv"
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
// sections 3.2.2 and 3.2.3), which a server of that URI must answer too: a proxy shows
// by the URI of another port, by header fields for proxies, or by a response that does not
// say which software of an origin it is. Random bytes: 2^-60.
func httpRequest(c *conversation, r *finding) {
	if bytes.HasPrefix(c.client(), []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")) {
		r.addRole(schemas.SigHTTP)
	}
	status, answered := statusOf(c.server())
	if answered {
		r.addRole(schemas.SigHTTP)
		if isEstablished(c.server()[len("HTTP/1.1 "):]) && !c.asked() {
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
		if line.method == "CONNECT" {
			if line.whole && isHostPort(strings.ToLower(line.target)) && !notProxy[status] {
				r.addRole(schemas.SigHTTPConnect)
			}
			continue
		}
		if port, absolute := portOfURI(strings.ToLower(line.target)); absolute && (port != c.serverPort() || forProxy(p.Data) || !isOrigin(c.server())) {
			r.addRole(schemas.SigHTTPProxyGet)
		}
		r.addRole(schemas.SigHTTP)
	}
}

// statusOf gives the status of a response with which b begins.
func statusOf(b []byte) (status string, ok bool) {
	if !bytes.HasPrefix(b, []byte("HTTP/1.1 ")) && !bytes.HasPrefix(b, []byte("HTTP/1.0 ")) {
		return "", false
	}
	if len(b) < 12 || !isDigit(b[9]) || !isDigit(b[10]) || !isDigit(b[11]) {
		return "", false
	}
	return string(b[9:12]), true
}

// notProxy are the statuses by which a server says that it does not tunnel (RFC 9110
// sections 15.5 and 15.6).
var notProxy = map[string]bool{"400": true, "404": true, "405": true, "426": true, "501": true, "505": true}

// asked reports that the client's first bytes came before the server's.
func (c *conversation) asked() bool {
	return len(c.payloads) > 0 && c.fromClient(&c.payloads[0])
}

// portOfURI gives the port of an absolute URI, 0 for a scheme of which a server is none.
func portOfURI(target string) (port uint16, absolute bool) {
	rest, ok := strings.CutPrefix(target, "http://")
	if !ok {
		return 0, strings.HasPrefix(target, "https://") || strings.HasPrefix(target, "ftp://")
	}
	authority, _, _ := strings.Cut(rest, "/")
	at := strings.LastIndexByte(authority, ':')
	if at < 0 || strings.HasSuffix(authority, "]") {
		return 80, true
	}
	n, err := strconv.ParseUint(authority[at+1:], 10, 16)
	if err != nil {
		return 80, true
	}
	return uint16(n), true
}

// forProxy reports header fields that a client sends to a proxy only (RFC 9110 section
// 11.7.1; Proxy-Connection, which browsers send).
func forProxy(request []byte) bool {
	head, _, _ := bytes.Cut(bytes.ToLower(request[:min(len(request), maxHead)]), []byte("\r\n\r\n"))
	return bytes.Contains(head, []byte("\nproxy-connection:")) || bytes.Contains(head, []byte("\nproxy-authorization:"))
}

// isOrigin reports a response that names the software of a server (RFC 9110 section
// 10.2.4) and nobody who passed it on (section 7.6.3).
func isOrigin(response []byte) bool {
	head, _, _ := bytes.Cut(bytes.ToLower(response[:min(len(response), maxHead)]), []byte("\r\n\r\n"))
	for _, field := range [...]string{"\nvia:", "\nproxy-agent:", "\nproxy-authenticate:", "\nx-cache:"} {
		if bytes.Contains(head, []byte(field)) {
			return false
		}
	}
	return bytes.Contains(head, []byte("\nserver:"))
}

// maxHead is how much of a message is searched for header fields.
const maxHead = 4096

// isEstablished reports the status with which proxies open a tunnel, for a capture that
// misses the request: RFC 2817 section 5.3 has the phrase, and to CONNECT nobody answers
// with a length (RFC 9110 section 9.3.6).
func isEstablished(status []byte) bool {
	line, rest, ok := bytes.Cut(status, []byte("\r\n"))
	if !ok || !bytes.EqualFold(line, []byte("200 Connection established")) {
		return false
	}
	head, _, _ := bytes.Cut(bytes.ToLower(rest[:min(len(rest), maxHead)]), []byte("\r\n\r\n"))
	return !bytes.Contains(head, []byte("content-length:")) && !bytes.Contains(head, []byte("transfer-encoding:"))
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

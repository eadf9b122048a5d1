package inspect

import (
	"bytes"
	"net/netip"
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
// 3.4); and requests as proxies get them, see [proxyRequests]. Random bytes: 2^-60.
func httpRequest(c *conversation, r *finding) {
	if bytes.HasPrefix(c.client(), preface) {
		r.addRole(schemas.SigHTTP)
	}
	if _, answered := statusOf(c.server()); answered {
		r.addRole(schemas.SigHTTP)
	}
	proxyRequests(c, r)
}

// proxyRequests looks for what clients send to proxies: CONNECT host:port, or an absolute
// URI (RFC 9112 sections 3.2.2 and 3.2.3). Both are sent to servers that are none, too: a
// server must answer an absolute URI of its own, and any may be asked for a tunnel that it
// does not give. A proxy shows by the answer to CONNECT ([opensTunnel]), or by what the
// client sends through it; by the URI of another port or of several hosts, by header
// fields that only proxies get or send, or by an answer that leaves out what servers must
// say of themselves ([isOrigin]). Else it was asked, no more.
func proxyRequests(c *conversation, r *finding) {
	asked, connect, tunnels, gets, other := false, false, false, false, false
	host := ""
	for i := range c.payloads {
		p := &c.payloads[i]
		if !c.fromClient(p) {
			continue
		}
		line, ok := readRequestLine(p.Data)
		if !ok {
			tunnels = tunnels || connect && !isHTTPBody(p.Data) && !refuses(c.server())
			continue
		}
		if line.method == "CONNECT" {
			if line.whole && isHostPort(strings.ToLower(line.target)) {
				asked, connect = true, true
				tunnels = tunnels || opensTunnel(c.server())
			}
			continue
		}
		other = true
		r.addRole(schemas.SigHTTP)
		if authority, port, absolute := splitURI(strings.ToLower(line.target)); absolute {
			gets = gets || port != c.serverPort() && port != 0 && !isNear(authority) || forProxy(p.Data) || host != "" && authority != host || saysProxy(c.server()) ||
				port == 80 && len(c.server()) > 0 && !isOrigin(c.server())
			asked = true
			host = authority
		}
	}
	switch {
	case tunnels || connect && r.has(schemas.SigTLS) || !other && isEstablished(c.server()) && !c.asked() && (r.has(schemas.SigTLS) || isServerHello(bodyOf(c.server()))):
		r.addRole(schemas.SigHTTPConnect)
	case gets:
		r.addRole(schemas.SigHTTPProxyGet)
	case asked:
		r.addRole(schemas.SigHTTPProxyAsked)
	}
}

// opensTunnel reports an answer to CONNECT that a proxy gives: a status of 200, to which
// belongs no content (RFC 9110 section 9.3.6), 407, or an error with a proxy's fields.
func opensTunnel(b []byte) bool {
	status, ok := statusOf(b)
	if !ok {
		return false
	}
	return status == "200" && !hasContent(b) || status == "407" || saysProxy(b)
}

// refuses reports an answer of HTTP that opens no tunnel.
func refuses(b []byte) bool {
	return len(b) > 0 && !opensTunnel(b)
}

// hasContent reports a response with a length, in chunks or of a type, or with a page that
// the connection ends.
func hasContent(b []byte) bool {
	head := headOf(b)
	for _, field := range [...]string{"\ncontent-length:", "\ntransfer-encoding:", "\ncontent-type:"} {
		if bytes.Contains(head, []byte(field)) {
			return true
		}
	}
	return bytes.HasPrefix(bodyOf(b), []byte("<"))
}

// isHTTPBody reports text, as the rest of a request is that a segment cut.
func isHTTPBody(b []byte) bool { return 4*countText(b) >= 3*len(b) }

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

// asked reports that the client's first bytes came before the server's.
func (c *conversation) asked() bool {
	return len(c.payloads) > 0 && c.fromClient(&c.payloads[0])
}

// isNear reports an address of a private or link-local network: who checks the health of a
// machine asks for it by a port that a balancer exchanges.
func isNear(host string) bool {
	at, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && (at.IsPrivate() || at.IsLinkLocalUnicast())
}

// splitURI gives host and port of an absolute URI, port 0 where it names none that
// could be compared: the schemes of TLS and FTP, which no server of HTTP in the clear has.
func splitURI(target string) (host string, port uint16, absolute bool) {
	rest, ok := strings.CutPrefix(target, "http://")
	if !ok {
		for _, scheme := range [...]string{"https://", "ftp://"} {
			if rest, ok := strings.CutPrefix(target, scheme); ok {
				return hostOf(rest), 0, true
			}
		}
		return "", 0, false
	}
	host = hostOf(rest)
	at := strings.LastIndexByte(host, ':')
	if at < 0 || strings.HasSuffix(host, "]") {
		return host, 80, true
	}
	n, err := strconv.ParseUint(host[at+1:], 10, 16)
	if err != nil {
		return host, 80, true
	}
	return host[:at], uint16(n), true
}

// hostOf gives host and port of what follows a scheme, without the user (RFC 3986 section 3.2).
func hostOf(rest string) string {
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	return rest[strings.LastIndexByte(rest, '@')+1:]
}

// headOf gives the header fields of a message in lower case.
func headOf(b []byte) []byte {
	head, _, _ := bytes.Cut(b[:min(len(b), maxHead)], []byte("\r\n\r\n"))
	return bytes.ToLower(head)
}

// isOrigin reports a response of a server that answers for itself: it names its software,
// or the time, as a server that has a clock must (RFC 9110 sections 10.2.4 and 6.6.1), or
// does not give what was asked for.
func isOrigin(response []byte) bool {
	status, ok := statusOf(response)
	head := headOf(response)
	return ok && (status[0] != '2' || bytes.Contains(head, []byte("\nserver:")) || bytes.Contains(head, []byte("\ndate:")))
}

// forProxy reports header fields that a client sends to a proxy only (RFC 9110 section
// 11.7.1; Proxy-Connection, which browsers send).
func forProxy(request []byte) bool {
	head := headOf(request)
	return bytes.Contains(head, []byte("\nproxy-connection:")) || bytes.Contains(head, []byte("\nproxy-authorization:"))
}

// proxyFields stand in the responses of proxies: RFC 9110 sections 11.7.1 and 15.5.8, and what
// Squid, tinyproxy and their like say of themselves. Via is no such field: gateways in front
// of servers send it too (section 7.6.3).
var proxyFields = [...]string{"\nproxy-agent:", "\nproxy-authenticate:", "\nproxy-connection:", "\nx-squid-error:", "\nserver: squid", "\nserver: tinyproxy", "\nserver: privoxy"}

// saysProxy reports a response with a proxy's fields.
func saysProxy(response []byte) bool {
	head := headOf(response)
	for _, field := range proxyFields {
		if bytes.Contains(head, []byte(field)) {
			return true
		}
	}
	return false
}

// maxHead is how much of a message is searched for header fields.
const maxHead = 4096

// bodyOf gives what follows the header fields of a message.
func bodyOf(b []byte) []byte {
	_, body, _ := bytes.Cut(b, []byte("\r\n\r\n"))
	return body
}

// isEstablished reports the status with which proxies open a tunnel, for a capture that
// misses the request, but not the TLS that goes through it: RFC 2817 section 5.3 has the phrase, and to CONNECT nobody answers
// with a length (RFC 9110 section 9.3.6).
func isEstablished(b []byte) bool {
	if _, ok := statusOf(b); !ok || hasContent(b) {
		return false
	}
	line, _, ok := bytes.Cut(b[len("HTTP/1.1 "):], []byte("\r\n"))
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

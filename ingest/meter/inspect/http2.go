package inspect

import (
	"bytes"
	"strings"

	"golang.org/x/net/http2/hpack"

	"github.com/banshift/banshift/schemas"
)

// preface begins HTTP/2 (RFC 9113 section 3.4).
var preface = []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

// Frames of HTTP/2 that carry header fields, and their flags (RFC 9113 sections 4.1, 6.2 and 6.10).
const (
	frameHead         = 9
	frameHeaders      = 1
	frameContinuation = 9
	flagEndHeaders    = 0x4
	flagPadded        = 0x8
	flagPriority      = 0x20
)

// http2Asked is of how many requests is read what they ask for.
const http2Asked = 4

// hpackTable is the size of the table that a decoder has until it says otherwise (RFC 7541 section 4.2).
const hpackTable = 4096

// http2Streams gives what both sides send in frames of HTTP/2 in the clear: at once, or where the client
// goes on in it after an upgrade (RFC 7540 section 3.2).
func (c *conversation) http2Streams() (up, down []byte, ok bool) {
	before, up, ok := bytes.Cut(c.client()[:min(len(c.client()), maxHead)], preface)
	if _, isRequest := readRequestLine(before); !ok || len(before) > 0 && !isRequest {
		return nil, nil, false
	}
	down = c.server()[:min(len(c.server()), maxHead)]
	if _, answered := statusOf(down); answered {
		down = bodyOf(down)
	}
	return up, down, true
}

// eachField visits the header fields in a stream's frames, with the number of their message, up to the first
// that cannot be read.
func eachField(frames []byte, visit func(message int, name, value string)) {
	message := 0
	d := hpack.NewDecoder(hpackTable, func(f hpack.HeaderField) { visit(message, f.Name, f.Value) })
	d.SetMaxStringLength(maxHead)
	for len(frames) >= frameHead {
		size := int(frames[0])<<16 | int(frames[1])<<8 | int(frames[2])
		kind, flags := frames[3], frames[4]
		body := frames[frameHead:min(frameHead+size, len(frames))]
		frames = frames[frameHead+len(body):]
		if kind != frameHeaders && kind != frameContinuation {
			continue
		}
		if kind == frameHeaders {
			body = withoutPadding(body, flags)
		}
		if _, err := d.Write(body); err != nil {
			return
		}
		if flags&flagEndHeaders == 0 {
			continue
		}
		if d.Close() != nil {
			return
		}
		message++
	}
}

// withoutPadding gives the field block of a HEADERS frame.
func withoutPadding(body []byte, flags byte) []byte {
	const priority = 5
	pad := 0
	if flags&flagPadded != 0 && len(body) > 0 {
		pad, body = int(body[0]), body[1:]
	}
	if flags&flagPriority != 0 {
		body = body[min(priority, len(body)):]
	}
	return body[:max(len(body)-pad, 0)]
}

// http2Clear finds what HTTP/2 that is not inside TLS carries for others: requests to proxies, and messages of DNS.
func http2Clear(c *conversation, r *finding) {
	up, down, ok := c.http2Streams()
	if !ok {
		return
	}
	http2Proxy(up, down, r)
	note := func(_ int, name, value string) { noteDNS(name, value, r) }
	eachField(up, note)
	eachField(down, note)
}

// http2Proxy finds what clients ask of proxies: CONNECT (RFC 9113 section 8.5), which a status of 2xx shows to be a
// proxy's, and datagrams in its extended form ([masque]).
func http2Proxy(up, down []byte, r *finding) {
	asked := [http2Asked]map[string]string{}
	eachField(up, func(message int, name, value string) {
		if message < len(asked) && strings.HasPrefix(name, ":") {
			if asked[message] == nil {
				asked[message] = map[string]string{}
			}
			asked[message][name] = value
		}
	})
	opened := false
	eachField(down, func(_ int, name, value string) {
		opened = opened || name == ":status" && strings.HasPrefix(value, "2")
	})
	for _, request := range asked {
		switch protocol := request[":protocol"]; {
		case request[":method"] != "CONNECT":
		case isProxiedProtocol(protocol):
			r.addRole(schemas.SigMASQUE)
		case protocol != "" || !isHostPort(request[":authority"]):
		case opened:
			r.addRole(schemas.SigHTTPConnect)
		default:
			r.addRole(schemas.SigHTTPProxyAsked)
		}
	}
}

// isProxiedProtocol reports the tokens of UDP and IP in HTTP (RFC 9298 section 3, RFC 9484 section 4).
func isProxiedProtocol(token string) bool { return token == "connect-udp" || token == "connect-ip" }

// masque finds the same datagrams asked for by an upgrade of HTTP/1 (RFC 9298 section 3.2) that is not refused.
func masque(c *conversation, r *finding) {
	line, ok := readRequestLine(c.client())
	if !ok || line.method != "GET" || !isProxiedProtocol(headerValue(headOf(c.client()), "upgrade")) {
		return
	}
	if status, answered := statusOf(c.server()); answered && status != "101" {
		return
	}
	r.addRole(schemas.SigMASQUE)
}

package inspect

import (
	"bytes"
	"encoding/binary"

	"github.com/banshift/banshift/ingest/meter/dnsmsg"
	"github.com/banshift/banshift/schemas"
)

// socks4 finds SOCKS 4 and 4a (Leech, "SOCKS: A protocol for TCP proxy across
// firewalls"; 4a: an address 0.0.0.x and a name behind the user id): a request that
// fills the client's first payload and the eight-byte reply. Random bytes: 2^-40.
func socks4(c *conversation, r *finding) {
	req, rep := c.client(), c.server()
	if len(req) < 9 || req[0] != 4 || req[1] != 1 && req[1] != 2 || len(rep) < 8 {
		return
	}
	if rep[0] != 0 || rep[1] < 0x5a || rep[1] > 0x5d {
		return
	}
	p := c.first(true)
	end, ok := cString(req, 8)
	isName := isZero(req[4:7]) && req[7] != 0
	if ok && isName {
		end, ok = cString(req, end)
	}
	if !ok || p.Size < end || isZero(req[2:4]) {
		return
	}
	// Where the request fills its payload, or what goes through it follows at once, the server's first data may
	// follow its reply, which then says nothing or what was asked for, as all replies to CONNECT do: the address of a
	// name that the client left to the server is its answer.
	echoes := isZero(rep[2:8]) || bytes.Equal(rep[2:8], req[2:8]) || isName && bytes.Equal(rep[2:4], req[2:4])
	if s := c.first(false); s.Size == 8 || echoes && (p.Size == end || isKnownStream(req[end:])) {
		r.addRole(schemas.SigSOCKS4)
	}
}

// isKnownStream reports the beginning of TLS or HTTP.
func isKnownStream(b []byte) bool {
	_, isTLS := readClientHello(b, true)
	_, isHTTP := readRequestLine(b)
	return isTLS || isHTTP
}

// cString gives the offset behind the printable, zero-terminated string at b[at].
func cString(b []byte, at int) (int, bool) {
	for ; at < len(b); at++ {
		if b[at] == 0 {
			return at + 1, true
		}
		if b[at] < ' ' || b[at] >= 0x7f {
			return 0, false
		}
	}
	return 0, false
}

// SOCKS 5 methods (RFC 1928 section 3 and IANA's registry).
const (
	socksNoMethod   = 0xff
	maxSocksMethods = 10
)

// socks5 finds SOCKS 5 (RFC 1928): a greeting that fills the client's first payload
// and offers methods that exist, and the server's choice of one of them. Where the
// client went on, its next payload must be a request or a user name (RFC 1929).
// Random bytes: 2^-45.
func socks5(c *conversation, r *finding) {
	req, rep := c.client(), c.server()
	if len(req) < 3 || req[0] != 5 || len(rep) < 2 || rep[0] != 5 {
		return
	}
	n := int(req[1])
	if n == 0 || n > maxSocksMethods || len(req) < 2+n {
		return
	}
	choice := rep[1]
	offered := choice == socksNoMethod
	for _, m := range req[2 : 2+n] {
		if m > 9 && m < 0x80 {
			return
		}
		offered = offered || m == choice
	}
	// A client in a hurry sends its request behind the greeting; then it must be one.
	if greets := c.first(true).Size == 2+n; !offered || greets && c.first(false).Size != 2 || !greets && !isSocksRequest(req[2+n:], choice) {
		return
	}
	if len(req) > 2+n && !isSocksRequest(req[2+n:], choice) {
		return
	}
	r.addRole(schemas.SigSOCKS5)
}

// isSocksRequest checks the beginning of what follows the greeting.
func isSocksRequest(b []byte, method byte) bool {
	switch {
	case len(b) < 4:
		return false
	case method == 1: // RFC 1961 section 3.2
		return b[0] == 1 && b[1] >= 1 && b[1] <= 3
	case method == 2:
		return b[0] == 1 && b[1] > 0
	case method == 0:
		return b[0] == 5 && b[1] >= 1 && b[1] <= 3 && b[2] == 0 && (b[3] == 1 || b[3] == 3 || b[3] == 4)
	}
	return true // other methods negotiate in ways of their own
}

// socksUDP finds the datagrams of SOCKS 5's UDP relay (RFC 1928 section 7): two reserved
// bytes, fragment 0, an address type, the address and port of the other end, which its
// answers name again; and behind them a datagram that itself is known, for a number of one
// and an id that stays look alike. Random bytes: 2^-100.
func socksUDP(c *conversation, r *finding) {
	var to []byte
	asked, answered, known := 0, 0, false
	for i := range c.payloads {
		p := &c.payloads[i]
		end, ok := relayedTo(p.Data)
		if !ok {
			return
		}
		known = known || isKnownDatagram(&Payload{Size: p.Size - end, Data: p.Data[end:]})
		switch {
		case c.fromClient(p) && to == nil:
			to, asked = p.Data[3:end], 1
		case c.fromClient(p) && bytes.Equal(to, p.Data[3:end]):
			asked++
		case !c.fromClient(p) && bytes.Equal(to, p.Data[3:end]):
			answered++
		}
	}
	if asked > 0 && answered > 0 && known {
		r.addRole(schemas.SigSOCKS5)
	}
}

// isQUICLong reports a long header of a known version (RFC 9000 section 17.2).
func isQUICLong(b []byte) bool {
	if len(b) < 7 || b[0]&0xc0 != 0xc0 {
		return false
	}
	_, ok := quicVersionOf(binary.BigEndian.Uint32(b[1:]))
	return ok
}

// isKnownDatagram reports DNS, STUN, QUIC's long header, or BitTorrent.
func isKnownDatagram(p *Payload) bool {
	var m dnsmsg.Message
	return m.Parse(p.Data, p.Size) == nil && isQuestion(&m) || isSTUN(p) || isQUICLong(p.Data) || isDHT(p.Data) || isTracker(p.Data)
}

// relayedTo gives the end of the address and port at the head of a relayed datagram.
func relayedTo(b []byte) (end int, ok bool) {
	const head, ipv4, name, ipv6 = 4, 1, 3, 4
	if len(b) < head+1 || !isZero(b[:3]) {
		return 0, false
	}
	switch b[3] {
	case ipv4:
		end = head + 4 + 2
	case ipv6:
		end = head + 16 + 2
	case name:
		end = head + 1 + int(b[head]) + 2
	default:
		return 0, false
	}
	if len(b) <= end || isZero(b[end-2:end]) {
		return 0, false
	}
	if b[3] == name {
		return end, isHostName(b[head+1 : end-2])
	}
	return end, !isZero(b[head : end-2])
}

// isHostName reports letters, digits, hyphens and dots, with a letter among them.
func isHostName(b []byte) bool {
	letter := false
	for _, c := range b {
		if !isAlphanumeric(c) && c != '-' && c != '.' && c != '_' {
			return false
		}
		letter = letter || !isDigit(c)
	}
	return letter
}

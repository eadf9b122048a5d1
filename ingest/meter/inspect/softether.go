package inspect

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"strings"

	"github.com/banshift/banshift/ingest/meter/dnsmsg"
	"github.com/banshift/banshift/schemas"
)

// softEtherTCP finds SoftEther's handshake outside of TLS: HTTP POSTs to two fixed paths, the first of the
// string VPNCONNECT or an image (SoftEther VPN source, Cedar/Protocol.c; Mayaqua/HTTP.h).
func softEtherTCP(c *conversation, r *finding) {
	line, ok := readRequestLine(c.client())
	if ok && line.method == "POST" && (line.target == "/vpnsvc/connect.cgi" || line.target == "/vpnsvc/vpn.cgi") {
		r.addRole(schemas.SigSoftEther)
	}
}

// Sizes of the initialisation vectors of UDP acceleration (Cedar/UdpAccel.h).
var softEtherIVs = [...]int{12, 20}

// minSoftEther is how long the datagrams are at the least: behind the vector stand cookie,
// two times, a size and a flag, and either 20 bytes of zeros or a tag.
var minSoftEther = map[int]int{12: 12 + 23 + 16, 20: 20 + 23 + 20}

// minSoftEtherChain is how many datagrams must announce the vector of their successor.
const minSoftEtherChain = 2

// softEtherUDP finds SoftEther's UDP acceleration (Cedar/UdpAccel.c): each datagram
// begins with an initialisation vector, 12 bytes (version 2) or 20 (version 1), and the
// sender takes the bytes behind it, the first of the ciphertext, as the vector of its
// next one. Random bytes: 2^-192 for two links of the chain.
//
// It also finds the same vendor's R-UDP over DNS (Mayaqua/Network.c): questions for the
// DNSKEY of eight hexadecimal digits, whose OPT record carries ciphertext where RFC
// 6891 wants options.
func softEtherUDP(c *conversation, r *finding) {
	for _, size := range softEtherIVs {
		if !c.structure.text && !c.structure.periodic && c.chained(size) >= minSoftEtherChain {
			r.add(schemas.SigSoftEther)
			return
		}
	}
	var m dnsmsg.Message
	n := 0
	for i := range c.payloads {
		p := &c.payloads[i]
		if m.Parse(p.Data, p.Size) == nil && !m.Response && isSoftEtherQuestion(&m, p.Data) {
			n++
		}
	}
	if n >= 2 {
		r.addRole(schemas.SigSoftEther)
	}
}

// chained counts the datagrams that begin with what stood behind the vector of an
// earlier one of the same direction. Where what follows stood there too, it is no vector:
// frames of voice are sent again so.
func (c *conversation) chained(size int) int {
	n := 0
	var next [2][]byte
	for i := range c.payloads {
		p := &c.payloads[i]
		way := wayOf(p.Up)
		if len(p.Data) < minSoftEther[size] {
			continue
		}
		behind := p.Data[size : 2*size]
		if next[way] != nil && bytes.Equal(next[way][:size], p.Data[:size]) && !bytes.HasPrefix(next[way][size:], behind[:8]) && looksRandom(p.Data[:size]) && !bytes.Equal(p.Data[:size], p.Data[size:2*size]) {
			n++
		}
		next[way] = p.Data[size:]
	}
	return n
}

// softEtherNATT finds what SoftEther's programs ask the server that traverses NAT for them (Mayaqua/Network.c,
// RUDPDo_NatT_Interrupt, NewRUDPClientNatT): lists of named values, an opcode and the number of the transaction among
// them; or a letter B, which is answered by the address and port that it came from, as text.
func softEtherNATT(c *conversation, r *finding) {
	asked := false
	for i := range c.payloads {
		p := &c.payloads[i]
		if isNATTPack(p) {
			r.add(schemas.SigSoftEtherNATT)
			return
		}
		if c.fromClient(p) {
			asked = asked || string(p.Data) == "B"
		} else if asked && isSeenAddress(p) {
			r.addRole(schemas.SigSoftEtherNATT)
			return
		}
	}
}

// isSeenAddress reports "IP=a.b.c.d,PORT=n".
func isSeenAddress(p *Payload) bool {
	rest, isIP := strings.CutPrefix(string(p.Data), "IP=")
	address, port, hasPort := strings.Cut(rest, ",PORT=")
	_, err := netip.ParseAddrPort(net.JoinHostPort(address, port))
	return isIP && hasPort && p.whole() && err == nil
}

// isNATTPack reports a list of values (Mayaqua/Pack.c) that begins with an opcode and has the number of
// the transaction: how many there are, then of each its name behind the name's length and one, its type, and how many
// values follow. Random bytes: 2^-200.
func isNATTPack(p *Payload) bool {
	const head = "\x00\x00\x00\x07opcode\x00\x00\x00\x02\x00\x00\x00\x01"
	const tran = "\x00\x00\x00\x08tran_id\x00\x00\x00\x04\x00\x00\x00\x01"
	const count, least, most = 4, 2, 32
	if len(p.Data) < count+len(head)+4 {
		return false
	}
	n := binary.BigEndian.Uint32(p.Data)
	return n >= least && n <= most && bytes.HasPrefix(p.Data[count:], []byte(head)) && bytes.Contains(p.Data, []byte(tran))
}

// isSoftEtherQuestion checks the fixed form of a question that carries R-UDP.
func isSoftEtherQuestion(m *dnsmsg.Message, b []byte) bool {
	const dnsKey, question, opt = 48, 12 + 1 + 8 + 1 + 4, 11
	if m.Type != dnsKey || len(m.Name) != 8 || m.Records != 1 || len(b) < question+opt+4 {
		return false
	}
	for _, c := range m.Name {
		if !isDigit(c) && (c < 'a' || c > 'f') {
			return false
		}
	}
	return !isOptions(b[question+opt:])
}

// isOptions reports whether the RDATA of an OPT record is a list of options.
func isOptions(b []byte) bool {
	for len(b) >= 4 {
		n := 4 + int(b[2])<<8 + int(b[3])
		if n > len(b) {
			return false
		}
		b = b[n:]
	}
	return len(b) == 0
}

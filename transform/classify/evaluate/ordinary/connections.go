package ordinary

import (
	"bytes"
	"net/netip"
	"strings"
)

func addrPort(address string) netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr(address), 0)
}

// exchange sends payloads to and fro over TCP.
func exchange(port uint16, messages func(*writer) [][]byte) func(*writer) {
	return func(w *writer) {
		c := w.tcp(port)
		for i, m := range messages(w) {
			c.send(i%2 == 0, [][]byte{m})
		}
	}
}

// kerberos asks for a ticket over TCP (RFC 4120 section 7.2.2): a length, then ASN.1.
func kerberos(w *writer) [][]byte {
	ask := func(tag, n int) []byte {
		body := cat("\x30\x82", uint16(n-8), "\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0a\xa3\x82", uint16(n-30), w.random(n-30))
		b := cat(tag, 0x82, uint16(len(body)), body)
		return cat(uint32(len(b)), b)
	}
	return [][]byte{ask(0x6a, 240), ask(0x6b, 700), ask(0x6c, 1300), ask(0x6d, 1200)}
}

// zabbix sends values (Zabbix documentation, header and data length), compressed.
func zabbix(w *writer) [][]byte {
	return [][]byte{cat("ZBXD\x03", "\xa0\x00\x00\x00\xf0\x01\x00\x00", w.random(160)), cat("ZBXD\x03", "\x50\x00\x00\x00\x60\x00\x00\x00", w.random(80))}
}

// dcerpc binds and calls with sealed stubs (C706, [MS-RPCE]).
func dcerpc(w *writer) [][]byte {
	pdu := func(kind, n int) []byte {
		return cat("\x05\x00", kind, "\x03\x10\x00\x00\x00", n&255, n>>8, "\x10\x00\x01\x00\x00\x00", w.random(n-16))
	}
	return [][]byte{pdu(11, 160), pdu(12, 200), pdu(0, 400), pdu(2, 300)}
}

// bgp opens a session (RFC 4271 section 4.1).
func bgp(w *writer) [][]byte {
	marker := bytes.Repeat([]byte{0xff}, 16)
	return [][]byte{cat(marker, uint16(45), 1, 4, w.random(25)), cat(marker, uint16(45), 1, 4, w.random(25)), cat(marker, uint16(19), 4)}
}

// smb negotiates ([MS-SMB2]).
func smb(w *writer) [][]byte {
	return [][]byte{cat("\x00\x00\x00\xa0\xfeSMB\x40\x00", w.random(150)), cat("\x00\x00\x00\xf0\xfeSMB\x40\x00", w.random(230))}
}

// rdp connects ([MS-RDPBCGR]).
func rdp(w *writer) [][]byte {
	return [][]byte{cat("\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00"), cat("\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x1f\x08\x00\x02\x00\x00\x00")}
}

// lengthFirst sends random messages behind their own lengths, of two or four bytes.
func lengthFirst(width int) func(*writer) [][]byte {
	return func(w *writer) (all [][]byte) {
		for range 6 {
			b := w.random(60 + w.IntN(400))
			if width == 2 {
				all = append(all, cat(uint16(len(b)), b))
			} else {
				all = append(all, cat(uint32(len(b)), b))
			}
		}
		return all
	}
}

func lines(all ...string) func(*writer) [][]byte {
	return func(*writer) (out [][]byte) {
		for _, l := range all {
			out = append(out, []byte(strings.ReplaceAll(l, "\n", "\r\n")))
		}
		return out
	}
}

// origin answers a request with an absolute URI itself, as every server must (RFC 9112
// section 3.2.2).
var origin = lines("GET http://www.example.org/index.html HTTP/1.1\nHost: www.example.org\nUser-Agent: x\n\n",
	"HTTP/1.1 200 OK\nServer: nginx\nContent-Type: text/html\nContent-Length: 5\n\nhello")

// established answers something else with the words of a proxy.
var established = lines("POST /session HTTP/1.1\nHost: www.example.org\nContent-Length: 0\n\n", "HTTP/1.1 200 Connection Established\nServer: x\nContent-Length: 0\n\n")

// refused asks a web server for a tunnel that it does not give.
var refused = lines("CONNECT www.example.org:443 HTTP/1.1\nHost: www.example.org\n\n", "HTTP/1.1 405 Method Not Allowed\nServer: Apache\nContent-Length: 0\n\n")

// hello describes a TLS client.
type hello struct {
	sni     string
	alpn    []string
	ciphers []uint16
	tickets bool
	tls13   bool
	old     uint16 // version, where it is not TLS 1.2 or 1.3
}

// Suites of libraries, as their documentation orders them by default.
var (
	openSSLSuites  = []uint16{0x1302, 0x1303, 0x1301, 0xc02c, 0xc030, 0x009f, 0xcca9, 0xcca8, 0xccaa, 0xc02b, 0xc02f, 0x009e, 0xc024, 0xc028, 0x00ff}
	chromeSuites   = []uint16{0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035}
	firefoxSuites  = []uint16{0x1301, 0x1303, 0x1302, 0xc02b, 0xc02f, 0xcca9, 0xcca8, 0xc02c, 0xc030, 0xc00a, 0xc009, 0xc013, 0xc014, 0x009c, 0x009d}
	goSuites       = []uint16{0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc009, 0xc013, 0xc00a, 0xc014, 0x1301, 0x1302, 0x1303}
	gnuTLSSuites   = []uint16{0x1302, 0x1303, 0x1301, 0x1304, 0xc02c, 0xcca9, 0xc0ad, 0xc00a, 0xc02b, 0xc0ac, 0xc009}
	mbedTLSSuites  = []uint16{0x1303, 0x1302, 0x1301, 0xcca8, 0xcca9, 0xccaa, 0xc02c, 0xc030, 0x009f, 0xc0ad}
	schannelSuites = []uint16{0xc014, 0xc013, 0x0035, 0x002f, 0xc00a, 0xc009, 0x0038, 0x0032, 0x000a}
)

func vec16(b []byte) []byte { return cat(uint16(len(b)), b) }

func record(kind int, body []byte) []byte { return cat(kind, "\x03\x03", vec16(body)) }

// client gives the record with a ClientHello (RFC 8446 section 4.1.2).
func (h hello) client(w *writer) []byte {
	var suites, ext []byte
	for _, s := range h.ciphers {
		suites = be16(suites, s)
	}
	extend := func(kind uint16, data []byte) { ext = append(ext, cat(kind, vec16(data))...) }
	if h.sni != "" {
		extend(0, vec16(cat(0, vec16([]byte(h.sni)))))
	}
	extend(11, cat(1, 0))
	extend(10, vec16(cat("\x00\x1d\x00\x17")))
	if h.tickets {
		extend(35, nil)
	}
	if len(h.alpn) > 0 {
		var list []byte
		for _, p := range h.alpn {
			list = append(list, cat(len(p), p)...)
		}
		extend(16, vec16(list))
	}
	extend(13, vec16(cat("\x04\x03\x08\x04\x04\x01")))
	if h.tls13 {
		extend(43, cat(4, "\x03\x04\x03\x03"))
		extend(51, vec16(cat("\x00\x1d", vec16(w.random(32)))))
	}
	version := uint16(0x0303)
	if h.old != 0 {
		version = h.old
	}
	body := cat(version, w.random(32), 32, w.random(32), vec16(suites), "\x01\x00", vec16(ext))
	return cat("\x16\x03\x01", vec16(cat("\x01\x00", vec16(body))))
}

// serverHello gives the record with a ServerHello of TLS 1.3 or 1.2.
func (h hello) server(w *writer, suite uint16) []byte {
	var ext []byte
	if h.tls13 {
		ext = cat("\x00\x2b\x00\x02\x03\x04\x00\x33", vec16(cat("\x00\x1d", vec16(w.random(32)))))
	} else {
		ext = cat("\xff\x01\x00\x01\x00")
	}
	version := uint16(0x0303)
	if h.old != 0 {
		version = h.old
	}
	body := cat(version, w.random(32), 32, w.random(32), suite, 0, vec16(ext))
	return record(22, cat("\x02\x00", vec16(body)))
}

// tls13 speaks TLS 1.3 (RFC 8446): the client's flight has records of given lengths.
func tls13(h hello, suite uint16, flight ...int) func(*writer) {
	h.tls13, h.tickets = true, true
	return func(w *writer) {
		c := w.tcp(443)
		c.up(h.client(w))
		c.down(cat(h.server(w, suite), record(20, []byte{1}), record(23, w.random(40)), record(23, w.random(2400)), record(23, w.random(281)), record(23, w.random(69))))
		answer := record(20, []byte{1})
		for _, n := range flight {
			answer = append(answer, record(23, w.random(n))...)
		}
		c.up(answer)
		c.up(record(23, w.random(210)))
		c.down(record(23, w.random(1100)), record(23, w.random(4000)))
	}
}

// fragmented speaks the same with the hello in records of n bytes first.
func fragmented(h hello, n int) func(*writer) {
	h.tls13, h.tickets = true, true
	return func(w *writer) {
		c := w.tcp(443)
		message := h.client(w)[5:]
		c.up(cat("\x16\x03\x01", vec16(message[:n]), "\x16\x03\x01", vec16(message[n:])))
		c.down(cat(h.server(w, 0x1301), record(20, []byte{1}), record(23, w.random(900))))
		c.up(cat(record(20, []byte{1}), record(23, w.random(53)), record(23, w.random(200))))
	}
}

// tls12 speaks up to TLS 1.2 and sends records of given lengths, n of them each way.
func tls12(h hello, suite uint16, n int, up, down []int) func(*writer) {
	return func(w *writer) {
		c := w.tcp(443)
		c.up(h.client(w))
		c.down(cat(h.server(w, suite), record(22, cat("\x0b\x00", vec16(w.random(1200)))), record(22, cat("\x0e\x00\x00\x00"))))
		c.up(cat(record(22, cat("\x10\x00", vec16(w.random(66)))), record(20, []byte{1}), record(22, w.random(48))))
		c.down(cat(record(20, []byte{1}), record(22, w.random(48))))
		for i := range n {
			c.up(record(23, w.random(up[i%len(up)])))
			c.down(record(23, w.random(down[i%len(down)])))
		}
	}
}

// oldDTLS speaks DTLS as OpenSSL before 0.9.8f did, without a session to resume.
func oldDTLS(w *writer) {
	c := w.udp(4433)
	body := cat("\x01\x00", w.random(32), 0, 0, vec16(cat("\x00\x39\x00\x38\x00\x35\x00\x16\x00\x13\x00\x0a")), "\x01\x00")
	message := cat(1, 0, vec16(body), "\x00\x00\x00\x00\x00\x00", vec16(body))
	c.up(cat(22, "\x01\x00\x00\x00", make([]byte, 6), vec16(message)))
	for i := range 8 {
		c.up(cat(23, "\x01\x00\x00\x01\x00\x00\x00\x00", uint16(i+1), vec16(w.random(64))))
		c.down(cat(23, "\x01\x00\x00\x01\x00\x00\x00\x00", uint16(i+1), vec16(w.random(64))))
	}
}

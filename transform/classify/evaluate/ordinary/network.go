package ordinary

import (
	"bytes"
	"fmt"
	"strings"
)

// retried sends one datagram several times, as clients do that hear nothing.
func retried(port uint16, make func(*writer) []byte) func(*writer) {
	return func(w *writer) {
		c := w.udp(port)
		b := make(w)
		c.up(b, b, b, b)
	}
}

// radius gives an Access-Request of a length (RFC 2865).
func radius(size int) func(*writer) []byte {
	return func(w *writer) []byte {
		attributes := cat(1, 10, "username", 2, 18, w.random(16), 4, 6, "\xc0\x00\x02\x01")
		for len(attributes)+20 < size {
			n := min(size-20-len(attributes), 200)
			if n < 3 {
				n = 3
			}
			attributes = append(attributes, cat(26, n, bytes.Repeat([]byte{0}, n-2))...)
		}
		return cat(1, w.IntN(256), uint16(20+len(attributes)), w.random(16), attributes)
	}
}

func radiusAnswered(w *writer) {
	c := w.udp(1812)
	for range 5 {
		b := radius(140)(w)
		c.up(b, b)
		c.down(cat(2, int(b[1]), uint16(20), w.random(16)))
	}
}

// text gives n bytes of a text protocol.
func text(head string, n int) func(*writer) []byte {
	return func(*writer) []byte {
		return []byte((head + strings.Repeat("X-Header-Of-Nothing: 0123456789abcdef\r\n", 1+n/39))[:n])
	}
}

// wsDiscovery sends a probe again (WS-Discovery 1.1, section 5.2), of a length.
func wsDiscovery(n int) func(*writer) []byte {
	return text(`<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"><soap:Body><wsd:Probe/>`, n)
}

// snmp gives a GetBulk request (RFC 3416) of a length.
func snmp(n int) func(*writer) []byte {
	return func(w *writer) []byte {
		b := cat("\x30\x82", uint16(n-4), "\x02\x01\x01\x04\x06public\xa5\x82", uint16(n-17), "\x02\x04", w.random(4), "\x02\x01\x00\x02\x01\x0a")
		for len(b) < n {
			b = append(b, cat("\x30\x0e\x06\x0a\x2b\x06\x01\x02\x01\x02\x02\x01\x02", w.IntN(100), "\x05\x00")...)
		}
		return b[:n]
	}
}

// counters sends what a transport counts, to a group: a session's constant id, a
// sequence number, and text (PGM and its like, RFC 3208).
func counters(server string, body func(*writer) []byte) func(*writer) {
	return func(w *writer) {
		c := w.udpTo(server)
		id := w.random(4)
		for i := range 24 {
			c.up(cat(id, uint32(i+1), body(w)))
		}
	}
}

// dhcp asks again and again for an address (RFC 2131).
func dhcp(w *writer) {
	c := w.udpTo("255.255.255.255:67").from(68)
	xid := w.Uint32()
	for i := range 8 {
		c.up(cat(1, 1, 6, 0, xid, uint16(i), "\x80\x00", make([]byte, 16), w.random(6), make([]byte, 202), "\x63\x82\x53\x63\x35\x01\x01\xff", make([]byte, 60)))
	}
}

// periodic sends text that repeats every n bytes.
func periodic(n int) func(*writer) {
	return func(w *writer) {
		c := w.udp(uint16(5000 + w.IntN(4000)))
		unit := []byte("abcdefghijklmnopqrstuvwxyz")[:n]
		for i := range 20 {
			c.up(bytes.Repeat(unit, 4+i%3))
			c.down(bytes.Repeat(unit, 5))
		}
	}
}

// sized sends plain text of given lengths, first up, then down.
func sized(up, down int) func(*writer) {
	return func(w *writer) {
		c := w.udp(uint16(2000 + w.IntN(60000)))
		for i := range 6 {
			c.up(text(fmt.Sprintf("status %d of the machine\r\n", i), up)(w))
			c.down(text(fmt.Sprintf("answer %d\r\n", i), down)(w))
		}
	}
}

// probe sends one datagram that nobody answers.
func probe(port uint16, head string, size int) func(*writer) {
	return func(w *writer) { w.udp(port).up(cat(head, w.random(size-len(head)))) }
}

// mdns asks for services (RFC 6762).
func mdns(w *writer) {
	c := w.udpTo("224.0.0.251:5353").from(5353)
	for range 6 {
		c.up(cat(make([]byte, 5), 1, make([]byte, 6), 9, "_services", 7, "_dns-sd", 4, "_udp", 5, "local", 0, "\x00\x0c\x00\x01"))
	}
}

// bacnet asks who is there (ASHRAE 135, annex J).
func bacnet(w *writer) {
	c := w.udpTo("255.255.255.255:47808").from(47808)
	for range 6 {
		c.up(cat("\x81\x0b\x00\x0c\x01\x20\xff\xff\x00\xff\x10\x08"))
	}
}

// profinet sends a read of records over RPC (IEC 61158-6-10; C706).
func profinet(w *writer) {
	c := w.udp(34964)
	activity := w.random(16)
	for i := range 8 {
		c.up(cat("\x04\x00\x20\x00\x10\x00\x00\x00", w.random(16), w.random(16), activity, uint32(0), uint32(1), uint32(i), "\x00\x05\xff\xff\xff\xff", uint16(64), make([]byte, 68)))
		c.down(cat("\x04\x02\x0a\x00\x10\x00\x00\x00", activity, uint32(i), make([]byte, 90)))
	}
}

// ntp asks for the time (RFC 5905).
func ntp(w *writer) {
	c := w.udp(123)
	for range 5 {
		ask := cat("\x23\x00\x06\xec", make([]byte, 36), w.random(8))
		c.up(ask)
		c.down(cat("\x24\x02\x06\xe7", w.random(20), ask[40:], w.random(16)))
	}
}

// dns asks for names (RFC 1035).
func dns(w *writer) {
	for i := range 4 {
		c := w.udp(53)
		id := w.random(2)
		question := cat(3, "www", 7, "example", 3, "org", 0, "\x00\x01\x00\x01")
		c.up(cat(id, "\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", question))
		c.down(cat(id, "\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00", question, "\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc6\x12\x05", i))
	}
}

// ah sends OSPFv3's hellos between neighbours (RFC 4552); of IPv4 here, to the group.
func ah(w *writer) {
	c := w.open(51, addrPort("224.0.0.5"))
	for i := range 10 {
		c.packet(true, cat("\x59\x04\x00\x00", uint32(0x100), uint32(i+1), w.random(12), "\x02\x01\x00\x2c", w.random(40)))
	}
}

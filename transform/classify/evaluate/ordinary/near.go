package ordinary

import (
	"bytes"
	"fmt"
	"strings"
)

// field is a part of the messages of a protocol of one's own.
type field func(w *writer) func(i int) []byte

// drawn gives bytes that a flow draws once, an id; fresh ones each time; steps a number that grows
// by one, big endian.
func drawn(n int) field {
	return func(w *writer) func(int) []byte {
		id := w.random(n)
		return func(int) []byte { return id }
	}
}

func fresh(sizes ...int) field {
	return func(w *writer) func(int) []byte { return func(i int) []byte { return w.random(sizes[i%len(sizes)]) } }
}

func steps(from uint32) field {
	return func(*writer) func(int) []byte { return func(i int) []byte { return be32(nil, from+uint32(i)) } }
}

// always gives parts as [cat] does; repeating gives them in turn.
func always(parts ...any) field {
	return func(*writer) func(int) []byte { return func(int) []byte { return cat(parts...) } }
}

func repeating(all ...string) field {
	return func(*writer) func(int) []byte { return func(i int) []byte { return []byte(all[i%len(all)]) } }
}

func (w *writer) fields(fields []field) func(int) []byte {
	var parts []func(int) []byte
	for _, f := range fields {
		parts = append(parts, f(w))
	}
	return func(i int) (b []byte) {
		for _, p := range parts {
			b = append(b, p(i)...)
		}
		return b
	}
}

// both says that messages of the two directions share their ids.
type both []field

// exchanged sends datagrams of these fields, 16 each way where both ways have some.
func exchanged(up, down []field) func(*writer) {
	return talk(7300, 16, func(w *writer) (func(int) []byte, func(int) []byte) {
		if down == nil {
			return w.fields(up), nil
		}
		return w.fields(up), w.fields(down)
	})
}

// shared sends datagrams whose ids are those of both directions.
func shared(fields both) func(*writer) {
	return talk(7300, 16, func(w *writer) (func(int) []byte, func(int) []byte) {
		made := w.fields(fields)
		return made, made
	})
}

// asked asks with n bytes and is answered with more, under an id of four bytes that the answer repeats.
func asked(ask, answer string, n, more int) func(*writer) {
	return talk(7300, 5, func(w *writer) (func(int) []byte, func(int) []byte) {
		var id []byte
		return func(int) []byte {
				id = w.random(4)
				return cat(ask, id, w.random(n-5))
			}, func(int) []byte {
				return cat(answer, id, w.random(more-5))
			}
	})
}

// nearVPN comes near to the messages of WireGuard and OpenVPN: their first bytes and sizes, of other contents.
func nearVPN() []kind {
	const station = "\x70\xb3\xd5\x7e\xd0\x05\x1a\x2c"
	return []kind{
		{"types of 4, little endian, blocks of 16", exchanged(
			[]field{repeating("\x02\x00\x00\x00", "\x04\x00\x00\x00", "\x09\x00\x00\x00", "\x07\x00\x00\x00", "\x06\x00\x00\x00"), fresh(44, 60, 108)},
			[]field{repeating("\x05\x00\x00\x00", "\x08\x00\x00\x00"), fresh(60, 76)})},
		{"type 1 of 148, mostly zeros", exchanged([]field{always("\x01\x00\x00\x00"), steps(77), fresh(60), always(make([]byte, 80))}, nil)},
		{"type 1 of 148, to and fro", exchanged([]field{always("\x01\x00\x00\x00"), fresh(128), always(make([]byte, 16))}, []field{always("\x01\x00\x00\x00"), fresh(128), always(make([]byte, 16))})},
		{"records of 54 with a time", exchanged([]field{always("\x38", station), steps(1), steps(1_700_000_000), fresh(37)}, nil)},
		{"records of 54 with a time, answered", exchanged([]field{always("\x38", station), steps(1), steps(1_700_000_000), fresh(37)}, []field{always("\x40", station), steps(1), steps(1_700_000_000), fresh(49)})},
		{"records of 42 with a time", exchanged([]field{always("\x38", station, make([]byte, 20)), steps(1), steps(1_700_000_000), always(make([]byte, 5))}, nil)},
		{"records of 86 with text and a time", exchanged([]field{always("\x38", station, "temperature 21.5 C, humidity 40.2%, battery 3.61 V; door shut..!"[:64]), steps(1), always(uint32(1_700_000_000), make([]byte, 5))}, nil)},
		{"readings of two ids", exchanged([]field{always("\x28", station, "\x01"), steps(1000), drawn(8)}, nil)},
		{"readings of two ids, answered", exchanged([]field{always("\x28", station, "\x01"), steps(1000), always("\xa1\xc4\xe9\x3b\x77\x02\x5f\x10")}, []field{always("\x28\xa1\xc4\xe9\x3b\x77\x02\x5f\x10\x01"), steps(1000), always(station)})},
		{"an id of 8, a number and an epoch", exchanged([]field{always("\x20"), drawn(8), steps(0), always(uint32(1_690_000_000)), fresh(60)}, nil)},
		{"an id of 8, a number and an epoch, answered", exchanged([]field{always("\x5a"), drawn(8), steps(5000), always(uint32(0xa0b0c0d0)), fresh(60)}, []field{always("\x5a"), drawn(8), steps(5000), always(uint32(0xa0b0c0d0)), fresh(60)})},
		{"a type, a vector and blocks of 16", exchanged([]field{always("\x31"), fresh(32, 48, 96, 160)}, []field{always("\x31"), fresh(48, 32, 112)})},
		{"a type, a vector and blocks of 8", exchanged([]field{always("\x30"), fresh(16, 24, 64, 88)}, []field{always("\x30"), fresh(24, 16, 72)})},
		{"a magic word of both and a number", shared(both{always("\x4b\xad\xc0\xde"), steps(0), fresh(40, 77, 200)})},
		{"14 bytes, answered by 26 with its id", asked("\x01", "\x79", 14, 26)},
		{"42 bytes, answered by 54 with its id", asked("\x41", "\x39", 42, 54)},
		{"50 bytes, answered by 62 with its id, over tcp", over(7300, func(w *writer) (out []message) {
			for range 4 {
				id := w.random(4)
				out = append(out, message{true, cat(uint16(50), "\x81", id, w.random(45))}, message{false, cat(uint16(62), "\xf9", id, w.random(57))})
			}
			return out
		})},
	}
}

// nearOthers comes near to the messages of other tools.
func nearOthers() []kind {
	all := []kind{
		{"addresses of 5 to and fro, text", mirrored(8, 5, "a reading of the station")},
		{"addresses of 5 to and fro, numbers", mirrored(8, 5, "\x01\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x2a\x00\x00\x00\x00\x00\x00\x00")},
		{"a checksum and small blocks of 8, equal ports", between(27960, 24, 12, 36, 44, 84, 100, 60)},
		{"five, two methods, and then something else", over(7001, conversationOf(false, exact("\x05\x02\x00\x01"), exact("\x05\x01\x00\x00\x00\x01"), exact("\x05\x02\x00\x01"), exact("\x05\x01\x00\x00\x00\x01")))},
		{"four, one, answered by a length of 90", over(7001, conversationOf(false, exact("\x04\x01\x12\x34\x09\x01\x02\x03\x00"), exact(uint16(90), randomBytes(90)), exact("\x04\x02\x12\x35\x09\x01\x02\x03\x00"), exact(uint16(91), randomBytes(91))))},
		{"records of type 4, text", typed("a report of the station")}, {"records of type 4, numbers", typed("\x01\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x2a\x00\x00\x00\x00\x00\x00\x00")},
		{"names that measure", questions(1, 14, func(w *writer) string {
			return "0du-u" + w.letters(hexadecimal, 8) + "-c13-a07d0-s1366732-i" + w.letters(hexadecimal, 8) + "-0.am"
		})},
		{"names that measure, ipv6", questions(28, 14, func(w *writer) string {
			return "0ds-u" + w.letters(hexadecimal, 8) + "-c13-a07d0-s1366732-i" + w.letters(hexadecimal, 8) + "-0.am"
		})},
		{"channels of turn", exchanged([]field{always("\x48\x00", uint16(64)), steps(0), fresh(60)}, []field{always("\x48\x00", uint16(64)), steps(0), fresh(60)})},
		{"two ids, a version and a length of 28 and more", exchanged([]field{drawn(16), always("\x01\x10\x05\x00"), steps(1), always(uint32(68)), fresh(40)}, []field{drawn(16), always("\x01\x10\x06\x00"), steps(1), always(uint32(88)), fresh(60)})},
		{"a key of 64 and a short message", over(9735, func(w *writer) []message {
			return []message{{true, w.random(64)}, {true, w.random(40)}, {false, w.random(64)}, {false, w.random(90)}, {true, w.random(80)}, {false, w.random(300)}}
		})},
		{"tls without a name, messages of 514", sealedRecords(hello{ciphers: openSSLSuites}, false, 17, []int{514}, []int{514, 1028})},
		{"long names of one letter", questions(1, 14, func(w *writer) string { return "e" + w.letters(letters, 45) + ".t" })},
		{"long names of one letter, text", questions(16, 14, func(w *writer) string { return "d" + w.letters(letters, 45) + ".t" })},
		{"long names of s, text", questions(16, 14, func(w *writer) string { return "s" + w.letters(letters, 45) + ".t" })},
		{"long names of v, aliases", questions(5, 14, func(w *writer) string { return "v-" + w.letters(hexadecimal, 44) + ".v" })},
		{"hashes of one digit, text", questions(16, 14, func(w *writer) string { return "0" + w.letters(hexadecimal, 39) + "x.malware" })},
		{"null, names of p", questions(10, 14, func(w *writer) string { return "p" + w.letters(hexadecimal, 2) + ".probe" })},
		{"null, names of nodes", questions(10, 14, func(w *writer) string { return "node" + w.letters(hexadecimal, 2) + ".probe" })},
	}
	for _, protocol := range []string{"mqtt", "imap", "xmpp-client", "acme-tls/1"} {
		all = append(all, kind{"tls on 853, " + strings.ReplaceAll(protocol, "/", " "), func(w *writer) {
			browsed(w, 853, hello{sni: "www.example.org", alpn: []string{protocol}, ciphers: openSSLSuites}, 2)
		}})
	}
	for _, frame := range []int{12, 20} {
		for _, again := range []int{2, 3, 5} {
			all = append(all, kind{fmt.Sprintf("voice, frames of %d sent %d times", frame, again), frames(frame, again)})
		}
	}
	return append(all, nearHTTP()...)
}

// mirrored sends datagrams with the addresses of both ends, which the answers exchange, behind a number.
func mirrored(count, address int, contents string) func(*writer) {
	return talk(7300, 12, func(w *writer) (up, down func(int) []byte) {
		a, b := w.random(address), w.random(address)
		return func(i int) []byte { return cat(number(uint64(i), count, false), a, b, contents) },
			func(i int) []byte { return cat(number(uint64(i), count, false), b, a, contents) }
	})
}

// between sends random datagrams of so many sizes between equal ports.
func between(port uint16, n int, sizes ...int) func(*writer) {
	return func(w *writer) {
		c := w.udp(port).from(port)
		for i := range n {
			c.up(w.random(8 + sizes[i%len(sizes)]))
			c.down(w.random(8 + sizes[(i+2)%len(sizes)]))
		}
	}
}

// frames sends voice without RTP: each datagram repeats the frames before its own, against loss.
func frames(size, again int) func(*writer) {
	return talk(7300, 20, func(w *writer) (up, down func(int) []byte) {
		way := func() func(int) []byte {
			window := w.random(size * again)
			return func(int) []byte {
				window = append(bytes.Clone(window[size:]), w.random(size)...)
				return window
			}
		}
		return way(), way()
	})
}

// typed is in the middle of a connection of records of one type behind their lengths.
func typed(contents string) func(*writer) {
	return func(w *writer) {
		c := w.open(6, serverAt(7300))
		for i := range 10 {
			c.up(cat(4, uint16(len(contents)+1), i, contents))
			c.down(cat(4, uint16(len(contents)+5), i, contents, uint32(i)))
		}
	}
}

const (
	hexadecimal = "0123456789abcdef"
	letters     = "abcdefghijklmnopqrstuvwxyz234567"
)

// letters gives so many of an alphabet.
func (w *writer) letters(of string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = of[w.IntN(len(of))]
	}
	return string(b)
}

// questions asks for names below one domain on one socket.
func questions(kindOf byte, n int, name func(*writer) string) func(*writer) {
	return talk(53, n, func(w *writer) (up, down func(int) []byte) {
		return func(int) []byte {
			b := cat(w.random(2), "\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00")
			for label := range strings.SplitSeq(name(w)+".example.net", ".") {
				b = cat(b, len(label), label)
			}
			return cat(b, 0, 0, int(kindOf), 0, 1)
		}, nil
	})
}

// nearHTTP asks servers and gateways what proxies are asked.
func nearHTTP() []kind {
	const (
		absolute = "GET http://www.example.org/a HTTP/1.1\nHost: www.example.org\n\n"
		tunnel   = "CONNECT www.example.org:443 HTTP/1.1\nHost: www.example.org:443\n\n"
		date     = "Server: nginx\nDate: Tue, 15 Nov 2022 08:12:31 GMT\n"
		page     = "HTTP/1.1 200 OK\n" + date + "Content-Type: text/html\nContent-Length: 5\n\nhello"
	)
	return []kind{
		{"absolute uri, through an accelerator", request(absolute, "HTTP/1.1 200 OK\n"+date+"Via: 1.1 varnish\nAge: 3\nContent-Length: 5\n\nhello")},
		{"absolute uri, moved by a gateway", request(absolute, "HTTP/1.1 301 Moved Permanently\n"+date+"Via: 1.1 abc.example.net (CloudFront)\nContent-Length: 0\n\n")},
		{"absolute uris, with a port and without", over(80, conversationOf(false, absolute, page, "GET http://www.example.org:80/b HTTP/1.1\nHost: www.example.org:80\n\n", page))},
		{"absolute uris, without a path", over(80, conversationOf(false, "GET http://www.example.org?x=1 HTTP/1.1\nHost: www.example.org\n\n", page, absolute, page))},
		{"absolute uri of a device", requestAt(49152, "GET http://192.168.1.1:5000/rootDesc.xml HTTP/1.1\nHost: 192.168.1.1:5000\n\n", page)},
		{"absolute uri of a machine behind a balancer", requestAt(8080, "GET http://10.0.0.5/health HTTP/1.1\nHost: 10.0.0.5\n\n", page)},
		{"connect, refused by an accelerator", request(tunnel, "HTTP/1.1 405 Method Not Allowed\nServer: Varnish\nVia: 1.1 varnish\nContent-Length: 0\n\n")},
		{"connect, no server of a balancer", request(tunnel, "HTTP/1.0 503 Service Unavailable\nConnection: close\nContent-Type: text/html\n\n<html><body>No server is available</body></html>\n")},
		{"connect, bad gateway", request(tunnel, "HTTP/1.1 502 Bad Gateway\n"+date+"Content-Length: 3\n\nbad")},
		{"connect, a page to the end", request(tunnel, "HTTP/1.0 200 OK\nServer: SimpleHTTP/0.6\nContent-type: text/html\n\n<html></html>")},
		{"connect, a camera's page", request(tunnel, "HTTP/1.1 200 OK\nServer: GoAhead-Webs\nConnection: close\n\n<html></html>")},
		{"connect, no content", request(tunnel, "HTTP/1.1 204 No Content\n"+date+"\n")},
		{"dns's type in a page", request("GET /rfc8484.txt HTTP/1.1\nHost: www.example.org\n\n", "HTTP/1.1 200 OK\n"+date+"Content-Type: text/plain\nContent-Length: 45\n\nthe media type is application/dns-message ...")},
		{"dns's type in a search", request("GET /search?q=application/dns-message HTTP/1.1\nHost: www.example.org\n\n", page)},
	}
}

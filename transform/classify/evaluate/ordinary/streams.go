package ordinary

import (
	"bytes"
	"fmt"
	"strings"
)

// message is what one end of a connection sends.
type message struct {
	up   bool
	data []byte
}

// over speaks over TCP.
func over(port uint16, script func(w *writer) []message) func(*writer) {
	return func(w *writer) {
		c := w.tcp(port)
		for _, m := range script(w) {
			c.send(m.up, [][]byte{m.data})
		}
	}
}

// conversationOf takes messages in turn, the server's first where it greets.
func conversationOf(serverFirst bool, all ...any) func(*writer) []message {
	return func(w *writer) (out []message) {
		for i, m := range all {
			up := i%2 == 0 != serverFirst
			switch m := m.(type) {
			case string:
				out = append(out, message{up, []byte(strings.ReplaceAll(m, "\n", "\r\n"))})
			case int:
				out = append(out, message{up, w.random(m)})
			case func(*writer) []byte:
				out = append(out, message{up, m(w)})
			}
		}
		return out
	}
}

// exact is binary text: lines are left as they are.
func exact(parts ...any) func(*writer) []byte {
	return func(w *writer) []byte {
		var b []byte
		for _, p := range parts {
			if n, ok := p.(randomBytes); ok {
				b = append(b, w.random(int(n))...)
				continue
			}
			b = append(b, cat(p)...)
		}
		return b
	}
}

type randomBytes int

// upgraded goes on with TLS behind lines in clear (STARTTLS and its like).
func upgraded(port uint16, serverFirst bool, all ...any) func(*writer) {
	h := hello{sni: "mail.example.org", ciphers: openSSLSuites, tls13: true, tickets: true}
	return over(port, func(w *writer) []message {
		out := conversationOf(serverFirst, all...)(w)
		return append(out, message{true, h.client(w)}, message{false, cat(h.server(w, 0x1302), record(20, []byte{1}), record(23, w.random(2000)))},
			message{true, cat(record(20, []byte{1}), record(23, w.random(69)), record(23, w.random(90)))}, message{false, record(23, w.random(300))})
	})
}

// padded speaks TLS 1.3 whose records are padded to a block (RFC 8446 section 5.4;
// openssl s_client, -record_padding).
func padded(block int) func(*writer) {
	h := hello{sni: "padded.example.org", ciphers: openSSLSuites, tls13: true, tickets: true}
	pad := func(n int) int { return (n+1+block-1)/block*block + 16 }
	return over(443, func(w *writer) []message {
		out := []message{{true, h.client(w)}, {false, cat(h.server(w, 0x1302), record(20, []byte{1}), record(23, w.random(pad(900))))},
			{true, cat(record(20, []byte{1}), record(23, w.random(pad(52))))}}
		for range 6 {
			out = append(out, message{true, record(23, w.random(pad(40+w.IntN(200))))}, message{false, record(23, w.random(pad(200+w.IntN(900))))})
		}
		return out
	})
}

// sealedRecords speaks TLS of a version in records of given contents, behind a hello or
// caught in the middle.
func sealedRecords(h hello, begun bool, overhead int, up, down []int) func(*writer) {
	h.tls13, h.tickets = true, true
	return func(w *writer) {
		c := w.open(6, serverAt(443))
		if !begun {
			c = w.tcp(443)
			c.up(h.client(w))
			c.down(cat(h.server(w, 0x1301), record(20, []byte{1}), record(23, w.random(40)), record(23, w.random(2400)), record(23, w.random(281)), record(23, w.random(53))))
			c.up(cat(record(20, []byte{1}), record(23, w.random(53))))
		}
		for i := range 16 {
			c.up(record(23, w.random(up[i%len(up)]+overhead)))
			c.down(record(23, w.random(down[i%len(down)]+overhead)))
		}
	}
}

// keyFirst begins with a key of random bytes and goes on with random messages, as key
// exchanges without a header do (BIP 324, message stream encryption, Noise).
func keyFirst(port uint16, up, down []int) func(*writer) {
	return over(port, func(w *writer) (out []message) {
		for i := range max(len(up), len(down)) {
			if i < len(up) {
				out = append(out, message{true, w.random(up[i])})
			}
			if i < len(down) {
				out = append(out, message{false, w.random(down[i])})
			}
		}
		return out
	})
}

func request(head, answer string) func(*writer) {
	return over(80, conversationOf(false, head, answer))
}

func requestAt(port uint16, head, answer string) func(*writer) {
	return over(port, conversationOf(false, head, answer))
}

func streams() []kind {
	browser := []string{"h2", "http/1.1"}
	site := hello{sni: "www.example.org", alpn: browser, ciphers: chromeSuites}
	bare := hello{sni: "www.w3schools.com", ciphers: openSSLSuites}
	const ask = "GET http://www.example.org/a HTTP/1.1\nHost: www.example.org\n\n"
	const tunnel = "CONNECT www.example.org:443 HTTP/1.1\nHost: www.example.org:443\n\n"
	all := []kind{
		{"absolute uri, answered without a server's name", request(ask, "HTTP/1.1 200 OK\nDate: Tue, 15 Nov 2022 08:12:31 GMT\nContent-Type: text/html\nContent-Length: 5\n\nhello")},
		{"absolute uri, answered without anything", request(ask, "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello")},
		{"absolute uri, moved", request(ask, "HTTP/1.1 301 Moved Permanently\nLocation: https://www.example.org/a\nContent-Length: 0\n\n")},
		{"absolute uri, not found", request(ask, "HTTP/1.1 404 Not Found\nContent-Length: 9\n\nnot found")},
		{"absolute uri, bad request", request(ask, "HTTP/1.1 400 Bad Request\nConnection: close\n\n")},
		{"absolute uri, old answer", request("GET http://www.example.org/ HTTP/1.0\n\n", "HTTP/1.0 200 OK\nServer: SimpleHTTP/0.6\n\nhello")},
		{"absolute uri of another port of its own", requestAt(8080, "GET http://www.example.org:8080/a HTTP/1.1\nHost: www.example.org:8080\n\n", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello")},
		{"absolute uri, no answer", over(80, conversationOf(false, ask))},
		{"printer", requestAt(631, "POST http://printer.local:631/ipp/print HTTP/1.1\nHost: printer.local:631\nContent-Type: application/ipp\nContent-Length: 4\n\nabcd", "HTTP/1.1 200 OK\nContent-Type: application/ipp\nContent-Length: 4\n\nabcd")},
		{"icap", requestAt(1344, "REQMOD icap://icap.example.org/req ICAP/1.0\nHost: icap.example.org\n\nGET http://a.example/ HTTP/1.1\n\n", "ICAP/1.0 204 No Content\n\n")},
		{"rtsp", requestAt(554, "DESCRIBE rtsp://cam.example.org/live RTSP/1.0\nCSeq: 2\n\n", "RTSP/1.0 200 OK\nCSeq: 2\nContent-Length: 4\n\nv=0\n")},
		{"connect, answered with a page", request(tunnel, "HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Length: 5\n\nhello")},
		{"connect, answered with a page in chunks", request(tunnel, "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nhello\n0\n\n")},
		{"connect, moved", request(tunnel, "HTTP/1.1 301 Moved Permanently\nLocation: https://www.example.org/\nContent-Length: 0\n\n")},
		{"connect, forbidden", request(tunnel, "HTTP/1.1 403 Forbidden\nServer: cloudflare\nContent-Length: 0\n\n")},
		{"connect, unauthorized", request(tunnel, "HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Basic\nContent-Length: 0\n\n")},
		{"connect, too many", request(tunnel, "HTTP/1.1 429 Too Many Requests\nContent-Length: 0\n\n")},
		{"connect, error", request(tunnel, "HTTP/1.1 500 Internal Server Error\nContent-Length: 0\n\n")},
		{"connect, no answer", over(80, conversationOf(false, tunnel))},
		{"connect, answer of another protocol", over(25, conversationOf(false, tunnel, "500 5.5.1 unrecognized command\n"))},
		{"established, to get", request("GET /tunnel HTTP/1.1\nHost: a.example\n\n", "HTTP/1.1 200 Connection established\n\n")},
		{"established, to get, old", request("GET /tunnel HTTP/1.0\n\n", "HTTP/1.0 200 Connection Established\n\n")},
		{"established, to lines", over(7000, conversationOf(false, "open session 5\n", "HTTP/1.1 200 Connection Established\n\n"))},
		{"established, unasked", over(7000, conversationOf(true, "HTTP/1.1 200 Connection Established\nContent-Length: 2\n\nok", "thanks\n"))},
		{"upgrade to websocket", request("GET /chat HTTP/1.1\nHost: a.example\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n\n", "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\n\n")},
		{"upnp event", requestAt(49152, "NOTIFY http://192.0.2.7:49152/evt HTTP/1.1\nHOST: 192.0.2.7:49152\nNT: upnp:event\nContent-Length: 0\n\n", "HTTP/1.1 200 OK\nContent-Length: 0\n\n")},
		{"upgrade of mail", upgraded(25, true, "220 mail.example.org ESMTP\n", "EHLO me\n", "250-mail\n250 STARTTLS\n", "STARTTLS\n", "220 go\n")},
		{"upgrade of imap", upgraded(143, true, "* OK ready\n", "a STARTTLS\n", "a OK go\n")},
		{"upgrade of pop3", upgraded(110, true, "+OK ready\n", "STLS\n", "+OK go\n")},
		{"upgrade of ftp", upgraded(21, true, "220 ftp\n", "AUTH TLS\n", "234 go\n")},
		{"upgrade of xmpp", upgraded(5222, false, "<stream:stream to='example.org' xmlns='jabber:client'>", "<stream:stream><stream:features><starttls/></stream:features>", "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "<proceed/>")},
		{"upgrade of postgres", upgraded(5432, false, exact("\x00\x00\x00\x08\x04\xd2\x16\x2f"), exact("S"))},
		{"upgrade of mysql", upgraded(3306, true, exact("\x4a\x00\x00\x00\x0a8.0.30\x00", randomBytes(60)), exact("\x20\x00\x00\x01\x85\xae\xff\x19\x00\x00\x00\x01\xff", make([]byte, 23)))},
		{"upgrade of ldap", upgraded(389, false, exact("\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"), exact("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"))},
		{"upgrade of rdp", upgraded(3389, false, exact("\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00"), exact("\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x1f\x08\x00\x02\x00\x00\x00"))},
		{"irc", over(6667, conversationOf(false, "NICK me\nUSER me 0 * :me\n", ":srv 001 me :Welcome\n", "JOIN #a\n", ":me JOIN #a\n"))},
		{"rtmp", over(1935, conversationOf(false, exact("\x03", uint32(1), uint32(0), randomBytes(1528)), exact("\x03", uint32(1), uint32(0), randomBytes(1528)), 1536, 1536))},
		{"rsync", over(873, conversationOf(true, exact("@RSYNCD: 31.0\n"), exact("@RSYNCD: 31.0\n"), exact("@RSYNCD: OK\n"), exact("--server\x00--sender\x00")))},
		{"git", over(9418, conversationOf(false, exact("0032git-upload-pack /project.git\x00host=example.org\x00"), exact("00a5", randomBytes(161))))},
		{"vnc", over(5900, conversationOf(true, exact("RFB 003.008\n"), exact("RFB 003.008\n"), exact("\x01\x02"), exact("\x02"), 16, 16))},
		{"ssh", over(22, conversationOf(true, "SSH-2.0-OpenSSH_9.2\n", "SSH-2.0-OpenSSH_9.2\n", 1100, 1100))},
		{"redis", over(6379, conversationOf(false, "*1\n$4\nPING\n", "+PONG\n"))},
		{"memcached", over(11211, conversationOf(false, exact("\x80\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00key"), exact("\x81\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x09", make([]byte, 16), "value")))},
		{"mongo", over(27017, conversationOf(false, exact("\x3a\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xdd\x07\x00\x00", randomBytes(42)), exact("\x5a\x00\x00\x00\x09\x00\x00\x00\x01\x00\x00\x00\xdd\x07\x00\x00", randomBytes(74))))},
		{"cassandra", over(9042, conversationOf(false, exact("\x04\x00\x00\x00\x05\x00\x00\x00\x00"), exact("\x84\x00\x00\x00\x06\x00\x00\x00\x20", randomBytes(32)), exact("\x05\x00\x00\x01\x01\x00\x00\x00\x16", randomBytes(22)), exact("\x85\x00\x00\x01\x02\x00\x00\x00\x00")))},
		{"amqp", over(5672, conversationOf(false, exact("AMQP\x00\x00\x09\x01"), exact("\x01\x00\x00\x00\x00\x01\xc2\x00\x0a\x00\x0a", randomBytes(440))))},
		{"kafka", over(9092, conversationOf(false, exact(uint32(40), "\x00\x12\x00\x03", uint32(1), "\x00\x08consumer", randomBytes(20)), exact(uint32(200), uint32(1), randomBytes(196))))},
		{"dnp3", over(20000, conversationOf(false, exact("\x05\x64\x05\xc9\x01\x00\x00\x04\xe9\x21"), exact("\x05\x64\x05\x00\x00\x04\x01\x00\x0c\xb0")))},
		{"iec 104", over(2404, conversationOf(false, exact("\x68\x04\x07\x00\x00\x00"), exact("\x68\x04\x0b\x00\x00\x00"), exact("\x68\x0e\x00\x00\x00\x00\x64\x01\x06\x00\x01\x00\x00\x00\x00\x14"), exact("\x68\x0e\x00\x00\x02\x00\x64\x01\x07\x00\x01\x00\x00\x00\x00\x14")))},
		{"modbus", over(502, conversationOf(false, exact("\x00\x01\x00\x00\x00\x06\x01\x03\x00\x00\x00\x0a"), exact("\x00\x01\x00\x00\x00\x17\x01\x03\x14", randomBytes(20))))},
		{"s7", over(102, conversationOf(false, exact("\x03\x00\x00\x16\x11\xe0\x00\x00\x00\x01\x00\xc0\x01\x0a\xc1\x02\x01\x00\xc2\x02\x01\x02"), exact("\x03\x00\x00\x16\x11\xd0\x00\x01\x00\x02\x00\xc0\x01\x0a\xc1\x02\x01\x00\xc2\x02\x01\x02")))},
		{"opc ua", over(4840, conversationOf(false, exact("HELF\x38\x00\x00\x00", make([]byte, 20), "opc.tcp://a:4840/x"), exact("ACKF\x1c\x00\x00\x00", make([]byte, 20))))},
		{"five, one, nothing", over(4000, conversationOf(false, exact("\x05\x01\x00"), exact("\x05\x00"), exact("\x07\x00\x10", randomBytes(40)), 60))},
		{"four, one", over(4000, conversationOf(false, exact("\x04\x01\x00\x50\xc0\x00\x02\x07user\x00", randomBytes(20)), exact("\x00\x5a", randomBytes(30))))},
		{"minecraft", over(25565, conversationOf(false, exact("\x10\x00\xf5\x05\x09localhost\x63\xdd\x02", "\x07\x00\x05steve"), exact("\xa9\x01\x01\x00\xa2\x01", randomBytes(165)), exact("\x85\x02\x01\x80\x01", randomBytes(258)), 200, 90, 300))},
		{"bittorrent", over(6881, conversationOf(false, exact("\x13BitTorrent protocol", make([]byte, 8), randomBytes(40)), exact("\x13BitTorrent protocol", make([]byte, 8), randomBytes(40))))},
		{"bittorrent, encrypted", keyFirst(6881, []int{300, 180, 900}, []int{420, 200, 4000})}, {"bittorrent, encrypted, without padding", keyFirst(6881, []int{96, 160, 900}, []int{96, 80, 4000})},
		{"bitcoin, version 2", keyFirst(8333, []int{64, 120, 300}, []int{64, 200, 300})}, {"a key of 64, then a message", keyFirst(9735, []int{64, 90, 300}, []int{64, 200, 300})},
		{"a key of 32", keyFirst(9735, []int{32, 64, 300}, []int{96, 200, 300})}, {"noise", keyFirst(9735, []int{50, 66, 300}, []int{50, 200, 300})}, {"rlpx", keyFirst(30303, []int{307, 80, 300}, []int{300, 200, 300})},
		{"tls, alps, sha-384", tls13(site, 0x1302, 79)}, {"tls, alps and no certificate, sha-384", tls13(site, 0x1302, 87)}, {"tls, alps, sha-256", tls13(site, 0x1301, 63)},
		{"tls, integrity only", tls13(site, 0xc0b5, 101)}, {"tls, ccm8", tls13(site, 0x1305, 45)},
		{"tls, cells of a site", sealedRecords(site, false, 17, []int{514}, []int{514})}, {"tls, writes of 512", sealedRecords(site, true, 17, []int{512}, []int{512, 1024})},
		{"tls, writes of 1024 and more", sealedRecords(bare, false, 17, []int{1024, 2048}, []int{4096, 16384})}, {"tls, downloads", sealedRecords(bare, false, 17, []int{80}, []int{16384})},
		{"tls, messages of 530, name without alpn", sealedRecords(hello{sni: "api.example.com", ciphers: openSSLSuites}, false, 17, []int{514, 514}, []int{514, 1028})},
		{"tls, cbc of one size, in the middle", sealedRecords(site, true, 0, []int{544}, []int{544})}, {"tls, cbc of two sizes, in the middle", sealedRecords(site, true, 0, []int{560}, []int{576})},
		{"tls, blocks of 128 on 443", sealedRecords(site, false, 17, []int{128, 256}, []int{468, 936})}, {"tls, messages of 130, answers of 470 now and then", sealedRecords(site, false, 17, []int{130, 131}, []int{470, 800})},
		{"tls on 853 of a browser", func(w *writer) {
			browsed(w, 853, hello{sni: "www.example.org", alpn: browser, ciphers: chromeSuites}, 60)
		}},
		{"visit to dns.google", func(w *writer) { browsed(w, 443, hello{sni: "dns.google", alpn: browser, ciphers: chromeSuites}, 40) }},
		{"visit to dns.quad9.net", func(w *writer) {
			browsed(w, 443, hello{sni: "dns.quad9.net", alpn: browser, ciphers: firefoxSuites}, 20)
		}},
		{"visit to dns.adguard.com", func(w *writer) {
			browsed(w, 443, hello{sni: "dns.adguard.com", alpn: browser, ciphers: firefoxSuites}, 90)
		}},
	}
	for _, name := range []string{
		"tailscale.com", "status.tailscale.com", "blog.tailscale.com", "api.tailscale.com", "hello.ts.net", "dash.nextdns.io", "my.nextdns.io", "test.nextdns.io", "controld.com", "cleanbrowsing.org", "docs.dns.sb",
		"www.adguard-dns.com", "link.adguard-dns.com", "status.adguard-dns.io", "dns.watch", "vpnazure.net", "softether.net", "www.vpngate.net", "opera-proxy.net", "www.opera-proxy.net", "www.surfshark.com", "my.surfshark.com",
		"telegram.org", "web.telegram.org", "desktop.telegram.org", "cdn4.telesco.pe", "telegra.ph", "fragment.com", "bridges.torproject.org", "snowflake.torproject.org", "www.torproject.org", "check.torproject.org", "ooni.org",
		"account.protonvpn.com", "api.protonvpn.ch", "my.nordaccount.com", "mullvad.net", "am.i.mullvad.net", "www.expressvpn.com", "ipvanish.com", "windscribe.com", "www.wireguard.com", "openvpn.net", "as-portal.openvpn.com", "shadowsocks.org", "v2ray.com", "mask.icloud.com.example.org",
	} {
		all = append(all, kind{"page of " + name, func(w *writer) { browsed(w, 443, hello{sni: name, alpn: browser, ciphers: chromeSuites}, 12) }})
	}
	for _, block := range []int{16, 32, 48, 64, 100, 128, 256, 512} {
		all = append(all, kind{fmt.Sprintf("tls, records padded to %d", block), padded(block)})
	}
	return all
}

// browsed loads a page of so many full records by TLS 1.3.
func browsed(w *writer, port uint16, h hello, records int) {
	h.tls13, h.tickets = true, true
	c := w.tcp(port)
	c.up(h.client(w))
	c.down(cat(h.server(w, 0x1301), record(20, []byte{1}), record(23, w.random(40)), record(23, w.random(2400)), record(23, w.random(281)), record(23, w.random(53))))
	c.up(cat(record(20, []byte{1}), record(23, w.random(53)), record(23, w.random(120)), record(23, w.random(310))))
	for i := range records {
		c.down(record(23, w.random(1383)))
		if i%4 == 0 {
			c.up(record(23, w.random(50)))
		}
	}
	c.down(bytes.Clone(record(23, w.random(300))))
}

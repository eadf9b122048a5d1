package ordinary

import (
	"fmt"
	"slices"
)

// kind is a kind of ordinary traffic.
type kind struct {
	name string
	make func(*writer)
}

// Corpus makes every kind of ordinary traffic once; another seed gives other ids, ports
// and contents.
func Corpus(seed uint64) []Capture {
	var all []Capture
	for i, k := range slices.Concat(kinds(), datagrams(), streams(), nearVPN(), nearOthers(), endings(), withHTTPS()) {
		w := newWriter(seed<<16 | uint64(i))
		k.make(w)
		all = append(all, Capture{k.name, w.packets})
	}
	return all
}

func kinds() []kind {
	visit := func(name string) hello {
		return hello{sni: name, alpn: []string{"h2", "http/1.1"}, ciphers: chromeSuites}
	}
	plain := hello{sni: "www.w3schools.com", ciphers: openSSLSuites}
	all := []kind{
		{"rtp pcmu", rtp(0, 160, silence(0xff, 160))}, {"rtp pcma", rtp(8, 160, silence(0xd5, 160))},
		{"rtp g722", rtp(9, 160, silence(0xff, 160))}, {"rtp g729", rtp(18, 160, silence(0x00, 20))},
		{"rtp opus", rtp(111, 960, silence(0xf8, 3))}, {"rtp l16", rtp(11, 441, silence(0x00, 882))},
		{"rtp comfort noise", rtp(13, 160, silence(0x40, 1))},
		{"mu-law without rtp", bare(12, 0xff, 160)}, {"mu-law behind an id of 16", bare(12, 0xff, 40)}, {"erased blocks", bare(16, 0xff, 512)},
		{"dtls of openssl before 0.9.8f", oldDTLS}, {"mpeg-ts", mpegTS}, {"tftp", tftp}, {"webrtc", webRTC},
		{"game of ids of 4", game(4, 24)}, {"game of ids of 8", game(8, 40)}, {"game of ids of 16", game(16, 64)}, {"source query", source},
		{"radius answered", radiusAnswered}, {"mdns", mdns}, {"bacnet", bacnet}, {"profinet", profinet}, {"ntp", ntp}, {"dns", dns}, {"dhcp", dhcp},
		{"ospf with ah", ah},
		{"counters to a group", counters("239.255.0.16:5563", func(w *writer) []byte { return w.random(56) })},
		{"counters of text", counters("198.18.5.20:5563", text("sensor reading ", 60))},
		{"counters of zeros", counters("198.18.5.20:6000", func(*writer) []byte { return make([]byte, 48) })},
		{"sizes of wireguard, text", sized(148, 92)}, {"sizes of wireguard's cookie, text", sized(148, 64)},
		{"sizes of openvpn, text", sized(54, 66)}, {"sizes 0 mod 16, text", sized(160, 320)},
		{"lone probe of wireguard", probe(51820, "\x01\x00\x00\x00", 148)}, {"lone probe of openvpn", probe(1194, "\x38", 14)},
		{"kerberos", exchange(88, kerberos)}, {"zabbix", exchange(10051, zabbix)}, {"dcerpc", exchange(135, dcerpc)}, {"bgp", exchange(179, bgp)},
		{"smb", exchange(445, smb)}, {"rdp", exchange(3389, rdp)}, {"lengths of 2", exchange(9000, lengthFirst(2))}, {"lengths of 4", exchange(9001, lengthFirst(4))},
		{"smtp", exchange(25, lines("", "220 mail.example.org ESMTP\n", "EHLO me\n", "250 ok\n"))},
		{"http", exchange(80, lines("GET / HTTP/1.1\nHost: www.example.org\n\n", "HTTP/1.1 200 OK\nServer: nginx\n\n"))},
		{"http, absolute uri", exchange(80, origin)}, {"http, words of a proxy", exchange(80, established)}, {"http, no tunnel", exchange(80, refused)},
		{"tls 1.3, no client certificate, sha-384", tls13(visit("intranet.example.org"), 0x1302, 77)},
		{"tls 1.3, no client certificate, sha-256", tls13(visit("intranet.example.org"), 0x1301, 61)},
		{"tls 1.3, no client certificate, in two", tls13(hello{sni: "intranet.example.org", ciphers: openSSLSuites}, 0x1302, 25, 69)},
		{"tls 1.3, client certificate", tls13(visit("intranet.example.org"), 0x1301, 1100, 281, 53)},
		{"tls 1.3, client key", tls13(hello{sni: "device.example.org", ciphers: mbedTLSSuites}, 0x1301, 74, 97, 53)},
		{"tls 1.3, client key in one", tls13(hello{sni: "device.example.org", ciphers: mbedTLSSuites}, 0x1301, 182)},
		{"tls 1.2, openssl to a name with a digit", tls12(plain, 0xc02f, 6, []int{300}, []int{1400, 800})},
		{"tls 1.2, go", tls12(hello{sni: "api.example.org", alpn: []string{"h2"}, ciphers: goSuites, tickets: true}, 0xc02f, 6, []int{120, 90}, []int{400})},
		{"tls 1.2, gnutls", tls12(hello{sni: "www.4teachers.com", ciphers: gnuTLSSuites, tickets: true}, 0xc02b, 6, []int{120, 90}, []int{400})},
		{"tls 1.0, cbc of one size", tls12(hello{sni: "www.google.com", ciphers: schannelSuites, old: 0x0301}, 0xc014, 3, []int{560}, []int{560, 1408})},
		{"tls 1.0, cbc of sizes of cells", tls12(hello{sni: "www.example.org", ciphers: schannelSuites, old: 0x0301}, 0xc014, 4, []int{544, 560}, []int{560, 576})},
	}
	for _, n := range []int{132, 196, 260, 388} { // 4 mod 64
		all = append(all,
			kind{fmt.Sprintf("radius sent again, %d", n), retried(1812, radius(n))},
			kind{fmt.Sprintf("sip sent again, %d", n), retried(5060, text("OPTIONS sip:a@example.org SIP/2.0\r\n", n))},
			kind{fmt.Sprintf("snmp sent again, %d", n), retried(161, snmp(n))},
			kind{fmt.Sprintf("syslog sent again, %d", n), retried(514, text("<34>Oct 11 22:14:15 host app: message ", n))},
			kind{fmt.Sprintf("discovery sent again, %d", n), retried(3702, wsDiscovery(n))})
	}
	for _, n := range []int{1, 2, 3, 5, 10, 12, 20, 24} {
		if n > 1 {
			all = append(all, kind{fmt.Sprintf("text every %d bytes", n), periodic(n)})
		}
		all = append(all, kind{fmt.Sprintf("tls 1.3, first record of %d", n), fragmented(visit("www.example.org"), n)})
	}
	for _, name := range []string{
		"www.tailscale.com", "pkgs.tailscale.com", "login.tailscale.com", "t.me", "telegram.me", "one.one.one.one", "www.softether.org", "www.opera.com",
		"adguard-dns.io", "www.quad9.net", "nextdns.io", "www.dns0.eu", "blog.cloudflareclient.com", "www.cloudflarewarp.com", "hola.org", "www.psiphon3.com",
		"getlantern.org", "hamachi.cc", "www.vpnazure.net", "docs.forticlient.com", "mullvad.net", "nordvpn.com", "protonvpn.com",
	} {
		all = append(all, kind{"visit to " + name, tls13(visit(name), 0x1301, 53)})
	}
	for name, suites := range map[string][]uint16{"firefox": firefoxSuites} {
		all = append(all, kind{"tls 1.3, " + name, tls13(hello{sni: "www.example.com", alpn: []string{"h2", "http/1.1"}, ciphers: suites}, 0x1301, 61)})
	}
	return all
}

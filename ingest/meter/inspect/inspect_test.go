package inspect

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/banshift/banshift/schemas"
)

// sample is a flow with the bits that it must have, exactly.
type sample struct {
	name string
	flow *Flow
	want seen
}

// inRecords gives a handshake message in records of n bytes.
func inRecords(message []byte, n int) (b []byte) {
	for ; len(message) > 0; message = message[min(n, len(message)):] {
		b = append(b, join("\x16\x03\x01", withLength(message[:min(n, len(message))]))...)
	}
	return b
}

var ff12 = strings.Repeat("\xff", 12)

func samples() []sample {
	d := newDice(7)
	tag := newDice(70).bytes(16)
	var epochs []Payload
	for i := range uint64(6) {
		epochs = append(epochs, up(join("\x48\x00\x00\x03", 1<<48|(900+i), d.bytes(90))), down(join("\x48\x00\x00\x03", 1<<48|(70+i), d.bytes(300))))
	}
	ping := join(tag, ff12, "\xfe\xff\xff\xff", newDice(71).bytes(8))
	a, b := d.bytes(4), d.bytes(4)
	sidC, sidS := d.bytes(8), d.bytes(8)
	wgSession := []Payload{up(wgData(d, b, 100, 96)), down(wgData(d, a, 90, 96)), up(wgData(d, b, 101, 160)), up(wgData(d, b, 103, 32)), up(wgData(d, b, 102, 1452))}
	var ovpnMid, iodine, rtp, dnsCryptUp []Payload
	for i := range 6 {
		ovpnMid = append(ovpnMid, up(ovpnDataMessage(d, 3, uint32(500+i), 80+7*i)), down(ovpnDataMessage(d, 3, uint32(900+2*i), 100+i)))
		rtp = append(rtp, up(join("\x80\x6f", uint16(100+i), uint32(960*i), "\x12\x34\x56\x78", d.bytes(50))))
		iodine = append(iodine, up(dnsQuestion(uint16(i), fmt.Sprintf("paaaa%cxy.t.example.net", 'a'+i), 10)))
	}
	head := d.bytes(40)
	for range 2 {
		dnsCryptUp = append(dnsCryptUp, up(join(head, d.bytes(12), d.bytes(16+256))))
	}
	cell := func(n int) []byte { return tlsRecord(recordApplication, d.bytes(514*n+17)) }
	record := func(size int) []byte { return tlsRecord(recordApplication, d.bytes(size)) }
	sealed := func(size int) []byte { return tlsRecord(recordApplication, newDice(uint64(size)).bytes(size)) }
	fakeHello := join(tls13ServerHello(newDice(1)), "\x14\x03\x03\x00\x01\x01", sealed(2000))
	ntpAsk := join(0x23, make([]byte, 39), d.bytes(8))
	sixteen := make([]Payload, 0, 8)
	for i := range 8 {
		sixteen = append(sixteen, Payload{Up: i%2 == 0, Size: 32 + 16*i, Data: slices.Repeat([]byte{7}, 32)})
	}
	var blocks []Payload
	for i := range 12 {
		blocks = append(blocks, Payload{Up: i%3 == 0, Size: 52 + 8*i, Data: d.bytes(52)})
	}
	var numbered []Payload
	for i := range 12 {
		numbered = append(numbered, Payload{Up: i%3 == 0, Size: 36 + 8*i, Data: join(uint16(0), uint16(i), d.bytes(32))})
	}
	chain := [][]byte{d.bytes(12), d.bytes(12), d.bytes(12), d.bytes(12), d.bytes(12)}
	var accel []Payload
	for i := range 4 {
		accel = append(accel, up(join(chain[i], chain[i+1], d.bytes(30))))
	}
	var ovpnStream [2][]byte
	var dtlsData []Payload
	for i := range 6 {
		for way := range ovpnStream {
			ovpnStream[way] = append(ovpnStream[way], withLength(ovpnDataMessage(d, 0, uint32(70+i), 60+i))...)
		}
		dtlsData = append(dtlsData, Payload{Up: i%2 == 0, Size: 13 + 40, Data: join(23, uint16(dtls12), uint16(1), uint16(0), uint32(50+i), withLength(d.bytes(40)))})
	}
	var tincRelay, etherInUDP, magicWord, espOneWay []Payload
	nodeA, nodeB, spi := d.bytes(6), d.bytes(6), join("\xc1", d.bytes(3))
	for i := range 6 {
		to, from := nodeA, nodeB
		if i%2 == 1 {
			to, from = nodeB, nodeA
		}
		tincRelay = append(tincRelay, Payload{Up: i%2 == 0, Size: 116, Data: join(to, from, uint32(10+i), d.bytes(100))})
		etherInUDP = append(etherInUDP, Payload{Up: i%2 == 0, Size: 116, Data: join(to, from, "\x08\x00\x45\x00", d.bytes(100))})
		magicWord = append(magicWord, up(join("LOG1", uint32(i+1), d.bytes(100))))
		espOneWay = append(espOneWay, up(espMessage(d, spi, uint32(i+1), 100)))
	}
	var cbcV1, cbcV2, constant []Payload
	for i := range 18 {
		message := func(head []byte, size int) Payload {
			b := join(head, d.bytes(size-len(head)))
			return Payload{Up: i%2 == 0, Size: len(b), Data: b}
		}
		cbcV1 = append(cbcV1, message([]byte{0x30}, 53+16*(i%5)))
		cbcV2 = append(cbcV2, message([]byte{0x48, 0, 0, 1}, 64+8*(i%5)))
		constant = append(constant, message(join(0x30, uint32(7)), 53+16*(i%5)))
	}
	relayedByPeer := []Payload{up(wgInit(d, a)), down(wgResponse(d, b, a)), up(wgData(d, b, 0, 32))}
	for i := range relayedByPeer {
		p := &relayedByPeer[i]
		p.Size, p.Data = p.Size+8, join("\x00\x00\x7a\x12\x00\x01\x02\x00", p.Data)
	}
	var nebulaRelay, zeroTierParts []Payload
	for i := range uint64(4) {
		nebulaRelay = append(nebulaRelay, up(join("\x11\x01\x00\x00", a, 90+i, "\x11\x00\x00\x00", b, 7+i, d.bytes(60))))
		id := d.bytes(8)
		zeroTierParts = append(zeroTierParts, up(join(id, nodeA[:5], nodeB[:5], "\x48", d.bytes(60))), up(join(id, nodeA[:5], "\xff\x21\x00", d.bytes(60))), down(join(d.bytes(8), nodeB[:5], nodeA[:5], "\x08", d.bytes(60))))
	}
	nattPack := join(uint32(2), "\x00\x00\x00\x07opcode", uint32(2), uint32(1), uint32(9), "get_token", "\x00\x00\x00\x08tran_id", uint32(4), uint32(1), d.bytes(8))
	var amneziaMid, constantHead, tincDirect []Payload
	fixed := d.bytes(14)
	for i := range uint64(6) {
		for way, index := range [][]byte{a, b} {
			counted := join(d.bytes(4), index, wgData(d, index, 700+i, 48+16*int(i))[8:])
			amneziaMid = append(amneziaMid, Payload{Up: way == 1, Size: 14 + len(counted), Data: join(d.bytes(14), counted)})
			constantHead = append(constantHead, Payload{Up: way == 1, Size: 14 + len(counted), Data: join(fixed, counted)})
		}
		tincDirect = append(tincDirect, up(join(make([]byte, 6), nodeA, uint32(i+1), d.bytes(100))), down(join(make([]byte, 6), nodeB, uint32(i+1), d.bytes(100))))
	}
	spiC, spiS := d.bytes(4), d.bytes(4)
	hello := tlsHello(d, helloOptions{sni: "Example.org", alpn: []string{"h2", "http/1.1"}, versions: []uint16{0x0a0a, 0x0304, 0x0303}})
	return []sample{
		{"wireguard handshake", udp(up(wgInit(d, a)), down(wgResponse(d, b, a)), up(wgData(d, b, 0, 32)), up(wgData(d, b, 1, 96)), down(wgData(d, a, 0, 96))),
			shows(schemas.SigWireGuardInit, schemas.SigWireGuardResponse, schemas.SigWireGuardData, schemas.SigWireGuardSession)},
		{"wireguard unanswered", udp(up(wgInit(d, a)), up(wgInit(d, b))), shows(schemas.SigWireGuardInit)},
		{"wireguard cookie", udp(up(wgInit(d, a)), down(join("\x03\x00\x00\x00", a, d.bytes(56)))), shows(schemas.SigWireGuardInit, schemas.SigWireGuardResponse)},
		{"type 1 of 148 random bytes is no wireguard", udp(up(join("\x01\x00\x00\x00", d.bytes(144)))), shows()},
		{"wireguard answered by another", udp(up(wgInit(d, a)), down(d.bytes(60))), shows()},
		{"wireguard response of another", udp(up(wgInit(d, a)), down(wgResponse(d, b, b))), shows()},
		{"wireguard midstream", udp(wgSession...), shows(schemas.SigWireGuardData, schemas.SigWireGuardSession, schemas.TraitMidstream)},
		{"wireguard keepalives midstream", udp(up(wgData(d, b, 70, 32)), up(wgData(d, b, 71, 32))), shows(schemas.SigWireGuardData, schemas.SigWireGuardSession, schemas.TraitMidstream)},
		{"wireguard, one message", udp(up(wgData(d, b, 70, 32))), shows()},
		{"a type and a counter of an id that is a constant", udp(up(join("\x04\x00\x00\x00\x01\x00\x00\x00", make([]byte, 8), d.bytes(16))), up(join("\x04\x00\x00\x00\x01\x00\x00\x00\x01", make([]byte, 7), d.bytes(16)))), shows(schemas.SigWireGuardData)},
		{"wireguard with reserved bytes", udp(up(join("\x01\xaa\xbb\xcc", a, d.bytes(140))), down(join("\x02\xaa\xbb\xcc", b, a, d.bytes(80)))),
			shows(schemas.SigWireGuardInit, schemas.SigWireGuardResponse, schemas.SigWireGuardReserved)},
		{"amnezia", udp(up(d.bytes(60)), up(join(d.bytes(15), "\x11\x22\x33\x44", a, d.bytes(140))), down(join(d.bytes(20), "\x55\x66\x77\x88", b, a, d.bytes(80))), up(join("\x99\xaa\xbb\xdd", b, make([]byte, 8), d.bytes(16)))),
			shows(schemas.SigWireGuardObfuscated)},
		{"amnezia with junk alone", udp(up(d.bytes(60)), up(d.bytes(45)), up(wgInit(d, a)), down(wgResponse(d, b, a)), up(wgData(d, b, 0, 32))),
			shows(schemas.SigWireGuardInit, schemas.SigWireGuardResponse, schemas.SigWireGuardObfuscated)},
		{"amnezia, response seen first", udp(down(join(d.bytes(20), "\x55\x66\x77\x88", b, a, d.bytes(80))), up(join(d.bytes(15), "\x11\x22\x33\x44", a, d.bytes(140))), up(join("\x99\xaa\xbb\xdd", b, "\x03", make([]byte, 7), d.bytes(16)))),
			shows(schemas.SigWireGuardObfuscated)},
		{"amnezia, of which a sensor kept the heads", udp(kept(up(join(d.bytes(15), "\x11\x22\x33\x44", a, d.bytes(140))), 64), kept(down(join(d.bytes(20), "\x55\x66\x77\x88", b, a, d.bytes(80))), 64), kept(up(join("\x99\xaa\xbb\xdd", b, make([]byte, 8), d.bytes(160))), 64)),
			shows(schemas.SigWireGuardObfuscated)},
		{"amnezia midstream", udp(amneziaMid...), shows(schemas.SigWireGuardObfuscated, schemas.TraitMidstream)},
		{"an id and a counter behind a constant is no amnezia", udp(constantHead...), shows()},
		{"openvpn plain", udp(up(ovpnReset(sidC)), down(ovpnAnswer(sidS, sidC)), up(ovpnControlMessage(d, sidC, 22)), up(ovpnControlMessage(d, sidC, 300)), down(ovpnControlMessage(d, sidS, 1200))),
			shows(schemas.SigOpenVPNClient, schemas.SigOpenVPNServer, schemas.SigOpenVPNData)},
		{"openvpn tls-auth sha1", udp(up(ovpnResetAuth(d, sidC, 20)), down(ovpnAnswerAuth(d, sidS, sidC, 20))), shows(schemas.SigOpenVPNClient, schemas.SigOpenVPNServer)},
		{"openvpn tls-auth sha512", udp(up(ovpnResetAuth(d, sidC, 64)), down(ovpnAnswerAuth(d, sidS, sidC, 64))), shows(schemas.SigOpenVPNClient, schemas.SigOpenVPNServer)},
		{"openvpn tls-crypt", udp(up(ovpnCrypt(d, ovpnClientV2, sidC, 1, 54)), down(ovpnCrypt(d, ovpnServerV2, sidS, 1, 66))), shows(schemas.SigOpenVPNClient, schemas.SigOpenVPNServer)},
		{"openvpn tls-crypt-v2", udp(up(join(ovpnCrypt(d, ovpnClientV3, sidC, 0x0f000001, 54), d.bytes(298), uint16(300)))), shows(schemas.SigOpenVPNClient)},
		{"openvpn answers another", udp(up(ovpnReset(sidC)), down(ovpnAnswer(sidS, sidS))), shows()},
		{"openvpn probe among others", udp(up(join("\x05\x00\x0b\x03", d.bytes(68))), up(ovpnReset(sidC))), shows()},
		{"openvpn midstream", udp(ovpnMid...), shows(schemas.SigOpenVPNData, schemas.TraitMidstream)},
		{"openvpn cbc of small blocks midstream", udp(cbcV2...), shows(schemas.SigOpenVPNData, schemas.TraitMidstream)},
		{"openvpn cbc without peer id midstream", udp(cbcV1...), shows(schemas.SigOpenVPNData, schemas.TraitMidstream)},
		{"blocks behind a constant are no openvpn", udp(constant...), shows()},
		{"openvpn tcp", tcp(up(withLength(ovpnReset(sidC))), down(withLength(ovpnAnswer(sidS, sidC))), up(join(withLength(ovpnControlMessage(d, sidC, 22)), withLength(ovpnControlMessage(d, sidC, 80))))),
			shows(schemas.SigOpenVPNClient, schemas.SigOpenVPNServer, schemas.SigOpenVPNData)},
		{"amneziawg with padded data", udp(up(d.bytes(120)), up(d.bytes(70)), up(join(d.bytes(46), wgInit(d, a))), down(join(d.bytes(122), wgResponse(d, b, a))), up(join(d.bytes(14), "\x51\x52\x53\x54", b, make([]byte, 8), d.bytes(80)))),
			shows(schemas.SigWireGuardObfuscated)},
		{"openvpn epoch data midstream", udp(epochs...), shows(schemas.SigOpenVPNData, schemas.TraitMidstream)},
		{"hello in a record of one byte and the rest", tcp(up(join("\x16\x03\x01\x00\x01", hello[5:6], "\x16\x03\x01", withLength(hello[6:]))), down(tlsServerHello(d))), shows(schemas.SigTLS, schemas.SigTLSServer)},
		{"hello in records of three bytes", tcp(up(inRecords(hello[5:], 3)), down(tlsServerHello(d))), shows(schemas.SigTLS, schemas.SigTLSServer)},
		{"hello in records of five bytes", tcp(up(inRecords(hello[5:], 5)), down(tlsServerHello(d))), shows(schemas.SigTLS, schemas.SigTLSServer)},
		{"tls 1.3, an empty certificate and finished in one record", tcp(up(hello), down(tls13ServerHello(d)), up(join("\x14\x03\x03\x00\x01\x01", record(77)))), shows(schemas.SigTLS, schemas.SigTLSServer)},
		{"tls 1.3, a raw public key", tcp(up(hello), down(tls13ServerHello(d)), up(join("\x14\x03\x03\x00\x01\x01", record(74), record(97), record(53)))), shows(schemas.SigTLS, schemas.SigTLSServer)},
		{"an initiation whose key is text", udp(up(join("\x01\x00\x00\x00", strings.Repeat("status ok, ", 14)[:144]))), shows()},
		{"openvpn tcp, answered by http", tcp(up(withLength(ovpnReset(sidC))), down([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))), shows(schemas.SigHTTP)},
		{"ike v2", udp(up(ikeMessage(d, 0x20, 34, false, 300)), down(ikeMessage(d, 0x20, 34, true, 280))), shows(schemas.SigIKE)},
		{"ike v1 behind the marker, then esp", udp(up(join("\x00\x00\x00\x00", ikeMessage(d, 0x10, 2, true, 100))), up(espMessage(d, spiC, 1, 100)), down(espMessage(d, spiS, 1, 100)), up([]byte{0xff})),
			shows(schemas.SigIKENATT, schemas.SigESPinUDP, schemas.SigNATKeepalive)},
		{"ike in tcp", tcp(up(join("IKETCP", uint16(206), "\x00\x00\x00\x00", ikeMessage(d, 0x20, 34, false, 200)))), shows(schemas.SigIKENATT)},
		{"two ids, a version and a length are no ike", udp(up(join(d.bytes(16), "\x01\x10\x05\x00", uint32(3), uint32(68), d.bytes(40)))), shows()},
		{"ike of a wrong length", udp(up(ikeMessage(d, 0x20, 34, false, 300)[:299])), shows()},
		{"esp midstream", udp(up(espMessage(d, spiC, 1000, 100)), up(espMessage(d, spiC, 1001, 104)), down(espMessage(d, spiS, 800, 100)), up(espMessage(d, spiC, 1002, 120)), down(espMessage(d, spiS, 801, 1200))),
			shows(schemas.SigESPinUDP, schemas.TraitMidstream)},
		{"a magic number and a counter both ways is no esp", udp(up(espMessage(d, spiC, 1, 100)), up(espMessage(d, spiC, 2, 104)), down(espMessage(d, spiC, 1, 100)), up(espMessage(d, spiC, 3, 120)), down(espMessage(d, spiC, 2, 1200))), shows()},
		{"l2tp", udp(up(join("\xc8\x02", uint16(28), make([]byte, 8), "\x80\x08\x00\x00\x00\x00\x00\x01", d.bytes(8)))), shows(schemas.SigL2TP)},
		{"pptp", tcp(up(join(uint16(156), uint16(1), "\x1a\x2b\x3c\x4d", uint16(1), uint16(0), make([]byte, 144)))), shows(schemas.SigPPTP)},
		{"gre of pptp", &Flow{Protocol: 47, Payloads: []Payload{up(join("\x30\x01\x88\x0b", uint16(4), uint16(99), uint32(0), "\xff\x03\xc0\x21")), up(join("\x30\x01\x88\x0b", uint16(4), uint16(99), uint32(1), "\xff\x03\xc0\x21"))}}, shows(schemas.SigGREPPP)},
		{"socks 4a", tcp(up(join("\x04\x01\x01\xbb\x00\x00\x00\x01user\x00example.org\x00")), down(join("\x00\x5a", d.bytes(6)))), shows(schemas.SigSOCKS4)},
		{"socks 5", tcp(up([]byte("\x05\x02\x00\x02")), down([]byte("\x05\x00")), up(join("\x05\x01\x00\x03\x0bexample.org", uint16(443)))), shows(schemas.SigSOCKS5)},
		{"socks 5, a method not offered", tcp(up([]byte("\x05\x01\x00")), down([]byte("\x05\x02"))), shows()},
		{"socks 4, the server's data behind its reply", tcp(up([]byte("\x04\x01\x00\x16\xc0\x00\x02\x01lab\x00")), down(join("\x00\x5a", make([]byte, 6), "SSH-2.0-x\r\n"))), shows(schemas.SigSOCKS4)},
		{"nine bytes, answered behind a length of 90", tcp(up([]byte("\x04\x01\x00\x16\xc0\x00\x02\x01\x00")), down(join("\x00\x5a", d.bytes(90)))), shows()},
		{"socks 5 over udp", udp(up(join("\x00\x00\x00\x01\xc0\x00\x02\x01\x00\x35", dnsQuestion(7, "example.org", 1))), down(join("\x00\x00\x00\x01\xc0\x00\x02\x01\x00\x35", d.bytes(80)))), shows(schemas.SigSOCKS5)},
		{"a number of one and an id are no socks", udp(up(join("\x00\x00\x00\x01\xc0\x00\x02\x01\x00\x35", d.bytes(30))), down(join("\x00\x00\x00\x01\xc0\x00\x02\x01\x00\x35", d.bytes(80)))), shows()},
		{"socks 5 over udp, unanswered", udp(up(join("\x00\x00\x00\x03\x03dns\x00\x35", d.bytes(30))), up(join("\x00\x00\x00\x03\x03dns\x00\x35", d.bytes(30))), up(join("\x00\x00\x00\x03\x03dns\x00\x35", d.bytes(30)))), shows()},
		{"zeros and small numbers are no socks", udp(up(join("\x00\x00\x00\x01\x00\x00\x00\x00\x00\x05", d.bytes(30))), down(join("\x00\x00\x00\x01\x00\x00\x00\x00\x00\x05", d.bytes(30)))), shows()},
		{"connect, the request missed", tcp(down([]byte("HTTP/1.1 200 Connection established\r\n\r\n")), up(hello)), shows(schemas.SigHTTPConnect, schemas.SigHTTP, schemas.SigTLS)},
		{"connect", tcp(up([]byte("CONNECT example.org:443 HTTP/1.1\r\n\r\n")), down([]byte("HTTP/1.1 200 OK\r\n\r\n")), up(hello)), shows(schemas.SigHTTPConnect, schemas.SigHTTP, schemas.SigTLS)},
		{"absolute uri", tcp(up([]byte("GET http://example.org:8080/ HTTP/1.1\r\n\r\n"))), shows(schemas.SigHTTPProxyGet, schemas.SigHTTP)},
		{"absolute uri through a proxy", tcp(up([]byte("GET http://example.org/ HTTP/1.1\r\n\r\n")), down([]byte("HTTP/1.1 200 OK\r\nServer: x\r\nProxy-Connection: close\r\n\r\n"))), shows(schemas.SigHTTPProxyGet, schemas.SigHTTP)},
		{"absolute uri of the address of a machine near by", tcp(up([]byte("GET http://10.0.0.5/health HTTP/1.1\r\n\r\n")), down([]byte("HTTP/1.1 200 OK\r\nServer: x\r\n\r\n"))), shows(schemas.SigHTTPProxyAsked, schemas.SigHTTP)},
		{"connect, refused by a gateway", tcp(up([]byte("CONNECT example.org:443 HTTP/1.1\r\n\r\n")), down([]byte("HTTP/1.1 503 Service Unavailable\r\nServer: x\r\nVia: 1.1 y\r\n\r\n"))), shows(schemas.SigHTTPProxyAsked, schemas.SigHTTP)},
		{"connect, answered with a page to the end", tcp(up([]byte("CONNECT example.org:443 HTTP/1.1\r\n\r\n")), down([]byte("HTTP/1.0 200 OK\r\n\r\n<html>"))), shows(schemas.SigHTTPProxyAsked, schemas.SigHTTP)},
		{"the media type of dns in a page", tcp(up([]byte("GET /rfc8484.txt HTTP/1.1\r\n\r\n")), down([]byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\napplication/dns-message"))), shows(schemas.SigHTTP)},
		{"absolute uris of two hosts", tcp(up([]byte("GET http://a.example/ HTTP/1.1\r\n\r\n")), down([]byte("HTTP/1.1 200 OK\r\nServer: x\r\n\r\n")), up([]byte("GET http://b.example/ HTTP/1.1\r\n\r\n"))), shows(schemas.SigHTTPProxyGet, schemas.SigHTTP)},
		{"connect, refused by a proxy", tcp(up([]byte("CONNECT example.org:443 HTTP/1.1\r\n\r\n")), down([]byte("HTTP/1.1 403 Forbidden\r\nServer: tinyproxy/1.11\r\n\r\n"))), shows(schemas.SigHTTPConnect, schemas.SigHTTP)},
		{"connect, refused by a server", tcp(up([]byte("CONNECT example.org:443 HTTP/1.1\r\n\r\n")), down([]byte("HTTP/1.1 403 Forbidden\r\nServer: x\r\n\r\n"))), shows(schemas.SigHTTPProxyAsked, schemas.SigHTTP)},
		{"connect, answered with a page", tcp(up([]byte("CONNECT example.org:443 HTTP/1.1\r\n\r\n")), down([]byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"))), shows(schemas.SigHTTPProxyAsked, schemas.SigHTTP)},
		{"connect, the answer missed", tcp(up([]byte("CONNECT example.org:443 HTTP/1.1\r\n\r\n")), up(hello)), shows(schemas.SigHTTPConnect, schemas.SigTLS)},
		{"http", tcp(up([]byte("GET /connect HTTP/1.1\r\n\r\n"))), shows(schemas.SigHTTP)},
		{"tls", tcp(up(hello), down(tlsServerHello(d))), shows(schemas.SigTLS, schemas.SigTLSServer)},
		{"certificate of a fortigate", tcp(up(hello), down(join(tlsServerHello(d), tlsRecord(22, certificate(join(d.bytes(40), fortinetNames[0], d.bytes(900), fortinetNames[1], d.bytes(90))))))), shows(schemas.SigTLS, schemas.SigTLSServer, schemas.SigFortinetCertificate)},
		{"certificate of a fortinet page", tcp(up(hello), down(join(tlsServerHello(d), tlsRecord(22, certificate(join(d.bytes(40), fortinetNames[0], d.bytes(900))))))), shows(schemas.SigTLS, schemas.SigTLSServer)},
		{"tls in two segments", tcp(up(hello[:60]), up(hello[60:])), shows(schemas.SigTLS)},
		{"tls records midstream", tcp(up(tlsRecord(23, d.bytes(100))), down(tlsRecord(23, d.bytes(300))), down(tlsRecord(23, d.bytes(31)))), shows(schemas.TraitTLSRecords)},
		{"tor", tcp(up(tlsHello(d, helloOptions{sni: "www.x3kd5qzl4abc.com"})), down(tlsServerHello(d)), up(cell(1)), down(cell(2)), up(cell(1)), up(cell(3))),
			shows(schemas.SigTLS, schemas.SigTLSServer, schemas.SigTorTLS, schemas.SigTorCells)},
		{"tls midstream, three records of five as long as cells", tcp(up(sealed(531)), down(sealed(531)), up(sealed(531)), down(sealed(900)), up(sealed(531)), up(sealed(300)), down(sealed(531)), up(sealed(200))), shows(schemas.TraitTLSRecords)},
		{"a word is no tor", tcp(up(tlsHello(d, helloOptions{sni: "www.facebook.com"})), down(tlsServerHello(d))), shows(schemas.SigTLS, schemas.SigTLSServer)},
		{"a browser is no tor", tcp(up(tlsHello(d, helloOptions{sni: "www.x3kd5qzl4abc.com", alpn: []string{"h2"}})), down(tlsServerHello(d))), shows(schemas.SigTLS, schemas.SigTLSServer)},
		{"fake tls", tcp(up(hello), down(join(tls13ServerHello(d), "\x14\x03\x03\x00\x01\x01", record(77))), up(join("\x14\x03\x03\x00\x01\x01", record(64+47))), down(sealed(91)), up(sealed(347))), shows(schemas.SigTLS, schemas.SigTLSServer, schemas.SigFakeTLS)},
		{"tls 1.3, a long padded end of the handshake, then a request at once", tcp(up(hello), down(fakeHello), up(join("\x14\x03\x03\x00\x01\x01", sealed(64+47), sealed(347))), down(sealed(91))), shows(schemas.SigTLS, schemas.SigTLSServer)},
		{"fake tls, the transport's beginning in a record of its own", tcp(up(hello), down(fakeHello), up(join("\x14\x03\x03\x00\x01\x01", sealed(64))), up(sealed(44)), down(sealed(88)), up(sealed(344))), shows(schemas.SigTLS, schemas.SigTLSServer, schemas.SigFakeTLS)},
		{"tls 1.3, a long padded end of the handshake, then a ticket", tcp(up(hello), down(fakeHello), up(join("\x14\x03\x03\x00\x01\x01", sealed(64+47))), down(sealed(250)), up(sealed(347))), shows(schemas.SigTLS, schemas.SigTLSServer)},
		{"tls 1.3, a finished and a short request", tcp(up(hello), down(fakeHello), up(join("\x14\x03\x03\x00\x01\x01", sealed(69), sealed(42))), down(sealed(91)), up(sealed(347))), shows(schemas.SigTLS, schemas.SigTLSServer)},
		{"tls 1.3 with padded records", tcp(up(hello), down(tls13ServerHello(d)), up(join("\x14\x03\x03\x00\x01\x01", record(128+16))), up(record(256+16))), shows(schemas.SigTLS, schemas.SigTLSServer)},
		{"tls 1.3", tcp(up(hello), down(tls13ServerHello(d)), up(join("\x14\x03\x03\x00\x01\x01", record(69))), up(record(105))), shows(schemas.SigTLS, schemas.SigTLSServer)},
		{"tls 1.3 with a client's certificate", tcp(up(hello), down(tls13ServerHello(d)), up(join("\x14\x03\x03\x00\x01\x01", record(420), record(100), record(69)))), shows(schemas.SigTLS, schemas.SigTLSServer)},
		{"dot, padded, another port", tcp(up(hello), down(tlsServerHello(d)), up(record(53)), up(record(147)), down(record(250)), down(record(487)), up(record(275)), down(record(955))),
			shows(schemas.SigTLS, schemas.SigTLSServer, schemas.SigDoTRecords)},
		{"dot midstream", tcp(up(record(147)), down(record(487)), up(record(147)), down(record(487)), down(record(19))), shows(schemas.TraitTLSRecords, schemas.SigDoTRecords)},
		{"one record of another length is no dot", tcp(up(record(147)), down(record(487)), up(record(147)), down(record(488))), shows(schemas.TraitTLSRecords)},
		{"one question and one answer are no proof of dot", tcp(up(hello), down(tlsServerHello(d)), up(record(147)), down(record(487))), shows(schemas.SigTLS, schemas.SigTLSServer)},
		{"dtls", udp(up(dtlsHello(d, dtls12, helloOptions{extra: []uint16{14}}))), shows(schemas.SigDTLS)},
		{"anyconnect, before rfc 4347", udp(up(dtlsHello(d, dtlsBad, helloOptions{version: 0x0100, sessionID: d.bytes(32)}))), shows(schemas.SigDTLS, schemas.SigAnyConnectDTLS)},
		{"a constrained device that resumes", udp(up(dtlsHello(d, dtls12, helloOptions{version: dtls12, sessionID: d.bytes(32), ciphers: []uint16{0xc0a8, 0xc0ae}}))), shows(schemas.SigDTLS)},
		{"openconnect psk", udp(up(dtlsHello(d, dtls10, helloOptions{version: dtls12, sessionID: d.bytes(32), ciphers: []uint16{0x00a9, 0x00a8, 0xccab}}))), shows(schemas.SigDTLS, schemas.SigAnyConnectDTLS)},
		{"quic", udp(up(quicInitial(1, d.bytes(8), 0, cryptoFrame(0, handshake(1, helloBody(d, helloOptions{sni: "q.example", alpn: []string{"h3"}})))))), shows(schemas.SigQUIC)},
		{"quic v2, doq", udp(up(quicInitial(0x6b3343cf, d.bytes(8), 0, cryptoFrame(0, handshake(1, helloBody(d, helloOptions{alpn: []string{"doq"}})))))), shows(schemas.SigQUIC, schemas.SigDoQ)},
		{"stun", udp(up(join("\x00\x01\x00\x00\x21\x12\xa4\x42", d.bytes(12)))), shows(schemas.SigSTUN)},
		{"ssh", tcp(down([]byte("SSH-2.0-OpenSSH_9.2\r\n"))), shows(schemas.SigSSH)},
		{"dns", udp(up(dnsQuestion(5, "example.org", 1))), shows(schemas.SigDNS)},
		{"dnscrypt certificate", udp(up(dnsQuestion(5, "2.dnscrypt-cert.example.org", 16))), shows(schemas.SigDNS, schemas.SigDNSCrypt)},
		{"dnscrypt certificate of another name", udp(up(dnsQuestion(5, "2.example.org", 16)), down(dnsCertificate(5, "2.example.org", "DNSC\x00\x01\x00\x00"))), shows(schemas.SigDNS, schemas.SigDNSCrypt)},
		{"text that is no certificate", udp(up(dnsQuestion(5, "2.example.org", 16)), down(dnsCertificate(5, "2.example.org", "v=spf1 -"))), shows(schemas.SigDNS)},
		{"dnscrypt", udp(up(join(head, d.bytes(12), d.bytes(272))), down(join(dnsCryptMagic, d.bytes(24), d.bytes(100)))), shows(schemas.SigDNSCrypt)},
		{"dnscrypt through a relay", udp(up(join(anonymizedMagic, make([]byte, 10), "\xff\xff\xc0\x00\x02\x01\x01\xbb", head, d.bytes(12), d.bytes(272)))), shows(schemas.SigDNSCrypt)},
		{"dnscrypt unanswered", udp(dnsCryptUp...), shows(schemas.SigDNSCryptQueries)},
		{"iodine", udp(iodine...), shows(schemas.SigDNS, schemas.SigIodine)},
		{"iodine version", udp(up(dnsQuestion(5, "vaaaakaraaaa.t.example.net", 16))), shows(schemas.SigDNS, schemas.SigIodine)},
		{"iodine raw", udp(up(join("\x10\xd1\x9e\x10", d.bytes(16))), down(join("\x10\xd1\x9e\x10", d.bytes(16)))), shows(schemas.SigIodine)},
		{"mtproto abridged", tcp(up(join("\xef\x0a", make([]byte, 8), d.bytes(8), "\x14\x00\x00\x00\xf1\x8e\x7e\xbe", d.bytes(16)))), shows(schemas.SigTelegram)},
		{"mtproto obfuscated, to telegram itself", tcp(up(obfuscated(d, "\xee\xee\xee\xee", nil)), up(d.bytes(44)), down(d.bytes(88))), shows(schemas.SigTelegram)},
		{"telegram call", udp(up(join(tag, ff12, "\xfe\xff\xff\xff", d.bytes(8))), down(join(tag, ff12, "\xc7\x72\x15\xc0", d.bytes(32))), up(join(tag, d.bytes(80)))), shows(schemas.SigTelegram)},
		{"a telegram call that nobody answers", udp(up(join(tag, ff12, "\xfe\xff\xff\xff", d.bytes(8))), up(join(tag, ff12, "\xfe\xff\xff\xff", d.bytes(8)))), shows(schemas.SigTelegram)},
		{"one ping to a reflector, sent twice", udp(up(ping), up(ping)), shows()},
		{"twelve bytes ff are no call", udp(up(join(tag, ff12, d.bytes(20))), down(join(tag, ff12, d.bytes(20)))), shows()},
		{"bittorrent", tcp(up(join("\x13BitTorrent protocol", d.bytes(48)))), shows(schemas.SigBitTorrent)},
		{"dht", udp(up([]byte("d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe"))), shows(schemas.SigBitTorrent)},
		{"utp", udp(up(join("\x41\x00", uint16(500), make([]byte, 16))), down(join("\x21\x00", uint16(500), make([]byte, 16))), up(join("\x01\x00", uint16(501), d.bytes(116)))), shows(schemas.SigBitTorrent)},
		{"rtp", udp(rtp...), shows(schemas.SigRTP)},
		{"sip", udp(up([]byte("REGISTER sip:example.org SIP/2.0\r\n\r\n"))), shows(schemas.SigSIP)},
		{"rdp", tcp(up(join("\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00"))), shows(schemas.SigRDP)},
		{"smtp", tcp(down([]byte("220 mail ESMTP\r\n")), up([]byte("EHLO me\r\n"))), shows(schemas.SigSMTP)},
		{"ntp", udp(up(ntpAsk), down(join("\x24\x02", make([]byte, 22), ntpAsk[40:], d.bytes(16)))), shows(schemas.SigNTP)},
		{"smb", tcp(up(join("\x00\x00\x00\x44\xfeSMB", make([]byte, 60)))), shows(schemas.SigSMB)},
		{"mqtt", tcp(up([]byte("\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04abcd"))), shows(schemas.SigMQTT)},
		{"tinc", tcp(up([]byte("0 alice 17\n")), down([]byte("0 bob 17.7\n1 94 64\n"))), shows(schemas.SigTinc)},
		{"tinc unanswered", tcp(up([]byte("0 alice 17\n"))), shows(schemas.SigTinc)},
		{"tinc 1.1", udp(tincRelay...), shows(schemas.SigTinc)},
		{"nebula through a relay", udp(nebulaRelay...), shows(schemas.SigNebula, schemas.TraitMidstream)},
		{"zerotier in fragments", udp(zeroTierParts...), shows(schemas.SigZeroTier)},
		{"softether asks for its address", udp(up([]byte("B")), down([]byte("IP=192.0.2.7,PORT=40000"))), shows(schemas.SigSoftEtherNATT)},
		{"an address that nobody asked for", udp(up([]byte("who")), down([]byte("IP=192.0.2.7,PORT=40000"))), shows()},
		{"softether asks the server that traverses NAT", udp(up(nattPack)), shows(schemas.SigSoftEtherNATT)},
		{"softether, second request", tcp(up([]byte("POST /vpnsvc/vpn.cgi HTTP/1.1\r\nHost: v\r\n\r\n"))), shows(schemas.SigSoftEther, schemas.SigHTTP)},
		{"l2tp version 3", udp(up(join("\xc8\x03\x00\x14", uint32(0), uint32(0), "\x80\x08\x00\x00\x00\x00\x00\x01"))), shows(schemas.SigL2TP)},
		{"tailscale through a peer", udp(relayedByPeer...), shows(schemas.SigTailscaleDisco)},
		{"tailscale through a peer, disco", udp(up(join("\x00\x80\x7a\x11\x00\x01\x02\x00TS\xf0\x9f\x92\xac", d.bytes(80)))), shows(schemas.SigTailscaleDisco)},
		{"derp in a web socket", tcp(up([]byte("GET /derp HTTP/1.1\r\nHost: d\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: derp\r\n\r\n"))), shows(schemas.SigTailscaleHTTP, schemas.SigHTTP)},
		{"a web socket is no derp", tcp(up([]byte("GET /derp HTTP/1.1\r\nHost: d\r\nUpgrade: websocket\r\n\r\n"))), shows(schemas.SigHTTP)},
		{"tinc 1.1 without a relay", udp(tincDirect...), shows(schemas.SigTinc)},
		{"ethernet in udp is no tinc", udp(etherInUDP...), shows()},
		{"a magic word one way is no esp", udp(magicWord...), shows()},
		{"esp one way", udp(espOneWay...), shows(schemas.SigESPinUDP)},
		{"no tinc", tcp(up([]byte("0 alice 17\nmore"))), shows()},
		{"dtls records midstream", udp(dtlsData...), shows(schemas.TraitDTLSRecords, schemas.TraitMidstream)},
		{"openvpn handshake midstream", udp(up(ovpnACKMessage(sidC, sidS, 0)), down(ovpnControlMessage(d, sidS, 500)), up(ovpnACKMessage(sidC, sidS, 1)), down(ovpnACKMessage(sidS, sidC, 2))),
			shows(schemas.SigOpenVPNData, schemas.TraitMidstream)},
		{"openvpn handshake one way", udp(up(ovpnACKMessage(sidC, sidS, 0)), up(ovpnControlMessage(d, sidC, 300)), up(ovpnACKMessage(sidC, sidS, 1)), up(ovpnACKMessage(sidC, sidS, 2)), up(ovpnACKMessage(sidC, sidS, 3))),
			shows(schemas.SigOpenVPNData, schemas.TraitMidstream)},
		{"two ids and a number are no acknowledgements", udp(up(ovpnACKMessage(sidC, sidS, 0)), up(ovpnACKMessage(sidC, sidS, 1)), up(ovpnACKMessage(sidC, sidS, 2)), up(ovpnACKMessage(sidC, sidS, 3))), shows()},
		{"openvpn tcp midstream in odd segments", tcp(up(ovpnStream[0][:130]), up(ovpnStream[0][130:]), down(ovpnStream[1][:90]), down(ovpnStream[1][90:])), shows(schemas.SigOpenVPNData, schemas.TraitMidstream)},
		{"nebula", udp(up(join("\x10\x00\x00\x00\x00\x00\x00\x00", uint64(1), d.bytes(80)))), shows(schemas.SigNebula)},
		{"nebula midstream", udp(up(join("\x11\x00\x00\x00", a, uint64(10), d.bytes(80))), up(join("\x11\x00\x00\x00", a, uint64(11), d.bytes(80))), down(join("\x11\x00\x00\x00", b, uint64(12), d.bytes(80)))), shows(schemas.SigNebula, schemas.TraitMidstream)},
		{"disco", udp(up(join("TS\xf0\x9f\x92\xac", d.bytes(100)))), shows(schemas.SigTailscaleDisco)},
		{"tailscale control", tcp(up([]byte("POST /ts2021 HTTP/1.1\r\nHost: c\r\nUpgrade: tailscale-control-protocol\r\n\r\n"))), shows(schemas.SigHTTP, schemas.SigTailscaleHTTP)},
		{"tailscale stun", udp(up(join("\x00\x01\x00\x0c\x21\x12\xa4\x42", d.bytes(12), tailscaleSTUN))), shows(schemas.SigSTUN, schemas.SigTailscaleDisco)},
		{"tailscale control keys", tcp(up([]byte("GET /key?v=109 HTTP/1.1\r\nHost: c\r\n\r\n")), down([]byte("HTTP/1.1 200 OK\r\n\r\n{\"legacyPublicKey\":\"mkey:0\",\"publicKey\":\"mkey:1\"}"))), shows(schemas.SigHTTP, schemas.SigTailscaleHTTP)},
		{"a key of another", tcp(up([]byte("GET /key?v=109 HTTP/1.1\r\nHost: c\r\n\r\n")), down([]byte("HTTP/1.1 200 OK\r\n\r\n{}"))), shows(schemas.SigHTTP)},
		{"tailscale control midstream", &Flow{Protocol: 6, Payloads: []Payload{up(join(4, withLength(d.bytes(29)))), up(join(4, withLength(d.bytes(900)))), down(join(4, withLength(d.bytes(400))))}}, shows(schemas.SigTailscaleHTTP, schemas.TraitMidstream)},
		{"zerotier hello", udp(up(join(d.bytes(8), "acxbq", "v7xy1", "\x00", d.bytes(8), "\x01\x0b\x01\x0a\x00\x00", d.bytes(8), "v7xy1\x00", d.bytes(64)))), shows(schemas.SigZeroTier)},
		{"teredo", udp(up(join("\x60\x00\x00\x00\x00\x04\x3b\x15", "\x20\x01\x00\x00", d.bytes(28), d.bytes(4)))), shows(schemas.SigTeredo)},
		{"softether acceleration", udp(accel...), shows(schemas.SigSoftEther)},
		{"sstp in the clear", tcp(up([]byte("SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ HTTP/1.1\r\n\r\n"))), shows(schemas.SigHTTP, schemas.SigSSTP)},
		{"fully encrypted", tcp(up(randomLooking(d, 3))), shows(schemas.SigFullyEncrypted)},
		{"mod 16", udp(sixteen...), shows(schemas.TraitMod16)},
		{"blocks with a mac", udp(blocks...), shows(schemas.SigBlockMAC)},
		{"blocks behind a number have no mac", udp(numbered...), shows()},
	}
}

// randomLooking gives random bytes of which no exemption of the fully encrypted tests holds.
func randomLooking(d dice, n int) []byte {
	for {
		if b := d.bytes(100 * n); fullyEncrypted(b) {
			return b
		}
	}
}

func TestSamples(t *testing.T) {
	in := New()
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			got := seenOf(in.Inspect(s.flow))
			// What looks random is checked by its own samples.
			if s.want.named() || s.want == shows() {
				got.signatures = got.signatures.Without(encrypted)
			}
			if got != s.want {
				t.Errorf("got %q, want %q", got, s.want)
			}
		})
	}
}

// TestReversed shows the same flows with Src and Dst exchanged, as a capture that
// begins in the middle may show them: the bits stay, and where they need roles the
// client is found at the other end.
func TestReversed(t *testing.T) {
	in := New()
	for _, s := range samples() {
		if !s.want.named() {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			forward, r := in.Inspect(s.flow), in.Inspect(reversed(s.flow))
			got := seenOf(r)
			got.signatures = got.signatures.Without(encrypted)
			if got != s.want {
				t.Errorf("got %q, want %q", got, s.want)
			}
			if forward.ClientKnown && !r.Reversed {
				t.Errorf("the client is known forwards, not found at the other end")
			}
		})
	}
}

// TestRandomBytes shows flows of random bytes, of sizes that VPNs use: no bit that
// names a protocol may be set.
func TestRandomBytes(t *testing.T) {
	d, in := newDice(99), New()
	const flows = 20000
	for i := range flows {
		f := randomFlow(d, []uint8{6, 17, 47}[i%3])
		if got := in.Inspect(f).Signatures.Without(encrypted); !got.Empty() {
			t.Fatalf("flow %d of random bytes has %q", i, got)
		}
	}
}

// TestBrokenSamples cuts and flips the samples: nothing may panic, and a flow whose
// every payload lost its first byte may not be taken for what it was.
func TestBrokenSamples(t *testing.T) {
	d, in := newDice(3), New()
	for _, s := range samples() {
		for range 50 {
			f := *s.flow
			f.Payloads = slices.Clone(f.Payloads)
			p := &f.Payloads[d.IntN(len(f.Payloads))]
			p.Data = slices.Clone(p.Data)
			if d.IntN(2) == 0 {
				p.Data = p.Data[:d.IntN(len(p.Data)+1)]
			} else {
				p.Data[d.IntN(len(p.Data))] ^= byte(1 + d.IntN(255))
			}
			in.Inspect(&f)
		}
		f := *s.flow
		f.Payloads = nil
		for _, p := range s.flow.Payloads {
			f.Payloads = append(f.Payloads, Payload{Up: p.Up, Size: len(p.Data) - 1, Data: p.Data[1:]})
		}
		exempt := encrypted.With(schemas.SignaturesOf(schemas.SigRTP, schemas.SigTelegram, schemas.SigSoftEther)) // told by what does not stand at the beginning
		if got := in.Inspect(&f).Signatures.And(s.want.signatures).Without(exempt); !got.Empty() && s.want.named() && f.Protocol == 17 && len(f.Payloads) == 1 {
			t.Errorf("%s without its first byte still has %q", s.name, got)
		}
	}
}

func TestHelloFields(t *testing.T) {
	d := newDice(1)
	r := New().Inspect(tcp(up(tlsHello(d, helloOptions{
		sni: "WWW.Example.org", alpn: []string{"h2", "http/1.1"}, ciphers: []uint16{0x1a1a, 0x1302, 0x1301},
		versions: []uint16{0x2a2a, 0x0303, 0x0304}, extra: []uint16{0x3a3a},
	}))))
	if string(r.SNI) != "www.example.org" || string(r.ALPN) != "h2,http/1.1" {
		t.Errorf("sni %q, alpn %q", r.SNI, r.ALPN)
	}
	// By hand from the specification: sorted ciphers; sorted extensions without server
	// name and ALPN, then the signature algorithms in order.
	want := "t13d0204h2_" + hash12([]byte("1301,1302")) + "_" + hash12([]byte("000d,002b_0403,0804"))
	if string(r.JA4) != want {
		t.Errorf("ja4 %s, want %s", r.JA4, want)
	}
}

func TestJA4ALPN(t *testing.T) {
	for _, tt := range []struct {
		alpn string
		want string
	}{{"h2", "h2"}, {"http/1.1", "h1"}, {"x", "xx"}, {"\xab", "ab"}, {"\x30\xab", "3b"}, {"", "00"}} {
		h := clientHello{alpn: [][]byte{[]byte(tt.alpn)}}
		first, last := h.ja4ALPN()
		if got := string([]byte{first, last}); got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.alpn, got, tt.want)
		}
	}
}

// TestQUICKeys checks the derivation against RFC 9001 appendix A.1 and RFC 9369
// appendix A.1.
func TestQUICKeys(t *testing.T) {
	dcid := []byte{0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08}
	for version, iv := range map[uint32]string{1: "fa044b2f42a3fd3b46fb255c", 0x6b3343cf: "91f73e2351d8fa91660e909f"} {
		v, ok := quicVersionOf(version)
		if !ok {
			t.Fatalf("version %x is unknown", version)
		}
		k := newQUICKeys(dcid, v)
		if got := fmt.Sprintf("%x", k.iv); got != iv {
			t.Errorf("version %x: iv %s, want %s", version, got, iv)
		}
	}
}

// TestQUICInPieces sends a ClientHello in CRYPTO frames out of order, over two Initial
// packets, as browsers do.
func TestQUICInPieces(t *testing.T) {
	d := newDice(5)
	for _, version := range []uint32{1, 0x6b3343cf, 0xff00001d, 0xff000017} {
		hello := handshake(1, helloBody(d, helloOptions{sni: "pieces.example", alpn: []string{"h3"}, extra: []uint16{0x11, 0x12}}))
		dcid := d.bytes(8)
		a := join(cryptoFrame(70, hello[70:]), 1, 0, cryptoFrame(20, hello[20:50]))
		b := join("\x02\x00\x00\x00\x00", cryptoFrame(0, hello[:20]), cryptoFrame(50, hello[50:70]))
		r := New().Inspect(udp(up(quicInitial(version, dcid, 0, a)), up(quicInitial(version, dcid, 1, b))))
		if string(r.SNI) != "pieces.example" || string(r.ALPN) != "h3" || len(r.JA4) == 0 || r.JA4[0] != 'q' {
			t.Errorf("version %x: sni %q alpn %q ja4 %q", version, r.SNI, r.ALPN, r.JA4)
		}
	}
}

func TestLater(t *testing.T) {
	disco := join("TS\xf0\x9f\x92\xac", newDice(1).bytes(100))
	session, none := schemas.SignaturesOf(schemas.SigWireGuardSession), schemas.SignatureSet{}
	if got := Later(session, disco); got != schemas.SignaturesOf(schemas.SigTailscaleDisco) {
		t.Errorf("disco with wireguard: %q", got)
	}
	for _, known := range []schemas.SignatureSet{none, schemas.SignaturesOf(schemas.SigSTUN)} {
		if got := Later(known, disco); got != none {
			t.Errorf("disco with %q: %q", known, got)
		}
	}
	if got := Later(session, disco[1:]); got != none {
		t.Errorf("other bytes with wireguard: %q", got)
	}
}

func TestGoogleHello(t *testing.T) {
	d := newDice(6)
	hello := join("\x0d", d.bytes(8), "Q043\x01", d.bytes(12), "\xa0\x01\x04\x00", "CHLO\x02\x00\x00\x00", "PAD\x00\x05\x00\x00\x00", "SNI\x00\x10\x00\x00\x00", "-----DNS.example", d.bytes(40))
	r := New().Inspect(udp(up(hello)))
	if string(r.SNI) != "dns.example" || r.Signatures != schemas.SignaturesOf(schemas.SigQUIC) {
		t.Errorf("sni %q, %q", r.SNI, r.Signatures)
	}
	for n := range hello {
		New().Inspect(udp(up(hello[:n])))
	}
}

// TestScrambled scrambles a reset exchange in the ways of the patch and finds it again.
func TestScrambled(t *testing.T) {
	d := newDice(11)
	sidC, sidS := d.bytes(8), d.bytes(8)
	xor := func(key string) func([]byte) {
		return func(b []byte) {
			for i := range b {
				b[i] ^= key[i%len(key)]
			}
		}
	}
	position := func(b []byte) {
		for i := range b {
			b[i] ^= byte(i + 1)
		}
	}
	reverse := func(b []byte) { slices.Reverse(b[1:]) }
	const long = "a key of more bytes than the messages have in which it is"
	forms := map[string][2]func() []byte{
		"plain":    {func() []byte { return ovpnReset(sidC) }, func() []byte { return ovpnAnswer(sidS, sidC) }},
		"tls-auth": {func() []byte { return ovpnResetAuth(d, sidC, 32) }, func() []byte { return ovpnAnswerAuth(d, sidS, sidC, 32) }},
		"crypt":    {func() []byte { return ovpnCrypt(d, ovpnClientV2, sidC, 1, 54) }, func() []byte { return ovpnCrypt(d, ovpnServerV2, sidS, 1, 66) }},
	}
	for _, tt := range []struct {
		name  string
		steps []func([]byte)
		forms []string
	}{
		{"xormask, short", []func([]byte){xor("abc")}, []string{"plain", "tls-auth", "crypt"}},
		{"xormask, long", []func([]byte){xor(long)}, []string{"plain", "tls-auth", "crypt"}},
		{"xorptrpos", []func([]byte){position}, []string{"plain", "tls-auth", "crypt"}},
		{"reverse", []func([]byte){reverse}, []string{"plain"}},
		{"reverse and xormask", []func([]byte){reverse, xor(long)}, []string{"plain", "tls-auth"}},
		{"obfuscate", []func([]byte){position, reverse, position, xor(long)}, []string{"plain", "tls-auth"}},
	} {
		for _, form := range tt.forms {
			messages := [][]byte{forms[form][0](), forms[form][1](), ovpnACKMessage(sidC, sidS, 0), ovpnControlMessage(d, sidC, 300)}
			var stream [][]byte
			for _, m := range messages {
				stream = append(stream, withLength(m))
				for _, s := range tt.steps {
					s(m)
				}
			}
			flow := func(of func(...Payload) *Flow, form func([]byte) []byte, all [][]byte) *Flow {
				return of(up(form(all[0])), down(form(all[1])), up(form(all[2])), up(form(all[3])))
			}
			bare := func(b []byte) []byte { return b }
			if got := New().Inspect(flow(udp, bare, messages)).Signatures; !got.Has(schemas.SigOpenVPNScrambled) {
				t.Errorf("%s, %s: got %q", tt.name, form, got)
			}
			if got := New().Inspect(flow(tcp, withLength, messages)).Signatures; !got.Has(schemas.SigOpenVPNScrambled) {
				t.Errorf("%s, %s over TCP: got %q", tt.name, form, got)
			}
			if got := New().Inspect(udp(up(messages[0]), down(messages[1]), up(messages[2]), down(join(messages[1][0]^7, d.bytes(60))))).Signatures; got.Has(schemas.SigOpenVPNScrambled) {
				t.Errorf("%s, %s, and then something else: got %q", tt.name, form, got)
			}
			if !strings.HasPrefix(tt.name, "xormask") {
				continue
			}
			for _, m := range stream {
				tt.steps[0](m)
			}
			if got := New().Inspect(flow(tcp, bare, stream)).Signatures; !got.Has(schemas.SigOpenVPNScrambled) {
				t.Errorf("%s, %s, stream masked with its lengths: got %q", tt.name, form, got)
			}
		}
	}
}

// TestFullyEncrypted checks each exemption of Wu et al. at its border.
func TestFullyEncrypted(t *testing.T) {
	// 0x8d has four of eight bits, 0x01 one, 0xfe seven; none is printable.
	mix := func(four, other int, c byte) []byte {
		return slices.Concat(slices.Repeat([]byte{0x8d}, four), slices.Repeat([]byte{c}, other))
	}
	printables := func(n, rest int) []byte {
		return slices.Concat([]byte{0x8d}, slices.Repeat([]byte{'5'}, n), slices.Repeat([]byte{0x8d}, rest))
	}
	for _, tt := range []struct {
		name string
		b    []byte
		want bool
	}{
		{"nothing", nil, false},
		{"four bits a byte", mix(100, 0, 0), true},
		{"3.4 bits a byte", mix(80, 20, 0x01), false},
		{"3.43 bits a byte", mix(81, 19, 0x01), true},
		{"4.6 bits a byte", mix(80, 20, 0xfe), false},
		{"4.57 bits a byte", mix(81, 19, 0xfe), true},
		{"six printable bytes first", append([]byte("555555"), mix(100, 0, 0)...), false},
		{"five printable bytes first", append([]byte("55555"), mix(100, 0, 0)...), true},
		{"20 printable in a row", printables(20, 79), true},
		{"21 printable in a row", printables(21, 78), false},
		{"half printable", slices.Repeat([]byte{0x8d, '5'}, 40), true},
		{"more than half printable", append(slices.Repeat([]byte{0x8d, '5'}, 40), '5'), false},
		{"tls", append([]byte{0x16, 3, 1}, mix(100, 0, 0)...), false},
		{"http", append([]byte("GET "), mix(100, 0, 0)...), false},
	} {
		if got := fullyEncrypted(tt.b); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// FuzzInspect shows arbitrary payloads: two bytes of length and direction before each.
func FuzzInspect(f *testing.F) {
	for _, s := range samples() {
		var b []byte
		for _, p := range s.flow.Payloads {
			way := uint16(0)
			if p.Up {
				way = 0x8000
			}
			b = binary.BigEndian.AppendUint16(b, way|uint16(len(p.Data)))
			b = append(b, p.Data...)
		}
		f.Add(s.flow.Protocol, s.flow.Initiator, b)
	}
	in := New()
	f.Fuzz(func(t *testing.T, protocol uint8, initiator bool, b []byte) {
		flow := Flow{Protocol: protocol, Initiator: initiator}
		for len(b) >= 2 && len(flow.Payloads) < MaxPayloads {
			head := binary.BigEndian.Uint16(b)
			n := min(int(head&0x3fff), len(b)-2)
			flow.Payloads = append(flow.Payloads, Payload{Up: head&0x8000 != 0, Gap: head&0x4000 != 0, Size: max(int(head&0x3fff), 1), Data: b[2 : 2+n]})
			b = b[2+n:]
		}
		r := in.Inspect(&flow)
		if again := in.Inspect(&flow); again.Signatures != r.Signatures || string(again.JA4) != string(r.JA4) {
			t.Errorf("the same flow gave %q, then %q", r.Signatures, again.Signatures)
		}
		if r.Reversed && initiator {
			t.Error("reversed although the initiator was known")
		}
	})
}

// FuzzQUIC reads arbitrary datagrams, and arbitrary frames as if they had been decrypted.
func FuzzQUIC(f *testing.F) {
	d := newDice(4)
	hello := handshake(1, helloBody(d, helloOptions{sni: "a.example", alpn: []string{"h3"}}))
	f.Add(quicInitial(1, d.bytes(8), 0, cryptoFrame(0, hello)), cryptoFrame(0, hello))
	f.Add(quicInitial(0x6b3343cf, d.bytes(20), 7, []byte{2, 0, 0, 0, 0}), join(cryptoFrame(9, hello[9:]), "\x02\x05\x00\x01\x00\x01\x01", cryptoFrame(0, hello[:9])))
	f.Fuzz(func(t *testing.T, datagram, frames []byte) {
		q := quicDecoder{}
		q.datagram(datagram, len(datagram), true)
		q.frames(frames)
		if len(q.crypto) > maxCrypto || len(q.crypto) != len(q.have) {
			t.Errorf("%d bytes, %d marks", len(q.crypto), len(q.have))
		}
		if h, ok := q.hello(); ok {
			h.ja4('q')
		}
	})
}

// FuzzClientHello reads arbitrary ClientHello bodies.
func FuzzClientHello(f *testing.F) {
	d := newDice(2)
	f.Add(helloBody(d, helloOptions{sni: "a.example", alpn: []string{"h2"}}), false, false)
	f.Add(helloBody(d, helloOptions{dtls: true}), true, true)
	f.Fuzz(func(t *testing.T, b []byte, dtls, partial bool) {
		if h, ok := parseClientHello(b, dtls, partial); ok {
			if got := h.ja4('t'); len(got) != 36 {
				t.Errorf("ja4 %q", got)
			}
		}
	})
}

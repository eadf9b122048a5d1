package inspect

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"slices"

	"github.com/banshift/banshift/schemas"
)

// dice gives reproducible random bytes.
type dice struct{ *rand.Rand }

func newDice(seed uint64) dice { return dice{rand.New(rand.NewPCG(seed, 1))} }

func (d dice) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(d.Uint32())
	}
	return b
}

func join(parts ...any) []byte {
	var b []byte
	for _, p := range parts {
		switch p := p.(type) {
		case []byte:
			b = append(b, p...)
		case string:
			b = append(b, p...)
		case byte:
			b = append(b, p)
		case int:
			b = append(b, byte(p))
		case uint16:
			b = binary.BigEndian.AppendUint16(b, p)
		case uint32:
			b = binary.BigEndian.AppendUint32(b, p)
		case uint64:
			b = binary.BigEndian.AppendUint64(b, p)
		default:
			panic("join: type")
		}
	}
	return b
}

func up(b []byte) Payload   { return Payload{Up: true, Size: len(b), Data: b} }
func down(b []byte) Payload { return Payload{Size: len(b), Data: b} }

func udp(p ...Payload) *Flow { return &Flow{Protocol: 17, SrcPort: 40000, DstPort: 40001, Payloads: p} }
func tcp(p ...Payload) *Flow {
	return &Flow{Protocol: 6, SrcPort: 40000, DstPort: 40001, Initiator: true, Payloads: p}
}

// reversed gives the flow as it looks when Src is the server.
func reversed(f *Flow) *Flow {
	r := *f
	r.Initiator = false
	r.Payloads = slices.Clone(f.Payloads)
	for i := range r.Payloads {
		r.Payloads[i].Up = !r.Payloads[i].Up
	}
	return &r
}

// Messages of the protocols, built from their documents.

func wgInit(d dice, sender []byte) []byte {
	return join("\x01\x00\x00\x00", sender, d.bytes(124), make([]byte, 16))
}
func wgResponse(d dice, sender, receiver []byte) []byte {
	return join("\x02\x00\x00\x00", sender, receiver, d.bytes(80))
}
func wgData(d dice, receiver []byte, counter uint64, size int) []byte {
	c := binary.LittleEndian.AppendUint64(nil, counter)
	return join("\x04\x00\x00\x00", receiver, c, d.bytes(size-16))
}

func ovpnReset(sid []byte) []byte { return join(0x38, sid, "\x00\x00\x00\x00\x00") }
func ovpnAnswer(sid, client []byte) []byte {
	return join(0x40, sid, "\x01\x00\x00\x00\x00", client, "\x00\x00\x00\x00")
}
func ovpnResetAuth(d dice, sid []byte, hmac int) []byte {
	return join(0x38, sid, d.bytes(hmac), uint32(1), uint32(0x65000000), "\x00\x00\x00\x00\x00")
}
func ovpnAnswerAuth(d dice, sid, client []byte, hmac int) []byte {
	return join(0x40, sid, d.bytes(hmac), uint32(1), uint32(0x65000000), "\x01\x00\x00\x00\x00", client, "\x00\x00\x00\x00")
}
func ovpnCrypt(d dice, opcode byte, sid []byte, id uint32, size int) []byte {
	return join(opcode<<3, sid, id, uint32(0x65000000), d.bytes(size-17))
}
func ovpnControlMessage(d dice, sid []byte, size int) []byte { return join(0x20, sid, d.bytes(size-9)) }
func ovpnDataMessage(d dice, peer uint32, id uint32, size int) []byte {
	return join(uint32(0x48000000)|peer, id, d.bytes(size-8))
}

func ovpnACKMessage(sid, other []byte, id uint32) []byte { return join(0x28, sid, 1, id, other) }

func withLength(b []byte) []byte { return join(uint16(len(b)), b) }

func ikeMessage(d dice, version, exchange byte, answer bool, size int) []byte {
	spi := make([]byte, 8)
	if answer {
		spi = d.bytes(8)
	}
	next := byte(1)
	if version == 0x20 {
		next = 33
	}
	return join(d.bytes(8), spi, next, version, exchange, byte(0), uint32(0), uint32(size), "\x00\x00", uint16(size-28), d.bytes(size-32))
}

func espMessage(d dice, spi []byte, seq uint32, size int) []byte {
	return join(spi, seq, d.bytes(size-8))
}

// helloOptions vary a ClientHello.
type helloOptions struct {
	sni       string
	alpn      []string
	ciphers   []uint16
	dtls      bool
	version   uint16
	sessionID []byte
	versions  []uint16
	extra     []uint16 // further, empty extensions
}

// helloBody builds the body of a ClientHello.
func helloBody(d dice, o helloOptions) []byte {
	if o.version == 0 {
		o.version = 0x0303
	}
	if o.ciphers == nil {
		o.ciphers = []uint16{0x1301, 0x1302, 0xc02b}
	}
	var ciphers []byte
	for _, c := range o.ciphers {
		ciphers = binary.BigEndian.AppendUint16(ciphers, c)
	}
	var ext []byte
	add := func(kind uint16, data []byte) { ext = append(ext, join(kind, withLength(data))...) }
	if o.sni != "" {
		add(extServerName, withLength(join(0, withLength([]byte(o.sni)))))
	}
	if o.alpn != nil {
		var list []byte
		for _, a := range o.alpn {
			list = append(list, join(len(a), a)...)
		}
		add(extALPN, withLength(list))
	}
	add(extSignatureAlgs, withLength(join(uint16(0x0403), uint16(0x0804))))
	if o.versions != nil {
		var list []byte
		for _, v := range o.versions {
			list = binary.BigEndian.AppendUint16(list, v)
		}
		add(extSupportedVersions, join(len(list), list))
	}
	for _, e := range o.extra {
		add(e, nil)
	}
	b := join(o.version, d.bytes(32), len(o.sessionID), o.sessionID)
	if o.dtls {
		b = append(b, 0)
	}
	return join(b, withLength(ciphers), "\x01\x00", withLength(ext))
}

func handshake(kind byte, body []byte) []byte {
	return join(kind, len(body)>>16, uint16(len(body)), body)
}

func tlsRecord(kind byte, b []byte) []byte { return join(kind, "\x03\x03", withLength(b)) }

func tlsHello(d dice, o helloOptions) []byte {
	return tlsRecord(recordHandshake, handshake(handshakeClient, helloBody(d, o)))
}

func tlsServerHello(d dice) []byte {
	return tlsRecord(recordHandshake, handshake(handshakeServer, join("\x03\x03", d.bytes(32), 32, d.bytes(32), "\x13\x01\x00", withLength(d.bytes(46)))))
}

func tls13ServerHello(d dice) []byte {
	ext := join(uint16(51), withLength(d.bytes(36)), uint16(43), withLength([]byte{3, 4}))
	return tlsRecord(recordHandshake, handshake(handshakeServer, join("\x03\x03", d.bytes(32), 32, d.bytes(32), "\x13\x01\x00", withLength(ext))))
}

func dtlsHello(d dice, version uint16, o helloOptions) []byte {
	o.dtls = true
	body := helloBody(d, o)
	n := len(body)
	m := join(handshakeClient, n>>16, uint16(n), uint16(0), "\x00\x00\x00", n>>16, uint16(n), body)
	return join(recordHandshake, version, uint16(0), d.bytes(6)[:0], "\x00\x00\x00\x00\x00\x00", withLength(m))
}

// quicInitial seals CRYPTO frames into a client's Initial packet (RFC 9001 section 5).
func quicInitial(version uint32, dcid []byte, number uint32, frames []byte) []byte {
	v, _ := quicVersionOf(version)
	k := newQUICKeys(dcid, v)
	const numberSize, tag = 4, 16
	if pad := 1162 - len(frames); pad > 0 {
		frames = append(slices.Clone(frames), make([]byte, pad)...)
	}
	header := join(0xc0|v.initial<<4|(numberSize-1), version, len(dcid), dcid, 0, 0, uint16(0x4000|(len(frames)+numberSize+tag)))
	head := len(header)
	header = binary.BigEndian.AppendUint32(header, number)
	nonce := k.iv
	for i := range numberSize {
		nonce[8+i] ^= header[head+i]
	}
	packet := k.aead.Seal(header, nonce[:], frames, header)
	var mask [16]byte
	k.hp.Encrypt(mask[:], packet[head+4:head+20])
	packet[0] ^= mask[0] & 0x0f
	for i := range numberSize {
		packet[head+i] ^= mask[1+i]
	}
	return packet
}

func cryptoFrame(offset int, data []byte) []byte {
	return join(6, uint16(0x4000|offset), uint16(0x4000|len(data)), data)
}

func dnsQuestion(id uint16, name string, kind uint16) []byte {
	return join(id, "\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", dnsName(name), kind, uint16(1))
}

// dnsCertificate answers a TXT question with 124 bytes that begin with head.
func dnsCertificate(id uint16, name, head string) []byte {
	text := join(124, head, make([]byte, 124-len(head)))
	return join(id, "\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00", dnsName(name), uint16(16), uint16(1), "\xc0\x0c", uint16(16), uint16(1), uint32(0), withLength(text))
}

// certificate is the handshake message with one certificate.
func certificate(der []byte) []byte {
	one := join(len(der)>>16, uint16(len(der)), der)
	return handshake(11, join(len(one)>>16, uint16(len(one)), one))
}

func dnsName(name string) []byte {
	var b []byte
	label := []byte{}
	for _, c := range []byte(name + ".") {
		if c != '.' {
			label = append(label, c)
			continue
		}
		b = append(join(b, len(label)), label...)
		label = label[:0]
	}
	return append(b, 0)
}

// randomFlow makes a flow of random payloads whose sizes a VPN could have.
func randomFlow(d dice, protocol uint8) *Flow {
	sizes := []int{14, 16, 26, 32, 42, 54, 64, 66, 80, 92, 96, 100, 128, 148, 160, 256, 296, 512, 1280}
	f := &Flow{Protocol: protocol, SrcPort: 1194, DstPort: 51820, Initiator: d.IntN(2) == 0}
	for range 1 + d.IntN(MaxPayloads) {
		size := sizes[d.IntN(len(sizes))]
		if d.IntN(2) == 0 {
			size = 1 + d.IntN(1400)
		}
		b := d.bytes(size)
		f.Payloads = append(f.Payloads, Payload{Up: d.IntN(3) > 0, Size: size, Data: b})
	}
	return f
}

// encrypted are the signatures that name no protocol, and random bytes may have.
var encrypted = schemas.SignaturesOf(schemas.SigFullyEncrypted, schemas.SigFullyEncryptedUDP, schemas.SigRandomDatagrams)

// seen is what a sample shows.
type seen struct {
	signatures schemas.SignatureSet
	traits     schemas.Traits
}

// stateTraits are the traits that samples state; the others are of structure, and have tests of their own.
const stateTraits = schemas.TraitUnanswered | schemas.TraitMidstream | schemas.TraitMod16 | schemas.TraitTLSRecords | schemas.TraitDTLSRecords

func seenOf(r Result) seen { return seen{r.Signatures, r.Traits & stateTraits} }

// shows takes signatures and traits.
func shows(all ...any) (s seen) {
	for _, one := range all {
		switch one := one.(type) {
		case schemas.Signature:
			s.signatures = s.signatures.With(schemas.SignaturesOf(one))
		case schemas.Traits:
			s.traits |= one
		}
	}
	return s
}

// named reports that a protocol is named: what no random bytes may show.
func (s seen) named() bool {
	return !s.signatures.Without(encrypted).Empty() || s.traits&(schemas.TraitTLSRecords|schemas.TraitDTLSRecords) != 0
}

func (s seen) String() string { return s.signatures.String() + " " + s.traits.String() }

// obfuscated gives the initialisation of MTProto's obfuscated transport; a secret is a proxy's.
func obfuscated(d dice, tag string, secret []byte) []byte {
	init := d.bytes(64)
	copy(init[56:], tag)
	key := init[8:40]
	if secret != nil {
		sum := sha256.Sum256(join(key, secret))
		key = sum[:]
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	plain := bytes.Clone(init)
	cipher.NewCTR(block, init[40:56]).XORKeyStream(plain, plain)
	return join(init[:56], plain[56:])
}

// kept gives a payload of which a sensor kept the first n bytes.
func kept(p Payload, n int) Payload {
	p.Data = p.Data[:n]
	return p
}

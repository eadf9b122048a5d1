package inspect

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"

	"github.com/banshift/banshift/schemas"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/hkdf"
)

// quicVersion is what differs between versions in the protection of Initial packets.
type quicVersion struct {
	salt    string
	prefix  string // of the HKDF labels
	initial byte   // packet type of Initial
}

var (
	quicSaltV1      = "\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a" // RFC 9001 5.2
	quicSaltV2      = "\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9" // RFC 9369 3.3.1
	quicSaltDraft29 = "\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99" // draft-ietf-quic-tls-29 5.2
	quicSaltDraft23 = "\xc3\xee\xf7\x12\xc7\x2e\xbb\x5a\x11\xa7\xd2\x43\x2b\xb4\x63\x65\xbe\xf9\xf5\x02" // draft-ietf-quic-tls-23 5.2
)

// quicVersionOf gives the version's parameters; ok is false for an unknown one.
func quicVersionOf(v uint32) (quicVersion, bool) {
	switch {
	case v == 1:
		return quicVersion{quicSaltV1, "quic ", 0}, true
	case v == 0x6b3343cf || v == 0x709a50c4: // v2 and its drafts
		return quicVersion{quicSaltV2, "quicv2 ", 1}, true
	case v >= 0xff00001d && v <= 0xff000020:
		return quicVersion{quicSaltDraft29, "quic ", 0}, true
	case v == 0xff000021 || v == 0xff000022:
		return quicVersion{quicSaltV1, "quic ", 0}, true
	case v >= 0xff000017 && v <= 0xff00001c || v == 0xfaceb001 || v == 0xfaceb002: // Facebook's mvfst
		return quicVersion{quicSaltDraft23, "quic ", 0}, true
	}
	return quicVersion{}, false
}

// maxCrypto bounds the ClientHello that is put together from CRYPTO frames.
const maxCrypto = 16 << 10

// quic finds QUIC by a long header with a known version (RFC 9000 section 17.2; random
// bytes: 11 versions of 2^32, half of the first bytes, 21 of 256 lengths, twice), and
// reads the ClientHello from the client's Initial packets, whose keys follow from the
// connection id that they carry (RFC 9001 section 5.2, RFC 9369). Google's versions
// before IETF QUIC are told by their ASCII version ("Q046").
func quic(c *conversation, r *finding) {
	d := quicDecoder{}
	for i := range c.payloads {
		p := &c.payloads[i]
		if googleQUIC(p.Data) {
			r.add(schemas.SigQUIC)
			if c.fromClient(p) {
				googleHello(p.Data, r)
			}
			return
		}
		client := c.fromClient(p)
		if !d.datagram(p.Data, p.Size, client) {
			if d.known {
				continue
			}
			return
		}
		r.add(schemas.SigQUIC)
		if !client {
			continue
		}
		h, ok := d.hello()
		if !ok {
			continue
		}
		r.addRole(schemas.SigQUIC)
		h.note(r, 'q')
		for _, alpn := range h.alpn {
			if isDoQ(string(alpn)) {
				r.add(schemas.SigDoQ)
			}
		}
		return
	}
}

// isDoQ reports the ALPN of DNS over QUIC: RFC 9250 section 4.1.1 and its drafts.
func isDoQ(alpn string) bool {
	return alpn == "doq" || len(alpn) > 5 && alpn[:5] == "doq-i"
}

// googleQUIC reports a long header or a public header of gQUIC: "Q0" (with Google's own
// handshake) or "T0" (with TLS) and two digits.
func googleQUIC(b []byte) bool {
	tag := func(b []byte) bool {
		return len(b) >= 4 && (b[0] == 'Q' || b[0] == 'T') && b[1] == '0' && isDigit(b[2]) && isDigit(b[3])
	}
	switch {
	case len(b) < 16:
		return false
	case b[0]&0xc0 == 0xc0: // Q046, Q050, T051
		return tag(b[1:])
	}
	return (b[0] == 0x0d || b[0] == 0x09) && tag(b[9:]) // version and 8-byte connection id present
}

// googleHello reads the server name of gQUIC's own handshake, in the clear up to Q046
// (Langley and Chang, "QUIC Crypto", "Handshake messages"): the tag CHLO, a count, then
// tags with the ends of their values.
func googleHello(b []byte, r *finding) {
	const head, entry, maxHeader, maxTags = 8, 8, 64, 128
	at := bytes.Index(b[:min(len(b), maxHeader)], []byte("CHLO"))
	if at < 0 || at+head > len(b) {
		return
	}
	n := int(binary.LittleEndian.Uint16(b[at+4:]))
	tags := b[at+head:]
	if n > maxTags || n*entry > len(tags) {
		return
	}
	values, from := tags[n*entry:], uint32(0)
	for i := range n {
		tag, to := tags[i*entry:][:4], binary.LittleEndian.Uint32(tags[i*entry+4:])
		if to < from || int64(to) > int64(len(values)) {
			return
		}
		if string(tag) == "SNI\x00" {
			r.addRole(schemas.SigQUIC)
			r.SNI = hostName(values[from:to])
			return
		}
		from = to
	}
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// quicDecoder collects the CRYPTO frames of a client's Initial packets.
type quicDecoder struct {
	known  bool // a long header of a known version was seen
	keys   quicKeys
	keyed  bool
	crypto []byte
	have   []bool // which bytes of crypto are there
}

// datagram takes the coalesced packets of one datagram; it reports whether it begins
// with a long header of a known version.
func (d *quicDecoder) datagram(b []byte, wire int, client bool) bool {
	cut := len(b) < wire
	found := false
	for len(b) >= 7 && b[0]&0x80 != 0 {
		version, ok := quicVersionOf(binary.BigEndian.Uint32(b[1:]))
		if !ok || b[0]&0x40 == 0 {
			break
		}
		s := cryptobyte.String(b[5:])
		var dcid, scid cryptobyte.String
		if !s.ReadUint8LengthPrefixed(&dcid) || !s.ReadUint8LengthPrefixed(&scid) || len(dcid) > 20 || len(scid) > 20 {
			break
		}
		found, d.known = true, true
		kind := b[0] >> 4 & 3
		if kind == (version.initial+3)&3 { // Retry has no length
			break
		}
		var token cryptobyte.String
		if kind == version.initial && !readVarBytes(&s, &token) {
			break
		}
		length, ok := readVarint(&s)
		head := len(b) - len(s)
		if !ok || length < 20 || length > uint64(len(s)) && !cut {
			break
		}
		end := min(head+int(min(length, 1<<16)), len(b))
		if kind == version.initial && client && end == head+int(length) {
			d.initial(b[:end], head, dcid, version)
		}
		b = b[end:]
	}
	return found
}

// initial decrypts a client's Initial packet: with the keys of the first one, or of its
// own connection id (after a Retry).
func (d *quicDecoder) initial(b []byte, head int, dcid []byte, v quicVersion) {
	if d.keyed {
		if plain, ok := d.keys.open(b, head); ok {
			d.frames(plain)
			return
		}
	}
	keys := newQUICKeys(dcid, v)
	plain, ok := keys.open(b, head)
	if !ok {
		return
	}
	d.keys, d.keyed = keys, true
	d.crypto, d.have = d.crypto[:0], d.have[:0]
	d.frames(plain)
}

// frames takes the CRYPTO frames of a decrypted Initial (RFC 9000 section 12.4).
func (d *quicDecoder) frames(b []byte) {
	s := cryptobyte.String(b)
	for !s.Empty() {
		kind, ok := readVarint(&s)
		switch {
		case !ok:
			return
		case kind == 0 || kind == 1: // PADDING, PING
		case kind == 2 || kind == 3: // ACK
			if !skipACK(&s, kind == 3) {
				return
			}
		case kind == 6:
			offset, ok := readVarint(&s)
			var data cryptobyte.String
			if !ok || !readVarBytes(&s, &data) || offset+uint64(len(data)) > maxCrypto {
				return
			}
			d.place(int(offset), data)
		default:
			return
		}
	}
}

func (d *quicDecoder) place(at int, data []byte) {
	if need := at + len(data); need > len(d.crypto) {
		d.crypto = append(d.crypto, make([]byte, need-len(d.crypto))...)
		d.have = append(d.have, make([]bool, need-len(d.have))...)
	}
	copy(d.crypto[at:], data)
	for i := range data {
		d.have[at+i] = true
	}
}

// hello gives the ClientHello once all of it is there.
func (d *quicDecoder) hello() (*clientHello, bool) {
	if len(d.crypto) < 4 || d.crypto[0] != handshakeClient {
		return nil, false
	}
	length := 4 + int(d.crypto[1])<<16 + int(d.crypto[2])<<8 + int(d.crypto[3])
	if length > len(d.crypto) {
		return nil, false
	}
	for _, there := range d.have[:length] {
		if !there {
			return nil, false
		}
	}
	return parseClientHello(d.crypto[4:length], false, false)
}

// quicKeys protect a client's Initial packets.
type quicKeys struct {
	aead cipher.AEAD
	iv   [12]byte
	hp   cipher.Block
}

func newQUICKeys(dcid []byte, v quicVersion) quicKeys {
	initial := hkdf.Extract(sha256.New, dcid, []byte(v.salt))
	secret := expandLabel(initial, "client in", 32)
	var k quicKeys
	copy(k.iv[:], expandLabel(secret, v.prefix+"iv", 12))
	// Neither can fail: the keys are 16 bytes.
	block, _ := aes.NewCipher(expandLabel(secret, v.prefix+"key", 16))
	k.aead, _ = cipher.NewGCM(block)
	k.hp, _ = aes.NewCipher(expandLabel(secret, v.prefix+"hp", 16))
	return k
}

// expandLabel is HKDF-Expand-Label of RFC 8446 section 7.1 with an empty context.
func expandLabel(secret []byte, label string, n int) []byte {
	full := "tls13 " + label
	info := append([]byte{byte(n >> 8), byte(n), byte(len(full))}, full...)
	out := make([]byte, n)
	// It cannot fail: n is far below 255 hashes.
	_, _ = hkdf.Expand(sha256.New, secret, append(info, 0)).Read(out)
	return out
}

// open removes header and packet protection (RFC 9001 sections 5.3 and 5.4). head is
// the offset of the packet number.
func (k *quicKeys) open(packet []byte, head int) ([]byte, bool) {
	if len(packet) < head+20 {
		return nil, false
	}
	var mask [16]byte
	k.hp.Encrypt(mask[:], packet[head+4:head+20])
	header := append([]byte(nil), packet[:head+4]...)
	header[0] ^= mask[0] & 0x0f
	size := int(header[0]&3) + 1
	nonce := k.iv
	for i := range size {
		header[head+i] ^= mask[1+i]
		// The numbers of Initial packets are small: none is cut in what is read here.
		nonce[12-size+i] ^= header[head+i]
	}
	plain, err := k.aead.Open(nil, nonce[:], packet[head+size:], header[:head+size])
	return plain, err == nil
}

// readVarint reads a variable-length integer (RFC 9000 section 16).
func readVarint(s *cryptobyte.String) (uint64, bool) {
	var first []byte
	if len(*s) == 0 || !s.ReadBytes(&first, 1) {
		return 0, false
	}
	v := uint64(first[0] & 0x3f)
	var rest []byte
	if !s.ReadBytes(&rest, 1<<(first[0]>>6)-1) {
		return 0, false
	}
	for _, b := range rest {
		v = v<<8 | uint64(b)
	}
	return v, true
}

// readVarBytes reads bytes behind their length.
func readVarBytes(s *cryptobyte.String, out *cryptobyte.String) bool {
	n, ok := readVarint(s)
	return ok && n <= uint64(len(*s)) && s.ReadBytes((*[]byte)(out), int(n))
}

// maxACKRanges bounds what is believed of an ACK frame.
const maxACKRanges = 256

// skipACK passes an ACK frame (RFC 9000 section 19.3).
func skipACK(s *cryptobyte.String, ecn bool) bool {
	if _, ok := readVarint(s); !ok { // largest
		return false
	}
	if _, ok := readVarint(s); !ok { // delay
		return false
	}
	ranges, ok := readVarint(s)
	if !ok || ranges > maxACKRanges {
		return false
	}
	n := 1 + 2*int(ranges)
	if ecn {
		n += 3
	}
	for range n {
		if _, ok := readVarint(s); !ok {
			return false
		}
	}
	return true
}

package inspect

import (
	"golang.org/x/crypto/cryptobyte"
)

// TLS extensions that are read (IANA TLS ExtensionType values).
const (
	extServerName        = 0
	extSupportedGroups   = 10
	extSignatureAlgs     = 13
	extALPN              = 16
	extEarlyData         = 42
	extSupportedVersions = 43
)

// clientHello is a TLS, DTLS or QUIC ClientHello (RFC 8446 section 4.1.2, RFC 6347
// section 4.2.1). The slices alias the message.
type clientHello struct {
	version    uint16
	sessionID  []byte
	cookie     []byte // DTLS
	ciphers    []uint16
	extensions []uint16
	sni        []byte
	hasSNI     bool
	alpn       [][]byte
	groups     []uint16
	sigAlgs    []uint16
	versions   []uint16
	cut        bool // the message ended before its extensions did
}

// parseClientHello reads the body of a ClientHello, without its 4-byte (DTLS: 12-byte)
// handshake header. Where partial is set the body may end inside the extensions: then
// cut is set and the rest is what was there. Random bytes pass with less than 2^-40:
// every length must agree to the last byte.
func parseClientHello(body []byte, dtls, partial bool) (*clientHello, bool) {
	h := &clientHello{}
	s := cryptobyte.String(body)
	var random []byte
	var session, cookie, ciphers, compression cryptobyte.String
	if !s.ReadUint16(&h.version) || !s.ReadBytes(&random, 32) ||
		!s.ReadUint8LengthPrefixed(&session) || len(session) > 32 {
		return nil, false
	}
	if dtls && !s.ReadUint8LengthPrefixed(&cookie) {
		return nil, false
	}
	if !s.ReadUint16LengthPrefixed(&ciphers) || len(ciphers) == 0 || len(ciphers)%2 != 0 ||
		!s.ReadUint8LengthPrefixed(&compression) || len(compression) == 0 {
		return nil, false
	}
	h.sessionID, h.cookie = session, cookie
	h.ciphers = uint16s(ciphers)
	if s.Empty() {
		return h, true // before RFC 3546 there were no extensions
	}
	var length uint16
	if !s.ReadUint16(&length) {
		return h, partial
	}
	if int(length) != len(s) && !(partial && int(length) > len(s)) {
		return nil, false
	}
	h.cut = int(length) > len(s)
	for !s.Empty() {
		var kind uint16
		var data cryptobyte.String
		if !s.ReadUint16(&kind) || !s.ReadUint16LengthPrefixed(&data) {
			return h, h.cut
		}
		h.extensions = append(h.extensions, kind)
		h.readExtension(kind, data)
	}
	return h, true
}

// readExtension takes what is wanted of one extension; a malformed one is only listed.
func (h *clientHello) readExtension(kind uint16, data cryptobyte.String) {
	var list cryptobyte.String
	switch kind {
	case extServerName:
		h.hasSNI = true
		var nameType uint8
		var name cryptobyte.String
		if data.ReadUint16LengthPrefixed(&list) && list.ReadUint8(&nameType) && nameType == 0 &&
			list.ReadUint16LengthPrefixed(&name) {
			h.sni = name
		}
	case extALPN:
		if !data.ReadUint16LengthPrefixed(&list) {
			return
		}
		for !list.Empty() {
			var proto cryptobyte.String
			if !list.ReadUint8LengthPrefixed(&proto) {
				return
			}
			h.alpn = append(h.alpn, proto)
		}
	case extSupportedGroups:
		if data.ReadUint16LengthPrefixed(&list) {
			h.groups = uint16s(list)
		}
	case extSignatureAlgs:
		if data.ReadUint16LengthPrefixed(&list) {
			h.sigAlgs = uint16s(list)
		}
	case extSupportedVersions:
		if data.ReadUint8LengthPrefixed(&list) {
			h.versions = uint16s(list)
		}
	}
}

func uint16s(b []byte) []uint16 {
	list := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		list = append(list, uint16(b[0])<<8|uint16(b[1]))
	}
	return list
}

// note puts what the hello says into the result. transport is JA4's letter.
func (h *clientHello) note(r *finding, transport byte) {
	r.SNI = hostName(h.sni)
	r.ALPN = nil
	for i, p := range h.alpn {
		if i > 0 {
			r.ALPN = append(r.ALPN, ',')
		}
		r.ALPN = append(r.ALPN, p...)
	}
	if !h.cut {
		r.JA4 = h.ja4(transport)
	}
}

// maxHostName is the longest server name (RFC 1035 section 2.3.4).
const maxHostName = 255

// hostName gives a copy of the name in lower case, nil where it cannot be one.
func hostName(b []byte) []byte {
	if len(b) == 0 || len(b) > maxHostName {
		return nil
	}
	name := make([]byte, len(b))
	for i, c := range b {
		if c <= ' ' || c >= 0x7f {
			return nil
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		name[i] = c
	}
	return name
}

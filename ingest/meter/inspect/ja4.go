package inspect

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// ja4 gives the JA4 fingerprint of a ClientHello (FoxIO, "JA4: TLS Client
// Fingerprinting", technical_details/JA4.md, BSD-3-Clause). transport is 't' for TCP,
// 'q' for QUIC, 'd' for DTLS.
func (h *clientHello) ja4(transport byte) []byte {
	ciphers := withoutGREASE(h.ciphers)
	extensions := withoutGREASE(h.extensions)
	sni := byte('i')
	if h.hasSNI {
		sni = 'd'
	}
	first, last := h.ja4ALPN()
	var hashed []uint16
	for _, e := range extensions {
		if e != extServerName && e != extALPN {
			hashed = append(hashed, e)
		}
	}
	slices.Sort(hashed)
	tail := appendHex(nil, hashed)
	if algs := withoutGREASE(h.sigAlgs); len(algs) > 0 {
		tail = appendHex(append(tail, '_'), algs)
	}
	if len(extensions) == 0 {
		tail = nil
	}
	sorted := slices.Clone(ciphers)
	slices.Sort(sorted)
	return fmt.Appendf(nil, "%c%s%c%02d%02d%c%c_%s_%s", transport, h.ja4Version(), sni,
		min(len(ciphers), 99), min(len(extensions), 99), first, last, hash12(appendHex(nil, sorted)), hash12(tail))
}

// isGREASE reports a value of RFC 8701.
func isGREASE(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }

func withoutGREASE(list []uint16) []uint16 {
	return slices.DeleteFunc(slices.Clone(list), isGREASE)
}

// ja4Version gives the two characters of the highest version offered.
func (h *clientHello) ja4Version() string {
	version := h.version
	best := 0
	for _, v := range h.versions {
		if rank := versionRank(v); !isGREASE(v) && rank > best {
			version, best = v, rank
		}
	}
	switch version {
	case 0x0304:
		return "13"
	case 0x0303:
		return "12"
	case 0x0302:
		return "11"
	case 0x0301:
		return "10"
	case 0x0300:
		return "s3"
	case 0x0002:
		return "s2"
	case 0xfeff:
		return "d1"
	case 0xfefd:
		return "d2"
	case 0xfefc:
		return "d3"
	}
	return "00"
}

// versionRank orders versions; those of DTLS count downwards.
func versionRank(v uint16) int {
	if v>>8 == 0xfe {
		return 0x10000 - int(v)
	}
	return int(v)
}

// ja4ALPN gives the first and last character of the first protocol offered, or of its
// hexadecimal form where one of them is not alphanumeric.
func (h *clientHello) ja4ALPN() (first, last byte) {
	if len(h.alpn) == 0 || len(h.alpn[0]) == 0 {
		return '0', '0'
	}
	p := h.alpn[0]
	first, last = p[0], p[len(p)-1]
	if isAlphanumeric(first) && isAlphanumeric(last) {
		return first, last
	}
	const digits = "0123456789abcdef"
	return digits[first>>4], digits[last&15]
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// appendHex writes a list as JA4 hashes it: four digits each, with commas between.
func appendHex(dst []byte, list []uint16) []byte {
	for i, v := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = hex.AppendEncode(dst, []byte{byte(v >> 8), byte(v)})
	}
	return dst
}

func hash12(b []byte) string {
	if len(b) == 0 {
		return "000000000000"
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6])
}

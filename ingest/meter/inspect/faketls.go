package inspect

import (
	"bytes"
	"encoding/binary"

	"github.com/banshift/banshift/schemas"
	"golang.org/x/crypto/cryptobyte"
)

// Sizes of a client's Finished in TLS 1.3: header, a hash of 32 or 48 bytes, type, tag
// (RFC 8446 sections 4.4.4 and 5.2).
const (
	finishedSHA256 = 4 + 32 + 1 + 16
	finishedSHA384 = 4 + 48 + 1 + 16
)

// emptyCertificate is what a client sends that has none and is asked for one: a header, an
// empty context and an empty list (RFC 8446 section 4.4.2). Chromium and NSS put it and
// the Finished into one record, others into two.
const emptyCertificate = 4 + 1 + 3

// minClientKey is below what a client takes that proves to have a key, in one record with
// its Finished: a raw public key of Ed25519 and its signature (RFC 7250, RFC 8446
// sections 4.4.2 and 4.4.3).
const minClientKey = 150

// handshakeRecords is over how many records a client may spread certificate, proof and Finished.
const handshakeRecords = 4

// helloRetry is the random value of a HelloRetryRequest (RFC 8446 section 4.1.3).
const helloRetry = "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91"

// emptySettings is what a client sends before it that agreed on application settings and has
// none: EncryptedExtensions with one empty extension (draft-vvv-tls-alps section 4).
const emptySettings = 4 + 2 + 4

// minFakeRecord is the obfuscated transport's initialisation, with which the client's
// first record begins, and the least that follows it.
const minFakeRecord = 64 + 8

// fakeTLS finds a handshake that only looks like TLS 1.3, as MTProxy's does behind a
// secret that begins with ee (core.telegram.org/mtproto/mtproto-transports; mtproxy
// README): the server chose TLS 1.3, but the client's first encrypted record is no
// Finished, which its cipher gives one of two sizes, no empty certificate with one or
// before one, and too short for a key; nor is one of the next records a Finished. A client
// that pads its records (RFC 8446 section 5.4), as two of them show, is not one, nor is one under a suite whose
// tag is longer (RFC 9150).
func fakeTLS(c *conversation, r *finding) {
	up := c.client()
	hello, ok := readClientHello(up, false)
	if !ok || hasExtension(hello, extEarlyData) || !choosesTLS13(c.server()) {
		return
	}
	first, records, finished := 0, 0, false
	var blocks [2]int // to which all records are padded, their type with their contents or not
	eachRecord(up, func(kind byte, size int) bool {
		if kind == recordApplication {
			if records == 0 {
				first = size
			}
			records++
			blocks[0], blocks[1] = gcd(blocks[0], size-paddedOverhead), gcd(blocks[1], size-paddedOverhead-1)
			finished = finished || isFinished(size)
		}
		return records < handshakeRecords
	})
	if !finished && records > 1 && blocks[0] < minPadBlock && blocks[0]%padGranule != 0 && blocks[1]%padGranule != 0 && first >= minFakeRecord && first < minClientKey {
		r.addRole(schemas.SigFakeTLS)
	}
}

// A padded record is a whole number of blocks and a tag long; Mbed TLS pads all of its
// records to 16 bytes (MBEDTLS_SSL_CID_TLS1_3_PADDING_GRANULARITY).
const (
	paddedOverhead = 16
	minPadBlock    = 32
	padGranule     = 16
)

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// isFinished reports the size of a Finished, alone or behind an empty certificate and empty
// settings.
func isFinished(size int) bool {
	switch size {
	case finishedSHA256, finishedSHA384, emptyCertificate + finishedSHA256, emptyCertificate + finishedSHA384,
		emptySettings + finishedSHA384, emptySettings + emptyCertificate + finishedSHA384:
		return true
	}
	return false
}

func hasExtension(h *clientHello, kind uint16) bool {
	for _, e := range h.extensions {
		if e == kind {
			return true
		}
	}
	return false
}

// choosesTLS13 reports a ServerHello of TLS 1.3, with one of the suites of RFC 8446 that
// MTProxy has, that is no request for another hello.
func choosesTLS13(b []byte) bool {
	const random, compression = 32, 1
	if !isServerHello(b) || bytes.HasPrefix(b[11:], []byte(helloRetry)) {
		return false
	}
	s := cryptobyte.String(b[9:min(len(b), 5+int(binary.BigEndian.Uint16(b[3:])))])
	var session, extensions cryptobyte.String
	var suite uint16
	if !s.Skip(2+random) || !s.ReadUint8LengthPrefixed(&session) || !s.ReadUint16(&suite) || suite < 0x1301 || suite > 0x1303 || !s.Skip(compression) || !s.ReadUint16LengthPrefixed(&extensions) {
		return false
	}
	for !extensions.Empty() {
		var kind, version uint16
		var data cryptobyte.String
		if !extensions.ReadUint16(&kind) || !extensions.ReadUint16LengthPrefixed(&data) {
			return false
		}
		if kind == extSupportedVersions {
			return data.ReadUint16(&version) && version == 0x0304
		}
	}
	return false
}

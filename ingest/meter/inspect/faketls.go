package inspect

import (
	"bytes"
	"encoding/binary"

	"github.com/banshift/banshift/schemas"
	"golang.org/x/crypto/cryptobyte"
)

// helloRetry is the random value of a HelloRetryRequest (RFC 8446 section 4.1.3).
const helloRetry = "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91"

// Lengths of what begins a key exchange (core.telegram.org/mtproto/auth_key): req_pq_multi,
// resPQ with one to three fingerprints, and req_DH_params, each with its 20 bytes in clear. A
// transport puts a length of one or four bytes before each, and up to 15 of padding behind.
const (
	obfuscatedStart      = 64 // before the first message (mtproto-transports, "Transport obfuscation")
	firstRequest         = 40
	answerMin, answerMax = 84, 100
	secondRequest        = 340
	transportMin         = 1
	transportMax         = 4 + 15
)

// fakeTLS finds a key exchange of MTProto in what looks like TLS 1.3, as MTProxy has it
// behind a secret that begins with ee (core.telegram.org/mtproto/mtproto-transports; mtproxy
// source, net-tcp-rpc-ext-server.c): behind the server's record of random bytes the client
// sends what initialises the obfuscated transport and a request, in one record or two, and
// each side waits for the other. A client of TLS begins with its Finished (RFC 8446 section
// 4.4.4), of another length unless it is padded, and goes on behind it without an answer.
func fakeTLS(c *conversation, r *finding) {
	up := c.client()
	hello, ok := readClientHello(up, false)
	if !ok || hasExtension(hello, extEarlyData) || !choosesTLS13(c.server()) {
		return
	}
	turns := c.dataTurns()
	if turns[0].client || turns[0].bytes == 0 || turns[1].first != obfuscatedStart && turns[1].records > 1 {
		return
	}
	if within(turns[1].bytes-obfuscatedStart, firstRequest, firstRequest) && within(turns[2].bytes, answerMin, answerMax) && within(turns[3].first, secondRequest, secondRequest) {
		r.addRole(schemas.SigFakeTLS)
	}
}

// within reports a message of low to high bytes under one of the transports.
func within(size, low, high int) bool { return size >= low+transportMin && size <= high+transportMax }

// turn is what one side sends in records of data before the other sends some.
type turn struct {
	client                bool
	records, bytes, first int // bytes in all and in the first record
}

// dataTurns gives the first four turns of a connection of TLS.
func (c *conversation) dataTurns() (turns [4]turn) {
	streams := [2][]byte{c.server(), c.client()}
	var next, came [2]int // by sender: where the next record begins, and how many bytes there are
	n := -1
	for i := range c.payloads {
		p, sender := &c.payloads[i], 0
		client := c.fromClient(p)
		if client {
			sender = 1
		}
		came[sender] += p.Size
		for next[sender] < min(came[sender], len(streams[sender])) {
			record := streams[sender][next[sender]:]
			if !isRecordHeader(record) {
				return turns
			}
			size := int(binary.BigEndian.Uint16(record[3:]))
			next[sender] += 5 + size
			if record[0] != recordApplication {
				continue
			}
			if n < 0 || turns[n].client != client {
				if n++; n == len(turns) {
					return turns
				}
				turns[n] = turn{client: client, first: size}
			}
			turns[n].records++
			turns[n].bytes += size
		}
	}
	return turns
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

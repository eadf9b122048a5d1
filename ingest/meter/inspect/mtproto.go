package inspect

import (
	"encoding/binary"

	"github.com/banshift/banshift/schemas"
)

// Constructors of the first message of a key exchange (Telegram, "Creating an
// Authorization Key").
const (
	reqPQ      = 0x60469778
	reqPQMulti = 0xbe7e8ef1
)

// mtproto finds MTProto's plain transports (core.telegram.org/mtproto/mtproto-transports):
// abridged, intermediate, padded intermediate and full. Either the message is the
// unencrypted beginning of a key exchange (key id 0 and a known constructor: 2^-96), or
// both sides' first frames fill their payloads exactly (2^-40 with the transport's tag).
// The obfuscated transport and MTProxy look like random bytes and are not told.
func mtproto(c *conversation, r *finding) {
	up, down := c.client(), c.server()
	first, reply := c.first(true), c.first(false)
	if len(up) < 13 || first == nil {
		return
	}
	for _, t := range [...]struct {
		tag   string
		frame func([]byte) (start, end int)
	}{{"\xef", abridgedFrame}, {"\xee\xee\xee\xee", intermediateFrame}, {"\xdd\xdd\xdd\xdd", intermediateFrame}, {"", fullFrame}} {
		if len(up) < len(t.tag) || string(up[:len(t.tag)]) != t.tag {
			continue
		}
		start, end := t.frame(up[len(t.tag):])
		if end == 0 || len(t.tag)+end > len(up) {
			continue
		}
		body := up[len(t.tag):][start:end]
		if isKeyExchange(body) {
			r.addRole(schemas.SigMTProto, schemas.SigTelegram)
			return
		}
		if len(t.tag) != 4 || reply == nil || len(t.tag)+end != first.Size {
			continue
		}
		if _, end := t.frame(down); end > 0 && end == reply.Size {
			r.addRole(schemas.SigMTProto)
			return
		}
	}
}

// isKeyExchange checks an unencrypted message: key id 0, message id, length, constructor.
func isKeyExchange(b []byte) bool {
	if len(b) < 40 || !isZero(b[:8]) {
		return false
	}
	constructor := binary.LittleEndian.Uint32(b[20:])
	return (constructor == reqPQ || constructor == reqPQMulti) && binary.LittleEndian.Uint32(b[16:]) == 20
}

// abridgedFrame: a length in words of four bytes, one byte or 7f and three.
func abridgedFrame(b []byte) (start, end int) {
	if len(b) < 4 {
		return 0, 0
	}
	if b[0] < 0x7f {
		return 1, 1 + int(b[0])*4
	}
	return 4, 4 + 4*(int(b[1])|int(b[2])<<8|int(b[3])<<16)
}

// intermediateFrame: a length in bytes.
func intermediateFrame(b []byte) (start, end int) {
	if len(b) < 4 {
		return 0, 0
	}
	n := binary.LittleEndian.Uint32(b)
	if n < 4 || n > 1<<20 {
		return 0, 0
	}
	return 4, 4 + int(n)
}

// fullFrame: length with itself, sequence number, payload, CRC.
func fullFrame(b []byte) (start, end int) {
	if len(b) < 8 {
		return 0, 0
	}
	n := binary.LittleEndian.Uint32(b)
	if n < 12 || n > 1<<20 || n%4 != 0 || binary.LittleEndian.Uint32(b[4:]) > 1 {
		return 0, 0
	}
	return 8, int(n) - 4
}

// telegramCall finds the datagrams that a client of Telegram's calls sends to a
// reflector (libtgvoip, "UDP reflector"): a 16-byte peer tag, then twelve bytes ff.
func telegramCall(c *conversation, r *finding) {
	n := 0
	for i := range c.payloads {
		b := c.payloads[i].Data
		if len(b) >= 32 && string(b[16:28]) == "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" && varied(b[:8]) {
			n++
		}
	}
	if n >= 1 {
		r.add(schemas.SigTelegram)
	}
}

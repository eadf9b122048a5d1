package inspect

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
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
// The obfuscated transport without a proxy's secret carries its key ([isObfuscated]: 2^-30); that of MTProxy looks
// like random bytes and is not told.
func mtproto(c *conversation, r *finding) {
	up, down := c.client(), c.server()
	first, reply := c.first(true), c.first(false)
	if len(up) < 13 || first == nil {
		return
	}
	if isObfuscated(up) {
		r.addRole(schemas.SigTelegram)
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
			r.addRole(schemas.SigTelegram) // proxies want the obfuscated transport
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

// isObfuscated reports the initialisation of the obfuscated transport
// (core.telegram.org/mtproto/mtproto-transports, "Transport obfuscation"): 64 bytes, of which
// 32 are the key and 16 the vector that decrypt the transport's tag behind them. Where a proxy
// is asked, its secret is part of the key.
func isObfuscated(b []byte) bool {
	const size, key, vector, tag = 64, 8, 40, 56
	if len(b) < size || !looksRandom(b[:tag]) {
		return false
	}
	block, err := aes.NewCipher(b[key:vector])
	if err != nil {
		return false
	}
	var plain [size]byte
	cipher.NewCTR(block, b[vector:tag]).XORKeyStream(plain[:], b[:size])
	switch string(plain[tag : tag+4]) {
	case "\xef\xef\xef\xef", "\xee\xee\xee\xee", "\xdd\xdd\xdd\xdd":
		return true
	}
	return false
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

// Words behind the twelve bytes ff of a datagram to or from a reflector (libtgvoip,
// VoIPController: the request for public endpoints, the ping, and the constructors of
// udpReflectorSelfInfo and udpReflectorPeerInfo).
const (
	reflectorEndpoints = 0xffffffff
	reflectorPing      = 0xfffffffe
	reflectorSelf      = 0xc01572c7
	reflectorPeer      = 0x27d9371c
)

const (
	peerTag       = 16
	reflectorMark = peerTag + 12
)

// telegramCall finds a call through a reflector of Telegram (libtgvoip, "UDP reflector"):
// every datagram, both ways, begins with the same random peer tag of 16 bytes, and pings
// or requests go behind it: twelve bytes ff, a word of four, and exactly their length; one
// word at least is not ff too. Twelve bytes ff alone are silence in G.711, stuffing of MPEG-TS, or an erased block.
func telegramCall(c *conversation, r *finding) {
	var tag []byte
	marks, tagged, telling := 0, 0, false
	for i := range c.payloads {
		p := &c.payloads[i]
		if len(p.Data) < reflectorMark+4 {
			continue
		}
		if tag == nil && isReflector(p) && looksRandom(p.Data[:peerTag]) {
			tag = p.Data[:peerTag]
		}
	}
	if tag == nil || c.structure.text || r.has(schemas.SigRTP) {
		return
	}
	var first []byte
	for i := range c.payloads {
		p := &c.payloads[i]
		if !bytes.HasPrefix(p.Data, tag) {
			continue
		}
		tagged++
		if isReflector(p) && !bytes.Equal(p.Data, first) {
			marks++
			telling = telling || binary.LittleEndian.Uint32(p.Data[reflectorMark:]) != reflectorEndpoints
			first = p.Data
		}
	}
	if marks >= 1 && telling && tagged >= 2 && 8*tagged >= 7*len(c.payloads) && !c.onlyRepeats() {
		r.add(schemas.SigTelegram)
	}
}

// isReflector checks the mark, the word behind it and the length that belongs to it.
func isReflector(p *Payload) bool {
	b := p.Data
	if len(b) < reflectorMark+4 || string(b[peerTag:reflectorMark]) != "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" {
		return false
	}
	switch binary.LittleEndian.Uint32(b[reflectorMark:]) {
	case reflectorEndpoints:
		return p.Size == reflectorMark+4
	case reflectorPing:
		return p.Size == reflectorMark+4+8
	case reflectorSelf, reflectorPeer:
		return p.Size >= reflectorMark+4+12 && p.Size%4 == 0
	}
	return false
}

// onlyRepeats reports that every payload is the first one of its direction again.
func (c *conversation) onlyRepeats() bool {
	var first [2][]byte
	for i := range c.payloads {
		p := &c.payloads[i]
		way := wayOf(p.Up)
		if first[way] != nil && !bytes.Equal(first[way], p.Data) || first[way] == nil && first[1-way] != nil {
			return false
		}
		first[way] = p.Data
	}
	return true
}

package inspect

import (
	"bytes"
	"encoding/binary"

	"github.com/banshift/banshift/schemas"
)

// tincMeta finds tinc's meta protocol (tinc manual, "The meta-protocol"): both sides
// begin with an ID request, "0 <name> 17" and where it is 1.1 a minor version.
func tincMeta(c *conversation, r *finding) {
	if isTincID(c.client()) && isTincID(c.server()) {
		r.add(schemas.SigTinc)
	}
}

// maxTincName is the longest node name that is believed.
const maxTincName = 255

func isTincID(b []byte) bool {
	line, _, ok := bytes.Cut(b[:min(len(b), maxTincName+16)], []byte("\n"))
	fields := bytes.Split(line, []byte(" "))
	if !ok || len(fields) != 3 || string(fields[0]) != "0" || len(fields[1]) == 0 {
		return false
	}
	for i, c := range fields[1] {
		if !isAlphanumeric(c) && c != '_' && !(i == 0 && (c == '^' || c == '?')) {
			return false
		}
	}
	major, minor, _ := bytes.Cut(fields[2], []byte("."))
	return string(major) == "17" && len(minor) <= 2
}

// tincUDP has nothing to find in tinc 1.0, whose datagrams are encrypted whole. Of 1.1
// it finds the header of relayable datagrams: ids of destination and source, six bytes
// each, which the other side sends exchanged.
func tincUDP(c *conversation, r *finding) {
	var dst, src []byte
	n := 0
	for i := range c.payloads {
		p := &c.payloads[i]
		if len(p.Data) < 12+4+1+16 {
			return
		}
		to, from := p.Data[:6], p.Data[6:12]
		if !c.fromClient(p) {
			to, from = from, to
		}
		if dst == nil {
			dst, src = to, from
		}
		if !bytes.Equal(dst, to) || !bytes.Equal(src, from) || !varied(from) || !(isZero(to) || varied(to)) {
			return
		}
		n++
	}
	if n >= 4 && c.first(true) != nil && c.first(false) != nil {
		r.add(schemas.SigTinc)
	}
}

// minNebula is how many data messages show a Nebula tunnel that began unseen.
const minNebula = 3

// nebula finds Nebula (slackhq/nebula header/header.go): version 1, a known type,
// subtype and two reserved bytes zero. A handshake begins with index 0 and counter 1
// (120 fixed bits) and is answered with counter 2; data keeps its index each way while
// its counter grows (2^-120 for three messages of random bytes).
func nebula(c *conversation, r *finding) {
	type tunnel struct {
		index   uint32
		counter uint64
		n       int
	}
	var ways [2]tunnel
	for i := range c.payloads {
		p := &c.payloads[i]
		b := p.Data
		if len(b) == 1 || p.Size == 1 {
			continue // hole punching sends one byte
		}
		if len(b) < 16 || b[0]>>4 != 1 || b[0]&15 > 6 || b[1] > 1 || b[2]|b[3] != 0 {
			return
		}
		const handshake, maxStart = 0, 2
		index, counter := binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint64(b[8:])
		if b[0]&15 == handshake {
			if counter == 1 && index == 0 && b[1] == 0 && p.Size > 64 {
				r.addRoleOf(schemas.SigNebula, !c.fromClient(p))
			}
			continue
		}
		t := &ways[wayOf(c.fromClient(p))]
		step := int64(counter - t.counter)
		if index == 0 || counter >= 1<<48 || t.n > 0 && index == t.index && (step == 0 || step > maxCounterStep || step < -maxCounterStep) {
			continue
		}
		if t.n > 0 && index != t.index {
			t.n = 0
		}
		t.index, t.counter = index, counter
		t.n++
	}
	if ways[0].n+ways[1].n >= minNebula && max(ways[0].n, ways[1].n) >= 2 && !r.has(schemas.SigNebula) {
		r.add(schemas.SigNebula | schemas.SigMidstream)
	}
}

// isDisco reports Tailscale's discovery message (tailscale.com/disco): six bytes of
// magic "TS" and U+1F4AC, a 32-byte key, a 24-byte nonce, a box.
func isDisco(b []byte) bool {
	return len(b) >= 6+32+24 && string(b[:6]) == "TS\xf0\x9f\x92\xac"
}

// tailscale finds disco messages.
func tailscale(c *conversation, r *finding) {
	for i := range c.payloads {
		if isDisco(c.payloads[i].Data) {
			r.add(schemas.SigTailscaleDisco)
			return
		}
	}
}

// zeroTier finds ZeroTier (node/Packet.hpp): behind the packet id stand the addresses of
// destination and source, five bytes each. A HELLO repeats the source's address as the
// identity that it announces (40 bits, and eight fixed ones); else the two sides'
// addresses must answer each other over several packets.
func zeroTier(c *conversation, r *finding) {
	var dst, src []byte
	n := [2]int{}
	for i := range c.payloads {
		p := &c.payloads[i]
		b := p.Data
		if len(b) < 28 {
			continue
		}
		if isZeroTierHello(b) {
			r.addRoleOf(schemas.SigZeroTier, !c.fromClient(p))
			return
		}
		to, from := b[8:13], b[13:18]
		if !c.fromClient(p) {
			to, from = from, to
		}
		if dst == nil {
			dst, src = to, from
		}
		if !bytes.Equal(dst, to) || !bytes.Equal(src, from) || bytes.Equal(dst, src) || !varied(dst) || !varied(src) {
			return
		}
		n[wayOf(c.fromClient(p))]++
	}
	if n[0] >= 2 && n[1] >= 2 {
		r.add(schemas.SigZeroTier)
	}
}

// isZeroTierHello checks an unencrypted HELLO: verb, version, and the identity's address.
func isZeroTierHello(b []byte) bool {
	const verb, identity, minHello = 27, 41, 41 + 5 + 1 + 64
	return len(b) >= minHello && b[18]&0x38 == 0 && b[verb]&0x1f == 1 && b[verb+1] >= 4 && b[verb+1] <= 20 &&
		bytes.Equal(b[identity:identity+5], b[13:18]) && b[identity+5] == 0 && varied(b[13:18])
}

// teredo finds Teredo (RFC 4380): IPv6 in UDP whose length fills the datagram, behind
// the authentication or origin indications where they are, and one of the addresses
// inside in 2001::/32 or link-local. Random bytes: 2^-50.
func teredo(c *conversation, r *finding) {
	for i := range c.payloads {
		p := &c.payloads[i]
		b, size := p.Data, p.Size
		if len(b) >= 4 && b[0] == 0 && b[1] == 1 {
			n := min(13+int(b[2])+int(b[3]), len(b))
			b, size = b[n:], size-n
		}
		if len(b) >= 8 && b[0] == 0 && b[1] == 0 {
			b, size = b[8:], size-8
		}
		if len(b) < 40 || b[0]>>4 != 6 || int(binary.BigEndian.Uint16(b[4:]))+40 != size {
			continue
		}
		if isTeredoAddress(b[8:24]) || isTeredoAddress(b[24:40]) {
			r.add(schemas.SigTeredo)
			return
		}
	}
}

func isTeredoAddress(a []byte) bool {
	return string(a[:4]) == "\x20\x01\x00\x00" || string(a[:4]) == "\x3f\xfe\x83\x1f" || a[0] == 0xfe && a[1]&0xc0 == 0x80
}

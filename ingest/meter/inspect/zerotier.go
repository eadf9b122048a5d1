package inspect

import (
	"bytes"

	"github.com/banshift/banshift/schemas"
)

// zeroTier finds ZeroTier (node/Packet.hpp): behind the packet id stand the addresses of
// destination and source, five bytes each. A HELLO repeats the source's address as the
// identity that it announces (40 bits, and eight fixed ones); else the two sides'
// addresses must answer each other over several packets, of which the rest, behind flags
// and hops, is ciphertext.
func zeroTier(c *conversation, r *finding) {
	var dst, src []byte
	n := [2]int{}
	for i := range c.payloads {
		p := &c.payloads[i]
		b := p.Data
		if len(b) < 28 || isZeroTierFragment(b) {
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
		const flags, cipher, hops = 18, 0x38, 7
		if b[flags]&cipher > 3<<3 || b[flags]&hops == hops || !isCiphertext(b, flags+1) || !bytes.Equal(dst, to) || !bytes.Equal(src, from) || bytes.Equal(dst, src) || !varied(dst) || !varied(src) {
			return
		}
		n[wayOf(c.fromClient(p))]++
	}
	if n[0] >= 2 && n[1] >= 2 {
		r.add(schemas.SigZeroTier)
	}
}

// isZeroTierFragment reports what follows the first part of a packet: behind id and destination a mark, how many
// parts there are, which this is, and hops (node/Packet.hpp, ZT_FRAGMENT_INDICATOR).
func isZeroTierFragment(b []byte) bool {
	const mark, parts, hops, maxHops = 13, 14, 15, 7
	total, number := b[parts]>>4, b[parts]&15
	return b[mark] == 0xff && total > 1 && number > 0 && number < total && b[hops] <= maxHops
}

// isZeroTierHello checks an unencrypted HELLO: verb, version, and the identity's address.
func isZeroTierHello(b []byte) bool {
	const verb, identity, minHello = 27, 41, 41 + 5 + 1 + 64
	return len(b) >= minHello && b[18]&0x38 == 0 && b[verb]&0x1f == 1 && b[verb+1] >= 4 && b[verb+1] <= 20 &&
		bytes.Equal(b[identity:identity+5], b[13:18]) && b[identity+5] == 0 && varied(b[13:18])
}

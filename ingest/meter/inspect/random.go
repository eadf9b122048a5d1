package inspect

import (
	"bytes"

	"github.com/banshift/banshift/schemas"
)

// Thresholds of [randomDatagrams].
const (
	minRandomEach = 4  // datagrams of each direction
	minRandomSize = 25 // a salt of 8 bytes and a tag of 16 (hysteria 2); Shadowsocks has 33 at the least
	randomHead    = 16 // bytes in which headers stand
	randomBody    = 64 // bytes looked at
	randomAgain   = 6  // bytes that random ones do not have again
)

// randomDatagrams reports a UDP flow that shows no header in clear in either direction: each
// datagram is random from its first byte on, and no byte among the first ones stays, counts
// or is one of a few. What ordinary protocols with random contents have in clear: two bits
// of the first byte (QUIC, RFC 9000 section 17.3.1; SRTP, RFC 3711; DTLS 1.3, RFC 9147
// section 4), an id or a number (QUIC's towards servers, uTP, ESP, games), a length, a type.
func randomDatagrams(c *conversation, r *finding) {
	if !r.Signatures.Without(vague).Empty() || c.structure.repeated || c.structure.constant || c.structure.counting || c.structure.periodic || !headVaries(c.payloads, randomHead) {
		return
	}
	shaped := 0 // random bytes do not look like it with less than 2^-5
	var heads [2]headValues
	for i := range c.payloads {
		p := &c.payloads[i]
		if len(p.Data) < minRandomSize {
			return
		}
		if isFramed(p.Data) || !looksRandom(p.Data[:min(len(p.Data), randomBody)]) {
			shaped++
		}
		heads[wayOf(p.Up)].add(p.Data)
	}
	if 4*shaped <= len(c.payloads) && heads[0].random() && heads[1].random() && !sendsAgain(c.payloads) {
		r.add(schemas.SigRandomDatagrams)
	}
}

// sendsAgain reports a datagram that has bytes of the one before it of its direction: voice is
// sent again with the next frames, which ciphertext never shows.
func sendsAgain(payloads []Payload) bool {
	var last [2][]byte
	for i := range payloads {
		p := &payloads[i]
		b := p.Data[:min(len(p.Data), randomBody)]
		before := last[wayOf(p.Up)]
		for at := 0; at+randomAgain <= len(before); at += randomAgain {
			if bytes.Contains(b, before[at:at+randomAgain]) {
				return true
			}
		}
		last[wayOf(p.Up)] = b
	}
	return false
}

// headValues are the values that the first bytes of one direction's datagrams took.
type headValues struct {
	seen [randomHead][MaxPayloads]byte
	n    int
}

func (h *headValues) add(b []byte) {
	if h.n == MaxPayloads {
		return
	}
	for at := range h.seen {
		h.seen[at][h.n] = b[at]
	}
	h.n++
}

// random reports that there are enough datagrams, that each byte took more than half as many
// values as there are, and that of the first byte's two high bits one changes.
func (h *headValues) random() bool {
	if h.n < minRandomEach || allAgree(h.seen[0][:h.n], 0xc0) {
		return false
	}
	for at := range h.seen {
		if 2*countDistinct(h.seen[at][:h.n]) <= h.n {
			return false
		}
	}
	return true
}

// allAgree reports bytes that are the same in the bits of a mask.
func allAgree(b []byte, mask byte) bool {
	for _, c := range b {
		if (c^b[0])&mask != 0 {
			return false
		}
	}
	return true
}

func countDistinct(b []byte) (n int) {
	var seen [256]bool
	for _, c := range b {
		if !seen[c] {
			seen[c] = true
			n++
		}
	}
	return n
}

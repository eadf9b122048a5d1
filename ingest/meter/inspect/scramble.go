package inspect

import (
	"bytes"
	"slices"

	"github.com/banshift/banshift/schemas"
)

// scrambled finds OpenVPN's reset exchange under the "scramble" patch (tunnelblick.net,
// "XOR patch"): each message is reversed behind its first byte or not, XORed with its
// positions or not, and then with a repeated key. Where the same byte of the key, and of
// the positions, lies over both resets, it cancels: the XOR of the two messages is that
// of their plaintexts, whatever the key and its length. The plaintexts are known where
// opcodes, replay ids, ACK counts and message ids stand ([ovpnWatch]): 40 bits and two
// exact sizes at the least, 48 without reversal; two more messages must have an opcode
// behind the same mask, for any request and answer that share an id come near to the resets.
// A masked stream of TCP is found too, because the lengths before the messages are XORed alike.
func scrambled(c *conversation, r *finding) {
	client, server := c.first(true), c.first(false)
	if client == nil || server == nil || !client.whole() || !server.whole() {
		return
	}
	a, b := client.Data, server.Data
	if c.tcp {
		if len(a) < 2 || len(b) < 2 || a[0] != b[0] || len(a) > 0xff || len(b) > 0xff || a[1]^b[1] != byte(len(a)-2)^byte(len(b)-2) {
			return
		}
		a, b = a[2:], b[2:]
	}
	if areMaskedResets(a, b) && c.goesOnBehind(client.Data, a[0]^ovpnClientV2<<3) {
		r.addRole(schemas.SigOpenVPNScrambled)
	}
}

// minScrambled is how many messages behind the resets must have an opcode.
const minScrambled = 2

// goesOnBehind reports that messages follow whose first byte, which is never moved, holds an
// opcode of the first key under the mask; over TCP, where segments cut messages, among those
// that fill their payload by a length under the mask that the first one's had.
func (c *conversation) goesOnBehind(first []byte, mask byte) bool {
	var seen [2]bool
	n := 0
	for i := range c.payloads {
		p := &c.payloads[i]
		b, way := p.Data, wayOf(p.Up)
		if c.tcp {
			if len(b) < 3 || p.Size > 0xffff || b[0]^byte((p.Size-2)>>8) != first[0] || b[1]^byte(p.Size-2) != first[1]^byte(len(first)-2) {
				continue
			}
			b = b[2:]
		}
		if !seen[way] || len(b) == 0 {
			seen[way] = true
			continue
		}
		switch b[0] ^ mask {
		case ovpnControl << 3, ovpnACK << 3, ovpnDataV1 << 3, ovpnDataV2 << 3:
			n++
		case ovpnClientV2 << 3, ovpnServerV2 << 3: // sent again
		default:
			return false
		}
	}
	return n >= minScrambled
}

// ackBytes is what a server's reset has more than the client's: an ACK and a session id.
const ackBytes = 4 + 8

// areMaskedResets checks the XOR of a client's and a server's reset.
func areMaskedResets(a, b []byte) bool {
	const opcodes = ovpnClientV2<<3 ^ ovpnServerV2<<3
	n := len(a)
	if n < 14 || len(b) != n+ackBytes || a[0]^b[0] != opcodes {
		return false
	}
	x := make([]byte, n)
	for i := range x {
		x[i] = a[i] ^ b[i]
	}
	hmac := n - 14 - 8
	switch {
	case n == 14:
		return x[9] == 1 && isZero(x[10:14]) || areReversed(a, b, x)
	case slices.Contains(hmacSizes[:], hmac) && isMaskedAuth(x[9+hmac:]):
		return true
	case n == 54 && isZero(x[9:15]):
		return true // tls-crypt: replay id 1 and the upper half of the time
	}
	return slices.Contains(hmacSizes[:], hmac) && areReversed(a, b, x)
}

// isMaskedAuth checks what follows the HMACs of tls-auth: replay id 1, the same time but
// for its lower half, one ACK more at the server, which is of message 0.
func isMaskedAuth(x []byte) bool {
	const time, acks = 4, 8
	return isZero(x[:time+2]) && x[acks] == 1 && isZero(x[acks+1:acks+5])
}

// areReversed checks resets that are reversed behind the opcode: both then begin with
// message id 0. Between two XORs with positions the reversal leaves a trace of the
// lengths. Without a key the client's session id, which the server repeats, is in the clear.
func areReversed(a, b, x []byte) bool {
	for _, positions := range [...]bool{false, true} {
		trace := func(n, i int) byte {
			if !positions {
				return 0
			}
			return byte(n-i+1) ^ byte(i+1)
		}
		fits, bare := true, true
		for i := 1; i <= 4; i++ {
			fits = fits && x[i] == trace(len(a), i)^trace(len(b), i)
			bare = bare && a[i] == trace(len(a), i)
		}
		if fits && (!bare || !positions && len(a) == 14 && bytes.Equal(a[6:14], b[5:13])) {
			return true
		}
	}
	return false
}

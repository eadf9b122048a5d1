package inspect

import "github.com/banshift/banshift/schemas"

// scrambled finds OpenVPN's plain reset exchange under the "scramble" patch: every
// message XORed with a repeated key, with its positions, reversed behind its first
// byte, or all of it. The plaintext is known where it matters: the client's 14 bytes
// hold opcode, session id, five zeros; the server's 26 bytes hold an ACK count of 1,
// message id 0, the client's session id again and message id 0. Under the right order
// of steps the key bytes that follow from the client's message explain the server's.
// For a key of one byte 18 bytes must agree; keys to 4 bytes are tried. Random bytes
// of these two sizes pass with less than 2^-60.
func scrambled(c *conversation, r *finding) {
	client, server := c.first(true), c.first(false)
	if client == nil || server == nil || client.Size != 14 || server.Size != 26 || !client.whole() || !server.whole() {
		return
	}
	for _, steps := range [...]string{"", "p", "r", "prp"} {
		a, b := unscramble(client.Data, steps), unscramble(server.Data, steps)
		for period := 1; period <= 4; period++ {
			if masksAgree(a, b, period) {
				r.addRole(schemas.SigOpenVPNScrambled)
				return
			}
		}
	}
}

// unscramble undoes steps: p is the XOR with positions, r the reversal. The XOR with
// the key is left.
func unscramble(b []byte, steps string) []byte {
	out := append([]byte(nil), b...)
	for _, s := range steps {
		if s == 'p' {
			for i := range out {
				out[i] ^= byte(i + 1)
			}
			continue
		}
		for i, j := 1, len(out)-1; i < j; i, j = i+1, j-1 {
			out[i], out[j] = out[j], out[i]
		}
	}
	return out
}

// masksAgree reports whether one key of the period turns a and b into a reset exchange.
func masksAgree(a, b []byte, period int) bool {
	key := make([]byte, period)
	for i := range period {
		key[(9+i)%period] = a[9+i]
	}
	plain := func(m []byte, i int) byte { return m[i] ^ key[i%period] }
	if isZero(key) || plain(a, 0) != ovpnClientV2<<3 || plain(b, 0) != ovpnServerV2<<3 || plain(b, 9) != 1 {
		return false
	}
	for _, i := range [...]int{9, 10, 11, 12, 13} {
		if plain(a, i) != 0 {
			return false
		}
	}
	for _, i := range [...]int{10, 11, 12, 13, 22, 23, 24, 25} {
		if plain(b, i) != 0 {
			return false
		}
	}
	for i := range 8 {
		if plain(a, 1+i) != plain(b, 14+i) {
			return false
		}
	}
	return true
}

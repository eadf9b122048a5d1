package inspect

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/banshift/banshift/schemas"
)

// fullyEncryptedTCP applies the exemptions by which the Great Firewall of China lets a
// connection pass (Wu et al., "How the Great Firewall of China Detects and Blocks
// Fully Encrypted Traffic", USENIX Security 2023, section 4) to the client's first
// segment. About half of all random segments below 100 bytes, nearly all longer ones
// have the bit: it says "looks like random bytes", not what they are.
func fullyEncryptedTCP(c *conversation, r *finding) {
	p := c.payloads
	if !c.initiator || len(p) == 0 || !c.fromClient(&p[0]) || p[0].Gap || !p[0].whole() {
		return
	}
	if b := p[0].firstSegment(); !fullyEncrypted(b) || hasShape(b) {
		return
	}
	if reply := c.first(false); reply != nil && (hasShape(reply.Data) || 4*countText(reply.Data) >= 3*len(reply.Data)) {
		return
	}
	r.add(schemas.SigFullyEncrypted)
}

// hasShape reports a first payload that is random in places but has what random bytes
// have not: a length that is its own (Kerberos, DCERPC, most binary protocols), a word of
// letters first (Zabbix), bytes in a row that stay or count (BGP's marker, padding), or
// bytes that are too few or too often the same (ASN.1). The censor of the paper does not
// ask this; to name a tool it must be asked. Random bytes fail with less than 2^-7.
func hasShape(b []byte) bool {
	return isFramed(b) || beginsWithWord(b) || !isEven(b)
}

// framingOffsets is how far into a payload its length may stand.
const framingOffsets = 12

// isFramed reports a length of two or four bytes, in either order, that is the
// payload's own, or what is left of it behind the field or behind a header.
func isFramed(b []byte) bool {
	if len(b) < 16 {
		return false // too short for lengths to tell anything
	}
	for at := 0; at <= framingOffsets && at+4 <= len(b); at++ {
		rest := len(b) - at
		for _, n := range [...]uint32{binary.BigEndian.Uint32(b[at:]), binary.LittleEndian.Uint32(b[at:])} {
			if n == uint32(len(b)) || n == uint32(rest-4) || n == uint32(rest) || n == uint32(rest-8) {
				return true
			}
		}
		for _, n := range [...]uint16{binary.BigEndian.Uint16(b[at:]), binary.LittleEndian.Uint16(b[at:])} {
			if int(n) == len(b) || int(n) == rest-2 {
				return true
			}
		}
	}
	return false
}

// wordLength is how many letters in a row at the beginning are a name, not chance.
const wordLength = 4

func beginsWithWord(b []byte) bool {
	if len(b) < wordLength {
		return false
	}
	for _, c := range b[:wordLength] {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '_' {
			return false
		}
	}
	return true
}

// isEven reports bytes that are spread as random ones are: none four times in a row, and
// where there are enough of them, about as many different ones as chance gives.
func isEven(b []byte) bool {
	var seen [256]bool
	different, run := 0, 0
	for i, c := range b {
		if !seen[c] {
			seen[c] = true
			different++
		}
		if i > 0 && c == b[i-1] {
			run++
		} else {
			run = 0
		}
		if run == 3 {
			return false
		}
	}
	n := float64(len(b))
	expected := 256 * (1 - math.Pow(255.0/256, n))
	return float64(different) >= expected-4*math.Sqrt(min(n*n/512, 40)+1)
}

// minDatagram is the shortest first datagram of which anything is said.
const minDatagram = 16

// fullyEncryptedUDP applies the same to a first datagram. The paper's censor does not:
// many protocols over UDP begin with a few header bytes and then random ones.
func fullyEncryptedUDP(c *conversation, r *finding) {
	if p := c.payloads; len(p) > 0 && c.fromClient(&p[0]) && p[0].Size >= minDatagram && p[0].whole() && fullyEncrypted(p[0].Data) {
		r.add(schemas.SigFullyEncryptedUDP)
	}
}

// Limits of the exemptions.
const (
	maxFewBits    = 3.4
	minManyBits   = 4.6
	printableHead = 6
	maxPrintRun   = 20
)

// fullyEncrypted reports that none of the exemptions Ex1 to Ex5 holds.
func fullyEncrypted(b []byte) bool {
	if len(b) == 0 {
		return false
	}
	ones, print, run, longest := 0, 0, 0, 0
	head := len(b) >= printableHead
	for i, c := range b {
		ones += bits.OnesCount8(c)
		if c < 0x20 || c > 0x7e {
			run = 0
			head = head && i >= printableHead
			continue
		}
		print++
		run++
		longest = max(longest, run)
	}
	mean := float64(ones) / float64(len(b))
	switch {
	case mean <= maxFewBits || mean >= minManyBits: // Ex1
		return false
	case head: // Ex2
		return false
	case 2*print > len(b): // Ex3
		return false
	case longest > maxPrintRun: // Ex4
		return false
	}
	return !looksTLS(b) && !looksHTTP(b) // Ex5
}

func looksTLS(b []byte) bool {
	return len(b) >= 3 && (b[0] == 0x16 || b[0] == 0x17) && b[1] == 3 && b[2] <= 9
}

func looksHTTP(b []byte) bool {
	for _, m := range [...]string{"GET ", "PUT ", "POST ", "HEAD "} {
		if len(b) >= len(m) && string(b[:len(m)]) == m {
			return true
		}
	}
	return false
}

// Thresholds of lengths modulo 16.
const (
	minMod16Count = 8
	minMod16Size  = 32
)

// mod16 reports that all of at least eight payloads are multiples of 16 bytes, none
// below 32: 2^-32 for random lengths, but padded protocols do it too.
func mod16(c *conversation, r *finding) {
	if len(c.payloads) < minMod16Count {
		return
	}
	for i := range c.payloads {
		if size := c.payloads[i].Size; size%16 != 0 || size < minMod16Size {
			return
		}
	}
	r.addTraits(schemas.TraitMod16)
}

// Thresholds of [blockMAC].
const (
	minBlockMACBits  = 36 // 3 a payload where lengths agree modulo 8, 4 modulo 16
	minBlockMACSizes = 4
	blockHead        = 8      // bytes of the first block, which is ciphertext
	minBlockMACSize  = 48 + 4 // sequence number and the shortest frame, an ARP's 42 bytes, in blocks of 8
)

// blockMAC reports that all payloads, both ways and of at least four sizes, are blocks of
// eight or sixteen bytes with a MAC of four: tinc 1.0's datagrams (tinc manual, Cipher,
// Digest and MACLength at their defaults). At least twelve or nine of them: 2^-36 for
// random lengths; other protocols that count in such blocks do it too, mostly behind a header.
func blockMAC(c *conversation, r *finding) {
	if c.first(true) == nil || c.first(false) == nil || !headVaries(c.payloads, blockHead) {
		return
	}
	sealed, bits := 0, 4
	for i := range c.payloads {
		size := c.payloads[i].Size
		if size%8 != 4 || size < minBlockMACSize {
			return
		}
		if isCiphertext(c.payloads[i].Data, 0) {
			sealed++
		}
		if size%16 != 4 {
			bits = 3
		}
	}
	if bits*len(c.payloads) >= minBlockMACBits && 4*sealed >= 3*len(c.payloads) && c.hasSizes(minBlockMACSizes) {
		r.add(schemas.SigBlockMAC)
	}
}

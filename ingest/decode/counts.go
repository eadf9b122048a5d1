package decode

import "math/bits"

// maxTotal is the largest count of bytes or packets, times the sampling rate, that one
// record is believed: 2^53 bytes are a link of 400 Gbit/s for two days. It keeps the
// sums of what is stored within 64 bits.
const maxTotal = 1 << 53

// plausible reports whether counts, each times the sampling rate, can be true.
func plausible(rate uint64, counts ...uint64) bool {
	for _, n := range counts {
		if hi, total := bits.Mul64(n, rate); hi != 0 || total > maxTotal {
			return false
		}
	}
	return true
}

// Numbers and flags of TCP (RFC 9293) that decide here.
const (
	protocolTCP = 6
	flagRST     = 0x04
	flagACK     = 0x10
)

// onlyReset reports whether one end said nothing but that it refuses: the server itself or
// who is on the way.
func onlyReset(flags uint8) bool { return flags&flagRST != 0 && flags&^(flagRST|flagACK) == 0 }

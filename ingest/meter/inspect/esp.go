package inspect

import (
	"encoding/binary"

	"github.com/banshift/banshift/schemas"
)

// Thresholds of ESP in UDP.
const (
	minESPSize   = 8 + 8 + 12 // header, one block or an IV, an ICV of 96 bits
	minESPBoth   = 4          // packets of both directions together
	minESPOneWay = 6
	minSPI       = 256 // RFC 4303 section 2.1: below is reserved
)

// espInUDP finds ESP in UDP (RFC 3948): a constant SPI and a sequence number that
// grows, another SPI the other way, lengths of whole 32-bit words (RFC 4303 section
// 2.4), and nothing else in the flow but IKE behind its marker and keepalives. Random
// bytes pass with less than 2^-100. A protocol with a magic number and a counter would
// have the same magic number both ways.
func espInUDP(c *conversation, r *finding) {
	var ways [2]espCount
	packets := 0
	for i := range c.payloads {
		p := &c.payloads[i]
		if p.Size == 1 || len(p.Data) > 4 && isZero(p.Data[:4]) && isIKE(p.Data[4:], p.Size-4) || isIKE(p.Data, p.Size) {
			continue
		}
		if !ways[wayOf(c.fromClient(p))].add(p.Data, p.Size) {
			return
		}
		packets++
	}
	up, down := ways[0], ways[1]
	both := up.n > 0 && down.n > 0
	switch {
	case both && up.spi == down.spi:
		return
	case packets > 0 && r.has(schemas.SigIKENATT):
	case both && packets >= minESPBoth && max(up.n, down.n) >= 3:
	case packets >= minESPOneWay && !isText(up.spi|down.spi):
	default:
		return
	}
	r.add(schemas.SigESPinUDP)
	if !r.has(schemas.SigIKENATT) && max(up.first, down.first) > 1 {
		r.addTraits(schemas.TraitMidstream)
	}
}

// isText reports four printable bytes, as a magic word has them and an SPI seldom.
func isText(spi uint32) bool {
	for range 4 {
		if c := byte(spi); c < ' ' || c > '~' {
			return false
		}
		spi >>= 8
	}
	return true
}

// espCount follows one direction.
type espCount struct {
	n           int
	spi         uint32
	first, last uint32
	changes     int
}

// maxRekeys is how often the SPI may change in what is looked at.
const maxRekeys = 1

func (e *espCount) add(b []byte, size int) bool {
	if size < minESPSize || size%4 != 0 || len(b) < 8 {
		return false
	}
	spi, seq := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if spi < minSPI || seq == 0 || !varied(b[:4]) {
		return false
	}
	if e.n > 0 && spi != e.spi {
		if e.changes++; e.changes > maxRekeys || seq > 64 {
			return false
		}
		e.last = 0
	}
	if step := int64(seq) - int64(e.last); e.n > 0 && (step > maxCounterStep || step < -64 || step == 0) {
		return false
	}
	if e.n == 0 {
		e.first = seq
	}
	e.n++
	e.spi, e.last = spi, seq
	return true
}

package inspect

import (
	"encoding/binary"

	"github.com/banshift/banshift/schemas"
)

// minRTP is how many packets of one source show RTP.
const minRTP = 4

// rtp finds RTP (RFC 3550 section 5.1) by version 2, a constant source (SSRC), and a
// sequence that grows with timestamps that do not fall; RTCP (section 6) by its packet
// types and exact lengths. Random bytes: less than 2^-100.
func rtp(c *conversation, r *finding) {
	type source struct {
		n     int
		ssrc  uint32
		seq   uint16
		stamp uint32
	}
	var ways [2]source
	for i := range c.payloads {
		p := &c.payloads[i]
		if len(p.Data) < 12 || p.Data[0]>>6 != 2 {
			continue
		}
		if isRTCP(p.Data, p.Size) {
			r.add(schemas.SigRTP)
			return
		}
		s := &ways[wayOf(p.Up)]
		ssrc, seq, stamp := binary.BigEndian.Uint32(p.Data[8:]), binary.BigEndian.Uint16(p.Data[2:]), binary.BigEndian.Uint32(p.Data[4:])
		step, later := int16(seq-s.seq), int32(stamp-s.stamp)
		if s.n > 0 && s.ssrc == ssrc && step > 0 && step < 16 && later >= 0 {
			s.n++
		} else {
			s.n = 1
		}
		s.ssrc, s.seq, s.stamp = ssrc, seq, stamp
		if s.n >= minRTP {
			r.add(schemas.SigRTP)
			return
		}
	}
}

// isRTCP checks a compound packet: it begins with a report, and the lengths of its
// parts add up.
func isRTCP(b []byte, size int) bool {
	if b[1] != 200 && b[1] != 201 || len(b) < size {
		return false
	}
	for len(b) >= 4 {
		n := 4 * (int(binary.BigEndian.Uint16(b[2:])) + 1)
		if b[0]>>6 != 2 || b[1] < 200 || b[1] > 207 || n > len(b) {
			return false
		}
		b = b[n:]
	}
	return len(b) == 0
}

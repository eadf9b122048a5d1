package inspect

import (
	"bytes"
	"encoding/binary"

	"github.com/banshift/banshift/schemas"
)

// bitTorrentTCP finds the peer protocol's handshake (BEP 3) from either side.
func bitTorrentTCP(c *conversation, r *finding) {
	for _, b := range c.streams {
		if bytes.HasPrefix(b, []byte("\x13BitTorrent protocol")) {
			r.add(schemas.SigBitTorrent)
		}
	}
}

// bitTorrentUDP finds DHT messages (BEP 5: bencoded dictionaries with a, r or e first),
// trackers (BEP 15: protocol id 41727101980) and uTP (BEP 29).
func bitTorrentUDP(c *conversation, r *finding) {
	for i := range c.payloads {
		if b := c.payloads[i].Data; isDHT(b) || isTracker(b) {
			r.add(schemas.SigBitTorrent)
			return
		}
	}
	if isUTP(c) {
		r.add(schemas.SigBitTorrent)
	}
}

func isDHT(b []byte) bool {
	for _, prefix := range [...]string{"d1:ad2:id20:", "d1:rd2:id20:", "d1:el", "d2:ip6:", "d2:ip18:"} {
		if bytes.HasPrefix(b, []byte(prefix)) {
			return true
		}
	}
	return false
}

func isTracker(b []byte) bool {
	return len(b) >= 16 && binary.BigEndian.Uint64(b) == 0x41727101980 && isZero(b[8:12])
}

// minUTP is how many packets show uTP.
const minUTP = 3

// isUTP checks uTP's header in every payload: version 1, five types, three extensions,
// and connection ids of which one side's is the other's plus or minus one. Random
// bytes: 2^-60 for three packets.
func isUTP(c *conversation) bool {
	var ids [2]uint16
	var seen [2]bool
	for i := range c.payloads {
		p := &c.payloads[i]
		if len(p.Data) < 20 || p.Data[0]&15 != 1 || p.Data[0]>>4 > 4 || p.Data[1] > 4 {
			return false
		}
		const syn = 4
		id, way := binary.BigEndian.Uint16(p.Data[2:]), wayOf(p.Up)
		if p.Data[0]>>4 == syn {
			id++ // a SYN carries the id on which the answers come
		}
		if seen[way] && ids[way] != id {
			return false
		}
		ids[way], seen[way] = id, true
	}
	if len(c.payloads) < minUTP || !seen[0] || !seen[1] {
		return false
	}
	d := int16(ids[0] - ids[1])
	return d == 1 || d == -1
}

package inspect

import (
	"encoding/binary"
	"testing"

	"github.com/banshift/banshift/schemas"
)

// datagrams gives n datagrams each way, made one after the other.
func datagrams(n int, next func(i int, fromClient bool) []byte) *Flow {
	var all []Payload
	for i := range n {
		all = append(all, up(next(i, true)), down(next(i, false)))
	}
	return udp(all...)
}

// voiceSentAgain has in each datagram the frame before it, too (RFC 2198 without RTP).
func voiceSentAgain(d dice) *Flow {
	last := map[bool][]byte{true: d.bytes(20), false: d.bytes(20)}
	return datagrams(12, func(_ int, c bool) []byte {
		frame := d.bytes(20)
		b := join(frame, last[c])
		last[c] = frame
		return b
	})
}

// TestRandomDatagrams has what is random from its first byte on, and what ordinary protocols leave in clear before
// what is, by their documents.
func TestRandomDatagrams(t *testing.T) {
	d := newDice(77)
	size := func() int { return 60 + d.IntN(900) }
	id := map[bool][]byte{true: d.bytes(8), false: d.bytes(8)}
	for name, c := range map[string]struct {
		flow *Flow
		want bool
	}{
		// Shadowsocks (SIP004: a salt, then AEAD; SIP022: a header block under AES), hysteria 2 (Salamander: a salt, then a mask by it).
		"salt and ciphertext": {datagrams(8, func(int, bool) []byte { return d.bytes(size()) }), true},
		"four each way":       {datagrams(4, func(int, bool) []byte { return d.bytes(size()) }), true},
		"three each way":      {datagrams(3, func(int, bool) []byte { return d.bytes(size()) }), false},
		"one way":             {udp(up(d.bytes(90)), up(d.bytes(300)), up(d.bytes(80)), up(d.bytes(500)), up(d.bytes(60)), up(d.bytes(70))), false},
		"sent again": {func() *Flow {
			a, b := d.bytes(90), d.bytes(90)
			return datagrams(8, func(_ int, c bool) []byte { return map[bool][]byte{true: a, false: b}[c] })
		}(), false},
		"short ones":         {datagrams(8, func(int, bool) []byte { return d.bytes(20) }), false},
		"QUIC in the middle": {datagrams(8, func(_ int, c bool) []byte { return join(0x40|d.IntN(64), id[c], d.bytes(size())) }), false},
		"QUIC, no ids of the client": {datagrams(8, func(_ int, c bool) []byte {
			if c {
				return join(0x40|d.IntN(64), id[c], d.bytes(size()))
			}
			return join(0x40|d.IntN(64), d.bytes(size()))
		}), false}, // RFC 9000, 17.3.1
		"QUIC bit drawn": {datagrams(8, func(_ int, c bool) []byte { return join(d.IntN(128), id[c], d.bytes(size())) }), false}, // RFC 9287
		"SRTP": {datagrams(8, func(i int, c bool) []byte {
			return join(0x80, 111, uint16(900+i), uint32(960*i), id[c][:4], d.bytes(size()))
		}), false}, // RFC 3711
		"DTLS 1.3": {datagrams(8, func(int, bool) []byte {
			b := d.bytes(size())
			return join(0x2c|d.IntN(4), d.bytes(2), uint16(len(b)), b)
		}), false}, // RFC 9147, 4
		"DTLS 1.3, no length": {datagrams(8, func(int, bool) []byte { return join(0x28|d.IntN(4), d.bytes(size())) }), false},
		"uTP": {datagrams(8, func(i int, c bool) []byte {
			return join(0x01, 0, id[c][:2], uint32(d.Uint32()), d.bytes(4), uint32(0x100000), uint16(i), uint16(i), d.bytes(size()))
		}), false}, // BEP 29
		"DHT": {datagrams(8, func(int, bool) []byte {
			return join("d1:ad2:id20:", d.bytes(20), "e1:q4:ping1:t2:", d.bytes(2), "1:y1:qe")
		}), false}, // BEP 5
		"ESP":  {datagrams(8, func(i int, c bool) []byte { return join(id[c][:4], uint32(i+7), d.bytes(size())) }), false}, // RFC 3948
		"mosh": {datagrams(8, func(i int, c bool) []byte { return join(uint64(i), d.bytes(size())) }), false},              // SSP: a nonce that counts
		"game with numbers": {datagrams(8, func(i int, c bool) []byte {
			return join(binary.LittleEndian.AppendUint32(nil, uint32(40+i)), d.bytes(size()))
		}), false},
		"TURN channel":       {datagrams(8, func(int, bool) []byte { b := d.bytes(size()); return join(uint16(0x4001), uint16(len(b)), b) }), false}, // RFC 8656, 12.4
		"calls by a relay":   {datagrams(8, func(_ int, c bool) []byte { return join(id[true], id[false], d.bytes(size())) }), false},
		"length first":       {datagrams(8, func(int, bool) []byte { return withLength(d.bytes(size())) }), false},
		"a type among three": {datagrams(8, func(int, bool) []byte { return join(d.bytes(2), []int{2, 3, 13}[d.IntN(3)], d.bytes(size())) }), false}, // Skype of old
		"a mask that stays":  {datagrams(8, func(_ int, c bool) []byte { return join(id[c][:4], id[c][4], d.bytes(size())) }), false},
		"text": {datagrams(8, func(int, bool) []byte {
			return []byte("<?xml version=\"1.0\"?><e>" + string(rune('a'+d.IntN(26))) + "</e> and so on, and on")
		}), false},
		"voice sent again": {voiceSentAgain(d), false},
		"zeros behind":     {datagrams(8, func(int, bool) []byte { return join(d.bytes(40), make([]byte, 40)) }), false},
	} {
		t.Run(name, func(t *testing.T) {
			for way, flow := range map[string]*Flow{"forward": c.flow, "reversed": reversed(c.flow)} {
				if got := New().Inspect(flow).Signatures; got.Has(schemas.SigRandomDatagrams) != c.want {
					t.Errorf("%s: got %q", way, got)
				}
			}
		})
	}
}

// TestRandomDatagramsAreFound counts how many random flows fail by chance.
func TestRandomDatagramsAreFound(t *testing.T) {
	d := newDice(78)
	const flows = 2000
	missed := 0
	for range flows {
		f := datagrams(4+d.IntN(12), func(int, bool) []byte { return d.bytes(minRandomSize + d.IntN(900)) })
		if !New().Inspect(f).Signatures.Has(schemas.SigRandomDatagrams) {
			missed++
		}
	}
	if missed > flows/10 {
		t.Errorf("%d of %d missed", missed, flows)
	}
}

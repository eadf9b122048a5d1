package meter

import (
	"bytes"
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/banshift/banshift/schemas"
)

// TestHandshakeBehindJunk: AmneziaWG may send up to 128 random datagrams before its
// handshake; they are dropped while nothing comes back, and memory stays bounded.
func TestHandshakeBehindJunk(t *testing.T) {
	for _, junk := range []int{3, 40, 128} {
		rng := rand.New(rand.NewPCG(uint64(junk), 1))
		random := func(n int) []byte {
			b := make([]byte, n)
			for i := range b {
				b[i] = byte(rng.Uint32())
			}
			return b
		}
		client, server := netip.AddrPortFrom(client4, 40000), netip.AddrPortFrom(server4, 443)
		b := newBuilder()
		for range junk {
			b.add(udpPacket(client, server, random(40+rng.IntN(900))))
		}
		init, response, data := random(46+148), random(122+92), random(14+96)
		copy(response[122+8:], init[46+4:][:4]) // the response names the initiation's sender
		copy(data[14+4:], response[122+4:][:4]) // data names the response's
		binary.LittleEndian.PutUint64(data[14+8:], 0)
		b.add(udpPacket(client, server, init))
		b.add(udpPacket(server, client, response))
		b.add(udpPacket(client, server, data))
		c := newCollector()
		m := New(Options{})
		if err := m.Decode(context.Background(), bytes.NewReader(b.pcap()), c); err != nil {
			t.Fatal(err)
		}
		if len(c.flows) != 1 || !c.flows[0].Signatures.Has(schemas.SigWireGuardObfuscated) {
			t.Errorf("%d junk datagrams: %v", junk, c.flows)
		}
		if m.buffered != 0 {
			t.Errorf("%d bytes are still counted as buffered", m.buffered)
		}
	}
}

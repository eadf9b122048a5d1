package meter

import (
	"bytes"
	"context"
	"encoding/binary"
	"net/netip"
	"testing"
)

// pcapngBlock lays out one block.
func pcapngBlock(kind uint32, body []byte) []byte {
	le := binary.LittleEndian
	body = append(bytes.Clone(body), make([]byte, -len(body)&3)...)
	length := uint32(12 + len(body))
	return le.AppendUint32(append(le.AppendUint32(le.AppendUint32(nil, kind), length), body...), length)
}

// TestSimplePacketBlocksHaveNoTime meters a capture of Simple Packet Blocks and one Enhanced
// Packet Block: only the latter says when.
func TestSimplePacketBlocksHaveNoTime(t *testing.T) {
	le := binary.LittleEndian
	packet := udpPacket(netip.AddrPortFrom(client4, 40000), netip.AddrPortFrom(server4, 7), patterned(8))
	section := le.AppendUint32(nil, 0x1a2b3c4d)
	section = append(section, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
	iface := append(le.AppendUint16(nil, 101), 0, 0, 0, 0, 0, 0)
	simple := append(le.AppendUint32(nil, uint32(len(packet))), packet...)
	stamp := uint64(builderStart)
	enhanced := le.AppendUint32(nil, 0)
	for _, v := range []uint32{uint32(stamp >> 32), uint32(stamp), uint32(len(packet)), uint32(len(packet))} {
		enhanced = le.AppendUint32(enhanced, v)
	}
	enhanced = append(enhanced, packet...)
	var file []byte
	for _, b := range [][]byte{
		pcapngBlock(0x0a0d0d0a, section), pcapngBlock(1, iface), pcapngBlock(3, simple), pcapngBlock(6, enhanced), pcapngBlock(3, simple),
	} {
		file = append(file, b...)
	}
	c := newCollector()
	if err := New(Options{}).Decode(context.Background(), bytes.NewReader(file), c); err != nil {
		t.Fatal(err)
	}
	if len(c.flows) != 1 || c.flows[0].Start != builderStart/1000 || c.flows[0].SrcPackets != 1 || c.rejects[rejectTimeless] != 2 {
		t.Errorf("%d flows, rejects %v, want one flow and two packets without a time", len(c.flows), c.rejects)
	}
}

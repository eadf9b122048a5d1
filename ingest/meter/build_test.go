package meter

import (
	"encoding/binary"
	"net/netip"
)

// capture builder: packets as the standards lay them out, into a pcap in memory.
type builder struct {
	link    uint32
	snaplen int
	now     int64 // µs
	frames  []builtFrame
}

type builtFrame struct {
	time int64
	data []byte
}

const builderStart = 1_700_000_000_000_000

func newBuilder() *builder { return &builder{link: 101, now: builderStart} }

// add appends a frame and moves the clock by 10 ms.
func (b *builder) add(frame []byte) {
	b.frames = append(b.frames, builtFrame{b.now, frame})
	b.now += 10_000
}

// pcap writes the capture, little endian with µs.
func (b *builder) pcap() []byte {
	le := binary.LittleEndian
	out := le.AppendUint32(nil, 0xa1b2c3d4)
	out = le.AppendUint32(out, 4<<16|2)
	out = append(out, make([]byte, 8)...)
	out = le.AppendUint32(out, 262144)
	out = le.AppendUint32(out, b.link)
	for _, f := range b.frames {
		data := f.data
		if b.snaplen > 0 && len(data) > b.snaplen {
			data = data[:b.snaplen]
		}
		out = le.AppendUint32(out, uint32(f.time/1e6))
		out = le.AppendUint32(out, uint32(f.time%1e6))
		out = le.AppendUint32(out, uint32(len(data)))
		out = le.AppendUint32(out, uint32(len(f.data)))
		out = append(out, data...)
	}
	return out
}

var (
	client4 = netip.MustParseAddr("192.0.2.10")
	server4 = netip.MustParseAddr("198.51.100.20")
	client6 = netip.MustParseAddr("2001:db8::10")
	server6 = netip.MustParseAddr("2001:db8:1::20")
)

// ip wraps a transport packet in an IPv4 or IPv6 header.
func ip(src, dst netip.Addr, protocol byte, payload []byte) []byte {
	be := binary.BigEndian
	if src.Is4() {
		h := []byte{0x45, 0}
		h = be.AppendUint16(h, uint16(20+len(payload)))
		h = append(h, 0x12, 0x34, 0, 0, 64, protocol, 0, 0)
		h = append(append(h, src.AsSlice()...), dst.AsSlice()...)
		return append(h, payload...)
	}
	h := []byte{0x60, 0, 0, 0}
	h = be.AppendUint16(h, uint16(len(payload)))
	h = append(h, protocol, 64)
	h = append(append(h, src.AsSlice()...), dst.AsSlice()...)
	return append(h, payload...)
}

func udpPacket(src, dst netip.AddrPort, payload []byte) []byte {
	be := binary.BigEndian
	h := be.AppendUint16(nil, src.Port())
	h = be.AppendUint16(h, dst.Port())
	h = be.AppendUint16(h, uint16(8+len(payload)))
	h = append(h, 0, 0)
	return ip(src.Addr(), dst.Addr(), 17, append(h, payload...))
}

const (
	fin = 1
	syn = 2
	rst = 4
	ack = 16
)

func tcpPacket(src, dst netip.AddrPort, seq uint32, flags byte, payload []byte) []byte {
	be := binary.BigEndian
	h := be.AppendUint16(nil, src.Port())
	h = be.AppendUint16(h, dst.Port())
	h = be.AppendUint32(h, seq)
	h = append(h, 0, 0, 0, 0, 5<<4, flags, 255, 255, 0, 0, 0, 0)
	return ip(src.Addr(), dst.Addr(), 6, append(h, payload...))
}

// fragments4 splits an IPv4 packet into fragments of n bytes of payload.
func fragments4(packet []byte, n int) [][]byte {
	head, payload := packet[:20], packet[20:]
	var out [][]byte
	for at := 0; at < len(payload); at += n {
		end := min(at+n, len(payload))
		f := append(append([]byte(nil), head...), payload[at:end]...)
		binary.BigEndian.PutUint16(f[2:], uint16(len(f)))
		offset := uint16(at / 8)
		if end < len(payload) {
			offset |= 0x2000
		}
		binary.BigEndian.PutUint16(f[6:], offset)
		out = append(out, f)
	}
	return out
}

// ethernet wraps a packet in an Ethernet header with VLAN tags.
func ethernet(packet []byte, tags ...uint16) []byte {
	h := make([]byte, 12)
	for _, t := range tags {
		h = binary.BigEndian.AppendUint16(h, t)
		h = append(h, 0, 42)
	}
	kind := uint16(0x0800)
	if packet[0]>>4 == 6 {
		kind = 0x86dd
	}
	return append(binary.BigEndian.AppendUint16(h, kind), packet...)
}

func dnsQuestion(id uint16, name string, kind uint16) []byte {
	b := binary.BigEndian.AppendUint16(nil, id)
	b = append(b, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0)
	label := ""
	for _, c := range name + "." {
		if c != '.' {
			label += string(c)
			continue
		}
		b = append(append(b, byte(len(label))), label...)
		label = ""
	}
	b = append(b, 0)
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, kind), 1)
}

// dnsAnswer answers a question with an alias and addresses.
func dnsAnswer(question []byte, rcode byte, addrs ...string) []byte {
	b := append([]byte(nil), question...)
	b[2], b[3] = 0x81, 0x80|rcode
	b[7] = byte(len(addrs))
	for _, a := range addrs {
		addr := netip.MustParseAddr(a)
		kind, data := uint16(1), addr.AsSlice()
		if addr.Is6() {
			kind = 28
		}
		b = append(b, 0xc0, 12)
		b = binary.BigEndian.AppendUint16(b, kind)
		b = append(b, 0, 1, 0, 0, 0, 60)
		b = binary.BigEndian.AppendUint16(b, uint16(len(data)))
		b = append(b, data...)
	}
	return b
}

// scattered gives bytes that are spread as ciphertext is, always the same.
func scattered(n int) []byte {
	b := make([]byte, n)
	x := uint32(n)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

// patterned gives n bytes that are not random and not printable.
func patterned(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(0x80 + i%7)
	}
	return b
}

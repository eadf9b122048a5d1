package ordinary

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
)

// Packet is one IPv4 packet.
type Packet struct {
	Time int64 // µs
	Up   bool  // sent by the client
	IP   []byte
}

// Capture is the traffic of one kind.
type Capture struct {
	Name    string
	Packets []Packet
}

// start is when captures begin, in µs.
const start = 1_700_000_000_000_000

// writer collects the packets of one capture.
type writer struct {
	*rand.Rand
	packets []Packet
	now     int64
	flows   byte
}

func newWriter(seed uint64) *writer {
	return &writer{Rand: rand.New(rand.NewPCG(seed, 16)), now: start}
}

// random gives n random bytes.
func (w *writer) random(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(w.Uint32())
	}
	return b
}

// conversation is a flow between a client and a server.
type conversation struct {
	w              *writer
	protocol       byte
	client, server netip.AddrPort
	seq            [2]uint32
}

func (w *writer) open(protocol byte, server netip.AddrPort) *conversation {
	w.flows++
	client := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, w.flows}), uint16(30000+w.IntN(30000)))
	return &conversation{w: w, protocol: protocol, client: client, server: server, seq: [2]uint32{w.Uint32(), w.Uint32()}}
}

// udp opens a flow to a port of a server.
func (w *writer) udp(port uint16) *conversation { return w.open(17, serverAt(port)) }

// udpTo opens a flow to an address.
func (w *writer) udpTo(server string) *conversation {
	return w.open(17, netip.MustParseAddrPort(server))
}

// from sets the client's port.
func (c *conversation) from(port uint16) *conversation {
	c.client = netip.AddrPortFrom(c.client.Addr(), port)
	return c
}

// tcp opens a connection to a port of a server.
func (w *writer) tcp(port uint16) *conversation {
	c := w.open(6, serverAt(port))
	c.segment(true, 0x02, nil)
	c.segment(false, 0x12, nil)
	c.segment(true, 0x10, nil)
	return c
}

func serverAt(port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 18, 5, 20}), port)
}

// up sends payloads from the client, one a packet.
func (c *conversation) up(payloads ...[]byte) { c.send(true, payloads) }

// down sends payloads from the server.
func (c *conversation) down(payloads ...[]byte) { c.send(false, payloads) }

// segmentSize is how much of a payload one TCP segment carries.
const segmentSize = 1400

func (c *conversation) send(up bool, payloads [][]byte) {
	for _, p := range payloads {
		if c.protocol != 6 {
			c.packet(up, c.datagram(up, p))
			continue
		}
		for len(p) > 0 {
			n := min(len(p), segmentSize)
			c.segment(up, 0x18, p[:n])
			p = p[n:]
		}
	}
}

func (c *conversation) ends(up bool) (src, dst netip.AddrPort) {
	if up {
		return c.client, c.server
	}
	return c.server, c.client
}

func (c *conversation) datagram(up bool, p []byte) []byte {
	src, dst := c.ends(up)
	h := be16(be16(be16(nil, src.Port()), dst.Port()), uint16(8+len(p)))
	return append(append(h, 0, 0), p...)
}

func (c *conversation) segment(up bool, flags byte, p []byte) {
	src, dst := c.ends(up)
	way := 0
	if !up {
		way = 1
	}
	h := be32(be16(be16(nil, src.Port()), dst.Port()), c.seq[way])
	h = append(be32(h, c.seq[1-way]), 0x50, flags, 0xff, 0xff, 0, 0, 0, 0)
	c.seq[way] += uint32(len(p))
	if flags&0x02 != 0 {
		c.seq[way]++
	}
	c.packet(up, append(h, p...))
}

// packet puts an IPv4 header before a transport packet; 10 to 30 ms pass.
func (c *conversation) packet(up bool, transport []byte) {
	src, dst := c.ends(up)
	h := be16([]byte{0x45, 0}, uint16(20+len(transport)))
	h = append(h, 0, 1, 0, 0, 64, c.protocol, 0, 0)
	h = append(append(h, src.Addr().AsSlice()...), dst.Addr().AsSlice()...)
	c.w.packets = append(c.w.packets, Packet{c.w.now, up, append(h, transport...)})
	c.w.now += 10_000 + int64(c.w.IntN(20_000))
}

func be16(b []byte, v uint16) []byte { return binary.BigEndian.AppendUint16(b, v) }
func be32(b []byte, v uint32) []byte { return binary.BigEndian.AppendUint32(b, v) }
func be64(b []byte, v uint64) []byte { return binary.BigEndian.AppendUint64(b, v) }

// cat joins bytes, texts and numbers (int: one byte; uint16 to uint64: big endian).
func cat(parts ...any) []byte {
	var b []byte
	for _, p := range parts {
		switch p := p.(type) {
		case []byte:
			b = append(b, p...)
		case string:
			b = append(b, p...)
		case int:
			b = append(b, byte(p))
		case uint16:
			b = be16(b, p)
		case uint32:
			b = be32(b, p)
		case uint64:
			b = be64(b, p)
		default:
			panic("cat: type")
		}
	}
	return b
}

// Pcap writes packets as a capture of raw IP (LINKTYPE_RAW), µs, little endian.
func Pcap(packets []Packet) []byte {
	le := binary.LittleEndian
	out := le.AppendUint32(nil, 0xa1b2c3d4)
	out = le.AppendUint32(out, 4<<16|2)
	out = append(out, make([]byte, 8)...)
	out = le.AppendUint32(le.AppendUint32(out, 1<<18), 101)
	for _, p := range packets {
		out = le.AppendUint32(le.AppendUint32(out, uint32(p.Time/1e6)), uint32(p.Time%1e6))
		out = le.AppendUint32(le.AppendUint32(out, uint32(len(p.IP))), uint32(len(p.IP)))
		out = append(out, p.IP...)
	}
	return out
}

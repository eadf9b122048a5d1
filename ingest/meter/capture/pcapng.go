package capture

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
)

// Block types of pcapng that carry something for us.
const (
	blockInterface = 1
	blockPacket    = 2 // obsolete
	blockSimple    = 3
	blockEnhanced  = 6
)

// Options of an interface description block.
const (
	optEnd      = 0
	optTsResol  = 9
	optTsOffset = 14
)

// maxBlock is the largest packet block that is believed: a frame with its options.
const maxBlock = MaxFrame + 1<<16

// maxSeconds is far beyond any clock and keeps sums of µs within 64 bits.
const maxSeconds = 1 << 41

// maxIfaces bounds what one section may describe.
const maxIfaces = 1 << 12

// iface is an interface of the current section.
type iface struct {
	link    uint16
	snaplen uint32
	perSec  uint64 // clock ticks a second
	offset  int64  // seconds
}

// nextBlock reads blocks until one of them holds a frame.
func (c *Reader) nextBlock() (Frame, error) {
	for {
		end, err := c.atEnd()
		if err != nil {
			return Frame{}, err
		}
		if end {
			return Frame{}, io.EOF
		}
		frame, ok, err := c.block()
		if ok || err != nil {
			return frame, err
		}
	}
}

// block reads one block; ok says that it has a frame.
func (c *Reader) block() (frame Frame, ok bool, err error) {
	position := c.off
	c.from = position
	head, err := c.read(8, "a block header")
	if err != nil {
		return Frame{}, false, err
	}
	if binary.BigEndian.Uint32(head) == magicSection {
		return Frame{}, false, c.section([4]byte(head[4:]), position)
	}
	if c.order == nil {
		return Frame{}, false, broken(position, "the first block is not a section header")
	}
	kind, length := c.order.Uint32(head), c.order.Uint32(head[4:])
	if length < 12 || length%4 != 0 {
		return Frame{}, false, broken(position, fmt.Sprintf("a block of %d bytes", length))
	}
	switch kind {
	case blockInterface, blockPacket, blockSimple, blockEnhanced:
	default:
		return Frame{}, false, c.skip(int64(length)-8, "a block")
	}
	if length > maxBlock {
		return Frame{}, false, broken(position, fmt.Sprintf("a packet block of %d bytes (the largest is %d)", length, maxBlock))
	}
	body, err := c.read(int(length)-8, "a block")
	if err != nil {
		return Frame{}, false, err
	}
	if again := c.order.Uint32(body[len(body)-4:]); again != length {
		return Frame{}, false, broken(position, fmt.Sprintf("a block says %d bytes at its beginning and %d at its end", length, again))
	}
	body = body[:len(body)-4]
	if kind == blockInterface {
		return Frame{}, false, c.addInterface(body, position)
	}
	frame, err = c.packet(kind, body, position)
	return frame, err == nil, err
}

func broken(position int64, what string) error {
	return fmt.Errorf("capture is broken at byte %d: %s", position, what)
}

// section reads the rest of a section header block. Its length cannot be read before the byte order is known.
func (c *Reader) section(size [4]byte, position int64) error {
	head, err := c.r.Peek(4)
	if err != nil {
		return &CutError{At: c.off + int64(len(head)), What: "a section header", from: c.from}
	}
	switch {
	case binary.LittleEndian.Uint32(head) == magicOrder:
		c.order = binary.LittleEndian
	case binary.BigEndian.Uint32(head) == magicOrder:
		c.order = binary.BigEndian
	default:
		return broken(position, fmt.Sprintf("byte-order magic %x of a section header", head))
	}
	length := c.order.Uint32(size[:])
	if length < 28 || length%4 != 0 {
		return broken(position, fmt.Sprintf("a section header of %d bytes", length))
	}
	c.ifaces = c.ifaces[:0]
	return c.skip(int64(length)-8, "a section header")
}

// addInterface reads an interface description block.
func (c *Reader) addInterface(body []byte, position int64) error {
	if len(body) < 8 {
		return broken(position, "an interface description without its fields")
	}
	if len(c.ifaces) == maxIfaces {
		return broken(position, fmt.Sprintf("more than %d interfaces in a section", maxIfaces))
	}
	i := iface{link: c.order.Uint16(body), snaplen: c.order.Uint32(body[4:]), perSec: 1e6}
	for opts := body[8:]; len(opts) >= 4; {
		code, n := c.order.Uint16(opts), int(c.order.Uint16(opts[2:]))
		opts = opts[4:]
		if code == optEnd || n > len(opts) {
			break
		}
		switch {
		case code == optTsResol && n == 1:
			i.perSec = ticks(opts[0])
		case code == optTsOffset && n == 8:
			i.offset = int64(c.order.Uint64(opts))
		}
		opts = opts[min(len(opts), (n+3)&^3):]
	}
	if i.perSec == 0 {
		return broken(position, "an interface with an impossible time resolution")
	}
	c.ifaces = append(c.ifaces, i)
	return nil
}

// ticks decodes if_tsresol: a negative power of ten, or of two with the top bit set.
func ticks(resol byte) uint64 {
	exp := int(resol & 0x7f)
	if resol&0x80 != 0 {
		if exp > 63 {
			return 0
		}
		return 1 << exp
	}
	if exp > 19 {
		return 0
	}
	n := uint64(1)
	for range exp {
		n *= 10
	}
	return n
}

// packet reads the body of a block that holds a frame.
func (c *Reader) packet(kind uint32, body []byte, position int64) (Frame, error) {
	var id int
	var stamp uint64
	var got, wire uint32
	switch {
	case kind == blockSimple && len(body) >= 4:
		wire = c.order.Uint32(body)
		body = body[4:]
		got = min(wire, uint32(len(body)))
	case kind == blockEnhanced && len(body) >= 20:
		id = int(c.order.Uint32(body))
		stamp = uint64(c.order.Uint32(body[4:]))<<32 | uint64(c.order.Uint32(body[8:]))
		got, wire = c.order.Uint32(body[12:]), c.order.Uint32(body[16:])
		body = body[20:]
	case kind == blockPacket && len(body) >= 20:
		id = int(c.order.Uint16(body))
		stamp = uint64(c.order.Uint32(body[4:]))<<32 | uint64(c.order.Uint32(body[8:]))
		got, wire = c.order.Uint32(body[12:]), c.order.Uint32(body[16:])
		body = body[20:]
	default:
		return Frame{}, broken(position, "a packet block without its fields")
	}
	if id >= len(c.ifaces) {
		return Frame{}, broken(position, fmt.Sprintf("a packet of interface %d, of which nothing was said", id))
	}
	if uint64(got) > uint64(len(body)) {
		return Frame{}, broken(position, fmt.Sprintf("a packet of %d bytes in a block with room for %d", got, len(body)))
	}
	i := c.ifaces[id]
	if kind == blockSimple && i.snaplen > 0 {
		got = min(got, i.snaplen)
	}
	return Frame{
		Time:     i.micros(stamp),
		Timeless: kind == blockSimple,
		Data:     body[:got],
		WireLen:  max(int(min(wire, 1<<30)), int(got)),
		Link:     i.link,
		Position: position,
	}, nil
}

// micros turns clock ticks of the interface into µs UTC; a time that 64 bits cannot
// hold becomes 0.
func (i *iface) micros(stamp uint64) int64 {
	sec, rest := stamp/i.perSec, stamp%i.perSec
	if sec > maxSeconds || i.offset > maxSeconds || i.offset < -maxSeconds {
		return 0
	}
	hi, lo := bits.Mul64(rest, 1e6)
	frac, _ := bits.Div64(hi, lo, i.perSec)
	return (int64(sec)+i.offset)*1e6 + int64(frac)
}

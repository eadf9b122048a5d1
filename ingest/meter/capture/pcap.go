package capture

import (
	"encoding/binary"
	"fmt"
	"io"
)

// openClassic reads the 24-byte file header of a pcap.
func (c *Reader) openClassic(magic []byte) error {
	c.recBytes = 16
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch order.Uint32(magic) {
		case magicMicro:
			c.order = order
		case magicNano:
			c.order, c.nano = order, true
		case magicModified:
			c.order, c.recBytes = order, 24
		}
	}
	if c.order == nil {
		return fmt.Errorf("not a capture: it begins with %x, which is neither pcap nor pcapng", magic)
	}
	head, err := c.read(24, "the pcap file header")
	if err != nil {
		return err
	}
	// The upper half of the field tells of frame check sequences.
	c.link = uint16(c.order.Uint32(head[20:]))
	c.next = c.nextRecord
	return nil
}

// nextRecord reads one record of a pcap.
func (c *Reader) nextRecord() (Frame, error) {
	end, err := c.atEnd()
	if err != nil {
		return Frame{}, err
	}
	if end {
		return Frame{}, io.EOF
	}
	position := c.off
	c.from = position
	head, err := c.read(c.recBytes, "a packet's header")
	if err != nil {
		return Frame{}, err
	}
	sec, frac := int64(c.order.Uint32(head)), int64(c.order.Uint32(head[4:]))
	if c.nano {
		frac /= 1000
	}
	got, wire := c.order.Uint32(head[8:]), c.order.Uint32(head[12:])
	if got > MaxFrame {
		return Frame{}, fmt.Errorf("capture is broken at byte %d: a packet of %d bytes is not believed (the largest is %d)", position, got, MaxFrame)
	}
	data, err := c.read(int(got), "a packet")
	if err != nil {
		return Frame{}, err
	}
	return Frame{
		Time:     sec*1e6 + frac,
		Data:     data,
		WireLen:  max(int(min(wire, 1<<30)), len(data)),
		Link:     c.link,
		Position: position,
	}, nil
}

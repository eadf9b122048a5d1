// Package packet finds the transport payload in a captured frame: link layers, IPv4
// and IPv6, TCP and UDP, and what a tunnel carries inside.
//
// It must never keep state between packets and never read past what was captured:
// lengths claimed by a header only say how long a packet was on the wire.
package packet

import (
	"encoding/binary"
	"errors"
	"net/netip"
)

// IP protocol numbers (IANA).
const (
	ICMP   = 1
	IPIP   = 4
	TCP    = 6
	UDP    = 17
	IPv6   = 41
	GRE    = 47
	ESP    = 50
	AH     = 51
	ICMPv6 = 58
	NoNext = 59
)

// TCP flag bits (RFC 9293).
const (
	FIN = 1 << iota
	SYN
	RST
	PSH
	ACK
)

// Why a packet could not be read.
var (
	ErrIPHeader        = errors.New("ip header is malformed")
	ErrTransportHeader = errors.New("transport header is malformed or cut")
)

// Datagram is one IP packet or fragment.
type Datagram struct {
	Src, Dst netip.Addr
	Protocol uint8
	Payload  []byte // what was captured behind the IP headers
	Len      int    // its length on the wire
	Fragment bool
	Offset   int // of the fragment's payload, bytes
	More     bool
	ID       uint32 // of the fragment's datagram
}

// ParseIP reads an IPv4 or IPv6 header with its extensions. wire is the length of data
// on the wire, for the packets that leave it open (segmentation offload).
func ParseIP(data []byte, wire int) (Datagram, error) {
	if len(data) == 0 {
		return Datagram{}, ErrIPHeader
	}
	switch data[0] >> 4 {
	case 4:
		return parseIPv4(data, wire)
	case 6:
		return parseIPv6(data, wire)
	}
	return Datagram{}, ErrIPHeader
}

// parseIPv4 reads RFC 791.
func parseIPv4(data []byte, wire int) (Datagram, error) {
	if len(data) < 20 {
		return Datagram{}, ErrIPHeader
	}
	ihl := int(data[0]&15) * 4
	total := int(binary.BigEndian.Uint16(data[2:]))
	if total == 0 {
		total = wire
	}
	if ihl < 20 || ihl > len(data) || total < ihl {
		return Datagram{}, ErrIPHeader
	}
	frag := binary.BigEndian.Uint16(data[6:])
	d := Datagram{
		Src:      netip.AddrFrom4([4]byte(data[12:16])),
		Dst:      netip.AddrFrom4([4]byte(data[16:20])),
		Protocol: data[9],
		Payload:  data[ihl:min(total, len(data))],
		Len:      total - ihl,
		Offset:   int(frag&0x1fff) * 8,
		More:     frag&0x2000 != 0,
		ID:       uint32(binary.BigEndian.Uint16(data[4:])),
	}
	d.Fragment = d.More || d.Offset > 0
	return d, nil
}

// maxExtensions bounds the chain of IPv6 extension headers.
const maxExtensions = 8

// parseIPv6 reads RFC 8200.
func parseIPv6(data []byte, wire int) (Datagram, error) {
	if len(data) < 40 {
		return Datagram{}, ErrIPHeader
	}
	length := int(binary.BigEndian.Uint16(data[4:]))
	if length == 0 && data[6] != NoNext {
		length = wire - 40
	}
	if length < 0 {
		return Datagram{}, ErrIPHeader
	}
	d := Datagram{
		Src:      netip.AddrFrom16([16]byte(data[8:24])).Unmap(),
		Dst:      netip.AddrFrom16([16]byte(data[24:40])).Unmap(),
		Protocol: data[6],
		Payload:  data[40:min(40+length, len(data))],
		Len:      length,
	}
	for range maxExtensions {
		var n int
		switch d.Protocol {
		case 0, 43, 60, 135, 139, 140: // hop-by-hop, routing, destination, mobility, HIP, shim6
			if len(d.Payload) < 8 {
				return Datagram{}, ErrIPHeader
			}
			n = int(d.Payload[1])*8 + 8
		case 44:
			if len(d.Payload) < 8 {
				return Datagram{}, ErrIPHeader
			}
			frag := binary.BigEndian.Uint16(d.Payload[2:])
			d.Offset, d.More = int(frag&^7), frag&1 != 0
			d.ID = binary.BigEndian.Uint32(d.Payload[4:])
			d.Fragment = d.More || d.Offset > 0
			n = 8
		default:
			return d, nil
		}
		if n > len(d.Payload) {
			return Datagram{}, ErrIPHeader
		}
		d.Protocol = d.Payload[0]
		d.Payload, d.Len = d.Payload[n:], d.Len-n
		if d.Offset > 0 { // the rest of the chain is in the first fragment
			return d, nil
		}
	}
	return Datagram{}, ErrIPHeader
}

// Segment is the transport view of a datagram. Protocols without ports have both 0.
type Segment struct {
	SrcPort, DstPort uint16
	Flags            uint8
	Seq              uint32
	Payload          []byte // what was captured of it
	Len              int    // its length on the wire
}

// ParseTransport reads the TCP or UDP header of a whole datagram; of any other
// protocol the payload is all that follows the IP header.
func ParseTransport(d *Datagram) (Segment, error) {
	switch d.Protocol {
	case TCP:
		return parseTCP(d)
	case UDP:
		return parseUDP(d)
	}
	return Segment{Payload: d.Payload, Len: d.Len}, nil
}

func parseTCP(d *Datagram) (Segment, error) {
	b := d.Payload
	if len(b) < 14 || d.Len < 20 {
		return Segment{}, ErrTransportHeader
	}
	head := int(b[12]>>4) * 4
	if head < 20 || head > d.Len {
		return Segment{}, ErrTransportHeader
	}
	return Segment{
		SrcPort: binary.BigEndian.Uint16(b),
		DstPort: binary.BigEndian.Uint16(b[2:]),
		Seq:     binary.BigEndian.Uint32(b[4:]),
		Flags:   b[13],
		Payload: b[min(head, len(b)):],
		Len:     d.Len - head,
	}, nil
}

func parseUDP(d *Datagram) (Segment, error) {
	b := d.Payload
	if len(b) < 8 {
		return Segment{}, ErrTransportHeader
	}
	length := int(binary.BigEndian.Uint16(b[4:]))
	if length == 0 {
		length = d.Len // RFC 2675 jumbogram, or offload
	}
	if length < 8 {
		return Segment{}, ErrTransportHeader
	}
	length = min(length, d.Len)
	return Segment{
		SrcPort: binary.BigEndian.Uint16(b),
		DstPort: binary.BigEndian.Uint16(b[2:]),
		Payload: b[8:max(8, min(length, len(b)))],
		Len:     max(length-8, 0),
	}, nil
}

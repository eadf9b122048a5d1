package packet

import "encoding/binary"

// Ports on which a tunnel is looked for inside UDP. The port only says where to look:
// the header and the inner packet's own lengths must agree before it is believed.
const (
	portGTPU   = 2152
	portTeredo = 3544
	portVXLAN  = 4789
	portGeneve = 6081
)

// Inner gives the IP packet that a tunnel packet carries: IPIP, 6in4, GRE (with PPP of
// PPTP, and ERSPAN), and in UDP Teredo, VXLAN, Geneve and GTP-U.
func Inner(protocol uint8, s *Segment) (ip []byte, ok bool) {
	switch protocol {
	case IPIP, IPv6:
		ip, ok = isIP(s.Payload)
	case GRE:
		ip, ok = gre(s.Payload)
	case UDP:
		ip, ok = inUDP(s)
	}
	return ip, ok && plausible(ip)
}

func inUDP(s *Segment) ([]byte, bool) {
	either := func(port uint16) bool { return s.SrcPort == port || s.DstPort == port }
	switch {
	case either(portTeredo):
		return teredo(s.Payload)
	case s.DstPort == portVXLAN:
		return vxlan(s.Payload)
	case s.DstPort == portGeneve:
		return geneve(s.Payload)
	case either(portGTPU):
		return gtpU(s.Payload, s.Len)
	}
	return nil, false
}

// plausible asks that the inner header be well formed and not longer than its tunnel.
func plausible(ip []byte) bool {
	d, err := ParseIP(ip, len(ip))
	return err == nil && d.Protocol != NoNext && d.Src.IsValid()
}

// gre passes the header of RFC 2784 / 2890, or the enhanced one of PPTP (RFC 2637).
func gre(b []byte) ([]byte, bool) {
	if len(b) < 4 {
		return nil, false
	}
	flags, kind := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	const checksum, routing, key, sequence, ack = 0x8000, 0x4000, 0x2000, 0x1000, 0x0080
	n := 4
	for _, f := range []uint16{checksum, key, sequence} {
		if flags&f != 0 {
			n += 4
		}
	}
	switch version := flags & 7; {
	case flags&routing != 0:
		return nil, false
	case version == 1 && kind == 0x880b:
		if flags&ack != 0 {
			n += 4
		}
		return ppp(after(b, n))
	case version != 0:
		return nil, false
	}
	b = after(b, n)
	switch kind {
	case 0x88be: // ERSPAN: type II has a header and a sequence number, type I neither
		if flags&sequence != 0 {
			b = after(b, 8)
		}
		return ethernet(b)
	case 0x22eb: // ERSPAN type III
		return ethernet(after(b, 12))
	}
	return etherType(kind, b)
}

// teredo passes the indications of RFC 4380 section 5.1.1.
func teredo(b []byte) ([]byte, bool) {
	if len(b) >= 4 && b[0] == 0 && b[1] == 1 { // authentication
		b = after(b, 13+int(b[2])+int(b[3]))
	}
	if len(b) >= 8 && b[0] == 0 && b[1] == 0 { // origin
		b = b[8:]
	}
	if len(b) < 40 || b[0]>>4 != 6 || int(binary.BigEndian.Uint16(b[4:])) > len(b)-40 {
		return nil, false
	}
	return b, true
}

// vxlan passes the header of RFC 7348: the I flag alone, reserved bits zero.
func vxlan(b []byte) ([]byte, bool) {
	if len(b) < 8 || b[0] != 8 || b[1]|b[2]|b[3]|b[7] != 0 {
		return nil, false
	}
	return ethernet(b[8:])
}

// geneve passes the header of RFC 8926.
func geneve(b []byte) ([]byte, bool) {
	if len(b) < 8 || b[0]>>6 != 0 || b[1]&0x3f != 0 || b[7] != 0 {
		return nil, false
	}
	return etherType(binary.BigEndian.Uint16(b[2:]), after(b, 8+int(b[0]&0x3f)*4))
}

// gtpU passes the header of 3GPP TS 29.281: version 1, G-PDU, the length exact.
func gtpU(b []byte, wire int) ([]byte, bool) {
	const optional = 7 // E, S and PN bits: any of them adds four bytes
	if len(b) < 8 || b[0]&0xf8 != 0x30 || b[1] != 0xff || int(binary.BigEndian.Uint16(b[2:])) != wire-8 {
		return nil, false
	}
	if b[0]&optional == 0 {
		return isIP(b[8:])
	}
	if len(b) < 12 {
		return nil, false
	}
	next, rest := b[11], b[12:]
	if b[0]&4 == 0 {
		next = 0
	}
	for range maxExtensions {
		if next == 0 {
			return isIP(rest)
		}
		if len(rest) == 0 || rest[0] == 0 || int(rest[0])*4 > len(rest) {
			return nil, false
		}
		n := int(rest[0]) * 4
		next, rest = rest[n-1], rest[n:]
	}
	return nil, false
}

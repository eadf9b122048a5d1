package packet

import "encoding/binary"

// Link types that are read (https://www.tcpdump.org/linktypes.html).
const (
	LinkNull     = 0
	LinkEthernet = 1
	LinkPPP      = 9
	LinkRawDLT   = 12 // DLT_RAW where it leaked into files
	LinkRawBSD   = 14
	LinkPPPHDLC  = 50
	LinkPPPoE    = 51
	LinkRaw      = 101
	LinkCHDLC    = 104
	LinkWiFi     = 105
	LinkLoop     = 108
	LinkSLL      = 113
	LinkRadiotap = 127
	LinkIPv4     = 228
	LinkIPv6     = 229
	LinkSLL2     = 276
)

// KnownLink reports whether frames of the link type can be read.
func KnownLink(link uint16) bool {
	switch link {
	case LinkNull, LinkEthernet, LinkPPP, LinkRawDLT, LinkRawBSD, LinkPPPHDLC, LinkPPPoE, LinkRaw,
		LinkCHDLC, LinkWiFi, LinkLoop, LinkSLL, LinkRadiotap, LinkIPv4, LinkIPv6, LinkSLL2:
		return true
	}
	return false
}

// Network gives the IP packet in a frame; ok is false where the frame carries
// something else (ARP, spanning tree, PPP negotiation) or is too short.
func Network(link uint16, b []byte) (ip []byte, ok bool) {
	switch link {
	case LinkRaw, LinkRawDLT, LinkRawBSD, LinkIPv4, LinkIPv6:
		return isIP(b)
	case LinkEthernet:
		return ethernet(b)
	case LinkNull, LinkLoop: // 4 bytes of address family
		return isIP(after(b, 4))
	case LinkPPP, LinkPPPHDLC:
		return ppp(b)
	case LinkPPPoE:
		return pppoe(b)
	case LinkSLL:
		if len(b) < 16 {
			return nil, false
		}
		return etherType(binary.BigEndian.Uint16(b[14:]), b[16:])
	case LinkSLL2:
		if len(b) < 20 {
			return nil, false
		}
		return etherType(binary.BigEndian.Uint16(b), b[20:])
	case LinkCHDLC:
		if len(b) < 4 {
			return nil, false
		}
		return etherType(binary.BigEndian.Uint16(b[2:]), b[4:])
	case LinkRadiotap:
		if len(b) < 4 {
			return nil, false
		}
		return wifi(after(b, int(binary.LittleEndian.Uint16(b[2:]))))
	case LinkWiFi:
		return wifi(b)
	}
	return nil, false
}

func after(b []byte, n int) []byte { return b[min(n, len(b)):] }

func isIP(b []byte) ([]byte, bool) {
	return b, len(b) > 0 && (b[0]>>4 == 4 || b[0]>>4 == 6)
}

func ethernet(b []byte) ([]byte, bool) {
	if len(b) < 14 {
		return nil, false
	}
	return etherType(binary.BigEndian.Uint16(b[12:]), b[14:])
}

// maxTags bounds nested VLAN tags and MPLS labels.
const maxTags = 8

// etherType passes VLAN tags (802.1Q, 802.1ad and the older 0x9100), MPLS labels,
// PPPoE and LLC/SNAP.
func etherType(kind uint16, b []byte) ([]byte, bool) {
	for range maxTags {
		switch kind {
		case 0x0800, 0x86dd:
			return isIP(b)
		case 0x8100, 0x88a8, 0x9100:
			if len(b) < 4 {
				return nil, false
			}
			kind, b = binary.BigEndian.Uint16(b[2:]), b[4:]
		case 0x8847, 0x8848:
			return mpls(b)
		case 0x8864:
			return pppoe(b)
		case 0x6558: // transparent Ethernet bridging
			return ethernet(b)
		default:
			if kind >= 0x0600 || len(b) < 8 || string(b[:6]) != "\xaa\xaa\x03\x00\x00\x00" {
				return nil, false
			}
			kind, b = binary.BigEndian.Uint16(b[6:]), b[8:]
		}
	}
	return nil, false
}

// mpls passes the label stack (RFC 3032), and where it carries Ethernet (RFC 4448) that, behind a control word or not.
func mpls(b []byte) ([]byte, bool) {
	for range maxTags {
		if len(b) < 4 {
			return nil, false
		}
		bottom := b[2]&1 != 0
		b = b[4:]
		if bottom {
			return behindLabels(b)
		}
	}
	return nil, false
}

// behindLabels gives IP, or what Ethernet carries: a control word begins with four zero bits.
func behindLabels(b []byte) ([]byte, bool) {
	if ip, ok := isIP(b); ok {
		if _, err := ParseIP(ip, len(ip)); err == nil {
			return ip, true
		}
	}
	const controlWord = 4
	if len(b) > controlWord && b[0]>>4 == 0 {
		if ip, ok := ethernet(b[controlWord:]); ok {
			return ip, true
		}
	}
	return ethernet(b)
}

// pppoe passes the session header (RFC 2516).
func pppoe(b []byte) ([]byte, bool) {
	if len(b) < 6 || b[0] != 0x11 || b[1] != 0 {
		return nil, false
	}
	return ppp(b[6:])
}

// ppp passes address, control and protocol, each of them possibly compressed
// (RFC 1661 section 6.5 and 6.6).
func ppp(b []byte) ([]byte, bool) {
	if len(b) >= 2 && (b[0] == 0xff || b[0] == 0x0f || b[0] == 0x8f) && b[1] <= 3 {
		b = b[2:]
	}
	if len(b) < 2 {
		return nil, false
	}
	kind, n := uint16(b[0]), 1
	if b[0]&1 == 0 {
		kind, n = binary.BigEndian.Uint16(b), 2
	}
	if kind != 0x21 && kind != 0x57 {
		return nil, false
	}
	return isIP(b[n:])
}

// wifi passes the header of an unencrypted 802.11 data frame.
func wifi(b []byte) ([]byte, bool) {
	const data, protected = 0x08, 0x40
	if len(b) < 24 || b[0]&0x0c != data || b[0]&0x40 != 0 || b[1]&protected != 0 {
		return nil, false
	}
	n := 24
	if b[1]&3 == 3 {
		n += 6
	}
	if b[0]&0x80 != 0 { // QoS
		n += 2
	}
	b = after(b, n)
	if len(b) < 8 {
		return nil, false
	}
	return etherType(0, b)
}

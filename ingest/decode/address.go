package decode

import "net/netip"

// parseAddress reads an address in text form (RFC 4291 section 2.2, RFC 6943 section
// 3.1.1) without allocating. An IPv4-mapped address becomes IPv4; a zone is dropped.
func parseAddress(b []byte) (netip.Addr, bool) {
	for _, c := range b {
		switch c {
		case '.':
			a, ok := parseIPv4(b)
			return netip.AddrFrom4(a), ok
		case ':':
			return parseIPv6(b)
		}
	}
	return netip.Addr{}, false
}

// parseEnd reads the address of one end; where there is none, as an empty text or "-"
// says it, the address is not valid and ok is true.
func parseEnd(b []byte) (addr netip.Addr, ok bool) {
	if isUnknown(b) {
		return netip.Addr{}, true
	}
	return parseAddress(b)
}

// isUnknown reports a text by which sensors say that they do not know.
func isUnknown(b []byte) bool { return len(b) == 0 || len(b) == 1 && b[0] == '-' }

// parseIPv4 reads four decimal fields without leading zeros.
func parseIPv4(b []byte) (addr [4]byte, ok bool) {
	for field := range addr {
		value, digits := octet(b)
		if digits == 0 {
			return addr, false
		}
		addr[field] = value
		b = b[digits:]
		if field == 3 {
			break
		}
		if len(b) == 0 || b[0] != '.' {
			return addr, false
		}
		b = b[1:]
	}
	return addr, len(b) == 0
}

// octet reads the decimal number that b begins with; digits is 0 where it has a leading
// zero, is beyond 255 or is none.
func octet(b []byte) (value byte, digits int) {
	if len(b) == 0 || b[0]-'0' > 9 {
		return 0, 0
	}
	n := uint(b[0] - '0')
	if len(b) == 1 || b[1]-'0' > 9 {
		return byte(n), 1
	}
	if n == 0 {
		return 0, 0
	}
	n = 10*n + uint(b[1]-'0')
	if len(b) == 2 || b[2]-'0' > 9 {
		return byte(n), 2
	}
	n = 10*n + uint(b[2]-'0')
	if n > 255 {
		return 0, 0
	}
	return byte(n), 3
}

// parseIPv6 reads groups of hexadecimal digits, one "::", an IPv4 tail and a zone.
func parseIPv6(b []byte) (netip.Addr, bool) {
	b, ok := cutZone(b)
	if !ok {
		return netip.Addr{}, false
	}
	var addr [16]byte
	n, gap := 0, -1 // bytes filled; where "::" stands
	if len(b) >= 2 && b[0] == ':' && b[1] == ':' {
		gap, b = 0, b[2:]
	}
	for len(b) > 0 {
		if n == 16 {
			return netip.Addr{}, false
		}
		value, digits := hexGroup(b)
		if digits == 0 || digits > 4 {
			return netip.Addr{}, false
		}
		if digits < len(b) && b[digits] == '.' {
			tail, ok := parseIPv4(b)
			if !ok || n > 12 {
				return netip.Addr{}, false
			}
			copy(addr[n:], tail[:])
			n += 4
			break
		}
		addr[n], addr[n+1] = byte(value>>8), byte(value)
		n += 2
		b = b[digits:]
		if len(b) == 0 {
			break
		}
		if b[0] != ':' || len(b) == 1 {
			return netip.Addr{}, false
		}
		b = b[1:]
		if b[0] == ':' {
			if gap >= 0 {
				return netip.Addr{}, false
			}
			gap, b = n, b[1:]
		}
	}
	return widen(addr, n, gap)
}

// widen moves what stands behind "::" to the end of the address.
func widen(addr [16]byte, n, gap int) (netip.Addr, bool) {
	if n == 16 {
		return netip.AddrFrom16(addr).Unmap(), gap < 0
	}
	if gap < 0 {
		return netip.Addr{}, false
	}
	var full [16]byte
	copy(full[:], addr[:gap])
	copy(full[16-(n-gap):], addr[gap:n])
	return netip.AddrFrom16(full).Unmap(), true
}

// hexGroup reads up to five hexadecimal digits: five are one too many.
func hexGroup(b []byte) (value uint32, digits int) {
	for digits < len(b) && digits < 5 {
		c := b[digits]
		switch {
		case c-'0' <= 9:
			value = value<<4 | uint32(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			value = value<<4 | uint32(c|0x20-'a'+10)
		default:
			return value, digits
		}
		digits++
	}
	return value, digits
}

func cutZone(b []byte) (addr []byte, ok bool) {
	for i, c := range b {
		if c == '%' {
			return b[:i], i+1 < len(b)
		}
	}
	return b, true
}

// addressFromBytes takes the 4 or 16 bytes of a binary format.
func addressFromBytes(b []byte) (netip.Addr, bool) {
	a, ok := netip.AddrFromSlice(b)
	return a.Unmap(), ok
}

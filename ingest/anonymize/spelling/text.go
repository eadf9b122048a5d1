package spelling

import (
	"net/netip"
	"regexp"
	"strings"
)

// Addresses finds addresses written as such in a text: with dots, with colons, or with
// hyphens or underscores for dots. each is given where they begin and end; it ends the
// search with false.
func Addresses(text string, each func(begin, end int, addr netip.Addr) bool) {
	for i := 0; i < len(text); {
		end := i
		for end < len(text) && ofAddress(text[end]) {
			end++
		}
		if end == i {
			i++
			continue
		}
		if !within(text, i, end, each) {
			return
		}
		i = end
	}
}

// ofAddress accepts what addresses are written with.
func ofAddress(b byte) bool {
	b |= 0x20
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'f' || b == ':' || b == '.'|0x20 || b == '-'|0x20 || b == '_'|0x20
}

// within looks for addresses in a run of the characters of addresses.
func within(text string, begin, end int, each func(int, int, netip.Addr) bool) bool {
	last := begin // where the last address ended: another may begin right there
	for i := begin; i < end; {
		addr, n := addressAt(text[i:end])
		before := i > last && isHexAny(text[i-1])
		if n == 0 || before {
			i++
			continue
		}
		if !each(i, i+n, addr) {
			return false
		}
		i += n
		last = i
	}
	return true
}

func isHexAny(b byte) bool { return isHex(b | 0x20) }

// addressAt reads the longest address that a text begins with.
func addressAt(text string) (netip.Addr, int) {
	if addr, n := dotted(text); n > 0 {
		return addr, n
	}
	end := 0
	for end < len(text) && end < 45 && (isHexAny(text[end]) || text[end] == ':' || text[end] == '.') {
		end++
	}
	for ; strings.Count(text[:end], ":") >= 2; end-- {
		if addr, err := netip.ParseAddr(text[:end]); err == nil && (end == len(text) || !isHexAny(text[end])) && isWritten(text[:end]) {
			return addr, end
		}
	}
	return netip.Addr{}, 0
}

// isWritten tells an address from two colons of a program's text, as in std::array.
func isWritten(text string) bool { return len(text) >= 5 && strings.ContainsAny(text, "0123456789") }

// dotted reads four numbers with dots, hyphens or underscores between them.
func dotted(text string) (netip.Addr, int) {
	var bytes [4]byte
	at, separator := 0, byte(0)
	for i := range bytes {
		if i > 0 {
			if at >= len(text) || !strings.ContainsRune(".-_", rune(text[at])) || separator != 0 && text[at] != separator {
				return netip.Addr{}, 0
			}
			separator = text[at]
			at++
		}
		value, digits := 0, 0
		for at < len(text) && isDigit(text[at]) && digits < 4 {
			value, digits, at = value*10+int(text[at]-'0'), digits+1, at+1
		}
		if digits == 0 || digits > 3 || value > 255 {
			return netip.Addr{}, 0
		}
		bytes[i] = byte(value)
	}
	return netip.AddrFrom4(bytes), at
}

// Hide gives a text with something else in the place of every address but those of loopback.
func Hide(text, with string) string {
	var out strings.Builder
	done := 0
	Addresses(text, func(begin, end int, addr netip.Addr) bool {
		if addr.IsLoopback() {
			return true // every machine's own
		}
		out.WriteString(text[done:begin])
		out.WriteString(with)
		done = end
		return true
	})
	if done == 0 {
		return text
	}
	out.WriteString(text[done:])
	return out.String()
}

// date is a day, and where it is given an hour, as files are named by.
var date = regexp.MustCompile(`^(?:19|20)\d\d-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])(?:[-T_]?(?:[01]\d|2[0-3]))?(?:-\d\d)*Z?$`)

// HideNames is [Hide], and takes parts of names out that may spell an address otherwise.
func HideNames(text, with string) string {
	text = Hide(text, with)
	var out strings.Builder
	for part := range splitSeq(text) {
		if len(part) >= 7 && !date.MatchString(part) && Label(part, nil) {
			part = with
		}
		out.WriteString(part)
	}
	return out.String()
}

// splitSeq gives the parts of names in a text, and what is between them.
func splitSeq(text string) func(func(string) bool) {
	return func(yield func(string) bool) {
		begin := 0
		for i := range len(text) {
			if !strings.ContainsRune("./ @:,;=()[]{}\"'\\", rune(text[i])) {
				continue
			}
			if i > begin && !yield(text[begin:i]) || !yield(text[i:i+1]) {
				return
			}
			begin = i + 1
		}
		if begin < len(text) {
			yield(text[begin:])
		}
	}
}

// Word reports whether a name of a file, a sensor or a topic may spell an address in any
// of its parts.
func Word(name string, home func(netip.Addr) bool) bool {
	found := false
	Addresses(name, func(int, int, netip.Addr) bool { found = true; return false })
	if found {
		return true
	}
	for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '.' || r == '/' || r == '@' || r == ':' || r == ' ' }) {
		if Label(part, home) {
			return true
		}
	}
	return strings.Contains(name, ":") && strings.Count(name, ":") >= 2 && Label(strings.ReplaceAll(name, ":", "-"), home)
}

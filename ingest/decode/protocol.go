package decode

import (
	_ "embed"
	"strconv"
	"strings"
)

// protocolTable holds the facts: a number a line and the names that it goes by.
//
//go:embed protocols.tsv
var protocolTable string

// protocolNumbers gives the number of a name as [protocolKey] writes it.
var protocolNumbers = readProtocols(protocolTable)

func readProtocols(table string) map[string]uint8 {
	numbers := map[string]uint8{}
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.TrimRight(line, "\n"), "\t")
		n, err := strconv.ParseUint(cells[0], 10, 8)
		if err != nil {
			continue // a comment
		}
		for _, name := range cells[1:] {
			numbers[string(protocolKey(nil, []byte(name)))] = uint8(n)
		}
	}
	return numbers
}

// maxProtocolName bounds a name that is looked for.
const maxProtocolName = 64

// protocolKey writes a name so that case, hyphens and spaces make no difference:
// sensors agree on the letters only.
func protocolKey(to, name []byte) []byte {
	for _, c := range name {
		switch {
		case c >= 'A' && c <= 'Z':
			to = append(to, c|0x20)
		case c >= 'a' && c <= 'z', c-'0' <= 9, c == '+':
			to = append(to, c)
		}
	}
	return to
}

// protocolNumber reads an IP protocol given as number or name.
func protocolNumber(b []byte) (uint8, bool) {
	switch string(b) { // nearly all records
	case "TCP", "tcp", "6":
		return 6, true
	case "UDP", "udp", "17":
		return 17, true
	case "ICMP", "icmp", "1":
		return 1, true
	}
	if n, ok := digits(b); ok {
		return uint8(n), n <= 255 && len(b) <= 3
	}
	if len(b) > maxProtocolName {
		return 0, false
	}
	var key [maxProtocolName]byte
	n, ok := protocolNumbers[string(protocolKey(key[:0], b))]
	return n, ok
}

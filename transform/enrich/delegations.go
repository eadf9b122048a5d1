package enrich

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/gaissmai/bart"
	"go4.org/netipx"
)

// loadDelegations reads what a regional registry delegated (NRO extended delegated
// statistics): prefix to country. Delegation says where a holder is registered, not
// where a server stands.
func loadDelegations(data []byte) (*bart.Fast[network], error) {
	t := new(bart.Fast[network])
	for n, raw := range bytes.Split(data, []byte("\n")) {
		fields := strings.Split(strings.TrimSpace(string(raw)), "|")
		if len(fields) < 7 || strings.HasPrefix(fields[0], "#") || fields[1] == "*" || fields[1] == "" {
			continue // version, summaries, comments, and what nobody holds
		}
		prefixes, err := delegated(fields[2], fields[3], fields[4])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
		for _, p := range prefixes {
			t.Insert(p, network{country: CountryOf(fields[1])})
		}
	}
	return t, nil
}

// delegated gives the prefixes of a line: value is a count of IPv4 addresses, which
// need not be a power of two, or an IPv6 prefix length.
func delegated(kind, start, value string) ([]netip.Prefix, error) {
	if kind != "ipv4" && kind != "ipv6" {
		return nil, nil
	}
	first, err := netip.ParseAddr(start)
	if err != nil {
		return nil, err
	}
	n, err := strconv.ParseUint(value, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("value %q: %w", value, err)
	}
	if kind == "ipv6" {
		p, err := first.Prefix(int(n))
		return []netip.Prefix{p}, err
	}
	at := uint64(0)
	for _, b := range first.AsSlice() {
		at = at<<8 | uint64(b)
	}
	last := at + n - 1
	if !first.Is4() || n == 0 || last > 1<<32-1 {
		return nil, fmt.Errorf("%s addresses from %s: no such range", value, start)
	}
	end := netip.AddrFrom4([4]byte{byte(last >> 24), byte(last >> 16), byte(last >> 8), byte(last)})
	return netipx.IPRangeFrom(first, end).Prefixes(), nil
}

// loadRoutes reads a routing table: "prefix asn", or "address length asn" as CAIDA's
// prefix-to-AS files have it. Of several origins the first counts.
func loadRoutes(data []byte) (*bart.Fast[network], error) {
	t := new(bart.Fast[network])
	for n, raw := range bytes.Split(data, []byte("\n")) {
		line, _, _ := strings.Cut(string(raw), "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if len(fields) == 3 {
			fields = []string{fields[0] + "/" + fields[1], fields[2]}
		}
		if len(fields) != 2 {
			return nil, fmt.Errorf("line %d: want \"prefix asn\" or \"address length asn\"", n+1)
		}
		p, err := parsePrefix(fields[0])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
		origin := strings.Trim(strings.TrimPrefix(strings.ToUpper(fields[1]), "AS"), "{}")
		if cut := strings.IndexAny(origin, "_,"); cut >= 0 {
			origin = origin[:cut]
		}
		asn, err := strconv.ParseUint(origin, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("line %d: asn: %w", n+1, err)
		}
		t.Insert(p.Masked(), network{asn: uint32(asn)})
	}
	return t, nil
}

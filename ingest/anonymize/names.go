package anonymize

import (
	"bytes"
	_ "embed"
	"net/netip"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/net/publicsuffix"

	"github.com/banshift/banshift/ingest/anonymize/spelling"
)

// HiddenName stands for every name that is not passed on.
const HiddenName = "other"

// maxCachedNames bounds the memory of the cutter.
const maxCachedNames = 1 << 16

// maxLabel is the longest registered label that is passed on; longer ones are
// generated and may identify one client.
const maxLabel = 30

// NameCutter cuts names to their registered domain (public suffix list, as compiled
// into golang.org/x/net/publicsuffix). Not safe for concurrent use.
type NameCutter struct {
	known map[string]string
	home  func(netip.Addr) bool // nil: not known
}

// NewNameCutter makes a cutter with an empty cache.
func NewNameCutter() *NameCutter { return &NameCutter{known: map[string]string{}} }

// Cut gives the registered domain of name in lower case, or [HiddenName] for what has
// none: single labels, addresses, names that are not valid, generated labels, labels that
// may spell an address, and names under zones that give each client or address one.
func (c *NameCutter) Cut(name []byte) string {
	name = bytes.TrimSuffix(name, []byte("."))
	if cut, ok := c.known[string(name)]; ok {
		return cut
	}
	if len(c.known) == maxCachedNames {
		clear(c.known)
	}
	cut := c.registeredDomain(bytes.ToLower(name))
	c.known[string(name)] = cut
	return cut
}

func (c *NameCutter) registeredDomain(lower []byte) string {
	if len(lower) == 0 || len(lower) > 253 || !isHostname(lower) {
		return HiddenName
	}
	text := unsafe.String(&lower[0], len(lower))
	if _, err := netip.ParseAddr(text); err == nil {
		return HiddenName
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(text)
	if err != nil || strings.IndexByte(domain, '.') > maxLabel || ofOneClient(text) {
		return HiddenName
	}
	// A suffix may be a wildcard's: its labels are looked at, too.
	for label := range strings.SplitSeq(domain, ".") {
		if spelling.Label(label, c.home) {
			return HiddenName
		}
	}
	return domain
}

// clientZones are words of private public suffixes below which a name is one client's, and
// after an empty line zones of that kind that are no public suffixes.
//
//go:embed client_zones.txt
var clientZones string

var zoneWords, zones = parseZones(clientZones)

func parseZones(text string) (words, zones []string) {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines {
		if line == "" {
			return lines[:i], lines[i+1:]
		}
	}
	return lines, nil
}

// ofOneClient reports names under dynamic DNS and reverse-like zones.
func ofOneClient(name string) bool {
	if name == "arpa" || strings.HasSuffix(name, ".arpa") {
		return true
	}
	for _, zone := range zones {
		if name == zone || strings.HasSuffix(name, "."+zone) {
			return true
		}
	}
	suffix, icann := publicsuffix.PublicSuffix(name)
	if icann || !strings.Contains(suffix, ".") {
		return false
	}
	return slices.ContainsFunc(zoneWords, func(word string) bool { return strings.Contains(suffix, word) })
}

// isHostname accepts letters, digits, hyphens, underscores and dots.
func isHostname(name []byte) bool {
	for _, b := range name {
		switch {
		case b >= 'a' && b <= 'z', b >= '0' && b <= '9', b == '-', b == '_', b == '.':
		default:
			return false
		}
	}
	return true
}

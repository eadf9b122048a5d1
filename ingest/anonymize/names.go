package anonymize

import (
	"bytes"
	"net/netip"
	"unsafe"

	"golang.org/x/net/publicsuffix"
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
type NameCutter struct{ known map[string]string }

// NewNameCutter makes a cutter with an empty cache.
func NewNameCutter() *NameCutter { return &NameCutter{known: map[string]string{}} }

// Cut gives the registered domain of name in lower case, or [HiddenName] for what has
// none: single labels, addresses, names that are not valid, generated labels.
func (c *NameCutter) Cut(name []byte) string {
	name = bytes.TrimSuffix(name, []byte("."))
	if cut, ok := c.known[string(name)]; ok {
		return cut
	}
	if len(c.known) == maxCachedNames {
		clear(c.known)
	}
	cut := registeredDomain(bytes.ToLower(name))
	c.known[string(name)] = cut
	return cut
}

func registeredDomain(lower []byte) string {
	if len(lower) == 0 || len(lower) > 253 || !isHostname(lower) {
		return HiddenName
	}
	text := unsafe.String(&lower[0], len(lower))
	if _, err := netip.ParseAddr(text); err == nil {
		return HiddenName
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(text)
	if err != nil || bytes.IndexByte([]byte(domain), '.') > maxLabel || looksLikeAddress(domain) {
		return HiddenName
	}
	return domain
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

// looksLikeAddress reports a registered label that may spell an address: digits that
// would fit an IPv4 address, or eight and more hexadecimal digits.
func looksLikeAddress(domain string) bool {
	digits, hex := 0, 0
	for i := 0; i < len(domain) && domain[i] != '.'; i++ {
		switch b := domain[i]; {
		case b >= '0' && b <= '9':
			digits, hex = digits+1, hex+1
		case b >= 'a' && b <= 'f':
			hex++
		case b == '-':
		default:
			hex = -64
		}
	}
	return digits >= 7 || hex >= 8
}

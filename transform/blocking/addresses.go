package blocking

import (
	"fmt"
	"net/netip"
	"slices"

	"go4.org/netipx"
)

// Addresses is an immutable set of addresses: the union of prefixes, in which an address
// counts once however many rows hold it.
type Addresses struct{ set *netipx.IPSet }

// Union merges prefixes; host bits are ignored.
func Union(prefixes []netip.Prefix) (Addresses, error) {
	var b netipx.IPSetBuilder
	for _, p := range prefixes {
		b.AddPrefix(netip.PrefixFrom(p.Addr().Unmap(), unmappedBits(p)).Masked())
	}
	set, err := b.IPSet()
	if err != nil {
		return Addresses{}, fmt.Errorf("union of prefixes: %w", err)
	}
	return Addresses{set}, nil
}

// unmappedBits is the prefix length without the 96 bits of an IPv4-mapped address.
func unmappedBits(p netip.Prefix) int {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return p.Bits() - 96
	}
	return p.Bits()
}

// Count is the number of IPv4 addresses. IPv6 is left out: a single prefix of it would
// outweigh the whole of IPv4.
func (a Addresses) Count() uint64 {
	var n uint64
	for _, r := range a.ranges() {
		if r.From().Is4() {
			n += uint64(number(r.To())) - uint64(number(r.From())) + 1
		}
	}
	return n
}

func (a Addresses) ranges() []netipx.IPRange {
	if a.set == nil {
		return nil
	}
	return a.set.Ranges()
}

func number(a netip.Addr) uint32 {
	b := a.As4()
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

// ContainsAll reports whether the set holds every address of the prefix.
func (a Addresses) ContainsAll(p netip.Prefix) bool { return a.set != nil && a.set.ContainsPrefix(p) }

// Overlaps reports whether the set holds some address of the prefix.
func (a Addresses) Overlaps(p netip.Prefix) bool { return a.set != nil && a.set.OverlapsPrefix(p) }

// Share is which part of a prefix's addresses the set holds, 0 to 1; of IPv6, all or nothing.
func (a Addresses) Share(p netip.Prefix) float64 {
	p = netip.PrefixFrom(p.Addr().Unmap(), unmappedBits(p)).Masked()
	if a.ContainsAll(p) {
		return 1
	}
	if !p.Addr().Is4() || !a.Overlaps(p) {
		return 0
	}
	var b netipx.IPSetBuilder
	b.AddPrefix(p)
	return float64(a.Intersect(finished(&b)).Count()) / float64(uint64(1)<<(32-p.Bits()))
}

// Intersect gives what both sets hold.
func (a Addresses) Intersect(other Addresses) Addresses {
	if a.set == nil || other.set == nil {
		return Addresses{}
	}
	var b netipx.IPSetBuilder
	b.AddSet(a.set)
	b.Intersect(other.set)
	return finished(&b)
}

// Without gives what the set holds and the other does not.
func (a Addresses) Without(other Addresses) Addresses {
	if a.set == nil || other.set == nil {
		return a
	}
	var b netipx.IPSetBuilder
	b.AddSet(a.set)
	b.RemoveSet(other.set)
	return finished(&b)
}

// finished builds a set whose parts were valid already.
func finished(b *netipx.IPSetBuilder) Addresses {
	set, err := b.IPSet()
	if err != nil {
		panic(err) // IPSet fails only for invalid additions, and sets are valid
	}
	return Addresses{set}
}

// Sum adds up the IPv4 addresses of distinct prefixes, which counts an address once for
// every prefix that holds it. It is what most published figures are; [Addresses.Count] is
// the number of addresses.
func Sum(prefixes []netip.Prefix) uint64 {
	var n uint64
	for p := range distinct(prefixes) {
		if p.Addr().Is4() {
			n += 1 << (32 - p.Bits())
		}
	}
	return n
}

// SumInside adds up, over distinct prefixes, the IPv4 addresses that also lie in the set.
func SumInside(prefixes []netip.Prefix, set Addresses) uint64 {
	var n uint64
	for p := range distinct(prefixes) {
		var b netipx.IPSetBuilder
		b.AddPrefix(p)
		n += finished(&b).Intersect(set).Count()
	}
	return n
}

// NetworkPrefix is a prefix with the network that it belongs to.
type NetworkPrefix struct {
	Prefix  netip.Prefix
	Network string
}

// ByNetwork splits the IPv4 addresses of a set by network: a longer prefix wins over one
// that covers it, and what no prefix holds is in the network "".
func ByNetwork(set Addresses, networks []NetworkPrefix) map[string]uint64 {
	touching := slices.DeleteFunc(slices.Clone(networks), func(n NetworkPrefix) bool { return !set.Overlaps(n.Prefix.Masked()) })
	slices.SortStableFunc(touching, func(a, b NetworkPrefix) int { return b.Prefix.Bits() - a.Prefix.Bits() })
	counts := map[string]uint64{}
	for _, n := range touching {
		var b netipx.IPSetBuilder
		b.AddPrefix(n.Prefix.Masked())
		own := finished(&b)
		counts[n.Network] += set.Intersect(own).Count()
		set = set.Without(own)
	}
	if rest := set.Count(); rest > 0 {
		counts[""] += rest
	}
	return counts
}

// distinct gives the prefixes in their plain form, each once.
func distinct(prefixes []netip.Prefix) map[netip.Prefix]struct{} {
	seen := make(map[netip.Prefix]struct{}, len(prefixes))
	for _, p := range prefixes {
		seen[netip.PrefixFrom(p.Addr().Unmap(), unmappedBits(p)).Masked()] = struct{}{}
	}
	return seen
}

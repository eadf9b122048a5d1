package simulate

import (
	"net/netip"
	"slices"
	"sort"
)

// blockEntry is one row of the block list with the days in which it stands in it.
type blockEntry struct {
	prefix netip.Prefix
	first  int // negative: before the simulation begins
	last   int // inclusive
}

// span is a closed run of addresses.
type span struct{ low, high uint32 }

// blockPlan is the block list over time; unions holds the merged spans of each day.
type blockPlan struct {
	entries []blockEntry
	unions  [][]span
}

// drawBlocks lays out the list: a history of small entries in the content space, partly
// nested, then the scenario's steps in the clouds' space.
func drawBlocks(s *Scenario, w *world, r random) blockPlan {
	var p blockPlan
	last := s.Days() - 1
	content := w.hosts[w.cloudCount+contentSpace].space
	for range s.BlockList.History.Networks24 {
		prefix := netip.PrefixFrom(inside(&r, content), 24).Masked()
		p.entries = append(p.entries, blockEntry{prefix, -1, last})
		if r.chance(.1) { // the same address again, inside: a plain sum would count it twice
			p.entries = append(p.entries, blockEntry{netip.PrefixFrom(inside(&r, prefix), 32), -1, last})
		}
	}
	for i := range s.BlockList.History.Addresses + s.BlockList.History.AddedADay*last {
		day := -1
		if i >= s.BlockList.History.Addresses {
			day = 1 + (i-s.BlockList.History.Addresses)/s.BlockList.History.AddedADay
		}
		p.entries = append(p.entries, blockEntry{netip.PrefixFrom(inside(&r, content), 32), day, last})
	}
	for _, step := range s.BlockList.Steps {
		day, space := s.day(step.Date), w.hosts[s.cloud(step.Cloud)].space
		for _, bits := range step.Add {
			prefix := p.free(&r, space, bits)
			p.entries = append(p.entries, blockEntry{prefix, day, last})
			if bits <= 14 { // overlapping rows, as registers have them
				p.entries = append(p.entries, blockEntry{netip.PrefixFrom(inside(&r, prefix), 24).Masked(), day, last})
			}
		}
	}
	for _, step := range s.BlockList.Steps {
		for _, bits := range step.Remove {
			p.remove(w.hosts[s.cloud(step.Cloud)].space, bits, s.day(step.Date))
		}
	}
	p.unions = make([][]span, s.Days())
	for day := range p.unions {
		p.unions[day] = union(p.on(day))
	}
	return p
}

// free finds an aligned prefix of the space that no entry of the same space overlaps.
func (p *blockPlan) free(r *random, space netip.Prefix, bits int) netip.Prefix {
	var prefix netip.Prefix
	for range 1000 {
		prefix = netip.PrefixFrom(inside(r, space), bits).Masked()
		if !slices.ContainsFunc(p.entries, func(e blockEntry) bool { return e.prefix.Overlaps(prefix) }) {
			return prefix
		}
	}
	return prefix // the space is full: an overlap is what registers have too
}

// remove ends the first standing entry of the length, and what lies inside it.
func (p *blockPlan) remove(space netip.Prefix, bits, day int) {
	for _, e := range p.entries {
		if e.prefix.Bits() != bits || !space.Overlaps(e.prefix) || e.first >= day || e.last < day {
			continue
		}
		for i := range p.entries {
			if e.prefix.Overlaps(p.entries[i].prefix) {
				p.entries[i].last = day - 1
			}
		}
		return
	}
}

// on gives the rows of one day, in order of address.
func (p *blockPlan) on(day int) []netip.Prefix {
	var rows []netip.Prefix
	for _, e := range p.entries {
		if e.first <= day && day <= e.last {
			rows = append(rows, e.prefix)
		}
	}
	slices.SortFunc(rows, func(a, b netip.Prefix) int {
		if c := a.Addr().Compare(b.Addr()); c != 0 {
			return c
		}
		return a.Bits() - b.Bits()
	})
	return slices.Compact(rows)
}

// union merges sorted prefixes into disjoint spans.
func union(sorted []netip.Prefix) []span {
	var spans []span
	for _, p := range sorted {
		low := toUint32(p.Addr())
		high := low + uint32(uint64(1)<<(32-p.Bits())-1)
		if n := len(spans); n > 0 && low <= spans[n-1].high {
			spans[n-1].high = max(spans[n-1].high, high)
			continue
		}
		spans = append(spans, span{low, high})
	}
	return spans
}

// blocks reports whether the list holds the address on that day. IPv6 is never listed.
func (p *blockPlan) blocks(addr netip.Addr, day int) bool {
	if !addr.Is4() {
		return false
	}
	a, spans := toUint32(addr), p.unions[day]
	i := sort.Search(len(spans), func(i int) bool { return spans[i].high >= a })
	return i < len(spans) && spans[i].low <= a
}

// addresses counts what the list holds on that day, each address once.
func (p *blockPlan) addresses(day int) int {
	n := 0
	for _, s := range p.unions[day] {
		n += int(s.high-s.low) + 1
	}
	return n
}

// firstBlocked is the first day from the given one on which the address is listed, -1 if none.
func (p *blockPlan) firstBlocked(addr netip.Addr, from int) int {
	for day := max(0, from); day < len(p.unions); day++ {
		if p.blocks(addr, day) {
			return day
		}
	}
	return -1
}

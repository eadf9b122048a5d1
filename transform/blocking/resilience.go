package blocking

import "slices"

// Border is how a country is tied to the rest of the world.
type Border struct {
	Networks int     // with at least one foreign neighbour
	Links    int     // between a domestic and a foreign network, each counted once
	HHI      float64 // Herfindahl-Hirschman index of the networks' shares of the links, 0 to 1
	TopThree float64 // share of the links that the three largest hold
}

// Link is a relation between two networks, whatever its direction or kind.
type Link struct{ A, B uint32 }

// MeasureBorder counts the foreign links of a country's networks.
func MeasureBorder(links []Link, domestic func(asn uint32) bool) Border {
	seen := map[Link]bool{}
	byNetwork := map[uint32]int{}
	var b Border
	for _, l := range links {
		inside, outside := l.A, l.B
		if domestic(l.A) == domestic(l.B) {
			continue
		}
		if domestic(l.B) {
			inside, outside = l.B, l.A
		}
		if key := (Link{inside, outside}); !seen[key] {
			seen[key] = true
			byNetwork[inside]++
			b.Links++
		}
	}
	b.Networks = len(byNetwork)
	counts := make([]int, 0, len(byNetwork))
	for _, n := range byNetwork {
		counts = append(counts, n)
	}
	slices.Sort(counts)
	for _, n := range counts { // in one order: a sum of floats depends on it
		share := float64(n) / float64(b.Links)
		b.HHI += share * share
	}
	for _, n := range counts[max(0, len(counts)-3):] {
		b.TopThree += float64(n) / float64(b.Links)
	}
	return b
}

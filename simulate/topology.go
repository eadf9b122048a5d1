package simulate

import (
	"fmt"
	"slices"
	"strings"
)

// border is the networks of one country that have links abroad.
type border struct {
	country string
	asns    []uint32
	links   [][]uint32 // foreign neighbours of each
}

func (g *Generator) topology() []border {
	var borders []border
	for i, t := range g.scenario.Topology {
		r := stream(g.seed, keyTopology, uint64(i))
		b := border{country: t.Country}
		first := uint32(4210000000 + i*1_000_000)
		for k := range t.Networks {
			b.asns = append(b.asns, first+uint32(k*7))
			var links []uint32
			// Few networks have most of the links, as everywhere.
			count := 1 + int(r.exponential(max(0, t.ForeignLinks-1)))
			for range count {
				links = append(links, 4230000000+uint32(r.intn(4000)))
			}
			slices.Sort(links)
			b.links = append(b.links, slices.Compact(links))
		}
		borders = append(borders, b)
	}
	return borders
}

func (b *border) truth() TopologyTruth {
	t := TopologyTruth{Country: b.country, Networks: len(b.asns)}
	for _, l := range b.links {
		t.Links += len(l)
	}
	for _, l := range b.links {
		share := float64(len(l)) / float64(t.Links)
		t.Concentrated += share * share
	}
	return t
}

// relationships writes CAIDA's AS relationship format (serial-1): provider|customer|-1.
func relationships(borders []border) []byte {
	var b strings.Builder
	b.WriteString("# simulated\n# provider|customer|-1, peer|peer|0\n")
	for _, x := range borders {
		for i, asn := range x.asns {
			for _, foreign := range x.links[i] {
				fmt.Fprintf(&b, "%d|%d|-1\n", foreign, asn)
			}
		}
	}
	return []byte(b.String())
}

// delegations writes the RIRs' extended statistics format.
func delegations(borders []border, date string) []byte {
	var b strings.Builder
	compact := strings.ReplaceAll(date, "-", "")
	total := 0
	for _, x := range borders {
		total += len(x.asns)
	}
	total += 4000
	fmt.Fprintf(&b, "# simulated\n2|simulated|%s|%d|19830101|%s|+0000\nsimulated|*|asn|*|%d|summary\n", compact, total, compact, total)
	for _, x := range borders {
		for _, asn := range x.asns {
			fmt.Fprintf(&b, "simulated|%s|asn|%d|1|20100101|assigned|simulated\n", strings.ToUpper(x.country), asn)
		}
	}
	fmt.Fprintf(&b, "simulated|US|asn|%d|%d|20100101|assigned|simulated\n", 4230000000, 4000)
	return []byte(b.String())
}

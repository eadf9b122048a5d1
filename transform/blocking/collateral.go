package blocking

import (
	"net/netip"
	"strings"
)

// Resolution is where a registered domain resolved to and how often it was asked for.
// Prefixes are what is kept of the answers: single addresses, or /24 and /48.
type Resolution struct {
	Domain   string
	Prefixes []netip.Prefix
	Queries  uint64
}

// Collateral is how much of the legitimate web resolves into blocked space.
type Collateral struct {
	Domains        int
	SoftDomains    int // some answer lies in blocked space
	HardDomains    int // every answer does, wholly
	Queries        uint64
	SoftQueries    uint64
	HardQueries    uint64
	Soft, Hard     Proportion // of queries
	SoftOf, HardOf Proportion // of domains
	WithoutAnswer  int        // domains without an address, in none of the above
	Partial        uint64     // queries that would be soft too if a part of a prefix were enough
}

// blockedShare is the part of a prefix that has to be blocked for it to count: the
// address of the site lies anywhere in it, so this is the likelier side.
const blockedShare = .5

// MeasureCollateral counts the domains that a block list takes down. What is kept as a
// prefix counts as soft where at least half of it is blocked and as hard where all of it
// is; what a smaller part would make soft is counted apart.
func MeasureCollateral(resolutions []Resolution, blocked Addresses) Collateral {
	var c Collateral
	for _, r := range resolutions {
		if len(r.Prefixes) == 0 {
			c.WithoutAnswer++
			continue
		}
		c.Domains++
		c.Queries += r.Queries
		soft, hard, touched := false, true, false
		for _, p := range r.Prefixes {
			share := blocked.Share(p)
			soft, hard, touched = soft || share >= blockedShare, hard && share == 1, touched || share > 0
		}
		if touched && !soft {
			c.Partial += r.Queries
		}
		if soft {
			c.SoftDomains++
			c.SoftQueries += r.Queries
		}
		if hard {
			c.HardDomains++
			c.HardQueries += r.Queries
		}
	}
	c.Soft, c.Hard = Wilson(c.SoftQueries, c.Queries), Wilson(c.HardQueries, c.Queries)
	c.SoftOf, c.HardOf = Wilson(uint64(c.SoftDomains), uint64(c.Domains)), Wilson(uint64(c.HardDomains), uint64(c.Domains))
	return c
}

// Precision is the share of a block list's addresses that are the target's.
func Precision(blocked, target Addresses) float64 {
	n := blocked.Count()
	if n == 0 {
		return 0
	}
	return float64(blocked.Intersect(target).Count()) / float64(n)
}

// Overblocked lists the names that a substring rule hits in addition to its target and the
// target's subdomains: on 10 March 2021 the rule *t.co* slowed down reddit.com,
// microsoft.com and rt.com (net4people/bbs issue 65).
func Overblocked(substring, target string, names []string) []string {
	substring, target = strings.ToLower(substring), strings.ToLower(target)
	var hit []string
	for _, name := range names {
		n := strings.ToLower(strings.TrimSuffix(name, "."))
		if strings.Contains(n, substring) && n != target && !strings.HasSuffix(n, "."+target) {
			hit = append(hit, name)
		}
	}
	return hit
}

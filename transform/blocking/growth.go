package blocking

import (
	"net/netip"
	"slices"
	"time"
)

// Snapshot is a block list as it was seen on a day. The day is that of the observation:
// the date of a decree may lie years before the block.
type Snapshot struct {
	Day      time.Time // UTC
	Prefixes []netip.Prefix
}

// Growth is a block list on one day of observation.
type Growth struct {
	Day       time.Time
	Rows      int    // distinct prefixes
	Addresses uint64 // IPv4, each counted once
	Added     uint64 // IPv4 addresses since the observation before
	Removed   uint64
}

// Grow compares observations in the order of their days; the first has nothing to be
// compared with and counts nothing as added.
func Grow(snapshots []Snapshot) ([]Growth, error) {
	ordered := slices.Clone(snapshots)
	slices.SortStableFunc(ordered, func(a, b Snapshot) int { return a.Day.Compare(b.Day) })
	var growth []Growth
	var before Addresses
	for i, s := range ordered {
		now, err := Union(s.Prefixes)
		if err != nil {
			return nil, err
		}
		g := Growth{Day: s.Day, Rows: len(distinct(s.Prefixes)), Addresses: now.Count()}
		if i > 0 {
			g.Added, g.Removed = now.Without(before).Count(), before.Without(now).Count()
		}
		growth = append(growth, g)
		before = now
	}
	return growth, nil
}

package blocking

import (
	"net/netip"
	"slices"
	"time"
)

// Endpoint is a prefix at which a service was reached, with its network.
type Endpoint struct {
	Prefix netip.Prefix
	ASN    uint32
}

// Sighting is the endpoints of a service seen on one day. Days on which nobody looked are
// left out of the series, not given as empty.
type Sighting struct {
	Day       time.Time // UTC midnight
	Endpoints []Endpoint
}

// Change is the churn from one sighting to the next.
type Change struct {
	Day        time.Time
	Present    int
	Arrivals   int     // not seen before on any day
	Returns    int     // seen before, but not at the sighting before
	Departures int     // seen at the sighting before
	Jaccard    float64 // of the two sightings; 1 for two empty ones
}

// Churn is how a service moves over prefixes and networks.
type Churn struct {
	Changes   []Change
	Lifetimes []Lifetime        // one an endpoint, first to last day seen
	Moves     map[[2]uint32]int // from network to network: departures matched with the arrivals of the same day
	Networks  map[uint32]int    // endpoints by network, over all days
	FirstSeen map[Endpoint]time.Time
}

// grace is how many days an endpoint may go unseen at the end of the observation before
// it counts as gone: few clients do not reach every endpoint every day.
const grace = 3

// MeasureChurn follows the endpoints through sightings, which must be in order. An
// endpoint of the first sighting is older than is known (left truncation: its age begins
// unknown, so it counts from the first day only), one of the last has not ended.
func MeasureChurn(sightings []Sighting) Churn {
	c := Churn{Moves: map[[2]uint32]int{}, Networks: map[uint32]int{}, FirstSeen: map[Endpoint]time.Time{}}
	if len(sightings) == 0 {
		return c
	}
	lastSeen := map[Endpoint]time.Time{}
	var before map[Endpoint]bool
	for _, s := range sightings {
		now := make(map[Endpoint]bool, len(s.Endpoints))
		change := Change{Day: s.Day}
		var arrived, departed []Endpoint
		for _, e := range s.Endpoints {
			if now[e] {
				continue
			}
			now[e] = true
			if _, known := c.FirstSeen[e]; !known {
				c.FirstSeen[e] = s.Day
				c.Networks[e.ASN]++
				arrived = append(arrived, e)
			} else if !before[e] {
				change.Returns++
			}
			lastSeen[e] = s.Day
		}
		both := 0
		for e := range before {
			if now[e] {
				both++
				continue
			}
			departed = append(departed, e)
		}
		change.Present, change.Departures = len(now), len(departed)
		change.Jaccard = 1
		if all := len(now) + len(before) - both; all > 0 {
			change.Jaccard = float64(both) / float64(all)
		}
		if before != nil {
			change.Arrivals = len(arrived)
			c.move(departed, arrived)
			c.Changes = append(c.Changes, change)
		}
		before = now
	}
	first, last := sightings[0].Day, sightings[len(sightings)-1].Day
	for e, seen := range c.FirstSeen {
		if seen.Equal(first) {
			continue // its age is unknown
		}
		c.Lifetimes = append(c.Lifetimes, Lifetime{Exit: days(seen, lastSeen[e]) + 1, Ended: days(lastSeen[e], last) > grace})
	}
	slices.SortFunc(c.Lifetimes, func(a, b Lifetime) int {
		if a.Exit != b.Exit {
			return int(a.Exit - b.Exit)
		}
		if a.Ended == b.Ended {
			return 0
		}
		if a.Ended {
			return -1
		}
		return 1
	})
	return c
}

// move spreads a day's arrivals over its departures by network, in proportion, rounded to
// whole endpoints from the largest share down; what is left over came from nowhere (0).
func (c *Churn) move(departed, arrived []Endpoint) {
	from := map[uint32]int{}
	for _, e := range departed {
		from[e.ASN]++
	}
	sources := make([]uint32, 0, len(from))
	for asn := range from {
		sources = append(sources, asn)
	}
	slices.SortFunc(sources, func(a, b uint32) int {
		if from[a] != from[b] {
			return from[b] - from[a]
		}
		return int(int64(a) - int64(b))
	})
	for _, e := range arrived {
		source := uint32(0)
		for _, asn := range sources {
			if from[asn] > 0 {
				source = asn
				from[asn]--
				break
			}
		}
		c.Moves[[2]uint32{source, e.ASN}]++
	}
}

func days(from, to time.Time) float64 { return to.Sub(from).Hours() / 24 }

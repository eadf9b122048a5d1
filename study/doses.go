package study

import (
	"context"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"time"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/blocking"
)

// A day on which a block list changed is a stage of the event before it where it lies at most stageDays after it and at least
// stageShare of the largest change within stageDays of the event came or went. Smaller ones are a register's everyday.
const (
	stageDays  = 28
	stageShare = .05
)

// blockLists are the lists of the store by their names, each as it was seen, in order.
func blockLists(ctx context.Context, r *reading, simulated bool) (map[string][]blocking.Snapshot, error) {
	list, err := rows[struct {
		List, Prefix string
		AsOf         string `json:"as_of"`
		Simulated    uint8
	}](ctx, r, "block_list", nil)
	if err != nil {
		return nil, err
	}
	lists := map[string][]blocking.Snapshot{}
	for _, row := range list {
		if (row.Simulated == 1) != simulated {
			continue
		}
		prefix, err := netip.ParsePrefix(row.Prefix)
		if err != nil {
			return nil, fmt.Errorf("query block_list: %w", err)
		}
		seen := lists[row.List]
		if n := len(seen); n == 0 || !seen[n-1].Day.Equal(dayOf(row.AsOf)) {
			seen = append(seen, blocking.Snapshot{Day: dayOf(row.AsOf)})
		}
		last := &seen[len(seen)-1]
		last.Prefixes = append(last.Prefixes, prefix)
		lists[row.List] = seen
	}
	return lists, nil
}

// withDoses gives the events of each country whose code is the name of a list the addresses that came on it and went from it, by
// day, in place of those that the catalogue tells.
func withDoses(catalogue []events.Event, lists map[string][]blocking.Snapshot) ([]events.Event, error) {
	made := slices.Clone(catalogue)
	for country, snapshots := range lists {
		grown, err := blocking.Grow(snapshots)
		if err != nil {
			return nil, fmt.Errorf("block list %s: %w", country, err)
		}
		changes := dailyChanges(grown)
		for i := range made {
			e := &made[i]
			if e.Country != country || !carriedOut(*e) {
				continue
			}
			if doses := dosesOf(*e, nextCarriedOut(*e, catalogue), changes, country); len(doses) > 0 {
				e.Doses = append(slices.DeleteFunc(slices.Clone(e.Doses), func(d events.Dose) bool { return d.Unit == events.Addresses }), doses...)
			}
		}
	}
	return made, nil
}

// change is by how many addresses a list grew on a day, negative where it shrank.
type change struct {
	day time.Time
	net float64
}

// dailyChanges are those of which the day is known: the list was seen on the day before, too.
func dailyChanges(grown []blocking.Growth) []change {
	var list []change
	for n := 1; n < len(grown); n++ {
		if grown[n-1].Day.AddDate(0, 0, 1).Equal(grown[n].Day) {
			list = append(list, change{grown[n].Day, float64(grown[n].Added) - float64(grown[n].Removed)})
		}
	}
	return list
}

// dosesOf are the changes that are stages of e, which ends where the next event begins.
func dosesOf(e events.Event, next time.Time, changes []change, list string) []events.Dose {
	from, until := e.Date(), e.Date().AddDate(0, 0, stageDays+1)
	largest := 0.0
	for _, c := range changes {
		if !c.day.Before(from.AddDate(0, 0, -stageDays)) && c.day.Before(until) {
			largest = math.Max(largest, math.Abs(c.net))
		}
	}
	var doses []events.Dose
	for _, c := range changes {
		if c.day.Before(from) || !c.day.Before(until) || !next.IsZero() && !c.day.Before(next) || math.Abs(c.net) < stageShare*largest || c.net == 0 {
			continue
		}
		doses = append(doses, events.Dose{Date: c.day.Format(time.DateOnly), Amount: c.net, Unit: events.Addresses, Source: "block list " + list})
	}
	return doses
}

// carriedOut says whether an event is one with which addresses are blocked or unblocked, on a day that is known.
func carriedOut(e events.Event) bool {
	switch e.Kind {
	case events.Enforce, events.Throttle, events.Registry, events.Unblock:
		return e.Precision != "month"
	}
	return false
}

// nextCarriedOut is the day of the country's next such event, zero of none.
func nextCarriedOut(e events.Event, catalogue []events.Event) (next time.Time) {
	for _, other := range catalogue {
		if t := other.Date(); other.Country == e.Country && carriedOut(other) && t.After(e.Date()) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	return next
}

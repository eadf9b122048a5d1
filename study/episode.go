package study

import (
	"cmp"
	"slices"
	"strings"

	"github.com/banshift/banshift/schemas/events"
)

// onePerEpisode pools of each episode the event that carries it: of those that can be pooled, the widest measure. Events
// are of one episode where a chain of them is, each within a week of the next. The rule reads the catalogue alone, never
// an effect.
func onePerEpisode(list []Entry) {
	for _, members := range episodes(list) {
		slices.SortFunc(members, func(a, b int) int { return list[a].narrower(list[b]) })
		for n, i := range members {
			x := &list[i]
			if x.Pooled = n == 0; !x.Pooled {
				x.Why, x.Detail = whyEpisode, list[members[0]].Event
			}
		}
	}
}

// episodes are the entries that nothing speaks against, by episode.
func episodes(list []Entry) [][]int {
	leader := map[string]string{} // by event, one that is nearer to the first of its episode
	var first func(id string) string
	first = func(id string) string {
		if up, joined := leader[id]; joined {
			return first(up)
		}
		return id
	}
	for _, x := range list {
		for _, id := range x.Episode {
			if a, b := first(x.Event), first(id); a != b {
				leader[b] = a
			}
		}
	}
	at := map[string]int{}
	var parts [][]int
	for i, x := range list {
		if x.Why != "" {
			continue
		}
		id := first(x.Event)
		n, known := at[id]
		if !known {
			n, at[id] = len(parts), len(parts)
			parts = append(parts, nil)
		}
		parts[n] = append(parts[n], i)
	}
	return parts
}

// narrower orders events of one episode, the widest measure first: what was done before what was said, a shutdown before a
// block, the Internet before mobile networks before services, many services before one, a block before a throttle; then
// the earlier one.
func (x Entry) narrower(y Entry) int {
	rank := func(e Entry) []int {
		done, shut, block := 0, 0, 0
		switch events.Kind(e.Kind) {
		case events.Shutdown:
			done, shut = 1, 1
		case events.Enforce:
			done, block = 1, 1
		case events.Throttle, events.Unblock:
			done = 1
		}
		return []int{done, shut, map[string]int{"internet": 2, "mobile_internet": 1}[e.Type], e.services, block}
	}
	return cmp.Or(slices.Compare(rank(y), rank(x)), strings.Compare(x.Date, y.Date), strings.Compare(x.Event, y.Event))
}

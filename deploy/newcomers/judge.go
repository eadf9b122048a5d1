package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas"
	counts "github.com/banshift/banshift/schemas/use"
	"github.com/banshift/banshift/simulate"
)

// ways are what is found by all clients of servers, by those who are alone with them, and by either, as a store does.
type ways struct{ all, alone, either world }

// judge says of a world what a store says of it, without one: for many worlds, and larger ones. What it says is compared
// with a store before it is used ([sameAsStore]).
func judge(n simulate.Newcomers, seed uint64, rise load.Rise, most float64) (ways, error) {
	o := newObserved(n, rise, most)
	truth := make([][]int, n.Countries)
	err := n.Each(seed, func(day simulate.Encounters) error {
		for c, users := range day.Users {
			truth[c] = append(truth[c], users)
		}
		return o.add(day)
	})
	if err != nil {
		return ways{}, err
	}
	judged := make([]bool, n.Days)
	for day := daysBefore; day < n.Days; day++ {
		judged[day] = true
	}
	of := func(by ...[]map[uint32]clients) world {
		w := world{truth: truth}
		for c := range n.Countries {
			w.judged, w.found = append(w.judged, judged), append(w.found, o.found(c, by...))
		}
		return w
	}
	return ways{all: of(o.all), alone: of(o.alone), either: of(o.all, o.alone)}, nil
}

// daysBefore are how many days have to be known before a day (count_unknown.sql).
const daysBefore = 18

// clients are those of one server network, by day.
type clients []map[uint64]bool

func (c clients) add(day int, client uint64) {
	if c[day] == nil {
		c[day] = map[uint64]bool{}
	}
	c[day][client] = true
}

// observed are the clients of each server network by country and day.
type observed struct {
	n        simulate.Newcomers
	rise     load.Rise
	most     float64 // share of an hour's bytes
	everyone [][]int // by country and day
	// all are all clients of a country's servers, alone those of whom they have most of an hour.
	all, alone []map[uint32]clients
}

func newObserved(n simulate.Newcomers, rise load.Rise, most float64) *observed {
	o := &observed{n: n, rise: rise, most: most, everyone: make([][]int, n.Countries)}
	for range n.Countries {
		o.all, o.alone = append(o.all, map[uint32]clients{}), append(o.alone, map[uint32]clients{})
	}
	return o
}

// use is an hour of a client at a server network.
type use struct {
	client uint64
	hour   int64
	net    uint32
}

func (o *observed) add(day simulate.Encounters) error {
	flows, err := schemas.FlowsOf(day.Flows)
	if err != nil {
		return err
	}
	seen := make([]map[uint64]bool, o.n.Countries)
	for c := range seen {
		seen[c] = map[uint64]bool{}
	}
	hours, uses := map[use]uint64{}, map[use]uint64{} // of hours without a network
	for i, client := range flows.Client {
		seen[country(client)][client] = true
		bytes, at := flows.BytesUp[i]+flows.BytesDown[i], use{client: client, hour: schemas.Hour(int64(flows.Start[i]))}
		hours[at] += bytes
		if flows.SignaturesAt(i).Has(schemas.SigFullyEncrypted) {
			at.net = binary.BigEndian.Uint32(flows.Server.Value(i)[12:]) >> 8
			uses[at] += bytes
		}
	}
	for at, bytes := range uses {
		c := country(at.client)
		if o.all[c][at.net] == nil {
			o.all[c][at.net], o.alone[c][at.net] = make(clients, o.n.Days), make(clients, o.n.Days)
		}
		o.all[c][at.net].add(day.Day, at.client)
		if float64(bytes) >= o.most*float64(hours[use{client: at.client, hour: at.hour}]) {
			o.alone[c][at.net].add(day.Day, at.client)
		}
	}
	for c := range seen {
		o.everyone[c] = append(o.everyone[c], len(seen[c]))
	}
	return nil
}

func country(client uint64) int { return int(client >> 40) }

// count is how many clients a store counts: few are none.
func (o *observed) count(of clients, day int) int {
	if of == nil || len(of[day]) < int(o.rise.Fewest/uint64(o.rise.Factor)) {
		return 0
	}
	return len(of[day])
}

// base is the most of the week before.
func (o *observed) base(of clients, day int) (most int) {
	for d := max(0, day-7); d < day; d++ {
		most = max(most, o.count(of, d))
	}
	return most
}

// found are how many clients of a country used servers that came up within a week, by day. They came up by the clients
// of one way to count or of the next, and count by the first.
func (o *observed) found(c int, ways ...[]map[uint32]clients) []int {
	users := make(clients, o.n.Days)
	counted := map[[2]int]bool{} // by network and day
	for _, way := range ways {
		gains := make([]int, o.n.Days)
		for _, of := range way[c] {
			for day := range gains {
				gains[day] = max(gains[day], o.count(of, day)-o.base(of, day))
			}
		}
		for net, of := range way[c] {
			until := -1
			for day := daysBefore; day < o.n.Days; day++ {
				if o.comesUp(way, c, net, day, gains) {
					until = day + 6
				}
				if o.count(of, day) == 0 || day > until || counted[[2]int{int(net), day}] {
					continue
				}
				counted[[2]int{int(net), day}] = true
				for client := range of[day] {
					users.add(day, client)
				}
			}
		}
	}
	found := make([]int, o.n.Days)
	for day := range users {
		found[day] = len(users[day])
	}
	return found
}

func (o *observed) comesUp(way []map[uint32]clients, c int, net uint32, day int, gains []int) bool {
	used := o.count(way[c][net], day)
	if used < int(o.rise.Fewest) {
		return false
	}
	ordinary := slices.Sorted(slices.Values(gains[day-14 : day]))[7]
	usual, others, elsewhere := slices.Max(o.everyone[c][day-7:day]), 0, 0
	for other := range o.n.Countries {
		if other != c {
			others += o.count(way[other][net], day)
			elsewhere += o.everyone[other][day]
		}
	}
	return float64(used) >= max(o.rise.Factor*float64(o.base(way[c][net], day)), o.rise.Beyond*float64(ordinary)) &&
		float64(o.everyone[c][day]) <= 1.5*float64(usual) &&
		o.rise.Own*float64(others)*float64(o.everyone[c][day]) <= float64(used)*float64(elsewhere)
}

// sameAsStore fails where a store says something else of a world.
func sameAsStore(ctx context.Context, n simulate.Newcomers, seed uint64) error {
	counted, err := counts.Load()
	if err != nil {
		return err
	}
	stored, err := measure(ctx, n, seed, []load.Rise{load.ComesUp})
	if err != nil {
		return err
	}
	judged, err := judge(n, seed, load.ComesUp, counted.OnePeer)
	if err != nil {
		return err
	}
	for c := range n.Countries {
		if !slices.Equal(judged.either.found[c], stored[0].found[c]) || !slices.Equal(judged.either.judged[c], stored[0].judged[c]) {
			return fmt.Errorf("world %d, country %d: a store says %v, judge says %v", seed, c, stored[0].found[c], judged.either.found[c])
		}
	}
	return nil
}

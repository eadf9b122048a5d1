package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/simulate"
)

// judge says of a world what a store says of it, without one: for many worlds, and larger ones. What it says is compared
// with a store before it is used ([sameAsStore]).
func judge(n simulate.Newcomers, seed uint64, rise load.Rise) (world, error) {
	o := observed{n: n, rise: rise, everyone: make([][]int, n.Countries)}
	w := world{judged: make([][]bool, n.Countries), found: make([][]int, n.Countries), truth: make([][]int, n.Countries)}
	err := n.Each(seed, func(day simulate.Encounters) error {
		for c, users := range day.Users {
			w.truth[c] = append(w.truth[c], users)
		}
		return o.add(day)
	})
	if err != nil {
		return world{}, err
	}
	for c := range n.Countries {
		for day := range n.Days {
			w.judged[c] = append(w.judged[c], day >= daysBefore)
			w.found[c] = append(w.found[c], 0)
		}
		o.judge(c, w.found[c])
	}
	return w, nil
}

// daysBefore are how many days have to be known before a day (count_unknown.sql).
const daysBefore = 18

// observed are the clients of each server network by country and day.
type observed struct {
	n        simulate.Newcomers
	rise     load.Rise
	everyone [][]int                          // by country and day
	servers  []map[[16]byte][]map[uint64]bool // by country; clients by day
}

func (o *observed) add(day simulate.Encounters) error {
	flows, err := schemas.FlowsOf(day.Flows)
	if err != nil {
		return err
	}
	all := make([]map[uint64]bool, o.n.Countries)
	if o.servers == nil {
		o.servers = make([]map[[16]byte][]map[uint64]bool, o.n.Countries)
		for c := range o.servers {
			o.servers[c] = map[[16]byte][]map[uint64]bool{}
		}
	}
	for i, client := range flows.Client {
		c := int(client >> 40)
		if all[c] == nil {
			all[c] = map[uint64]bool{}
		}
		all[c][client] = true
		if !flows.SignaturesAt(i).Has(schemas.SigFullyEncrypted) {
			continue
		}
		server := [16]byte(flows.Server.Value(i))
		days := o.servers[c][server]
		if days == nil {
			days = make([]map[uint64]bool, o.n.Days)
			o.servers[c][server] = days
		}
		if days[day.Day] == nil {
			days[day.Day] = map[uint64]bool{}
		}
		days[day.Day][client] = true
	}
	for c := range all {
		o.everyone[c] = append(o.everyone[c], len(all[c]))
	}
	return nil
}

// clients are as many as a store counts: few are none.
func (o *observed) clients(c int, server [16]byte, day int) int {
	days := o.servers[c][server]
	if days == nil || len(days[day]) < int(o.rise.Fewest)/int(o.rise.Factor) {
		return 0
	}
	return len(days[day])
}

// judge adds the clients of servers of a country that came up within a week.
func (o *observed) judge(c int, found []int) {
	gains := make([]int, o.n.Days)
	base := func(server [16]byte, day int) (most int) {
		for d := max(0, day-7); d < day; d++ {
			most = max(most, o.clients(c, server, d))
		}
		return most
	}
	for server := range o.servers[c] {
		for day := range gains {
			gains[day] = max(gains[day], o.clients(c, server, day)-base(server, day))
		}
	}
	users := make([]map[uint64]bool, o.n.Days)
	for server, days := range o.servers[c] {
		until := -1
		for day := daysBefore; day < o.n.Days; day++ {
			used := o.clients(c, server, day)
			if used >= int(o.rise.Fewest) && o.comesUp(c, server, day, used, base(server, day), gains) {
				until = day + 6
			}
			if used == 0 || day > until {
				continue
			}
			if users[day] == nil {
				users[day] = map[uint64]bool{}
			}
			for client := range days[day] {
				users[day][client] = true
			}
		}
	}
	for day := range users {
		found[day] = len(users[day])
	}
}

func (o *observed) comesUp(c int, server [16]byte, day, used, base int, gains []int) bool {
	ordinary := slices.Sorted(slices.Values(gains[day-14 : day]))[7]
	usual, others, elsewhere := slices.Max(o.everyone[c][day-7:day]), 0, 0
	for other := range o.n.Countries {
		if other != c {
			others += o.clients(other, server, day)
			elsewhere += o.everyone[other][day]
		}
	}
	return float64(used) >= max(o.rise.Factor*float64(base), o.rise.Beyond*float64(ordinary)) &&
		float64(o.everyone[c][day]) <= 1.5*float64(usual) &&
		o.rise.Own*float64(others)*float64(o.everyone[c][day]) <= float64(used)*float64(elsewhere)
}

// sameAsStore fails where a store says something else of a world.
func sameAsStore(ctx context.Context, n simulate.Newcomers, seed uint64) error {
	stored, err := measure(ctx, n, seed, []load.Rise{load.ComesUp})
	if err != nil {
		return err
	}
	judged, err := judge(n, seed, load.ComesUp)
	if err != nil {
		return err
	}
	for c := range judged.found {
		if !slices.Equal(judged.found[c], stored[0].found[c]) || !slices.Equal(judged.judged[c], stored[0].judged[c]) {
			return fmt.Errorf("world %d, country %d: a store says %v, judge says %v", seed, c, stored[0].found[c], judged.found[c])
		}
	}
	return nil
}

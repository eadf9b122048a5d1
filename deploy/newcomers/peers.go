package main

import (
	"context"
	"fmt"
	"log"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/simulate"
)

// shares are assumptions of which part of a client's bytes of an hour goes to a server that it uses; no source says.
var shares = []struct {
	what string
	distuv.Beta
}{
	{"a fifth, Beta(1, 4)", distuv.Beta{Alpha: 1, Beta: 4}},
	{"half, Beta(2, 2)", distuv.Beta{Alpha: 2, Beta: 2}},
	{"four fifths, Beta(4, 1)", distuv.Beta{Alpha: 4, Beta: 1}},
}

// through is the same of a tunnel: nearly all, but for what was sent before and after it was up.
var through = distuv.Beta{Alpha: 8, Beta: 2}

// most are the shares from which on a server has most of a client's hour.
var most = []float64{.5, .8}

// anyServers is how many servers there are if their bytes need not be random.
const anyServers = 1000

// usedShare of the clients use the networks of some tools for something else.
const usedShare = .03

// design is a way to look for unknown tools.
type design struct {
	what     string
	quiet    falseOnes
	own, old found // tools on networks of their own, and on such that are used already
	alike    found
}

// tunnels are the tools that the designs are compared by: the same on networks of their own and on used ones.
func tunnels() []simulate.Launch {
	var all []simulate.Launch
	for _, used := range []float64{0, usedShare} {
		for _, t := range []struct {
			share   float64
			servers int
		}{{.05, 1}, {.1, 1}, {.1, 4}, {.1, 16}} {
			all = append(all, simulate.Launch{Country: len(all), Day: banDay, Share: t.share, Grow: 2, Servers: t.servers, Abroad: .05, Tool: true, Tunnel: true, Used: used * float64(min(t.servers, 4))})
		}
	}
	return all
}

// add counts what a design says of a world where nothing happened and of one with tools.
func (d *design) add(quiet, loud world, countries int) {
	d.quiet.add(quiet, allCountries(countries))
	for _, l := range tunnels() {
		f := &d.own
		if l.Used > 0 {
			f = &d.old
		}
		f.add(loud, l)
	}
	for _, l := range alike {
		d.alike.add(loud, l)
	}
}

func (d *design) row() string {
	rate, low, high := d.quiet.rate()
	return fmt.Sprintf("| %s | %.2f (%.2f to %.2f) | %s | %s | %s |\n", d.what, rate, low, high, d.own.portion(), d.old.portion(), d.alike.portion())
}

func (f found) portion() string {
	return fmt.Sprintf("%d of %d, %.0f %%", f.seen, f.worlds, 100*float64(f.shown)/float64(max(1, f.clientDays)))
}

// either is what two ways of looking at one world find together.
func either(a, b world) world {
	w := world{judged: a.judged, truth: a.truth}
	for c := range a.found {
		w.found = append(w.found, slices.Clone(a.found[c]))
		for day, n := range b.found[c] {
			w.found[c][day] = max(w.found[c][day], n)
		}
	}
	return w
}

// peers tables what looking for one-peer use adds.
func peers(ctx context.Context, b *strings.Builder, runs int) error {
	null, ban := simulate.DefaultNewcomers(), simulate.DefaultNewcomers()
	null.Events, ban.Events = ordinary, append(tunnels(), alike...)
	random := design{what: "random bytes | - | -"}
	var both, one, every []design
	for _, from := range most {
		for _, s := range shares {
			what := fmt.Sprintf("%s | %.0f %%", s.what, 100*from)
			both = append(both, design{what: "random bytes and one peer | " + what})
			one = append(one, design{what: "random bytes, or one peer among them | " + what})
			every = append(every, design{what: "one peer, any bytes | " + what})
		}
	}
	if err := sameAsStore(ctx, ban, 1100); err != nil {
		return err
	}
	for run := range runs {
		quiet, loud, err := pair(null, ban, run)
		if err != nil {
			return err
		}
		random.add(quiet, loud, null.Countries)
		i := 0
		for _, from := range most {
			for _, s := range shares {
				left := &simulate.OnePeer{Ordinary: s.Survival(from), Tunnel: through.Survival(from)}
				null.OnePeer, ban.OnePeer = left, left
				fewer, fewerLoud, err := pair(null, ban, run)
				if err != nil {
					return err
				}
				both[i].add(fewer, fewerLoud, null.Countries)
				one[i].add(either(quiet, fewer), either(loud, fewerLoud), null.Countries)
				wideNull, wideBan := null, ban
				wideNull.Servers, wideBan.Servers = anyServers, anyServers
				if fewer, fewerLoud, err = pair(wideNull, wideBan, run); err != nil {
					return err
				}
				every[i].add(fewer, fewerLoud, null.Countries)
				log.Printf("one peer: world %d of %d, %s, %g", run+1, runs, s.what, from)
				i++
			}
		}
		null.OnePeer, ban.OnePeer = nil, nil
	}
	for _, d := range slices.Concat([]design{random}, both, one, every) {
		b.WriteString(d.row())
	}
	return nil
}

// pair judges a world where nothing happened and one with tools.
func pair(null, ban simulate.Newcomers, run int) (quiet, loud world, err error) {
	if quiet, err = judge(null, 200+uint64(run), load.ComesUp); err != nil {
		return world{}, world{}, err
	}
	loud, err = judge(ban, 1100+uint64(run), load.ComesUp)
	return quiet, loud, err
}

package main

import (
	"context"
	"fmt"
	"log"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
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
const anyServers = 300

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

// peers tables what looking for one-peer use adds.
func peers(ctx context.Context, b *strings.Builder, runs int) error {
	null, ban := simulate.DefaultNewcomers(), simulate.DefaultNewcomers()
	null.Events, ban.Events = ordinary, append(tunnels(), alike...)
	ban.OnePeer = simulate.OnePeer{Ordinary: shares[0].Survival(most[0]), Tunnel: through.Survival(most[0])}
	if err := sameAsStore(ctx, ban, 1100); err != nil {
		return err
	}
	var random design
	var both, one, every []design
	for _, from := range most {
		for _, s := range shares {
			left := simulate.OnePeer{Ordinary: s.Survival(from), Tunnel: through.Survival(from)}
			what := fmt.Sprintf(" | %s | %.0f %%", s.what, 100*from)
			few, err := designs(null, ban, left, runs)
			if err != nil {
				return err
			}
			random = few.all.named("random bytes | – | –")
			both = append(both, few.alone.named("random bytes and one peer"+what))
			one = append(one, few.either.named("random bytes, or one peer among them"+what))
			log.Printf("one peer: %s, %g", s.what, from)
			if from > most[0] {
				continue // large worlds take long
			}
			wideNull, wideBan := null, ban
			wideNull.Servers, wideBan.Servers = anyServers, anyServers
			many, err := designs(wideNull, wideBan, left, runs)
			if err != nil {
				return err
			}
			every = append(every, many.alone.named("one peer, any bytes"+what))
		}
	}
	fmt.Fprintf(b, peersText, 199+runs, 1099+runs, anyServers)
	for _, d := range slices.Concat([]design{random}, both, one, every) {
		b.WriteString(d.row())
	}
	return nil
}

// compared are what three designs find in the same worlds.
type compared struct{ all, alone, either design }

// named is the same under another name.
func (d design) named(what string) design {
	d.what = what
	return d
}

// designs judges pairs of worlds.
func designs(null, ban simulate.Newcomers, left simulate.OnePeer, runs int) (compared, error) {
	var c compared
	for run := range runs {
		quiet, loud, err := pair(null, ban, left, run)
		if err != nil {
			return c, err
		}
		c.all.add(quiet.all, loud.all, null.Countries)
		c.alone.add(quiet.alone, loud.alone, null.Countries)
		c.either.add(quiet.either, loud.either, null.Countries)
	}
	return c, nil
}

// pair judges a world where nothing happened and one with tools.
func pair(null, ban simulate.Newcomers, left simulate.OnePeer, run int) (quiet, loud ways, err error) {
	null.OnePeer, ban.OnePeer = left, left
	// What is drawn is whether a server has nearly all of an hour or next to nothing: half tells these apart.
	var both errgroup.Group
	both.Go(func() (err error) { quiet, err = judge(null, 200+uint64(run), load.ComesUp, .5); return err })
	both.Go(func() (err error) { loud, err = judge(ban, 1100+uint64(run), load.ComesUp, .5); return err })
	return quiet, loud, both.Wait()
}

const peersText = `
## One-peer use

A tunnel has most of what its clients send. A server also comes up where so many more clients than before send it most of their bytes of an hour, though others used it already: then only these clients are
counted. What adds that? No source says how the shares of ordinary use are distributed, so three assumptions are tried: a use of a server that is no tunnel's has a fifth, half or four fifths of the
client's bytes of that hour on average. A tunnel has four fifths (Beta(8, 2)). The worlds are those above, with other tools: 5 %% or 10 %% of the clients on one network, 10 %% on 4 and on 16, each
twice: on networks of their own, and on networks that 3 %% of the country's clients each use for something else all the time.

Nothing happened: seeds 200 to %d, false runs a country-year; tools: seeds 1100 to %d, tools seen and what is found of their client-days of the first week; alike: the services of the last table. *Random bytes, or
one peer among them* is what the store does, at half of an hour's bytes (one_peer in schemas/use/use.yaml). *Any bytes* looks at all servers that nothing names, of which there are %d here.
These worlds are judged without a store, by the same rule; what a store says of one world with tools was the same, day by day, or nothing would be written. ` + "`" + `go run ./deploy/newcomers -one-peer 4` + "`" + ` measures this part alone.

| looked for | an ordinary share | most is | false runs | tools on own networks | tools on networks in use | alike |
|---|---|---|---|---|---|---|
`

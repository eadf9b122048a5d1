package main

import (
	"context"
	"fmt"
	"log"
	"strings"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/simulate"
)

// Days of the events: before all of them a store has its 21 days.
const (
	banDay   = 45
	firstDay = 21
)

// ordinary are events that are not of one country, and sensors: nothing of it may count.
var ordinary = []simulate.Launch{
	{What: "a game of all countries", Country: -1, Day: 30, Share: .03, Servers: 4},
	{What: "an update of a day", Country: -1, Day: 38, Days: 1, Share: .08, Servers: 2},
	{What: "a service that moves", Country: -1, Day: 52, Share: .04, Servers: 3},
	{What: "new sensors, 1.4", Country: 2, Day: 45, Sensors: 1.4},
	{What: "new sensors, 2", Country: 3, Day: 45, Sensors: 2},
}

// tools are the ways in which an unknown tool may grow, one a country.
func tools() []simulate.Launch {
	var all []simulate.Launch
	for _, share := range []float64{.02, .05, .1} {
		for _, spread := range []struct {
			what          string
			servers, move int
		}{{"1 network", 1, 0}, {"4 networks", 4, 0}, {"16 networks", 16, 0}, {"4 networks, others every 3 days", 4, 3}} {
			all = append(all, simulate.Launch{
				What: fmt.Sprintf("%.0f %% | %s", 100*share, spread.what), Country: len(all), Day: banDay, Share: share, Grow: 2, Servers: spread.servers, Move: spread.move, Abroad: .05, Tool: true,
			})
		}
	}
	return all
}

// alike are ordinary events of one country, which look the same.
var alike = []simulate.Launch{
	{What: "a game of one country, at once", Country: 12, Day: banDay, Share: .05, Servers: 2, Tool: true},
	{What: "a game of one country, over two weeks", Country: 13, Day: banDay, Share: .05, Grow: 7, Servers: 2, Tool: true},
	{What: "an update of a day in one country", Country: 14, Day: banDay, Days: 1, Share: .05, Servers: 2, Tool: true},
	{What: "a service of one country that moves to other networks", Country: 15, Day: banDay, Share: .05, Servers: 3, Tool: true},
}

// falseOnes counts what came up where nothing did: runs of days, and of how many days.
type falseOnes struct{ runs, days int }

func (f *falseOnes) add(w world, countries []int) {
	for _, c := range countries {
		before := false
		for day, judged := range w.judged[c] {
			if !judged {
				continue
			}
			f.days++
			now := w.found[c][day] > 0
			if now && !before {
				f.runs++
			}
			before = now
		}
	}
}

func (f falseOnes) years() float64 { return float64(f.days) / 365 }

// rate is a country-year's, with the exact interval of a Poisson count (Garwood 1936).
func (f falseOnes) rate() (rate, low, high float64) {
	k, years := float64(f.runs), f.years()
	if f.runs > 0 {
		low = distuv.ChiSquared{K: 2 * k}.Quantile(.025) / 2 / years
	}
	return k / years, low, distuv.ChiSquared{K: 2*k + 2}.Quantile(.975) / 2 / years
}

// sizes are the clients of each of a tool's networks a day, where a line of the table by size begins.
var sizes = []int{0, 5, 10, 20, 40, 80}

// bySize is the place of a tool among them, by its clients on the seventh day.
func bySize(w world, l simulate.Launch) int {
	each := w.truth[l.Country][l.Day+6] / l.Servers
	i := 0
	for i+1 < len(sizes) && each >= sizes[i+1] {
		i++
	}
	return i
}

// found is how much of what was launched in a country is shown in its first week.
type found struct {
	clientDays, shown int
	worlds, seen      int
	late              int // days until it was seen, of those that were
}

func (f *found) add(w world, l simulate.Launch) {
	f.worlds++
	seen := false
	for day := l.Day; day < l.Day+7; day++ {
		f.clientDays += w.truth[l.Country][day]
		f.shown += min(w.truth[l.Country][day], w.found[l.Country][day])
		if w.found[l.Country][day] > 0 && !seen {
			seen = true
			f.late += day - l.Day
		}
	}
	if seen {
		f.seen++
	}
}

func (f found) row(what string) string {
	late := "–"
	if f.seen > 0 {
		late = fmt.Sprintf("%.1f", float64(f.late)/float64(f.seen))
	}
	return fmt.Sprintf("| %s | %d of %d | %s | %.0f %% |\n", what, f.seen, f.worlds, late, 100*float64(f.shown)/float64(max(1, f.clientDays)))
}

func allCountries(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// report measures and writes the page. Worlds 1 to 4 and 11 to 14 chose the rise; those of the tables are others.
func report(ctx context.Context, runs int) (string, error) {
	var b strings.Builder
	null, ban := simulate.DefaultNewcomers(), simulate.DefaultNewcomers()
	null.Events = ordinary
	ban.Events = append(tools(), alike...)
	header(&b, null)
	began := time.Now()
	if err := choose(ctx, &b, null, ban); err != nil {
		return "", err
	}
	var f falseOnes
	for run := range runs {
		w, err := measure(ctx, null, 100+uint64(run), []load.Rise{load.ComesUp})
		if err != nil {
			return "", err
		}
		f.add(w[0], allCountries(null.Countries))
		log.Printf("world %d of %d after %s", run+1, runs, time.Since(began).Round(time.Second))
	}
	rate, low, high := f.rate()
	fmt.Fprintf(&b, "\n## Where nothing happened\n\n%d worlds (seeds 100 to %d), %.0f country-years: **%d** runs of days with a server that came up, **%.2f a country-year** (95 %%: %.2f to %.2f).\n",
		runs, 99+runs, f.years(), f.runs, rate, low, high)
	byEvent, ofSize := make([]found, len(ban.Events)), make([]found, len(sizes))
	for run := range runs / 2 {
		w, err := measure(ctx, ban, 1000+uint64(run), []load.Rise{load.ComesUp})
		if err != nil {
			return "", err
		}
		for i, l := range ban.Events {
			byEvent[i].add(w[0], l)
			if i < len(tools()) {
				ofSize[bySize(w[0], l)].add(w[0], l)
			}
		}
	}
	fmt.Fprintf(&b, "\n## An unknown tool that grows after a ban\n\n%d worlds (seeds 1000 to %d), each tool in a country of its own; a twentieth of the share in other countries. Found: of the client-days of the first seven days.\n\n"+
		"| share of clients | servers | seen | days late | found |\n|---|---|---|---|---|\n", runs/2, 999+runs/2)
	for i, l := range tools() {
		b.WriteString(byEvent[i].row(l.What))
	}
	b.WriteString("\nThe same by clients that each of its networks has on the seventh day:\n\n| clients a network | seen | days late | found |\n|---|---|---|---|\n")
	for i, from := range sizes {
		what := fmt.Sprintf("%d or more", from)
		if i+1 < len(sizes) {
			what = fmt.Sprintf("%d to %d", from, sizes[i+1]-1)
		}
		b.WriteString(ofSize[i].row(what))
	}
	b.WriteString("\n## What cannot be told apart\n\nOrdinary services of one country whose bytes are random and that come up on the day. They are shown as an unknown tool.\n\n| what | shown | days late | of its client-days |\n|---|---|---|---|\n")
	for i, l := range alike {
		b.WriteString(byEvent[len(tools())+i].row(l.What))
	}
	err := peers(ctx, &b, max(1, runs/4))
	return b.String(), err
}

func header(b *strings.Builder, n simulate.Newcomers) {
	fmt.Fprintf(b, `<!-- Written by make newcomers. -->
# Servers that come up

How many servers count as an unknown tool's where there is none, and how much of one that there is? Measured on simulated worlds (nothing here is data): %d
countries of %.0f clients a day in the median, %d servers at a time whose bytes are random and that are ordinary, of which half are used in one country alone; they
come and go (%.0f days on average), their shares of clients follow a Pareto distribution (exponent %.1f, from %.2f %%), and %.0f %% have all their users from the first day. All
flows go through the classifier and the store, and the tables come from the query `+"`unknown_tools`"+`. How servers come and go elsewhere is not known here: these rates
are of these worlds.

`+"```sh\nmake newcomers\n```\n", n.Countries, n.Clients, n.Servers, n.LifetimeDays, n.Tail, 100*n.Least, 100*n.Sudden)
}

// choose tables what other rises give on the worlds that the rise was chosen on.
func choose(ctx context.Context, b *strings.Builder, null, ban simulate.Newcomers) error {
	var rises []load.Rise
	for _, r := range [][2]float64{{1, 4}, {2, 4}, {4, 4}, {8, 4}, {2, 0}} {
		rise := load.ComesUp
		rise.Beyond, rise.Own = r[0], r[1]
		rises = append(rises, rise)
	}
	nulls, bans := make([]falseOnes, len(rises)), make([]found, len(rises))
	for seed := uint64(1); seed <= 4; seed++ {
		quiet, err := measure(ctx, null, seed, rises)
		if err != nil {
			return err
		}
		loud, err := measure(ctx, ban, 10+seed, rises)
		if err != nil {
			return err
		}
		log.Printf("seed %d", seed)
		for i := range rises {
			nulls[i].add(quiet[i], allCountries(null.Countries))
			for _, l := range tools() {
				bans[i].add(loud[i], l)
			}
		}
	}
	fmt.Fprintf(b, "\n## How the rise was chosen\n\nOn worlds of their own (seeds 1 to 4 and 11 to 14): at least %d clients and %g times the most of the week before, and beyond so many times what a server gains on an ordinary day; where others are compared, %g times the share that it has elsewhere.\n\n"+
		"| times an ordinary gain | other countries | false runs a country-year | of a tool's client-days found |\n|---|---|---|---|\n", load.ComesUp.Fewest, load.ComesUp.Factor, load.ComesUp.Own)
	for i, r := range rises {
		rate, low, high := nulls[i].rate()
		compared := "not compared"
		if r.Own > 0 {
			compared = "compared"
		}
		fmt.Fprintf(b, "| %g | %s | %.2f (%.2f to %.2f) | %.0f %% |\n", r.Beyond, compared, rate, low, high, 100*float64(bans[i].shown)/float64(max(1, bans[i].clientDays)))
	}
	return nil
}

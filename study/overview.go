package study

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/transform/spike"
)

// Days that a country's change is taken over, and the fewest of each that must be known.
const (
	latelyDays, beforeDays   = 7, 28
	leastLately, leastBefore = 3, 14
)

// Overview is what the store has of every country. Measured telemetry and simulated one
// are looked at apart; of a country that has both, the measured one counts.
func Overview(ctx context.Context, r Reader, o Options) (account.Overview, error) {
	days, err := r.Daily(ctx, nil)
	if err != nil {
		return account.Overview{}, err
	}
	made := account.Overview{Countries: []account.Country{}, Feed: []account.Entry{}, LookedAt: []string{}}
	for _, simulated := range []bool{false, true} {
		if err := overlook(&made, ofKind(days, simulated), simulated, o); err != nil {
			return account.Overview{}, err
		}
	}
	alarms, err := AlarmEntries(ctx, r)
	if err != nil {
		return account.Overview{}, err
	}
	made.Feed = append(made.Feed, alarms...)
	slices.SortFunc(made.Countries, func(a, b account.Country) int {
		return cmp.Or(-cmp.Compare(rankOf(a), rankOf(b)), strings.Compare(a.Name, b.Name))
	})
	slices.SortFunc(made.Feed, func(a, b account.Entry) int {
		return cmp.Or(-strings.Compare(a.Date, b.Date), strings.Compare(a.ID, b.ID))
	})
	return made, nil
}

// ofKind keeps the countries whose telemetry is of one kind.
func ofKind(days []load.Day, simulated bool) []load.Day {
	measured := map[string]bool{}
	for _, d := range days {
		measured[d.Country] = measured[d.Country] || !d.Simulated
	}
	return slices.DeleteFunc(slices.Clone(days), func(d load.Day) bool {
		return d.Country == "" || d.Simulated != simulated || measured[d.Country] == simulated
	})
}

func rankOf(c account.Country) float64 {
	if !c.ShareChangePct.Known() {
		return math.Inf(-1)
	}
	return float64(c.ShareChangePct)
}

// overlook adds the countries of one kind of telemetry, with their spikes and events.
func overlook(made *account.Overview, days []load.Day, simulated bool, o Options) error {
	if len(days) == 0 {
		return nil
	}
	cfg := o.Config
	if breaks := load.MethodBreaks(days); len(breaks) > 0 {
		cfg.Breaks = map[string][]time.Time{useName: breaks}
	}
	used := dailySeries(useName, days, func(d load.Day) float64 { return float64(d.Clients) })
	all := dailySeries(allName, days, func(d load.Day) float64 { return float64(d.AllClients) })
	found, err := spike.AnalyzeOwn(used, nil, cfg)
	if err != nil {
		return refused(err)
	}
	made.LookedAt = append(made.LookedAt, Result{Result: found, series: used}.LookedAt("", cfg))
	for i, s := range used {
		c := countryOf(s, all[i], found.Alarms, o.Catalogue, cfg)
		c.Simulated = simulated
		made.Countries = append(made.Countries, c)
		made.Feed = append(made.Feed, feedOf(c, found.Alarms, o.Catalogue)...)
	}
	return nil
}

func countryOf(used, all spike.Series, alarms []spike.Alarm, catalogue []events.Event, cfg spike.Config) account.Country {
	last := len(used.Values) - 1
	end := used.Start.AddDate(0, 0, last)
	share := sharesOf(used.Values, all.Values)
	c := account.Country{Country: used.Country, Name: CountryName(used.Country), First: day(used.Start), Last: day(end),
		Clients: account.Number(used.Values[last]), AllClients: account.Number(all.Values[last]), SharePct: account.Number(share[last]),
		ChangePct: lately(used.Values, used.Coverage, cfg), ShareChangePct: lately(share, used.Coverage, cfg), CoveragePct: account.Unknown()}
	if usual := median(slices.Clone(used.Coverage)); usual > 0 {
		c.CoveragePct = account.Number(100 * used.Coverage[last] / usual)
	}
	near := end
	for _, a := range alarms {
		if a.Country != used.Country {
			continue
		}
		c.Alarms++
		if a.Date > c.LastAlarm {
			c.LastAlarm, near = a.Date, dayOf(a.Date)
		}
	}
	if e, away, found := Nearest(near, used.Country, catalogue); found {
		c.Nearest = &account.Nearest{Event: e.ID, Target: e.Target, Kind: string(e.Kind), Date: day(e.Date()), Days: away}
	}
	return c
}

// lately is how far the median of the last week lies above that of the four weeks before,
// in percent; unknown where too few days are known or coverage left its band.
func lately(values, coverage []float64, cfg spike.Config) account.Number {
	out := masked(coverage, len(values), cfg)
	known := func(from, to int) []float64 {
		var list []float64
		for t := max(0, from); t < to; t++ {
			if !out[t] && !math.IsNaN(values[t]) {
				list = append(list, values[t])
			}
		}
		return list
	}
	n := len(values)
	now, before := known(n-latelyDays, n), known(n-latelyDays-beforeDays, max(0, n-latelyDays))
	if len(now) < leastLately || len(before) < leastBefore {
		return account.Unknown()
	}
	return account.Number(100 * (median(now)/median(before) - 1))
}

// Nearest is the event of a country that is closest to a day, and the days from it to the day.
func Nearest(at time.Time, country string, catalogue []events.Event) (nearest events.Event, away int, found bool) {
	for _, e := range catalogue {
		d := int(at.Sub(e.Date()).Hours() / 24)
		if e.Country == country && (!found || abs(d) < abs(away)) {
			nearest, away, found = e, d, true
		}
	}
	return nearest, away, found
}

func abs(n int) int { return max(n, -n) }

// NearDays is the distance within which an event is named with a spike.
const NearDays = 14

// feedOf lists the spikes of a country, and the events of the catalogue on its days.
func feedOf(c account.Country, alarms []spike.Alarm, catalogue []events.Event) []account.Entry {
	var list []account.Entry
	for _, a := range alarms {
		if a.Country == c.Country {
			list = append(list, spikeEntry(c, a, catalogue))
		}
	}
	for _, e := range catalogue {
		date := day(e.Date())
		if e.Country != c.Country || e.Precision == "month" || date < c.First || date > c.Last {
			continue
		}
		list = append(list, account.Entry{ID: "event:" + e.ID, Kind: account.EventEntry, Country: c.Country, Name: c.Name, Date: date,
			Title: account.UpperFirst(happened(e, c.Name)), Text: e.Notes, Event: e.ID, Simulated: c.Simulated})
	}
	return list
}

func spikeEntry(c account.Country, a spike.Alarm, catalogue []events.Event) account.Entry {
	verb := "rose above"
	if a.Direction == spike.Down {
		verb = "fell below"
	}
	entry := account.Entry{ID: strings.Join([]string{"spike", c.Country, a.Series, a.Date, string(a.Direction)}, ":"), Kind: account.SpikeEntry,
		Country: c.Country, Name: c.Name, Date: a.Date, Simulated: c.Simulated,
		Title: fmt.Sprintf("Use in %s %s its baseline", c.Name, verb),
		Text:  fmt.Sprintf("From %s to %s, by up to %.1f times the day's noise. No event of the catalogue lies within %d days.", a.Date, a.Until, math.Abs(a.Z), NearDays)}
	if e, away, found := Nearest(dayOf(a.Date), c.Country, catalogue); found && abs(away) <= NearDays {
		entry.Event = e.ID
		entry.Text = fmt.Sprintf("From %s to %s, by up to %.1f times the day's noise. The nearest event is %s, %s. A date near a ban is no attribution.",
			a.Date, a.Until, math.Abs(a.Z), e.ID, awayWords(away))
	}
	return entry
}

func awayWords(away int) string {
	switch {
	case away == 0:
		return "on the same day"
	case away > 0:
		return account.CountOf(away, "days") + " before"
	}
	return account.CountOf(-away, "days") + " after"
}

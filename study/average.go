package study

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/transform/pool"
	"github.com/banshift/banshift/transform/spike"
)

// Average is what the bans of a catalogue did to one series on average, and what could not be said.
type Average struct {
	Series string `json:"series"`
	// Funnel counts the events by what became of them; the counts add up to the catalogue.
	Funnel []Outcome `json:"funnel"`
	// Groups are the pooled effects, Differences whether those of one division differ.
	Groups      []Group             `json:"groups"`
	Differences []Difference        `json:"differences"`
	Events      []Entry             `json:"events"`
	Provenance  *account.Provenance `json:"provenance,omitempty"`
}

// Outcome is a number of events with the same answer to whether they are pooled.
type Outcome struct {
	What   string `json:"what"`
	Events int    `json:"events"`
}

// Group is one pooled effect, in percent of users. It takes in episodes: events of one country within a week that ask
// for the same are one, with the effect, kind and target of the widest measure. Whether an episode is in does not depend on its effect.
type Group struct {
	By       string          `json:"by"` // all, kind, target, users or year
	Value    string          `json:"value"`
	Asked    spike.Direction `json:"asked"`
	Episodes int             `json:"episodes"`
	Mean     account.Number  `json:"mean_pct"`
	Low      account.Number  `json:"ci_low"`
	High     account.Number  `json:"ci_high"`
	P        account.Number  `json:"p"`
	// PredictLow and PredictHigh bound the effect of another such ban.
	PredictLow  account.Number `json:"predict_low"`
	PredictHigh account.Number `json:"predict_high"`
	TauSquared  account.Number `json:"tau_squared"` // log scale
	TauLow      account.Number `json:"tau_low"`
	TauHigh     account.Number `json:"tau_high"`
	ISquared    account.Number `json:"i_squared"`
	// Supported and the others are the grades of the episodes.
	Supported    int `json:"supported"`
	Ambiguous    int `json:"ambiguous"`
	NotSupported int `json:"not_supported"`
	// Untested are the events of the group inside the days of the series that could not be pooled; MeanWithUntested is
	// the mean if none of them did anything.
	Untested         int            `json:"untested"`
	MeanWithUntested account.Number `json:"mean_with_untested_pct"`
}

// Difference asks whether the groups of one division have different means.
type Difference struct {
	By      string          `json:"by"`
	Asked   spike.Direction `json:"asked"`
	Groups  int             `json:"groups"`
	Q       account.Number  `json:"q"`
	Freedom int             `json:"freedom"`
	P       account.Number  `json:"p"`
}

// Entry is one event of the catalogue.
type Entry struct {
	Event   string          `json:"event"`
	Country string          `json:"country"`
	Date    string          `json:"date"`
	Kind    string          `json:"kind"`
	Target  string          `json:"target"`
	Type    string          `json:"target_type"`
	Asked   spike.Direction `json:"asked"`
	Users   account.Number  `json:"users"` // a day, in the median of the four weeks before
	Effect  account.Number  `json:"effect_pct"`
	Low     account.Number  `json:"ci_low"`
	High    account.Number  `json:"ci_high"`
	Grade   spike.Grade     `json:"grade"` // empty where nothing was tested
	// Pooled says that it is in, for its episode; Why says why not.
	Pooled  bool     `json:"pooled"`
	Why     string   `json:"why,omitempty"`
	Detail  string   `json:"detail,omitempty"`
	Episode []string `json:"episode,omitempty"`
	Inside  bool     `json:"inside"` // of the days of the series
	// ByHour is what was found by the hour, in a sentence; it is never pooled, and empty where it was not asked.
	ByHour   string `json:"by_hour,omitempty"`
	se, log  float64
	services int // that its target names
}

// Why an event is not pooled, in the order in which it is asked.
const (
	whyNoBan     = "no ban but another explanation (company, outage, election, release)"
	whyMonth     = "the date is known to the month only"
	whyRegion    = "in a part of the country only, of which no series is asked"
	whyOutside   = "outside the days of the series"
	whyNoSeries  = "no series of the country"
	whyFewUsers  = "too few users a day for a log effect"
	whyDays      = "too few valid days around it"
	whyPast      = "too short a past for an interval"
	whyNeighbour = "another event within a week: only their sum is known"
	whyEpisode   = "counted with another event of its episode"
	pooledWords  = "pooled"
)

// outcomes is the order of the funnel.
var outcomes = []string{whyNoBan, whyMonth, whyRegion, whyOutside, whyNoSeries, whyFewUsers, whyDays, whyPast, whyNeighbour, whyEpisode, pooledWords}

// OnAverage tests every event of the catalogue in its own country and pools what can be pooled by random effects. r
// may be nil where a series is given.
func OnAverage(ctx context.Context, r Reader, o Options) (Average, error) {
	reading := newReading(r)
	t, err := o.tested(ctx, reading, o.Catalogue)
	if err != nil {
		return Average{}, err
	}
	t.provenance.Queries = reading.queries()
	result, err := spike.AnalyzeOwn(t.series, t.catalogue, t.provenance.Config, t.findings...)
	if err != nil {
		return Average{}, refused(err)
	}
	a := Average{Series: t.series[0].Name, Events: entries(o.Catalogue, t.series, result.Effects, t.provenance.Config), Provenance: &t.provenance}
	a.Funnel = funnel(a.Events)
	if a.Groups, a.Differences, err = groups(a.Events, o.Config.Alpha); err != nil {
		return Average{}, err
	}
	return a, nil
}

// entries says of each event what was found and whether it is pooled, by date.
func entries(catalogue []events.Event, list []spike.Series, effects []spike.Effect, cfg spike.Config) []Entry {
	own, bySeries := map[string]spike.Effect{}, map[string]spike.Series{}
	for _, e := range effects {
		own[e.Event] = e
	}
	first, last := list[0].Start, list[0].Start
	for _, s := range list {
		bySeries[s.Country] = s
		if s.Start.Before(first) {
			first = s.Start
		}
		if end := s.Start.AddDate(0, 0, len(s.Values)-1); end.After(last) {
			last = end
		}
	}
	var made []Entry
	for _, e := range catalogue {
		x := entry(e, cfg.Asked(e, list[0].Name))
		x.Inside = !e.Date().Before(first) && !e.Date().After(last)
		if s, known := bySeries[e.Country]; known {
			x.Users = usersBefore(s, e.Date())
		}
		effect, tested := own[e.ID]
		if tested {
			x.fill(effect, cfg)
		}
		x.Why = x.reason(e, effect, tested, cfg)
		made = append(made, x)
	}
	slices.SortStableFunc(made, func(a, b Entry) int {
		return cmp.Or(strings.Compare(a.Date, b.Date), strings.Compare(a.Event, b.Event))
	})
	onePerEpisode(made)
	return made
}

func entry(e events.Event, asked spike.Direction) Entry {
	return Entry{Event: e.ID, Country: e.Country, Date: e.Date().Format(time.DateOnly), Kind: kindOf(e), Target: e.Target, Type: e.TargetType,
		Asked: asked, Users: account.Unknown(), Effect: account.Unknown(), Low: account.Unknown(), High: account.Unknown(), services: e.Services()}
}

// kindOf is the kind that bans are divided by: age checks are laws that ask something else of people than a ban.
func kindOf(e events.Event) string {
	if e.Kind == events.Law && strings.Contains(strings.ToLower(e.Target), "age check") {
		return "age check"
	}
	return string(e.Kind)
}

// usersBefore is the median of the four weeks before a day.
func usersBefore(s spike.Series, day time.Time) account.Number {
	at := dayIndex(s, day)
	if at <= 0 || at > len(s.Values) {
		return account.Unknown()
	}
	return account.Number(median(slices.Clone(s.Values[max(0, at-28):at])))
}

// fill takes over what was found of an event.
func (x *Entry) fill(e spike.Effect, cfg spike.Config) {
	x.Asked, x.Effect, x.Low, x.High, x.Grade, x.Episode = e.Asked, number(e.EffectPct), number(e.CILow), number(e.CIHigh), e.Grade, e.Episode
	if len(e.Reasons) > 0 {
		x.Detail = e.Reasons[0]
	}
	if e.Hours != nil {
		x.ByHour = e.Hours.Sentence()
	}
	if e.EffectLog != nil && e.CILow != nil && e.CIHigh != nil {
		x.log = *e.EffectLog
		x.se = (math.Log1p(*e.CIHigh/100) - math.Log1p(*e.CILow/100)) / (2 * distuv.UnitNormal.Quantile(1-cfg.Alpha/2))
	}
}

// reason is why an event is not pooled, empty where nothing speaks against it. It never looks at the effect.
func (x *Entry) reason(e events.Event, effect spike.Effect, tested bool, cfg spike.Config) string {
	switch {
	case e.Kind == events.Company || e.Kind == events.Outage || e.Kind == events.Election || e.Kind == events.Release:
		return whyNoBan
	case e.Precision == "month":
		return whyMonth
	case e.Region != "":
		return whyRegion
	case !x.Inside:
		return whyOutside
	case !tested:
		return whyNoSeries
	case !(float64(x.Users) >= cfg.SmallCount):
		return whyFewUsers
	case effect.EffectLog == nil:
		return whyDays
	case !(x.se > 0) || effect.Grade == spike.Insufficient:
		return whyPast
	case effect.Joint != nil && len(effect.Joint.Contrary) > 0:
		return whyNeighbour
	}
	return ""
}

func funnel(list []Entry) []Outcome {
	count := map[string]int{}
	for _, x := range list {
		if x.Pooled {
			count[pooledWords]++
		} else {
			count[x.Why]++
		}
	}
	var made []Outcome
	for _, what := range outcomes {
		made = append(made, Outcome{What: what, Events: count[what]})
	}
	return made
}

// divisions are how events are grouped; each is asked for rises and for drops apart.
var divisions = []struct {
	by    string
	value func(Entry) string
}{
	{"all", func(Entry) string { return "all" }},
	{"kind", func(x Entry) string { return x.Kind }},
	{"target", func(x Entry) string { return x.Type }},
	{"users", func(x Entry) string { return sizeOf(float64(x.Users)) }},
	{"year", func(x Entry) string { return x.Date[:4] }},
}

// sizeOf is the class of a country by its users a day.
func sizeOf(users float64) string {
	switch {
	case math.IsNaN(users):
		return "unknown"
	case users < 100:
		return "under 100"
	case users < 1000:
		return "100 to 999"
	}
	return "1,000 and more"
}

// groups pools every division that has something to pool.
func groups(list []Entry, alpha float64) (made []Group, differ []Difference, err error) {
	for _, d := range divisions {
		for _, asked := range []spike.Direction{spike.Up, spike.Down} {
			parts := map[string][]Entry{}
			for _, x := range list {
				if x.Asked == asked && x.Inside {
					parts[d.value(x)] = append(parts[d.value(x)], x)
				}
			}
			var pooled []pool.Pooled
			for _, value := range slices.Sorted(maps.Keys(parts)) {
				g, p, err := group(parts[value], alpha)
				if err != nil {
					return nil, nil, fmt.Errorf("study: %s %s: %w", d.by, value, err)
				}
				if p.N == 0 {
					continue
				}
				g.By, g.Value, g.Asked = d.by, value, asked
				made, pooled = append(made, g), append(pooled, p)
			}
			if q, free, p := pool.Between(pooled); free > 0 {
				differ = append(differ, Difference{By: d.by, Asked: asked, Groups: len(pooled), Q: account.Number(q), Freedom: free, P: account.Number(p)})
			}
		}
	}
	return made, differ, nil
}

// group pools the entries that are in, and counts the others.
func group(list []Entry, alpha float64) (g Group, p pool.Pooled, err error) {
	var in []pool.Estimate
	for _, x := range list {
		if !x.Pooled {
			if x.Why != whyEpisode && x.Why != whyNoBan {
				g.Untested++
			}
			continue
		}
		in = append(in, pool.Estimate{Name: x.Event, Effect: x.log, Variance: x.se * x.se})
		switch x.Grade {
		case spike.Supported:
			g.Supported++
		case spike.Ambiguous:
			g.Ambiguous++
		default:
			g.NotSupported++
		}
	}
	if len(in) == 0 {
		return g, p, nil
	}
	if p, err = pool.Join(in, alpha); err != nil {
		return g, p, err
	}
	g.Episodes = p.N
	g.Mean, g.Low, g.High, g.P = percentOf(p.Mean), percentOf(p.Low), percentOf(p.High), account.Number(p.P)
	g.PredictLow, g.PredictHigh = percentOf(p.PredictLow), percentOf(p.PredictHigh)
	g.TauSquared, g.TauLow, g.TauHigh, g.ISquared = account.Number(p.TauSquared), account.Number(p.TauLow), account.Number(p.TauHigh), account.Number(p.ISquared)
	g.MeanWithUntested = percentOf(p.Mean * float64(p.N) / float64(p.N+g.Untested))
	return g, p, nil
}

// percentOf turns a log effect into percent.
func percentOf(log float64) account.Number { return account.Number(100 * math.Expm1(log)) }

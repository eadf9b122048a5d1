package spike

import (
	"math"
	"slices"
	"time"

	"github.com/banshift/banshift/schemas/events"
)

// EachDate asks for a ban in one country of list (all of them where it is empty) on every day
// of [first, last), one at a time, without laying out the panel anew for each.
func EachDate(list []Series, cfg Config, country string, first, last int, yield func(Effect)) {
	list = byName(list)[0]
	p := newPanel(list[0].Name, list, nil, cfg)
	found := p.alarms()
	for at := first; at < last; at++ {
		clear(p.spreads)
		for i, r := range p.rows {
			if country != "" && r.series.Country != country {
				continue
			}
			ban := events.Event{ID: "x", Country: r.series.Country, Target: "X", Kind: events.Enforce,
				EnforcedAt: p.day(at).Format(time.DateOnly), Precision: "day", TZ: "UTC"}
			a := assessment{panel: p, row: r, own: i, event: ban, at: at, alarms: found[r]}
			yield(a.effect())
		}
	}
}

// AskOne asks about one event in its own country, without the alarms: they date nothing that the
// headline grades by.
func AskOne(list []Series, cfg Config, event events.Event, yield func(Effect)) {
	group := byName(list)[0]
	p := newPanel(group[0].Name, group, map[string][]time.Time{event.Country: {event.Date()}}, cfg)
	for i, r := range p.rows {
		if r.series.Country == event.Country {
			a := assessment{panel: p, row: r, own: i, event: event, at: p.index(event.Date())}
			yield(a.effect())
		}
	}
}

// Plant is a rise of a share that is planted for some days; Trend is of the country on all days, log units a day.
type Plant struct {
	Effect float64
	Days   int
	Trend  float64
}

// Trials plants each of plants in every country that want takes, on every step-th day of [first, last), asks for a
// ban there, and leaves out what takes no part in the grade. The score that is asked for is next to none.
func Trials(list []Series, cfg Config, first, last, step int, want func(country string, day time.Time, level float64) bool, plants []Plant, yield func(plant int, e Effect)) {
	cfg.least = .01
	list = byName(list)[0]
	p := newPanel(list[0].Name, list, nil, cfg)
	for _, g := range [][2]int{{cfg.BaselineDays, 7}, {cfg.BaselineDays, 2}, {cfg.BaselineDays, wideJumpDays}, {1, 1}} {
		p.gaugeOf(g[0], g[1])
	}
	for at := first; at < last; at += step {
		clear(p.spreads)
		for i, r := range p.rows {
			if !want(r.series.Country, p.day(at), r.level[at]) || math.IsNaN(r.y[at]) {
				continue
			}
			for n, plant := range plants {
				q := p
				if plant.Effect != 0 || plant.Trend != 0 {
					q = p.with(i, at, plant)
				}
				ban := events.Event{ID: "x", Country: r.series.Country, Target: "X", Kind: events.Enforce, EnforcedAt: p.day(at).Format(time.DateOnly),
					EndedAt: p.day(at + plant.Days).Format(time.DateOnly), Precision: "day", TZ: "UTC"}
				a := assessment{panel: q, row: q.rows[i], own: i, event: ban, at: at, brief: true}
				yield(n, a.effect())
			}
		}
	}
}

// with is the panel in which a rise is planted in row i.
func (p *panel) with(i, at int, plant Plant) *panel {
	q, s := *p, p.rows[i].series
	s.Values = slices.Clone(s.Values)
	offset := days(p.start, s.Start)
	for d, v := range s.Values {
		if u := d + offset; u >= at && u < at+plant.Days {
			v *= 1 + plant.Effect
		}
		s.Values[d] = v * math.Exp(plant.Trend*float64(d+offset-at))
		if v >= 1 {
			s.Values[d] = math.Round(s.Values[d])
		}
	}
	r := p.newRow(s, nil)
	r.fitFlat()
	q.fitResiduals(r)
	q.rows = slices.Clone(p.rows)
	q.rows[i] = r
	q.gauges = newGauges()
	if plant.Trend != 0 { // its past changes too
		q.spreads = map[spreadKey]float64{}
	}
	for key, g := range p.gauges.byLength {
		h := &gauge{before: g.before, after: g.after, raw: slices.Clone(g.raw), rest: slices.Clone(g.rest)}
		h.raw[i], h.rest[i] = q.changesOf(r, g.before, g.after), nans(p.days)
		for t := range p.days {
			h.rest[i][t] = h.raw[i][t] - (g.raw[i][t] - g.rest[i][t])
		}
		q.gauges.byLength[key] = h
	}
	return &q
}

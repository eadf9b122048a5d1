package spike

import (
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

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

// Weights are those of the days around a date: half-lives in days (0 counts all alike), and the share of the jump of
// one day that is mixed in.
type Weights struct {
	Before, After         int
	HalfBefore, HalfAfter float64
	Jump                  float64
}

// NullError is the root mean square change under the weights, after the controls' median, on every seventh day until last, in the
// countries that are wanted and have a placebo in time there, and how many there are. Where the weights' days are
// missing the headline's change counts.
func NullError(list []Series, cfg Config, last time.Time, want func(string, time.Time, float64) bool, w Weights) (rmse float64, n int) {
	list = byName(list)[0]
	p := newPanel(list[0].Name, list, nil, cfg)
	headline := p.gaugeOf(cfg.BaselineDays, cfg.AfterDays)
	sum := 0.0
	for t := 90; t < min(p.index(last), p.days-cfg.AfterDays-1); t += 7 {
		for i, r := range p.rows {
			if !want(r.series.Country, p.day(t), r.level[t]) || math.IsNaN(r.y[t]) || math.IsNaN(headline.rest[i][t]) {
				continue
			}
			if past := slices.Clone(headline.rest[i][max(0, t-cfg.PlaceboMax) : t-cfg.PlaceboMin+1]); len(dropNaN(past)) < cfg.MinPlacebos {
				continue
			}
			x := p.weighted(i, t, w)
			if math.IsNaN(x) {
				x = headline.rest[i][t]
			}
			sum, n = sum+x*x, n+1
		}
	}
	return math.Sqrt(sum / float64(n)), n
}

// weighted is the change of row i on day t under the weights, after the controls' median.
func (p *panel) weighted(i, t int, w Weights) float64 {
	var controls []float64
	for j, r := range p.rows {
		if x := r.weighted(t, w); j != i && p.isControl(r, t) && !math.IsNaN(x) {
			controls = append(controls, x)
		}
	}
	slices.Sort(controls)
	x := p.rows[i].weighted(t, w) - medianWithout(controls, -1, p.cfg.MinControls)
	if w.Jump > 0 {
		if jump := p.weighted(i, t, Weights{Before: 1, After: 1}); !math.IsNaN(jump) {
			x += w.Jump * (jump - x)
		}
	}
	return x
}

func (r *row) weighted(t int, w Weights) float64 {
	if t < w.Before || t+w.After > len(r.flat) {
		return math.NaN()
	}
	before := slices.Clone(r.flat[t-w.Before : t])
	slices.Reverse(before) // the day before first
	return halving(r.flat[t:t+w.After], w.HalfAfter) - halving(before, w.HalfBefore)
}

// halving is the mean of the days, each half of what the one halfLife earlier in the list counts; NaN where too few are valid.
func halving(list []float64, halfLife float64) float64 {
	sum, all, n := 0.0, 0.0, 0
	for i, x := range list {
		weight := 1.0
		if halfLife > 0 {
			weight = math.Exp2(-float64(i) / halfLife)
		}
		if !math.IsNaN(x) {
			sum, all, n = sum+weight*x, all+weight, n+1
		}
	}
	if n < needed(len(list)) {
		return math.NaN()
	}
	return sum / all
}

// HourDesign is a baseline and a jump in hours, and the share of the jump's units that counts.
type HourDesign struct {
	Baseline, Jump int
	Share          float64
}

// AskHours asks one event by the hour alone, under several designs.
func AskHours(list []Series, cfg Config, event events.Event, designs []HourDesign) []*HourEffect {
	cfg.Hours = true
	group := byName(list)[0]
	p := newPanel(group[0].Name, group, map[string][]time.Time{event.Country: {event.Date()}}, cfg)
	var found []*HourEffect
	for i, r := range p.rows {
		if r.series.Country != event.Country {
			continue
		}
		for _, d := range designs {
			clear(p.spreads)
			p.cfg.hours = hourDesign{d.Baseline, d.Jump, d.Share}
			a := assessment{panel: p, row: r, own: i, event: event, at: p.index(event.Date()), asked: p.cfg.Asked(event, p.name)}
			found = append(found, a.byHours())
		}
	}
	return found
}

// Staged is an episode for EachEpisode: the day of each stage from the first one, its dose, and the step that is planted, in log
// units.
type Staged struct {
	Days  []int
	Doses []float64
	Steps []float64
}

// EachEpisode plants an episode in every country of list that is wanted, on every day of dates, one at a time, and estimates its
// stages together.
func EachEpisode(list []Series, cfg Config, want func(country string, day time.Time, level float64) bool, dates []int, s Staged, yield func(*Joint)) {
	list = byName(list)[0]
	p := newPanel(list[0].Name, list, nil, cfg)
	for _, at := range dates {
		clear(p.spreads)
		for i, r := range p.rows {
			if !want(r.series.Country, p.day(at), r.level[at]) {
				continue
			}
			e := p.banOf(r.series.Country, at, Plant{Days: 28})
			q, level := p, 0.0
			for n, day := range s.Days {
				e.Doses = append(e.Doses, events.Dose{Date: p.day(at + day).Format(time.DateOnly), Amount: s.Doses[n], Unit: events.Addresses, Source: "test"})
				until := 28
				if n+1 < len(s.Days) {
					until = s.Days[n+1]
				}
				if level += s.Steps[n]; level != 0 {
					q = q.with(i, at+day, Plant{Effect: math.Expm1(level), Days: until - day})
				}
			}
			a := assessment{panel: q, row: q.rows[i], own: i, event: e, at: at, catalogue: []events.Event{e}, asked: Up, adjusted: true}
			yield(a.joint())
		}
	}
}

package spike

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/banshift/banshift/schemas/events"
)

// Plant is a rise of a share that is planted for some days; Trend is of the country on all days, log units a day.
type Plant struct {
	Effect float64
	Days   int
	Trend  float64
}

// Trials says where and what is planted. Days are counted from the first of all series.
type Trials struct {
	// First, Last and Step are the days [First, Last) that are asked about.
	First, Last, Step int
	// Want says whether a country with so many users a day is asked about on a day.
	Want   func(country string, day time.Time, level float64) bool
	Plants []Plant
}

// Run plants each of the plants in every country that is wanted, on every day, and asks for a ban there, without what
// takes no part in the grade. The score that is asked for is next to none: what another threshold would
// say is in the effect's score. list holds series of one name; yield is called in the order of days, countries and plants,
// watch from several goroutines, one after another.
func (tr Trials) Run(ctx context.Context, list []Series, cfg Config, watch func(done, of int), yield func(plant int, e Effect)) error {
	cfg.least = .01
	if err := cfg.check(); err != nil {
		return err
	}
	list = byName(list)[0]
	if err := checkGroup(list); err != nil {
		return err
	}
	p := newPanel(list[0].Name, list, nil, cfg)
	for _, plant := range tr.Plants { // before they are copied
		p.gaugeOf(cfg.BaselineDays, cfg.windowFor(p.banOf("", 0, plant)))
	}
	p.gaugeOf(cfg.BaselineDays, wideJumpDays)
	p.gaugeOf(1, 1)
	type answer struct {
		plant  int
		effect Effect
	}
	var dates []int
	for at := tr.First; at < min(tr.Last, p.days); at += tr.Step {
		dates = append(dates, at)
	}
	found := make([][]answer, len(dates))
	tally := &tally{of: len(dates), watch: watch}
	inParallel(len(dates), func(worker *panel, n int) {
		if ctx.Err() == nil {
			worker.tryOn(dates[n], tr, func(plant int, e Effect) { found[n] = append(found[n], answer{plant, e}) })
		}
		tally.add()
	}, p.forWorker)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, day := range found {
		for _, a := range day {
			yield(a.plant, a.effect)
		}
	}
	return nil
}

// tryOn plants on one day.
func (p *panel) tryOn(at int, tr Trials, yield func(plant int, e Effect)) {
	clear(p.spreads)
	for i, r := range p.rows {
		if !tr.Want(r.series.Country, p.day(at), r.level[at]) || math.IsNaN(r.y[at]) {
			continue
		}
		for n, plant := range tr.Plants {
			q := p
			if plant.Effect != 0 || plant.Trend != 0 {
				q = p.with(i, at, plant)
			}
			a := assessment{panel: q, row: q.rows[i], own: i, event: p.banOf(r.series.Country, at, plant), at: at, brief: true}
			yield(n, a.effect())
		}
	}
}

// banOf is the ban that a plant stands for.
func (p *panel) banOf(country string, at int, plant Plant) events.Event {
	return events.Event{ID: "x", Country: country, Target: "X", Kind: events.Enforce, EnforcedAt: p.day(at).Format(time.DateOnly),
		EndedAt: p.day(at + plant.Days).Format(time.DateOnly), Precision: "day", TZ: "UTC"}
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
	p.gauges.mu.Lock()
	defer p.gauges.mu.Unlock()
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

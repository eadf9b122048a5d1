package spike

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/banshift/banshift/schemas/events"
)

// Rule names a registered point on the curve of power against false grades.
type Rule string

// Rules. Both ask the same and differ in how much of it.
const (
	Standard Rule = "standard"
	Strict   Rule = "strict"
)

// Threshold is the score that the rule asks for; docs/calibration.md has the whole curve.
func (r Rule) Threshold() float64 {
	if r == Strict {
		return 4
	}
	return 3
}

// threshold is the score that the procedure asks for.
func (c Config) threshold() float64 {
	if c.least > 0 {
		return c.least
	}
	return c.Rule.Threshold()
}

// Shares of a jump's units that enter the sharpness: of the event's day, and of the day after it, where
// a change that begins by chance is as likely and so has to be larger. A rise over both days is
// measured against jumpSpread times the spread of one day's.
const (
	jumpShare     = .7
	lateJumpShare = .2
	jumpSpread    = 1.3
	minBothJumps  = 1.0 // units of each of the two days of a rise over both
)

// A jump is taken from one day to the next, or, where days are nearly independent, from BaselineDays to
// wideJumpDays: where that past spread is steadier times smaller.
const (
	wideJumpDays = 3
	steadier     = 1.5
)

// minBaselineDays is how many of them have to be valid.
const minBaselineDays = 5

// centralShare is the share of past changes within one unit of a country's own spread: that of a
// normal distribution within one standard deviation. Old bursts do not move it.
const centralShare = .68

// windowDays are the lengths of a window, in days.
var windowDays = []int{28, 7, 3, 2, 1}

// gauge holds, for one pair of window lengths, the change of every row on every day: the mean of
// the days after less that of the days before, in log units and without the weekday pattern.
// That is difference in differences with unit and day effects, where the day effect is the median over
// the controls: one large country cannot move it. A missing day is missing in all of them.
type gauge struct {
	before, after int
	raw           [][]float64
	rest          [][]float64 // raw less the controls' median; NaN where there are too few
}

// of is the change of row i on every day, after the controls or without them.
func (g *gauge) of(i int, adjusted bool) []float64 {
	if adjusted {
		return g.rest[i]
	}
	return g.raw[i]
}

// gaugeOf gives the gauge for windows of these lengths, made once a panel.
func (p *panel) gaugeOf(before, after int) *gauge {
	p.gauges.mu.Lock()
	defer p.gauges.mu.Unlock()
	key := [2]int{before, after}
	if g := p.gauges.byLength[key]; g != nil {
		return g
	}
	g := &gauge{before: before, after: after}
	for _, r := range p.rows {
		g.raw = append(g.raw, p.changesOf(r, before, after))
		g.rest = append(g.rest, nans(p.days))
	}
	p.takeMedians(g)
	p.gauges.byLength[key] = g
	return g
}

// gauges are those of one panel, shared by its workers.
type gauges struct {
	mu       sync.Mutex
	byLength map[[2]int]*gauge
}

func newGauges() *gauges { return &gauges{byLength: map[[2]int]*gauge{}} }

// changesOf is the change of r on every day.
func (p *panel) changesOf(r *row, before, after int) []float64 {
	out := nans(p.days)
	for t := before; t+after <= p.days; t++ {
		pre, n := mean(r.flat[t-before : t])
		post, k := mean(r.flat[t : t+after])
		if n >= needed(before) && k >= needed(after) {
			out[t] = post - pre
		}
	}
	return out
}

// needed is how many of so many days have to be valid.
func needed(days int) int {
	if days < minBaselineDays {
		return max(1, days-1)
	}
	return max(minBaselineDays, days*5/7)
}

// takeMedians fills rest: of a control's own change the median of the others is taken.
func (p *panel) takeMedians(g *gauge) {
	var list []float64
	for t := range p.days {
		list = list[:0]
		for i, r := range p.rows {
			if p.isControl(r, t) && !math.IsNaN(g.raw[i][t]) {
				list = append(list, g.raw[i][t])
			}
		}
		slices.Sort(list)
		for i, r := range p.rows {
			own := -1
			if p.isControl(r, t) && !math.IsNaN(g.raw[i][t]) {
				own, _ = slices.BinarySearch(list, g.raw[i][t])
			}
			g.rest[i][t] = g.raw[i][t] - medianWithout(list, own, p.cfg.MinControls)
		}
	}
}

// medianWithout is the median of sorted xs without element own (-1 takes all), NaN of fewer than
// least.
func medianWithout(xs []float64, own, least int) float64 {
	n := len(xs)
	if own >= 0 {
		n--
	}
	if n < max(1, least) {
		return math.NaN()
	}
	at := func(i int) float64 {
		if own >= 0 && i >= own {
			i++
		}
		return xs[i]
	}
	return (at((n-1)/2) + at(n/2)) / 2
}

// flatWeeks is how many weeks the weekday pattern is taken from; minFlatWeeks it needs.
const (
	flatWeeks    = 8
	minFlatWeeks = 3
)

// fitFlat fills flat: y less the median deviation of the same weekday, in the weeks before, from the
// mean of the seven days around it. No day on or after the one that is corrected enters.
func (r *row) fitFlat() {
	deviation := nans(len(r.y))
	for t := 3; t+3 < len(r.y); t++ {
		if m, n := mean(r.y[t-3 : t+4]); n >= 6 {
			deviation[t] = r.y[t] - m
		}
	}
	r.flat = slices.Clone(r.y)
	weeks := make([]float64, 0, flatWeeks)
	for t := range r.flat {
		weeks = weeks[:0]
		for j := 1; j <= flatWeeks && t-7*j >= 0; j++ {
			weeks = append(weeks, deviation[t-7*j])
		}
		if weeks = dropNaN(weeks); len(weeks) >= minFlatWeeks {
			r.flat[t] -= median(weeks)
		}
	}
	r.fitSums()
}

// last is the last day on which r has a value, -1 without any.
func (r *row) last() int {
	for t := len(r.y) - 1; t >= 0; t-- {
		if !math.IsNaN(r.y[t]) {
			return t
		}
	}
	return -1
}

// spread is the own unit of row i in the gauge on day t: the centralShare quantile of its changes without
// sign in windows that ended before, with a floor.
func (p *panel) spread(g *gauge, i, t int, adjusted bool) float64 {
	key := spreadKey{g, i, t, adjusted}
	if s, known := p.spreads[key]; known {
		return s
	}
	values := g.of(i, adjusted)
	var past []float64
	for u := max(0, t-p.cfg.PlaceboMax); u <= t-g.after; u++ {
		if !math.IsNaN(values[u]) {
			past = append(past, math.Abs(values[u]))
		}
	}
	s := math.NaN()
	if len(past) >= minSpaceScale {
		s = math.Max(p.spreadFloor(p.rows[i].level[t], g.after), quantileOf(past, centralShare))
	}
	p.spreads[key] = s
	return s
}

type spreadKey struct {
	gauge    *gauge
	row, day int
	adjusted bool
}

// units is the change of row i on day t in its own units, signed.
func (p *panel) units(g *gauge, i, t int, adjusted bool) float64 {
	return g.of(i, adjusted)[t] / p.spread(g, i, t, adjusted)
}

// spreadFloor is the least spread: ScaleFloor a day, and one count. Poisson's is none: estimated users
// vary less from day to day than counts would, and what they do vary is in the past.
func (p *panel) spreadFloor(level float64, after int) float64 {
	return math.Max(p.cfg.ScaleFloor, 1/math.Max(1, level)) / math.Sqrt(float64(after))
}

// headline is the registered test of one row at one day, while it is worked out.
type headline struct {
	gauge       *gauge
	effect      float64 // tested outcome, log units; NaN where it cannot be said
	raw         float64 // without the controls
	adjusted    bool
	valid       int     // days of the window with a value
	window      int     // days
	registered  int     // days that the window will have
	size        float64 // units of the country's own past changes, in the asked direction
	sharpness   float64 // the same of the jump on the day
	jumpDay     int     // days from the event
	provisional bool
}

// windowFor is the length of an event's window: what the configuration forces, or the longest
// registered one within the event and AfterDays.
func (c Config) windowFor(e events.Event) int {
	if c.WindowDays > 0 {
		return c.WindowDays
	}
	length := c.AfterDays
	if ended := e.Ended(); !ended.IsZero() {
		length = min(length, max(1, days(e.Date(), ended)))
	}
	if length == c.AfterDays {
		return length
	}
	return longest(length)
}

// longest is the longest registered window of at most so many days.
func longest(length int) int {
	for _, w := range windowDays {
		if w <= length {
			return w
		}
	}
	return 1
}

// measure works the headline of row i at day t out, with the direction that is asked.
func (p *panel) measure(i, t, window int, asked Direction) headline {
	r := p.rows[i]
	h := headline{window: window, registered: window}
	if seen := r.last() - t + 1; seen > 0 && seen < window {
		h.window, h.provisional = longest(seen), true
	}
	h.gauge = p.gaugeOf(p.cfg.BaselineDays, h.window)
	for u := t; u < min(t+h.window, p.days); u++ {
		if !math.IsNaN(r.y[u]) {
			h.valid++
		}
	}
	h.raw, h.effect = h.gauge.raw[i][t], h.gauge.rest[i][t]
	h.adjusted = !math.IsNaN(h.effect)
	if !h.adjusted {
		h.effect = h.raw
	}
	h.size = asked.sign() * p.units(h.gauge, i, t, h.adjusted)
	h.sharpness, h.jumpDay = p.sharpnessOf(i, t, asked.sign(), h.adjusted)
	return h
}

// sharpnessOf asks whether the change begins on the day: the change from before, in units of the country's
// own changes over as many days, less for the day after (which enforcement in another zone, or in the
// evening, makes the first).
func (p *panel) sharpnessOf(i, t int, sign float64, adjusted bool) (sharpness float64, day int) {
	day1, wide := p.gaugeOf(1, 1), p.gaugeOf(p.cfg.BaselineDays, wideJumpDays)
	if steadier*p.spread(wide, i, t, adjusted) < p.spread(day1, i, t, adjusted) {
		return jumpShare * sign * p.units(wide, i, t, adjusted), 0
	}
	today := sign * p.units(day1, i, t, adjusted)
	if t+1 >= p.days || math.IsNaN(day1.of(i, adjusted)[t+1]) {
		return jumpShare * today, 0
	}
	next := sign * day1.of(i, adjusted)[t+1] / p.spread(day1, i, t, adjusted)
	sharpness = jumpShare * today
	if math.Min(today, next) >= minBothJumps {
		sharpness = math.Max(sharpness, jumpShare*(today+next)/jumpSpread)
	}
	if late := lateJumpShare * next; late > sharpness || math.IsNaN(sharpness) {
		return late, 1
	}
	return sharpness, 0
}

// score joins size and sharpness by their root mean square of inverses: a burst is large, a ban is large
// and begins on its day. More of one makes up for less of the other, up to a factor of 1.41 of the smaller.
func (h headline) score() float64 {
	if !(h.size > 0 && h.sharpness > 0) {
		return math.Min(h.size, math.Min(h.sharpness, 0))
	}
	return math.Sqrt(2 / (1/(h.size*h.size) + 1/(h.sharpness*h.sharpness)))
}

// nullChanges are the gauge's changes of row i on the given days: the distribution without an event.
func (h headline) nullChanges(i int, dates []int) placeboTime {
	values := h.gauge.of(i, h.adjusted)
	pt := placeboTime{}
	for _, u := range dates {
		if !math.IsNaN(values[u]) {
			pt.effects = append(pt.effects, values[u])
		}
	}
	pt.independent = float64(len(pt.effects)) / float64(h.gauge.before+h.gauge.after)
	return pt
}

// interval inverts the placebo test: the effects that leave a change as usual as 1-alpha of the
// country's own. Source: Chernozhukov, Wuthrich and Zhu, JASA 116, 2021, with the windows of the past for
// permutations.
func (pt placeboTime) interval(effect, alpha float64) (low, high float64) {
	if len(pt.effects) < minSpaceScale {
		return math.NaN(), math.NaN()
	}
	sorted := slices.Clone(pt.effects)
	slices.Sort(sorted)
	centre, wide := quantile(sorted, .5), pt.widen(alpha)
	far := func(q float64) float64 { return centre + wide*(quantile(sorted, q)-centre) }
	return effect - far(1-alpha/2), effect - far(alpha/2)
}

// rank ranks row own's size among the donors of the day, each in its own units, and names those that
// moved at least as far, the farthest first.
func (p *panel) rank(own, t int, h headline, asked Direction) (among placeboSpace, further []string) {
	among.statistic = asked.sign() * h.size
	type mover struct {
		country string
		units   float64
	}
	var movers []mover
	for _, i := range p.donors(own, t) {
		z := p.units(h.gauge, i, t, true)
		if math.IsNaN(z) {
			continue
		}
		among.donors = append(among.donors, z)
		if asked.sign()*z >= h.size {
			movers = append(movers, mover{p.rows[i].series.Country, asked.sign() * z})
		}
	}
	slices.SortStableFunc(movers, func(a, b mover) int { return cmp.Compare(b.units, a.units) })
	for _, m := range movers {
		further = append(further, m.country)
	}
	return among, further
}

// donors are the rows, without row own, to which nothing is known to have happened around day t.
func (p *panel) donors(own, t int) []int {
	var list []int
	for i, r := range p.rows {
		if i != own && r.quiet[t] && r.level[t] >= p.cfg.DonorUsers {
			list = append(list, i)
		}
	}
	return list
}

// A shock is shared where so many other countries, and at least leastShared, have the score sharedScore on the
// same day.
const (
	sharedScore = 2
	leastShared = 3
)

// sharers are the countries that show a change as sharp on the same day without an event of their own; nil
// where they are no more than chance brings.
func (p *panel) sharers(own, t, window int, asked Direction) []string {
	var names []string
	donors := p.donors(own, t)
	for _, i := range donors {
		if p.measure(i, t, window, asked).score() >= sharedScore {
			names = append(names, p.rows[i].series.Country)
		}
	}
	if float64(len(names)) < math.Max(leastShared, p.cfg.SharedShare*float64(len(donors))) {
		return nil
	}
	return names
}

// Asked is the change that an event is expected to bring to a series: what the configuration
// forces, or what kind and target say. A block of Tor takes its relays' users away and brings users to its
// bridges, as to every other tool.
func (c Config) Asked(e events.Event, series string) Direction {
	if c.Direction != "" {
		return c.Direction
	}
	direction := askedDirection(e)
	if !aimsAtTor(e) || !measuresTor(series) || strings.Contains(strings.ToLower(series), "bridge") {
		return direction
	}
	if direction == Down && e.Kind == events.Unblock {
		return Up
	}
	return Down
}

// aimsAtTor says whether the event is against Tor and nothing else.
func aimsAtTor(e events.Event) bool { return strings.EqualFold(strings.TrimSpace(e.Target), "tor") }

// measuresTor says whether a series is named for Tor: "tor-direct-users", "tor".
func measuresTor(series string) bool {
	return slices.Contains(strings.FieldsFunc(strings.ToLower(series), func(r rune) bool { return r < 'a' || r > 'z' }), "tor")
}

// episodeOf lists the ids of the events of one country that cannot be told apart from e: those
// within NeighbourDays that ask for the same change.
func (a *assessment) episodeOf() []string {
	var ids []string
	for _, other := range a.catalogue {
		if other.Country != a.event.Country || other.Precision == "month" || other.ID == a.event.ID || !acts(other.Kind) || !asksForUse(other.Kind) {
			continue
		}
		d := days(a.event.Date(), other.Date())
		if d >= -a.panel.cfg.NeighbourDays && d <= a.panel.cfg.NeighbourDays && a.panel.cfg.Asked(other, a.panel.name) == a.asked {
			ids = append(ids, other.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return append([]string{a.event.ID}, ids...)
}

// asksForUse says whether events of a kind are bans or their end, and no other explanation.
func asksForUse(k events.Kind) bool {
	return k != events.Outage && k != events.Company && k != events.Release && k != events.Election
}

// dateOf prints the day that lies so many days from the event.
func (a *assessment) dateOf(offset int) string {
	return a.panel.day(a.at + offset).Format(time.DateOnly)
}

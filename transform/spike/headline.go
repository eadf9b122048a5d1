package spike

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/banshift/banshift/schemas/events"
)

// Rule names a registered point on the curve of power against false grades.
type Rule string

// Rules. Both ask the same two things and differ in how much of them.
const (
	Standard Rule = "standard"
	Strict   Rule = "strict"
)

// threshold is the score that the rule asks for; docs/calibration.md has the whole curve.
func (r Rule) threshold() float64 {
	if r == Strict {
		return 3.6
	}
	return 2.4
}

// Shares of a jump's z that enter the score: on the event's day, and on the day after it, where
// a change that begins by chance is as likely and so has to be larger. A rise over both days is
// measured against jumpSpread times the spread of one day's.
const (
	jumpShare     = .7
	lateJumpShare = .2
	jumpSpread    = 1.3
	minBothJumps  = 1.0 // z of each of the two days of a rise over both
)

// smallBefore and smallAfter are the days that a jump of small counts is taken over.
const smallBefore, smallAfter = 3, 3

// baselineDays is the length of the baseline of the headline: short, because the levels of real
// series wander; a multiple of seven, so that each weekday is in it once.
const baselineDays = 7

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

// gaugeOf gives the gauge for windows of these lengths, made once a panel.
func (p *panel) gaugeOf(before, after int) *gauge {
	key := [2]int{before, after}
	if g := p.gauges[key]; g != nil {
		return g
	}
	g := &gauge{before: before, after: after}
	for _, r := range p.rows {
		g.raw = append(g.raw, p.changesOf(r, before, after))
		g.rest = append(g.rest, nans(p.days))
	}
	p.takeMedians(g)
	p.gauges[key] = g
	return g
}

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

// spread is the own unit of row i in the gauge for changes on day t: the centralShare quantile of
// its changes without sign in windows that ended before, with a floor.
func (p *panel) spread(g *gauge, i, t int, values []float64) float64 {
	var past []float64
	for u := max(0, t-p.cfg.PlaceboMax); u <= t-g.after; u++ {
		if !math.IsNaN(values[u]) {
			past = append(past, math.Abs(values[u]))
		}
	}
	if len(past) < minSpaceScale {
		return math.NaN()
	}
	slices.Sort(past)
	return math.Max(p.spreadFloor(p.rows[i].level[t], g.after), quantile(past, centralShare))
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
	valid       int // days of the window with a value
	window      int // days
	registered  int // days that the window will have
	z, jump     float64
	jumpDay     int // days from the event
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
	h := headline{effect: math.NaN(), raw: math.NaN(), z: math.NaN(), jump: math.NaN(), window: window, registered: window}
	if seen := r.last() - t + 1; seen > 0 && seen < window {
		h.window, h.provisional = longest(seen), true
	}
	h.gauge = p.gaugeOf(baselineDays, h.window)
	for u := t; u < min(t+h.window, p.days); u++ {
		if !math.IsNaN(r.y[u]) {
			h.valid++
		}
	}
	h.raw, h.effect = h.gauge.raw[i][t], h.gauge.rest[i][t]
	h.adjusted = !math.IsNaN(h.effect)
	values := h.gauge.rest[i]
	if !h.adjusted {
		h.effect, values = h.raw, h.gauge.raw[i]
	}
	h.z = asked.sign() * h.effect / p.spread(h.gauge, i, t, values)
	h.jump, h.jumpDay = p.jumpScore(i, t, asked.sign(), h.adjusted)
	return h
}

// jumpScore asks whether the change begins on the day: the change from the day before, in units
// of the country's own changes from day to day, less for the day after (which enforcement in another
// zone, or in the evening, makes the first).
func (p *panel) jumpScore(i, t int, sign float64, adjusted bool) (score float64, day int) {
	g := p.gaugeOf(1, 1)
	if p.rows[i].level[t] < p.cfg.SmallCount { // one day's count says little
		g = p.gaugeOf(smallBefore, smallAfter)
	}
	values := g.rest[i]
	if !adjusted {
		values = g.raw[i]
	}
	unit := p.spread(g, i, t, values)
	if wide, wider := p.steadierJump(i, t, adjusted); wider < steadier*unit {
		values, unit = wide, wider
	}
	today := sign * values[t] / unit
	score = jumpShare * today
	if t+1 >= p.days || math.IsNaN(values[t+1]) {
		return score, 0
	}
	next := sign * values[t+1] / unit
	if math.Min(today, next) >= minBothJumps {
		score = math.Max(score, jumpShare*(today+next)/jumpSpread)
	}
	if late := lateJumpShare * next; late > score || math.IsNaN(score) {
		return late, 1
	}
	return score, 0
}

// steadier is how much smaller the unit of a jump over three days has to be to be taken for that of one:
// the past decides, and where days are independent it is.
const steadier = .8

// steadierJump is the jump over smallBefore and smallAfter days, and its unit.
func (p *panel) steadierJump(i, t int, adjusted bool) (values []float64, unit float64) {
	g := p.gaugeOf(smallBefore, smallAfter)
	values = g.rest[i]
	if !adjusted {
		values = g.raw[i]
	}
	return values, p.spread(g, i, t, values)
}

// score is the smaller of the size and the sharpness: a burst is large, a ban is large and
// begins on its day.
func (h headline) score() float64 { return math.Min(h.z, h.jump) }

// nullChanges are the gauge's changes of row i on the given days: the distribution without an event.
func (h headline) nullChanges(i int, dates []int) placeboTime {
	values := h.gauge.rest[i]
	if !h.adjusted {
		values = h.gauge.raw[i]
	}
	var pt placeboTime
	for _, u := range dates {
		if !math.IsNaN(values[u]) {
			pt.effects = append(pt.effects, values[u])
		}
	}
	pt.independent = float64(len(pt.effects)) / float64(h.window)
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
	centre, wide := quantile(sorted, .5), widening(pt.independent)
	far := func(q float64) float64 { return centre + wide*(quantile(sorted, q)-centre) }
	return effect - far(1-alpha/2), effect - far(alpha/2)
}

// rank ranks row own's z among the donors of the day, each in its own units, and names those
// that moved at least as far, the farthest first.
func (p *panel) rank(own, t int, h headline, asked Direction) (among placeboSpace, further []string) {
	among.statistic = asked.sign() * h.z
	type mover struct {
		country string
		z       float64
	}
	var movers []mover
	for i, r := range p.rows {
		if i == own || !r.quiet[t] || !(r.level[t] >= p.cfg.DonorUsers) {
			continue
		}
		z := p.donorZ(h.gauge, i, t)
		if math.IsNaN(z) {
			continue
		}
		among.donors = append(among.donors, z)
		if asked.sign()*z >= h.z {
			movers = append(movers, mover{r.series.Country, asked.sign() * z})
		}
	}
	slices.SortStableFunc(movers, func(a, b mover) int { return -compare(a.z, b.z) })
	for _, m := range movers {
		further = append(further, m.country)
	}
	return among, further
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// donorZ is the signed z of row i, kept for the other rows of the same event.
func (p *panel) donorZ(g *gauge, i, t int) float64 {
	key := donorKey{g.before, g.after, i, t}
	if z, known := p.donorZs[key]; known {
		return z
	}
	z := g.rest[i][t] / p.spread(g, i, t, g.rest[i])
	p.donorZs[key] = z
	return z
}

type donorKey struct{ before, after, row, day int }

// asked is the change that an event is expected to bring to a series: what the configuration
// forces, or what kind and target say. A block of Tor takes its relays' users away and brings users to its
// bridges, as to every other tool.
func (c Config) asked(e events.Event, series string) Direction {
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
		if d >= -a.panel.cfg.NeighbourDays && d <= a.panel.cfg.NeighbourDays && a.panel.cfg.asked(other, a.panel.name) == a.asked {
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

package spike

import (
	"math"
	"strings"
	"time"

	"github.com/banshift/banshift/schemas/events"
)

// assessment is one series against one event, while it is worked out.
type assessment struct {
	panel     *panel
	row       *row
	own       int // the row's number
	event     events.Event
	at        int
	catalogue []events.Event
	alarms    []episode
	findings  []Finding // about the event, from other series
	brief     bool      // leave out what takes no part in the grade

	head     headline
	space    placeboSpace
	further  []string // countries that moved as far, in their own units
	window   window   // of the estimate that is given next to the headline
	adjusted bool     // the outcome under test is the one after the common factor
	asked    Direction
	placebo  placeboTime
	ciLow    float64 // lower end, in the asked direction, of the tested outcome's interval
}

// effect works the assessment out: effect, interval, placebos, onset, then the grade.
func (a *assessment) effect() Effect {
	p, r, cfg := a.panel, a.row, a.panel.cfg
	a.asked = cfg.Asked(a.event, p.name)
	a.head = p.measure(a.own, a.at, cfg.windowFor(a.event), a.asked)
	a.window = p.effectAt(r, a.at, cfg.BeforeDays, cfg.AfterDays)
	a.adjusted = a.head.adjusted
	e := Effect{Series: p.name, Country: r.series.Country, Event: a.event.ID, Date: p.day(a.at).Format(time.DateOnly),
		OwnCountry: r.series.Country == a.event.Country, Asked: a.asked, Direction: None,
		ValidDays: a.head.valid, PTimeMode: cfg.Placebo, Reasons: []string{}, WindowDays: a.head.window, Provisional: a.head.provisional,
		Rule: cfg.Rule, Threshold: cfg.threshold(), Size: rounded(a.head.size), Sharpness: rounded(a.head.sharpness), Score: rounded(a.head.score())}
	a.fillPlacebos(&e)
	a.fillIntervals(&e)
	e.Episode = a.episodeOf()
	e.CoverageChange = number(round(p.coverageChange(r, a.at), 4))
	if e.OwnCountry && !a.brief {
		e.Shape = p.shapeAt(r, a.at, a.head.raw)
		e.Sensitivity = a.sensitivity()
		e.Anticipation = a.anticipation()
		e.Evidence = a.findings
		e.Control.Who = p.controlNames(r, a.at)
		if a.event.Precision != "month" {
			e.Joint = a.joint()
		}
		if cfg.Course {
			e.Course = a.course()
		}
		if cfg.Hours {
			e.Hours = a.byHours()
		}
		if cfg.Secondary {
			e.Secondary = a.secondary()
		}
	}
	a.fillOnset(&e)
	var reasons []string
	e.Grade, reasons = a.grade(e)
	e.Reasons = append(e.Reasons, reasons...) // never null
	if e.Joint != nil {
		e.Reasons = append(e.Reasons, e.Joint.Words()...)
	}
	return e
}

// askedDirection is the change that an event of this kind is expected to bring to
// tools that go around it. Where the network itself is cut nothing can be used.
func askedDirection(e events.Event) Direction {
	switch {
	case e.Kind == events.Unblock:
		return Down
	case e.Kind == events.Outage:
		return Down
	case e.Kind == events.Shutdown && (e.TargetType == "internet" || e.TargetType == "mobile_internet"):
		return Down
	}
	return Up
}

// fillIntervals fills the headline with its interval, and the other estimates in the own country.
func (a *assessment) fillIntervals(e *Effect) {
	cfg := a.panel.cfg
	if math.IsNaN(a.head.effect) {
		return
	}
	low, high := a.placebo.interval(a.head.effect, cfg.Alpha)
	if a.head.provisional {
		low, high = a.widenProvisional(low, high)
	}
	e.EffectLog, e.EffectPct = number(round(a.head.effect, 6)), percent(a.head.effect)
	e.CILow, e.CIHigh = percent(low), percent(high)
	a.ciLow = low
	if a.asked == Down {
		a.ciLow = -high
	}
	switch {
	case low > 0:
		e.Direction = Up
	case high < 0:
		e.Direction = Down
	}
	if e.OwnCountry && !a.brief {
		a.fillOthers(e)
	}
}

// widenProvisional adds to an interval what the days to come may still change: the interval of the
// registered window around the same effect, in quadrature.
func (a *assessment) widenProvisional(low, high float64) (float64, float64) {
	full := headline{gauge: a.panel.gaugeOf(a.panel.cfg.BaselineDays, a.head.registered), adjusted: a.head.adjusted, window: a.head.registered}
	l, h := full.nullChanges(a.own, a.panel.placeboDates(a.row, a.at, a.ownOthers())).interval(a.head.effect, a.panel.cfg.Alpha)
	x := a.head.effect
	return x - math.Hypot(x-low, x-l), x + math.Hypot(high-x, h-x)
}

// fillOthers fills the estimates that are given next to the headline.
func (a *assessment) fillOthers(e *Effect) {
	p, r, cfg := a.panel, a.row, a.panel.cfg
	past := p.past(r, a.at, a.ownOthers())
	fill := func(effect float64, days int, residuals []float64, name string) Control {
		if math.IsNaN(effect) {
			return Control{}
		}
		rng := rngFor(cfg.Seed, p.name, r.series.Country, a.event.ID, name)
		low, high := interval(effect, blockBootstrap(pick(residuals, past), cfg.BlockDays, cfg.AfterDays, cfg.Replicates, rng), cfg.Alpha)
		return Control{EffectLog: number(round(effect, 6)), EffectPct: percent(effect), CILow: percent(low), CIHigh: percent(high), Days: days}
	}
	e.Measured = fill(a.window.raw, a.window.validDays, r.raw, "raw")
	e.Control = fill(a.window.adjusted, a.window.adjDays, r.adj, "control")
	if e.Control.EffectLog != nil {
		e.Control.Countries = p.controls(r, a.at)
	}
}

func (a *assessment) fillPlacebos(e *Effect) {
	p, r, cfg := a.panel, a.row, a.panel.cfg
	sign := a.asked.sign()
	e.PTimeOutcome = "as measured"
	if a.adjusted {
		e.PTimeOutcome = "after the controls"
	}
	dates := p.placeboDates(r, a.at, a.ownOthers())
	a.placebo = a.head.nullChanges(a.own, dates)
	e.NTime = len(a.placebo.effects)
	e.NTimeEffective = int(a.placebo.independent)
	if e.NTime > 0 && e.NTime >= cfg.MinPlacebos {
		e.PTime = number(round(a.placebo.rank(a.head.effect, sign, cfg.Alpha), 6))
		e.PTimeFloor = number(round(1/float64(1+e.NTime), 6))
	}
	a.space, a.further = p.rank(a.own, a.at, a.head, a.asked)
	e.NSpace = len(a.space.donors)
	if ps := a.space.rank(sign); e.NSpace > 0 && !math.IsNaN(ps) {
		e.PSpace = number(round(ps, 6))
		e.PSpaceFloor = number(round(1/float64(1+e.NSpace), 6))
		e.PSpaceRank = int(math.Round(ps * float64(1+e.NSpace)))
	}
	if r.level[a.at] < cfg.SmallCount {
		e.PCount = number(a.countP())
	}
}

// countP is the exact tail of the sum over the window, given its expectation and the
// dispersion of earlier windows.
func (a *assessment) countP() float64 {
	p, r := a.panel, a.row
	if math.IsNaN(a.window.raw) || a.window.predicted <= 0 {
		return math.NaN()
	}
	var observed, expected []float64
	for _, u := range p.placeboDates(r, a.at, a.ownOthers()) {
		w := p.effectAt(r, u, p.cfg.BeforeDays, p.cfg.AfterDays)
		if !math.IsNaN(w.raw) && w.predicted > 0 {
			observed, expected = append(observed, w.observed), append(expected, w.predicted)
		}
	}
	c := counts{mean: a.window.predicted, size: fitCounts(observed, expected)}
	if a.asked == Down {
		return c.lower(a.window.observed)
	}
	return c.upper(a.window.observed)
}

// ownOthers are the days of the other catalogued events of the row's country. The
// steps of the same ban that lie closer than any placebo date belong to the event itself.
func (a *assessment) ownOthers() []time.Time {
	var list []time.Time
	for _, e := range a.catalogue {
		if e.Country != a.row.series.Country || e.ID == a.event.ID || e.Precision == "month" {
			continue
		}
		d := days(a.event.Date(), e.Date())
		if sameBan(e, a.event) && d > -a.panel.cfg.PlaceboMin && d < a.panel.cfg.PlaceboMin {
			continue
		}
		list = append(list, e.Date())
	}
	return list
}

// sameBan says whether two events are steps against the same target in one country.
func sameBan(a, b events.Event) bool {
	return a.Country == b.Country && a.Target != "" && strings.EqualFold(a.Target, b.Target)
}

// past marks the days before t, back to PlaceboMax, that are clear of other events.
func (p *panel) past(r *row, t int, others []time.Time) []bool {
	keep := make([]bool, t)
	for u := max(0, t-p.cfg.PlaceboMax); u < t; u++ {
		keep[u] = !within(p.day(u), others, p.cfg.EventRadius)
	}
	return keep
}

// pick keeps the marked values and makes the others missing, so that blocks stay in order.
func pick(xs []float64, keep []bool) []float64 {
	out := nans(len(keep))
	for i, k := range keep {
		if k {
			out[i] = xs[i]
		}
	}
	return out
}

// fillOnset takes the onset from the data: the first day of an alarm near the event, or
// else the day of the jump.
func (a *assessment) fillOnset(e *Effect) {
	cfg := a.panel.cfg
	for _, ep := range a.alarms {
		d := ep.from - a.at
		if ep.direction == a.asked && !ep.common && d >= cfg.OnsetFrom && d <= cfg.OnsetTo {
			e.Onset, e.OnsetDays, e.OnsetBy = a.panel.day(ep.from).Format(time.DateOnly), &d, "alarm"
			e.POnset = number(round(a.onsetChance(), 4))
			return
		}
	}
	if d := a.head.jumpDay; a.passes() {
		e.Onset, e.OnsetDays, e.OnsetBy = a.dateOf(d), &d, "jump"
	}
}

// priorDays is how many days of all countries' history the rate of alarms is mixed with.
const priorDays = 180

// onsetChance is the probability that an alarm in the asked direction begins in the
// onset window by chance: 1-exp(-rate*days), with the rate of such alarms in the
// country's own past that no catalogued event explains, drawn towards the rate of all
// countries where that past is short.
func (a *assessment) onsetChance() float64 {
	p, own := a.panel, a.ownOthers()
	from, to := max(0, a.at-p.cfg.PlaceboMax), a.at+p.cfg.OnsetFrom
	judged, unexplained := 0, 0
	for t := from; t < to; t++ {
		if !math.IsNaN(a.row.z[t]) {
			judged++
		}
	}
	for _, ep := range a.alarms {
		if ep.direction == a.asked && ep.from >= from && ep.from < to && !within(p.day(ep.from), own, p.cfg.NeighbourDays) {
			unexplained++
		}
	}
	rate := (float64(unexplained) + priorDays*p.alarmRate[a.asked]) / (float64(judged) + priorDays)
	return -math.Expm1(-rate * float64(p.cfg.OnsetTo-p.cfg.OnsetFrom+1))
}

// sensitivityGrid is printed with every effect on its own country.
var sensitivityGrid = []struct{ before, after int }{{7, 1}, {7, 3}, {7, 7}, {7, 14}, {14, 7}, {28, 7}, {28, 28}}

func (a *assessment) sensitivity() []SensitivityAt {
	var grid []SensitivityAt
	dates := a.panel.placeboDates(a.row, a.at, a.ownOthers())
	for _, g := range sensitivityGrid {
		effect, p, n := a.changeOver(a.at, g.before, g.after, dates)
		grid = append(grid, SensitivityAt{BeforeDays: g.before, AfterDays: g.after, EffectLog: effect, PTime: p, NTime: n})
	}
	return grid
}

// changeOver is the headline's change on a day with other windows, and its p over n dates.
func (a *assessment) changeOver(at, before, after int, dates []int) (effect, p *float64, n int) {
	h := headline{gauge: a.panel.gaugeOf(before, after), adjusted: a.adjusted}
	if !a.panel.inside(at) {
		return nil, nil, 0
	}
	x, pt := h.gauge.of(a.own, a.adjusted)[at], h.nullChanges(a.own, dates)
	if n = len(pt.effects); n >= a.panel.cfg.MinPlacebos {
		p = number(round(pt.rank(x, a.asked.sign(), a.panel.cfg.Alpha), 6))
	}
	return number(round(x, 6)), p, n
}

// anticipation tests the days from the announcement to the day before enforcement, at
// most AfterDays of them, where the two are apart.
func (a *assessment) anticipation() *Anticipation {
	announced, enforced := a.event.Announced(), a.event.Enforced()
	if announced.IsZero() || enforced.IsZero() || !announced.Before(enforced) || a.event.Precision == "month" {
		return nil
	}
	p := a.panel
	ant := &Anticipation{Announced: announced.Format(time.DateOnly), Days: min(p.cfg.AfterDays, days(announced, enforced))}
	t := p.index(announced)
	ant.EffectLog, ant.PTime, ant.NTime = a.changeOver(t, p.cfg.BaselineDays, ant.Days, p.placeboDates(a.row, t, a.ownOthers()))
	return ant
}

// coverageChange is the mean coverage of the window after over that before.
func (p *panel) coverageChange(r *row, t int) float64 {
	if r.series.Coverage == nil {
		return math.NaN()
	}
	i := t - days(p.start, r.series.Start)
	lo, hi := max(0, i-p.cfg.BeforeDays), min(len(r.series.Coverage), i+p.cfg.AfterDays)
	if i <= lo || i >= hi {
		return math.NaN()
	}
	before, n := mean(r.series.Coverage[lo:i])
	after, k := mean(r.series.Coverage[i:hi])
	if n == 0 || k == 0 || before == 0 {
		return math.NaN()
	}
	return after / before
}

// percent turns a log effect into percent.
func percent(log float64) *float64 { return number(round(100*math.Expm1(log), 4)) }

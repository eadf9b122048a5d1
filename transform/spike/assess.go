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
	event     events.Event
	at        int
	catalogue []events.Event
	alarms    []episode
	space     placeboSpace
	findings  []Finding // about the event, from beside the series

	window   window
	adjusted bool // the outcome under test is the one after the common factor
	asked    Direction
	placebo  placeboTime
	ciLow    float64 // lower end, in the asked direction, of the tested outcome's interval
}

// effect works the assessment out: effect, interval, placebos, onset, then the grade.
func (a *assessment) effect() Effect {
	p, r, cfg := a.panel, a.row, a.panel.cfg
	a.window = p.effectAt(r, a.at, cfg.BeforeDays, cfg.AfterDays)
	a.adjusted = !math.IsNaN(a.window.adjusted)
	a.asked = askedDirection(a.event)
	e := Effect{Series: p.name, Country: r.series.Country, Event: a.event.ID, Date: p.day(a.at).Format(time.DateOnly),
		OwnCountry: r.series.Country == a.event.Country, Asked: a.asked, Direction: None,
		ValidDays: a.window.validDays, PTimeMode: cfg.Placebo, Reasons: []string{}}
	a.fillIntervals(&e)
	a.fillPlacebos(&e)
	e.CoverageChange = number(round(p.coverageChange(r, a.at), 4))
	if e.OwnCountry {
		e.Shape = p.shapeAt(r, a.at, a.window.raw)
		e.Sensitivity = a.sensitivity()
		e.Anticipation = a.anticipation()
		e.Evidence = a.findings
		e.Control.Who = p.controlNames(r, a.at)
		if cfg.Secondary {
			e.Secondary = a.secondary()
		}
	}
	a.fillOnset(&e)
	var reasons []string
	e.Grade, reasons = a.grade(e)
	e.Reasons = append(e.Reasons, reasons...) // never null
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

// outcome is the tested effect, others the same of any window.
func (a *assessment) outcome(w window) float64 {
	if a.adjusted {
		return w.adjusted
	}
	return w.raw
}

func (a *assessment) fillIntervals(e *Effect) {
	p, r, cfg := a.panel, a.row, a.panel.cfg
	if math.IsNaN(a.window.raw) {
		return
	}
	past := p.past(r, a.at, a.ownOthers())
	rng := rngFor(cfg.Seed, p.name, r.series.Country, a.event.ID, "raw")
	low, high := interval(a.window.raw, blockBootstrap(pick(r.raw, past), cfg.BlockDays, cfg.AfterDays, cfg.Replicates, rng), cfg.Alpha)
	e.EffectLog, e.EffectPct = number(round(a.window.raw, 6)), percent(a.window.raw)
	e.CILow, e.CIHigh = percent(low), percent(high)
	if a.adjusted {
		rng = rngFor(cfg.Seed, p.name, r.series.Country, a.event.ID, "control")
		low, high = interval(a.window.adjusted, blockBootstrap(pick(r.adj, past), cfg.BlockDays, cfg.AfterDays, cfg.Replicates, rng), cfg.Alpha)
		e.Control = Control{EffectLog: number(round(a.window.adjusted, 6)), EffectPct: percent(a.window.adjusted),
			CILow: percent(low), CIHigh: percent(high), Countries: p.controls(r, a.at)}
	}
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
}

func (a *assessment) fillPlacebos(e *Effect) {
	p, r, cfg := a.panel, a.row, a.panel.cfg
	sign := a.asked.sign()
	e.PTimeOutcome = "as measured"
	if a.adjusted {
		e.PTimeOutcome = "after the controls"
	}
	dates := p.placeboDates(r, a.at, a.ownOthers())
	a.placebo = p.placebos(r, dates, cfg.BeforeDays, cfg.AfterDays, a.adjusted)
	e.NTime = len(a.placebo.effects)
	e.NTimeEffective = e.NTime / cfg.AfterDays
	if e.NTime > 0 && e.NTime >= cfg.MinPlacebos {
		e.PTime = number(round(a.placebo.rank(a.outcome(a.window), sign), 6))
		e.PTimeFloor = number(round(1/float64(1+e.NTime), 6))
	}
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
// else the day on which the effect is largest.
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
	if a.commonAlarm() {
		return
	}
	d, ok := a.sharpest()
	if ok && d >= cfg.OnsetFrom && d <= cfg.OnsetLate {
		e.Onset, e.OnsetDays, e.OnsetBy = a.panel.day(a.at+d).Format(time.DateOnly), &d, "change"
	}
}

// commonAlarm says whether an alarm that many countries share touches the days around the
// event.
func (a *assessment) commonAlarm() bool {
	cfg := a.panel.cfg
	for _, ep := range a.alarms {
		if ep.common && ep.direction == a.asked && ep.from <= a.at+cfg.OnsetTo && ep.to >= a.at-cfg.NeighbourDays {
			return true
		}
	}
	return false
}

// sharpest is the day, within NeighbourDays of the event, on which the effect is largest:
// the place of the change where no single day alarms. ok is false where the effect at the
// event is less than sharpZ times its own placebo spread.
func (a *assessment) sharpest() (offset int, ok bool) {
	p, sign := a.panel, a.asked.sign()
	if len(a.placebo.effects) < minSpaceScale || !(sign*a.outcome(a.window) >= sharpZ*a.placebo.scale(p.cfg.ScaleFloor)) {
		return 0, false
	}
	best := math.Inf(-1)
	for d := -p.cfg.NeighbourDays; d <= p.cfg.NeighbourDays; d++ {
		x := sign * a.outcome(p.effectAt(a.row, a.at+d, p.cfg.BeforeDays, p.cfg.AfterDays))
		if x > best {
			best, offset = x, d
		}
	}
	return offset, true
}

// sharpZ is the size, in units of the spread of placebo effects, from which on an effect's
// place is looked for without an alarm.
const sharpZ = 3.5

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
var sensitivityGrid = []struct{ before, after int }{{21, 7}, {28, 3}, {28, 7}, {28, 14}, {42, 7}, {56, 7}}

func (a *assessment) sensitivity() []SensitivityAt {
	var grid []SensitivityAt
	dates := a.panel.placeboDates(a.row, a.at, a.ownOthers())
	for _, g := range sensitivityGrid {
		w := a.panel.effectAt(a.row, a.at, g.before, g.after)
		pt := a.panel.placebos(a.row, dates, g.before, g.after, a.adjusted)
		s := SensitivityAt{BeforeDays: g.before, AfterDays: g.after, EffectLog: number(round(a.outcome(w), 6)), NTime: len(pt.effects)}
		if s.NTime >= a.panel.cfg.MinPlacebos {
			s.PTime = number(round(pt.rank(a.outcome(w), a.asked.sign()), 6))
		}
		grid = append(grid, s)
	}
	return grid
}

// anticipation tests the days from the announcement to the day before enforcement, at
// most AfterDays of them, where the two are apart.
func (a *assessment) anticipation() *Anticipation {
	announced, enforced := a.event.Announced(), a.event.Enforced()
	if announced.IsZero() || enforced.IsZero() || !announced.Before(enforced) || a.event.Precision == "month" {
		return nil
	}
	p := a.panel
	n := min(p.cfg.AfterDays, days(announced, enforced))
	t := p.index(announced)
	w := p.effectAt(a.row, t, p.cfg.BeforeDays, n)
	pt := p.placebos(a.row, p.placeboDates(a.row, t, a.ownOthers()), p.cfg.BeforeDays, n, a.adjusted)
	ant := &Anticipation{Announced: announced.Format(time.DateOnly), Days: n, EffectLog: number(round(a.outcome(w), 6)), NTime: len(pt.effects)}
	if ant.NTime >= p.cfg.MinPlacebos {
		ant.PTime = number(round(pt.rank(a.outcome(w), a.asked.sign()), 6))
	}
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

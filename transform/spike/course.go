package spike

import (
	"fmt"
	"math"
	"slices"

	"github.com/banshift/banshift/schemas/events"
)

// Course is how a change went on after the event, day by day and for half a year. All of it is against the week before,
// after the controls where the headline is, with intervals by the same comparison on the placebo dates; it takes no part in the
// grade. What it says of later days ends at the next event of the country.
type Course struct {
	// Days are the event study: each day's change from the mean of the week before, from four weeks before on.
	Days []DayChange `json:"days"`
	// PreTrend is the slope of the four weeks before the event.
	PreTrend PreTrend `json:"pre_trend"`
	// Excess are the users above the expected ones, summed over the days.
	Excess Excess `json:"excess"`
	// HalfLifeDays is the first day from which a week's mean is below half of the effect, in users; nil where it never is.
	HalfLifeDays *int `json:"half_life_days"`
	// Remaining is what is left after 4, 8 and 26 weeks.
	Remaining []Remaining `json:"remaining"`
	// WithoutOne is the headline without each of the controls in turn.
	WithoutOne WithoutOne `json:"without_one_control"`
	// Spillover is the change in the neighbours; nil where none can be asked.
	Spillover *Spillover `json:"spillover,omitempty"`
	// NextEvent ends the course; empty where none comes. EndedDays is when the event itself ended.
	NextEvent string `json:"next_event,omitempty"`
	NextDays  *int   `json:"next_event_days,omitempty"`
	EndedDays *int   `json:"ended_days,omitempty"`
}

// DayChange is one day of the event study; the interval is of this day alone.
type DayChange struct {
	Day       int      `json:"day"` // from the event
	EffectPct *float64 `json:"effect_pct"`
	CILow     *float64 `json:"ci_low"`
	CIHigh    *float64 `json:"ci_high"`
}

// PreTrend is a slope before the event, in percent a day, and its rank among the slopes before placebo dates, two-sided.
// A test that finds nothing is no proof of no trend (Roth, American Economic Review: Insights 4, 2022).
type PreTrend struct {
	PctPerDay *float64 `json:"pct_per_day"`
	P         *float64 `json:"p"`
	N         int      `json:"n"`
}

// Excess are users, each counted on every day.
type Excess struct {
	Days     int      `json:"days"`
	UserDays *float64 `json:"user_days"`
	CILow    *float64 `json:"ci_low"`
	CIHigh   *float64 `json:"ci_high"`
}

// Remaining is the week that begins so many weeks after the event, against the week before it.
type Remaining struct {
	Weeks     int      `json:"weeks"`
	EffectPct *float64 `json:"effect_pct"`
	CILow     *float64 `json:"ci_low"`
	CIHigh    *float64 `json:"ci_high"`
	// SharePct is this change over the headline's, both in percent of users; SharePctDetrended the same where the trend of
	// the thirteen weeks before is taken to go on. 100 is all, 0 nothing.
	SharePct          *float64 `json:"share_pct"`
	SharePctDetrended *float64 `json:"share_pct_detrended"`
	// AfterEnd says that the event was over by then.
	AfterEnd bool `json:"after_end,omitempty"`
}

// WithoutOne is the lowest and the highest headline that is left when one control is left out.
type WithoutOne struct {
	Controls    int      `json:"controls"`
	LowPct      *float64 `json:"low_pct"`
	HighPct     *float64 `json:"high_pct"`
	LowWithout  string   `json:"low_without,omitempty"`
	HighWithout string   `json:"high_without,omitempty"`
}

// Windows of the course, in days.
const (
	courseBefore = 28
	courseAfter  = 28
	courseDates  = 60 // about so many placebo dates are enough: those between them share most of their days
	trendWeeks   = 13
)

// remainingWeeks are those after which it is asked what is left.
var remainingWeeks = []int{4, 8, 26}

// course works out what the days after the event were; nil where the headline cannot be said.
func (a *assessment) course() *Course {
	if math.IsNaN(a.head.effect) || a.event.Precision == "month" {
		return nil
	}
	p := a.panel
	c := &Course{}
	until := p.days
	if next, t := a.nextEvent(); next.ID != "" {
		until = min(until, t)
		c.NextEvent, c.NextDays = next.ID, pointer(t-a.at)
	}
	if ended := a.event.Ended(); !ended.IsZero() {
		c.EndedDays = pointer(days(a.event.Date(), ended))
	}
	h := a.history()
	a.fillDays(c, h, until)
	c.HalfLifeDays = a.halfLife(until)
	for _, weeks := range remainingWeeks {
		c.Remaining = append(c.Remaining, a.remaining(weeks, h, until, c.EndedDays))
	}
	c.WithoutOne, c.Spillover = a.withoutOne(), a.spillover(h)
	return c
}

// history is the country's own past: placebo dates, one of every so many, and the days around each.
type history struct {
	dates []int
	every int
	days  [][]float64
}

func (a *assessment) history() history {
	all := a.panel.placeboDates(a.row, a.at, a.ownOthers())
	h := history{every: max(1, len(all)/courseDates)}
	for n, u := range all {
		if n%h.every == 0 {
			h.dates = append(h.dates, u)
			h.days = append(h.days, a.dayChanges(u, min(a.panel.days, u+courseAfter)))
		}
	}
	return h
}

func pointer(n int) *int { return &n }

// nextEvent is the next event of the country that changes use and is no part of the same episode, and its day.
func (a *assessment) nextEvent() (next events.Event, at int) {
	for _, e := range a.catalogue {
		if e.Country != a.event.Country || e.Precision == "month" || e.ID == a.event.ID || !acts(e.Kind) {
			continue
		}
		t := a.panel.index(e.Date())
		if t > a.at+a.panel.cfg.NeighbourDays && (next.ID == "" || t < at) {
			next, at = e, t
		}
	}
	return next, at
}

// dayChanges are the changes of the days around a date; those on and after day until are left out.
func (a *assessment) dayChanges(t, until int) []float64 {
	list := nans(courseBefore + courseAfter)
	for n := range list {
		if lag := n - courseBefore; t+lag < until {
			list[n] = a.panel.over(a.own, t, span{before: a.panel.cfg.BaselineDays, lag: lag, after: 1}, a.adjusted)
		}
	}
	return list
}

// fillDays fills the event study, the trend before the event, and the excess.
func (a *assessment) fillDays(c *Course, h history, until int) {
	own := a.dayChanges(a.at, until)
	for n, x := range own {
		if math.IsNaN(x) {
			continue
		}
		lag := n - courseBefore
		low, high := a.pastDays(h, n).interval(x, a.panel.cfg.Alpha)
		c.Days = append(c.Days, DayChange{Day: lag, EffectPct: percent(x), CILow: percent(low), CIHigh: percent(high)})
	}
	c.PreTrend = a.preTrend(own, h)
	c.Excess = a.excess(own, h, until)
}

// pastDays are the changes of one of the days around the placebo dates, where it was over before the event.
func (a *assessment) pastDays(h history, n int) placeboTime {
	over := span{before: a.panel.cfg.BaselineDays, lag: n - courseBefore, after: 1}
	pt := placeboTime{}
	for k, u := range h.dates {
		if x := h.days[k][n]; !math.IsNaN(x) && (u > a.at || u+over.lag < a.at) {
			pt.effects = append(pt.effects, x)
		}
	}
	pt.independent = float64(h.every*len(pt.effects)) / float64(over.days())
	return pt
}

// preTrend ranks the slope before the event among those before the placebo dates.
func (a *assessment) preTrend(own []float64, h history) PreTrend {
	x := slope(own[:courseBefore])
	pre := PreTrend{PctPerDay: percent(x)}
	var others []float64
	for _, list := range h.days {
		if s := slope(list[:courseBefore]); !math.IsNaN(s) {
			others = append(others, math.Abs(s))
		}
	}
	if pre.N = len(others); pre.N > 0 {
		pre.P = number(round(rankP(math.Abs(x), others, 1), 6))
	}
	return pre
}

// slope is the least-squares slope of the known values on their places, NaN of fewer than half of them.
func slope(ys []float64) float64 {
	var n, x, y, xx, xy float64
	for t, v := range ys {
		if !math.IsNaN(v) {
			u := float64(t)
			n, x, y, xx, xy = n+1, x+u, y+v, xx+u*u, xy+u*v
		}
	}
	if n < float64(len(ys))/2 || n*xx-x*x == 0 {
		return math.NaN()
	}
	return (n*xy - x*y) / (n*xx - x*x)
}

// excess sums the users above the expected ones over the days of the course.
func (a *assessment) excess(own []float64, h history, until int) Excess {
	e := Excess{Days: min(courseAfter, until-a.at)}
	sum := func(t int, list []float64) (users float64, n int) {
		for lag := range e.Days {
			x := list[courseBefore+lag]
			if math.IsNaN(x) || t+lag >= a.panel.days || math.IsNaN(a.row.x[t+lag]) {
				continue
			}
			users, n = users+a.row.x[t+lag]*-math.Expm1(-x), n+1
		}
		return users, n
	}
	users, n := sum(a.at, own)
	level := a.row.level[a.at]
	if n < needed(e.Days) || e.Days < 1 || !(level > 0) {
		return Excess{Days: e.Days}
	}
	var pt placeboTime
	for k, u := range h.dates {
		if u < a.at && u+e.Days > a.at {
			continue
		}
		past, valid := sum(u, h.days[k])
		if valid >= needed(e.Days) && a.row.level[u] > 0 {
			pt.effects = append(pt.effects, past/a.row.level[u]*level)
		}
	}
	pt.independent = float64(h.every*len(pt.effects)) / float64(a.panel.cfg.BaselineDays+e.Days)
	low, high := pt.interval(users, a.panel.cfg.Alpha)
	e.UserDays, e.CILow, e.CIHigh = number(math.Round(users)), number(math.Round(low)), number(math.Round(high))
	return e
}

// halfLife is the first day from which a week's mean is below half of the headline, in users.
func (a *assessment) halfLife(until int) *int {
	half := math.Expm1(a.head.effect) / 2
	for lag := 1; a.at+lag+7 <= until; lag++ {
		x := a.panel.over(a.own, a.at, span{before: a.panel.cfg.BaselineDays, lag: lag, after: 7}, a.adjusted)
		if !math.IsNaN(x) && math.Expm1(x)/half < 1 {
			return &lag
		}
	}
	return nil
}

// remaining is what is left of the headline some weeks later.
func (a *assessment) remaining(weeks int, h history, until int, ended *int) Remaining {
	r := Remaining{Weeks: weeks}
	over := span{before: a.panel.cfg.BaselineDays, lag: 7 * weeks, after: 7}
	if a.at+over.lag+over.after > until {
		return r
	}
	x := a.panel.over(a.own, a.at, over, a.adjusted)
	low, high := a.pastOver(h.dates, h.every, over).interval(x, a.panel.cfg.Alpha)
	r.EffectPct, r.CILow, r.CIHigh = percent(x), percent(low), percent(high)
	r.AfterEnd = ended != nil && *ended <= over.lag
	share := func(x float64) *float64 { return number(round(100*math.Expm1(x)/math.Expm1(a.head.effect), 1)) }
	r.SharePct = share(x)
	r.SharePctDetrended = share(x - a.weeklyTrend()*float64(weeks))
	return r
}

// weeklyTrend is the slope a week of the weeks before the event.
func (a *assessment) weeklyTrend() float64 {
	list := nans(trendWeeks)
	for n := range list {
		list[n] = a.panel.over(a.own, a.at, span{before: a.panel.cfg.BaselineDays, lag: 7 * (n - trendWeeks), after: 7}, a.adjusted)
	}
	return slope(list)
}

// withoutOne leaves one control after another out of the headline.
func (a *assessment) withoutOne() WithoutOne {
	var w WithoutOne
	if !a.adjusted {
		return w
	}
	over := span{before: a.head.gauge.before, after: a.head.gauge.after}
	own := a.row.across(a.at, over)
	sorted := a.panel.controlChanges(a.own, a.at, over)
	w.Controls = len(sorted)
	low, high := math.Inf(1), math.Inf(-1)
	for _, r := range a.panel.rows {
		x := r.across(a.at, over)
		if r == a.row || !a.panel.isControl(r, a.at) || math.IsNaN(x) {
			continue
		}
		effect := own - medianWithout(sorted, place(sorted, x), a.panel.cfg.MinControls)
		if effect < low {
			low, w.LowWithout = effect, r.series.Country
		}
		if effect > high {
			high, w.HighWithout = effect, r.series.Country
		}
	}
	w.LowPct, w.HighPct = percent(low), percent(high)
	return w
}

// place is where x stands in a sorted list that has it.
func place(sorted []float64, x float64) int {
	n, _ := slices.BinarySearch(sorted, x)
	return n
}

// Words says the course in lines.
func (c *Course) Words() []string {
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if c.PreTrend.PctPerDay != nil && c.PreTrend.P != nil {
		add("trend of the four weeks before: %+.2f %% a day (p = %.3f among %s)", *c.PreTrend.PctPerDay, *c.PreTrend.P, count(c.PreTrend.N, "earlier stretches", "earlier stretch"))
	}
	if c.Excess.UserDays != nil {
		add("users above the expected, summed over %s: %+.0f%s", count(c.Excess.Days, "days", "day"), *c.Excess.UserDays, rangeWords(c.Excess.CILow, c.Excess.CIHigh, "%+.0f"))
	}
	if c.HalfLifeDays != nil {
		add("a week's mean is under half of the effect from day %d on", *c.HalfLifeDays)
	}
	for _, r := range c.Remaining {
		if r.EffectPct == nil || r.SharePct == nil {
			continue
		}
		over := ""
		if r.AfterEnd {
			over = "; the event was over by then"
		}
		line := fmt.Sprintf("after %d weeks %+.1f %%%s: %.0f %% of the effect remains", r.Weeks, *r.EffectPct, rangeWords(r.CILow, r.CIHigh, "%+.1f"), *r.SharePct)
		if r.SharePctDetrended != nil {
			line += fmt.Sprintf(", %.0f %% if the trend before had gone on", *r.SharePctDetrended)
		}
		lines = append(lines, line+over)
	}
	if c.NextEvent != "" {
		add("what came after day %d is left out: %s", *c.NextDays, c.NextEvent)
	}
	if w := c.WithoutOne; w.LowPct != nil && w.HighPct != nil {
		add("without one of the %s: %+.1f %% (without %s) to %+.1f %% (without %s)", count(w.Controls, "controls", "control"), *w.LowPct, w.LowWithout, *w.HighPct, w.HighWithout)
	}
	if c.Spillover != nil && c.Spillover.EffectPct != nil {
		lines = append(lines, c.Spillover.words())
	}
	return lines
}

// rangeWords is an interval in brackets, nothing where there is none.
func rangeWords(low, high *float64, format string) string {
	if low == nil || high == nil {
		return ""
	}
	return fmt.Sprintf(" ("+format+" to "+format+")", *low, *high)
}

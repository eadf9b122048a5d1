package spike

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/banshift/banshift/schemas/events"
)

// Hours are the values of a series by the hour.
type Hours struct {
	// Values holds users (or another count) an hour, 24 a day from the series' Start on; a missing hour is NaN.
	Values []float64
	// Denominator is the population that Values is measured against, by hour; nil where unknown.
	Denominator []float64
}

// HourEffect is one series against one event by the hour. Numbers that do not exist are null, never NaN.
type HourEffect struct {
	// Onset is the first hour that lies wholly after the onset, in UTC; the hour in which the onset lies is in no window.
	Onset         string `json:"onset"`
	WindowHours   int    `json:"window_hours"`
	BaselineHours int    `json:"baseline_hours"`
	ValidHours    int    `json:"valid_hours"`
	// Provisional says that the data end inside the registered window.
	Provisional bool `json:"provisional,omitempty"`

	// EffectLog is the mean log change from the hours before to the window, each hour against the same hour of the week, less the
	// median of the controls' where there are enough; the interval is in percent.
	EffectLog *float64 `json:"effect_log"`
	EffectPct *float64 `json:"effect_pct"`
	CILow     *float64 `json:"ci_low"`
	CIHigh    *float64 `json:"ci_high"`

	// PTime ranks it among the same hours of NTime other days, PSpace among NSpace countries.
	PTime      *float64 `json:"p_time"`
	NTime      int      `json:"n_time"`
	PTimeFloor *float64 `json:"p_time_floor"`
	PSpace     *float64 `json:"p_space"`
	NSpace     int      `json:"n_space"`
	Controls   int      `json:"controls"`

	// Size, Sharpness and Score are those of the daily test; the jump is from the hours before the onset to those after it.
	Size      *float64 `json:"size"`
	Sharpness *float64 `json:"sharpness"`
	Score     *float64 `json:"score"`
	Threshold float64  `json:"threshold"`
	// POnset ranks the jump at the onset among the jumps at the same hour of the placebo days.
	POnset *float64 `json:"p_onset"`
	// Began is the hour, from half a day before the onset to half a day after it, with the largest jump; BeganHours its distance.
	Began      string `json:"began"`
	BeganHours *int   `json:"began_hours"`

	Asked     Direction `json:"asked"`
	Direction Direction `json:"direction"`
	Grade     Grade     `json:"grade"`
	Reasons   []string  `json:"reasons"`
}

// hourDesign are the constants of the test by the hour that were chosen on simulated panels; see docs/calibration-hours.md.
type hourDesign struct {
	baseline int     // hours before the onset
	jump     int     // hours on each side of it
	share    float64 // of a jump's units that enters the sharpness
}

// registeredHours is the design that is used. The baseline is a whole day: each hour of the day is in it once.
var registeredHours = hourDesign{baseline: 24, jump: 3, share: .7}

// design is the registered one, or what replaces it.
func (c Config) design() hourDesign {
	if c.hours.baseline > 0 {
		return c.hours
	}
	return registeredHours
}

// windowHours are the lengths of a window, in hours; the longest that is taken where nothing says how long the event was is usualHours.
var windowHours = []int{48, 24, 12, 6, 3, 2, 1}

const (
	usualHours = 24
	hoursADay  = 24
	weekHours  = 7 * hoursADay
	// onsetReach is how many hours around the onset are searched for the largest jump; onsetEarly is from how many
	// hours before it on a larger one means that the change had begun before.
	onsetReach = 12
	onsetEarly = 2
	// leastHour is the users an hour, in the median of the baseline's days, below which hours say too little.
	leastHour = 5
)

// neededHours is how many of so many hours have to be valid.
func neededHours(hours int) int { return max(1, hours*5/7) }

// hourRow are the hours of one country on the panel's axis, without the pattern of the week.
type hourRow struct {
	sums  []float64 // sums[t] of the valid hours before t
	valid []int     // and how many they are
}

// newHourRow lays the hours of a row out. Hours of a masked day are missing.
func (p *panel) newHourRow(r *row) *hourRow {
	y, offset := nans(p.days*hoursADay), days(p.start, r.series.Start)*hoursADay
	for i, v := range r.series.Hours.Values {
		d := 1.0
		if r.series.Hours.Denominator != nil {
			d = r.series.Hours.Denominator[i]
		}
		if !r.masked[(offset+i)/hoursADay] {
			y[offset+i] = logRate(v, d)
		}
	}
	h := &hourRow{}
	h.sums, h.valid = runningSums(y)
	h.sums, h.valid = runningSums(h.flatten(y))
	return h
}

// runningSums are the sums of the values before each place, and how many are valid.
func runningSums(xs []float64) (sums []float64, valid []int) {
	sums, valid = make([]float64, len(xs)+1), make([]int, len(xs)+1)
	for t, x := range xs {
		sums[t+1], valid[t+1] = sums[t], valid[t]
		if !math.IsNaN(x) {
			sums[t+1], valid[t+1] = sums[t]+x, valid[t]+1
		}
	}
	return sums, valid
}

// flatten takes the pattern of the week off: the median deviation of the same hour of the week, in the weeks before, from
// the mean of the week around it. Nothing within half a week of the hour that is corrected enters. An hour whose
// pattern is not known yet is missing: unlike days, hours differ by a factor of several.
func (h *hourRow) flatten(y []float64) []float64 {
	deviation := nans(len(y))
	for t := weekHours / 2; t+weekHours/2 <= len(y); t++ {
		if m, n := h.mean(t-weekHours/2, t+weekHours/2); n >= neededHours(weekHours) {
			deviation[t] = y[t] - m
		}
	}
	flat := nans(len(y))
	weeks := make([]float64, 0, flatWeeks)
	for t := range flat {
		weeks = weeks[:0]
		for j := 1; j <= flatWeeks && t-weekHours*j >= 0; j++ {
			weeks = append(weeks, deviation[t-weekHours*j])
		}
		if weeks = dropNaN(weeks); len(weeks) >= minFlatWeeks {
			flat[t] = y[t] - median(weeks)
		}
	}
	return flat
}

// mean is the mean of the valid hours of [from, to), and how many they are.
func (h *hourRow) mean(from, to int) (mean float64, n int) {
	if from < 0 || to >= len(h.sums) {
		return math.NaN(), 0
	}
	n = h.valid[to] - h.valid[from]
	return (h.sums[to] - h.sums[from]) / float64(n), n
}

// change is the mean of the hours from 'to' on less that of the hours until 'from', NaN where too few are valid.
func (h *hourRow) change(from, to, before, after int) float64 {
	pre, n := h.mean(from-before, from)
	post, k := h.mean(to, to+after)
	if n < neededHours(before) || k < neededHours(after) {
		return math.NaN()
	}
	return post - pre
}

// clock is a time of day on which days are compared: the hours of the baseline end at from, those of the window begin at to,
// both counted from the day's midnight (UTC).
type clock struct{ from, to int }

// later is the clock moved by whole hours, with nothing between its windows.
func (c clock) later(hours int) clock { return clock{c.to + hours, c.to + hours} }

// hourGauge holds the change at this time of every day, for every row: a gauge as that of days, so that controls, placebos and units are
// the same. Its lengths are in days, rounded up.
func (p *panel) hourGauge(at clock, before, after int) *gauge {
	g := &gauge{before: wholeDays(before), after: wholeDays(after)}
	for _, r := range p.rows {
		changes := nans(p.days)
		if r.hours != nil {
			for t := range changes {
				changes[t] = r.hours.change(t*hoursADay+at.from, t*hoursADay+at.to, before, after)
			}
		}
		g.raw, g.rest = append(g.raw, changes), append(g.rest, nans(p.days))
	}
	p.takeMedians(g)
	return g
}

func wholeDays(hours int) int { return (hours + hoursADay - 1) / hoursADay }

// hourAssessment is one series against one event by the hour, while it is worked out.
type hourAssessment struct {
	*assessment
	design hourDesign
	day    int // of the onset, on the panel's axis, UTC
	at     clock
	onset  time.Time // beginning of the window
	head   headline
	jump   headline
	result *HourEffect
	v      verdict
}

// byHours asks the event by the hour.
func (a *assessment) byHours() *HourEffect {
	cfg := a.panel.cfg
	e := &HourEffect{Asked: a.asked, Direction: None, BaselineHours: cfg.design().baseline, Threshold: cfg.threshold(), Reasons: []string{}, Grade: Insufficient}
	h := &hourAssessment{assessment: a, design: cfg.design(), result: e}
	if h.lay(); len(h.v.insufficient) == 0 {
		h.measure()
	}
	e.Grade, e.Reasons = h.grade()
	return e
}

// lay finds the hours that are compared, or says why there are none.
func (h *hourAssessment) lay() {
	begins, known := h.event.OnsetTime()
	if !known {
		h.v.lacks("by the hour nothing can be said: the onset is not known to the hour")
		return
	}
	whole := begins.Truncate(time.Hour)
	h.onset = whole
	if begins.After(whole) {
		h.onset = whole.Add(time.Hour)
	}
	h.result.Onset = h.onset.Format(time.RFC3339)
	h.day = h.panel.index(Day(whole))
	h.at = clock{from: whole.Hour(), to: whole.Hour() + int(h.onset.Sub(whole).Hours())}
	if h.row.hours == nil {
		h.v.lacks("by the hour nothing can be said: the series has no hours")
		return
	}
	if !h.panel.inside(h.day) || h.perHour() < leastHour {
		h.v.lacks("by the hour nothing can be said: the hours before have fewer than %d users", leastHour)
		return
	}
	h.result.WindowHours = h.window(begins)
}

// perHour is the median of the hours of the four weeks before the onset's day.
func (h *hourAssessment) perHour() float64 {
	end := (h.day - days(h.panel.start, h.row.series.Start)) * hoursADay
	values := h.row.series.Hours.Values
	if end <= 0 || end > len(values) {
		return 0
	}
	known := dropNaN(slices.Clone(values[max(0, end-4*weekHours):end]))
	if len(known) == 0 {
		return 0
	}
	return median(known)
}

// window is the longest registered one within the event, or what the configuration forces; at most what has been seen of it.
func (h *hourAssessment) window(begins time.Time) int {
	registered := h.panel.cfg.WindowHours
	if registered == 0 {
		registered = usualHours
		if ended, known := h.event.EndTime(); known {
			registered = longestHours(max(1, int(ended.Truncate(time.Hour).Sub(h.onset).Hours())))
		} else if day := h.event.Ended(); !day.IsZero() {
			registered = longestHours(min(usualHours, max(1, int(day.Sub(begins).Hours()))))
		}
	}
	first := h.day*hoursADay + h.at.to
	seen := 0
	for n := 1; n <= registered && first+n < len(h.row.hours.valid); n++ {
		if h.row.hours.valid[first+n] > h.row.hours.valid[first+n-1] {
			seen = n
		}
	}
	if seen < registered && h.dataEnd(first+seen) {
		h.result.Provisional = true
		return longestHours(max(1, seen))
	}
	return registered
}

// dataEnd says whether no hour from t on has a value.
func (h *hourAssessment) dataEnd(t int) bool {
	return h.row.hours.valid[min(t, len(h.row.hours.valid)-1)] == h.row.hours.valid[len(h.row.hours.valid)-1]
}

// longestHours is the longest registered window of at most so many hours.
func longestHours(length int) int {
	for _, w := range windowHours {
		if w <= length {
			return w
		}
	}
	return 1
}

// measure works effect, placebos and onset out.
func (h *hourAssessment) measure() {
	p, e, cfg := h.panel, h.result, h.panel.cfg
	h.head = h.changeAt(h.at, h.design.baseline, e.WindowHours)
	_, e.ValidHours = h.row.hours.mean(h.day*hoursADay+h.at.to, min(len(h.row.hours.sums)-1, h.day*hoursADay+h.at.to+e.WindowHours))
	dates := p.placeboDates(h.row, h.day, h.ownOthers())
	placebo := h.head.nullChanges(h.own, dates)
	if e.NTime = len(placebo.effects); math.IsNaN(h.head.effect) || e.NTime < cfg.MinPlacebos {
		return
	}
	low, high := placebo.interval(h.head.effect, cfg.Alpha)
	e.EffectLog, e.EffectPct, e.CILow, e.CIHigh = number(round(h.head.effect, 6)), percent(h.head.effect), percent(low), percent(high)
	switch {
	case low > 0:
		e.Direction = Up
	case high < 0:
		e.Direction = Down
	}
	e.PTime, e.PTimeFloor = number(round(placebo.rank(h.head.effect, h.asked.sign(), cfg.Alpha), 6)), number(round(1/float64(1+e.NTime), 6))
	if h.head.adjusted {
		e.Controls = p.controls(h.row, h.day)
	}
	h.fillOnset(dates)
	e.Size, e.Sharpness, e.Score = rounded(h.head.size), rounded(h.head.sharpness), rounded(h.head.score())
	among, _ := p.rank(h.own, h.day, h.head, h.asked)
	if ps := among.rank(h.asked.sign()); len(among.donors) > 0 && !math.IsNaN(ps) {
		e.PSpace, e.NSpace = number(round(ps, 6)), len(among.donors)
	}
}

// changeAt measures the change at a time of the onset's day, in the asked direction.
func (h *hourAssessment) changeAt(at clock, before, after int) headline {
	g := h.panel.hourGauge(at, before, after)
	x := headline{gauge: g, window: g.after, raw: g.raw[h.own][h.day], effect: g.rest[h.own][h.day]}
	if x.adjusted = !math.IsNaN(x.effect); !x.adjusted {
		x.effect = x.raw
	}
	x.size = h.asked.sign() * h.panel.units(g, h.own, h.day, x.adjusted)
	return x
}

// fillOnset tests the jump at the onset, and finds the hour with the largest one.
func (h *hourAssessment) fillOnset(dates []int) {
	e, width := h.result, min(h.design.jump, h.result.WindowHours)
	h.jump = h.changeAt(h.at, h.design.jump, width)
	h.head.sharpness = h.design.share * h.jump.size
	if jumps := h.jump.nullChanges(h.own, dates); len(jumps.effects) >= h.panel.cfg.MinPlacebos {
		e.POnset = number(round(rankP(h.asked.sign()*h.jump.effect, jumps.effects, h.asked.sign()), 6))
	}
	most := h.asked.sign() * h.jump.effect
	if math.IsNaN(most) {
		return
	}
	began := 0
	for n := -onsetReach; n <= onsetReach; n++ {
		if n == 0 {
			continue
		}
		at := h.at.later(n)
		if x := h.asked.sign() * h.row.hours.change(h.day*hoursADay+at.from, h.day*hoursADay+at.to, h.design.jump, width); x > most {
			most, began = x, n
		}
	}
	e.Began, e.BeganHours = h.onset.Add(time.Duration(began)*time.Hour).Format(time.RFC3339), &began
}

// grade weighs what was found by the rules of the daily grade.
func (h *hourAssessment) grade() (Grade, []string) {
	e, v := h.result, &h.v
	if len(v.insufficient) == 0 && e.EffectLog == nil {
		v.lacks("by the hour nothing can be said: %d of %d hours have a value, and there are %d other days of the %d that are needed", e.ValidHours, e.WindowHours, e.NTime, h.panel.cfg.MinPlacebos)
	}
	if len(v.insufficient) > 0 {
		return Insufficient, v.insufficient
	}
	v.says("%s", h.words())
	h.judge()
	switch {
	case len(v.against) > 0:
		return NotSupported, append(v.remarks, v.against...)
	case len(v.ambiguous) > 0:
		return Ambiguous, append(v.remarks, v.ambiguous...)
	}
	return Supported, v.remarks
}

// Sentence is the first reason with the grade: the effect, or why there is none.
func (e *HourEffect) Sentence() string {
	return fmt.Sprintf("%s (%s)", e.Reasons[0], strings.ReplaceAll(string(e.Grade), "_", " "))
}

// words says the effect in a sentence.
func (h *hourAssessment) words() string {
	e := h.result
	return fmt.Sprintf("by the hour use changed by %+.1f %% (%+.1f to %+.1f) in the %s from %s on, against the %d hours before and the same hours of other weeks; p = %.4f over %d other days",
		*e.EffectPct, orNaN(e.CILow), orNaN(e.CIHigh), count(e.WindowHours, "hours", "hour"), h.onset.Format("2006-01-02 15:04 UTC"), e.BaselineHours, *e.PTime, e.NTime)
}

func orNaN(x *float64) float64 {
	if x == nil {
		return math.NaN()
	}
	return *x
}

// judge asks for the change in the asked direction, and for what else explains it.
func (h *hourAssessment) judge() {
	e, v, cfg, sign := h.result, &h.v, h.panel.cfg, h.asked.sign()
	word := map[Direction]string{Up: "rise", Down: "drop"}[h.asked]
	switch {
	case sign*h.head.effect <= 0:
		v.fails("no %s in these hours", word)
	case e.Direction != h.asked:
		v.fails("the interval of the %s includes zero", word)
	}
	if *e.PTime > cfg.Alpha/2 {
		v.fails("placebo in time: p = %.3f over the same hours of %d days", *e.PTime, e.NTime)
	}
	if !(h.head.score() >= cfg.threshold()) {
		v.doubt("score %.1f, and the rule %s asks for %.2f: the change is %.1f times this country's usual one of as many hours, its beginning %.1f times a usual jump",
			h.head.score(), cfg.Rule, cfg.threshold(), h.head.size, h.jump.size)
	}
	if e.BeganHours != nil && *e.BeganHours < -onsetEarly {
		v.doubt("a larger jump lies %d hours before the onset", -*e.BeganHours)
	}
	switch {
	case e.PSpace == nil:
		v.doubt("%s: a change of the measurement cannot be told from a change of use", h.noComparison())
	case *e.PSpace > cfg.SpaceShare && 1/float64(1+e.NSpace) <= cfg.SpaceShare:
		v.doubt("placebo in space: p = %.2f among %d countries", *e.PSpace, e.NSpace)
	}
	h.judgeOthers()
	if e.Provisional {
		v.says("provisional: the data end inside the window")
	}
}

// judgeOthers doubts a change in whose windows another event of the country lies, by the hour where that is known.
func (h *hourAssessment) judgeOthers() {
	begins, ends := h.onset.Add(-time.Duration(h.design.baseline)*time.Hour), h.onset.Add(time.Duration(h.result.WindowHours)*time.Hour)
	for _, other := range h.catalogue {
		if other.Country != h.event.Country || other.ID == h.event.ID || other.Precision == "month" || !acts(other.Kind) && asksForUse(other.Kind) {
			continue
		}
		from, to := onsetSpan(other)
		if to.Before(begins) || !from.Before(ends) {
			continue
		}
		if asksForUse(other.Kind) && h.panel.cfg.Asked(other, h.panel.name) == h.asked {
			h.v.says("one episode by the hour with %s: its onset lies in these hours too", other.ID)
			continue
		}
		h.v.doubt("%s (%s) may lie in these hours too; it would need its onset to the hour, or a series that only one of them moves", other.ID, other.Kind)
	}
}

// onsetSpan is when an event may have begun: one instant, or its day in its own zone.
func onsetSpan(e events.Event) (from, to time.Time) {
	if at, known := e.OnsetTime(); known {
		return at, at
	}
	zone, err := time.LoadLocation(e.TZ)
	if err != nil {
		zone = time.UTC
	}
	y, m, d := e.Date().Date()
	from = time.Date(y, m, d, 0, 0, 0, 0, zone)
	return from, from.AddDate(0, 0, 1)
}

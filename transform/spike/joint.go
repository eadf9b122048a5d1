package spike

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/banshift/banshift/schemas/events"
)

// Joint is what can be said of an episode of several events: each stage's step where days lie between them, with its
// dose, and their sum. Stages are the days on which the events came or a dose of theirs did; events belong to it within
// NeighbourDays of one another, or as stages of one order. It is the event-study regression in which every stage has a step of
// its own; as each stretch between two of them has its own mean, a step is the difference of two means (Schmidheiny
// and Siegloch, Journal of Applied Econometrics 38, 2023, on windows that others enter).
type Joint struct {
	Steps []Step `json:"steps"`
	// Sum is from the days before the first to the days after the last that the data reach.
	Sum Step `json:"sum"`
	// Contrary are the events within NeighbourDays that ask for something else than the tested one.
	Contrary []string `json:"contrary,omitempty"`
	// Response is how the steps grow with the dose; nil where there is one stage alone.
	Response *DoseResponse `json:"dose_response,omitempty"`
}

// Step is a change in percent with the interval of the placebos in time.
type Step struct {
	Events []string `json:"events"` // that cannot be told apart further
	Date   string   `json:"date"`
	// Through is the day of the last stage of those that are known together only; empty where it is one.
	Through   string   `json:"through,omitempty"`
	Days      int      `json:"days"` // of the stretch that is measured
	EffectLog *float64 `json:"effect_log"`
	EffectPct *float64 `json:"effect_pct"`
	CILow     *float64 `json:"ci_low"`
	CIHigh    *float64 `json:"ci_high"`
	// Doses are what was put in force, at most one of a unit.
	Doses []StageDose `json:"doses,omitempty"`
}

// stage is one or more days of an episode that have one step, while it is worked out.
type stage struct {
	first, last int // day of its first and its last event
	over        span
	ids         []string
	doses       []StageDose
}

// near lists the event and those that are estimated with it, by day: those that change use, or explain a change of
// it, and lie within NeighbourDays of one in the list, or are of its order.
func (a *assessment) near() []events.Event {
	list := []events.Event{a.event}
	for n := 0; n < len(list); n++ {
		for _, other := range a.catalogue {
			if a.mayJoin(other) && a.joins(list[n], other) && !slices.ContainsFunc(list, func(e events.Event) bool { return e.ID == other.ID }) {
				list = append(list, other)
			}
		}
	}
	slices.SortFunc(list, func(x, y events.Event) int {
		return cmp.Or(x.Date().Compare(y.Date()), strings.Compare(x.ID, y.ID))
	})
	return list
}

// mayJoin says whether an event of the catalogue changes use in the country, or explains a change of it.
func (a *assessment) mayJoin(e events.Event) bool {
	return e.Country == a.event.Country && e.ID != a.event.ID && e.Precision != "month" && (acts(e.Kind) || !asksForUse(e.Kind))
}

// joins says whether two events are of one episode.
func (a *assessment) joins(e, other events.Event) bool {
	if e.Order != "" && e.Order == other.Order {
		return true
	}
	d := days(e.Date(), other.Date())
	return d >= -a.panel.cfg.NeighbourDays && d <= a.panel.cfg.NeighbourDays
}

// joint estimates the stages around the tested event together; nil where there is nothing but it.
func (a *assessment) joint() *Joint {
	list := a.near()
	stages := a.stages(list)
	if len(list) < 2 && len(stages) < 2 {
		return nil
	}
	stages = a.separable(stages)
	known := stages[:a.until(stages)]
	var j Joint
	for _, e := range list {
		if a.panel.index(e.Date()) <= known[len(known)-1].last {
			j.Sum.Events = append(j.Sum.Events, e.ID)
		}
		if d := days(a.event.Date(), e.Date()); e.ID != a.event.ID && d >= -a.panel.cfg.NeighbourDays && d <= a.panel.cfg.NeighbourDays &&
			(!asksForUse(e.Kind) || a.panel.cfg.Asked(e, a.panel.name) != a.asked) {
			j.Contrary = append(j.Contrary, e.ID)
		}
	}
	last := known[len(known)-1]
	p := past{first: stages[0].first, end: last.last + last.over.after, dates: a.clearDates(list)}
	for _, s := range stages {
		j.Steps = append(j.Steps, a.step(s, p))
	}
	sum := a.step(stage{first: p.first, last: last.last, over: span{before: a.panel.cfg.BaselineDays, lag: last.last - p.first, after: last.over.after}}, p)
	sum.Events, sum.Through = j.Sum.Events, ""
	j.Sum = sum
	if len(stages) > 1 {
		j.Response = a.response(stages, p)
	}
	return &j
}

// stages are the days of the events and of their doses, in order, each with the days that are compared.
func (a *assessment) stages(list []events.Event) []stage {
	byDay := map[int]*stage{}
	at := func(day time.Time, id string) *stage {
		t := a.panel.index(day)
		s := byDay[t]
		if s == nil {
			s = &stage{first: t, last: t}
			byDay[t] = s
		}
		if !slices.Contains(s.ids, id) {
			s.ids = append(s.ids, id)
		}
		return s
	}
	for _, e := range list {
		at(e.Date(), e.ID)
		doses := e.DosesByDay()
		for _, day := range slices.SortedFunc(maps.Keys(doses), time.Time.Compare) {
			s := at(day, e.ID)
			for _, d := range doses[day] {
				s.doses = addDose(s.doses, StageDose{d.Amount, d.Unit, d.Source})
			}
		}
	}
	var made []stage
	for _, t := range slices.Sorted(maps.Keys(byDay)) {
		made = append(made, *byDay[t])
	}
	return a.stretched(made)
}

// stretched gives each stage the days until the next one, and before it those since the one before.
func (a *assessment) stretched(list []stage) []stage {
	cfg := a.panel.cfg
	before := cfg.BaselineDays
	for n := range list {
		s := &list[n]
		s.over = span{before: before, lag: s.last - s.first, after: cfg.AfterDays}
		before = cfg.BaselineDays
		if n+1 < len(list) {
			gap := list[n+1].first - s.last
			s.over.after, before = min(cfg.AfterDays, gap), min(cfg.BaselineDays, gap)
		}
	}
	return list
}

// until is how many of the stages are behind the tested event's or have a value: what is left comes after the data.
func (a *assessment) until(list []stage) int {
	n := len(list)
	for n > 1 && list[n-1].first > a.at && !a.measured(list[n-1]) {
		n--
	}
	return n
}

// measured says whether enough days from the stage on have a value.
func (a *assessment) measured(s stage) bool {
	_, n := a.row.meanOf(s.last, s.last+s.over.after)
	return n >= needed(s.over.after)
}

// separable joins stages with those after them where too few days between have a value: only their sum is known.
func (a *assessment) separable(list []stage) []stage {
	for n := len(list) - 2; n >= 0; n-- {
		s, next := list[n], list[n+1]
		if a.measured(s) || !a.measured(next) {
			continue
		}
		next.first = s.first
		for _, id := range s.ids {
			if !slices.Contains(next.ids, id) {
				next.ids = append(next.ids, id)
			}
		}
		for _, d := range s.doses {
			next.doses = addDose(next.doses, d)
		}
		list[n+1] = next
		list = slices.Delete(list, n, n+1)
	}
	return a.stretched(list)
}

// clearDates are the placebo dates that all events of the list share: what lies around one of them is not another's past.
func (a *assessment) clearDates(list []events.Event) []int {
	var others []time.Time
	for _, t := range a.ownOthers() {
		if !slices.ContainsFunc(list, func(e events.Event) bool { return e.Date().Equal(t) }) {
			others = append(others, t)
		}
	}
	return a.panel.placeboDates(a.row, a.panel.index(list[0].Date()), others)
}

// past are the dates with which an episode is compared, each in place of its first day.
type past struct {
	first, end int // day of the first stage, and the first one behind all stretches
	dates      []int
}

// overPast are the changes of one stretch of the episode on those dates, where all of it was over before the episode began (or,
// in mode both, began after it); each is NaN where it is not known.
func (a *assessment) overPast(p past, s stage) []float64 {
	list := make([]float64, len(p.dates))
	for n, u := range p.dates {
		t := u + s.first - p.first
		if list[n] = math.NaN(); u >= p.end || u < p.first && t+s.over.lag+s.over.after <= p.first {
			list[n] = a.panel.over(a.own, t, s.over, a.adjusted)
		}
	}
	return list
}

// step measures one stage.
func (a *assessment) step(s stage, p past) Step {
	made := Step{Events: s.ids, Date: a.panel.day(s.first).Format(time.DateOnly), Days: s.over.after, Doses: s.doses}
	if s.last > s.first {
		made.Through = a.panel.day(s.last).Format(time.DateOnly)
	}
	x := a.panel.over(a.own, s.first, s.over, a.adjusted)
	if math.IsNaN(x) {
		return made
	}
	pt := placeboTime{effects: dropNaN(a.overPast(p, s))}
	pt.independent = float64(len(pt.effects)) / float64(s.over.days())
	low, high := pt.interval(x, a.panel.cfg.Alpha)
	made.EffectLog, made.EffectPct, made.CILow, made.CIHigh = number(round(x, 6)), percent(x), percent(low), percent(high)
	return made
}

// When says the stage's days with its doses.
func (s Step) When() string {
	return strings.Join(append([]string{s.days()}, s.doses()...), ", ")
}

// days are the stage's days.
func (s Step) days() string {
	if s.Through == "" {
		return s.Date
	}
	return s.Date + " to " + s.Through
}

// about is the stage's events, each the first time only, and its doses.
func (s Step) about(named map[string]bool) string {
	var parts []string
	for _, id := range s.Events {
		if !named[id] {
			parts, named[id] = append(parts, id), true
		}
	}
	return strings.Join(append(parts, s.doses()...), ", ")
}

// doses are the stage's doses with their signs.
func (s Step) doses() []string {
	var words []string
	for _, d := range s.Doses {
		sign := ""
		if d.Amount > 0 {
			sign = "+"
		}
		words = append(words, sign+d.Unit.Amount(d.Amount))
	}
	return words
}

// words says the step in a sentence's part.
func (s Step) words() string {
	if s.EffectPct == nil {
		return "not known, too few valid days"
	}
	if s.CILow == nil || s.CIHigh == nil {
		return fmt.Sprintf("%+.1f %% (no interval: too few other dates)", *s.EffectPct)
	}
	return fmt.Sprintf("%+.1f %% (%+.1f to %+.1f)", *s.EffectPct, *s.CILow, *s.CIHigh)
}

// Words says what is known of each stage, and what would be needed to know more.
func (j *Joint) Words() []string {
	var apart, sameDay, tooFew []string
	named := map[string]bool{}
	for _, s := range j.Steps {
		about := s.about(named)
		if about != "" {
			about = " (" + about + ")"
		}
		apart = append(apart, s.days()+about+" "+s.words())
		switch {
		case s.Through != "":
			tooFew = append(tooFew, s.days())
		case len(s.Events) > 1:
			sameDay = append(sameDay, s.Date)
		}
	}
	var lines []string
	if len(j.Steps) > 1 {
		lines = append(lines, "the steps, each against the days since the one before, are: "+strings.Join(apart, "; "))
	}
	summed := "all " + count(len(j.Sum.Events), "events", "event")
	if len(j.Sum.Events) == 1 {
		summed = "all steps"
	}
	lines = append(lines, fmt.Sprintf("the change over %s, from the week before the first to the %d days from the last on, is %s", summed, j.Sum.Days, j.Sum.words()))
	if len(sameDay) > 0 {
		lines = append(lines, fmt.Sprintf("events of one day (%s) cannot be told apart: that needs hours, or a series that only one of them moves", strings.Join(sameDay, ", ")))
	}
	if len(tooFew) > 0 {
		lines = append(lines, fmt.Sprintf("the steps of %s are known together only: too few days between them have a value", strings.Join(tooFew, ", ")))
	}
	if j.Response != nil {
		lines = append(lines, j.Response.words())
	}
	return lines
}

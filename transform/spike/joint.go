package spike

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/banshift/banshift/schemas/events"
)

// Joint is what can be said of events of one country that lie within NeighbourDays: each one's step where days
// lie between them, and their sum. It is the event-study regression in which every such event has a step of its own; as each
// stretch between two of them has its own mean, a step is the difference of two means (Schmidheiny and Siegloch, Journal
// of Applied Econometrics 38, 2023, on windows that others enter).
type Joint struct {
	Steps []Step `json:"steps"`
	// Sum is from the days before the first to the days after the last.
	Sum Step `json:"sum"`
}

// Step is a change in percent with the interval of the placebos in time.
type Step struct {
	Events    []string `json:"events"` // of one day; a step cannot be told apart further
	Date      string   `json:"date"`
	Days      int      `json:"days"` // of the stretch that is measured
	EffectLog *float64 `json:"effect_log"`
	EffectPct *float64 `json:"effect_pct"`
	CILow     *float64 `json:"ci_low"`
	CIHigh    *float64 `json:"ci_high"`
}

// near lists the event and those around it that change use, or explain a change of it, by day.
func (a *assessment) near() []events.Event {
	list := []events.Event{a.event}
	for _, other := range a.catalogue {
		if other.Country != a.event.Country || other.ID == a.event.ID || other.Precision == "month" || !acts(other.Kind) && asksForUse(other.Kind) {
			continue
		}
		if d := days(a.event.Date(), other.Date()); d >= -a.panel.cfg.NeighbourDays && d <= a.panel.cfg.NeighbourDays {
			list = append(list, other)
		}
	}
	slices.SortFunc(list, func(x, y events.Event) int {
		return cmp.Or(x.Date().Compare(y.Date()), strings.Compare(x.ID, y.ID))
	})
	return list
}

// joint estimates the events around the tested one together; nil where it stands alone.
func (a *assessment) joint() *Joint {
	list := a.near()
	if len(list) < 2 {
		return nil
	}
	var j Joint
	var at []int
	for _, e := range list {
		t := a.panel.index(e.Date())
		if n := len(at); n == 0 || at[n-1] != t {
			at = append(at, t)
			j.Steps = append(j.Steps, Step{Date: a.panel.day(t).Format(time.DateOnly)})
		}
		last := &j.Steps[len(j.Steps)-1]
		last.Events = append(last.Events, e.ID)
		j.Sum.Events = append(j.Sum.Events, e.ID)
	}
	dates, before, cfg := a.clearDates(list), a.panel.cfg.BaselineDays, a.panel.cfg
	for n := range j.Steps {
		after := cfg.AfterDays
		if n+1 < len(at) {
			after = min(after, at[n+1]-at[n])
		}
		a.fillStep(&j.Steps[n], at[n], span{before: before, after: after}, dates)
		before = after
		if n+1 < len(at) {
			before = min(cfg.BaselineDays, at[n+1]-at[n])
		}
	}
	first, last := at[0], at[len(at)-1]
	j.Sum.Date = j.Steps[0].Date
	a.fillStep(&j.Sum, first, span{before: cfg.BaselineDays, lag: last - first, after: cfg.AfterDays}, dates)
	return &j
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

// fillStep measures one stretch.
func (a *assessment) fillStep(s *Step, t int, over span, dates []int) {
	s.Days = over.after
	x := a.panel.over(a.own, t, over, a.adjusted)
	if math.IsNaN(x) {
		return
	}
	low, high := a.pastOver(dates, 1, over).interval(x, a.panel.cfg.Alpha)
	s.EffectLog, s.EffectPct, s.CILow, s.CIHigh = number(round(x, 6)), percent(x), percent(low), percent(high)
}

// words says the step in a sentence's part.
func (s Step) words() string {
	if s.EffectPct == nil {
		return "not known, too few valid days"
	}
	if s.CILow == nil || s.CIHigh == nil {
		return fmt.Sprintf("%+.1f %% (no interval: too few placebo dates)", *s.EffectPct)
	}
	return fmt.Sprintf("%+.1f %% (%+.1f to %+.1f)", *s.EffectPct, *s.CILow, *s.CIHigh)
}

// Words says what is known of each event, and what would be needed to know more.
func (j *Joint) Words() []string {
	var apart, together []string
	for _, s := range j.Steps {
		apart = append(apart, fmt.Sprintf("%s (%s) %s", s.Date, strings.Join(s.Events, ", "), s.words()))
		if len(s.Events) > 1 {
			together = append(together, s.Date)
		}
	}
	var lines []string
	if len(j.Steps) > 1 {
		lines = append(lines, "estimated together, each against the days since the one before it: "+strings.Join(apart, "; "))
	}
	lines = append(lines, fmt.Sprintf("the sum of %s, from the week before the first to the %d days from the last on: %s", count(len(j.Sum.Events), "events", "event"), j.Sum.Days, j.Sum.words()))
	if len(together) > 0 {
		lines = append(lines, fmt.Sprintf("those of one day (%s) cannot be told apart: it would need hours, or a series that only one of them moves", strings.Join(together, ", ")))
	}
	return lines
}

package spike

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/banshift/banshift/schemas/events"
)

// verdict collects what speaks for each grade.
type verdict struct {
	insufficient, ambiguous, against, remarks []string
	// tooLittle says what the score lacks; empty where it passes.
	tooLittle string
}

func (v *verdict) lacks(format string, args ...any) {
	v.insufficient = append(v.insufficient, fmt.Sprintf(format, args...))
}
func (v *verdict) doubt(format string, args ...any) {
	v.ambiguous = append(v.ambiguous, fmt.Sprintf(format, args...))
}
func (v *verdict) fails(format string, args ...any) {
	v.against = append(v.against, fmt.Sprintf(format, args...))
}
func (v *verdict) says(format string, args ...any) {
	v.remarks = append(v.remarks, fmt.Sprintf(format, args...))
}

// grade weighs the evidence. Missing data make it insufficient; evidence against the
// asked direction makes it not supported; an alternative explanation makes it ambiguous.
// What is left is supported, in the event's own country only.
func (a *assessment) grade(e Effect) (Grade, []string) {
	var v verdict
	a.judgeData(e, &v)
	if len(v.insufficient) > 0 {
		return Insufficient, append(v.insufficient, v.remarks...)
	}
	a.judgeEvidence(e, &v)
	if !e.OwnCountry {
		return a.gradeOther(e, v)
	}
	if len(v.against) > 0 {
		if v.tooLittle != "" {
			v.against = append(v.against, v.tooLittle)
		}
		return NotSupported, append(v.against, v.remarks...)
	}
	a.judgeScore(e, &v)
	a.judgeAlternatives(e, &v)
	v.weighFindings(a.findings)
	if len(v.ambiguous) > 0 {
		return Ambiguous, append(v.ambiguous, v.remarks...)
	}
	return Supported, v.remarks
}

// gradeOther says whether a country that the event does not concern shows the change too.
func (a *assessment) gradeOther(e Effect, v verdict) (Grade, []string) {
	reasons := []string{fmt.Sprintf("not the event's country (%s)", a.event.Country)}
	if v.tooLittle != "" {
		v.fails("%s", v.tooLittle)
	}
	if len(v.against) > 0 {
		return NotSupported, append(append(reasons, v.against...), v.remarks...)
	}
	reasons = append(reasons, fmt.Sprintf("shows a change %s at this date too: it is not specific, or has another cause", e.Asked))
	return Ambiguous, append(reasons, v.remarks...)
}

// judgeData asks whether there is enough to say anything.
func (a *assessment) judgeData(e Effect, v *verdict) {
	cfg := a.panel.cfg
	if a.event.Precision == "month" {
		v.lacks("the event's date is known to the month only")
	}
	if a.event.Region != "" {
		v.lacks("the ban was in a part of the country only (%s): the use of the whole country neither shows nor denies it; that of the networks there would", a.event.Region)
	}
	if e.EffectLog == nil {
		v.lacks("%d valid days of %d after the event, and at least %d of the %d before are needed: missing, masked or outside the series",
			a.head.valid, a.head.window, needed(cfg.BaselineDays), cfg.BaselineDays)
		return
	}
	if a.maskedDays() > 0 {
		v.says("%s masked because of coverage outside [%.2f, %.2f] of its median", count(a.maskedDays(), "days", "day"), cfg.CoverageLow, cfg.CoverageHigh)
	}
	if e.PTime == nil {
		spaceDecides := e.PSpaceFloor != nil && *e.PSpaceFloor <= cfg.Alpha/2
		if !spaceDecides {
			v.lacks("%d placebo dates, %d are needed; %d countries are too few to stand in for them", e.NTime, cfg.MinPlacebos, e.NSpace)
			return
		}
		v.says("only %d placebo dates (of %d needed): the placebo in space over %d countries decides", e.NTime, cfg.MinPlacebos, e.NSpace)
	}
	if e.PSpace == nil {
		v.doubt("%s: a change of the measurement cannot be told from a change of use", a.noComparison())
	}
}

// noComparison says why no country is compared with.
func (a *assessment) noComparison() string {
	others := len(a.panel.rows) - 1
	if others == 0 {
		return "no country to compare with"
	}
	return fmt.Sprintf("of %s none can be compared with: each has fewer than %g users a day, an event of its own near, or too short a past", count(others, "other countries", "other country"), a.panel.cfg.DonorUsers)
}

// count says how many of something there are.
func count(n int, many, one string) string {
	if n == 1 || n == -1 {
		return fmt.Sprintf("%d %s", n, one)
	}
	return fmt.Sprintf("%d %s", n, many)
}

// maskedDays counts the days of the two windows that coverage masked.
func (a *assessment) maskedDays() int {
	n := 0
	for t := max(0, a.at-a.panel.cfg.BeforeDays); t < min(a.panel.days, a.at+a.panel.cfg.AfterDays); t++ {
		if a.row.masked[t] {
			n++
		}
	}
	return n
}

// judgeEvidence asks for the change in the asked direction: sign, interval, both
// placebos, small counts, and an alarm at the right time.
func (a *assessment) judgeEvidence(e Effect, v *verdict) {
	cfg, sign := a.panel.cfg, a.asked.sign()
	tested := a.head.effect
	word := map[Direction]string{Up: "rise", Down: "drop"}[a.asked]
	switch {
	case sign*a.head.raw <= 0 && sign*tested <= 0:
		v.fails("no %s: %+.1f %% against its own baseline", word, *percent(a.head.raw))
	case sign*tested <= 0:
		v.fails("no %s beyond the other countries': %+.1f %% after the controls", word, *percent(tested))
	case !(a.ciLow > 0):
		v.fails("the interval of the %s includes zero", word)
	}
	if e.PTime != nil {
		if *e.PTime > cfg.Alpha/2 {
			v.fails("placebo in time: p = %.3f over %d dates (about %d independent), %s", *e.PTime, e.NTime, e.NTimeEffective, e.PTimeOutcome)
		} else if *e.PTime <= *e.PTimeFloor {
			v.says("placebo in time: largest of %d (p = %.4f is the floor; about %d independent; mode %s; %s)", e.NTime+1, *e.PTime, e.NTimeEffective, e.PTimeMode, e.PTimeOutcome)
		} else {
			v.says("placebo in time: p = %.4f over %d dates (about %d independent; mode %s; %s)", *e.PTime, e.NTime, e.NTimeEffective, e.PTimeMode, e.PTimeOutcome)
		}
	}
	a.judgeSpace(e, v)
	if e.PCount != nil && *e.PCount > cfg.Alpha/2 {
		v.fails("exact test of the small count: p = %.3f", *e.PCount)
	}
	if a.passes() {
		v.says("the %s begins on %s, %s: score %.1f (%s)", word, a.dateOf(a.head.jumpDay), fromEvent(a.head.jumpDay), a.head.score(), a.sizeAndSharpness())
		return
	}
	v.tooLittle = fmt.Sprintf("score %.1f, and the rule %s asks for %.2f: %s", a.head.score(), e.Rule, e.Threshold, a.sizeAndSharpness())
	if e.OnsetDays != nil {
		v.tooLittle += fmt.Sprintf("; an alarm begins on %s, %s", e.Onset, fromEvent(*e.OnsetDays))
	}
}

// passes says whether the change is as large and begins as sharply as the rule asks.
func (a *assessment) passes() bool { return a.head.score() >= a.panel.cfg.threshold() }

// sizeAndSharpness words the two parts of the score.
func (a *assessment) sizeAndSharpness() string {
	share := jumpShare
	if a.head.jumpDay > 0 {
		share = lateJumpShare
	}
	return fmt.Sprintf("the change is %.1f times this country's usual one of as many days, its beginning %.1f times a usual jump", a.head.size, a.head.sharpness/share)
}

// fromEvent words a distance in days from the event.
func fromEvent(days int) string {
	switch {
	case days == 0:
		return "the day of the event"
	case days < 0:
		return count(-days, "days", "day") + " before the event"
	}
	return count(days, "days", "day") + " after the event"
}

// judgeSpace compares with the other countries: more of them that moved as far, in their own units,
// are another explanation, never a refutation. Only where the past is too short for a test of its own do they
// decide.
func (a *assessment) judgeSpace(e Effect, v *verdict) {
	if e.PSpace == nil {
		return
	}
	alpha := a.panel.cfg.Alpha / 2
	switch {
	case e.PTime == nil && *e.PSpace > alpha:
		v.fails("placebo in space: p = %.3f, rank %d of %d countries", *e.PSpace, e.PSpaceRank, e.NSpace+1)
	case *e.PSpaceFloor > a.panel.cfg.SpaceShare && e.PSpaceRank == 1:
		v.says("placebo in space: first of %d countries, too few for a test of their own (floor %.2f)", e.NSpace+1, *e.PSpaceFloor)
	case *e.PSpace > a.panel.cfg.SpaceShare:
		v.doubt("placebo in space: rank %d of %d countries; further, in units of their own past, moved %s", e.PSpaceRank, e.NSpace+1, nameFew(a.further))
	default:
		v.says("placebo in space: p = %.4f, rank %d of %d countries", *e.PSpace, e.PSpaceRank, e.NSpace+1)
	}
}

// nameFew lists at most three names and counts the rest.
func nameFew(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// judgeScore doubts a change that is not large and sharp enough for the rule.
func (a *assessment) judgeScore(e Effect, v *verdict) {
	if v.tooLittle != "" {
		v.doubt("%s", v.tooLittle)
	}
	if e.POnset != nil && *e.POnset > a.panel.cfg.Alpha {
		v.says("alarms without a known cause are frequent here: one begins in these days by chance with p = %.2f", *e.POnset)
	}
	if a.head.provisional {
		v.says("provisional: %d of %s; final once the window is full", a.head.window, count(a.head.registered, "days", "day"))
	}
	if names := a.panel.sharers(a.own, a.at, a.head.window, a.asked); len(names) > 0 && len(v.ambiguous) == 0 {
		v.doubt("the same day brought as sharp a change to %s (%s), where nothing is catalogued: a shared cause explains it as well", count(len(names), "other countries", "other country"), nameFew(names))
	}
}

// judgeAlternatives looks for what else could have made the change.
func (a *assessment) judgeAlternatives(e Effect, v *verdict) {
	cfg, date := a.panel.cfg, a.event.Date()
	if len(e.Episode) > 0 {
		v.says("one episode with %s: the effect is of all together, they cannot be told apart", strings.Join(e.Episode[1:], ", "))
	}
	for _, other := range a.catalogue {
		if other.ID == a.event.ID || other.Country != a.event.Country || other.Precision == "month" || slices.Contains(e.Episode, other.ID) {
			continue
		}
		d := days(date, other.Date())
		same := sameBan(other, a.event)
		switch {
		case d < -cfg.NeighbourDays || d > cfg.NeighbourDays:
		case !asksForUse(other.Kind):
			v.doubt("another event, %s: %s (%s); it would need a series that only one of them moves", fromEvent(d), other.ID, other.Kind)
		case acts(other.Kind):
			v.doubt("an event that asks for the opposite lies %s: %s; only their sum is known", fromEvent(d), other.ID)
		case same && d < 0:
			v.says("announced or ordered %s (%s): what came before is not separable", fromEvent(d), other.ID)
		}
	}
	if ended := a.event.Ended(); !ended.IsZero() && days(date, ended) < a.head.window {
		v.says("it ended %s later: the window is longer than the event", count(days(date, ended), "days", "day"))
	}
	if c := e.CoverageChange; c != nil && *c > 0 && a.asked.sign()*math.Log(*c) >= coveragePart*a.asked.sign()*a.head.raw {
		v.doubt("coverage changed by %+.0f %% between the two windows, which alone can make half of the change", 100*(*c-1))
	}
	if a.returns() {
		v.doubt("a return: the days from the event on are hardly %s against the %d days before, only against the last week", map[Direction]string{Up: "higher", Down: "lower"}[a.asked], cfg.BeforeDays)
	}
	if within(date, cfg.Breaks[a.panel.name], 14) {
		v.doubt("the method of the series changed within 14 days")
	}
	if share := a.panel.jointShare(a.at, a.asked); share >= cfg.ArtefactShare {
		if !a.passes() || !a.standsOut(e) {
			v.doubt("%.0f %% of the countries left their baseline the same way on one of these days: it is the measurement", 100*share)
			return
		}
		v.says("%.0f %% of the countries left their baseline the same way, but this one twice as far as their median, and first of all", 100*share)
	}
}

// returnShare is the share of a change that has to be there against the weeks before too.
const returnShare = .15

// returns says whether the change only undoes one of the weeks before: against their weekdays there is hardly any.
func (a *assessment) returns() bool {
	w := a.panel.effectAt(a.row, a.at, a.panel.cfg.BeforeDays, a.head.window)
	long := w.raw
	if a.adjusted && !math.IsNaN(w.adjusted) {
		long = w.adjusted
	}
	return a.asked.sign()*long <= returnShare*a.asked.sign()*a.head.effect
}

// coveragePart is the part of a change that a change of coverage in the same direction has to
// reach to be another explanation of it.
const coveragePart = .5

// standsOut says whether the effect is at least twice the common factor's part and ranks first.
func (a *assessment) standsOut(e Effect) bool {
	common := a.head.raw - a.head.effect
	return a.adjusted && e.PSpaceRank == 1 && a.asked.sign()*a.head.raw >= 2*a.asked.sign()*common
}

// acts says whether an event of this kind changes what can be reached, and so the use
// of tools, in the days after it.
func acts(k events.Kind) bool {
	switch k {
	case events.Enforce, events.Throttle, events.Shutdown, events.Unblock, events.Outage, events.Company, events.Release:
		return true
	}
	return false
}

// jointShare is the largest share of countries whose residual, without any control,
// passes the alarm threshold in the direction on one day of the onset window.
func (p *panel) jointShare(t int, direction Direction) float64 {
	most := 0.0
	for u := t + p.cfg.OnsetFrom; u <= t+p.cfg.OnsetTo; u++ {
		if !p.inside(u) {
			continue
		}
		alarmed, judged := 0, 0
		for _, r := range p.rows {
			scale := p.dayScale(r, u)
			if math.IsNaN(r.raw[u]) || math.IsNaN(scale) {
				continue
			}
			judged++
			if direction.sign()*r.raw[u] > p.cfg.AlarmZ*scale {
				alarmed++
			}
		}
		if judged > minShared {
			most = math.Max(most, float64(alarmed)/float64(judged))
		}
	}
	return most
}

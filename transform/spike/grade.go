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
	reasons := []string{fmt.Sprintf("the event was in another country (%s)", a.event.Country)}
	if v.tooLittle != "" {
		v.fails("%s", v.tooLittle)
	}
	if len(v.against) > 0 {
		return NotSupported, append(append(reasons, v.against...), v.remarks...)
	}
	reasons = append(reasons, fmt.Sprintf("use went %s here at this date too: the change is not of the event's country alone, or has another cause", e.Asked))
	return Ambiguous, append(reasons, v.remarks...)
}

// judgeData asks whether there is enough to say anything.
func (a *assessment) judgeData(e Effect, v *verdict) {
	cfg := a.panel.cfg
	if a.event.Precision == "month" {
		v.lacks("of the event's date only the month is known, and the test needs the day")
	}
	if a.event.Region != "" {
		v.lacks("the ban was in a part of the country only (%s): use in the whole country neither shows nor refutes its effect, and use in the networks of that part would", a.event.Region)
	}
	if e.EffectLog == nil {
		v.lacks("too few days can be compared: %d of the %d from the event on have a value, and at least %d of the %d before it are needed (days are missing, left out, or outside the series)",
			a.head.valid, a.head.window, needed(cfg.BaselineDays), cfg.BaselineDays)
		return
	}
	if a.maskedDays() > 0 {
		v.says("%s left out, because much fewer or many more sensors reported than usual (outside %.2f to %.2f times the median)", count(a.maskedDays(), "days near the event were", "day near the event was"), cfg.CoverageLow, cfg.CoverageHigh)
	}
	if e.PTime == nil {
		spaceDecides := e.PSpaceFloor != nil && *e.PSpaceFloor <= cfg.Alpha/2
		if !spaceDecides {
			v.lacks("there are too few other dates to compare with (%d of %d), and too few other countries to take their place (%d)", e.NTime, cfg.MinPlacebos, e.NSpace)
			return
		}
		v.says("there are too few other dates to compare with (%d of %d): the comparison with %s decides", e.NTime, cfg.MinPlacebos, count(e.NSpace, "other countries", "other country"))
	}
	if e.PSpace == nil {
		v.doubt("%s: a change of the measurement cannot be told from a change of use", a.noComparison())
	}
}

// noComparison says why no country is compared with.
func (a *assessment) noComparison() string {
	others := len(a.panel.rows) - 1
	if others == 0 {
		return "there is no country to compare with"
	}
	return fmt.Sprintf("%s cannot be compared with: too few users (fewer than %g a day), an event of its own near, or too short a past", count(others, "other countries", "other country"), a.panel.cfg.DonorUsers)
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
	verb := map[Direction]string{Up: "rise", Down: "fall"}[a.asked]
	switch {
	case sign*a.head.raw <= 0 && sign*tested <= 0:
		v.fails("use did not %s: the change against its own baseline is %+.1f %%", verb, *percent(a.head.raw))
	case sign*tested <= 0:
		v.fails("use did not %s more than in the other countries: the change beyond theirs is %+.1f %%", verb, *percent(tested))
	case !(a.ciLow > 0):
		v.fails("the %s may be chance: its interval includes zero", word)
	}
	if e.PTime != nil {
		dates := fmt.Sprintf("%d of %s", asExtreme(*e.PTime, e.NTime), count(e.NTime, "other dates", "other date"))
		numbers := fmt.Sprintf("placebo in time: p = %.4f; about %d independent dates, %s", *e.PTime, e.NTimeEffective, e.PTimeOutcome)
		switch {
		case *e.PTime > cfg.Alpha/2:
			v.fails("as large a %s is found on %s, which is too often (%s; %.3f at most is asked for)", word, dates, numbers, cfg.Alpha/2)
		case *e.PTime <= *e.PTimeFloor:
			v.says("as large a %s is found on none of %d other dates (%s; p cannot be smaller)", word, e.NTime, numbers)
		default:
			v.says("as large a %s is found on %s only (%s)", word, dates, numbers)
		}
	}
	a.judgeSpace(e, v)
	if e.PCount != nil && *e.PCount > cfg.Alpha/2 {
		v.fails("the counts are so small that chance explains the change (exact test: p = %.3f)", *e.PCount)
	}
	if a.passes() {
		v.says("the %s begins on %s, %s, and is large and sharp (score %.1f, and rule %s needs %.1f%s)", word, a.dateOf(a.head.jumpDay), fromEvent(a.head.jumpDay), a.head.score(), e.Rule, e.Threshold, a.sizeAndSharpness())
		return
	}
	v.tooLittle = fmt.Sprintf("the %s is not large and sharp enough (%s, and rule %s needs %.1f%s)", word, scored(a.head.score()), e.Rule, e.Threshold, a.sizeAndSharpness())
	if e.OnsetDays != nil {
		v.tooLittle += fmt.Sprintf("; an alarm begins on %s, %s", e.Onset, fromEvent(*e.OnsetDays))
	}
}

// passes says whether the change is as large and begins as sharply as the rule asks.
func (a *assessment) passes() bool { return a.head.score() >= a.panel.cfg.threshold() }

// sizeAndSharpness words the two parts of the score, as a list goes on; nothing of a change that went the other way.
func (a *assessment) sizeAndSharpness() string {
	if !(a.head.size > 0) {
		return ""
	}
	share := jumpShare
	if a.head.jumpDay > 0 {
		share = lateJumpShare
	}
	words := fmt.Sprintf("; the change is %.1f times the usual one over as many days", a.head.size)
	if begins := a.head.sharpness / share; !math.IsNaN(begins) {
		words += fmt.Sprintf(", its beginning %.1f times a usual jump", begins)
	} else {
		words += ", its beginning cannot be measured"
	}
	return words
}

// scored words a score that may not be known.
func scored(score float64) string {
	if math.IsNaN(score) {
		return "no score"
	}
	return fmt.Sprintf("score %.1f", score)
}

// asExtreme is how many of n comparisons are as extreme as p says.
func asExtreme(p float64, n int) int { return max(0, min(n, int(math.Round(p*float64(n+1)))-1)) }

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

// onDay is fromEvent where something happened then.
func onDay(days int) string {
	if days == 0 {
		return "on the same day"
	}
	return fromEvent(days)
}

// judgeSpace compares with the other countries: more of them that moved as far, in their own units,
// are another explanation, never a refutation. Only where the past is too short for a test of its own do they
// decide.
func (a *assessment) judgeSpace(e Effect, v *verdict) {
	if e.PSpace == nil {
		return
	}
	alpha, others := a.panel.cfg.Alpha/2, count(e.NSpace, "other countries", "other country")
	further := e.PSpaceRank - 1
	switch {
	case e.PTime == nil && *e.PSpace > alpha:
		v.fails("%d of %s changed as much, which is too many (placebo in space: p = %.3f, %.3f at most is asked for)", further, others, *e.PSpace, alpha)
	case *e.PSpaceFloor > a.panel.cfg.SpaceShare && e.PSpaceRank == 1:
		v.says("none of %s changed as much, and so few are no test of their own (placebo in space: p = %.2f is the smallest possible)", others, *e.PSpaceFloor)
	case *e.PSpace > a.panel.cfg.SpaceShare:
		v.doubt("%d of %s changed more, in units of their own past: %s (placebo in space: p = %.4f)", further, others, nameFew(a.further), *e.PSpace)
	case further == 0:
		v.says("none of %s changed as much, in units of their own past (placebo in space: p = %.4f)", others, *e.PSpace)
	default:
		v.says("%d of %s changed more, in units of their own past (placebo in space: p = %.4f)", further, others, *e.PSpace)
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
		v.says("alarms without a known cause are frequent here: in %.0f %% of all stretches of as many days one begins by chance", 100**e.POnset)
	}
	if a.head.provisional {
		v.says("the result is provisional: it rests on %d of %s, and is final once all have data", a.head.window, count(a.head.registered, "days", "day"))
	}
	if names := a.panel.sharers(a.own, a.at, a.head.window, a.asked); len(names) > 0 && len(v.ambiguous) == 0 {
		v.doubt("on the same day use changed as sharply in %s without an event in the catalogue (%s): a shared cause explains it as well", count(len(names), "other countries", "other country"), nameFew(names))
	}
}

// judgeAlternatives looks for what else could have made the change.
func (a *assessment) judgeAlternatives(e Effect, v *verdict) {
	cfg, date := a.panel.cfg, a.event.Date()
	if len(e.Episode) > 0 {
		v.says("this event and %s are one episode: the effect is of all of them together", strings.Join(e.Episode[1:], ", "))
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
			v.doubt("another event (%s, %s) happened %s: only a series that one of the two alone moves can tell them apart", other.ID, other.Kind, onDay(d))
		case acts(other.Kind):
			v.doubt("an event that works the other way (%s) happened %s: only the sum of the two is known", other.ID, onDay(d))
		case same && d < 0:
			v.says("the ban was announced or ordered %s (%s): a change before the event may be due to that", fromEvent(d), other.ID)
		}
	}
	if ended := a.event.Ended(); !ended.IsZero() && days(date, ended) < a.head.window {
		v.says("the event ended %s later: the days of the effect go on after its end", count(days(date, ended), "days", "day"))
	}
	if c := e.CoverageChange; c != nil && *c > 0 && a.asked.sign()*math.Log(*c) >= coveragePart*a.asked.sign()*a.head.raw {
		v.doubt("the sensors' coverage changed by %+.0f %% from the days before to the days after, which alone can make half of the change", 100*(*c-1))
	}
	if a.returns() {
		v.doubt("use only returned to what it was: from the event on it is %s than in the week before, but hardly so against the %d days before", map[Direction]string{Up: "higher", Down: "lower"}[a.asked], cfg.BeforeDays)
	}
	if within(date, cfg.Breaks[a.panel.name], 14) {
		v.doubt("the method of the series changed within 14 days of the event")
	}
	if share := a.panel.jointShare(a.at, a.asked); share >= cfg.ArtefactShare {
		if !a.passes() || !a.standsOut(e) {
			v.doubt("%.0f %% of the countries left their baseline the same way on one of these days: the measurement changed, not use", 100*share)
			return
		}
		v.says("%.0f %% of the countries left their baseline the same way, but this one moved twice as far as their median, and further than any other", 100*share)
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

package spike

import (
	"fmt"
	"math"

	"github.com/banshift/banshift/schemas/events"
)

// verdict collects what speaks for each grade.
type verdict struct {
	insufficient, ambiguous, against, remarks []string
	// noOnset says why no beginning of the change was found near the event; empty where one was.
	noOnset string
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
		if v.noOnset != "" {
			v.against = append(v.against, v.noOnset)
		}
		return NotSupported, append(v.against, v.remarks...)
	}
	a.judgeOnset(e, &v)
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
	if v.noOnset != "" {
		v.fails("%s", v.noOnset)
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
	if e.EffectLog == nil {
		v.lacks("%d valid days of %d after the event with at least %d same weekdays before: missing, masked or outside the series",
			a.window.validDays, cfg.AfterDays, minWeekdays)
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
	tested := a.outcome(a.window)
	word := map[Direction]string{Up: "rise", Down: "drop"}[a.asked]
	switch {
	case sign*a.window.raw <= 0:
		v.fails("no %s: the week is %+.1f %% against its own baseline", word, *percent(a.window.raw))
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
	if e.OnsetDays == nil && a.commonAlarm() {
		v.noOnset = "the alarm near the event is shared with so many countries that it is not about this one"
	} else if e.OnsetDays == nil {
		v.noOnset = fmt.Sprintf("no alarm begins and no clear change lies within [%+d, %+d] days of the event", cfg.OnsetFrom, cfg.OnsetTo)
	} else if e.OnsetBy == "alarm" {
		v.says("the %s begins on %s, %+d days from the event", word, e.Onset, *e.OnsetDays)
	} else {
		v.says("no single day alarms, but the %s is largest from %s on, %+d days from the event", word, e.Onset, *e.OnsetDays)
	}
}

func (a *assessment) judgeSpace(e Effect, v *verdict) {
	if e.PSpace == nil {
		return
	}
	alpha := a.panel.cfg.Alpha / 2
	switch {
	case *e.PSpaceFloor > alpha && e.PSpaceRank > 1:
		v.fails("placebo in space: rank %d of %d countries", e.PSpaceRank, e.NSpace+1)
	case *e.PSpaceFloor > alpha:
		v.says("placebo in space: first of %d countries, too few for a test of their own (floor %.2f)", e.NSpace+1, *e.PSpaceFloor)
	case *e.PSpace > alpha:
		v.fails("placebo in space: p = %.3f, rank %d of %d countries", *e.PSpace, e.PSpaceRank, e.NSpace+1)
	default:
		v.says("placebo in space: p = %.4f, rank %d of %d countries", *e.PSpace, e.PSpaceRank, e.NSpace+1)
	}
}

// judgeOnset doubts a change whose beginning is not seen, or late, or in a country where
// alarms come often.
func (a *assessment) judgeOnset(e Effect, v *verdict) {
	cfg := a.panel.cfg
	if v.noOnset != "" {
		v.doubt("%s", v.noOnset)
	}
	switch d := e.OnsetDays; {
	case d == nil:
	case *d > cfg.OnsetLate:
		v.doubt("it begins %s after the event", count(*d, "days", "day"))
	case *d < cfg.OnsetEarly:
		v.doubt("it begins %s before the event", count(-*d, "days", "day"))
	case e.OnsetBy == "change" && *d != 0:
		v.doubt("no alarm dates it, and it is larger from another day on than from the event's")
	}
	if e.POnset != nil && *e.POnset > cfg.Alpha {
		v.doubt("alarms without a known cause are frequent here: one begins in these days by chance with p = %.2f", *e.POnset)
	}
}

// judgeAlternatives looks for what else could have made the change.
func (a *assessment) judgeAlternatives(e Effect, v *verdict) {
	cfg, date := a.panel.cfg, a.event.Date()
	for _, other := range a.catalogue {
		if other.ID == a.event.ID || other.Country != a.event.Country || other.Precision == "month" {
			continue
		}
		d := days(date, other.Date())
		same := sameBan(other, a.event)
		switch {
		case !same && d >= -cfg.NeighbourDays && d <= cfg.NeighbourDays:
			v.doubt("another event %+d days away: %s", d, other.ID)
		case same && acts(other.Kind) && d >= 0 && d <= cfg.NeighbourDays:
			v.doubt("the same ban went on %+d days later: %s", d, other.ID)
		case acts(other.Kind) && d < 0 && d >= -cfg.BeforeDays:
			v.doubt("an event inside the baseline, %+d days away: %s", d, other.ID)
		case same && d < 0 && d >= -cfg.NeighbourDays:
			v.says("announced or ordered %+d days away (%s): what came before is not separable", d, other.ID)
		}
	}
	if ended := a.event.Ended(); !ended.IsZero() && days(date, ended) < cfg.AfterDays {
		v.says("it ended %s later: the window is longer than the event", count(days(date, ended), "days", "day"))
	}
	if c := e.CoverageChange; c != nil && *c > 0 && a.asked.sign()*math.Log(*c) >= coveragePart*a.asked.sign()*a.window.raw {
		v.doubt("coverage changed by %+.0f %% between the two windows, which alone can make half of the change", 100*(*c-1))
	}
	if within(date, cfg.Breaks[a.panel.name], 14) {
		v.doubt("the method of the series changed within 14 days")
	}
	if share := a.panel.jointShare(a.at, a.asked); share >= cfg.ArtefactShare {
		if e.OnsetBy != "alarm" || !a.standsOut(e) {
			v.doubt("%.0f %% of the countries left their baseline the same way on one of these days: it is the measurement", 100*share)
			return
		}
		v.says("%.0f %% of the countries left their baseline the same way, but this one twice as far as their median, and first of all", 100*share)
	}
}

// coveragePart is the part of a change that a change of coverage in the same direction has to
// reach to be another explanation of it.
const coveragePart = .5

// standsOut says whether the effect is at least twice the common factor's part and ranks first.
func (a *assessment) standsOut(e Effect) bool {
	common := a.window.raw - a.window.adjusted
	return a.adjusted && e.PSpaceRank == 1 && a.asked.sign()*a.window.raw >= 2*a.asked.sign()*common
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

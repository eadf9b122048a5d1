package watch

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/study"
	"github.com/banshift/banshift/transform/spike/live"
)

// Kinds of alarms.
const (
	rise       = "rise"
	drop       = "drop"
	unblocking = "unblocking" // a service whose reach had fallen is reached again
)

// aroundAlarm is how far apart two alarms of one kind about the same begin that are one, and how old an alarm
// is that nobody is told of any more: half of a week.
const aroundAlarm = 84 * time.Hour

// raise makes an alarm, unless one about the same is on or began lately: that of the hours and that of the days are one.
func (j *judging) raise(series, kind string, began, end time.Time, value float64, s live.Step) {
	few := j.Few(j.of.Country)
	a := load.Alarm{Country: j.of.Country, Kind: kind, Step: j.step, Simulated: j.of.Simulated, Began: began, Raised: end, Z: s.Z,
		Clients: shown(value, few), Expected: shown(s.Baseline, few)}
	about(series, &a)
	a.ID = identity(a)
	for _, known := range j.open {
		same := same(known, a) && known.Kind == kind
		if same && known.ID != a.ID && (known.Ended == nil || began.Sub(known.Began).Abs() < aroundAlarm) {
			return
		}
	}
	if kind == unblocking {
		a.Ended = &end // it is a moment
	}
	a.Within = j.whole(a)
	a.Title, a.Text = j.words(a, few)
	j.open = append(j.open, a)
	j.changed[a.ID] = a
	j.raised = append(j.raised, a)
}

// endAlarm ends the alarm of a series that this step raised.
func (j *judging) endAlarm(series string, end time.Time) {
	of := load.Alarm{Country: j.of.Country, Simulated: j.of.Simulated}
	about(series, &of)
	for i, a := range j.open {
		if same(a, of) && a.Step == j.step && a.Ended == nil {
			j.open[i].Ended = &end
			j.changed[a.ID] = j.open[i]
		}
	}
}

// same reports whether two alarms are about the same.
func same(a, b load.Alarm) bool {
	return a.Country == b.Country && a.Simulated == b.Simulated && a.ASN == b.ASN && a.Tool == b.Tool && a.Service == b.Service
}

// whole names the alarm of the whole country that an alarm of one tool or network is a part of.
func (j *judging) whole(a load.Alarm) string {
	if a.Tool == "" && a.ASN == 0 {
		return ""
	}
	of := load.Alarm{Country: a.Country, Simulated: a.Simulated}
	for _, known := range j.open {
		if same(known, of) && known.Kind == a.Kind && (known.Ended == nil || a.Began.Sub(known.Began).Abs() < aroundAlarm) {
			return known.ID
		}
	}
	return ""
}

// identity is the same for whoever raises the alarm.
func identity(a load.Alarm) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d\x00%s\x00%s\x00%s\x00%s\x00%d\x00%d", a.Country, a.ASN, a.Tool, a.Service, a.Kind, a.Step, a.Simulated, a.Began.Unix()))
	return a.Country + "-" + hex.EncodeToString(sum[:6])
}

// shown is a number of clients to a multiple of few; fewer are 0.
func shown(clients float64, few uint64) uint64 {
	few = max(few, 1)
	if math.IsNaN(clients) || clients < float64(few) {
		return 0
	}
	return uint64(math.Round(clients/float64(few))) * few
}

// words say what happened.
func (j *judging) words(a load.Alarm, few uint64) (title, text string) {
	country := study.CountryName(a.Country)
	switch {
	case a.Kind == unblocking:
		title = fmt.Sprintf("%s is reached again in %s", a.Service, country)
	case a.Service != "":
		title = fmt.Sprintf("%s clients in %s reach %s", map[string]string{rise: "More", drop: "Fewer"}[a.Kind], country, a.Service)
	default:
		what := "circumvention tools"
		if a.Tool != "" {
			what = a.Tool
		}
		where := country
		if a.ASN != 0 {
			where = fmt.Sprintf("AS%d (%s)", a.ASN, country)
		}
		title = fmt.Sprintf("Use of %s in %s %s", what, where, map[string]string{rise: "rose", drop: "fell"}[a.Kind])
	}
	since := a.Began.UTC().Format("15:04 UTC on 2006-01-02")
	if a.Step == day {
		since = a.Began.UTC().Format(time.DateOnly)
	}
	text = fmt.Sprintf("Since %s. In the last %s %s, usually %s: %.1f times its noise away. ", since, a.Step, clients(a.Clients, few), clients(a.Expected, few), math.Abs(a.Z))
	if a.Kind == unblocking {
		text = fmt.Sprintf("Since %s. In the last %s %s, after fewer had reached it. ", since, a.Step, clients(a.Clients, few))
	}
	text += near(a, j.Catalogue)
	return title, text
}

func clients(n, few uint64) string {
	if n == 0 {
		return fmt.Sprintf("fewer than %d clients", few)
	}
	return fmt.Sprintf("about %d clients", n)
}

// nearDays is how far from an alarm an event of the catalogue is named with it.
const nearDays = 3

func near(a load.Alarm, catalogue []events.Event) string {
	e, days, found := study.Nearest(a.Began, a.Country, catalogue)
	if !found || max(days, -days) > nearDays {
		return fmt.Sprintf("No event of the catalogue lies within %d days.", nearDays)
	}
	return fmt.Sprintf("The nearest event of the catalogue is %s (%s). A date near a ban is no attribution.", e.ID, e.Date().Format(time.DateOnly))
}

// Proposal is an event file's entry for an alarm, to be reviewed: what was banned, and whether anything was, is not known.
func Proposal(a load.Alarm) events.Event {
	kind := events.Enforce
	if a.Kind == unblocking || a.Kind == drop && a.Service == "" {
		kind = events.Unblock
	}
	target := cmp.Or(a.Service, "unknown")
	return events.Event{
		ID: strings.Join([]string{a.Country, strings.ToLower(target), a.Began.UTC().Format("2006-01-02")}, "-"), Country: a.Country, Target: target, TargetType: "other",
		Kind: kind, EnforcedAt: a.Began.UTC().Format(time.DateOnly), TZ: "UTC", Confidence: "low",
		Sources: []string{"banshift, " + a.Raised.UTC().Format(time.DateOnly) + ", alarm " + a.ID + ": " + a.Title},
		Notes:   "Proposed by an alarm, not reviewed: replace target, kind and sources by what was read, or delete it. " + a.Text,
	}
}

// propose hands on what the catalogue may lack.
func (w *Watcher) propose(raised []load.Alarm) {
	if w.Propose == nil {
		return
	}
	for _, a := range raised {
		_, days, found := study.Nearest(a.Began, a.Country, w.Catalogue)
		if a.Within != "" || w.stale(a) || found && max(days, -days) <= nearDays {
			continue
		}
		if err := w.Propose(Proposal(a)); err != nil {
			w.Log.Warn("an event was not proposed", "alarm", a.ID, "error", err)
		}
	}
}

// stale reports whether an alarm lies so far back that it is history.
func (w *Watcher) stale(a load.Alarm) bool {
	last := a.Raised
	if a.Ended != nil {
		last = *a.Ended
	}
	return last.Before(w.last[place{a.Country, a.Simulated}].Add(-aroundAlarm))
}

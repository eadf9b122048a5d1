package events

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zone names are checked on machines without a zone data base

	"golang.org/x/text/language"
)

// kinds are all kinds that Check accepts.
var kinds = []Kind{Announce, Court, Law, Order, Registry, Enforce, Throttle, Shutdown, Company, Unblock, Election, Outage, Release}

var (
	idForm      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]*$`)
	countryForm = regexp.MustCompile(`^[a-z]{2}$`)
)

// Check reports everything that makes a catalogue unusable: a missing or repeated id,
// an unreadable date, dates out of order, an unknown kind, country code, zone or
// precision, an overlap that is unknown or not mutual. Each problem names its event.
func Check(list []Event) error {
	byID := map[string]Event{}
	var errs []error
	for i, e := range list {
		if !idForm.MatchString(e.ID) {
			errs = append(errs, fmt.Errorf("event %d: id %q: want letters, digits, - and _", i+1, e.ID))
			continue
		}
		if _, twice := byID[e.ID]; twice {
			errs = append(errs, fmt.Errorf("event %s: the id is used twice", e.ID))
		}
		byID[e.ID] = e
		for _, problem := range e.problems() {
			errs = append(errs, fmt.Errorf("event %s: %w", e.ID, problem))
		}
	}
	for _, e := range list {
		for _, other := range e.Overlaps {
			o, known := byID[other]
			switch {
			case !known:
				errs = append(errs, fmt.Errorf("event %s: overlaps %s, which is not in the catalogue", e.ID, other))
			case !slices.Contains(o.Overlaps, e.ID):
				errs = append(errs, fmt.Errorf("event %s: overlaps %s, but %s does not overlap it", e.ID, other, other))
			}
		}
	}
	return errors.Join(errs...)
}

// problems lists what is wrong with one event by itself.
func (e Event) problems() []error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if problem := countryProblem(e.Country); problem != "" {
		add("country %q: %s", e.Country, problem)
	}
	if !slices.Contains(kinds, e.Kind) {
		add("kind %q: want one of %v", e.Kind, kinds)
	}
	if e.AnnouncedAt == "" && e.EnforcedAt == "" {
		add("neither announced_at nor enforced_at is given")
	}
	for name, s := range map[string]string{"announced_at": e.AnnouncedAt, "enforced_at": e.EnforcedAt, "ended_at": e.EndedAt} {
		if _, _, ok := parseDate(s); s != "" && !ok {
			add("%s %q: want YYYY-MM-DD, YYYY-MM or YYYY-MM-DDTHH:MM", name, s)
		}
	}
	if _, written, ok := parseDate(firstOf(e.EnforcedAt, e.AnnouncedAt)); ok && written != e.Precision {
		add("precision is %q, but the date is written to the %s", e.Precision, written)
	}
	if _, err := time.LoadLocation(e.TZ); err != nil || e.TZ == "" {
		add("tz %q: want an IANA zone name", e.TZ)
	}
	errs = append(append(errs, e.order()...), e.doseProblems()...)
	return errs
}

// countryProblem says what is wrong with a country's code. Codes that ISO 3166-1 leaves
// to users (xx) pass.
func countryProblem(code string) string {
	if !countryForm.MatchString(code) {
		return "want a lower-case ISO 3166-1 code of two letters"
	}
	region, err := language.ParseRegion(code)
	if err != nil {
		return "no such code in ISO 3166-1"
	}
	if today := strings.ToLower(region.Canonicalize().String()); today != code {
		return "not a code of ISO 3166-1; it is " + today
	}
	return ""
}

// order checks announced <= enforced <= ended, for the dates that are known.
func (e Event) order() []error {
	var errs []error
	announced, enforced, ended := e.Announced(), e.Enforced(), e.Ended()
	if !announced.IsZero() && !enforced.IsZero() && enforced.Before(announced) {
		errs = append(errs, fmt.Errorf("enforced_at %s is before announced_at %s", e.EnforcedAt, e.AnnouncedAt))
	}
	if !ended.IsZero() && ended.Before(e.Date()) {
		errs = append(errs, fmt.Errorf("ended_at %s is before %s", e.EndedAt, e.Date().Format(time.DateOnly)))
	}
	return errs
}

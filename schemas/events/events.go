// Package events is the catalogue of bans, blocks, laws and shutdowns that use is
// compared with: data files (one a year), their JSON Schema, and what reads and checks
// them.
//
// It never computes an effect. What others claimed about an event is kept as a claim
// with its source and is never an expected value.
package events

import (
	"embed"
	"strings"
	"time"
)

//go:embed *.yaml schema.json
var files embed.FS

// Kind is what happened.
type Kind string

// Kinds of event. The kind decides which direction of use is asked for.
const (
	Announce Kind = "announce" // said, not done
	Court    Kind = "court"    // a court ordered it
	Law      Kind = "law"      // a law was signed or took effect
	Order    Kind = "order"    // an authority ordered it
	Registry Kind = "registry" // entered in a block list
	Enforce  Kind = "enforce"  // networks began to block
	Throttle Kind = "throttle" // networks began to slow down
	Shutdown Kind = "shutdown" // the network itself was cut
	Company  Kind = "company"  // the service withdrew by itself
	Unblock  Kind = "unblock"  // a block was lifted, in part or whole
	Election Kind = "election" // not a ban: an alternative explanation
	Outage   Kind = "outage"   // not a ban: an alternative explanation
	Release  Kind = "release"  // not a ban: a program's release or break
)

// Claim is what someone said about an event's effect. Vendors' percentages share no
// denominator; they show a direction at most.
type Claim struct {
	Metric      string `yaml:"metric" json:"metric"`
	Value       string `yaml:"value" json:"value"`
	Unit        string `yaml:"unit" json:"unit"`
	Baseline    string `yaml:"baseline,omitempty" json:"baseline,omitempty"`
	AsOf        string `yaml:"as_of,omitempty" json:"as_of,omitempty"`
	Source      string `yaml:"source" json:"source"`
	Independent bool   `yaml:"independent" json:"independent"`
}

// Event is one entry of the catalogue. Dates are local to the country (TZ) and written
// as far as they are known: 2018-04-16T12:00, 2018-04-16 or 2018-04.
type Event struct {
	ID          string   `yaml:"id" json:"id"`
	Country     string   `yaml:"country" json:"country"` // lower-case ISO 3166-1
	Region      string   `yaml:"region,omitempty" json:"region,omitempty"`
	ISPs        []string `yaml:"isps,omitempty" json:"isps,omitempty"`
	Target      string   `yaml:"target" json:"target"`
	TargetType  string   `yaml:"target_type" json:"target_type"`
	Kind        Kind     `yaml:"kind" json:"kind"`
	AnnouncedAt string   `yaml:"announced_at,omitempty" json:"announced_at,omitempty"`
	EnforcedAt  string   `yaml:"enforced_at,omitempty" json:"enforced_at,omitempty"`
	EndedAt     string   `yaml:"ended_at,omitempty" json:"ended_at,omitempty"`
	Precision   string   `yaml:"precision" json:"precision"` // of the first date known: hour, day or month
	TZ          string   `yaml:"tz" json:"tz"`               // IANA name
	Sources     []string `yaml:"sources" json:"sources"`
	Confidence  string   `yaml:"confidence" json:"confidence"` // high, medium or low
	Overlaps    []string `yaml:"overlaps,omitempty" json:"overlaps,omitempty"`
	Order       string   `yaml:"order,omitempty" json:"order,omitempty"`           // the same word in all stages of one order, however many days apart
	Doses       []Dose   `yaml:"doses,omitempty" json:"doses,omitempty"`           // what was put in force, by day
	Prosecuted  bool     `yaml:"prosecuted,omitempty" json:"prosecuted,omitempty"` // people are prosecuted in the country for using what was banned, or ways around
	Claims      []Claim  `yaml:"claims,omitempty" json:"claims,omitempty"`
	Notes       string   `yaml:"notes,omitempty" json:"notes,omitempty"`
}

// layouts are the written forms of a date with the precision that each means.
var layouts = []struct{ layout, precision string }{
	{"2006-01-02T15:04", "hour"}, {"2006-01-02 15:04", "hour"}, {time.RFC3339, "hour"}, {"2006-01-02 15:04:05", "hour"},
	{"2006-01-02T15:04:05", "hour"}, {time.DateOnly, "day"}, {"2006-01", "month"},
}

// parseDate reads a written date; the day is the local calendar day, as UTC midnight.
func parseDate(s string) (day time.Time, precision string, ok bool) {
	for _, l := range layouts {
		if t, err := time.Parse(l.layout, s); err == nil {
			return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC), l.precision, true
		}
	}
	return time.Time{}, "", false
}

// day is the calendar day of a written date, the zero time of none.
func day(s string) time.Time {
	t, _, _ := parseDate(s)
	return t
}

// Date is the local calendar day (as UTC midnight) on which the event is tested: when
// it was enforced, else when it was announced.
func (e Event) Date() time.Time {
	if e.EnforcedAt != "" {
		return day(e.EnforcedAt)
	}
	return day(e.AnnouncedAt)
}

// Announced is the day of the announcement, zero where unknown.
func (e Event) Announced() time.Time { return day(e.AnnouncedAt) }

// Enforced is the day of enforcement, zero where unknown.
func (e Event) Enforced() time.Time { return day(e.EnforcedAt) }

// Ended is the day on which it ended, zero where unknown or still in force.
func (e Event) Ended() time.Time { return day(e.EndedAt) }

// OnsetTime is the instant of Date, false where it is not known to the hour.
func (e Event) OnsetTime() (time.Time, bool) { return e.instant(e.DateWritten()) }

// EndTime is the instant at which it ended, false where that is not known to the hour.
func (e Event) EndTime() (time.Time, bool) { return e.instant(e.EndedAt) }

// Services is how many services the target names; a group of them ("social media") is one name.
func (e Event) Services() int {
	return len(strings.FieldsFunc(strings.ReplaceAll(e.Target, " and ", ", "), func(r rune) bool { return r == ',' || r == ';' }))
}

// instant reads a written date with a time of day in the event's zone; one that brings its own keeps it.
func (e Event) instant(s string) (time.Time, bool) {
	zone, err := time.LoadLocation(e.TZ)
	if err != nil {
		return time.Time{}, false
	}
	for _, l := range layouts {
		if t, err := time.ParseInLocation(l.layout, s, zone); err == nil && l.precision == "hour" {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// DateWritten is the date of Date as the catalogue writes it.
func (e Event) DateWritten() string { return firstOf(e.EnforcedAt, e.AnnouncedAt) }

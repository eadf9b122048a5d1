package study

import (
	"math"
	"time"

	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/transform/blocking"
)

// facts are what the companion questions are answered from, of the event's country. What
// is empty was not measured, and its question says so.
type facts struct {
	Sightings  []blocking.Sighting   // of the banned service's endpoints
	Attempts   []Attempt             // at endpoints of all known services
	Snapshots  []blocking.Snapshot   // of the block list, in order
	Names      []NamesDay            // of the days from the event on
	Others     []FailureDay          // connections to no known service
	Substitute string                // name of the service that was to replace the banned one
	Users      []UsersDay            // of the two
	Networks   []blocking.NetworkUse // circumvention, from the first day of the event's own series on
	Border     *blocking.Border
}

// Attempt is tries at one prefix on one day.
type Attempt struct {
	Day               time.Time
	Endpoint          blocking.Endpoint
	Banned            bool // of the banned service; of another one otherwise
	Tried, Unanswered uint64
}

// NamesDay is where legitimate names resolved to on one day.
type NamesDay struct {
	Day         time.Time
	Resolutions []blocking.Resolution
}

// FailureDay is the connections of one day with those that got no answer.
type FailureDay struct {
	Day               time.Time
	Tried, Unanswered uint64
}

// UsersDay is the users of one day that reached the banned service and the substitute.
type UsersDay struct {
	Day time.Time
	blocking.Users
}

// level is the coverage of all intervals of the companion measures.
const level = .95

// companions are the questions next to the first two.
func (s *study) companions() []account.Question {
	return []account.Question{s.churn(), s.growth(), s.collateral(), s.adoption(), s.enforcement(), s.byMethod(), s.border()}
}

// until is the first day behind the registered ones.
func (s *study) until() time.Time { return s.day.AddDate(0, 0, s.Config.AfterDays) }

// after says whether a day is one of the registered ones from the event on.
func (s *study) after(t time.Time) bool { return !t.Before(s.day) && t.Before(s.until()) }

// before says whether a day is one of the registered ones before the event.
func (s *study) before(t time.Time) bool {
	return t.Before(s.day) && !t.Before(s.day.AddDate(0, 0, -s.Config.BeforeDays))
}

// list is the block list as it was last seen on or before a day; nothing before the first.
func (s *study) list(t time.Time) []blocking.Snapshot {
	for i := len(s.Facts.Snapshots) - 1; i >= 0; i-- {
		if !s.Facts.Snapshots[i].Day.After(t) {
			return s.Facts.Snapshots[i : i+1]
		}
	}
	return nil
}

// blockedOn gives the union of the list of a day and caches it.
func (s *study) blockedOn(t time.Time) blocking.Addresses {
	list := s.list(t)
	if list == nil {
		return blocking.Addresses{}
	}
	if set, ok := s.unions[list[0].Day]; ok {
		return set
	}
	set, err := blocking.Union(list[0].Prefixes)
	if err != nil {
		return blocking.Addresses{} // the reader gives valid prefixes only
	}
	s.unions[list[0].Day] = set
	return set
}

// chart draws lines of the event's own days from values by day; other days are unknown.
func (s *study) chart(caption, description, unit string, names []string, values ...map[time.Time]float64) account.Chart {
	ts := s.frame(s.series, unit)
	for i, name := range names {
		all := nans(len(s.series.Values))
		for t := range all {
			if v, ok := values[i][s.series.Start.AddDate(0, 0, t)]; ok {
				all[t] = v
			}
		}
		role := account.Part
		if i == 0 {
			role = account.Observed
		}
		ts.Lines = append(ts.Lines, account.Line{Name: name, Role: role, Values: s.cut(s.series, all)})
	}
	return account.Chart{Caption: caption, Description: description, Series: &ts}
}

// share is a proportion in percent.
func share(label string, p blocking.Proportion) account.Quantity {
	return account.Quantity{Label: label, Value: account.Number(100 * p.Value), Unit: "%",
		Interval: account.Interval{Low: account.Number(100 * p.Low), High: account.Number(100 * p.High), Level: level}}
}

// exact is a count that has no sampling error.
func exact(label string, n float64, unit string) account.Quantity {
	return account.Quantity{Label: label, Value: account.Number(n), Unit: unit,
		Interval: account.Interval{Low: account.Number(n), High: account.Number(n), Level: 1}}
}

func quantity(label string, value, low, high float64, unit string) account.Quantity {
	return account.Quantity{Label: label, Value: account.Number(value), Unit: unit,
		Interval: account.Interval{Low: account.Number(low), High: account.Number(high), Level: level}}
}

func columns(first string, rest ...string) []account.Column {
	list := []account.Column{{Name: first, Format: account.Text}}
	for _, name := range rest {
		list = append(list, account.Column{Name: name, Format: account.Decimal})
	}
	return list
}

func pct(x float64) float64 { return 100 * math.Expm1(x) }

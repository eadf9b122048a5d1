package events

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// Unit is what a dose is counted in.
type Unit string

// Units of a dose.
const (
	Addresses Unit = "addresses"        // IPv4, each counted once
	Services  Unit = "services"         // named ones
	Networks  Unit = "networks"         // that enforce
	Regions   Unit = "regions"          // of the country, of the first level
	Users     Unit = "percent_of_users" // to whom it applies, of all in the country
)

// Units are all of them, in the order in which one is preferred.
var Units = []Unit{Addresses, Users, Regions, Networks, Services}

// Amount words so much of the unit: "12,000,000 addresses".
func (u Unit) Amount(x float64) string {
	name := strings.ReplaceAll(string(u), "_", " ")
	switch {
	case u == Users:
		name = "% of the users"
	case u == Addresses && math.Abs(x) == 1:
		name = "address"
	case math.Abs(x) == 1:
		name = strings.TrimSuffix(name, "s")
	}
	return message.NewPrinter(language.English).Sprint(number.Decimal(x, number.MaxFractionDigits(2))) + " " + name
}

// Dose is how much a measure put in force on one day: what was added on it, negative where it was lifted, and never what
// stood in force in all.
type Dose struct {
	Date   string  `yaml:"date,omitempty" json:"date,omitempty"` // local; the event's own where it is empty
	Amount float64 `yaml:"amount" json:"amount"`
	Unit   Unit    `yaml:"unit" json:"unit"`
	Source string  `yaml:"source" json:"source"`
}

// DosesByDay are the doses that are known of the event, by the day on which they came: those that it lists; of networks and
// services, where it lists none, how many it names, negative of an unblocking.
func (e Event) DosesByDay() map[time.Time][]Dose {
	by := map[time.Time][]Dose{}
	listed := map[Unit]bool{}
	for _, d := range e.Doses {
		at := e.Date()
		if d.Date != "" {
			at = day(d.Date)
		}
		by[at], listed[d.Unit] = append(by[at], d), true
	}
	sign := 1.0
	if e.Kind == Unblock {
		sign = -1
	}
	named := func(n int, u Unit) {
		if n > 0 && !listed[u] {
			by[e.Date()] = append(by[e.Date()], Dose{Amount: sign * float64(n), Unit: u, Source: "named in the catalogue"})
		}
	}
	named(len(e.ISPs), Networks)
	if e.blocksServices() {
		named(e.Services(), Services)
	}
	return by
}

// blocksServices says whether the event is against services, and not the network, and was carried out.
func (e Event) blocksServices() bool {
	switch e.Kind {
	case Enforce, Throttle, Shutdown, Unblock:
		return e.TargetType != "internet" && e.TargetType != "mobile_internet" && e.TargetType != "web"
	}
	return false
}

// doseProblems lists what is wrong with the doses.
func (e Event) doseProblems() []error {
	var errs []error
	for _, d := range e.Doses {
		_, precision, ok := parseDate(d.Date)
		switch {
		case !slices.Contains(Units, d.Unit):
			errs = append(errs, fmt.Errorf("dose in %q: want one of %v", d.Unit, Units))
		case d.Date != "" && (!ok || precision == "month"):
			errs = append(errs, fmt.Errorf("dose of %q: want a day, YYYY-MM-DD", d.Date))
		case d.Date != "" && day(d.Date).Before(e.Date()):
			errs = append(errs, fmt.Errorf("dose of %s is before the event's date %s", d.Date, e.Date().Format(time.DateOnly)))
		case math.IsNaN(d.Amount) || math.IsInf(d.Amount, 0):
			errs = append(errs, fmt.Errorf("dose of %g: want a number", d.Amount))
		case d.Source == "":
			errs = append(errs, fmt.Errorf("dose of %g %s has no source", d.Amount, d.Unit))
		}
	}
	return errs
}

// Package study answers what one event did, or all of a catalogue, from a store's named
// queries or a given series: series, effects, companion questions, evidence, words and
// provenance. Report, page, analyze, spikes and notebooks ask here, so that the same
// inputs give the same numbers from every door.
//
// It states no effect, interval or p of its own: those are package spike's and package
// blocking's. It must never draw, write to a store unasked, or read a clock.
package study

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/banshift/banshift/external/series"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/transform/blocking"
	"github.com/banshift/banshift/transform/spike"
)

// Options are what a study depends on in addition to the store.
type Options struct {
	Config    spike.Config   // the registered procedure
	Catalogue []events.Event // all events; those of a country keep its placebo dates clear
	Events    string         // where the catalogue came from, empty for the built-in one
	Version   string         // of the program
	// Given is studied in place of the store's own use; nil: the store's.
	Given *Given
	// Evidence are series to weigh with the tested one.
	Evidence []Evidence
	// Substitute is the service that was to replace the banned one; empty where none is named.
	Substitute string
	// Watch is told how many of the events are done; nil where nobody looks.
	Watch func(done, of int)
	// Border is the country's, nil where no topology was given; Topology identifies its files.
	Border   *blocking.Border
	Topology string
}

// Given is a series from a file.
type Given struct {
	Path, Format, Country, Name string // as given; Name is empty for the file's own
	Series                      []spike.Series
}

// FromStore stands for the store's own use where provenance names a file.
const FromStore = "store"

// RefusedError is what the procedure cannot be run on: a configuration or series that
// no method is defined for.
type RefusedError struct{ Err error }

func (e *RefusedError) Error() string { return e.Err.Error() }

// Unwrap gives what was refused.
func (e *RefusedError) Unwrap() error { return e.Err }

func refused(err error) error {
	if err == nil {
		return nil
	}
	return &RefusedError{err}
}

// Result is what All found: every series against every event.
type Result struct {
	spike.Result
	Provenance *account.Provenance `json:"provenance,omitempty"`

	series []spike.Series
}

// All tests every series against every event of the catalogue that lies inside it, and
// lists the alarms. r may be nil where a series is given.
func All(ctx context.Context, r Reader, o Options) (Result, error) {
	reading := newReading(r)
	if o.Given == nil {
		if err := reading.countOnce(ctx); err != nil {
			return Result{}, err
		}
	}
	t, err := o.tested(ctx, reading, o.Catalogue)
	if err != nil {
		return Result{}, err
	}
	result, err := spike.AnalyzeWatched(t.series, t.catalogue, t.provenance.Config, o.Watch, t.findings...)
	if err != nil {
		return Result{}, refused(err)
	}
	t.provenance.Queries = reading.queries()
	return Result{Result: result, Provenance: &t.provenance, series: t.series}, nil
}

// Countries are those of the series that were looked at, in order.
func (r Result) Countries() []string {
	var list []string
	for _, s := range r.series {
		if s.Country != "" {
			list = append(list, s.Country)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// LookedAt says what was looked at for alarms, of one country or of all, and what makes one.
func (r Result) LookedAt(country string, cfg spike.Config) string {
	seen, days := 0, 0
	for _, s := range r.series {
		if s.Country != "" && (country == "" || s.Country == country) {
			seen, days = seen+1, max(days, len(s.Values))
		}
	}
	alarms := 0
	for _, a := range r.Alarms {
		if country == "" || a.Country == country {
			alarms++
		}
	}
	return fmt.Sprintf("looked at %d series of up to %s: %s. An alarm is a change of more than %g times the day's noise on %d of %d days that most countries do not share",
		seen, account.CountOf(days, "days"), account.CountOf(alarms, "alarms"), cfg.AlarmZ, cfg.AlarmDays, cfg.AlarmOf)
}

// Run makes the account of one event of the catalogue. It fails with ErrNoData where the
// event's own country has no series around the event. r may be nil where a series is given.
func Run(ctx context.Context, r Reader, e events.Event, o Options) (account.Report, error) {
	reading := newReading(r)
	if o.Given == nil {
		if err := reading.countOnce(ctx); err != nil {
			return account.Report{}, err
		}
		defer reading.ahead(ctx, o.questions(e))()
	}
	t, err := o.tested(ctx, reading, []events.Event{e})
	if err != nil {
		return account.Report{}, err
	}
	p := &t.provenance
	p.Config.Course = true
	in := input{Event: e, Catalogue: t.catalogue, Config: p.Config, Simulated: p.Simulated}
	if in.Use, err = t.analysed(e, t.name, t.unit, t.series, t.catalogue, t.findings...); err != nil {
		return account.Report{}, err
	}
	_, effect, err := in.Use.own(e)
	if err != nil {
		return account.Report{}, err
	}
	if o.Given == nil {
		if err := in.readCompanions(ctx, reading, o); err != nil {
			return account.Report{}, err
		}
		if in.Against, err = t.against(e, t.catalogue); err != nil {
			return account.Report{}, err
		}
		p.Substitute, p.Topology = in.Facts.Substitute, o.Topology
	}
	p.Command = command(e, o)
	p.Series = filepath.Base(p.Series) // an account is passed on: no directory of its maker
	p.Counted, p.Controls = counted(e, o.Catalogue, p.Config), effect.Control.Who
	p.Queries = reading.queries()
	in.Provenance = *p
	return build(in)
}

// Headlines are what [Run] says of some events in short, by their ids: those whose own country has a series around them. All are
// worked out in one go.
func Headlines(ctx context.Context, r Reader, about []events.Event, o Options) (map[string]account.Headline, error) {
	reading := newReading(r)
	if err := reading.countOnce(ctx); err != nil {
		return nil, err
	}
	t, err := o.tested(ctx, reading, about)
	if err != nil {
		return nil, err
	}
	result, err := spike.AnalyzeOwn(t.series, t.catalogue, t.provenance.Config, t.findings...)
	if err != nil {
		return nil, refused(err)
	}
	use := Measure{Name: t.name, Unit: t.unit, Series: t.series, Result: result}
	said := map[string]account.Headline{}
	for _, e := range about {
		s, err := begin(input{Event: e, Config: t.provenance.Config, Use: use})
		if errors.Is(err, ErrNoData) {
			continue
		}
		if err != nil {
			return nil, err
		}
		said[e.ID] = s.headline()
	}
	return said, nil
}

// questions are those that the account of an event asks a store, in the order in which it needs the answers.
func (o Options) questions(e events.Event) []namedQuery {
	country := map[string]string{"country": e.Country}
	list := []namedQuery{{daily, nil}}
	if e.Target != "" {
		list = append(list, namedQuery{daily, map[string]string{"service": strings.ToLower(e.Target)}})
	}
	list = append(list,
		namedQuery{"versions", nil},
		namedQuery{"block_list", nil},
		namedQuery{"unknown_tools", unknownOf(e, o.Config)},
		namedQuery{"use_by_network_day", country},
		namedQuery{"service_by_network", triesOf(e, o.Config)},
		namedQuery{"use_by_tool_day", country},
		namedQuery{"service_endpoints", country},
		namedQuery{"name_resolutions", namesOf(e, o.Config)},
		namedQuery{"other_failures", country},
	)
	if o.Substitute != "" {
		list = append(list, namedQuery{"service_users", usersOf(e, strings.ToLower(o.Substitute))})
	}
	return list
}

// tested is the series under test, and what the analysis is told about it.
type tested struct {
	name, unit  string
	series      []spike.Series
	findings    []spike.Finding
	provenance  account.Provenance
	denominator []spike.Series // all clients, by country; nil where unknown
	catalogue   []events.Event // with the doses that the store's block lists tell
}

// analysed runs the procedure on series for one event.
func (t tested) analysed(e events.Event, name, unit string, list []spike.Series, catalogue []events.Event, findings ...spike.Finding) (Measure, error) {
	result, err := spike.AnalyzeEvent(list, catalogue, e.ID, t.provenance.Config, findings...)
	return Measure{Name: name, Unit: unit, Series: list, Result: result}, refused(err)
}

// tested reads the series under test and the findings about some events.
func (o Options) tested(ctx context.Context, r *reading, about []events.Event) (tested, error) {
	hash, err := HashEvents(o.Catalogue)
	if err != nil {
		return tested{}, err
	}
	t := tested{catalogue: o.Catalogue, provenance: account.Provenance{Version: o.Version, Events: o.Events, EventsHash: hash, Config: o.Config}}
	if o.Given != nil {
		t.fromFile(*o.Given)
	} else if err := t.fromStore(ctx, r, about); err != nil {
		return tested{}, err
	}
	t.provenance.DataHash = hashSeries(append(slices.Clone(t.series), t.denominator...))
	more, files, err := weigh(o.Evidence, o.Catalogue, t.provenance.Config)
	if err != nil {
		return tested{}, refused(err)
	}
	t.findings, t.provenance.Evidence = append(t.findings, more...), files
	return t, nil
}

func (t *tested) fromFile(g Given) {
	t.name, t.unit, t.series = sentenceOf(g.Series[0].Name), "users a day", g.Series
	p := &t.provenance
	p.Series, p.Format, p.Country, p.Name, p.Licence = g.Path, g.Format, g.Country, g.Series[0].Name, series.Licence(g.Format)
}

// fromStore reads the clients a day by country; the procedure learns where their rules changed.
func (t *tested) fromStore(ctx context.Context, r *reading, about []events.Event) error {
	list, err := r.Daily(ctx, nil)
	if err != nil {
		return err
	}
	p := &t.provenance
	list, p.Simulated = oneKind(list)
	if len(list) == 0 {
		return ErrEmpty
	}
	if breaks := load.MethodBreaks(list); len(breaks) > 0 {
		p.Config.Breaks = map[string][]time.Time{useName: breaks}
	}
	t.name, t.unit = "Use of VPN, proxy and anonymity tools", "clients a day"
	t.series = dailySeries(useName, list, func(d load.Day) float64 { return float64(d.Clients) })
	t.denominator = dailySeries(allName, list, func(d load.Day) float64 { return float64(d.AllClients) })
	if p.Config.Hours {
		if err := addHours(ctx, r, t.series, p.Simulated, hourEvents(about)); err != nil {
			return err
		}
	}
	p.Series, p.Packs = FromStore, packsOf(list)
	if p.Lists, err = listsOf(ctx, r, p.Simulated); err != nil {
		return err
	}
	lists, err := blockLists(ctx, r, p.Simulated)
	if err != nil {
		return err
	}
	if t.catalogue, err = withDoses(t.catalogue, lists); err != nil {
		return err
	}
	t.findings, err = storeFindings(ctx, r, t.series, p.Simulated, about, p.Config)
	return err
}

// readCompanions reads what the other questions are about.
func (in *input) readCompanions(ctx context.Context, r *reading, o Options) error {
	own, _, err := in.Use.own(in.Event)
	if err != nil {
		return err
	}
	if in.Service, err = in.bannedService(ctx, r); err != nil {
		return err
	}
	if in.Tools, err = toolSeries(ctx, r, own, in.Simulated); err != nil {
		return err
	}
	in.Facts, err = storeFacts(ctx, r, in, o.Substitute)
	if err == nil {
		in.Facts.Border = o.Border
	}
	return err
}

// bannedService analyses the answered connections to the event's target; nil where the
// store knows no such service.
func (in *input) bannedService(ctx context.Context, r *reading) (*Measure, error) {
	list, err := serviceSeries(ctx, r, strings.ToLower(in.Event.Target), in.Event.Country, in.Simulated)
	if err != nil || list == nil {
		return nil, err
	}
	t := tested{provenance: account.Provenance{Config: in.Config}}
	m, err := t.analysed(in.Event, "Answered connections to "+in.Event.Target, "connections a day", list, in.Catalogue)
	return &m, err
}

// sentenceOf makes a file's name the beginning of a sentence: "Tor bridge users", without the years that it ends with.
func sentenceOf(name string) string {
	words := strings.Fields(strings.NewReplacer("-", " ", "_", " ").Replace(name))
	for len(words) > 1 && strings.Trim(words[len(words)-1], "0123456789") == "" {
		words = words[:len(words)-1]
	}
	return account.UpperFirst(strings.Join(words, " "))
}

// command is what makes the account again.
func command(e events.Event, o Options) string {
	text := "banshift report " + e.ID
	if o.Given != nil {
		text += " --series " + filepath.Base(o.Given.Path) + " --series-format " + o.Given.Format
	}
	if o.Config.Placebo != spike.PlaceboBefore {
		text += " --placebo " + string(o.Config.Placebo)
	}
	return text
}

// counted lists the other events of the country that lie near enough to the event, or to
// one of its placebo dates, to change a number.
func counted(e events.Event, catalogue []events.Event, cfg spike.Config) []string {
	reach := cfg.PlaceboMax + cfg.EventRadius
	from, to := e.Date().AddDate(0, 0, -reach), e.Date().AddDate(0, 0, cfg.EventRadius+cfg.AfterDays)
	if cfg.Placebo == spike.PlaceboBoth {
		to = e.Date().AddDate(0, 0, reach)
	}
	var ids []string
	for _, other := range catalogue {
		at := other.Date()
		if other.Country == e.Country && other.ID != e.ID && other.Precision != "month" && !at.Before(from) && !at.After(to) {
			ids = append(ids, other.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

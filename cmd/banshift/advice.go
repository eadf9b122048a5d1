package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/banshift/banshift/ingest/decode"
	"github.com/banshift/banshift/ingest/pipeline"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/transform/enrich"
)

// gap is a setting that is missing or too small, and what follows from that.
type gap struct{ key, what string }

// gaps lists what the configuration leaves out that most questions need.
func (s *stages) gaps() []gap {
	var all []gap
	if s.home == nil {
		all = append(all, gap{"home", "no prefixes of the measured clients are set: where a format does not say who opened a flow, the client is guessed by ports; set home or home_file"})
	}
	if len(s.cfg.Networks) == 0 {
		all = append(all, gap{"networks", "no file of networks is set: clients get no country, and questions by country have no answer; set networks"})
	}
	if len(s.cfg.Lists) == 0 {
		all = append(all, gap{"lists", "no lists are set: tools are told by their protocols only, and no provider or service by its addresses; set lists"})
	}
	if days := s.cfg.Retention.FlowsDays; days < load.ServerDays {
		all = append(all, gap{"retention.flows_days", fmt.Sprintf("flows are kept for %d days, and servers that came up are told by %d: unknown_tools counts too few clients or has no rows; set %d or more",
			days, load.ServerDays, load.ServerDays)})
	}
	return all
}

// sayGaps logs what the configuration leaves out.
func (a *app) sayGaps(s *stages) {
	for _, g := range s.gaps() {
		a.log.Warn(g.what, "setting", g.key)
	}
}

// freshDays is for how long a list tells as much as on its first day (rules list.*-fresh).
const freshDays = 30

// sayStale names the lists that are old for records of a time, in one line.
func (a *app) sayStale(s *stages, newest time.Time) {
	var stale []string
	for _, l := range s.enricher.Lists().Info() {
		days := int(newest.Sub(l.AsOf).Hours() / 24)
		if l.Name != enrich.Builtin && !l.AsOf.IsZero() && days > freshDays {
			stale = append(stale, fmt.Sprintf("%s of %s (%d days)", l.Name, l.AsOf.UTC().Format(time.DateOnly), days))
		}
	}
	if len(stale) > 0 {
		a.log.Warn("lists are stale for what is read: their entries tell less, and use of what they name falls with their age; update them",
			"lists", strings.Join(stale, ", "), "newest_record", newest.UTC().Format(time.DateOnly))
	}
}

// sayTimes names the lists that are not of the time of what was read.
func (a *app) sayTimes(s *stages, read *pipeline.Stats) {
	first, last := read.Times()
	if last == 0 {
		return
	}
	a.sayStale(s, time.UnixMilli(last))
	oldest := time.UnixMilli(first)
	for i, l := range s.enricher.Lists().Info() {
		if from := s.enricher.Lists().Begins(i); l.Name != enrich.Builtin && oldest.Before(from) {
			a.log.Warn("a list says nothing of the oldest records: it describes a later time",
				"list", l.Name, "from", from.UTC().Format(time.DateOnly), "oldest_record", oldest.UTC().Format(time.DateOnly))
		}
	}
}

// accept refuses a format that does not say who opened a flow where nothing else does.
func (a *app) accept(s *stages, f decode.Format) error {
	if s.home != nil || a.cfg.Ingest.GuessClients || !decode.OneWay(f) {
		return nil
	}
	return misused(fmt.Errorf("format %s does not say who opened a flow, and home is not set: a server would be taken for a client where ports do not tell; set home (or home_file) to the prefixes of your clients, or have it guessed with --guess-clients", f))
}

// countryParam reads the parameter of a country as it is stored.
func countryParam(value string) (string, error) {
	lower, _ := schemas.Country(value)
	if lower == "" || len(lower) == 2 && strings.Trim(lower, "abcdefghijklmnopqrstuvwxyz0123456789?") == "" {
		return lower, nil
	}
	return "", fmt.Errorf("country %q: want a code of two letters (ISO 3166-1 alpha-2), as ru", value)
}

// whyEmpty says what an empty answer most likely comes from.
func whyEmpty(params map[string]string, c load.Contents) string {
	country := params["country"]
	if _, known := schemas.Country(country); country != "" && !known {
		return fmt.Sprintf("no country has the code %s (ISO 3166-1 alpha-2)", country)
	}
	switch {
	case c.Records == 0:
		return "the store has no records yet; banshift run reads some"
	case c.InCountry == 0:
		return "no record has a country: networks was not set, or its files do not have the clients' addresses, when the records were read"
	case country != "" && !contains(c.Countries, country):
		return fmt.Sprintf("no record is of %s; there are records of %s", country, shortList(c.Countries))
	case c.Named == 0:
		return "no record is of a tool or service: lists was not set or its lists do not hold for the records' days, and no protocol was recognised"
	case params["from"] != "" && params["from"] > c.Last, params["to"] != "" && params["to"] < c.First:
		return fmt.Sprintf("the records are of %s to %s", c.First, c.Last)
	}
	return fmt.Sprintf("nothing fits all parameters; there are records of %s to %s, of %s", c.First, c.Last, shortList(c.Countries))
}

func contains(list []string, one string) bool {
	for _, s := range list {
		if s == one {
			return true
		}
	}
	return false
}

// shortList names the first few.
func shortList(list []string) string {
	const most = 10
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
}

// answered passes an answer on and notices whether it has rows.
type answered struct {
	io.Writer
	begin []byte
	lines int
}

func (w *answered) Write(p []byte) (int, error) {
	if room := 16 - len(w.begin); room > 0 {
		w.begin = append(w.begin, p[:min(room, len(p))]...)
	}
	w.lines += strings.Count(string(p), "\n")
	return w.Writer.Write(p)
}

// isEmpty reports an answer without rows, in the formats that are read by people.
func (w *answered) isEmpty(f load.Format) bool {
	switch f {
	case load.JSON:
		return strings.Join(strings.Fields(string(w.begin)), "") == "[]"
	case load.CSV:
		return w.lines <= 1
	case load.Table:
		return w.lines == 0
	}
	return false
}

// sayWhyEmpty writes to standard error why an answer has no rows.
func (a *app) sayWhyEmpty(ctx context.Context, store *load.Store, params map[string]string) error {
	c, err := store.Contents(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.errOut, "no rows: %s\n", whyEmpty(params, c))
	return nil
}

// sayUnknownNames writes to standard error which tool or service of a question the store has never recognised: days of telemetry
// are answered with zeros for it.
func (a *app) sayUnknownNames(ctx context.Context, store *load.Store, params map[string]string) error {
	if params["tool"] == "" && params["service"] == "" {
		return nil
	}
	tools, services, err := store.Recognised(ctx)
	if err != nil {
		return err
	}
	for _, kind := range []struct {
		name  string
		known []string
	}{{"tool", tools}, {"service", services}} {
		if given := params[kind.name]; given != "" && !contains(kind.known, given) {
			unknown := fmt.Errorf("no flow of this store was recognised as the %s %q", kind.name, given)
			fmt.Fprintf(a.errOut, "%v; it knows %s\n", hinted(unknown, given, kind.known), cmp.Or(shortList(kind.known), "none"))
		}
	}
	return nil
}

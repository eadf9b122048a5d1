package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/banshift/banshift/external/topology"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/transform/blocking"
	"github.com/banshift/banshift/transform/spike"
	"github.com/banshift/banshift/web/report/study"
)

// companionQueries are the named queries that the companion questions are answered from.
var companionQueries = []string{"block_list", "name_resolutions", "other_failures", "service_by_network", "service_endpoints", "service_users", "use_by_network_day"}

// storeFacts reads what the companion questions need about the event of in.
func storeFacts(ctx context.Context, store *load.Store, in *study.Input, substitute string) (*study.Facts, error) {
	r := factReader{ctx: ctx, store: store, in: in, facts: &study.Facts{Substitute: strings.ToLower(substitute)}}
	for _, read := range []func() error{r.endpoints, r.blockList, r.names, r.failures, r.users, r.networks} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	return r.facts, nil
}

// factReader reads the facts of one event.
type factReader struct {
	ctx   context.Context
	store *load.Store
	in    *study.Input
	facts *study.Facts
}

func (r *factReader) country() map[string]string {
	return map[string]string{"country": r.in.Event.Country}
}

// kind says whether a row is of the kind that the report is about: measured or simulated.
func (r *factReader) kind(simulated uint8) bool { return (simulated == 1) == r.in.Simulated }

func (r *factReader) endpoints() error {
	rows, err := queryRows[struct {
		Day, Service, Prefix string
		ASN                  uint32
		Flows, Unanswered    uint64
		Simulated            uint8
	}](r.ctx, r.store, "service_endpoints", r.country())
	if err != nil {
		return err
	}
	for _, row := range rows {
		prefix, err := netip.ParsePrefix(row.Prefix)
		if err != nil {
			return fmt.Errorf("query service_endpoints: %w", err)
		}
		if !r.kind(row.Simulated) {
			continue
		}
		a := study.Attempt{Day: dayOf(row.Day), Endpoint: blocking.Endpoint{Prefix: prefix, ASN: row.ASN},
			Banned: strings.EqualFold(row.Service, r.in.Event.Target), Tried: row.Flows, Unanswered: row.Unanswered}
		r.facts.Attempts = append(r.facts.Attempts, a)
		if !a.Banned {
			continue
		}
		if n := len(r.facts.Sightings); n == 0 || !r.facts.Sightings[n-1].Day.Equal(a.Day) {
			r.facts.Sightings = append(r.facts.Sightings, blocking.Sighting{Day: a.Day})
		}
		last := &r.facts.Sightings[len(r.facts.Sightings)-1]
		last.Endpoints = append(last.Endpoints, a.Endpoint)
	}
	return nil
}

// blockList reads the list that has the country's name, or the only one there is.
func (r *factReader) blockList() error {
	rows, err := queryRows[struct {
		List, Prefix string
		AsOf         string `json:"as_of"`
		Simulated    uint8
	}](r.ctx, r.store, "block_list", nil)
	if err != nil {
		return err
	}
	var names []string
	for _, row := range rows {
		if r.kind(row.Simulated) && !slices.Contains(names, row.List) {
			names = append(names, row.List)
		}
	}
	chosen := r.in.Event.Country
	if len(names) == 1 && !slices.Contains(names, chosen) {
		chosen = names[0]
	}
	for _, row := range rows {
		if row.List != chosen || !r.kind(row.Simulated) {
			continue
		}
		prefix, err := netip.ParsePrefix(row.Prefix)
		if err != nil {
			return fmt.Errorf("query block_list: %w", err)
		}
		if n := len(r.facts.Snapshots); n == 0 || !r.facts.Snapshots[n-1].Day.Equal(dayOf(row.AsOf)) {
			r.facts.Snapshots = append(r.facts.Snapshots, blocking.Snapshot{Day: dayOf(row.AsOf)})
		}
		last := &r.facts.Snapshots[len(r.facts.Snapshots)-1]
		last.Prefixes = append(last.Prefixes, prefix)
	}
	return nil
}

// names reads the answers from a week before the event on, one resolution for each name
// and address family: a question asks for one family.
func (r *factReader) names() error {
	day := r.in.Event.Date()
	params := r.country()
	params["from"] = day.AddDate(0, 0, -7).Format(time.DateOnly)
	params["to"] = day.AddDate(0, 0, max(28, r.in.Config.AfterDays)-1).Format(time.DateOnly)
	rows, err := queryRows[struct {
		Day, Name string
		Prefixes  []string
		Queries   uint64
		Simulated uint8
	}](r.ctx, r.store, "name_resolutions", params)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if !r.kind(row.Simulated) {
			continue
		}
		resolution := blocking.Resolution{Domain: row.Name, Queries: row.Queries}
		for _, text := range row.Prefixes {
			prefix, err := netip.ParsePrefix(text)
			if err != nil {
				return fmt.Errorf("query name_resolutions: %w", err)
			}
			resolution.Prefixes = append(resolution.Prefixes, prefix)
		}
		if n := len(r.facts.Names); n == 0 || !r.facts.Names[n-1].Day.Equal(dayOf(row.Day)) {
			r.facts.Names = append(r.facts.Names, study.NamesDay{Day: dayOf(row.Day)})
		}
		last := &r.facts.Names[len(r.facts.Names)-1]
		last.Resolutions = append(last.Resolutions, resolution)
	}
	return nil
}

func (r *factReader) failures() error {
	rows, err := queryRows[struct {
		Day               string
		Flows, Unanswered uint64
		Simulated         uint8
	}](r.ctx, r.store, "other_failures", r.country())
	for _, row := range rows {
		if r.kind(row.Simulated) {
			r.facts.Others = append(r.facts.Others, study.FailureDay{Day: dayOf(row.Day), Tried: row.Flows, Unanswered: row.Unanswered})
		}
	}
	return err
}

func (r *factReader) users() error {
	if r.facts.Substitute == "" {
		return nil
	}
	banned := strings.ToLower(r.in.Event.Target)
	params := r.country()
	params["services"] = fmt.Sprintf("['%s','%s']", quoted(banned), quoted(r.facts.Substitute))
	rows, err := queryRows[struct {
		Day, Service string
		Clients      uint64
		Simulated    uint8
	}](r.ctx, r.store, "service_users", params)
	for _, row := range rows {
		if !r.kind(row.Simulated) {
			continue
		}
		if n := len(r.facts.Users); n == 0 || !r.facts.Users[n-1].Day.Equal(dayOf(row.Day)) {
			r.facts.Users = append(r.facts.Users, study.UsersDay{Day: dayOf(row.Day)})
		}
		last := &r.facts.Users[len(r.facts.Users)-1]
		if row.Service == banned {
			last.Banned = row.Clients
		} else {
			last.Substitute = row.Clients
		}
	}
	return err
}

// quoted escapes a string for the engine's array syntax.
func quoted(s string) string { return strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) }

// networks reads the use of each network on the days of the event's own series.
func (r *factReader) networks() (err error) {
	own := r.in.Use.Series[slices.IndexFunc(r.in.Use.Series, func(s spike.Series) bool { return s.Country == r.in.Event.Country })]
	r.facts.Networks, err = networkUse(r.ctx, r.store, own, r.in.Simulated)
	return err
}

// substitute names what was to replace the event's target: as the flag says, else as the
// configuration does.
func (a *app) substitute(target, flag string) string {
	return cmp.Or(flag, a.cfg.Substitutes[strings.ToLower(target)])
}

// border reads the topology and measures the country's; nil where none is given.
func (a *app) border(country, dir string) (*blocking.Border, error) {
	relations, delegated := []string{a.cfg.Topology.Relationships}, a.cfg.Topology.Delegations
	if dir != "" {
		var err error
		if relations, err = filepath.Glob(filepath.Join(dir, "*as-rel*")); err != nil {
			return nil, err
		}
		if delegated, err = filepath.Glob(filepath.Join(dir, "delegated*")); err != nil {
			return nil, err
		}
		if len(relations) == 0 || len(delegated) == 0 {
			return nil, misused(fmt.Errorf("--topology %s: want files named *as-rel* and delegated*", dir))
		}
	}
	if relations[0] == "" || len(delegated) == 0 {
		return nil, nil
	}
	var d topology.Delegations
	for _, path := range delegated {
		if err := readFile(path, d.Read); err != nil {
			return nil, err
		}
	}
	var links []blocking.Link
	for _, path := range relations {
		err := readFile(path, func(r io.Reader) error {
			found, err := topology.ReadLinks(r)
			for _, l := range found {
				if d.Country(l.A) != "" && d.Country(l.B) != "" { // where one is not known, abroad is not
					links = append(links, blocking.Link(l))
				}
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	b := blocking.MeasureBorder(links, func(asn uint32) bool { return d.Country(asn) == country })
	return &b, nil
}

func readFile(path string, read func(io.Reader) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	if err := errors.Join(read(f), f.Close()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

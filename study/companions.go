package study

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/blocking"
	"github.com/banshift/banshift/transform/spike"
)

// storeFacts reads what the companion questions need about the event of in.
func storeFacts(ctx context.Context, store *reading, in *input, substitute string) (*facts, error) {
	r := factReader{ctx: ctx, store: store, in: in, facts: &facts{Substitute: strings.ToLower(substitute)}}
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
	store *reading
	in    *input
	facts *facts
}

func (r *factReader) country() map[string]string {
	return map[string]string{"country": r.in.Event.Country}
}

// kind says whether a row is of the kind that the report is about: measured or simulated.
func (r *factReader) kind(simulated uint8) bool { return (simulated == 1) == r.in.Simulated }

func (r *factReader) endpoints() error {
	list, err := rows[struct {
		Day, Service, Prefix string
		ASN                  uint32
		Flows, Unanswered    uint64
		Simulated            uint8
	}](r.ctx, r.store, "service_endpoints", r.country())
	if err != nil {
		return err
	}
	for _, row := range list {
		prefix, err := netip.ParsePrefix(row.Prefix)
		if err != nil {
			return fmt.Errorf("query service_endpoints: %w", err)
		}
		if !r.kind(row.Simulated) {
			continue
		}
		a := Attempt{Day: dayOf(row.Day), Endpoint: blocking.Endpoint{Prefix: prefix, ASN: row.ASN},
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
	lists, err := blockLists(r.ctx, r.store, r.in.Simulated)
	if err != nil {
		return err
	}
	r.facts.Snapshots = lists[r.in.Event.Country]
	if len(lists) == 1 {
		for _, only := range lists {
			r.facts.Snapshots = only
		}
	}
	return nil
}

// namesOf asks for the answers from a week before the event on.
func namesOf(e events.Event, cfg spike.Config) map[string]string {
	return map[string]string{"country": e.Country, "from": e.Date().AddDate(0, 0, -7).Format(time.DateOnly),
		"to": e.Date().AddDate(0, 0, max(28, cfg.AfterDays)-1).Format(time.DateOnly)}
}

// usersOf asks for the users of the event's target and of the service that was to replace it.
func usersOf(e events.Event, substitute string) map[string]string {
	return map[string]string{"country": e.Country, "services": fmt.Sprintf("['%s','%s']", quoted(strings.ToLower(e.Target)), quoted(substitute))}
}

// names reads the answers from a week before the event on, one resolution for each name
// and address family: a question asks for one family.
func (r *factReader) names() error {
	list, err := rows[struct {
		Day, Name string
		Prefixes  []string
		Queries   uint64
		Simulated uint8
	}](r.ctx, r.store, "name_resolutions", namesOf(r.in.Event, r.in.Config))
	if err != nil {
		return err
	}
	for _, row := range list {
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
			r.facts.Names = append(r.facts.Names, NamesDay{Day: dayOf(row.Day)})
		}
		last := &r.facts.Names[len(r.facts.Names)-1]
		last.Resolutions = append(last.Resolutions, resolution)
	}
	return nil
}

func (r *factReader) failures() error {
	list, err := rows[struct {
		Day               string
		Flows, Unanswered uint64
		Simulated         uint8
	}](r.ctx, r.store, "other_failures", r.country())
	for _, row := range list {
		if r.kind(row.Simulated) {
			r.facts.Others = append(r.facts.Others, FailureDay{Day: dayOf(row.Day), Tried: row.Flows, Unanswered: row.Unanswered})
		}
	}
	return err
}

func (r *factReader) users() error {
	if r.facts.Substitute == "" {
		return nil
	}
	banned := strings.ToLower(r.in.Event.Target)
	list, err := rows[struct {
		Day, Service string
		Clients      uint64
		Simulated    uint8
	}](r.ctx, r.store, "service_users", usersOf(r.in.Event, r.facts.Substitute))
	for _, row := range list {
		if !r.kind(row.Simulated) {
			continue
		}
		if n := len(r.facts.Users); n == 0 || !r.facts.Users[n-1].Day.Equal(dayOf(row.Day)) {
			r.facts.Users = append(r.facts.Users, UsersDay{Day: dayOf(row.Day)})
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
func (r *factReader) networks() error {
	own, _, err := r.in.Use.own(r.in.Event)
	if err != nil {
		return err
	}
	r.facts.Networks, err = networkUse(r.ctx, r.store, own, r.in.Simulated)
	return err
}

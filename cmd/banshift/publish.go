package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/queries"
	"github.com/banshift/banshift/release/budget"
	"github.com/banshift/banshift/release/mechanism"
	"github.com/banshift/banshift/release/policy"
	"github.com/banshift/banshift/schemas/events"
)

// noiseOptions are the flags of what is released under differential privacy.
type noiseOptions struct{ epsilon, mechanism string }

func (o *noiseOptions) add(f *pflag.FlagSet) {
	f.StringVar(&o.epsilon, "epsilon", "", "release counts with noise: the loss of privacy of each client-day, at most privacy.release_epsilon_day in all")
	f.StringVar(&o.mechanism, "mechanism", string(mechanism.Laplace), "noise of --epsilon: "+strings.Join(mechanism.Kinds, ", "))
}

// publisher lets answers of a store leave the house, by the policy.
type publisher struct {
	store  *load.Store
	policy policy.Policy
}

// publisher makes one; noise is nil where counts have none. Close it.
func (a *app) publisher(ctx context.Context, store *load.Store, noise *mechanism.Asked) (*publisher, error) {
	asked, err := a.releasePolicy()
	if err != nil {
		return nil, err
	}
	p := &publisher{store: store, policy: asked}
	if noise == nil {
		return p, nil
	}
	ledger, err := a.openLedger(ctx, store)
	if err != nil {
		return nil, err
	}
	p.policy.Noise = &policy.Noise{Asked: *noise, Ledger: ledger}
	return p, nil
}

// releasePolicy is what has to hold for whatever leaves the house, by the configuration and the catalogue; without noise.
func (a *app) releasePolicy() (policy.Policy, error) {
	prosecuted, err := a.prosecuted()
	return policy.Policy{MinClients: uint64(a.cfg.Privacy.ReleaseMinClients), Prosecuted: prosecuted, MinProsecuted: uint64(a.cfg.Privacy.ReleaseMinProsecuted)}, err
}

// public gives what others may see of a store, for reports and pages.
func (a *app) public(store *load.Store) (*publicReader, error) {
	asked, err := a.releasePolicy()
	return newPublicReader(&publisher{store: store, policy: asked}), err
}

// prosecuted are the countries in which people are prosecuted, by the configuration and the catalogue.
func (a *app) prosecuted() (map[string]bool, error) {
	catalogue, err := events.Load(a.cfg.Events)
	if err != nil {
		return nil, err
	}
	countries := map[string]bool{}
	for _, country := range a.cfg.Privacy.ProsecutedCountries {
		countries[strings.ToLower(country)] = true
	}
	for _, e := range catalogue {
		if e.Prosecuted {
			countries[e.Country] = true
		}
	}
	return countries, nil
}

// noiseAsked is what the flags ask for, nil where that is no noise, or how they are misused.
func (a *app) noiseAsked(o noiseOptions) (*mechanism.Asked, error) {
	if o.epsilon == "" {
		return nil, nil
	}
	epsilon, err := budget.ParseEpsilon(o.epsilon)
	if err != nil {
		return nil, misused(fmt.Errorf("--epsilon: %w", err))
	}
	if !slices.Contains(mechanism.Kinds, o.mechanism) {
		return nil, misused(hinted(fmt.Errorf("--mechanism %s: want %s", o.mechanism, strings.Join(mechanism.Kinds, ", ")), o.mechanism, mechanism.Kinds))
	}
	most, err := a.cfg.Privacy.epsilonDay()
	if err != nil {
		return nil, misused(err)
	}
	return &mechanism.Asked{Epsilon: epsilon, Kind: mechanism.Kind(o.mechanism), Most: most, Now: time.Now().UTC().Truncate(time.Second)}, nil
}

// epsilonDay is the budget of a client-day.
func (p PrivacyConfig) epsilonDay() (budget.Epsilon, error) {
	most, err := budget.ParseEpsilon(strconv.FormatFloat(p.ReleaseEpsilonDay, 'f', -1, 64))
	if err != nil {
		return 0, fmt.Errorf("privacy.release_epsilon_day: %w", err)
	}
	return most, nil
}

// openLedger opens the account of what was released of a store's data set. It lies next to the key, and like
// that never inside the store: the store's backups must not turn it back.
func (a *app) openLedger(ctx context.Context, store *load.Store) (*budget.Ledger, error) {
	key, err := a.keyFile()
	if err != nil {
		return nil, err
	}
	dir := cmp.Or(a.cfg.Privacy.ReleaseDirectory, filepath.Join(filepath.Dir(key), "releases"))
	if err := a.outsideOfStore(filepath.Join(dir, "ledger")); err != nil {
		return nil, fmt.Errorf("privacy.release_directory: %w", err)
	}
	name, err := store.DataSet(ctx)
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, errors.New("the store holds no telemetry, so that there is nothing to release")
	}
	return budget.Open(dir, name)
}

func (p *publisher) Close() error {
	if p.policy.Noise == nil {
		return nil
	}
	return p.policy.Noise.Ledger.Close()
}

// answer asks a named query and applies the policy to what it gives.
func (p *publisher) answer(ctx context.Context, name string, params map[string]string) (policy.Released, error) {
	r, err := p.store.Result(ctx, name, params)
	if err != nil {
		return policy.Released{}, err
	}
	applied := p.policy
	if applied.Noise != nil && !r.Query.Public {
		noise := *applied.Noise
		if noise.Parts, err = p.parts(ctx, r); err != nil {
			return policy.Released{}, err
		}
		applied.Noise = &noise
	}
	return applied.Apply(r, func(name string, params map[string]string) (*queries.Result, error) {
		return p.store.Result(ctx, name, params)
	})
}

// parts are the days of countries that a result is asked about, as far as sensors reported on them.
func (p *publisher) parts(ctx context.Context, r *queries.Result) ([]budget.Part, error) {
	params := map[string]string{}
	for _, name := range []string{"country", "from", "to"} {
		if value, ok := r.Params[name]; ok {
			params[name] = value
		}
	}
	covered, err := p.store.Result(ctx, "coverage", params)
	if err != nil {
		return nil, err
	}
	var parts []budget.Part
	country, day := covered.Columns[covered.Index("country")], covered.Columns[covered.Index("day")]
	for i := range covered.Len {
		c, isText := country.Values[i].(string)
		d, isDay := day.Values[i].(time.Time)
		if !isText || !isDay {
			return nil, fmt.Errorf("query coverage: %T and %T, want a country and a day", country.Values[i], day.Values[i])
		}
		parts = append(parts, budget.Part{Country: c, Day: d.Format(time.DateOnly)})
	}
	return parts, nil
}

package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"time"

	"github.com/banshift/banshift/queries"
	"github.com/banshift/banshift/release/budget"
	"github.com/banshift/banshift/release/mechanism"
	"github.com/banshift/banshift/release/policy"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
	"github.com/banshift/banshift/transform/spike/calibrate"
)

// What is varied. No epsilon is rounding and suppression, as `release` does without it.
var (
	sizes    = []float64{50, 200, 1000, 10_000, 100_000} // users of such tools a day, in the country of the ban
	epsilons = []budget.Epsilon{0, 100_000, 250_000, 500_000, 1_000_000, 2_000_000, 4_000_000}
	smallest = []uint64{5, 10, 20, 50, 100}
)

const (
	effect  = .5 // of the ban
	others  = 1000
	perUser = 20 // clients in all, for one that uses such tools
)

// outcome is what one way to release gave over all panels of a size.
type outcome struct {
	told   int       // panels whose effect could be told
	errors []float64 // of these, less the effect by exact counts, in percentage points
}

// deviation is the root mean square of the errors.
func (o outcome) deviation() float64 {
	sum := 0.0
	for _, e := range o.errors {
		sum += e * e
	}
	return math.Sqrt(sum / float64(len(o.errors)))
}

// row is a size of country.
type row struct {
	size     float64
	half     float64 // mean half width of the 95 % interval by exact counts, in percentage points
	outcomes map[budget.Epsilon]map[uint64]*outcome
}

// measure draws panels of each size and estimates the ban's effect from each way to release them.
func measure(sizes []float64, runs int, seed uint64) ([]row, error) {
	var rows []row
	for i, size := range sizes {
		r := row{size: size, outcomes: map[budget.Epsilon]map[uint64]*outcome{}}
		for _, e := range epsilons {
			r.outcomes[e] = map[uint64]*outcome{}
			for _, k := range smallest {
				r.outcomes[e][k] = &outcome{}
			}
		}
		cell := calibrate.Cell{Level: size, Others: others, Phi: .5, Noise: .05, Countries: 12, Days: 120, Effect: effect}
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		for run := range runs {
			if err := r.panel(cell, rng, run, runs, seed); err != nil {
				return nil, fmt.Errorf("%g users: %w", size, err)
			}
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// panel adds what one panel gives.
func (r *row) panel(cell calibrate.Cell, rng *rand.Rand, run, runs int, seed uint64) error {
	series, bans := cell.Draw(rng)
	exact, err := estimated(series, bans)
	if err != nil {
		return err
	}
	if exact.EffectPct == nil || exact.CILow == nil || exact.CIHigh == nil {
		return fmt.Errorf("panel %d: exact counts give no effect", run)
	}
	r.half += (*exact.CIHigh - *exact.CILow) / 2 / float64(runs)
	dir, err := os.MkdirTemp("", "privacy-cost-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	ledger, err := budget.OpenWith(dir, "panel", rand.NewChaCha8(seedOf(seed, r.size, run)))
	if err != nil {
		return err
	}
	defer ledger.Close()
	for _, e := range epsilons {
		for _, k := range smallest {
			result := asResult(series)
			p := policy.Policy{MinClients: k}
			if e > 0 {
				p.Noise = &policy.Noise{Ledger: ledger, Asked: mechanism.Asked{Epsilon: e, Kind: mechanism.Laplace, Most: 1e9, Now: time.Unix(0, 0)}}
			}
			if _, err := p.Apply(result, nil); err != nil {
				return err
			}
			got, err := estimated(asSeries(result, series), bans)
			if err != nil {
				return err
			}
			if o := r.outcomes[e][k]; got.EffectPct != nil {
				o.told++
				o.errors = append(o.errors, *got.EffectPct-*exact.EffectPct)
			}
		}
	}
	return nil
}

// seedOf makes the secret of a ledger repeatable.
func seedOf(seed uint64, size float64, run int) (s [32]byte) {
	copy(s[:], fmt.Sprintf("%d %g %d", seed, size, run))
	return s
}

// estimated is the effect of the ban in its own country, with the procedure as everyone uses it.
func estimated(series []spike.Series, bans []events.Event) (spike.Effect, error) {
	var left []spike.Series
	for _, s := range series {
		if s.Values != nil {
			left = append(left, s)
		}
	}
	if len(left) == 0 || left[0].Country != bans[0].Country {
		return spike.Effect{}, nil // nothing of the country was released
	}
	result, err := spike.AnalyzeOwnEvent(left, bans, bans[0].ID, spike.DefaultConfig())
	if err != nil {
		return spike.Effect{}, err
	}
	for _, e := range result.Effects {
		if e.Country == bans[0].Country && e.Event == bans[0].ID {
			return e, nil
		}
	}
	return spike.Effect{}, nil
}

// asResult is a panel as the answer of daily_series.
func asResult(series []spike.Series) *queries.Result {
	q, err := queries.Get("daily_series")
	if err != nil {
		panic(err) // it is built in
	}
	r := &queries.Result{Query: q, Params: map[string]string{}}
	types := map[string]string{"country": "String", "day": "Date", "fraction": "Float64", "expected": "Float64", "simulated": "UInt8", "packs": "Array(String)", "lists": "Array(String)"}
	for _, c := range q.Columns {
		column := queries.ResultColumn{Column: c, Type: types[c.Name]}
		if column.Type == "" {
			column.Type = "UInt64"
		}
		for _, s := range series {
			for t, users := range s.Values {
				column.Values = append(column.Values, valueOf(c.Name, column.Type, s, t, users))
			}
		}
		r.Columns, r.Len = append(r.Columns, column), len(column.Values)
	}
	return r
}

func valueOf(name, kind string, s spike.Series, t int, users float64) any {
	switch name {
	case "country":
		return s.Country
	case "day":
		return s.Start.AddDate(0, 0, t)
	case "clients":
		return uint64(users)
	case "all_clients":
		return uint64(users) * perUser
	case "fraction":
		return s.Coverage[t]
	}
	return map[string]any{"UInt64": uint64(0), "Float64": 0.0, "UInt8": uint8(1), "Array(String)": []string{}}[kind]
}

// asSeries is what was released as a panel; days that were left out are missing, and countries without any have no values.
func asSeries(r *queries.Result, like []spike.Series) []spike.Series {
	byCountry := map[string]int{}
	out := make([]spike.Series, len(like))
	for i, s := range like {
		byCountry[s.Country] = i
		out[i] = spike.Series{Name: s.Name, Country: s.Country, Start: s.Start, Coverage: s.Coverage}
	}
	country, day, clients := r.Columns[r.Index("country")].Values, r.Columns[r.Index("day")].Values, r.Columns[r.Index("clients")].Values
	for row := range r.Len {
		i := byCountry[country[row].(string)]
		if out[i].Values == nil {
			out[i].Values = make([]float64, len(like[i].Values))
			for t := range out[i].Values {
				out[i].Values[t] = math.NaN()
			}
		}
		out[i].Values[int(day[row].(time.Time).Sub(out[i].Start).Hours()/24)] = float64(clients[row].(uint64))
	}
	return out
}

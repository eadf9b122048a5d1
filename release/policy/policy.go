// Package policy is the one door through which an answer leaves the house: what is exported, released,
// reported in public or shown on a page that others reach goes through it.
//
// It must never let a result through that it does not know how to protect.
package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/banshift/banshift/queries"
	"github.com/banshift/banshift/release/budget"
	"github.com/banshift/banshift/release/coarsen"
	"github.com/banshift/banshift/release/mechanism"
	"github.com/banshift/banshift/release/suppress"
)

// Policy is what has to hold for whatever leaves the house.
type Policy struct {
	// MinClients is the smallest number of clients that a row may count.
	MinClients uint64
	// Prosecuted are the countries in which people are prosecuted, and MinProsecuted the smallest number there.
	Prosecuted    map[string]bool
	MinProsecuted uint64
	// Noise has counts released under differential privacy. nil: they are rounded to multiples of these numbers, and sums
	// to two digits, so that several results tell no more together than each.
	Noise *Noise
}

// Noise is what releases under differential privacy spend from.
type Noise struct {
	mechanism.Asked
	Ledger *budget.Ledger
}

// Said is what was done to a result, for whoever gets it. How many rows were left out is not in it: of two releases
// it would tell more than the rows.
type Said struct {
	MinClients uint64          // 0 where rows count no clients
	Noise      *mechanism.Done // nil: none
	Words      string
}

// Released is a result that may leave the house: what writes files for others takes no other. It is made here alone.
type Released struct {
	result *queries.Result
	said   Said
}

// Result gives the rows. They must not be changed.
func (r Released) Result() *queries.Result { return r.result }

// Said gives what was done to the rows.
func (r Released) Said() Said { return r.said }

// Nothing releases that a query was asked, and none of its rows.
func Nothing(r *queries.Result) Released {
	r.Keep(make([]bool, r.Len))
	return Released{r, Said{Words: "nothing of it is shown"}}
}

// Few is the smallest number of clients of a country that a row may count.
func (p Policy) Few(country string) uint64 {
	if p.Prosecuted[country] {
		return max(p.MinClients, p.MinProsecuted)
	}
	return p.MinClients
}

// prosecuted says where the smallest number is another.
func (p Policy) prosecuted() string {
	if len(p.Prosecuted) == 0 || p.MinProsecuted <= p.MinClients {
		return ""
	}
	return fmt.Sprintf(" (%d in %s)", p.MinProsecuted, strings.Join(slices.Sorted(maps.Keys(p.Prosecuted)), ", "))
}

// Ask answers a named query; what it gives is not protected yet.
type Ask func(name string, params map[string]string) (*queries.Result, error)

// Apply makes a result fit to leave the house; the result must not be used by others any more. ask is for what rare
// tools are merged into.
func (p Policy) Apply(r *queries.Result, ask Ask) (Released, error) {
	said, err := p.apply(r, ask)
	if err != nil {
		return Released{}, err
	}
	return Released{r, said}, nil
}

func (p Policy) apply(r *queries.Result, ask Ask) (Said, error) {
	if r.Query.Public {
		return Said{Words: "rows count no clients"}, nil
	}
	if p.Noise != nil {
		return p.noised(r)
	}
	before := map[string]int{}
	if coarsen.ByTool(r) {
		before = coarsen.Groups(r)
	}
	left, err := suppress.Rows(r, p.Few)
	if err != nil {
		return Said{}, err
	}
	if len(before) > 0 && left.Few > 0 && r.Params["tool"] == "" {
		if err := p.merge(r, before, ask); err != nil {
			return Said{}, err
		}
	}
	coarsen.Values(r)
	coarsen.Counts(r, p.Few)
	return Said{MinClients: p.MinClients, Words: fmt.Sprintf("%s; rows that count fewer than %d clients%s or would give such a count away are left out, counts are rounded to multiples of that number, sums to two digits",
		pseudonyms, p.MinClients, p.prosecuted())}, nil
}

// merge puts the clients of a category in place of its tools that were taken out.
func (p Policy) merge(r *queries.Result, before map[string]int, ask Ask) error {
	params := map[string]string{}
	for _, name := range []string{"country", "level", "from", "to"} {
		if value, ok := r.Params[name]; ok {
			params[name] = value
		}
	}
	categories, err := ask("use_by_category_day", params)
	if err != nil {
		return err
	}
	coarsen.Upward(r, before, categories, p.Few)
	return nil
}

const pseudonyms = "clients are counted by pseudonyms of one day"

func (p Policy) noised(r *queries.Result) (Said, error) {
	asked := p.Noise.Asked
	asked.MinClients = p.Few
	done, err := mechanism.Release(r, p.Noise.Ledger, asked)
	if err != nil {
		return Said{}, err
	}
	return Said{MinClients: p.MinClients, Noise: &done, Words: fmt.Sprintf(
		"differential privacy with epsilon %s and delta %g a client-day, by discrete %s noise of deviation %.1f on %v; %s, which is the unit; rows whose noised counts are under %d%s or differ by less are left out, and counts are made consistent",
		done.Epsilon, done.Delta, done.Mechanism, done.Deviation, done.Columns, pseudonyms, p.MinClients, p.prosecuted())}, nil
}

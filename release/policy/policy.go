// Package policy is the one door through which an answer leaves the house: what is exported, released,
// reported in public or shown on a page that others reach goes through it.
//
// It must never let a result through that it does not know how to protect.
package policy

import (
	"fmt"

	"github.com/banshift/banshift/queries"
	"github.com/banshift/banshift/release/budget"
	"github.com/banshift/banshift/release/mechanism"
	"github.com/banshift/banshift/release/suppress"
)

// Policy is what has to hold for whatever leaves the house.
type Policy struct {
	// MinClients is the smallest number of clients that a row may count.
	MinClients uint64
	// Noise has counts released under differential privacy; nil: as they are.
	Noise *Noise
}

// Noise is what releases under differential privacy spend from.
type Noise struct {
	mechanism.Asked
	Ledger *budget.Ledger
}

// Said is what was done to a result, for whoever gets it.
type Said struct {
	MinClients  uint64          // 0 where rows count no clients
	RowsLeftOut int             // not said under differential privacy: it would be exact
	Noise       *mechanism.Done // nil: none
	Words       string
}

// Apply makes a result fit to leave the house.
func (p Policy) Apply(r *queries.Result) (Said, error) {
	if r.Query.Public {
		return Said{Words: "rows count no clients"}, nil
	}
	if p.Noise != nil {
		return p.noised(r)
	}
	left, err := suppress.Rows(r, p.MinClients)
	if err != nil {
		return Said{}, err
	}
	said := Said{MinClients: p.MinClients, RowsLeftOut: left.Few + left.Complement}
	said.Words = fmt.Sprintf("%s; %d rows were left out, which count fewer than %d clients or would give such a count away", pseudonyms, said.RowsLeftOut, said.MinClients)
	return said, nil
}

const pseudonyms = "clients are counted by pseudonyms of one day"

func (p Policy) noised(r *queries.Result) (Said, error) {
	asked := p.Noise.Asked
	asked.MinClients = p.MinClients
	done, err := mechanism.Release(r, p.Noise.Ledger, asked)
	if err != nil {
		return Said{}, err
	}
	return Said{MinClients: p.MinClients, Noise: &done, Words: fmt.Sprintf(
		"differential privacy with epsilon %s and delta %g a client-day, by discrete %s noise of deviation %.1f on %v; %s, which is the unit; rows whose noised counts are under %d or differ by less are left out, and counts are made consistent",
		done.Epsilon, done.Delta, done.Mechanism, done.Deviation, done.Columns, pseudonyms, p.MinClients)}, nil
}

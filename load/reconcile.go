package load

import (
	"context"
	"fmt"
	"time"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/schemas/statements"
)

// Reconciliation is the ledger's sums next to those of the tables. Differences is
// empty where every record is accounted for. Findings name single ranges.
type Reconciliation struct {
	Batches     uint64       `json:"batches"`
	Unfinished  uint64       `json:"unfinished"`
	In          uint64       `json:"records_in"`
	Stored      uint64       `json:"stored"`
	Folded      uint64       `json:"folded"`
	Rejected    uint64       `json:"rejected"`
	Checks      []Check      `json:"checks"`
	Differences []Difference `json:"differences"`
	Findings    []Finding    `json:"findings"`
	// Arrivals name inserts of stored ranges whose rows are not there, or more than once.
	Arrivals []Arrival `json:"arrivals"`
}

// Check is one sum that is known from two sides.
type Check struct {
	What   string `json:"what"`
	Ledger uint64 `json:"ledger"`
	Tables uint64 `json:"tables"`
}

// Difference is one account that does not add up.
type Difference struct {
	What   string `json:"what"`
	Source string `json:"source,omitempty"`
	Ledger uint64 `json:"ledger"`
	Tables uint64 `json:"tables"`
}

// OK reports whether every record is accounted for. Batches that were begun and not
// finished are no difference where their rows are not in yet, but they are not OK.
func (r Reconciliation) OK() bool {
	return len(r.Differences) == 0 && r.Unfinished == 0 && r.Overlaps() == 0 && len(r.Arrivals) == 0
}

// Overlaps is how many stored ranges begin before an earlier one ends.
func (r Reconciliation) Overlaps() int {
	n := 0
	for _, f := range r.Findings {
		if f.What == FoundOverlap {
			n++
		}
	}
	return n
}

// Reconcile compares the ledger with the tables: records in = stored + folded +
// rejected, and each of the three with what the tables hold. Run it while nothing
// writes: a batch that is under way shows up as unfinished.
func (s *Store) Reconcile(ctx context.Context) (Reconciliation, error) {
	var r Reconciliation
	err := s.conn.QueryRow(ctx, statements.LedgerSums).Scan(&r.Batches, &r.In, &r.Stored, &r.Folded, &r.Rejected)
	if err != nil {
		return r, explain(s.name, fmt.Errorf("ledger: %w", err))
	}
	kept, rejects, err := s.keptRecords(ctx)
	if err != nil {
		return r, err
	}
	var forgotten int64
	if err := s.conn.QueryRow(ctx, statements.StillCounted).Scan(&forgotten); err != nil {
		return r, explain(s.name, fmt.Errorf("records that were forgotten: %w", err))
	}
	what := "stored + folded = records of usage and dns_usage"
	if forgotten != 0 {
		what += ", and those that were forgotten"
	}
	flows, err := s.keptFlows(ctx)
	if err != nil {
		return r, explain(s.name, fmt.Errorf("sums of flows: %w", err))
	}
	r.Checks = []Check{
		{"records in = stored + folded + rejected", r.In, r.Stored + r.Folded + r.Rejected},
		{what, r.Stored + r.Folded, uint64(int64(kept) + forgotten)},
		flows,
		{"rejected = rows of rejects", r.Rejected, rejects},
	}
	for _, c := range r.Checks {
		if c.Ledger != c.Tables {
			r.Differences = append(r.Differences, Difference{What: c.What, Ledger: c.Ledger, Tables: c.Tables})
		}
	}
	if err := s.unbalanced(ctx, &r); err != nil {
		return r, explain(s.name, fmt.Errorf("differences by source: %w", err))
	}
	if err := s.findRanges(ctx, &r); err != nil {
		return r, explain(s.name, fmt.Errorf("ranges of the ledger: %w", err))
	}
	if r.Arrivals, err = s.notArrivedOnce(ctx); err != nil {
		return r, explain(s.name, err)
	}
	return r, nil
}

// keptRecords sums the records that client-hours and questions stand for, and the rejected
// ones. Where retention takes client-hours, their records are those that were counted.
func (s *Store) keptRecords(ctx context.Context) (kept, rejects uint64, err error) {
	var usage, dns uint64
	if err := s.conn.QueryRow(ctx, statements.TableSums).Scan(&usage, &dns, &rejects); err != nil {
		return 0, 0, explain(s.name, fmt.Errorf("sums of the tables: %w", err))
	}
	if s.usageDays > 0 {
		if _, err := s.Count(ctx, 0); err != nil {
			return 0, 0, err
		}
		if err := s.conn.QueryRow(ctx, statements.CountedRecords).Scan(&usage); err != nil {
			return 0, 0, explain(s.name, fmt.Errorf("counted records: %w", err))
		}
	}
	return usage + dns, rejects, nil
}

// keptDays gives the retention of a table in days; 0: none.
func (s *Store) keptDays(ctx context.Context, table string) (days uint64, err error) {
	err = s.holders(table)[0].conn.QueryRow(ctx, statements.KeptDays, table).Scan(&days)
	return days, err
}

// keptFlows compares the records of flows that no retention can have taken yet. The
// times are the server's own on both sides.
func (s *Store) keptFlows(ctx context.Context) (Check, error) {
	days, err := s.keptDays(ctx, schemas.TableFlows)
	if err != nil {
		return Check{}, err
	}
	if days == 0 {
		return Check{}, fmt.Errorf("table flows has no retention in days")
	}
	// A batch that lies across the edge moves it to the batch's end; flows of before were forgotten in part.
	var edge time.Time
	err = s.conn.QueryRow(ctx, statements.KeptSince, days).Scan(&edge)
	if err != nil {
		return Check{}, err
	}
	check := Check{What: fmt.Sprintf("stored = records of flows (since %s)", edge.UTC().Format("2006-01-02 15:04"))}
	err = s.conn.QueryRow(ctx, statements.KeptFlows, edge, edge).Scan(&check.Ledger, &check.Tables)
	return check, err
}

// unbalanced adds what a source alone shows: batches that do not add up, rejects that
// are missing or too many.
func (s *Store) unbalanced(ctx context.Context, r *Reconciliation) error {
	for what, sql := range map[string]string{
		"records in = stored + folded + rejected": statements.UnbalancedSources,
		"rejected = rows of rejects":              statements.UnbalancedRejects,
	} {
		into := func(d *Difference) []any {
			d.What = what
			return []any{&d.Source, &d.Ledger, &d.Tables}
		}
		found, err := collect(ctx, s.conn, into, sql)
		if err != nil {
			return err
		}
		r.Differences = append(r.Differences, found...)
	}
	return nil
}

package load

import (
	"context"
	"fmt"
	"strconv"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/banshift/banshift/load/position"
	"github.com/banshift/banshift/schemas/statements"
)

// What becomes of a range that a writer left.
const (
	// RepairFinished: all of its rows had arrived, and it is marked done.
	RepairFinished = "finished"
	// RepairTakenBack: none of its rows had arrived, and it was never begun.
	RepairTakenBack = "taken back"
	// RepairNextRun: the next run of its source reads it again and puts in what is missing.
	RepairNextRun = "next run"
	// RepairLeft: rows are stored twice, which sums cannot be rid of.
	RepairLeft = "left"
)

// Repair is a range that something is wrong with, and what becomes of it.
type Repair struct {
	Finding
	Outcome string `json:"outcome"`
	// Epoch is that of the writer who left it, 0 where it is not known; Latest that of the last one.
	Epoch  uint64 `json:"epoch"`
	Latest uint64 `json:"latest"`
	// Arrived and Missing are its inserts, as TABLE/PARTITION.
	Arrived []string `json:"arrived"`
	Missing []string `json:"missing"`
}

// FoundMissing: rows of a stored range are not there. FoundTwice: they are there more than once.
const (
	FoundMissing = "missing"
	FoundTwice   = "twice"
)

// Repair says what writers left, and mends what can be mended without reading a source
// again. It takes the leases of what it touches over: a writer that is still at work on it
// begins again.
func (s *Store) Repair(ctx context.Context) ([]Repair, error) {
	r, err := s.Reconcile(ctx)
	if err != nil {
		return nil, err
	}
	repairs := []Repair{}
	for _, f := range r.Findings {
		repair := Repair{Finding: f, Outcome: RepairLeft}
		if f.What != FoundOverlap {
			if repair, err = s.repairRange(ctx, f); err != nil {
				return repairs, explain(s.name, fmt.Errorf("source %s partition %d range %d to %d: %w", f.Source, f.Partition, f.First, f.Next, err))
			}
		}
		repairs = append(repairs, repair)
	}
	for _, a := range r.Arrivals {
		repair := Repair{Finding: Finding{What: FoundTwice, Source: a.Source, Partition: a.Partition, First: a.First, Next: a.Next}, Outcome: RepairLeft}
		entry := a.Table + "/" + a.Part
		if a.Times == 0 {
			repair.What, repair.Outcome, repair.Missing = FoundMissing, RepairNextRun, []string{entry}
		} else {
			repair.Arrived = []string{entry}
		}
		repairs = append(repairs, repair)
	}
	return repairs, nil
}

// repairRange ends what still writes a range that was begun, and finishes it or takes it
// back where its rows have arrived all or not at all.
func (s *Store) repairRange(ctx context.Context, f Finding) (Repair, error) {
	if err := s.Lease(ctx, f.Source, max(0, f.Partition)); err != nil {
		return Repair{}, err
	}
	b, found, err := s.begunRange(ctx, f)
	if err != nil {
		return Repair{}, err
	}
	repair := Repair{Finding: f, Outcome: RepairNextRun, Epoch: b.epoch}
	held, _, err := s.latest(ctx, partitionOf{f.Source, max(0, f.Partition)})
	if err != nil {
		return Repair{}, err
	}
	repair.Latest = held
	if !found || b.stored {
		repair.Outcome = RepairFinished // whoever was at work has finished it meanwhile
		return repair, nil
	}
	if repair.Arrived, repair.Missing, err = s.whatArrived(ctx, b); err != nil {
		return Repair{}, err
	}
	abandoned := f.What == FoundAbandoned
	switch {
	case b.unmarked && abandoned, abandoned && len(repair.Arrived) > 0:
		repair.Outcome = RepairLeft
		return repair, nil
	case b.unmarked, len(repair.Arrived) > 0 && len(repair.Missing) > 0:
		return repair, nil
	case abandoned, len(repair.Missing) > 0:
		repair.Outcome = RepairTakenBack
		return repair, s.onRange(ctx, statements.TakeRangeBack, f, held)
	}
	repair.Outcome = RepairFinished
	if err := s.onRange(ctx, statements.TouchRange, f, held); err != nil {
		return Repair{}, err
	}
	return repair, s.onRange(ctx, statements.FinishRange, f, held)
}

func (s *Store) onRange(ctx context.Context, sql string, f Finding, epoch uint64) error {
	return s.retry(ctx, s.tries(), func() error {
		return s.conn.Exec(clickhouse.Context(ctx, clickhouse.WithParameters(clickhouse.Parameters{
			"source": f.Source, "partition": strconv.Itoa(int(f.Partition)), "first": strconv.FormatInt(f.First, 10),
			"next": strconv.FormatInt(f.Next, 10), "epoch": strconv.FormatUint(epoch, 10),
		})), sql)
	})
}

// begunRange reads what the ledger says of one range.
func (s *Store) begunRange(ctx context.Context, f Finding) (begun, bool, error) {
	all, _, err := s.knownRanges(ctx, f.Source)
	if err != nil {
		return begun{}, false, err
	}
	for _, b := range all[f.Partition] {
		if b.Range == (position.Range{First: f.First, Next: f.Next}) {
			return b, true, nil
		}
	}
	return begun{}, false, nil
}

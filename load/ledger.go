package load

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/banshift/banshift/schemas/statements"
)

// Counts is what became of a batch's telemetry records: In = Stored + Folded + Rejected.
type Counts struct {
	In       uint64 // records read
	Stored   uint64 // in table flows (and in usage)
	Folded   uint64 // only in usage or dns_usage
	Rejected uint64 // in table rejects
	Skipped  uint64 // no records: headers, comments, blank lines; not part of In
}

// TableBatch is the rows of one table. Write does not release the record.
type TableBatch struct {
	Name   string
	Record arrow.Record
}

// Window bounds the positions whose records were looked at for what lies beside those of
// a range, First inclusive, Next exclusive; both 0: none but its own.
type Window struct{ First, Next int64 }

// Batch is the outcome of one range of a source. It must follow from source, partition,
// range and what is beside it alone: read again, it has to be the same.
type Batch struct {
	Source      string
	Partition   int32
	First, Next int64 // positions, First inclusive, Next exclusive
	Beside      Window
	// Clock is the latest time that a record could have when the range was first read, ms UTC; 0: no limit.
	Clock       int64
	Counts      Counts
	Tables      []TableBatch
	Pack, Lists string // versions of rule pack and lists
	KeyID       string // which pseudonym key
	// FirstEvent and LastEvent are the times of the earliest and latest record; zero where there is none.
	FirstEvent, LastEvent time.Time
	Simulated             bool
}

// of gives the partition whose lease b is written under: a file's own notes, of partition
// -1, go with its records.
func (b Batch) of() partitionOf { return partitionOf{b.Source, max(0, b.Partition)} }

func (b Batch) ranged() Range { return Range{b.Partition, b.First, b.Next} }

// token is the stem of the deduplication tokens of b's inserts.
func (b Batch) token() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %d %d %d", b.Source, b.Partition, b.First, b.Next))
	return hex.EncodeToString(sum[:16])
}

// check refuses a batch whose accounts do not add up, before anything is written.
func (b Batch) check() error {
	if b.Source == "" || b.First >= b.Next {
		return fmt.Errorf("batch of source %q, range %d to %d: want a name and a range", b.Source, b.First, b.Next)
	}
	if c := b.Counts; c.In != c.Stored+c.Folded+c.Rejected {
		return fmt.Errorf("batch of %s, range %d to %d: %d records in, but %d stored + %d folded + %d rejected",
			b.Source, b.First, b.Next, c.In, c.Stored, c.Folded, c.Rejected)
	}
	return nil
}

// ledgerRow is one row of table batches.
type ledgerRow struct {
	Source     string   `json:"source"`
	Partition  int32    `json:"partition"`
	First      int64    `json:"first"`
	Next       int64    `json:"next"`
	BesideFrom int64    `json:"beside_first"`
	BesideTo   int64    `json:"beside_next"`
	State      string   `json:"state"`
	Epoch      uint64   `json:"epoch"`
	Clock      int64    `json:"clock"`
	Token      string   `json:"token"`
	Inserts    []string `json:"inserts"`
	In         uint64   `json:"records_in"`
	Stored     uint64   `json:"stored"`
	Folded     uint64   `json:"folded"`
	Rejected   uint64   `json:"rejected"`
	Skipped    uint64   `json:"skipped"`
	Pack       string   `json:"pack"`
	Lists      string   `json:"lists"`
	KeyID      string   `json:"key_id"`
	FirstEvent *string  `json:"first_event"`
	LastEvent  *string  `json:"last_event"`
	Simulated  uint8    `json:"simulated"`
}

const (
	stateIntended = "intended"
	stateDone     = "done"
)

func (b Batch) row(state string, epoch uint64) ledgerRow {
	r := ledgerRow{
		Source: b.Source, Partition: b.Partition, First: b.First, Next: b.Next, State: state, Epoch: epoch, Clock: b.Clock, Token: b.token(),
		BesideFrom: b.Beside.First, BesideTo: b.Beside.Next,
		In: b.Counts.In, Stored: b.Counts.Stored, Folded: b.Counts.Folded, Rejected: b.Counts.Rejected, Skipped: b.Counts.Skipped,
		Pack: b.Pack, Lists: b.Lists, KeyID: b.KeyID, FirstEvent: eventTime(b.FirstEvent), LastEvent: eventTime(b.LastEvent),
	}
	if b.Simulated {
		r.Simulated = 1
	}
	r.Inserts = []string{}
	for _, i := range b.insertions() {
		r.Inserts = append(r.Inserts, i.entries()...)
	}
	return r
}

func eventTime(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := t.UTC().Format("2006-01-02 15:04:05.000")
	return &text
}

// ledger writes rows of concurrent batches together and remembers, for the sources
// of this process, what is stored.
type ledger struct {
	store *Store

	mu      sync.Mutex
	sources map[string]*sourceState
	leases  map[partitionOf]lease
	lost    map[partitionOf]bool // whose lease another program has taken since

	looked bool      // for what is missing
	gaps   []Arrival // that were found missing then

	group *groupWriter
}

// Intention is a range that was written down and not finished. It has to be read again
// exactly as it is, with the same beside it and the same clock.
type Intention struct {
	Range
	Beside Window
	Clock  int64
	// unmarked: a version wrote it down that left no marks with the rows.
	unmarked bool
	// stored: it was finished, and rows of it are missing.
	stored  bool
	token   string
	inserts []string
	epoch   uint64
}

// sourceState is what the ledger says of one source.
type sourceState struct {
	done     map[int32]ranges
	intended map[int32][]Intention
}

func newLedger(s *Store) *ledger {
	l := &ledger{store: s, sources: map[string]*sourceState{}, leases: map[partitionOf]lease{}, lost: map[partitionOf]bool{}}
	l.group = newGroupWriter(s.insertLedger)
	return l
}

// Write stores a batch once: its range is written down as intended, its tables are
// inserted under tokens that follow from the range, its range is marked done. A range
// that is done already is left alone; one that is half done is completed. A range that
// overlaps another without being the same is an error.
func (s *Store) Write(ctx context.Context, b Batch) error {
	if err := b.check(); err != nil {
		return err
	}
	was, stored, lease, err := s.ledger.begin(ctx, b)
	if err != nil {
		return explain(s.name, err)
	}
	if stored {
		return nil
	}
	if err := s.write(ctx, b, lease, was); err != nil {
		if errors.Is(err, ErrLease) {
			s.ledger.lose(lease)
			return fmt.Errorf("%s: source %s partition %d: %w", s.name, b.Source, b.Partition, ErrLease)
		}
		return explain(s.name, err)
	}
	s.ledger.finish(b)
	return nil
}

// write writes a batch under a lease.
func (s *Store) write(ctx context.Context, b Batch, lease lease, was before) error {
	row := b.row(stateIntended, lease.epoch)
	if was == unmarked {
		row.Inserts = []string{} // what arrived before has no marks
	}
	if err := s.ledger.group.add(ctx, row); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	if err := s.insertTables(ctx, b, lease, was); err != nil {
		return err
	}
	if err := s.touch(ctx, b); err != nil {
		return err
	}
	row.State = stateDone
	if err := s.ledger.group.add(ctx, row); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return nil
}

// insertTables inserts the tables of b side by side.
func (s *Store) insertTables(ctx context.Context, b Batch, lease lease, was before) error {
	if err := s.nameVerdicts(ctx, b); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, i := range b.insertions() {
		g.Go(func() error { return s.arrive(ctx, i, lease, was) })
	}
	return g.Wait()
}

// begin reports whether b is stored already, and takes its range otherwise: it says what may be there of it.
func (l *ledger) begin(ctx context.Context, b Batch) (was before, stored bool, held lease, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	held, err = l.leased(ctx, b.of())
	if err != nil {
		return nothing, false, lease{}, err
	}
	state := l.sources[b.Source]
	r := b.ranged()
	done := state.done[b.Partition]
	if done.covers(r) {
		return nothing, true, held, nil
	}
	if other, overlaps := done.overlap(r); overlaps {
		return nothing, false, lease{}, fmt.Errorf("source %s partition %d: range %d to %d overlaps %d to %d, which is stored: read from where the ledger ends",
			b.Source, b.Partition, r.First, r.Next, other.First, other.Next)
	}
	for _, other := range state.intended[b.Partition] {
		if other.Range == r {
			if other.unmarked {
				return unmarked, false, held, nil
			}
			return marked, false, held, nil
		}
		if r.First < other.Next && other.First < r.Next {
			return nothing, false, lease{}, fmt.Errorf("source %s partition %d: range %d to %d overlaps %d to %d, which was begun: it has to be finished as it was written down",
				b.Source, b.Partition, r.First, r.Next, other.First, other.Next)
		}
	}
	state.intended[b.Partition] = append(state.intended[b.Partition], Intention{Range: r, Beside: b.Beside, Clock: b.Clock})
	return nothing, false, held, nil
}

// leased gives the lease of a partition, and takes it where this program never had it. The
// caller holds l.mu.
func (l *ledger) leased(ctx context.Context, p partitionOf) (lease, error) {
	if l.lost[p] {
		return lease{}, fmt.Errorf("source %s partition %d: %w", p.source, p.partition, ErrLease)
	}
	if held, ok := l.leases[p]; ok {
		return held, nil
	}
	return l.take(ctx, p)
}

// take takes the lease of a partition and reads anew what the ledger says of it: what is
// read before may have been written by another program since. The caller holds l.mu.
func (l *ledger) take(ctx context.Context, p partitionOf) (lease, error) {
	held, err := l.store.take(ctx, p)
	if err != nil {
		return lease{}, err
	}
	var fresh *sourceState
	err = l.store.retry(ctx, 0, func() (err error) {
		fresh, err = l.read(ctx, p.source)
		return err
	})
	if err != nil {
		return lease{}, fmt.Errorf("ledger of %s: %w", p.source, err)
	}
	state := l.sources[p.source]
	if state == nil {
		state = &sourceState{done: map[int32]ranges{}, intended: map[int32][]Intention{}}
		l.sources[p.source] = state
	}
	for _, partition := range []int32{p.partition, -1} {
		delete(state.done, partition)
		delete(state.intended, partition)
		if done := fresh.done[partition]; done != nil {
			state.done[partition] = done
		}
		if intended := fresh.intended[partition]; intended != nil {
			state.intended[partition] = intended
		}
	}
	l.leases[p] = held
	delete(l.lost, p)
	return held, nil
}

// lose notes that another program has taken a lease.
func (l *ledger) lose(held lease) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.leases[held.partitionOf] == held {
		delete(l.leases, held.partitionOf)
		l.lost[held.partitionOf] = true
	}
}

// finish moves b's range from intended to done.
func (l *ledger) finish(b Batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	state := l.sources[b.Source]
	r := b.ranged()
	state.intended[b.Partition] = slices.DeleteFunc(state.intended[b.Partition], func(i Intention) bool { return i.Range == r })
	state.done[b.Partition] = state.done[b.Partition].add(r)
	l.gaps = slices.DeleteFunc(l.gaps, func(a Arrival) bool {
		return a.Source == b.Source && a.Partition == b.Partition && a.First == b.First && a.Next == b.Next
	})
}

// load reads what the ledger says of a source, once. The caller holds l.mu.
func (l *ledger) load(ctx context.Context, source string) (*sourceState, error) {
	if state := l.sources[source]; state != nil {
		return state, nil
	}
	var state *sourceState
	err := l.store.retry(ctx, 0, func() (err error) {
		state, err = l.read(ctx, source)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ledger of %s: %w", source, err)
	}
	l.sources[source] = state
	return state, nil
}

func (l *ledger) read(ctx context.Context, source string) (*sourceState, error) {
	rows, err := l.store.conn.Query(ctx, statements.RangesOfSource, source)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var done, intended []Intention
	look := false
	for rows.Next() {
		var r Intention
		var isDone, isMarked, isOld uint8
		if err := rows.Scan(&r.Partition, &r.First, &r.Next, &r.Beside.First, &r.Beside.Next, &r.Clock, &r.token, &r.inserts, &r.epoch, &isDone, &isMarked, &isOld); err != nil {
			return nil, err
		}
		r.unmarked, r.stored = isOld == 1, isDone == 1
		look = look || isDone == 1 && isMarked == 1
		if r.stored {
			done = append(done, r)
		} else {
			intended = append(intended, r)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return l.stateOf(ctx, source, done, intended, look)
}

// stateOf makes of a source's ranges what is to be done about them: one that is done and
// whose rows are not all there has to be finished like one that is not.
func (l *ledger) stateOf(ctx context.Context, source string, done, intended []Intention, look bool) (*sourceState, error) {
	state := &sourceState{done: map[int32]ranges{}, intended: map[int32][]Intention{}}
	incomplete := map[Range]bool{}
	if look {
		missing, err := l.missing(ctx)
		if err != nil {
			return nil, err
		}
		for _, m := range missing {
			if m.Source == source {
				incomplete[Range{m.Partition, m.First, m.Next}] = true
			}
		}
	}
	for _, d := range done {
		switch {
		case incomplete[d.Range]:
			l.store.log.Warn("rows of a stored range are missing: it is read again, and they are put in", "source", source,
				"partition", d.Partition, "first", d.First, "next", d.Next)
			intended = append(intended, d)
		case len(incomplete) == 0 || d.Partition >= 0: // otherwise a file is not finished, whatever was noted
			state.done[d.Partition] = state.done[d.Partition].add(d.Range)
		}
	}
	byPartition := map[int32][]Intention{}
	for _, i := range intended {
		if other, overlaps := state.done[i.Partition].overlap(i.Range); overlaps {
			l.leave(source, i, other)
			continue
		}
		byPartition[i.Partition] = append(byPartition[i.Partition], i)
	}
	for partition, ranges := range byPartition {
		kept, err := l.apart(ctx, source, ranges)
		if err != nil {
			return nil, err
		}
		state.intended[partition] = kept
	}
	return state, nil
}

func (l *ledger) leave(source string, i Intention, other Range) {
	l.store.log.Warn("a range that was begun is left: what it overlaps goes before it", "source", source,
		"partition", i.Partition, "first", i.First, "next", i.Next, "stored_first", other.First, "stored_next", other.Next)
}

// apart leaves of intended ranges those that can be finished: where two overlap, the one
// whose rows have arrived, or else the one of the later writer.
func (l *ledger) apart(ctx context.Context, source string, intended []Intention) ([]Intention, error) {
	slices.SortFunc(intended, func(a, b Intention) int { return compareRanges(a.Range, b.Range) })
	overlap := false
	reach := intended[0].Next
	for _, i := range intended[1:] {
		overlap = overlap || i.First < reach
		reach = max(reach, i.Next)
	}
	if !overlap {
		return intended, nil
	}
	arrived := map[Range]int{}
	for _, i := range intended {
		_, missing, err := l.store.whatArrived(ctx, i)
		if err != nil {
			return nil, err
		}
		arrived[i.Range] = len(i.inserts) - len(missing)
		if i.stored {
			arrived[i.Range] = math.MaxInt
		}
	}
	byRight := slices.Clone(intended)
	slices.SortStableFunc(byRight, func(a, b Intention) int {
		return cmp.Or(cmp.Compare(arrived[b.Range], arrived[a.Range]), cmp.Compare(b.epoch, a.epoch))
	})
	var taken ranges
	for _, i := range byRight {
		if other, overlaps := taken.overlap(i.Range); overlaps {
			l.leave(source, i, other)
			intended = slices.DeleteFunc(intended, func(k Intention) bool { return k.Range == i.Range })
			continue
		}
		taken = taken.add(i.Range)
	}
	return intended, nil
}

// missing gives the inserts of all sources whose rows are not there, as it was when this
// program asked first: what is lost later is lost under its own eyes. The caller holds l.mu.
func (l *ledger) missing(ctx context.Context) ([]Arrival, error) {
	if l.looked {
		return l.gaps, nil
	}
	all, err := l.store.notArrivedOnce(ctx)
	if err != nil {
		return nil, err
	}
	l.gaps = slices.DeleteFunc(all, func(a Arrival) bool { return a.Times > 0 })
	l.looked = true
	return l.gaps, nil
}

// Done gives which positions of a source are stored, merged, by partition.
func (s *Store) Done(ctx context.Context, source string) (map[int32][]Range, error) {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	state, err := s.ledger.load(ctx, source)
	if err != nil {
		return nil, explain(s.name, err)
	}
	out := make(map[int32][]Range, len(state.done))
	for partition, set := range state.done {
		out[partition] = slices.Clone(set)
	}
	return out, nil
}

// Intended gives the ranges of a source that were written down and not finished, by
// partition and position. They have to be read again first.
func (s *Store) Intended(ctx context.Context, source string) ([]Intention, error) {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	state, err := s.ledger.load(ctx, source)
	if err != nil {
		return nil, explain(s.name, err)
	}
	var all []Intention
	for _, intended := range state.intended {
		all = append(all, intended...)
	}
	slices.SortFunc(all, func(a, b Intention) int { return compareRanges(a.Range, b.Range) })
	return all, nil
}

// Borders gives where stored ranges of a partition begin or end inside a window, in
// order: whoever reads what lies beside other records cuts there as it was cut before.
func (s *Store) Borders(ctx context.Context, source string, partition int32, in Window) ([]int64, error) {
	var borders []int64
	err := s.retry(ctx, 0, func() (err error) {
		borders, err = s.borders(ctx, source, partition, in)
		return err
	})
	if err != nil {
		return nil, explain(s.name, fmt.Errorf("ledger of %s: %w", source, err))
	}
	return borders, nil
}

func (s *Store) borders(ctx context.Context, source string, partition int32, in Window) ([]int64, error) {
	rows, err := s.conn.Query(ctx, `SELECT DISTINCT arrayJoin([first, next]) AS border FROM batches
		WHERE source = ? AND partition = ? AND border > ? AND border < ? ORDER BY border`, source, partition, in.First, in.Next)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var borders []int64
	for rows.Next() {
		var border int64
		if err := rows.Scan(&border); err != nil {
			return nil, err
		}
		borders = append(borders, border)
	}
	return borders, rows.Err()
}

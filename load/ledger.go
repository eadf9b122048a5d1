package load

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/banshift/banshift/load/position"
	"github.com/banshift/banshift/schemas"
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

// Batch is the outcome of one range of a source. It must follow from source, partition,
// range and its neighbours alone: read again, it has to be the same.
type Batch struct {
	Source      string
	Partition   int32
	First, Next int64 // positions, First inclusive, Next exclusive
	// Window is where the ranges begin whose records were looked at as neighbours; empty: none but its own.
	Window position.Range
	// Clock is the latest time that a record could have when the range was first read, ms UTC; 0: no limit.
	Clock       int64
	Counts      Counts
	Tables      []TableBatch
	Pack, Lists string // versions of rule pack and lists
	KeyID       string // which pseudonym key
	// FirstEvent and LastEvent are the times of the earliest and latest record; zero where there is none.
	FirstEvent, LastEvent time.Time
	Simulated             bool

	generation uint64 // how often its source was forgotten
}

// of gives the partition whose lease b is written under: a file's own notes, of partition
// -1, go with its records.
func (b Batch) of() partitionOf { return partitionOf{b.Source, max(0, b.Partition)} }

func (b Batch) ranged() position.Range { return position.Range{First: b.First, Next: b.Next} }

// token is the stem of the deduplication tokens of b's inserts.
func (b Batch) token() string {
	name := fmt.Appendf(nil, "%q %d %d %d", b.Source, b.Partition, b.First, b.Next)
	if b.generation > 0 { // what was stored before it was forgotten is no first try
		name = fmt.Appendf(name, " %d", b.generation)
	}
	sum := sha256.Sum256(name)
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
	Source      string  `json:"source"`
	Partition   int32   `json:"partition"`
	First       int64   `json:"first"`
	Next        int64   `json:"next"`
	WindowFirst int64   `json:"beside_first"`
	WindowNext  int64   `json:"beside_next"`
	State       string  `json:"state"`
	Epoch       uint64  `json:"epoch"`
	Clock       int64   `json:"clock"`
	Token       string  `json:"token"`
	In          uint64  `json:"records_in"`
	Stored      uint64  `json:"stored"`
	Folded      uint64  `json:"folded"`
	Rejected    uint64  `json:"rejected"`
	Skipped     uint64  `json:"skipped"`
	Pack        string  `json:"pack"`
	Lists       string  `json:"lists"`
	KeyID       string  `json:"key_id"`
	FirstEvent  *string `json:"first_event"`
	LastEvent   *string `json:"last_event"`
	Simulated   uint8   `json:"simulated"`
}

const (
	stateIntended = "intended"
	stateDone     = "done"
)

func (b Batch) row(state string, epoch uint64) ledgerRow {
	r := ledgerRow{
		Source: b.Source, Partition: b.Partition, First: b.First, Next: b.Next, State: state, Epoch: epoch, Clock: b.Clock, Token: b.token(),
		WindowFirst: b.Window.First, WindowNext: b.Window.Next,
		In: b.Counts.In, Stored: b.Counts.Stored, Folded: b.Counts.Folded, Rejected: b.Counts.Rejected, Skipped: b.Counts.Skipped,
		Pack: b.Pack, Lists: b.Lists, KeyID: b.KeyID, FirstEvent: eventTime(b.FirstEvent), LastEvent: eventTime(b.LastEvent),
	}
	if b.Simulated {
		r.Simulated = 1
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

	group *groupWriter
}

// sourceState is what the ledger says of one source.
type sourceState struct {
	done       map[int32]position.Set
	intended   map[int32][]position.Intention
	generation uint64 // how often it was forgotten
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
	stored, lease, err := s.ledger.begin(ctx, b)
	if err != nil {
		return explain(s.name, err)
	}
	if stored {
		return nil
	}
	b.generation = s.ledger.generation(b.Source)
	if err := s.write(ctx, b, lease); err != nil {
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
func (s *Store) write(ctx context.Context, b Batch, lease lease) error {
	if err := s.ledger.group.add(ctx, b.row(stateIntended, lease.epoch)); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	if err := s.insertTables(ctx, b, lease); err != nil {
		return err
	}
	if err := s.touch(ctx, b); err != nil {
		return err
	}
	if err := s.ledger.group.add(ctx, b.row(stateDone, lease.epoch)); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return nil
}

// insertTables inserts the tables of b side by side.
func (s *Store) insertTables(ctx context.Context, b Batch, lease lease) error {
	if err := s.nameVerdicts(ctx, b); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	stem := b.token()
	count := map[string]int{} // the first, second, … record of a table
	for _, t := range b.Tables {
		token := fmt.Sprintf("%s-%s-%d", stem, t.Name, count[t.Name])
		count[t.Name]++
		if t.Record.NumRows() == 0 || t.Name == schemas.TableVerdicts {
			continue
		}
		g.Go(func() error { return s.insertFenced(ctx, t.Name, t.Record, token, lease) })
	}
	return g.Wait()
}

// begin reports whether b is stored already, and takes its range otherwise.
func (l *ledger) begin(ctx context.Context, b Batch) (stored bool, held lease, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	held, err = l.leased(ctx, b.of())
	if err != nil {
		return false, lease{}, err
	}
	state := l.sources[b.Source]
	r := b.ranged()
	done := state.done[b.Partition]
	if done.Covers(r) {
		return true, held, nil
	}
	if other, overlaps := done.Overlap(r); overlaps {
		return false, lease{}, fmt.Errorf("source %s partition %d: range %d to %d overlaps %d to %d, which is stored: read from where the ledger ends",
			b.Source, b.Partition, r.First, r.Next, other.First, other.Next)
	}
	for _, other := range state.intended[b.Partition] {
		if other.Range == r {
			return false, held, nil
		}
		if r.Overlaps(other.Range) {
			return false, lease{}, fmt.Errorf("source %s partition %d: range %d to %d overlaps %d to %d, which was begun: it has to be finished as it was written down",
				b.Source, b.Partition, r.First, r.Next, other.First, other.Next)
		}
	}
	state.intended[b.Partition] = append(state.intended[b.Partition], position.Intention{Range: r, Window: b.Window, Clock: b.Clock})
	return false, held, nil
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
		state = &sourceState{done: map[int32]position.Set{}, intended: map[int32][]position.Intention{}}
		l.sources[p.source] = state
	}
	state.generation = fresh.generation
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

// generation is how often a source was forgotten.
func (l *ledger) generation(source string) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sources[source].generation
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
	state.intended[b.Partition] = slices.DeleteFunc(state.intended[b.Partition], func(i position.Intention) bool { return i.Range == r })
	state.done[b.Partition] = state.done[b.Partition].Add(r)
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
	rows, err := l.store.conn.Query(ctx, statements.KnownRanges, source)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	state := &sourceState{done: map[int32]position.Set{}, intended: map[int32][]position.Intention{}}
	if state.generation, err = l.store.timesForgotten(ctx, source); err != nil {
		return nil, err
	}
	for rows.Next() {
		var partition int32
		var r position.Intention
		var done uint8
		if err := rows.Scan(&partition, &r.First, &r.Next, &r.Window.First, &r.Window.Next, &r.Clock, &done); err != nil {
			return nil, err
		}
		if done == 1 {
			state.done[partition] = state.done[partition].Add(r.Range)
		} else {
			state.intended[partition] = append(state.intended[partition], r)
		}
	}
	for partition, intended := range state.intended {
		state.intended[partition] = slices.DeleteFunc(intended, func(i position.Intention) bool {
			other, overlaps := state.done[partition].Overlap(i.Range)
			if overlaps {
				l.store.log.Warn("a range that was begun is left: what it overlaps is stored", "source", source,
					"partition", partition, "first", i.First, "next", i.Next, "stored_first", other.First, "stored_next", other.Next)
			}
			return overlaps
		})
	}
	return state, rows.Err()
}

// Known gives what the ledger knows of a partition of a source.
func (s *Store) Known(ctx context.Context, source string, partition int32) (position.Known, error) {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	state, err := s.ledger.load(ctx, source)
	if err != nil {
		return position.Known{}, explain(s.name, err)
	}
	intended := slices.Clone(state.intended[partition])
	slices.SortFunc(intended, func(a, b position.Intention) int { return cmp.Compare(a.First, b.First) })
	return position.Known{Done: slices.Clone(state.done[partition]), Intended: intended}, nil
}

// FileRead is a file that was read to its end, and the position of that.
type FileRead struct {
	Source string
	Next   int64
}

// FilesRead lists the files that were read not as followed logs, in no order.
func (s *Store) FilesRead(ctx context.Context) ([]FileRead, error) {
	rows, err := s.conn.Query(ctx, statements.FilesRead)
	if err != nil {
		return nil, explain(s.name, err)
	}
	defer rows.Close()
	var read []FileRead
	for rows.Next() {
		var f FileRead
		if err := rows.Scan(&f.Source, &f.Next); err != nil {
			return nil, explain(s.name, err)
		}
		read = append(read, f)
	}
	if err := rows.Err(); err != nil {
		return nil, explain(s.name, err)
	}
	return read, nil
}

// Borders gives where stored ranges of a partition begin or end strictly inside a range, in
// order: whoever reads it again as a neighbour cuts there as it was cut before.
func (s *Store) Borders(ctx context.Context, source string, partition int32, in position.Range) ([]int64, error) {
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

func (s *Store) borders(ctx context.Context, source string, partition int32, in position.Range) ([]int64, error) {
	rows, err := s.conn.Query(ctx, statements.RangeBorders, source, partition, in.First, in.Next)
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

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

	"github.com/banshift/banshift/load/position"
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
	shard  int // whose rows these are, from 1; 0: the table lies here
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

// of gives the partition whose lease b is written under: a file's own notes, of partitions
// below 0, go with its records.
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
	Source      string   `json:"source"`
	Partition   int32    `json:"partition"`
	First       int64    `json:"first"`
	Next        int64    `json:"next"`
	WindowFirst int64    `json:"beside_first"`
	WindowNext  int64    `json:"beside_next"`
	State       string   `json:"state"`
	Epoch       uint64   `json:"epoch"`
	Clock       int64    `json:"clock"`
	Token       string   `json:"token"`
	Inserts     []string `json:"inserts"`
	In          uint64   `json:"records_in"`
	Stored      uint64   `json:"stored"`
	Folded      uint64   `json:"folded"`
	Rejected    uint64   `json:"rejected"`
	Skipped     uint64   `json:"skipped"`
	Pack        string   `json:"pack"`
	Lists       string   `json:"lists"`
	KeyID       string   `json:"key_id"`
	FirstEvent  *string  `json:"first_event"`
	LastEvent   *string  `json:"last_event"`
	Simulated   uint8    `json:"simulated"`
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

// begun is a range that was written down and not finished, or not all of it.
type begun struct {
	position.Intention
	token   string
	inserts []string
	epoch   uint64
	// unmarked: a version wrote it down that left no marks with the rows.
	unmarked bool
	// stored: it was finished, and rows of it are missing.
	stored bool
}

// sourceState is what the ledger says of one source.
type sourceState struct {
	done       map[int32]position.Set
	intended   map[int32][]begun
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
	return s.withRoom(ctx, func() error { return s.writeChecked(ctx, b) })
}

// writeChecked is Write at one try of the disk.
func (s *Store) writeChecked(ctx context.Context, b Batch) error {
	was, stored, lease, err := s.ledger.begin(ctx, b)
	if err != nil {
		return explain(s.name, err)
	}
	if stored {
		return nil
	}
	b.generation = s.ledger.generation(b.Source)
	if b.Tables, err = s.split(ctx, b.Tables); err != nil {
		return explain(s.name, err)
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
		g.Go(func() error { return s.at(i.shard).arrive(ctx, i, lease, was) })
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
	if done.Covers(r) {
		return nothing, true, held, nil
	}
	if other, overlaps := done.Overlap(r); overlaps {
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
		if r.Overlaps(other.Range) {
			return nothing, false, lease{}, fmt.Errorf("source %s partition %d: range %d to %d overlaps %d to %d, which was begun: it has to be finished as it was written down",
				b.Source, b.Partition, r.First, r.Next, other.First, other.Next)
		}
	}
	state.intended[b.Partition] = append(state.intended[b.Partition], begun{Intention: position.Intention{Range: r, Window: b.Window, Clock: b.Clock}})
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
		state = &sourceState{done: map[int32]position.Set{}, intended: map[int32][]begun{}}
		l.sources[p.source] = state
	}
	state.generation = fresh.generation
	for _, partition := range []int32{p.partition, PartitionComplete, PartitionReached, PartitionFirst, PartitionRounds, PartitionBegun} {
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
	state.intended[b.Partition] = slices.DeleteFunc(state.intended[b.Partition], func(i begun) bool { return i.Range == r })
	state.done[b.Partition] = state.done[b.Partition].Add(r)
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
	all, look, err := l.store.knownRanges(ctx, source)
	if err != nil {
		return nil, err
	}
	missing := map[int32][]position.Range{}
	if look {
		if missing, err = l.missing(ctx, source); err != nil {
			return nil, err
		}
	}
	state, err := l.stateOf(ctx, source, all, missing)
	if err != nil {
		return nil, err
	}
	state.generation, err = l.store.timesForgotten(ctx, source)
	return state, err
}

// knownRanges reads the ranges of a source by partition, and whether some are stored whose inserts are marked.
func (s *Store) knownRanges(ctx context.Context, source string) (all map[int32][]begun, look bool, err error) {
	rows, err := s.conn.Query(ctx, statements.KnownRanges, source)
	if err != nil {
		return nil, false, err
	}
	defer rows.Close()
	all = map[int32][]begun{}
	for rows.Next() {
		var partition int32
		var r begun
		var isDone, isMarked, isOld uint8
		if err := rows.Scan(&partition, &r.First, &r.Next, &r.Window.First, &r.Window.Next, &r.Clock, &r.token, &r.inserts, &r.epoch, &isDone, &isMarked, &isOld); err != nil {
			return nil, false, err
		}
		r.unmarked, r.stored = isOld == 1, isDone == 1
		look = look || r.stored && isMarked == 1
		all[partition] = append(all[partition], r)
	}
	return all, look, rows.Err()
}

// stateOf makes of a source's ranges what is to be done about them: one that is done and
// whose rows are not all there has to be finished like one that is not.
func (l *ledger) stateOf(ctx context.Context, source string, all map[int32][]begun, missing map[int32][]position.Range) (*sourceState, error) {
	state := &sourceState{done: map[int32]position.Set{}, intended: map[int32][]begun{}}
	for partition, ranges := range all {
		var intended []begun
		for _, r := range ranges {
			incomplete := slices.Contains(missing[partition], r.Range)
			switch {
			case r.stored && incomplete:
				l.store.log.Warn("rows of a stored range are missing: it is read again, and they are put in", "source", source,
					"partition", partition, "first", r.First, "next", r.Next)
				intended = append(intended, r)
			case !r.stored:
				intended = append(intended, r)
			case len(missing) == 0 || partition >= 0: // otherwise a file is not finished, whatever was noted
				state.done[partition] = state.done[partition].Add(r.Range)
			}
		}
		apart, err := l.apart(ctx, source, partition, state.done[partition], intended)
		if err != nil {
			return nil, err
		}
		if len(apart) > 0 {
			state.intended[partition] = apart
		}
	}
	return state, nil
}

// apart leaves of intended ranges those that can be finished: none that overlaps what is
// stored, and where two overlap, the one whose rows have arrived, or else the later writer's.
func (l *ledger) apart(ctx context.Context, source string, partition int32, done position.Set, intended []begun) ([]begun, error) {
	slices.SortFunc(intended, func(a, b begun) int { return cmp.Compare(a.First, b.First) })
	arrived := map[position.Range]int{}
	reach := int64(math.MinInt64)
	for _, i := range intended {
		if i.First < reach {
			if err := l.countArrived(ctx, intended, arrived); err != nil {
				return nil, err
			}
			break
		}
		reach = max(reach, i.Next)
	}
	byRight := slices.Clone(intended)
	slices.SortStableFunc(byRight, func(a, b begun) int {
		return cmp.Or(cmp.Compare(arrived[b.Range], arrived[a.Range]), cmp.Compare(b.epoch, a.epoch))
	})
	taken := slices.Clone(done)
	for _, i := range byRight {
		if other, overlaps := taken.Overlap(i.Range); overlaps {
			l.store.log.Warn("a range that was begun is left: what it overlaps goes before it", "source", source,
				"partition", partition, "first", i.First, "next", i.Next, "other_first", other.First, "other_next", other.Next)
			intended = slices.DeleteFunc(intended, func(k begun) bool { return k.Range == i.Range })
			continue
		}
		taken = taken.Add(i.Range)
	}
	return intended, nil
}

// countArrived notes how many inserts of each range have arrived.
func (l *ledger) countArrived(ctx context.Context, intended []begun, arrived map[position.Range]int) error {
	for _, i := range intended {
		in, _, err := l.store.whatArrived(ctx, i)
		if err != nil {
			return err
		}
		arrived[i.Range] = len(in)
		if i.stored {
			arrived[i.Range] = math.MaxInt
		}
	}
	return nil
}

// missing gives the stored ranges of a source, by partition, whose rows are not all there, as it was when this
// program asked first: what is lost later is lost under its own eyes. The caller holds l.mu.
func (l *ledger) missing(ctx context.Context, source string) (map[int32][]position.Range, error) {
	if !l.looked {
		all, err := l.store.notArrivedOnce(ctx)
		if err != nil {
			return nil, err
		}
		l.gaps = slices.DeleteFunc(all, func(a Arrival) bool { return a.Times > 0 })
		l.looked = true
	}
	ranges := map[int32][]position.Range{}
	for _, a := range l.gaps {
		if a.Source == source {
			ranges[a.Partition] = append(ranges[a.Partition], position.Range{First: a.First, Next: a.Next})
		}
	}
	return ranges, nil
}

// Known gives what the ledger knows of a partition of a source.
func (s *Store) Known(ctx context.Context, source string, partition int32) (position.Known, error) {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	state, err := s.ledger.load(ctx, source)
	if err != nil {
		return position.Known{}, explain(s.name, err)
	}
	var intended []position.Intention
	for _, i := range state.intended[partition] {
		intended = append(intended, i.Intention)
	}
	slices.SortFunc(intended, func(a, b position.Intention) int { return cmp.Compare(a.First, b.First) })
	return position.Known{Done: slices.Clone(state.done[partition]), Intended: intended}, nil
}

// Partitions that hold no records.
const (
	// PartitionComplete is where the ledger notes that a file was read to its end: range 0 to 1, and
	// as range 1 to 2 that its rest is damaged.
	PartitionComplete = -1
	// PartitionReached is where it notes what was read of a file, each time that it had grown.
	PartitionReached = -2
	// PartitionFirst is where it notes which topic was read first under a name, by a digest of its id.
	PartitionFirst = -3
	// PartitionRounds is where it notes what a round of a topic is made of, before the round is stored.
	PartitionRounds = -4
	// PartitionBegun is where it notes what a file was when its reading began: it may grow before that ends.
	PartitionBegun = -5
)

// Reached is what was read of a file at a time.
type Reached struct {
	Bytes  int64 // decompressed
	Digest int64
	Next   int64 // position behind the records
}

// FileRead is a file that something is stored of.
type FileRead struct {
	Source string
	// Complete: it was read to its end.
	Complete bool
	Reached  []Reached // the shortest first
	// Begun is what it was when a reading began that may not have reached its end; their Next says nothing.
	Begun []Reached
}

// Batch is the note of a file's contents.
func (c Reached) Batch(source string) Batch {
	return Batch{
		Source: source, Partition: PartitionReached, First: c.Bytes, Next: c.Bytes + 1,
		Clock: c.Digest, Window: position.Range{First: c.Next, Next: c.Next + 1},
	}
}

// BegunBatch is the note of a file's contents whose reading begins.
func (c Reached) BegunBatch(source string) Batch {
	b := c.Batch(source)
	b.Partition = PartitionBegun
	return b
}

// FilesRead lists the files that were read not as followed logs, in no order.
func (s *Store) FilesRead(ctx context.Context) ([]FileRead, error) {
	type row struct {
		source         string
		complete       uint8
		reached, begun [][]any
	}
	rows, err := awaited(ctx, s, func(r *row) []any { return []any{&r.source, &r.complete, &r.reached, &r.begun} }, statements.FilesRead)
	read := make([]FileRead, len(rows))
	for i, r := range rows {
		read[i] = FileRead{Source: r.source, Complete: r.complete == 1, Reached: notesOf(r.reached), Begun: notesOf(r.begun)}
	}
	return read, explain(s.name, err)
}

// notesOf reads notes of contents as the store gives them.
func notesOf(tuples [][]any) []Reached {
	var notes []Reached
	for _, c := range tuples {
		notes = append(notes, Reached{Bytes: c[0].(int64), Digest: c[1].(int64), Next: c[2].(int64)})
	}
	return notes
}

// Borders gives where stored ranges of a partition begin or end strictly inside a range, in
// order: whoever reads it again as a neighbour cuts there as it was cut before.
func (s *Store) Borders(ctx context.Context, source string, partition int32, in position.Range) ([]int64, error) {
	borders, err := awaited(ctx, s, itself[int64], statements.RangeBorders, source, partition, in.First, in.Next)
	if err != nil {
		return nil, explain(s.name, fmt.Errorf("ledger of %s: %w", source, err))
	}
	return borders, nil
}

// Ends gives up to where the partitions of a source are stored.
func (s *Store) Ends(ctx context.Context, source string) (map[int32]int64, error) {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	state, err := s.ledger.load(ctx, source)
	if err != nil {
		return nil, explain(s.name, err)
	}
	ends := map[int32]int64{}
	for partition, done := range state.done {
		if partition >= 0 && partition != PartitionJoined && len(done) > 0 {
			ends[partition] = done[len(done)-1].Next
		}
	}
	return ends, nil
}

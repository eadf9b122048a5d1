package kafka

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/banshift/banshift/ingest/plan"
	"github.com/banshift/banshift/load/position"
)

// ledger is a store of ranges for tests: it takes each offset once and complains otherwise.
type ledger struct {
	t  testing.TB
	mu sync.Mutex

	done, intended map[int32][]position.Range
	windows        map[int32][]position.Range // of those intended
	neighbours     map[int32][]position.Range // handed on and not to be stored, in order
	handled        map[int32][]position.Range // in the order of handling
	values         map[string]int             // how often a record's value was stored
	each           func(Messages)             // called outside the lock, before a range is stored
	fail           error
}

func newLedger(t testing.TB) *ledger {
	return &ledger{t: t, done: map[int32][]position.Range{}, intended: map[int32][]position.Range{}, handled: map[int32][]position.Range{},
		windows: map[int32][]position.Range{}, neighbours: map[int32][]position.Range{}, values: map[string]int{}}
}

func (l *ledger) Known(_ context.Context, partition int32) (known position.Known, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, r := range l.intended[partition] {
		known.Intended = append(known.Intended, position.Intention{Range: r})
		if i < len(l.windows[partition]) {
			known.Intended[i].Window = l.windows[partition][i]
		}
	}
	for _, r := range l.done[partition] {
		known.Done = known.Done.Add(r)
	}
	return known, nil
}

func (l *ledger) Borders(_ context.Context, partition int32, in position.Range) ([]int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var borders []int64
	for _, r := range slices.Concat(l.done[partition], l.intended[partition]) {
		for _, at := range []int64{r.First, r.Next} {
			if in.First < at && at < in.Next {
				borders = append(borders, at)
			}
		}
	}
	return borders, nil
}

func (l *ledger) Lost(_ context.Context, partition int32, r position.Range) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done[partition] = append(l.done[partition], r)
	return nil
}

// walk stores each range as soon as it ends.
func (l *ledger) walk(ctx context.Context, _ int32, plan *plan.Plan) Walk {
	return &ledgerWalk{ledger: l, ctx: ctx, plan: plan}
}

// ledgerWalk puts the parts of a range together.
type ledgerWalk struct {
	*ledger
	ctx    context.Context
	plan   *plan.Plan
	whole  []Message
	stored int64
}

func (w *ledgerWalk) Take(m Messages) error {
	size := 0
	for _, r := range m.Records {
		w.whole = append(w.whole, Message{Offset: r.Offset, Value: slices.Clone(r.Value)})
		size += len(r.Value)
	}
	if size > partBytes && len(m.Records) > 1 {
		w.t.Errorf("a part of %d bytes", size)
	}
	if !m.Ends {
		return nil
	}
	m.Records, w.whole = w.whole, nil
	if r := (position.Range{First: m.First, Next: m.Next}); w.plan.Stored(r) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.neighbours[m.Partition] = append(w.neighbours[m.Partition], r)
		return nil
	}
	w.stored = m.Next
	return w.handle(w.ctx, m)
}

func (w *ledgerWalk) Pass(int64)         {}
func (w *ledgerWalk) Flush() error       { return nil }
func (w *ledgerWalk) End() error         { return nil }
func (w *ledgerWalk) Err() error         { return nil }
func (w *ledgerWalk) Progress() Progress { return Progress{Stored: w.stored} }
func (w *ledgerWalk) Close()             {}

func (l *ledger) handle(ctx context.Context, m Messages) error {
	if l.each != nil {
		l.each(m)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("a handler's context is not to be cancelled: %w", err)
	}
	if l.fail != nil {
		return l.fail
	}
	r := position.Range{First: m.First, Next: m.Next}
	for _, d := range l.done[m.Partition] {
		if r.Overlaps(d) {
			l.t.Errorf("partition %d: %v comes again, %v is stored", m.Partition, r, d)
		}
	}
	for _, i := range l.intended[m.Partition] {
		if r != i && r.Overlaps(i) {
			l.t.Errorf("partition %d: %v cuts the intended range %v", m.Partition, r, i)
		}
	}
	last := m.First - 1
	for _, rec := range m.Records {
		if rec.Offset <= last || rec.Offset >= m.Next {
			l.t.Errorf("partition %d: offset %d out of order in %v", m.Partition, rec.Offset, r)
		}
		last = rec.Offset
		l.values[string(rec.Value)]++
	}
	l.intended[m.Partition] = slices.DeleteFunc(l.intended[m.Partition], func(i position.Range) bool { return i == r })
	l.done[m.Partition] = append(l.done[m.Partition], r)
	l.handled[m.Partition] = append(l.handled[m.Partition], r)
	return nil
}

// count is how many records are stored.
func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, times := range l.values {
		n += times
	}
	return n
}

// check fails unless exactly the wanted records are stored, each once.
func (l *ledger) check(want [][]byte) {
	l.t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	wrong := 0
	for _, v := range want {
		if n := l.values[string(v)]; n != 1 {
			if wrong++; wrong < 5 {
				l.t.Errorf("record %.40q is stored %d times", v, n)
			}
		}
	}
	if wrong > 0 || len(l.values) != len(want) {
		l.t.Errorf("%d records wrong, %d different ones stored, want %d", wrong, len(l.values), len(want))
	}
}

// ranges makes ranges of their first positions and those behind them.
func ranges(ends ...int64) (all []position.Range) {
	for pair := range slices.Chunk(ends, 2) {
		all = append(all, position.Range{First: pair[0], Next: pair[1]})
	}
	return all
}

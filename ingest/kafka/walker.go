package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/banshift/banshift/ingest/plan"
	"github.com/banshift/banshift/load/position"
)

// walker reads one partition by its plan.
type walker struct {
	*partition
	plan    *plan.Plan
	start   int64 // first offset that the log has
	walk    Walk
	part    part      // of the range that is read
	waiting int       // ranges that are not stored yet
	latest  time.Time // when something was last handed on
	stored  int64     // offset that the group was told
	last    time.Time // of the last record
}

// read hands the ranges of the plan on, from an offset.
func (w *walker) read(ctx context.Context, from int64) error {
	w.next(from)
	w.stored = w.part.first
	for {
		if err := w.take(ctx); err != nil {
			return err
		}
		if begun := w.plan.Begun(position.Range{First: w.part.first, Next: w.cursor.position}); begun > 0 {
			if err := w.endBefore(ctx, begun); err != nil {
				return err
			}
		}
		if w.over() || w.cursor.position >= w.plan.End() {
			return w.finish(ctx)
		}
		if w.due() {
			if err := w.flush(ctx, w.walk.Flush); err != nil {
				return err
			}
		}
		if err := w.failed(w.walk.Err()); err != nil {
			return err
		}
		w.progress()
		if err := w.fetch(ctx); err != nil {
			if err := w.pass(ctx, err); err != nil {
				return err
			}
		}
		if err := w.surely(ctx); err != nil {
			return err
		}
	}
}

// fetch asks for what follows, and tells who listens how far the partition is.
func (w *walker) fetch(ctx context.Context) error {
	done := w.source.cfg.Watch()
	err := w.patiently(ctx, func() error { return w.cursor.fill(ctx) })
	done(err)
	if err == nil {
		w.source.cfg.Heard(w.source.topic, w.id, max(w.stored, w.start), w.cursor.end, w.last)
	}
	return err
}

// over reports whether no range is left to be read.
func (w *walker) over() bool { return w.part.first >= w.plan.End() }

// next begins the first range at or behind an offset that is read.
func (w *walker) next(at int64) {
	first, ok := w.plan.Next(at)
	if !ok {
		first = w.plan.End()
	}
	if first > at {
		w.walk.Pass(first)
	}
	w.part.begin(first)
	w.cursor.pass(max(first, w.start))
}

// take takes what is fetched.
func (w *walker) take(ctx context.Context) error {
	fetched := len(w.cursor.batches) > 0
	for !w.over() {
		rec, err := w.cursor.next()
		if err != nil {
			return err
		}
		if rec == nil {
			break
		}
		if rec.Offset >= w.plan.End() {
			discard(rec)
			w.cursor.seek(w.plan.End())
			return nil
		}
		if err := w.add(ctx, rec); err != nil {
			return err
		}
	}
	if fetched && w.cursor.stuck() {
		return w.patiently(ctx, func() error { return w.cursor.findNext(ctx) })
	}
	return nil
}

// add adds a record to the range that has its offset, if that is read.
func (w *walker) add(ctx context.Context, rec *kafkago.Record) error {
	defer discard(rec)
	if err := w.endBefore(ctx, rec.Offset); err != nil {
		return err
	}
	if rec.Offset < w.part.first {
		return nil
	}
	size := 0
	if rec.Value != nil {
		size = rec.Value.Len()
	}
	w.source.stats.bytes.Add(int64(size))
	if !w.part.room(size) {
		if err := w.hand(ctx, Messages{}); err != nil {
			return err
		}
	}
	w.last = rec.Time
	if err := w.part.add(rec, size); err != nil {
		return fmt.Errorf("%w: topic %s partition %d offset %d: %w", errUnreadable, w.source.topic, w.id, rec.Offset, err)
	}
	return nil
}

// endBefore ends the ranges that end at or before an offset, behind all records so far.
// One without a record reaches over as many blocks as it can.
func (w *walker) endBefore(ctx context.Context, offset int64) error {
	for !w.over() {
		next, exact := w.plan.Cut(w.part.first)
		if next > offset {
			return nil
		}
		for empty := w.part.began.IsZero(); empty && !exact; {
			further, border := w.plan.Cut(next)
			if further > offset {
				break
			}
			next, exact = further, border
		}
		if err := w.end(ctx, next); err != nil {
			return err
		}
	}
	return nil
}

// due reports whether what is there has been waited for long enough. A range that is known
// ends where it did, whatever the time.
func (w *walker) due() bool {
	after := w.source.cfg.FlushAfter
	next, _ := w.plan.Cut(w.part.first)
	switch known := w.plan.Known(w.part.first); {
	case !w.follow, known && w.cursor.position < next:
		return false
	case !known && !w.part.began.IsZero():
		return time.Since(w.part.began) >= after
	}
	return w.waiting > 0 && time.Since(w.latest) >= after
}

// flush ends the range at work where the log ends for now, and has everything stored
// without waiting for more.
func (w *walker) flush(ctx context.Context, flush func() error) error {
	if !w.part.began.IsZero() {
		border, _ := w.plan.Cut(w.part.first)
		if err := w.end(ctx, min(w.cursor.position, border)); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	w.latest = time.Now()
	return w.failed(flush())
}

// finish stores what is left where the partition has been read to its end.
func (w *walker) finish(ctx context.Context) error {
	if err := w.flush(ctx, w.walk.End); err != nil {
		return err
	}
	w.progress()
	return nil
}

// end hands on what is left of a range, which ends at an offset, and begins the next one.
func (w *walker) end(ctx context.Context, at int64) error {
	if err := w.hand(ctx, Messages{Ends: true, Next: at}); err != nil {
		return err
	}
	w.next(at)
	return nil
}

// hand hands records on. That is not interrupted by a rebalance, which waits for it; a stop
// waits for as long as the walk's context lives.
func (w *walker) hand(ctx context.Context, m Messages) error {
	if err := ctx.Err(); err != nil {
		return err // the range is not begun: it will be read again
	}
	m.Topic, m.Partition, m.First, m.Records = w.source.topic, w.id, w.part.first, w.part.records
	err := w.walk.Take(m)
	w.part.handed()
	w.latest = time.Now()
	return w.failed(err)
}

// progress notes how far the walk has come, and tells the group.
func (w *walker) progress() {
	p := w.walk.Progress()
	w.waiting = p.Waiting
	stored := min(p.Stored, w.plan.End())
	if stored <= w.stored {
		return
	}
	w.stored = stored
	if err := w.commit(stored); err != nil {
		w.source.stats.commitFailures.Add(1)
		w.source.log.Debug("offset not committed to the group; the store has it", "topic", w.source.topic, "partition", w.id, "error", err)
	}
}

// failed names the place of what went wrong in the walk.
func (w *walker) failed(err error) error {
	if err == nil {
		return nil
	}
	return &handlerError{fmt.Errorf("kafka topic %s partition %d, offset %d and before: %w", w.source.topic, w.id, w.cursor.position, err)}
}

// pass goes on behind what cannot be fetched, where that can be told and is allowed.
func (w *walker) pass(ctx context.Context, cause error) error {
	gone, unreadable := errors.Is(cause, kafkago.OffsetOutOfRange), errors.Is(cause, errUnreadable)
	if !gone && !unreadable {
		return cause
	}
	w.unsure = true
	if err := w.surely(ctx); err != nil {
		return err
	}
	if gone {
		return w.overtaken(ctx)
	}
	return w.corrupt(ctx, cause)
}

// corrupt deals with a batch whose records cannot be read: what lies before it is stored, and
// its offsets are accounted for.
func (w *walker) corrupt(ctx context.Context, cause error) error {
	var batch position.Range
	err := w.patiently(ctx, func() (err error) {
		batch, err = w.source.batchAt(ctx, w.id, w.cursor.position)
		return err
	})
	if err != nil {
		return errors.Join(cause, err)
	}
	if batch.Next <= w.cursor.position {
		return cause
	}
	lost := loss{position.Range{First: w.cursor.position, Next: min(batch.Next, w.plan.End())}, cause}
	if !w.source.countCorrupt && !w.plan.Stored(lost.Range) {
		return w.storeBefore(ctx, lost)
	}
	if err := w.endEarly(ctx, lost.First); err != nil {
		return err
	}
	if err := w.lose(ctx, lost); err != nil {
		return err
	}
	w.cursor.seek(lost.Next)
	if w.part.began.IsZero() {
		w.next(w.part.first)
	}
	return nil
}

// storeBefore has everything stored that was read before a loss that is not allowed, and says what that is.
func (w *walker) storeBefore(ctx context.Context, lost loss) error {
	if err := w.endEarly(ctx, lost.First); err != nil {
		return errors.Join(w.refused(lost), err)
	}
	return errors.Join(w.refused(lost), w.failed(w.walk.End()))
}

// endEarly ends the range at work at an offset, unless it is one that ends where it did.
func (w *walker) endEarly(ctx context.Context, at int64) error {
	if w.plan.Known(w.part.first) || w.part.began.IsZero() {
		return nil
	}
	border, _ := w.plan.Cut(w.part.first)
	return w.end(ctx, min(at, border))
}

// overtaken deals with a log whose beginning moved past the position while reading.
func (w *walker) overtaken(ctx context.Context) error {
	first, end, err := w.bounds(ctx)
	if err != nil {
		return err
	}
	at := w.cursor.position
	if at >= first {
		return fmt.Errorf("kafka topic %s partition %d: offset %d is beyond the end of the log, %d: was the topic made anew?", w.source.topic, w.id, at, end)
	}
	w.start = first
	if !w.plan.Known(w.part.first) {
		if err := w.endEarly(ctx, at); err != nil {
			return err
		}
		at = w.part.first // what was walked since holds no record
	}
	if err := w.lose(ctx, loss{Range: position.Range{First: at, Next: min(first, w.plan.End())}}); err != nil {
		return err
	}
	w.cursor.seek(first)
	if w.part.began.IsZero() {
		w.next(w.part.first)
	}
	return nil
}

// loss is offsets whose records cannot be had from the log: they are gone, or cannot be read.
type loss struct {
	position.Range
	unreadable error // nil: retention took them
}

// lose accounts for what the log does not give of a range and the store never got.
func (w *walker) lose(ctx context.Context, lost loss) error {
	open, begun := w.plan.Lose(lost.Range)
	for _, r := range begun { // it is finished with what is left of it
		if err := w.count(loss{r, lost.unreadable}); err != nil {
			return err
		}
	}
	for _, r := range open {
		if err := w.count(loss{r, lost.unreadable}); err != nil {
			return err
		}
		if err := w.ledger.Lost(ctx, w.id, r); err != nil {
			return fmt.Errorf("kafka topic %s partition %d: note that offsets %d to %d are lost: %w", w.source.topic, w.id, r.First, r.Next, err)
		}
	}
	return nil
}

// count counts offsets that are lost, where that is allowed.
func (w *walker) count(lost loss) error {
	s := w.source
	if lost.unreadable != nil {
		if !s.countCorrupt {
			return w.refused(lost)
		}
		s.stats.corrupt.Add(lost.Next - lost.First)
		s.log.Warn("a batch cannot be read: its offsets are passed over", "topic", s.topic, "partition", w.id, "first", lost.First, "next", lost.Next, "error", lost.unreadable)
		return nil
	}
	if !s.countGaps {
		return w.refused(lost)
	}
	s.stats.gaps.Add(1)
	s.stats.lost.Add(lost.Next - lost.First)
	s.log.Warn("offsets lost to retention", "topic", s.topic, "partition", w.id, "first", lost.First, "next", lost.Next)
	return nil
}

// refused says what is lost and how to go on without it.
func (w *walker) refused(lost loss) error {
	if lost.unreadable != nil {
		return fmt.Errorf("kafka topic %s partition %d: offsets %d to %d cannot be read, and what lies before them is stored: go on without them by corrupt=count in the address: %w",
			w.source.topic, w.id, lost.First, lost.Next, lost.unreadable)
	}
	return fmt.Errorf("kafka topic %s partition %d: offsets %d to %d are gone from the log and were never stored (retention took them): go on without them by gap=count in the address",
		w.source.topic, w.id, lost.First, lost.Next)
}

// handlerError tells a range that failed from one that was not begun.
type handlerError struct{ error }

func (e *handlerError) Unwrap() error { return e.error }

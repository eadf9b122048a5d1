package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// around gives the offsets to be read for a segment: itself and what lies beside it.
func (s segment) around(block, end int64) Range {
	if s.exact && s.beside == (Range{}) {
		return s.Range
	}
	if s.exact {
		return Range{min(s.First, s.beside.First), min(max(s.Next, s.beside.Next), end)}
	}
	r := Range{max(0, s.First-s.First%block-block), end}
	if last := s.Next - 1; s.Next != endless && last-last%block < end-2*block {
		r.Next = last - last%block + 2*block
	}
	return r
}

// walker reads one segment with what lies beside it.
type walker struct {
	*partition
	segment
	around  Range
	borders []int64 // where ranges end besides the ends of blocks, in order
	walk    Walk
	part    part
	waiting int       // ranges that are not stored yet
	latest  time.Time // when something was last handed on
	stored  int64
}

// cutAsBefore has what lies beside the segment cut where it was cut when it was stored:
// what is joined inside a range depends on it.
func (w *walker) cutAsBefore(ctx context.Context, off Offsets) error {
	for _, beside := range []Range{{w.around.First, w.First}, {w.Next, w.around.Next}} {
		if beside.First >= beside.Next || beside.First == endless {
			continue
		}
		borders, err := off.Borders(ctx, w.source.topic, w.id, beside)
		if err != nil {
			return err
		}
		w.borders = append(w.borders, borders...)
	}
	w.borders = append(w.borders, w.First, w.Next, w.around.Next)
	slices.Sort(w.borders)
	return nil
}

// within reports whether an offset is one to be stored.
func (w *walker) within(offset int64) bool { return w.First <= offset && offset < w.Next }

// border is where the range that begins at an offset has to end.
func (w *walker) border(first int64) int64 {
	i, _ := slices.BinarySearch(w.borders, first+1)
	cut := int64(endless)
	if i < len(w.borders) {
		cut = w.borders[i]
	}
	if w.exact && w.within(first) {
		return cut
	}
	block := w.source.cfg.Block
	return min(cut, first-first%block+block)
}

// read hands the segment on, and before and behind it what lies beside it.
func (w *walker) read(ctx context.Context, logStart int64) error {
	first := min(max(w.around.First, logStart), w.First)
	w.part.begin(first)
	w.cursor.seek(max(first, min(logStart, w.around.Next)))
	for {
		if err := w.take(ctx); err != nil {
			return err
		}
		if w.cursor.position >= w.Next {
			if err := w.endSegment(ctx); err != nil {
				return err
			}
			if w.waiting == 0 || w.cursor.position >= w.around.Next {
				return w.horizon(ctx)
			}
		}
		if w.due() {
			if err := w.horizon(ctx); err != nil {
				return err
			}
		}
		if err := w.patiently(ctx, func() error { return w.cursor.fill(ctx) }); err != nil {
			if !errors.Is(err, kafkago.OffsetOutOfRange) {
				return err
			}
			if err := w.overtaken(ctx); err != nil {
				return err
			}
		}
	}
}

// take takes what is fetched.
func (w *walker) take(ctx context.Context) error {
	fetched := len(w.cursor.batches) > 0
	for {
		rec, err := w.cursor.next()
		if err != nil {
			return err
		}
		if rec == nil {
			break
		}
		if rec.Offset >= w.around.Next {
			discard(rec)
			w.cursor.seek(w.around.Next)
			return nil
		}
		if err := w.add(ctx, rec); err != nil {
			return err
		}
	}
	if fetched && w.cursor.stuck() {
		return w.patiently(ctx, func() error { return w.cursor.pass(ctx) })
	}
	return nil
}

// add adds a record to the range that it belongs to.
func (w *walker) add(ctx context.Context, rec *kafkago.Record) error {
	if err := w.endBefore(ctx, rec.Offset); err != nil {
		return err
	}
	size := 0
	if rec.Value != nil {
		size = rec.Value.Len()
	}
	if !w.part.room(size) {
		if err := w.hand(ctx, Messages{}); err != nil {
			return err
		}
	}
	if err := w.part.add(rec, size); err != nil {
		return fmt.Errorf("%w: topic %s partition %d offset %d: %w", errUnreadable, w.source.topic, w.id, rec.Offset, err)
	}
	discard(rec)
	return nil
}

// endBefore ends the ranges that end at or before an offset, behind all records so far.
// One without a record reaches over as many blocks as it can.
func (w *walker) endBefore(ctx context.Context, offset int64) error {
	for {
		next := w.border(w.part.first)
		if next > offset {
			return nil
		}
		if w.part.began.IsZero() && !slices.Contains(w.borders, next) {
			for further := w.border(next); further <= offset; further = w.border(next) {
				if next = further; slices.Contains(w.borders, next) {
					break
				}
			}
		}
		if err := w.end(ctx, next); err != nil {
			return err
		}
	}
}

// endSegment ends the segment's last range where that has a record or must be finished.
func (w *walker) endSegment(ctx context.Context) error {
	for w.within(w.part.first) {
		if w.part.began.IsZero() && !w.exact {
			w.part.begin(w.Next)
			return nil
		}
		if err := w.end(ctx, w.border(w.part.first)); err != nil {
			return err
		}
	}
	return nil
}

// due reports whether what is there has been waited for long enough.
func (w *walker) due() bool {
	if !w.follow || w.exact && w.within(w.part.first) || w.part.first < w.First {
		return false
	}
	after := w.source.cfg.FlushAfter
	if !w.part.began.IsZero() && w.within(w.part.first) {
		return time.Since(w.part.began) >= after
	}
	return w.waiting > 0 && time.Since(w.latest) >= after
}

// horizon ends the range at work where the log ends for now, and has everything stored
// without waiting for more.
func (w *walker) horizon(ctx context.Context) error {
	if !w.part.began.IsZero() {
		if err := w.end(ctx, min(w.cursor.position, w.border(w.part.first))); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	progress, err := w.walk.Horizon(w.lasting)
	return w.settle(progress, err)
}

// end hands on what is left of a range, which ends at next.
func (w *walker) end(ctx context.Context, next int64) error {
	if err := w.hand(ctx, Messages{Ends: true, Next: next}); err != nil {
		return err
	}
	w.part.begin(next)
	return nil
}

// hand hands records on. That is not interrupted by a rebalance, which waits for it; a stop
// waits for as long as the walk's context lives.
func (w *walker) hand(ctx context.Context, m Messages) error {
	if err := ctx.Err(); err != nil {
		return err // the range is not begun: it will be read again
	}
	m.Topic, m.Partition, m.First, m.Records = w.source.topic, w.id, w.part.first, w.part.records
	m.Aside = !w.within(w.part.first)
	progress, err := w.walk.Take(w.lasting, m)
	w.part.handed()
	return w.settle(progress, err)
}

// settle notes how far the walk has come, and tells the group.
func (w *walker) settle(progress Progress, err error) error {
	if err != nil {
		return &handlerError{fmt.Errorf("kafka topic %s partition %d, offset %d and before: %w", w.source.topic, w.id, w.cursor.position, err)}
	}
	w.waiting, w.latest = progress.Waiting, time.Now()
	stored := min(progress.Stored, w.Next)
	if stored <= w.stored || stored <= w.First {
		return nil
	}
	w.stored = stored
	if err := w.commit(stored); err != nil {
		w.source.stats.commitFailures.Add(1)
		w.source.log.Debug("offset not committed to the group; the store has it", "topic", w.source.topic, "partition", w.id, "error", err)
	}
	return nil
}

// overtaken deals with a log whose beginning moved past the position while reading.
func (w *walker) overtaken(ctx context.Context) error {
	first, end, err := w.bounds(ctx)
	if err != nil {
		return err
	}
	position := w.cursor.position
	if position >= first {
		return fmt.Errorf("kafka topic %s partition %d: offset %d is beyond the end of the log, %d: was the topic made anew?", w.source.topic, w.id, position, end)
	}
	if gone := (Range{max(position, w.First), min(first, w.Next)}); gone.First < gone.Next {
		if err := w.lose(gone); err != nil {
			return err
		}
		if !w.exact {
			if w.part.began.IsZero() { // what was walked since holds no record
				gone.First = min(gone.First, max(w.part.first, w.First))
			}
			if err := w.remember(ctx, gone); err != nil {
				return err
			}
		}
	}
	first = min(first, w.around.Next)
	w.cursor.seek(first)
	if w.exact && w.within(w.part.first) {
		return nil // it has to be finished as it was
	}
	if !w.part.began.IsZero() {
		if err := w.end(ctx, min(position, w.border(w.part.first))); err != nil {
			return err
		}
	}
	if w.exact && w.part.first < w.First {
		first = min(first, w.First)
	}
	w.part.begin(first)
	return nil
}

// handlerError tells a range that failed from one that was not begun.
type handlerError struct{ error }

func (e *handlerError) Unwrap() error { return e.error }

package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"syscall"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// partition reads one partition for one generation.
type partition struct {
	source *Source
	id     int32
	follow bool
	cursor cursor
	batch  batch
	handle Handler
	commit func(next int64) error

	failing    time.Time // since when the broker has not answered
	lastWarned time.Time
	attempts   int
}

// read hands everything that remains to the handler, until the end that the partition
// has now or, when following, until ctx is done.
func (p *partition) read(ctx context.Context, off Offsets) error {
	defer p.release()
	first, end, err := p.bounds(ctx)
	if err != nil {
		return err
	}
	done, intended, err := off.Ranges(ctx, p.source.topic, p.id)
	if err != nil {
		return err
	}
	for _, known := range [][]Range{done, intended} {
		for _, r := range known {
			if r.Next > end {
				return fmt.Errorf("kafka topic %s partition %d ends at offset %d, but the store has read up to %d: was the topic made anew? use another topic name or another store",
					p.source.topic, p.id, end, r.Next)
			}
		}
	}
	if p.follow {
		end = endless
	}
	todo, lost := plan(done, intended, first, end)
	for _, r := range lost {
		if err := p.lose(r); err != nil {
			return err
		}
	}
	for _, s := range todo {
		if err := p.segment(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// bounds asks for the first offset that the log has and the one after its last.
func (p *partition) bounds(ctx context.Context) (first, end int64, err error) {
	err = p.patiently(ctx, func() error {
		res, err := p.source.client.ListOffsets(ctx, &kafkago.ListOffsetsRequest{
			Topics: map[string][]kafkago.OffsetRequest{
				p.source.topic: {kafkago.FirstOffsetOf(int(p.id)), kafkago.LastOffsetOf(int(p.id))},
			},
		})
		if err != nil {
			return err
		}
		for _, o := range res.Topics[p.source.topic] {
			if o.Partition == int(p.id) {
				first, end = o.FirstOffset, o.LastOffset
				return o.Error
			}
		}
		return kafkago.UnknownTopicOrPartition
	})
	return first, end, err
}

// lose accounts for offsets that the log no longer has.
func (p *partition) lose(r Range) error {
	s := p.source
	if !s.countGaps {
		return fmt.Errorf("kafka topic %s partition %d: offsets %d to %d are gone from the log and were never stored (retention took them): go on without them by gap=count in the address",
			s.topic, p.id, r.First, r.Next)
	}
	s.stats.gaps.Add(1)
	s.stats.lost.Add(r.Next - r.First)
	s.log.Warn("offsets lost to retention", "topic", s.topic, "partition", p.id, "first", r.First, "next", r.Next)
	return nil
}

// segment reads the offsets of one segment and hands them on in ranges without a hole
// between them.
func (p *partition) segment(ctx context.Context, s segment) error {
	p.cursor.seek(s.First)
	p.batch.empty(p.source.chunks, s.First)
	for {
		if err := p.walk(ctx, s); err != nil {
			return err
		}
		if p.cursor.position >= s.Next {
			// An exact range is handed on even if nothing is left in it: it has to be finished.
			return p.flush(ctx, s.Next, s.exact)
		}
		if !s.exact && len(p.batch.records) > 0 && time.Since(p.batch.began) >= p.source.cfg.FlushAfter {
			if err := p.flush(ctx, p.cursor.position, false); err != nil {
				return err
			}
		}
		if err := p.patiently(ctx, func() error { return p.cursor.fill(ctx) }); err != nil {
			if !errors.Is(err, kafkago.OffsetOutOfRange) {
				return err
			}
			if err := p.overtaken(ctx, s); err != nil {
				return err
			}
		}
	}
}

// overtaken deals with a log whose beginning moved past the position while reading.
func (p *partition) overtaken(ctx context.Context, s segment) error {
	first, end, err := p.bounds(ctx)
	if err != nil {
		return err
	}
	position := p.cursor.position
	if position >= first {
		return fmt.Errorf("kafka topic %s partition %d: offset %d is beyond the end of the log, %d: was the topic made anew?", p.source.topic, p.id, position, end)
	}
	if err := p.lose(Range{position, min(first, s.Next)}); err != nil {
		return err
	}
	if !s.exact {
		if err := p.flush(ctx, position, false); err != nil {
			return err
		}
		p.batch.empty(p.source.chunks, min(first, s.Next))
	}
	p.cursor.seek(min(first, s.Next))
	return nil
}

// walk takes what is fetched into batches and hands on those that are full.
func (p *partition) walk(ctx context.Context, s segment) error {
	fetched := len(p.cursor.batches) > 0
	for {
		before := p.cursor.position
		rec, err := p.cursor.next()
		if err != nil {
			return err
		}
		if rec == nil {
			break
		}
		if rec.Offset >= s.Next {
			discard(rec)
			p.cursor.seek(s.Next)
			return nil
		}
		if err := p.take(ctx, s, rec, before); err != nil {
			return err
		}
	}
	if fetched && p.cursor.stuck() {
		return p.patiently(ctx, func() error { return p.cursor.pass(ctx) })
	}
	return nil
}

// take adds a record to the batch, which is handed on first where there is no room for
// it. before is the position from which the record was reached.
func (p *partition) take(ctx context.Context, s segment, rec *kafkago.Record, before int64) error {
	size := 0
	if rec.Value != nil {
		size = rec.Value.Len()
	}
	cfg := p.source.cfg
	full := len(p.batch.records) >= cfg.BatchRecords || p.batch.bytes+size > cfg.BatchBytes && len(p.batch.records) > 0
	if full && !s.exact {
		if err := p.flush(ctx, before, false); err != nil {
			return err
		}
	}
	if !p.batch.room(size) {
		if err := p.grow(ctx, s, before); err != nil {
			return err
		}
	}
	if err := p.batch.add(rec, size); err != nil {
		return fmt.Errorf("%w: topic %s partition %d offset %d: %w", errUnreadable, p.source.topic, p.id, rec.Offset, err)
	}
	discard(rec)
	return nil
}

// grow borrows a chunk. Where none is left the batch is handed on as it is, so that
// nobody holds chunks while waiting for one; an exact range cannot be cut and goes beyond the bound.
func (p *partition) grow(ctx context.Context, s segment, before int64) error {
	chunk, ok := p.source.chunks.try()
	if !ok && s.exact && len(p.batch.held) > 0 {
		// One more than is lent: bounded by the batch that the range was cut from.
		last := &p.batch.held[len(p.batch.held)-1]
		*last = make([]byte, 0, 4*chunkBytes)
		return nil
	}
	if !ok {
		if err := p.flush(ctx, before, false); err != nil {
			return err
		}
		var err error
		if chunk, err = p.source.chunks.take(ctx); err != nil {
			return err
		}
	}
	p.batch.held = append(p.batch.held, chunk)
	return nil
}

// flush hands the batch on as the range up to next and begins another one there. The
// handler is not interrupted by a rebalance or a stop: both wait for it.
func (p *partition) flush(ctx context.Context, next int64, evenEmpty bool) error {
	if len(p.batch.records) == 0 && !evenEmpty {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err // not begun: it will be read again
	}
	m := Messages{Topic: p.source.topic, Partition: p.id, First: p.batch.first, Next: next, Records: p.batch.records}
	err := p.handle(context.WithoutCancel(ctx), m)
	p.batch.empty(p.source.chunks, next)
	if err != nil {
		return &handlerError{fmt.Errorf("kafka topic %s partition %d offsets %d to %d: %w", m.Topic, m.Partition, m.First, m.Next, err)}
	}
	if err := p.commit(next); err != nil {
		p.source.stats.commitFailures.Add(1)
		p.source.log.Debug("offset not committed to the group; the store has it", "topic", m.Topic, "partition", m.Partition, "error", err)
	}
	return nil
}

// handlerError tells a range that failed from one that was not begun.
type handlerError struct{ error }

func (e *handlerError) Unwrap() error { return e.error }

func (p *partition) release() {
	p.batch.empty(p.source.chunks, 0)
	p.cursor.seek(0)
}

// patiently repeats what the broker or the network did not answer: for as long as ctx
// lasts when following, else for the time that the configuration gives.
func (p *partition) patiently(ctx context.Context, ask func() error) error {
	for {
		err := ask()
		if err == nil {
			p.failing, p.attempts = time.Time{}, 0
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		now := time.Now()
		if p.failing.IsZero() {
			p.failing = now
		}
		switch mend(err) {
		case never:
			return err
		case unlikely:
			if p.attempts >= unlikelyAttempts {
				return fmt.Errorf("%w: %w", errUnreadable, err)
			}
		case likely:
			if !p.follow && now.Sub(p.failing) > p.source.cfg.GiveUpAfter {
				return fmt.Errorf("kafka: no answer for %s: %w", p.source.cfg.GiveUpAfter, err)
			}
		}
		if now.Sub(p.lastWarned) > 30*time.Second {
			p.lastWarned = now
			p.source.log.Warn("kafka does not answer; trying again", "partition", p.id, "error", err)
		}
		if err := pause(ctx, p.attempts); err != nil {
			return err
		}
		p.attempts++
	}
}

// outlook says whether asking again may help.
type outlook int

const (
	never    outlook = iota
	unlikely         // neither the broker's answer nor the network's: a batch that does not decode
	likely
)

const unlikelyAttempts = 5

// mend judges an error by whose it is.
func mend(err error) outlook {
	var code kafkago.Error
	var network net.Error
	var system syscall.Errno
	switch {
	case errors.Is(err, errUnreadable), errors.Is(err, kafkago.OffsetOutOfRange):
		return never
	case errors.As(err, &code):
		if code.Temporary() || code == kafkago.UnknownTopicOrPartition {
			return likely
		}
		return never
	case errors.As(err, &network), errors.As(err, &system), errors.Is(err, net.ErrClosed),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.ErrClosedPipe):
		return likely
	}
	return unlikely
}

// pause waits 0.1 to 5 s, longer with every attempt, jittered.
func pause(ctx context.Context, attempt int) error {
	d := min(5*time.Second, 100*time.Millisecond<<min(attempt, 6))
	timer := time.NewTimer(d/2 + rand.N(d/2))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

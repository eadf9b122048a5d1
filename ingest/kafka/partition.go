package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
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
	handle Handler
	commit func(next int64) error
	ledger Offsets
	// lasting is the context of the walk: it outlives the generation's, and a stop by a while.
	lasting context.Context

	failing    time.Time // since when the broker has not answered
	lastWarned time.Time
	attempts   int
}

// read hands everything that remains to the handler, until the end that the partition
// has now or, when following, until ctx is done.
func (p *partition) read(ctx context.Context, off Offsets) error {
	defer p.cursor.seek(0)
	first, end, err := p.bounds(ctx)
	if err != nil {
		return err
	}
	done, intended, err := off.Ranges(ctx, p.source.topic, p.id)
	if err != nil {
		return err
	}
	if len(done)+len(intended) == 0 && first > 0 {
		p.source.log.Warn("the log does not begin at its beginning: what retention took before is not counted", "topic", p.source.topic, "partition", p.id, "first", first)
	}
	known := slices.Clone(done)
	for _, i := range intended {
		known = append(known, i.Range)
	}
	for _, r := range known {
		if r.Next > end {
			return fmt.Errorf("kafka topic %s partition %d ends at offset %d, but the store has read up to %d: was the topic made anew? use another topic name or another store",
				p.source.topic, p.id, end, r.Next)
		}
	}
	if p.follow {
		end = endless
	}
	todo, lost := plan(done, intended, first, end)
	p.ledger = off
	for _, r := range lost {
		if err := p.lose(r); err != nil {
			return err
		}
		begun := slices.ContainsFunc(intended, func(i Intention) bool { return i.First <= r.First && r.First < i.Next })
		if begun {
			continue // it is finished with what is left of it
		}
		if err := p.remember(ctx, r); err != nil {
			return err
		}
	}
	for _, s := range todo {
		if err := p.segment(ctx, off, s, first, end); err != nil {
			return err
		}
	}
	return nil
}

// segment stores the offsets of one segment.
func (p *partition) segment(ctx context.Context, off Offsets, s segment, logStart, end int64) error {
	w := &walker{partition: p, segment: s, around: s.around(p.source.cfg.Block, end)}
	if err := w.cutAsBefore(ctx, off); err != nil {
		return err
	}
	w.walk = p.handle(p.id)
	defer w.walk.Close()
	return w.read(ctx, logStart)
}

// bounds asks for the first offset that the log has and the one after its last.
func (p *partition) bounds(ctx context.Context) (first, end int64, err error) {
	err = p.patiently(ctx, func() error {
		res, err := p.source.client.ListOffsets(ctx, &kafkago.ListOffsetsRequest{
			IsolationLevel: p.source.isolation,
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

// remember has the ledger note lost offsets, so that they are accounted for once.
func (p *partition) remember(ctx context.Context, r Range) error {
	if err := p.ledger.Lost(ctx, p.source.topic, p.id, r); err != nil {
		return fmt.Errorf("kafka topic %s partition %d: note that offsets %d to %d are lost: %w", p.source.topic, p.id, r.First, r.Next, err)
	}
	return nil
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
		if code.Temporary() || code == kafkago.UnknownTopicOrPartition || code == kafkago.Unknown {
			return likely // a broker that is being killed answers with -1
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
	return wait(ctx, d/2+rand.N(d/2))
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

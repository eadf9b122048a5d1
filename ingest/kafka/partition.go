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

	"github.com/banshift/banshift/ingest/plan"
	"github.com/banshift/banshift/load/position"
)

// partition reads one partition for one generation.
type partition struct {
	source *Source
	id     int32
	follow bool
	until  int64 // where it ends although the log goes on; 0: nowhere
	// alone: nothing is read that is stored, also where it is a neighbour of what is not.
	alone bool
	// patient: the broker is waited for as when following.
	patient bool
	cursor  cursor
	handle  Handler
	commit  func(next int64) error
	ledger  Offsets
	// lasting is the context of the walk: it outlives the generation's, and a stop by a while.
	lasting context.Context

	sure       time.Time // when the topic was last the one that was opened
	unsure     bool      // a question failed since
	failing    time.Time // since when the broker has not answered
	lastWarned time.Time
	attempts   int
}

// read hands everything that remains to the handler, until the end that the partition
// has now or, when following, until ctx is done.
func (p *partition) read(ctx context.Context, off Offsets) error {
	defer p.cursor.seek(0)
	defer p.source.cfg.Left(p.source.topic, p.id)
	if p.follow || p.patient {
		if err := p.patiently(ctx, func() error { return p.source.sameTopic(ctx) }); err != nil {
			return err
		}
	}
	p.sure = time.Now()
	known, err := off.Known(ctx, p.id)
	if err != nil {
		return err
	}
	first, end, err := p.bounds(ctx) // asked afterwards: another run may have stored what came in between
	if err != nil {
		return err
	}
	all := known.All()
	if len(all) == 0 && first > 0 {
		p.source.log.Warn("the log does not begin at its beginning: what retention took before is not counted", "topic", p.source.topic, "partition", p.id, "first", first)
	}
	begin := first // what lies before all that is known and is gone was gone from the beginning
	if len(all) > 0 {
		begin = min(begin, all[0].First)
		if next := all[len(all)-1].Next; next > end {
			return fmt.Errorf("kafka topic %s partition %d ends at offset %d, but the store has read up to %d: was the topic made anew? use another topic name or another store",
				p.source.topic, p.id, end, next)
		}
	}
	switch {
	case p.follow:
		end = position.Endless
	case p.until > 0:
		end = min(end, p.until)
	}
	p.ledger = off
	w := &walker{partition: p, plan: plan.New(known, position.Range{First: begin, Next: end}, p.source.cfg.Block), start: first}
	if p.alone {
		w.plan.WithoutNeighbours()
	}
	if err := w.lose(ctx, loss{Range: position.Range{First: begin, Next: min(first, end)}}); err != nil {
		return err
	}
	if err := w.plan.CutAsBefore(func(in position.Range) ([]int64, error) { return off.Borders(ctx, p.id, in) }); err != nil {
		return err
	}
	if _, ok := w.plan.Next(begin); !ok {
		return nil
	}
	w.walk = p.handle(p.lasting, p.id, w.plan)
	defer w.walk.Close()
	return w.read(ctx, begin)
}

// surely makes sure that what was fetched is of the topic that was opened: one that is made
// again takes longer than [sureFor], or is missed in between.
func (p *partition) surely(ctx context.Context) error {
	if p.unsure || time.Since(p.sure) > sureFor {
		p.unsure = false
		if err := p.patiently(ctx, func() error { return p.source.sameTopic(ctx) }); err != nil {
			return err
		}
	}
	p.sure = time.Now()
	return nil
}

// sureFor is how long after an answer the next one is of the same topic for certain.
const sureFor = time.Second

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
				return p.named(o.Error)
			}
		}
		return kafkago.UnknownTopicOrPartition
	})
	return first, end, err
}

// named adds to what the broker answered where that was; nil stays nil.
func (p *partition) named(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("kafka topic %s partition %d: %w", p.source.topic, p.id, err)
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
		p.unsure = true
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
			if !p.follow && !p.patient && now.Sub(p.failing) > p.source.cfg.GiveUpAfter {
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
	case errors.Is(err, ErrMadeAgain), errors.Is(err, errUnreadable), errors.Is(err, kafkago.OffsetOutOfRange):
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

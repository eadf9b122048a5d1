package pipeline

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/ingest/plan"
	"github.com/banshift/banshift/load/position"
)

// walk is one way along a partition of a source, in order of position: ranges are cut by
// the plan, decoded, and stored by the workers while the next ones are read. Every source
// goes this way.
type walk struct {
	pipeline   *Pipeline
	ctx        context.Context // ends with the first failure of a worker
	work       *errgroup.Group
	source     string
	partition  int32
	plan       *plan.Plan
	neighbours *neighbourhood
	begun      *begunNote // of its source
}

// walk begins a walk of which workers take at most some ranges on at a time. Its
// [walk.end] must be called, or its [walk.close].
func (p *Pipeline) walk(ctx context.Context, source string, partition int32, plan *plan.Plan, atOnce int) *walk {
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(atOnce)
	return &walk{pipeline: p, ctx: ctx, work: work, source: source, partition: partition, plan: plan, neighbours: p.neighbourhood(plan.Block())}
}

// size implements [files.Plan].
func (k *walk) size(first int64) (size int64, exact bool) {
	next, exact := k.plan.Cut(first)
	return next - first, exact
}

// take has a worker decode the range and store what is ready then. It waits for a free
// worker, and fails where one has failed.
func (k *walk) take(r position.Range, decode func(*worker) (anonymize.Batch, error)) error {
	return k.start(r, anonymize.Batch{}, decode)
}

// hand is take for a range that is decoded already; it takes the batch over.
func (k *walk) hand(r position.Range, batch anonymize.Batch) error {
	return k.start(r, batch, func(*worker) (anonymize.Batch, error) { return batch, nil })
}

// start has a worker take a range on. batch is what is to be released where that never happens.
func (k *walk) start(at position.Range, batch anonymize.Batch, decode func(*worker) (anonymize.Batch, error)) error {
	if k.plan.Passes(at) {
		batch.Release()
		k.neighbours.pass(at.Next)
		return nil
	}
	if err := k.room(at.First); err != nil {
		batch.Release()
		return err
	}
	r := &pending{
		span: span{k.source, k.partition, at}, window: k.plan.Window(at), store: !k.plan.Stored(at), fresh: k.plan.Fresh(), batch: batch, begun: k.begun,
	}
	k.neighbours.announce(r)
	k.work.Go(func() error {
		return k.pipeline.with(k.ctx, func(w *worker) (err error) {
			done := k.pipeline.begin(StageDecode)
			r.batch, err = decode(w)
			if done(err); err != nil {
				return err
			}
			if err := k.neighbours.arrive(w, r); err != nil {
				return err
			}
			return k.neighbours.advance(k.ctx, w)
		})
	})
	return context.Cause(k.ctx)
}

// room waits until a range at a position may be read: what was decoded and waits for a slow one
// before it takes memory.
func (k *walk) room(at int64) error {
	for {
		room, moved := k.neighbours.room(at)
		if room {
			return nil
		}
		k.advance()
		select {
		case <-moved:
		case <-k.ctx.Done():
			return context.Cause(k.ctx)
		}
	}
}

// advance has a worker store what is ready.
func (k *walk) advance() {
	k.work.Go(func() error {
		return k.pipeline.with(k.ctx, func(w *worker) error { return k.neighbours.advance(k.ctx, w) })
	})
}

// flush has stored what was taken, without waiting for what may come behind it.
func (k *walk) flush() {
	k.neighbours.flush()
	k.advance()
}

// end waits for the ranges of a walk whose reading has ended, and has all workers store what is left.
func (k *walk) end(ctx context.Context) error {
	k.neighbours.flush()
	if err := k.work.Wait(); err != nil {
		return err
	}
	work, ctx := errgroup.WithContext(ctx)
	for range cap(k.pipeline.idle) {
		work.Go(func() error {
			return k.pipeline.with(ctx, func(w *worker) error { return k.neighbours.advance(ctx, w) })
		})
	}
	return work.Wait()
}

// close waits for the ranges that workers have at work, and releases everything.
func (k *walk) close() {
	_ = k.work.Wait() // who has ended the walk has its error
	k.neighbours.close()
}

// begin has a gate take the records of the range at a position.
func (k *walk) begin(gate *anonymize.Gate, first int64) {
	gate.Begin(k.source, k.partition)
	gate.At(k.plan.Clock(first))
}

// collect has read fill a gate of its own, range after range. What is begun and not ended
// then is dropped.
func (k *walk) collect(read func(*collector) error) error {
	gate, err := k.pipeline.lend()
	if err != nil {
		return err
	}
	c := &collector{walk: k, gate: gate}
	err = read(c)
	c.gate.Flush().Release()
	k.pipeline.takeBack(c.gate)
	return err
}

// collector decodes ranges one after the other, in the goroutine that reads.
type collector struct {
	*walk
	gate    *anonymize.Gate
	passing bool // nobody needs the range
}

// begin implements [files.Plan], and begins a range.
func (c *collector) begin(first int64) (size int64, exact bool) {
	size, exact = c.size(first)
	c.passing = exact && c.plan.Passes(position.Range{First: first, Next: first + size})
	c.walk.begin(c.gate, first)
	return size, exact
}

// end hands on the range that was begun.
func (c *collector) end(first, next int64) error {
	err := c.hand(position.Range{First: first, Next: next}, c.walk.pipeline.flush(c.gate))
	if err != nil {
		return err
	}
	c.gate, err = c.pipeline.renewed(c.gate)
	return err
}

package pipeline

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/banshift/banshift/ingest/anonymize"
)

// walk is one way along a file, in order of position: ranges are planned by what the ledger
// says, decoded, and stored by the workers while the next ones are read. Every format
// goes this way.
type walk struct {
	pipeline   *Pipeline
	ctx        context.Context // ends with the first failure of a worker
	work       *errgroup.Group
	source     string
	known      ranges
	neighbours *neighbourhood
}

// walk begins a walk along a source whose blocks have a size. Its [walk.end] must be called.
func (p *Pipeline) walk(ctx context.Context, source string, block int64, known ranges) *walk {
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(cap(p.idle))
	return &walk{pipeline: p, ctx: ctx, work: work, source: source, known: known, neighbours: p.neighbourhood(block)}
}

// plan implements [files.Plan]: a range ends with its block, and where the ledger says so.
func (k *walk) plan(position int64) (size int64, exact bool) {
	return k.known.plan(position, toBorder(position, k.neighbours.block))
}

// passes reports whether nobody needs a range: it is stored, and all around it is.
func (k *walk) passes(first, next int64) bool {
	return k.known.finished(first, next) && !k.known.near(first, k.neighbours.block)
}

// take has a worker decode the range and store what is ready then. It waits for a free
// worker, and fails where one has failed.
func (k *walk) take(first, next int64, decode func(*worker) (anonymize.Batch, error)) error {
	return k.start(first, next, anonymize.Batch{}, decode)
}

// hand is take for a range that is decoded already; it takes the batch over.
func (k *walk) hand(first, next int64, batch anonymize.Batch) error {
	return k.start(first, next, batch, func(*worker) (anonymize.Batch, error) { return batch, nil })
}

// start has a worker take a range on. batch is what is to be released where that never happens.
func (k *walk) start(first, next int64, batch anonymize.Batch, decode func(*worker) (anonymize.Batch, error)) error {
	if k.passes(first, next) {
		batch.Release()
		k.neighbours.pass(next)
		return nil
	}
	r := k.known.held(span{k.source, 0, first, next}, k.neighbours.block)
	r.batch = batch
	k.neighbours.announce(r)
	k.work.Go(func() error {
		return k.pipeline.with(k.ctx, func(w *worker) (err error) {
			if r.batch, err = decode(w); err != nil {
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

// end waits for the ranges of a walk whose reading ended with err, and stores what is left.
func (k *walk) end(ctx context.Context, err error) error {
	k.neighbours.horizon()
	if workErr := k.work.Wait(); workErr != nil {
		return workErr
	}
	if restErr := k.pipeline.rest(ctx, k.neighbours); restErr != nil {
		return restErr
	}
	if err != nil && ctx.Err() == nil {
		return &unreadableError{err}
	}
	return err
}

// collect has read fill a gate of its own, range after range. What is begun and not ended
// then is dropped.
func (k *walk) collect(read func(*collector) error) error {
	gate, err := k.pipeline.lend()
	if err != nil {
		return err
	}
	defer k.pipeline.takeBack(gate)
	err = read(&collector{walk: k, gate: gate})
	gate.Flush().Release()
	return err
}

// collector decodes ranges one after the other, in the goroutine that reads.
type collector struct {
	*walk
	gate    *anonymize.Gate
	passing bool // nobody needs the range
}

// begin implements [files.Plan], and begins a range.
func (c *collector) begin(position int64) (size int64, exact bool) {
	size, exact = c.plan(position)
	c.passing = exact && c.passes(position, position+size)
	c.gate.Begin(c.source, 0)
	c.gate.At(c.known.clock(position))
	return size, exact
}

// end hands on the range that was begun.
func (c *collector) end(first, next int64) error { return c.hand(first, next, c.gate.Flush()) }

// pause has stored what was ended, without waiting for what may come behind it.
func (c *collector) pause() {
	c.neighbours.horizon()
	c.work.Go(func() error {
		return c.pipeline.with(c.ctx, func(w *worker) error { return c.neighbours.advance(c.ctx, w) })
	})
}

package pipeline

import (
	"context"
	"math"
	"slices"
	"sync"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/ingest/plan"
	"github.com/banshift/banshift/load/position"
	"github.com/banshift/banshift/transform/flowcontext"
)

// pending is a range between its decoding and the time when no other needs it.
type pending struct {
	span
	// window is where its neighbours begin.
	window position.Range
	// store: it is to be accepted, and not only there because it is a neighbour.
	store bool
	// fresh: the ledger has nothing of the source yet.
	fresh bool
	state state
	batch anonymize.Batch
	begun *begunNote             // of its source, to be written before it is
	seen  *flowcontext.Sightings // nil where nothing looks at the neighbours of flows
}

type state int

const (
	announced state = iota
	decoded
	taken    // being accepted
	finished // accepted, or there only for others
)

// neighbourhood keeps the ranges of one walk along a partition: each until its neighbours
// are decoded and it was accepted, and then for as long as it may be a neighbour of
// another. That is up to three blocks and what the workers have at work. It is safe for
// concurrent use.
type neighbourhood struct {
	pipeline *Pipeline
	block    int64

	mu      sync.Mutex
	ranges  []*pending    // in order of position
	reached int64         // everything before was announced or is not needed
	over    bool          // nothing is waited for behind reached
	judged  bool          // the first range was looked at
	moved   chan struct{} // closed once another range is accepted
	refused error         // what is wrong with it
}

// neighbourhood begins a walk with blocks of a size.
func (p *Pipeline) neighbourhood(block int64) *neighbourhood {
	return &neighbourhood{pipeline: p, block: block, moved: make(chan struct{})}
}

// announce says, in order of position, that a range is going to be decoded.
func (n *neighbourhood) announce(r *pending) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.over = false
	n.ranges = append(n.ranges, r)
	n.pipeline.stats.Queued.Add(1)
	n.reached = r.Next
}

// room reports whether a range at a position may be read: not further behind the window of the
// first one that is still to be accepted than the workers have ranges at work. moved is closed
// when that may have changed.
func (n *neighbourhood) room(at int64) (room bool, moved <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, r := range n.ranges {
		if r.store && r.state != finished {
			end := max(r.Next, r.window.Next)
			return at < end+int64(cap(n.pipeline.idle))*n.block, n.moved
		}
	}
	return true, n.moved
}

// pass says that nobody needs what is before a position.
func (n *neighbourhood) pass(next int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.reached = next
}

// arrive takes over an announced range whose batch was decoded.
func (n *neighbourhood) arrive(w *worker, r *pending) error {
	var seen *flowcontext.Sightings
	if w.Context != nil {
		var err error
		if seen, err = w.Context.Look(r.batch.Flows, r.batch.DNS); err != nil {
			return err
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	r.seen, r.state = seen, decoded
	if !r.store {
		n.done(r)
	}
	return nil
}

// flush says that nothing behind what was announced is waited for: the source ends
// there, or it is not there yet.
func (n *neighbourhood) flush() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.over = true
	for _, r := range n.ranges {
		if r.state < taken {
			r.window.Next = min(r.window.Next, max(n.reached, r.Next))
		}
	}
}

// advance accepts the ranges whose neighbours are decoded until there are none.
func (n *neighbourhood) advance(ctx context.Context, w *worker) error {
	for ctx.Err() == nil {
		r, neighbours := n.take()
		if r == nil {
			return n.refusal()
		}
		err := n.pipeline.accept(ctx, w, r, neighbours)
		n.finish(r)
		if err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// take gives the first range that can be accepted, and its neighbours.
func (n *neighbourhood) take() (*pending, []*pending) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.passes() {
		return nil, nil
	}
	for _, r := range n.ranges {
		if r.state != decoded || !r.store {
			continue
		}
		if neighbours, known := n.around(r); known {
			r.state = taken
			return r, neighbours
		}
	}
	return nil, nil
}

// passes judges the source by its first range, before anything of it is accepted. The
// caller has locked n.mu.
func (n *neighbourhood) passes() bool {
	if !n.judged && len(n.ranges) > 0 && n.ranges[0].state >= decoded {
		n.judged = true
		if first := n.ranges[0]; first.fresh && first.store {
			n.refused = judge(first.source, first.batch)
		}
	}
	return n.judged && n.refused == nil
}

func (n *neighbourhood) refusal() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.refused
}

// around gives the ranges in the window of r. known: all of them are decoded.
func (n *neighbourhood) around(r *pending) (ranges []*pending, known bool) {
	if !n.over && n.reached < r.window.Next {
		return nil, false
	}
	for _, o := range n.ranges {
		if o == r || !r.window.Has(o.First) {
			continue
		}
		if o.state == announced {
			return nil, false
		}
		ranges = append(ranges, o)
	}
	return ranges, true
}

func (n *neighbourhood) finish(r *pending) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.done(r)
}

// done releases the batch of a range, and all ranges that nobody needs any more. The
// caller has locked n.mu.
func (n *neighbourhood) done(r *pending) {
	r.state = finished
	n.pipeline.stats.Queued.Add(-1)
	close(n.moved)
	n.moved = make(chan struct{})
	if !n.pipeline.keep {
		r.releaseBatch()
	}
	n.ranges = slices.DeleteFunc(n.ranges, func(o *pending) bool {
		gone := o.state == finished && !n.needed(o)
		if gone {
			o.release()
		}
		return gone
	})
}

// needed reports whether a range is a neighbour of one that is not finished or may still come.
func (n *neighbourhood) needed(o *pending) bool {
	if o.First >= plan.Window(n.reached, n.block).First {
		return true
	}
	return slices.ContainsFunc(n.ranges, func(r *pending) bool {
		return r.state != finished && r.store && r.window.Has(o.First)
	})
}

// waiting is how many ranges are still to be accepted, and the position before which none is.
func (n *neighbourhood) waiting() (ranges int, before int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	before = n.reached
	for _, r := range slices.Backward(n.ranges) {
		if r.store && r.state != finished {
			ranges++
			before = r.First
		}
	}
	return ranges, before
}

// close releases everything. No range may be at work.
func (n *neighbourhood) close() {
	for _, r := range n.ranges {
		if r.state != finished {
			n.pipeline.stats.Queued.Add(-1)
		}
		r.release()
	}
	n.ranges, n.reached = nil, math.MaxInt64
}

// releaseBatch releases the batch and keeps the counts.
func (r *pending) releaseBatch() {
	r.batch.Release()
	r.batch = anonymize.Batch{Counts: r.batch.Counts}
}

func (r *pending) release() {
	r.releaseBatch()
	if r.seen != nil {
		r.seen.Release()
		r.seen = nil
	}
}

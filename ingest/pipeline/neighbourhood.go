package pipeline

import (
	"context"
	"math"
	"slices"
	"sync"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/transform/flowcontext"
)

// window gives the positions that are looked at beside a range that begins at first:
// its block, the one before and the one behind.
func window(first, block int64) load.Window {
	start := first - first%block
	return load.Window{First: max(0, start-block), Next: start + 2*block}
}

// toBorder is how far it is from a position to the end of its block.
func toBorder(position, block int64) int64 { return block - position%block }

// held is a range between its decoding and the time when no other needs it.
type held struct {
	span
	// window is where others lie beside it.
	window load.Window
	// store: it is to be accepted, and not only there because others lie beside it.
	store bool
	// fresh: the ledger has nothing of the source yet.
	fresh bool
	state state
	batch anonymize.Batch
	seen  *flowcontext.Sightings // nil where nothing looks beside flows
}

type state int

const (
	announced state = iota
	decoded
	taken    // being accepted
	finished // accepted, or there only for others
)

// neighbourhood holds the ranges of one walk along a partition: each until those beside
// it are decoded and it was accepted, and then for as long as it may lie beside another.
// That is up to three blocks and what the workers have at work. It is safe for
// concurrent use.
type neighbourhood struct {
	pipeline *Pipeline
	block    int64

	mu      sync.Mutex
	ranges  []*held // in order of position
	reached int64   // everything before was announced or is not needed
	over    bool    // nothing is waited for behind reached
	judged  bool    // the first range was looked at
	refused error   // what is wrong with it
}

// neighbourhood begins a walk with blocks of a size.
func (p *Pipeline) neighbourhood(block int64) *neighbourhood {
	return &neighbourhood{pipeline: p, block: block}
}

// deliver takes a range of a walk that one worker makes alone, and accepts what that
// makes ready.
func (w *worker) deliver(ctx context.Context, n *neighbourhood, r *held, batch anonymize.Batch) error {
	r.batch = batch
	n.announce(r)
	if err := n.arrive(w, r); err != nil {
		return err
	}
	return n.advance(ctx, w)
}

// announce says, in order of position, that a range is going to be decoded.
func (n *neighbourhood) announce(r *held) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.over = false
	n.ranges = append(n.ranges, r)
	n.reached = r.next
}

// pass says that nobody needs what is before a position.
func (n *neighbourhood) pass(next int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.reached = next
}

// arrive takes over an announced range whose batch was decoded.
func (n *neighbourhood) arrive(w *worker, r *held) error {
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
		n.settle(r)
	}
	return nil
}

// horizon says that nothing behind what was announced is waited for: the source ends
// there, or it is not there yet.
func (n *neighbourhood) horizon() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.over = true
	for _, r := range n.ranges {
		if r.state < taken {
			r.window.Next = min(r.window.Next, max(n.reached, r.next))
		}
	}
}

// advance accepts the ranges whose neighbours are decoded until there are none.
func (n *neighbourhood) advance(ctx context.Context, w *worker) error {
	for ctx.Err() == nil {
		r, beside := n.take()
		if r == nil {
			return n.refusal()
		}
		err := n.pipeline.accept(ctx, w, r, beside)
		n.finish(r)
		if err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// take gives the first range that can be accepted, and those beside it.
func (n *neighbourhood) take() (*held, []*held) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.passes() {
		return nil, nil
	}
	for _, r := range n.ranges {
		if r.state != decoded || !r.store {
			continue
		}
		if beside, known := n.beside(r); known {
			r.state = taken
			return r, beside
		}
	}
	return nil, nil
}

// passes judges the source by its first range, before anything of it is accepted. The
// caller holds n.mu.
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

// beside gives the ranges in the window of r. known: all of them are decoded.
func (n *neighbourhood) beside(r *held) (ranges []*held, known bool) {
	if !n.over && n.reached < r.window.Next {
		return nil, false
	}
	for _, o := range n.ranges {
		if o == r || o.first < r.window.First || o.first >= r.window.Next {
			continue
		}
		if o.state == announced {
			return nil, false
		}
		ranges = append(ranges, o)
	}
	return ranges, true
}

func (n *neighbourhood) finish(r *held) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.settle(r)
}

// settle lets go of the batch of a range and of all ranges that nobody needs any more.
// The caller holds n.mu.
func (n *neighbourhood) settle(r *held) {
	r.state = finished
	if !n.pipeline.keep {
		r.letGo()
	}
	n.ranges = slices.DeleteFunc(n.ranges, func(o *held) bool {
		gone := o.state == finished && !n.needed(o)
		if gone {
			o.release()
		}
		return gone
	})
}

// needed reports whether a range lies beside one that is not finished or may still come.
func (n *neighbourhood) needed(o *held) bool {
	if o.first >= window(n.reached, n.block).First {
		return true
	}
	return slices.ContainsFunc(n.ranges, func(r *held) bool {
		return r.state != finished && r.store && r.window.First <= o.first && o.first < r.window.Next
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
			before = r.first
		}
	}
	return ranges, before
}

// close lets go of everything. No range may be at work.
func (n *neighbourhood) close() {
	for _, r := range n.ranges {
		r.release()
	}
	n.ranges, n.reached = nil, math.MaxInt64
}

// letGo releases the batch and keeps the counts.
func (r *held) letGo() {
	r.batch.Release()
	r.batch = anonymize.Batch{Counts: r.batch.Counts}
}

func (r *held) release() {
	r.letGo()
	if r.seen != nil {
		r.seen.Release()
		r.seen = nil
	}
}

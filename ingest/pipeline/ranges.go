package pipeline

import (
	"context"
	"slices"

	"github.com/banshift/banshift/load"
)

// ranges are what the ledger knows of one partition of a source: finished, and
// written down but not finished.
type ranges struct {
	done     []load.Range
	intended []load.Intention
}

// known asks the ledger.
func (p *Pipeline) known(ctx context.Context, source string, partition int32) (ranges, error) {
	done, err := p.opts.Store.Done(ctx, source)
	if err != nil {
		return ranges{}, err
	}
	intended, err := p.opts.Store.Intended(ctx, source)
	if err != nil {
		return ranges{}, err
	}
	intended = slices.DeleteFunc(intended, func(i load.Intention) bool { return i.Partition != partition })
	return ranges{done[partition], intended}, nil
}

// finished reports whether all of [first, next) is done.
func (r ranges) finished(first, next int64) bool {
	return slices.ContainsFunc(r.done, func(d load.Range) bool { return d.First <= first && next <= d.Next })
}

// plan says how long the batch at a position should be: an intended range is replayed
// exactly as it was written down, a done one is passed over in steps, and nothing else
// reaches into either. exact: the end is such a border.
func (r ranges) plan(position, step int64) (length int64, exact bool) {
	for _, i := range r.intended {
		if i.First == position {
			return i.Next - position, true
		}
	}
	border := position + step + 1
	for _, d := range r.done {
		if d.First <= position && position < d.Next {
			return min(step, d.Next-position), true
		}
		if d.First > position {
			border = min(border, d.First)
		}
	}
	for _, i := range r.intended {
		if i.First > position {
			border = min(border, i.First)
		}
	}
	return min(step, border-position), border-position <= step
}

// held makes the range at a span of what the ledger says: an intended one is looked at
// beside what it was looked at before, another beside the blocks around it.
func (r ranges) held(at span, block int64) *held {
	h := &held{span: at, window: window(at.first, block), store: !r.finished(at.first, at.next)}
	for _, i := range r.intended {
		if i.First == at.first && i.Next == at.next {
			h.window = i.Beside
		}
	}
	return h
}

// near reports whether something that is not finished lies in the block of a position
// or in one beside it.
func (r ranges) near(position, block int64) bool {
	w := window(position, block)
	return !r.finished(w.First, w.Next)
}

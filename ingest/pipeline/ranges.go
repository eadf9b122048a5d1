package pipeline

import (
	"context"
	"math"
	"slices"

	"github.com/banshift/banshift/load"
)

// ranges are what the ledger knows of one partition of a source: finished, and
// written down but not finished.
type ranges struct {
	done     []load.Range
	intended []load.Intention
	borders  []int64 // in order; where ranges of done begin and end that may be merged there
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
	return ranges{done: done[partition], intended: intended}, nil
}

// knownFile is known for a file, whose done ranges are cut again where they were cut: a
// border of a block lies inside a line, and two records that lay in one range are joined
// only if they do again.
func (p *Pipeline) knownFile(ctx context.Context, source string) (ranges, error) {
	r, err := p.known(ctx, source, 0)
	if err != nil || len(r.done) == 0 {
		return r, err
	}
	r.borders, err = p.opts.Store.Borders(ctx, source, 0, load.Window{First: -1, Next: math.MaxInt64})
	return r, err
}

// finished reports whether all of [first, next) is done.
func (r ranges) finished(first, next int64) bool {
	return slices.ContainsFunc(r.done, func(d load.Range) bool { return d.First <= first && next <= d.Next })
}

// plan says how long the batch at a position should be: an intended range is replayed
// exactly as it was written down, a done one ends where it did, and nothing else
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
			return min(d.Next, r.borderBehind(position)) - position, true
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

// borderBehind gives the first border behind a position.
func (r ranges) borderBehind(position int64) int64 {
	i, _ := slices.BinarySearch(r.borders, position+1)
	if i == len(r.borders) {
		return math.MaxInt64
	}
	return r.borders[i]
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

// clock gives the clock that the range at a position was read by; 0: it was not.
func (r ranges) clock(position int64) int64 {
	for _, i := range r.intended {
		if i.First == position {
			return i.Clock
		}
	}
	return 0
}

package kafka

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// Range is a half-open range of a partition's offsets.
type Range struct{ First, Next int64 }

// Intention is a range that was written down and not finished, and where others lie
// beside it; both 0: nothing does.
type Intention struct {
	Range
	Beside Range
}

// Offsets is the ledger. Ranges is asked whenever a partition begins to be read, after
// every rebalance again: it has to look at the store and not at what it remembers, for
// another member may have written meanwhile.
type Offsets interface {
	// Ranges gives what of a partition is stored, and what was written down and not finished.
	Ranges(ctx context.Context, topic string, partition int32) (done []Range, intended []Intention, err error)
	// Borders gives where ranges of a partition that were written down begin or end
	// inside a range, in order.
	Borders(ctx context.Context, topic string, partition int32, in Range) ([]int64, error)
	// Lost writes down that a range is gone from the log and counts as read, without a record.
	Lost(ctx context.Context, topic string, partition int32, r Range) error
}

// endless is the end of a segment that grows.
const endless = math.MaxInt64

// segment is offsets to be stored: cut at the ends of blocks, or exactly as one range.
// Where it is known, beside says where others lie beside the exact one.
type segment struct {
	Range
	exact  bool
	beside Range
}

// plan lists what remains of a partition up to end (endless when following): intended
// ranges first, each exactly; then what is neither done nor intended. lost are offsets
// after the first known one that are not stored and that the log, which begins at
// logStart, no longer has.
func plan(done []Range, intended []Intention, logStart, end int64) (todo []segment, lost []Range) {
	known := slices.Clone(done)
	intended = slices.Clone(intended)
	slices.SortFunc(intended, func(a, b Intention) int { return cmp.Compare(a.First, b.First) })
	for _, r := range intended {
		known = append(known, r.Range)
		todo = append(todo, segment{r.Range, true, r.Beside})
		if r.First < logStart {
			lost = append(lost, Range{r.First, min(r.Next, logStart)})
		}
	}
	slices.SortFunc(known, func(a, b Range) int { return cmp.Compare(a.First, b.First) })
	// What lies before all that is known and is gone was gone from the beginning.
	position := logStart
	if len(known) > 0 {
		position = min(position, known[0].First)
	}
	open := func(first, next int64) {
		if first < min(next, logStart) {
			lost = append(lost, Range{first, min(next, logStart)})
		}
		if first = max(first, logStart); first < next {
			todo = append(todo, segment{Range: Range{first, next}})
		}
	}
	for _, r := range known {
		open(position, min(r.First, end))
		position = max(position, r.Next)
	}
	open(position, end)
	return todo, lost
}

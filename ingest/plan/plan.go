// Package plan says what of a partition is read, in order of position, and where it is
// cut into ranges. Files, streams and topics are all read by it.
//
// A range that was begun is read again exactly as it was. What is stored is read again
// only where it is a neighbour of something that is not, and cut where it was cut when it
// was stored: what is joined inside a range depends on its ends. Everything else ends
// with its block. A plan must never ask the clock or the source.
package plan

import (
	"math"
	"slices"

	"github.com/banshift/banshift/load/position"
)

// Plan is the plan of one partition. It is not safe for concurrent use.
type Plan struct {
	known position.Known
	all   position.Range
	block int64
	fresh bool
	// needed is where a range that is read begins.
	needed position.Set
	// borders are where ranges that are known begin and end, in order; windows are where
	// the windows of those end that were begun: one there must not end behind.
	borders, windows []int64
}

// New plans a partition of which the positions of all are there, in blocks of a size.
func New(known position.Known, all position.Range, block int64) *Plan {
	p := &Plan{known: known, all: all, block: block, fresh: len(known.Done) == 0}
	for _, open := range known.All().Holes(all) {
		p.needed = p.needed.Add(p.around(open))
	}
	for _, i := range known.Intended {
		p.needed = p.needed.Add(i.Range).Add(i.Window)
		p.borders = append(p.borders, i.First, i.Next)
		p.windows = append(p.windows, i.Window.First, i.Window.Next)
	}
	for _, d := range known.Done {
		p.borders = append(p.borders, d.First, d.Next)
	}
	slices.Sort(p.borders)
	slices.Sort(p.windows)
	return p
}

// WithoutNeighbours has nothing read that is stored.
func (p *Plan) WithoutNeighbours() {
	p.needed = nil
	for _, open := range p.known.All().Holes(p.all) {
		p.needed = p.needed.Add(open)
	}
	for _, i := range p.known.Intended {
		p.needed = p.needed.Add(i.Range)
	}
}

// Window is where the neighbours of a range begin that begins at a position: in its
// block, the one before and the one behind.
func Window(first, block int64) position.Range {
	start := first - first%block
	return position.Range{First: max(0, start-block), Next: start + 2*block}
}

// around is where neighbours of the ranges of a stretch begin.
func (p *Plan) around(r position.Range) position.Range {
	around := position.Range{First: Window(r.First, p.block).First, Next: position.Endless}
	if last := r.Next - 1; last < position.Endless-3*p.block {
		around.Next = Window(last, p.block).Next
	}
	return around
}

// Block is the size of a block.
func (p *Plan) Block() int64 { return p.block }

// End is the end of what is planned.
func (p *Plan) End() int64 { return p.all.Next }

// Fresh reports whether nothing of the partition was stored.
func (p *Plan) Fresh() bool { return p.fresh }

// CutAsBefore asks for the borders of stored ranges strictly inside the stretches that
// are read again and the block behind, where the last of them ends, and has them cut there.
func (p *Plan) CutAsBefore(ask func(position.Range) ([]int64, error)) error {
	for _, stretch := range p.needed {
		if _, stored := p.known.Done.Overlap(stretch); !stored {
			continue
		}
		next := stretch.Next
		if next < position.Endless-p.block {
			next += p.block
		}
		borders, err := ask(position.Range{First: stretch.First - 1, Next: next})
		if err != nil {
			return err
		}
		p.borders = append(p.borders, borders...)
	}
	slices.Sort(p.borders)
	return nil
}

// Cut gives where the range that begins at a position ends. exact: just there, because
// something that is known ends or begins there; else the last record may end behind.
func (p *Plan) Cut(first int64) (next int64, exact bool) {
	if i := p.intention(first); i != nil {
		return i.Next, true
	}
	border := behind(p.borders, first)
	if stored, ok := p.stored(first); ok {
		return min(border, stored.Next), true
	}
	end := min(first-first%p.block+p.block, behind(p.windows, first))
	return min(border, end), border <= end
}

// Known reports whether a position is stored or begun: the range there ends where it
// did, whatever the time.
func (p *Plan) Known(at int64) bool {
	_, stored := p.stored(at)
	return stored || p.intention(at) != nil
}

// Begun gives the end of the first range that was begun and lies inside r; 0: none does.
func (p *Plan) Begun(r position.Range) int64 {
	for _, i := range p.known.Intended {
		if r.First <= i.First && i.Next <= r.Next {
			return i.Next
		}
	}
	return 0
}

// Stored reports whether all of a range is stored.
func (p *Plan) Stored(r position.Range) bool { return p.known.Done.Covers(r) }

// Passes reports whether nobody needs a range: it is stored, and no neighbour of it is to be.
func (p *Plan) Passes(r position.Range) bool {
	_, needed := p.needed.Overlap(position.Range{First: r.First, Next: r.First + 1})
	return !needed && p.Stored(r)
}

// Next gives the first position at or behind one where a range begins that is read; ok is
// false where there is none.
func (p *Plan) Next(at int64) (first int64, ok bool) {
	for at < p.all.Next {
		next, _ := p.Cut(at)
		if !p.Passes(position.Range{First: at, Next: next}) {
			return at, true
		}
		at = next
	}
	return at, false
}

// Lose gives what of a range is not stored, in order: what is open, which counts as
// stored from now on, and what was begun, which is finished with what is left of it.
func (p *Plan) Lose(r position.Range) (open, begun []position.Range) {
	open = p.known.All().Holes(r)
	for _, i := range p.known.Intended {
		if lost := i.And(r); !lost.Empty() {
			begun = append(begun, lost)
		}
	}
	for _, o := range open {
		p.known.Done = p.known.Done.Add(o)
		p.borders = append(p.borders, o.First, o.Next)
	}
	slices.Sort(p.borders)
	return open, begun
}

// Window is where the neighbours of the range at a position begin: for one that was begun
// what it was then.
func (p *Plan) Window(r position.Range) position.Range {
	if i := p.intention(r.First); i != nil && i.Range == r {
		return i.Window
	}
	return Window(r.First, p.block)
}

// Clock gives the clock that the range at a position was read by; 0: it was not.
func (p *Plan) Clock(first int64) int64 {
	if i := p.intention(first); i != nil {
		return i.Clock
	}
	return 0
}

// intention gives the range that was begun and has a position, or nil.
func (p *Plan) intention(at int64) *position.Intention {
	for i := range p.known.Intended {
		if p.known.Intended[i].Has(at) {
			return &p.known.Intended[i]
		}
	}
	return nil
}

func (p *Plan) stored(at int64) (position.Range, bool) {
	return p.known.Done.Overlap(position.Range{First: at, Next: at + 1})
}

// behind gives the first of sorted positions behind one.
func behind(sorted []int64, at int64) int64 {
	i, _ := slices.BinarySearch(sorted, at+1)
	if i == len(sorted) {
		return math.MaxInt64
	}
	return sorted[i]
}

package monitor

import (
	"sync"
	"time"
)

// growthFor is how long a store is watched before its growth says when the disk is full.
const growthFor = 10 * time.Minute

// Growth has what a store takes now and took first. It is safe for concurrent use.
type Growth struct {
	clock      func() time.Time
	mu         sync.Mutex
	first, now Disk
	since, at  time.Time
}

// NewGrowth makes an empty one.
func NewGrowth(clock func() time.Time) *Growth { return &Growth{clock: clock} }

// Saw notes what a store takes now.
func (g *Growth) Saw(d Disk) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now, g.at = d, g.clock()
	if g.since.IsZero() {
		g.first, g.since = d, g.at
	}
}

// Now gives what the store took when it was last looked at, and the days until its disk is full, 0 where
// that cannot be told. ok is false before the first look.
func (g *Growth) Now() (now Disk, fullDays float64, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	took := g.at.Sub(g.since)
	if took >= growthFor && g.now.Bytes > g.first.Bytes {
		perDay := float64(g.now.Bytes-g.first.Bytes) / took.Hours() * 24
		fullDays = float64(g.now.Free) / perDay
	}
	return g.now, fullDays, !g.at.IsZero()
}

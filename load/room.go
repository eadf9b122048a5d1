package load

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// room is what waits for room on the store's disk.
type room struct {
	waiting atomic.Int64
	why     atomic.Pointer[error] // of whoever failed last
}

// lack says why something waits for room; nil: nothing does.
func (r *room) lack() error {
	if r.waiting.Load() == 0 {
		return nil
	}
	return *r.why.Load()
}

// withRoom calls write until the disk takes what it writes, or ctx is done, where the store was opened to wait for that.
// What is written must be known by the store when it comes again.
func (s *Store) withRoom(ctx context.Context, write func() error) error {
	err := write()
	if !s.awaitRoom || !isUnwritable(err) {
		return err
	}
	s.room.why.Store(&err)
	if s.room.waiting.Add(1) == 1 {
		s.log.Warn("nothing can be stored: waiting for room", "error", err)
	}
	defer func() {
		if s.room.waiting.Add(-1) == 0 && ctx.Err() == nil {
			s.log.Info("the disk takes what is stored again")
		}
	}()
	for pause := firstPause; isUnwritable(err); pause = min(2*pause, longestPause) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w (%v)", ctx.Err(), err)
		case <-time.After(pause):
		}
		s.retries.Add(1)
		if err = write(); isUnwritable(err) {
			s.room.why.Store(&err)
		}
	}
	return err
}

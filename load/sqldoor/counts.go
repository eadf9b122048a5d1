package sqldoor

import (
	"sync/atomic"
	"time"
)

// outcome is how a statement ended.
type outcome int

const (
	answered outcome = iota
	failed           // with an error of the engine's
	broken           // in the middle of its answer
	refused          // by the guard or the grants, or it could not be read
	stopped          // whoever asked was gone, or took nothing any more
)

type counts struct {
	answered, failed, refused, stopped atomic.Int64
	running, nanoseconds               atomic.Int64
}

func (c *counts) add(o outcome, took time.Duration) {
	c.nanoseconds.Add(int64(took))
	switch o {
	case answered:
		c.answered.Add(1)
	case failed, broken:
		c.failed.Add(1)
	case refused:
		c.refused.Add(1)
	case stopped:
		c.stopped.Add(1)
	}
}

// Account is what a door has done.
type Account struct {
	// Answered, Failed and Stopped are statements; Refused are those and all other requests that were turned away.
	Answered, Failed, Refused, Stopped int64
	Running                            int64         // statements, those that wait for their turn among them
	Took                               time.Duration // all that ended
}

// Account gives what the door has done.
func (d *Door) Account() Account {
	c := &d.counts
	return Account{c.answered.Load(), c.failed.Load(), c.refused.Load(), c.stopped.Load(), c.running.Load(), time.Duration(c.nanoseconds.Load())}
}

package engine

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// watchEvery is how often a joined engine's owner is looked for.
const watchEvery = 250 * time.Millisecond

// watch waits for the end of the process that owns a joined engine, and then runs the
// engine itself, at the same address and with the same passwords: whoever joined goes on.
func (e *Engine) watch(o Options) {
	lock, err := e.awaitLock()
	if err == nil && lock != nil {
		err = e.takeOver(lock, o)
	}
	if err != nil {
		e.fail(err)
	}
	if err != nil || lock == nil {
		close(e.done)
		return
	}
	e.log.Info("the program that ran the engine has ended: it runs here now", "store", e.layout.root)
	e.supervise()
}

// awaitLock gives the directory's lock once it is free; nil where Close came first. It is
// an error if somebody else runs an engine at another address by then.
func (e *Engine) awaitLock() (*os.File, error) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-e.life.Done():
			return nil, nil
		case <-tick.C:
		}
		lock, err := e.layout.takeLock()
		if !errors.Is(err, errLocked) {
			return lock, err
		}
		now, err := e.layout.readConnection()
		if err == nil && !now.sameAddress(e.Conn()) {
			return nil, fmt.Errorf("store %s: the program whose engine was used has ended, and another one runs its own: run the same command again", e.layout.root)
		}
	}
}

// sameAddress reports whether both are reached alike.
func (c Conn) sameAddress(other Conn) bool {
	c.PID, other.PID = 0, 0
	return c == other
}

// takeOver starts a child where the one that was joined has been.
func (e *Engine) takeOver(lock *os.File, o Options) error {
	path, err := Locate(o.Path)
	if err != nil {
		return errors.Join(err, lock.Close())
	}
	e.mu.Lock()
	e.path, e.lock, e.joined = path, lock, false
	e.mu.Unlock()
	e.waits.Close() //nolint:errcheck // nothing was written
	if err := e.layout.writeConfig(e.Conn(), isLibrary(path), int64(o.MemoryMegabytes)<<20); err != nil {
		return err
	}
	if err := e.launch(e.life); err != nil {
		return fmt.Errorf("store %s: the program that ran the engine has ended, and it does not start here: %w", e.layout.root, err)
	}
	return nil
}

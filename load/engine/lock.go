package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"syscall"
)

// errLocked says that another process has the store's directory.
var errLocked = errors.New("in use by another process")

// takeLock takes the directory's lock without waiting. The child inherits the file:
// the lock is free only when both the owner and its engine have ended.
func (l layout) takeLock() (*os.File, error) {
	f, err := os.OpenFile(l.lock(), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("store lock: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errLocked
	}
	return nil, fmt.Errorf("store lock %s: %w", l.lock(), err)
}

// wait says, until the file is closed, that this program may run the engine next.
func (l layout) wait() (*os.File, error) {
	f, err := os.OpenFile(l.lock()+".waits", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("store lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH); err != nil {
		f.Close()
		return nil, fmt.Errorf("store lock %s: %w", f.Name(), err)
	}
	return f, nil
}

// awaited reports whether a program says so.
func (l layout) awaited() bool {
	f, err := os.OpenFile(l.lock()+".waits", os.O_RDWR, 0o600)
	if err != nil {
		return false
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil
}

// Exclusive waits until no other program changes the store's schema, and gives what ends
// that; tables are made once, however many programs open a new store at the same time.
func (e *Engine) Exclusive() (end func(), err error) {
	f, err := os.OpenFile(e.layout.lock()+".schema", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("store lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, fmt.Errorf("store lock %s: %w", f.Name(), err)
	}
	return func() { f.Close() }, nil // closing it gives the lock up
}

// readConnection reads how to reach the engine that another process runs.
func (l layout) readConnection() (Conn, error) {
	text, err := os.ReadFile(l.connection())
	if err != nil {
		return Conn{}, err
	}
	var c Conn
	if err := json.Unmarshal(text, &c); err != nil {
		return Conn{}, fmt.Errorf("%s: %w", l.connection(), err)
	}
	return c, nil
}

func (l layout) writeConnection(c Conn) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return writePrivate(l.connection(), text)
}

package anonymize

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/banshift/banshift/schemas"
)

// chainFile is where a chain of day keys lies. A program that is killed anywhere in
// replace leaves a whole chain, the old or the new one; what it left next to it is
// destroyed by whoever opens the file next.
type chainFile struct {
	path string
	now  func() time.Time
	// reached is told of each step of a replacement, for tests; nil: nobody is.
	reached func(step string)
}

// readChain reads a chain and brings it forward to a clock.
func readChain(path string, now func() time.Time) (*Keys, error) {
	real, err := filepath.EvalSymlinks(path) // a link stays a link
	if err != nil {
		return nil, fmt.Errorf("day keys: %w", err)
	}
	keys := &Keys{file: chainFile{path: real, now: now}}
	if err := keys.Rotate(); err != nil {
		return nil, err
	}
	return keys, nil
}

// files that a replacement needs next to the chain.
func (f chainFile) fresh() string { return f.path + ".next" }
func (f chainFile) past() string  { return f.path + ".past" }
func (f chainFile) lock() string  { return f.path + ".lock" }

// exclusive waits until no other program changes the file.
func (f chainFile) exclusive() (end func(), err error) {
	lock, err := os.OpenFile(f.lock(), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("day keys: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		lock.Close()
		return nil, fmt.Errorf("day keys: lock %s: %w", lock.Name(), err)
	}
	return func() { lock.Close() }, nil
}

// create writes a chain where there is no file yet.
func (f chainFile) create(c *chain) error {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return fmt.Errorf("day keys: %w", err)
	}
	text := c.text()
	defer clear(text)
	if err := writeSynced(f.path, os.O_EXCL, text); err != nil {
		return fmt.Errorf("day keys: %w", err)
	}
	return syncDirectory(f.path)
}

// replace puts a chain in the place of the one that is there, and destroys that.
func (f chainFile) replace(c *chain) error {
	text := c.text()
	defer clear(text)
	for _, s := range []struct {
		name string
		do   func() error
	}{
		{"write", func() error { return writeSynced(f.fresh(), os.O_TRUNC, text) }},
		{"keep", func() error { return os.Link(f.path, f.past()) }},
		{"rename", func() error { return os.Rename(f.fresh(), f.path) }},
		{"sync", func() error { return syncDirectory(f.path) }},
		{"overwrite", func() error { return overwrite(f.past()) }},
		{"remove", func() error { return os.Remove(f.past()) }},
	} {
		f.at(s.name)
		if err := s.do(); err != nil {
			return fmt.Errorf("day keys: %w", err)
		}
	}
	f.at("done")
	return nil
}

func (f chainFile) at(step string) {
	if f.reached != nil {
		f.reached(step)
	}
}

// clean destroys what a replacement that was cut off has left.
func (f chainFile) clean() error {
	chain, err := os.Stat(f.path)
	if err != nil {
		return fmt.Errorf("day keys: %w", err)
	}
	for _, path := range []string{f.past(), f.fresh()} {
		left, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && !os.SameFile(chain, left) {
			err = overwrite(path)
		}
		if err := errors.Join(err, os.Remove(path)); err != nil {
			return fmt.Errorf("day keys: %w", err)
		}
	}
	return nil
}

// read gives the chain that is there.
func (f chainFile) read() (*chain, error) {
	text, err := readPrivate(f.path)
	if err != nil {
		return nil, err
	}
	defer clear(text)
	c, err := parseChain(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.path, err)
	}
	return c, nil
}

// Rotate brings a chain of day keys forward to the clock: days that ended 48 h ago lose
// their key, in the file and in memory. A master key is left as it is.
func (k *Keys) Rotate() error {
	if k.master != nil {
		return nil
	}
	end, err := k.file.exclusive()
	if err != nil {
		return err
	}
	defer end()
	if err := k.file.clean(); err != nil {
		return err
	}
	c, err := k.file.read()
	if err != nil {
		return err
	}
	today := schemas.Day(k.file.now().UnixMilli())
	changed, err := c.forward(today)
	if err != nil {
		c.wipe()
		return fmt.Errorf("%s: %w", k.file.path, err)
	}
	if changed {
		if err := k.file.replace(c); err != nil {
			c.wipe()
			return err
		}
	}
	k.take(c, today)
	return nil
}

// take has the keys be those of a chain that was brought to today.
func (k *Keys) take(c *chain, today int64) {
	k.mu.Lock()
	old := k.chain
	k.chain = c
	users := k.users
	k.mu.Unlock()
	if old != nil && old != c {
		old.wipe()
	}
	for _, p := range users {
		p.destroy(today - keptDays)
	}
}

// KeepRotated calls Rotate every so often while ctx lives; failed is told of each error.
func (k *Keys) KeepRotated(ctx context.Context, every time.Duration, failed func(error)) {
	if k.master != nil {
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(every):
		}
		if err := k.Rotate(); err != nil {
			failed(err)
		}
	}
}

// Describe says in a few words which days there are keys of.
func (k *Keys) Describe() string {
	if k.master != nil {
		return "a master key: the key of any day can be derived from it"
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return fmt.Sprintf("day keys, chained: %d days up to %s, and those to come", len(k.chain.days), dateOf(k.chain.next-1))
}

// Oldest gives the beginning of the oldest day that there is a key of; false under a master key, which makes them all.
func (k *Keys) Oldest() (time.Time, bool) {
	if k.master != nil {
		return time.Time{}, false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.chain.days) == 0 {
		return time.Time{}, false
	}
	return time.Unix(slices.Min(slices.Collect(maps.Keys(k.chain.days)))*24*60*60, 0).UTC(), true
}

func writeSynced(path string, flag int, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|flag, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// overwrite writes zeros over a file's bytes.
func overwrite(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		_, err = f.WriteAt(make([]byte, info.Size()), 0)
	}
	return errors.Join(err, f.Sync(), f.Close())
}

func syncDirectory(file string) error {
	dir, err := os.Open(filepath.Dir(file))
	if err != nil {
		return fmt.Errorf("day keys: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}

package pipeline

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/banshift/banshift/ingest/files"
	"github.com/banshift/banshift/ingest/plan"
	"github.com/banshift/banshift/load"
)

const (
	// lookEvery is how often followed directories are looked at.
	lookEvery = time.Second
	// takeBackAfter is when a log that another program took over is looked at again.
	takeBackAfter = 30 * time.Second
	// followedAtOnce bounds how many logs are read at the same time.
	followedAtOnce = 64
)

// Follow reads logs while they grow, and files that appear among those that find gives,
// until ctx is done; the error is then the cause of ctx. A log is known by its first lines: renamed,
// cut by rotation or compressed it is read on from where it was. A file that is no log of
// lines is read once it has not changed for a while.
func (p *Pipeline) Follow(ctx context.Context, find func() ([]files.File, error), o FileOptions) error {
	f := &follower{pipeline: p, options: o, idle: max(p.opts.FlushAfter, lookEvery), seen: map[string]*followed{}, logs: map[string]*sync.Mutex{}}
	group, ctx := errgroup.WithContext(ctx)
	f.room = make(chan struct{}, followedAtOnce)
	for ctx.Err() == nil {
		done := p.begin(StageLook)
		list, err := find()
		if err != nil {
			p.opts.Log.Warn("nothing to follow there yet", "why", err)
		}
		for _, file := range list {
			f.look(ctx, group, file)
		}
		done(err)
		select {
		case <-ctx.Done():
		case <-time.After(lookEvery):
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// follower remembers what was read of the files that were given.
type follower struct {
	pipeline *Pipeline
	options  FileOptions
	idle     time.Duration
	room     chan struct{}
	seen     map[string]*followed // by path

	mu   sync.Mutex
	logs map[string]*sync.Mutex // by identity: one reader each
}

// followed is the file that a path named when it was last looked at.
type followed struct {
	info os.FileInfo
	done chan struct{} // closed when it was read to where it ended
	// reached is the size up to which it was read; valid once it is done.
	reached int64
	// again is when it is to be looked at again although it did not grow; zero: never.
	again time.Time
}

// look begins to read a file that is new, another one, or changed since it was read.
func (f *follower) look(ctx context.Context, group *errgroup.Group, file files.File) {
	info, err := os.Stat(file.Path)
	if err != nil || info.Size() == 0 && info.Mode().IsRegular() {
		return // gone meanwhile, or nothing in it yet
	}
	if last := f.seen[file.Path]; last != nil && os.SameFile(last.info, info) && !last.changed(info) {
		return
	}
	select {
	case f.room <- struct{}{}:
	default:
		return // the next look may find room
	}
	state := &followed{info: info, done: make(chan struct{})}
	f.seen[file.Path] = state
	group.Go(func() error {
		defer func() { <-f.room; close(state.done) }()
		return f.read(ctx, file, state)
	})
}

// changed reports whether a file is to be read again.
func (s *followed) changed(info os.FileInfo) bool {
	select {
	case <-s.done:
		return info.Size() != s.reached || !s.again.IsZero() && time.Now().After(s.again)
	default:
		return false // being read
	}
}

// read reads a file to where it ends for now.
func (f *follower) read(ctx context.Context, file files.File, state *followed) error {
	src, err := files.OpenGrowing(ctx, file.Path, f.options.Format, f.idle)
	if errors.Is(err, files.ErrWhole) {
		return f.whole(ctx, file, state)
	}
	if err != nil {
		state.reached = state.info.Size()
		f.pipeline.opts.Log.Warn("file not followed yet", "file", file.Path, "why", err)
		return nil
	}
	defer src.Close()
	defer f.lock(src.ID)()
	ctx, cancel := draining(ctx)
	defer cancel()
	plan, rest, err := f.pipeline.takeLog(ctx, src)
	var unreadable *unreadableError
	if errors.As(err, &unreadable) { // renamed or gone since: it is read where it is now
		state.again = time.Now().Add(lookEvery)
		f.pipeline.opts.Log.Warn("file not followed yet", "file", file.Path, "why", err)
		return nil
	}
	if err != nil {
		return err
	}
	src.CountInto(&f.pipeline.stats.Bytes)
	if f.options.Opened != nil {
		f.options.Opened(src)
	}
	err = f.pipeline.read(ctx, src, plan, rest, f.options)
	state.reached, state.again = src.Reached()
	if errors.Is(err, load.ErrLease) {
		f.pipeline.leaveToOther(file.Path)
		state.again = time.Now().Add(takeBackAfter)
		return nil
	}
	if errors.As(err, &unreadable) {
		f.pipeline.opts.Log.Warn("log left where it cannot be read", "file", file.Path, "why", err)
		return nil
	}
	return err
}

// takeLog takes over the writing of a log, and plans what the store does not have of it.
func (p *Pipeline) takeLog(ctx context.Context, src *files.Source) (*plan.Plan, stretch, error) {
	if err := p.opts.Store.Lease(ctx, src.ID, 0); err != nil {
		return nil, stretch{}, err
	}
	before, err := p.readBefore(ctx, src)
	if err != nil {
		return nil, stretch{}, err
	}
	rest, err := p.stretches(ctx, src, before)
	if err != nil {
		return nil, stretch{}, err
	}
	plan, err := p.plan(ctx, src, rest[0].at, before)
	return plan, rest[0], err
}

// whole reads a file that is no log, once nobody has written to it for a while.
func (f *follower) whole(ctx context.Context, file files.File, state *followed) error {
	state.reached = state.info.Size()
	isPipe := !state.info.Mode().IsRegular()
	if isPipe {
		defer func() { state.again = time.Now().Add(f.idle) }() // another may write to it then
	}
	if ready := state.info.ModTime().Add(2 * f.idle); !isPipe && time.Now().Before(ready) {
		state.again = ready
		return nil
	}
	options := f.options
	options.lock = f.lockKnown
	err := f.pipeline.file(ctx, file, options)
	var unreadable *unreadableError
	switch {
	case errors.Is(err, files.ErrNoWriter):
		return nil
	case errors.As(err, &unreadable):
		f.pipeline.leave(file, err)
		return nil
	}
	return err
}

// lock waits until nobody reads a log, and gives what ends that.
func (f *follower) lock(id string) (unlock func()) {
	f.mu.Lock()
	log := f.logs[id]
	if log == nil {
		log = new(sync.Mutex)
		f.logs[id] = log
		f.pipeline.stats.Sources.Add(1)
	}
	f.mu.Unlock()
	log.Lock()
	return log.Unlock
}

// lockKnown is lock for a log that was followed; nil for another.
func (f *follower) lockKnown(id string) (unlock func()) {
	f.mu.Lock()
	known := f.logs[id] != nil
	f.mu.Unlock()
	if !known {
		return nil
	}
	return f.lock(id)
}

// asFollowed gives a file the identity under which it was followed, if it was, or is in this
// program: then what of it has come there is stored before. unlock ends that it waits.
func (p *Pipeline) asFollowed(ctx context.Context, src *files.Source, o FileOptions) (unlock func(), err error) {
	unlock = func() {}
	if src.Live() {
		return unlock, nil // its beginning may not be there yet
	}
	id := src.LogID()
	if id == "" {
		return unlock, nil
	}
	if o.lock != nil {
		if end := o.lock(id); end != nil {
			unlock, src.ID = end, id
		}
	}
	known, err := p.opts.Store.Known(ctx, id, 0)
	if err == nil && len(known.Done)+len(known.Intended) > 0 {
		src.ID = id
	}
	return unlock, err
}

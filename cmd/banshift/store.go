package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/banshift/banshift/load"
)

// openStore opens the configured store, which must be there: a misspelt directory is
// an error and no new store. Close it.
func (a *app) openStore(ctx context.Context) (*load.Store, error) {
	if isDirectory(a.cfg.Store) {
		if _, err := os.Stat(a.cfg.Store); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("store %s: there is no such directory; banshift run makes one", a.cfg.Store)
		}
	}
	return a.createStore(ctx)
}

// createStore opens the configured store, starting the embedded engine where it is a
// directory, makes it where it is missing, and brings its tables up to date. Close it.
func (a *app) createStore(ctx context.Context) (*load.Store, error) {
	if a.cfg.Store == "" {
		return nil, misused(errNoStore)
	}
	return load.Open(ctx, a.cfg.Store, a.storeOptions())
}

// awaitStore opens the configured store for a program that goes on until it is stopped: a server that is away is waited for as
// long as ctx lives, and so is room on its disk. What is watched is told of each try.
func (a *app) awaitStore(ctx context.Context, open func(context.Context) (*load.Store, error)) (*load.Store, error) {
	for pause := firstAwait; ; pause = min(2*pause, longestAwait) {
		done := a.watched.work(stageEngine)
		store, err := open(ctx)
		done(err)
		passes := errors.Is(err, load.ErrDiskFull) || !isDirectory(a.cfg.Store) && load.IsAway(err)
		if !passes || ctx.Err() != nil {
			return store, err
		}
		if pause == firstAwait {
			a.log.Warn("the store cannot be opened: waiting for it", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// unlessStopped is err, but where a program that goes on until it is stopped was stopped while it waited for its store.
func unlessStopped(ctx context.Context, goesOn bool, err error) error {
	if goesOn && ctx.Err() != nil {
		return nil
	}
	return err
}

// Pauses between two tries to open a server that is away double from the first to the longest.
const firstAwait, longestAwait = time.Second, 30 * time.Second

var errNoStore = errors.New("no store given; use --store DIR or --store clickhouse://user@host:9000/db")

// storeOptions say how the configured store is opened.
func (a *app) storeOptions() load.Options {
	return load.Options{
		EnginePath: a.cfg.Embedded.Path, EngineMegabytes: a.cfg.Embedded.MemoryMegabytes,
		FlowsDays: a.cfg.Retention.FlowsDays, UsageDays: a.cfg.Retention.UsageDays, DNSDays: a.cfg.Retention.DNSDays, Log: a.log, Counting: a.counting, AwaitRoom: a.awaitsRoom,
		About: load.About{Program: programVersion(), Licence: a.cfg.Export.Licence, Citation: a.cfg.Export.Citation},
	}
}

// isDirectory tells a directory from a server's address.
func isDirectory(store string) bool { return store != "" && !strings.Contains(store, "://") }

// keepCounted is a program that goes on with what is counted, and counts what others store: it waits for the store, tells
// how it does, and goes on with what begin makes of the store until that ends. begin gives what takes another
// configuration over, and what goes on.
func (a *app) keepCounted(ctx context.Context, begin func(*load.Store) (renewal, func(context.Context) error, error)) error {
	hangups, forget := hangups(true)
	defer forget()
	w := a.watch()
	untell, err := a.tell(ctx, w)
	if err != nil {
		return err
	}
	defer untell()
	store, err := a.awaitStore(ctx, a.openStore)
	if err != nil {
		return unlessStopped(ctx, true, err)
	}
	defer store.Close()
	w.store = store
	defer a.tellOfStore(ctx, w)()
	if _, err := store.Count(ctx, 0); err != nil && !errors.Is(err, load.ErrForbidden) {
		return err
	}
	counted := w.board.Stage(stageCount).Run()
	go func() { store.KeepCounted(ctx, countEvery); counted(ctx.Err() != nil) }()
	renew, goOn, err := begin(store)
	if err != nil {
		return err
	}
	defer a.notify(ctx, w)()
	go a.keepReloaded(ctx, hangups, renew)
	return goOn(ctx)
}

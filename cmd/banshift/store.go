package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

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

var errNoStore = errors.New("no store given; use --store DIR or --store clickhouse://user@host:9000/db")

// storeOptions say how the configured store is opened.
func (a *app) storeOptions() load.Options {
	return load.Options{
		EnginePath: a.cfg.Embedded.Path, EngineMegabytes: a.cfg.Embedded.MemoryMegabytes,
		FlowsDays: a.cfg.Retention.FlowsDays, UsageDays: a.cfg.Retention.UsageDays, DNSDays: a.cfg.Retention.DNSDays, Log: a.log, Counting: a.counting,
		About: load.About{Program: programVersion(), Licence: a.cfg.Export.Licence, Citation: a.cfg.Export.Citation},
	}
}

// isDirectory tells a directory from a server's address.
func isDirectory(store string) bool { return store != "" && !strings.Contains(store, "://") }

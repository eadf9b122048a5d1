package main

import (
	"context"
	"errors"

	"github.com/banshift/banshift/load"
)

// openStore opens the configured store, starting the embedded engine where it is a
// directory, and brings its tables up to date. Close it.
func (a *app) openStore(ctx context.Context) (*load.Store, error) {
	if a.cfg.Store == "" {
		return nil, misused(errors.New("no store given; use --store DIR or --store clickhouse://user@host:9000/db"))
	}
	return load.Open(ctx, a.cfg.Store, load.Options{
		EnginePath: a.cfg.Embedded.Path, EngineMegabytes: a.cfg.Embedded.MemoryMegabytes,
		FlowsDays: a.cfg.Retention.FlowsDays, Log: a.log,
	})
}

package main

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/banshift/banshift/external/listdir"
)

// listsPause is how often a following program looks whether the lists were updated.
const listsPause = 10 * time.Second

// current are the stages that a run works with: a following one takes over lists that are
// updated during the run.
type current struct {
	stages     atomic.Pointer[stages]
	generation atomic.Int64
}

func newCurrent(s *stages) *current {
	c := &current{}
	c.stages.Store(s)
	return c
}

// keepUpdated takes over the directory of lists each time that its manifest is another, until ctx
// is done. Lists that cannot be read leave those that are there.
func (a *app) keepUpdated(ctx context.Context, c *current) {
	if a.cfg.ListsDirectory == "" {
		return
	}
	manifest := filepath.Join(a.cfg.ListsDirectory, listdir.ManifestFile)
	seen, _ := os.Stat(manifest)
	tick := time.NewTicker(listsPause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now, err := os.Stat(manifest)
		if err != nil || seen != nil && os.SameFile(seen, now) && seen.ModTime().Equal(now.ModTime()) {
			continue
		}
		seen = now
		a.relist(c)
	}
}

// relist reads the lists again: the next range of each worker is looked up in them.
func (a *app) relist(c *current) {
	s := c.stages.Load()
	enricher, err := loadLists(s.cfg, s.settings)
	if err != nil {
		a.log.Warn("the updated lists cannot be read: those that were read before stay", "error", err)
		return
	}
	before, after := s.enricher.Lists().Version(), enricher.Lists().Version()
	if before == after {
		return
	}
	next, err := newStages(s.cfg, s.home, s.settings, enricher, s.pack)
	if err != nil {
		a.log.Warn("the updated lists cannot be used: those that were read before stay", "error", err)
		return
	}
	c.stages.Store(next)
	c.generation.Add(1)
	a.log.Info("the lists were updated: from the next block on they are used", "lists", after)
}

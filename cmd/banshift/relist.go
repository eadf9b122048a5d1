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

// keepUpdated takes over the directory of lists each time that its manifest is another, and the files of
// networks each time that one is, until ctx is done. What cannot be read leaves what is there.
func (a *app) keepUpdated(ctx context.Context, c *current) {
	var watched []string
	if a.cfg.ListsDirectory != "" {
		watched = append(watched, filepath.Join(a.cfg.ListsDirectory, listdir.ManifestFile))
	}
	for _, n := range a.cfg.Networks {
		watched = append(watched, n.Path)
	}
	if len(watched) == 0 {
		return
	}
	seen := make([]os.FileInfo, len(watched))
	for i, path := range watched {
		seen[i], _ = os.Stat(path)
	}
	afterEvery(ctx, listsPause, func() {
		changed := false
		for i, path := range watched {
			now, err := os.Stat(path)
			if err != nil || seen[i] != nil && os.SameFile(seen[i], now) && seen[i].ModTime().Equal(now.ModTime()) && seen[i].Size() == now.Size() {
				continue
			}
			seen[i], changed = now, true
		}
		if changed {
			a.relist(c)
		}
	})
}

// relist reads the lists and networks again: the next range of each worker is looked up in them.
func (a *app) relist(c *current) {
	s := c.stages.Load()
	enricher, err := loadLists(s.cfg, s.settings)
	if err != nil {
		a.log.Warn("the updated lists or networks cannot be read: those that were read before stay", "error", err)
		return
	}
	before, after := s.enricher.Lists().Version(), enricher.Lists().Version()
	if before == after {
		return
	}
	next, err := newStages(s.cfg, s.home, s.settings, enricher, s.pack)
	if err != nil {
		a.log.Warn("the updated lists or networks cannot be used: those that were read before stay", "error", err)
		return
	}
	c.stages.Store(next)
	c.generation.Add(1)
	a.log.Info("the lists or networks were updated: from the next block on they are used; what is stored keeps the countries and names that it has, until it is forgotten and read again", "lists", after)
}

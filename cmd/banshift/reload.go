package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"reflect"
	"syscall"
)

// keepReloaded reads the configuration again at each SIGHUP, until ctx is done.
func (a *app) keepReloaded(ctx context.Context, c *current) {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGHUP)
	defer signal.Stop(asked)
	for {
		select {
		case <-ctx.Done():
			return
		case <-asked:
			a.reload(c)
		}
	}
}

// reload takes over home, lists, networks and rules of the configuration, and what of the gate is no matter of the key: the
// next range of each worker is read with them, and its row in the ledger names them. Who watches for alarms goes on with its
// catalogue and subscriptions. What cannot be used leaves what is there.
func (a *app) reload(c *current) {
	before := c.stages.Load()
	cfg, err := a.reread()
	if err == nil && cfg.Privacy.KeyFile != before.cfg.Privacy.KeyFile {
		err = errors.New("privacy.key_file is another: that needs a new start")
	}
	var next *stages
	if err == nil {
		next, err = loadStages(reloaded(before.cfg, cfg))
	}
	if err == nil && c.watchers != nil {
		err = c.watchers.renew(reloaded(before.cfg, cfg))
	}
	if err != nil {
		a.log.Warn("the configuration cannot be used: that of before stays", "error", err)
		return
	}
	c.stages.Store(next)
	c.generation.Add(1)
	a.log.Info("the configuration was read again: from the next block on it is used", "pack", next.pack.Version(), "lists", next.enricher.Lists().Version())
	if !reflect.DeepEqual(reloaded(before.cfg, cfg), cfg) {
		a.log.Warn("other settings than home, lists, networks, rules, events, subscriptions, smtp, privacy.raw_clients and ingest.future_seconds were changed: they need a new start")
	}
}

// reloaded is a configuration with those settings of another one that a running program takes over.
func reloaded(cfg, from Config) Config {
	cfg.Home, cfg.HomeFile = from.Home, from.HomeFile
	cfg.Lists, cfg.ListsDirectory, cfg.Networks, cfg.Rules = from.Lists, from.ListsDirectory, from.Networks, from.Rules
	cfg.Events, cfg.Subscriptions, cfg.SMTP = from.Events, from.Subscriptions, from.SMTP
	cfg.Privacy.RawClients, cfg.Ingest.FutureSeconds = from.Privacy.RawClients, from.Ingest.FutureSeconds
	return cfg
}

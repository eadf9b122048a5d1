package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"reflect"
	"syscall"
)

// renewal makes what a part of the program goes on with under another configuration; use has it do so.
type renewal func(Config) (use func(), err error)

// hangups gives the SIGHUPs that come until forget is called; without listen there are none, and one ends the program.
func hangups(listen bool) (asked <-chan os.Signal, forget func()) {
	c := make(chan os.Signal, 1)
	if listen {
		signal.Notify(c, syscall.SIGHUP)
	}
	return c, func() { signal.Stop(c) }
}

// keepReloaded reads the configuration again at each SIGHUP, until ctx is done.
func (a *app) keepReloaded(ctx context.Context, hangups <-chan os.Signal, parts ...renewal) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
			a.reload(parts)
		}
	}
}

// reload has the parts of the program go on with the configuration as it is now. What cannot be used leaves what is there.
func (a *app) reload(parts []renewal) {
	cfg, err := a.reread()
	if err == nil && cfg.Privacy.KeyFile != a.cfg.Privacy.KeyFile {
		err = errors.New("privacy.key_file is another: that needs a new start")
	}
	var uses []func()
	for _, renew := range parts {
		if err != nil {
			break
		}
		var use func()
		use, err = renew(reloaded(a.cfg, cfg))
		uses = append(uses, use)
	}
	if err != nil {
		a.log.Warn("the configuration cannot be used: that of before stays", "error", err)
		return
	}
	for _, use := range uses {
		use()
	}
	a.log.Info("the configuration was read again, and is used from now on")
	if others := changed(reloaded(a.cfg, cfg), cfg); len(others) > 0 {
		a.log.Warn("settings were changed that need a new start", "settings", others)
	}
}

// changed names the settings in which two configurations differ.
func changed(before, after Config) (names []string) {
	was, is := reflect.ValueOf(before), reflect.ValueOf(after)
	for i := range was.NumField() {
		if !reflect.DeepEqual(was.Field(i).Interface(), is.Field(i).Interface()) {
			names = append(names, was.Type().Field(i).Tag.Get("mapstructure"))
		}
	}
	return names
}

// with is the program under another configuration.
func (a *app) with(cfg Config) *app {
	other := *a
	other.cfg = cfg
	return &other
}

// renewStages takes over home, lists, networks and rules, and what of the gate is no matter of the key: the next range of each
// worker is read with them, and its row in the ledger names them.
func (a *app) renewStages(c *current) renewal {
	return func(cfg Config) (func(), error) {
		next, err := loadStages(cfg)
		return func() {
			c.stages.Store(next)
			c.generation.Add(1)
			a.log.Info("from the next block on", "pack", next.pack.Version(), "lists", next.enricher.Lists().Version())
		}, err
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

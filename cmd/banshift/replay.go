package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/study"
	"github.com/banshift/banshift/study/account"
)

// replay makes a saved result again from its provenance and prints it. It fails where
// the data, the catalogue or the outcome are no longer the same.
func (a *app) replay(ctx context.Context, path string) error {
	saved, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	var was study.Result
	if err := json.Unmarshal(saved, &was); err != nil {
		return misused(fmt.Errorf("replay: %s is not a result of 'analyze --json': %w", path, err))
	}
	p := was.Provenance
	if p == nil {
		return misused(fmt.Errorf("replay: %s has no provenance; make it with 'analyze --json'", path))
	}
	catalogue, err := events.Load(p.Events)
	if err != nil {
		return err
	}
	hash, err := study.HashEvents(catalogue)
	if err != nil {
		return err
	}
	if hash != p.EventsHash {
		return fmt.Errorf("replay: the catalogue %q is not the one of the result (its hash is %.12s, was %.12s)", p.Events, hash, p.EventsHash)
	}
	so, err := a.replayOptions(*p, catalogue)
	if err != nil {
		return err
	}
	now, err := a.analysis(ctx, so)
	if err != nil {
		return err
	}
	if now.Provenance.DataHash != p.DataHash {
		return fmt.Errorf("replay: the data of %q are not those of the result (their hash is %.12s, was %.12s)", p.Series, now.Provenance.DataHash, p.DataHash)
	}
	if !slices.Equal(now.Provenance.Evidence, p.Evidence) {
		return errors.New("replay: a file of --evidence is not the one of the result")
	}
	if p.Version != now.Provenance.Version {
		a.log.Warn("the result was made by another version", "then", p.Version, "now", now.Provenance.Version)
	}
	now.Provenance = p
	var text bytes.Buffer
	if err := writeJSON(&text, now); err != nil {
		return err
	}
	if _, err := a.out.Write(text.Bytes()); err != nil {
		return err
	}
	if !bytes.Equal(text.Bytes(), saved) {
		return errors.New("replay: the same data give another result now; the procedure has changed since")
	}
	return nil
}

// replayOptions are the options that a result was made with.
func (a *app) replayOptions(p account.Provenance, catalogue []events.Event) (o study.Options, err error) {
	o = study.Options{Config: p.Config, Catalogue: catalogue, Events: p.Events, Version: programVersion()}
	var given []string
	for _, file := range p.Evidence {
		given = append(given, file.Given)
	}
	if o.Evidence, err = evidenceOf(given); err != nil || p.Series == study.FromStore {
		return o, err
	}
	o.Given, err = a.given(analyzeOptions{series: p.Series, format: p.Format, country: p.Country, name: p.Name})
	return o, err
}

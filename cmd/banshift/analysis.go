package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/banshift/banshift/external/series"
	"github.com/banshift/banshift/external/topology"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/study"
	"github.com/banshift/banshift/transform/blocking"
	"github.com/banshift/banshift/transform/spike"
)

// studyOptions are what a study depends on, from the flags and the configuration.
func (a *app) studyOptions(o analyzeOptions) (study.Options, error) {
	from := cmp.Or(o.events, a.cfg.Events)
	catalogue, err := events.Load(from)
	if err != nil {
		return study.Options{}, err
	}
	cfg, err := a.spikeConfig()
	if err != nil {
		return study.Options{}, err
	}
	cfg.Placebo, cfg.Secondary = cmp.Or(spike.PlaceboMode(o.placebo), cfg.Placebo), o.secondary
	cfg.Course = o.course
	cfg.Direction, cfg.Rule = spike.Direction(o.direction), cmp.Or(spike.Rule(o.rule), cfg.Rule)
	if err := o.resolve(&cfg); err != nil {
		return study.Options{}, err
	}
	so := study.Options{Config: cfg, Catalogue: catalogue, Events: from, Version: programVersion()}
	if so.Given, err = a.given(o); err != nil {
		return study.Options{}, err
	}
	so.Evidence, err = evidenceOf(o.evidence)
	return so, err
}

// given reads the series of --series; nil where the store's own use is meant.
func (a *app) given(o analyzeOptions) (*study.Given, error) {
	if o.series == "" {
		return nil, nil
	}
	list, err := a.readSeries(o)
	return &study.Given{Path: o.series, Format: o.format, Country: o.country, Name: o.name, Series: list}, err
}

// studied runs a study on the store, which is not opened where a series is given.
func (a *app) studied(ctx context.Context, o study.Options, run func(*load.Store) error) error {
	if o.Given != nil {
		return misusedIfRefused(run(nil))
	}
	store, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	return errors.Join(misusedIfRefused(run(store)), store.Close())
}

// misusedIfRefused tells what the procedure cannot be run on from what failed.
func misusedIfRefused(err error) error {
	if refused := (*study.RefusedError)(nil); errors.As(err, &refused) {
		return misused(err)
	}
	return err
}

// evidenceOf reads the series of --evidence FORMAT[:COUNTRY]=FILE.
func evidenceOf(list []string) ([]study.Evidence, error) {
	var evidence []study.Evidence
	for _, given := range list {
		how, path, ok := strings.Cut(given, "=")
		if !ok {
			return nil, misused(fmt.Errorf("--evidence %s: want FORMAT=FILE or FORMAT:COUNTRY=FILE", given))
		}
		format, country, _ := strings.Cut(how, ":")
		e := study.Evidence{Given: given, Format: format, Name: strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))}
		err := readFile(path, func(f io.Reader) (err error) {
			e.Series, err = series.Read(f, series.Source{Format: format, Name: e.Name, Country: country})
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("evidence: %w", err)
		}
		evidence = append(evidence, e)
	}
	return evidence, nil
}

// spikeConfig is the procedure with the windows and holidays that the configuration registers.
func (a *app) spikeConfig() (spike.Config, error) {
	cfg := spike.DefaultConfig()
	in := a.cfg.Analysis
	cfg.BeforeDays, cfg.BaselineDays, cfg.AfterDays, cfg.Rule, cfg.Seed = in.BeforeDays, in.BaselineDays, in.AfterDays, spike.Rule(in.Rule), in.Seed
	for _, path := range a.cfg.Analysis.Holidays {
		err := readFile(path, func(r io.Reader) (err error) {
			cfg.Holidays, err = readHolidays(r, cfg.Holidays)
			return err
		})
		if err != nil {
			return cfg, misused(fmt.Errorf("holidays: %w", err))
		}
	}
	return cfg, nil
}

// readHolidays adds the rows of a CSV with the columns country and date to the days of each country.
func readHolidays(r io.Reader, days map[string][]time.Time) (map[string][]time.Time, error) {
	in := csv.NewReader(r)
	in.Comment = '#'
	rows, err := in.ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || slices.Index(rows[0], "country") < 0 || slices.Index(rows[0], "date") < 0 {
		return nil, errors.New("want a header line with country and date")
	}
	country, date := slices.Index(rows[0], "country"), slices.Index(rows[0], "date")
	if days == nil {
		days = map[string][]time.Time{}
	}
	for _, row := range rows[1:] {
		day, err := time.Parse(time.DateOnly, row[date])
		if err != nil {
			return nil, fmt.Errorf("date %q: want YYYY-MM-DD", row[date])
		}
		code := strings.ToLower(row[country])
		days[code] = append(days[code], day)
	}
	return days, nil
}

func (a *app) readSeries(o analyzeOptions) ([]spike.Series, error) {
	from := series.Source{Format: o.format, Name: o.name, Country: strings.ToLower(o.country)}
	if o.series == "-" {
		from.Name = cmp.Or(from.Name, "stdin")
		return series.Read(a.in, from)
	}
	f, err := os.Open(o.series)
	if err != nil {
		return nil, fmt.Errorf("analyze: %w", err)
	}
	defer f.Close()
	from.Name = cmp.Or(from.Name, strings.TrimSuffix(filepath.Base(o.series), filepath.Ext(o.series)))
	list, err := series.Read(f, from)
	if err != nil {
		return nil, fmt.Errorf("analyze: %s: %w", o.series, err)
	}
	return list, nil
}

// border reads the topology and measures the country's, and identifies its files; nil
// where none is given.
func (a *app) border(country, dir string) (b *blocking.Border, sha256Hex string, err error) {
	relations, delegated := []string{a.cfg.Topology.Relationships}, a.cfg.Topology.Delegations
	if dir != "" {
		if relations, err = filepath.Glob(filepath.Join(dir, "*as-rel*")); err != nil {
			return nil, "", err
		}
		if delegated, err = filepath.Glob(filepath.Join(dir, "delegated*")); err != nil {
			return nil, "", err
		}
		if len(relations) == 0 || len(delegated) == 0 {
			return nil, "", misused(fmt.Errorf("--topology %s: want files named *as-rel* and delegated*", dir))
		}
	}
	if relations[0] == "" || len(delegated) == 0 {
		return nil, "", nil
	}
	sum := sha256.New()
	var d topology.Delegations
	for _, path := range delegated {
		if err := readFile(path, hashed(sum, d.Read)); err != nil {
			return nil, "", err
		}
	}
	var links []blocking.Link
	for _, path := range relations {
		err := readFile(path, hashed(sum, func(r io.Reader) error {
			found, err := topology.ReadLinks(r)
			for _, l := range found {
				if d.Country(l.A) != "" && d.Country(l.B) != "" { // where one is not known, abroad is not
					links = append(links, blocking.Link(l))
				}
			}
			return err
		}))
		if err != nil {
			return nil, "", err
		}
	}
	measured := blocking.MeasureBorder(links, func(asn uint32) bool { return d.Country(asn) == country })
	return &measured, hex.EncodeToString(sum.Sum(nil)), nil
}

// hashed adds what is read to a sum.
func hashed(sum hash.Hash, read func(io.Reader) error) func(io.Reader) error {
	return func(r io.Reader) error { return read(io.TeeReader(r, sum)) }
}

func readFile(path string, read func(io.Reader) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	if err := errors.Join(read(f), f.Close()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// writeFile writes a file of another name and renames it, so that a file is there whole or not.
func writeFile(path string, write func(io.Writer) error) error {
	_, err := load.WriteWhole(path, write)
	return err
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/simulate"
	"github.com/banshift/banshift/transform/classify"
	"github.com/banshift/banshift/transform/enrich"
	"github.com/banshift/banshift/transform/usage"
)

// world is what a store says of a simulated world, and what is true.
type world struct {
	judged [][]bool // by country and day: whether there is a row
	found  [][]int  // clients of servers that came up
	truth  [][]int  // clients of the tool
}

// measure has a world go through classifier and store, and asks as anybody does; once for each rise.
func measure(ctx context.Context, n simulate.Newcomers, seed uint64, rises []load.Rise) ([]world, error) {
	dir, err := os.MkdirTemp("", "newcomers")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	truth := make([][]int, n.Countries)
	s, err := load.Open(ctx, dir, load.Options{})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if err := write(ctx, s, n, seed, truth); err != nil {
		return nil, err
	}
	if _, err := s.Count(ctx, 0); err != nil {
		return nil, err
	}
	var worlds []world
	for _, rise := range rises {
		if err := s.JudgeServers(ctx, simulate.NewcomersStart, simulate.NewcomersStart.AddDate(0, 0, n.Days), rise); err != nil {
			return nil, err
		}
		w, err := ask(ctx, s, n)
		if err != nil {
			return nil, err
		}
		w.truth = truth
		worlds = append(worlds, w)
	}
	return worlds, nil
}

// write stores the flows of a world.
func write(ctx context.Context, s *load.Store, n simulate.Newcomers, seed uint64, truth [][]int) error {
	e, err := enrich.New(enrich.Config{NoBuiltin: true})
	if err != nil {
		return err
	}
	pack, err := classify.Default()
	if err != nil {
		return err
	}
	verdicts, err := classify.New(pack, classify.Options{Lists: e.Lists()})
	if err != nil {
		return err
	}
	folder := usage.New(usage.Options{Evidence: make([]string, pack.NumRules()), Mem: memory.DefaultAllocator})
	return n.Each(seed, func(day simulate.Encounters) error {
		for c, users := range day.Users {
			truth[c] = append(truth[c], users)
		}
		rec, err := classified(ctx, e, verdicts, day.Flows)
		if err != nil {
			return err
		}
		defer rec.Release()
		tables, counts, err := folder.Fold(ctx, rec, nil, pack.Version())
		if err != nil {
			return err
		}
		defer tables.Release()
		b := load.Batch{
			Source: "newcomers", First: int64(day.Day), Next: int64(day.Day) + 1, Simulated: true, FirstEvent: day.Date, LastEvent: day.Date.Add(24*time.Hour - 1),
			Counts: load.Counts{In: uint64(day.Flows.NumRows()), Stored: uint64(counts.Stored), Folded: uint64(counts.Folded)},
		}
		for _, t := range tables {
			b.Tables = append(b.Tables, load.TableBatch{Name: t.Name, Record: t.Record})
		}
		return s.Write(ctx, b)
	})
}

// classified gives flows their verdicts.
func classified(ctx context.Context, e *enrich.Enricher, verdicts *classify.Classifier, flows arrow.Record) (arrow.Record, error) {
	enriched, err := e.Apply(ctx, flows)
	if err != nil {
		return nil, err
	}
	defer enriched.Release()
	return verdicts.Apply(ctx, enriched)
}

// ask reads the named query, by country and day.
func ask(ctx context.Context, s *load.Store, n simulate.Newcomers) (world, error) {
	var out bytes.Buffer
	if err := s.Query(ctx, "unknown_tools", nil, &out, load.JSON); err != nil {
		return world{}, err
	}
	var rows []struct {
		Country string
		Day     string
		Clients int
	}
	if err := json.Unmarshal(out.Bytes(), &rows); err != nil {
		return world{}, err
	}
	w := world{judged: make([][]bool, n.Countries), found: make([][]int, n.Countries)}
	place := map[string]int{}
	for c, code := range n.Codes() {
		w.judged[c], w.found[c], place[code] = make([]bool, n.Days), make([]int, n.Days), c
	}
	for _, r := range rows {
		date, err := time.Parse(time.DateOnly, r.Day)
		if err != nil {
			return world{}, fmt.Errorf("day of a row: %w", err)
		}
		day := int(date.Sub(simulate.NewcomersStart) / (24 * time.Hour))
		w.judged[place[r.Country]][day], w.found[place[r.Country]][day] = true, r.Clients
	}
	return w, nil
}

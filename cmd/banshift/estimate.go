package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/schemas/columns"
)

const (
	// secondsAMillion is the processor time of program and engine for a million records: docs/performance.md.
	secondsAMillion = 3.2 + 1.6
	// programBytes is what the program takes at most, whatever the input's size.
	programBytes = 300 << 20
	// fewRecords is below what a table's bytes are mostly those of its files.
	fewRecords = 1_000_000
)

// demand is what telemetry at a rate takes after some days.
type demand struct {
	tables []tableDemand
	bytes  float64
	cores  float64
}

// tableDemand is what a table takes: so many bytes a record, a day, or at all.
type tableDemand struct {
	table string
	grows string  // what it grows with, as in columns.yaml
	with  string  // what has more of these
	row   float64 // bytes of a row; 0: there are none
	bytes float64 // a record, a day, or at all
	days  int     // for which its rows are kept, among those asked about
	atEnd float64
}

// growthOf gives what the tables of a store grow with, by their name. What no migration makes grows with nothing.
func growthOf() (func(table string) (grows, with string), error) {
	all, err := columns.Read()
	if err != nil {
		return nil, err
	}
	return func(table string) (string, string) {
		for _, t := range all.Tables {
			if t.Name == table {
				return t.Grows, all.Growth[t.Grows].With
			}
		}
		return "once", columns.WithNothing
	}, nil
}

// demandOf scales what a store takes now.
func demandOf(now load.Sizes, perSecond float64, days int, kept RetentionConfig) (demand, error) {
	if now.Records == 0 || now.Days == 0 {
		return demand{}, errors.New("the store has no telemetry: run some of yours into it first, the estimate is made of what that takes")
	}
	growth, err := growthOf()
	if err != nil {
		return demand{}, err
	}
	limits := map[string]int{schemas.TableFlows: kept.FlowsDays, "counted_servers": kept.FlowsDays, schemas.TableUsage: kept.UsageDays, schemas.TableDNSUsage: kept.DNSDays}
	d := demand{cores: perSecond * secondsAMillion / 1e6}
	for _, t := range now.Tables {
		own := tableDemand{table: t.Table, days: days, row: float64(t.Bytes) / float64(max(t.Rows, 1)), bytes: float64(t.Bytes)}
		own.grows, own.with = growth(t.Table)
		if limit := limits[t.Table]; limit > 0 {
			own.days = min(days, limit)
		}
		switch own.with {
		case columns.WithRecords:
			own.bytes /= float64(now.Records)
			own.atEnd = own.bytes * perSecond * 86400 * float64(own.days)
		case columns.WithDays:
			own.bytes /= float64(now.Days)
			own.atEnd = own.bytes * float64(own.days)
		default:
			own.atEnd = own.bytes
		}
		d.bytes += own.atEnd
		d.tables = append(d.tables, own)
	}
	return d, nil
}

// parseRate reads a number of records a second, as 50000/s.
func parseRate(text string) (float64, error) {
	rate, err := strconv.ParseFloat(strings.TrimSuffix(text, "/s"), 64)
	if err != nil || !(rate > 0) || math.IsInf(rate, 0) {
		return 0, misused(fmt.Errorf("--estimate %q: want records a second, as 50000/s", text))
	}
	return rate, nil
}

// estimate says what telemetry at a rate takes after some days, by what the store takes now.
func (a *app) estimate(ctx context.Context, rate string, days int) error {
	perSecond, err := parseRate(rate)
	if err != nil {
		return err
	}
	if days <= 0 {
		return misused(fmt.Errorf("--days %d: want a positive number", days))
	}
	store, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	now, err := store.Sizes(ctx)
	if err != nil {
		return err
	}
	d, err := demandOf(now, perSecond, days, a.cfg.Retention)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "measured: %s records of %d days in %s\n", count(int64(now.Records)), now.Days, withoutPassword(a.cfg.Store))
	if now.Records < fewRecords {
		fmt.Fprintln(a.out, "That is little: a table's bytes are then mostly those of its files, and the estimate is too high. A day of your telemetry tells more.")
	}
	s := sheet{heads: []string{"TABLE", "GROWS WITH", "BYTES A ROW", "BYTES", "PER", "DAYS KEPT", fmt.Sprintf("AFTER %d DAYS", days)}, whole: []string{"TABLE"}}
	per := map[string]string{columns.WithRecords: "record", columns.WithDays: "day", columns.WithNothing: "store"}
	for _, t := range d.tables {
		s.add(t.table, strings.ReplaceAll(t.grows, "_", " "), fmt.Sprintf("%.3g", t.row), fmt.Sprintf("%.3g", t.bytes), per[t.with], fmt.Sprint(t.days), sizeText(t.atEnd))
	}
	if err := a.print(s); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "disk: %s for the tables, and up to as much again while parts are merged\n", sizeText(d.bytes))
	fmt.Fprintf(a.out, "memory: %s for the program, %s for an embedded engine\n", sizeText(programBytes), sizeText(float64(a.cfg.Embedded.MemoryMegabytes)*1e6))
	fmt.Fprintf(a.out, "cores: %.1f at all times, twice that to catch up (%.2f s of a core a million records, docs/performance.md)\n", d.cores, secondsAMillion)
	return nil
}

// sizeText writes bytes with a unit.
func sizeText(bytes float64) string {
	for _, unit := range []string{"B", "kB", "MB", "GB", "TB"} {
		if bytes < 1000 {
			return fmt.Sprintf("%.3g %s", bytes, unit)
		}
		bytes /= 1000
	}
	return fmt.Sprintf("%.4g PB", bytes)
}

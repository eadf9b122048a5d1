package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/external/series"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
)

func newSpikesCommand(a *app) *cobra.Command {
	var o analyzeOptions
	var country string
	cmd := &cobra.Command{
		Use:   "spikes",
		Short: "List when use left its baseline, and the catalogued event nearest to it",
		Long: `spikes lists the alarms: episodes in which a country's use left its own weekday baseline
by more than its noise, after the change that all countries share. A date near a ban is
no attribution: 'banshift analyze' tests that.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.spikes(c.Context(), o, country) },
	}
	f := cmd.Flags()
	f.StringVar(&o.series, "series", "", "file of daily users; - reads the standard input (default: the store's own use)")
	f.StringVar(&o.format, "series-format", "csv", strings.Join(series.Formats(), ", "))
	f.StringVar(&o.country, "series-country", "", "lower-case ISO code of a file that names no country")
	f.StringVar(&o.name, "series-name", "", "what the series is called (default: the file's name)")
	f.StringVar(&o.events, "events", "", "catalogue: a directory, or a file of YAML, JSON or CSV; several by commas, \"builtin\" among them (default: the built-in one)")
	f.StringVar(&country, "country", "", "only this country (lower-case ISO code)")
	f.BoolVar(&o.asJSON, "json", false, "print one JSON array")
	return cmd
}

func (a *app) spikes(ctx context.Context, o analyzeOptions, country string) error {
	catalogue, err := events.Load(cmp.Or(o.events, a.cfg.Events))
	if err != nil {
		return err
	}
	cfg, err := a.spikeConfig()
	if err != nil {
		return err
	}
	var result spike.Result
	if o.series == "" {
		result, err = a.analyzeStore(ctx, o, catalogue, cfg)
	} else {
		result, err = a.analyzeFile(o, catalogue, cfg)
	}
	if err != nil {
		return err
	}
	kept := []spike.Alarm{}
	for _, alarm := range result.Alarms {
		if country == "" || alarm.Country == country {
			kept = append(kept, alarm)
		}
	}
	if o.asJSON {
		return writeJSON(a.out, kept)
	}
	w := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "DATE\tUNTIL\tCOUNTRY\tSERIES\tDIRECTION\tZ\tNEAREST EVENT")
	for _, alarm := range kept {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%.1f\t%s\n", alarm.Date, alarm.Until, alarm.Country, alarm.Series, alarm.Direction, alarm.Z, nearest(alarm, catalogue))
	}
	return w.Flush()
}

// nearDays is the distance within which an event is named beside an alarm.
const nearDays = 14

// nearest names the catalogued event of the alarm's country that is closest to it.
func nearest(alarm spike.Alarm, catalogue []events.Event) string {
	date := dayOf(alarm.Date)
	name, least := "-", nearDays+1
	for _, e := range catalogue {
		d := int(date.Sub(e.Date()).Hours() / 24)
		if e.Country == alarm.Country && max(d, -d) < least {
			least = max(d, -d)
			name = fmt.Sprintf("%s (%+d d)", e.ID, d)
		}
	}
	return name
}

// eventRows are the catalogue's rows for the store.
func eventRows(catalogue []events.Event) []load.Event {
	when := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	var rows []load.Event
	for _, e := range catalogue {
		rows = append(rows, load.Event{ID: e.ID, Country: e.Country, Target: e.Target, Kind: string(e.Kind),
			AnnouncedAt: when(e.Announced()), EnforcedAt: when(e.Enforced()), EndedAt: when(e.Ended()),
			Precision: e.Precision, Notes: e.Notes})
	}
	return rows
}

// effectRows are the effects that have a number; what is insufficient has none to keep.
func effectRows(list []spike.Effect, cfg spike.Config, simulated bool, pack string) []load.Effect {
	var rows []load.Effect
	for _, e := range list {
		if e.EffectLog == nil || e.CILow == nil || e.CIHigh == nil {
			continue
		}
		rows = append(rows, load.Effect{Series: e.Series, Country: e.Country, Event: e.Event, Date: e.Date,
			EffectLog: *e.EffectLog, EffectPct: *e.EffectPct, CILow: *e.CILow, CIHigh: *e.CIHigh,
			PTime: e.PTime, NTime: uint32(e.NTime), PSpace: e.PSpace, NSpace: uint32(e.NSpace),
			Direction: string(e.Direction), Grade: string(e.Grade), Reasons: e.Reasons,
			BeforeDays: uint16(cfg.BeforeDays), AfterDays: uint16(cfg.AfterDays), Seed: cfg.Seed,
			Simulated: asFlag(simulated), Pack: pack})
	}
	return rows
}

// spikeRows are the alarms with the value of their first day.
func spikeRows(alarms []spike.Alarm, list []spike.Series, simulated bool, pack string) []load.Spike {
	var rows []load.Spike
	for _, alarm := range alarms {
		value := valueOn(list, alarm)
		rows = append(rows, load.Spike{Series: alarm.Series, Country: alarm.Country, Date: alarm.Date, Z: alarm.Z,
			Direction: string(alarm.Direction), Value: value, Expected: alarm.Expected, Simulated: asFlag(simulated), Pack: pack})
	}
	return rows
}

func valueOn(list []spike.Series, alarm spike.Alarm) float64 {
	for _, s := range list {
		if s.Name != alarm.Series || s.Country != alarm.Country {
			continue
		}
		t := int(dayOf(alarm.Date).Sub(s.Start).Hours() / 24)
		if t >= 0 && t < len(s.Values) && !math.IsNaN(s.Values[t]) {
			return s.Values[t]
		}
	}
	return 0
}

// asFlag is how the tables write a yes or no.
func asFlag(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

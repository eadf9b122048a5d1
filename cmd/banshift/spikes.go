package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/external/series"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/study"
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
		Example: `  banshift spikes --store ./store --country ru
  banshift spikes --series tor-users.csv --series-format tor-userstats`,
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
	completeCountry(cmd, "country")
	completeWith(cmd, "series-format", series.Formats())
	f.BoolVar(&o.asJSON, "json", false, "print one JSON array")
	return cmd
}

func (a *app) spikes(ctx context.Context, o analyzeOptions, country string) error {
	country, err := countryParam(country)
	if err != nil {
		return misused(fmt.Errorf("--country: %w", err))
	}
	so, err := a.studyOptions(o)
	if err != nil {
		return err
	}
	result, err := a.analysis(ctx, so)
	if err != nil {
		return fmt.Errorf("spikes: %w", err)
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
	if countries := result.Countries(); country != "" && !slices.Contains(countries, country) {
		fmt.Fprintf(a.errOut, "no series is of %s; there are series of %s\n", country, shortList(countries))
		return nil
	}
	fmt.Fprintf(a.errOut, "%s\n", result.LookedAt(country, so.Config))
	if len(kept) == 0 {
		fmt.Fprintln(a.errOut, "a change too small for an alarm may still be found around a date that is asked about: 'banshift analyze' asks about the catalogue's")
		return nil
	}
	table := sheet{heads: []string{"DATE", "UNTIL", "COUNTRY", "SERIES", "DIRECTION", "Z", "NEAREST EVENT"}, optional: []string{"SERIES", "UNTIL"}}
	for _, alarm := range kept {
		table.add(alarm.Date, alarm.Until, alarm.Country, alarm.Series, string(alarm.Direction), fmt.Sprintf("%.1f", alarm.Z), nearest(alarm, so.Catalogue))
	}
	return a.print(table)
}

// nearest names the catalogued event of the alarm's country that is closest to it.
func nearest(alarm spike.Alarm, catalogue []events.Event) string {
	date, _ := time.Parse(time.DateOnly, alarm.Date)
	e, away, found := study.Nearest(date, alarm.Country, catalogue)
	if !found || max(away, -away) > study.NearDays {
		return "-"
	}
	return fmt.Sprintf("%s (%+d d)", e.ID, away)
}

package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/external/series"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/transform/spike"
)

// seriesOptions are the flags of series import.
type seriesOptions struct {
	format, country, name, licence string
}

func newSeriesCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "series",
		Short: "Keep external series of users in the store",
		Args:  cobra.NoArgs,
	}
	var o seriesOptions
	bring := &cobra.Command{
		Use:   "import FILE...",
		Short: "Keep what files say by country and day, with its denominator, coverage and licence",
		Long: `import reads external series as 'banshift analyze --series' does and keeps them in the
store's table series, each day with what it is out of, the share of sensors that reported
and the licence of the source. The same series, country and day replaces itself.`,
		Example: `  banshift series import --store ./store --format tor-userstats userstats-bridge-country.csv
  banshift series import --store ./store \
    --format google-trends --country ru --name telegram-interest multiTimeline.csv`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.seriesImport(cmd.Context(), args, o) },
	}
	f := bring.Flags()
	f.StringVar(&o.format, "format", "csv", strings.Join(series.Formats(), ", "))
	f.StringVar(&o.country, "country", "", "lower-case ISO code of a file that names no country")
	f.StringVar(&o.name, "name", "", "what the series is called (default: the file's name)")
	f.StringVar(&o.licence, "licence", "", "licence of the data (default: the one that the format's source publishes under)")
	cmd.AddCommand(bring)
	return cmd
}

func (a *app) seriesImport(ctx context.Context, paths []string, o seriesOptions) error {
	store, err := a.createStore(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	for _, path := range paths {
		list, err := a.readSeries(analyzeOptions{series: path, format: o.format, country: o.country, name: o.name})
		if err != nil {
			return err
		}
		rows := seriesRows(list, filepath.Base(path), cmp.Or(o.licence, series.Licence(o.format)))
		if err := store.PutSeries(ctx, rows); err != nil {
			return fmt.Errorf("series import %s: %w", path, err)
		}
		fmt.Fprintf(a.errOut, "series %s: %d days of %d countries\n", list[0].Name, len(rows), len(list))
	}
	return nil
}

// seriesRows are the days that have a value.
func seriesRows(list []spike.Series, source, licence string) []load.SeriesPoint {
	at := func(column []float64, t int) *float64 {
		if column == nil || math.IsNaN(column[t]) {
			return nil
		}
		return &column[t]
	}
	var rows []load.SeriesPoint
	for _, s := range list {
		for t, v := range s.Values {
			if !math.IsNaN(v) {
				rows = append(rows, load.SeriesPoint{Series: s.Name, Country: s.Country, Time: s.Start.AddDate(0, 0, t), Value: v,
					Denominator: at(s.Denominator, t), Fraction: at(s.Coverage, t), Source: source, Licence: licence})
			}
		}
	}
	return rows
}

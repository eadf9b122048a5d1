package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/external/series"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
	"github.com/banshift/banshift/transform/spike/calibrate"
)

// calibrateOptions are the flags of calibrate.
type calibrateOptions struct {
	analyzeOptions
	runs, step int
	seed       uint64
	out        string
}

func newCalibrateCommand(a *app) *cobra.Command {
	var o calibrateOptions
	cmd := &cobra.Command{
		Use:   "calibrate",
		Short: "Measure the procedure on simulated series or your own: size, power, coverage",
		Long: `calibrate draws panels of which everything is known, over a grid of effects, counts, noise,
autocorrelation, drift, outliers, lost sensors and overlapping bans, runs the procedure on
each as on real series, and writes how often it finds what is there and what is not as a
Markdown table.

With --series it asks about every date of that series on which nothing is catalogued, and about
rises that it plants in it: what share of dates is falsely supported, and how many of the rises are
found, for every threshold of the score.

First it measures how long one panel, or the first dates, take, and says how long all will.`,
		Example: `  banshift calibrate --runs 200 --out calibration-simulated.md
  banshift calibrate --series tor.csv --series-format tor-userstats --out calibration.md`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.calibrate(c.Context(), o) },
	}
	f := cmd.Flags()
	f.IntVar(&o.runs, "runs", 200, "simulated panels a row of the table; five times as many where there is no effect")
	f.Uint64Var(&o.seed, "seed", 1, "seed of all that is simulated")
	f.StringVar(&o.out, "out", "-", "file to write; - is the standard output")
	f.StringVar(&o.series, "series", "", "measure on this file of daily users; - reads the standard input")
	f.StringVar(&o.format, "series-format", "csv", strings.Join(series.Formats(), ", "))
	f.StringVar(&o.country, "series-country", "", "lower-case ISO code of a file that names no country")
	f.StringVar(&o.name, "series-name", "", "what the series is called (default: the file's name)")
	f.StringVar(&o.events, "events", "", "catalogue whose dates are left out: a directory, or a file of YAML, JSON or CSV; several by commas, \"builtin\" among them (default: the built-in one)")
	f.IntVar(&o.step, "step", 7, "with --series: rises are planted on every so many days")
	cmd.MarkFlagsMutuallyExclusive("series", "runs")
	return cmd
}

func (a *app) calibrate(ctx context.Context, o calibrateOptions) error {
	if o.runs < 1 || o.step < 1 {
		return misused(errors.New("calibrate: --runs and --step: want a positive number"))
	}
	cfg, err := a.spikeConfig()
	if err != nil {
		return err
	}
	measure := a.calibrateSimulated
	if o.series != "" {
		measure = a.calibrateSeries
	}
	var text bytes.Buffer
	if err := measure(ctx, &text, o, cfg); err != nil {
		return err
	}
	if o.out == "-" {
		_, err := a.out.Write(text.Bytes())
		return err
	}
	err = writeFile(o.out, func(w io.Writer) error {
		_, err := w.Write(text.Bytes())
		return err
	})
	if err != nil {
		return fmt.Errorf("calibrate: %w", err)
	}
	return nil
}

// calibrateSimulated measures on simulated panels, after one of every kind to see how long they take.
func (a *app) calibrateSimulated(ctx context.Context, w io.Writer, o calibrateOptions, cfg spike.Config) error {
	cells := calibrate.Grid()
	var all time.Duration
	panels := 0
	for _, c := range cells {
		began := time.Now()
		if err := c.Once(ctx, o.seed, cfg); err != nil {
			return err
		}
		all += time.Since(began) * time.Duration(c.Panels(o.runs))
		panels += c.Panels(o.runs)
	}
	a.sayHowLong(all/time.Duration(calibrate.Workers()), panels, "simulated panels")
	bar := watchSteps(a.errOut, "rows")
	rows, err := calibrate.Run(ctx, cells, o.runs, o.seed, cfg, func(done int) {
		if bar != nil {
			bar(done, len(cells))
			return
		}
		a.log.Info("calibrated", "rows", done, "of", len(cells))
	})
	if err != nil {
		return err
	}
	return calibrate.WriteMarkdown(w, rows, o.runs, o.seed)
}

// sayHowLong says before a long computation how long it will take.
func (a *app) sayHowLong(all time.Duration, n int, what string) {
	a.log.Info("this takes a while, by the first ones", "about", all.Round(time.Second).String(), what, n)
}

// firstQuestions is how many are answered before it is said how long all take.
const firstQuestions = 48

// calibrateSeries measures on a series of the user's.
func (a *app) calibrateSeries(ctx context.Context, w io.Writer, o calibrateOptions, cfg spike.Config) error {
	catalogue, err := events.Load(cmp.Or(o.events, a.cfg.Events))
	if err != nil {
		return err
	}
	list, err := a.readSeries(o.analyzeOptions)
	if err != nil {
		return err
	}
	bar := watchSteps(a.errOut, "questions")
	var began time.Time // when the first was answered: what came before is done once
	said, first := false, 0
	curve, err := calibrate.Panel{Series: list, Catalogue: catalogue, Step: o.step}.Measure(ctx, cfg, func(done, of int) {
		if began.IsZero() {
			began, first = time.Now(), done
		}
		if !said && done >= first+firstQuestions {
			said = true
			a.sayHowLong(remaining(float64(done-first)/float64(of-first), time.Since(began)), of, "questions")
		}
		if bar != nil {
			bar(done, of)
		}
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(w, `# Power against false grades on %s

The procedure asked for a ban on every date and in every country of the series with 50 users and more, at least 21 days from each catalogued event of the country, and what else happened
there counts as nothing. Rises were planted on every %d days. A row is what would be supported if the score asked for were that; all other reasons stay. The oracle knows of each country the score that
.4 %% of its own null dates pass.

`, list[0].Name, o.step)
	return curve.WriteMarkdown(w, list[0].Name)
}

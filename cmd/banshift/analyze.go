package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/banshift/banshift/external/series"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/study"
	"github.com/banshift/banshift/transform/spike"
)

// analyzeOptions are the flags of analyze.
type analyzeOptions struct {
	series, format, country, events, name, placebo, replay string
	evidence                                               []string
	direction, rule, resolution                            string
	window                                                 int
	asJSON, secondary, course                              bool
}

func newAnalyzeCommand(a *app) *cobra.Command {
	var o analyzeOptions
	cmd := &cobra.Command{
		Use:   "analyze",
		Short: "Say what the bans did to a series: effects, intervals, placebos, grades",
		Long: `analyze tests every series against every event of the catalogue that lies inside it,
and lists the alarms. What it prints is the procedure of the configuration, registered
before the data are seen: an effect with its interval, the placebo p with its floor, the
controls, and a grade (supported, ambiguous, not_supported, insufficient) with reasons.`,
		Example: `  banshift analyze --series tor.csv --series-format tor-userstats --events schemas/events --json
  banshift analyze --series mine.csv --series-format csv --events bans.csv
  banshift analyze --replay result.json | cmp - result.json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.analyze(c.Context(), o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.series, "series", "", "file of daily users; - reads the standard input (default: the store's own use)")
	f.StringVar(&o.format, "series-format", "csv", strings.Join(series.Formats(), ", "))
	f.StringVar(&o.country, "series-country", "", "lower-case ISO code of a file that names no country")
	f.StringVar(&o.name, "series-name", "", "what the series is called (default: the file's name)")
	f.StringVar(&o.events, "events", "", "catalogue: a directory, or a file of YAML, JSON or CSV; several by commas, \"builtin\" among them (default: the built-in one)")
	f.StringVar(&o.placebo, "placebo", string(spike.PlaceboBefore), "placebo dates: before, or both (uses the future; never live)")
	o.addQuestion(f)
	f.BoolVar(&o.asJSON, "json", false, "print one JSON object")
	f.BoolVar(&o.course, "course", false, "also say how each change went on: day by day, users above the expected, what remains after 4, 8 and 26 weeks; it does not decide")
	f.BoolVar(&o.secondary, "secondary", false, "also ask other methods (structural time series, synthetic control, difference in differences); they do not decide")
	f.StringArrayVar(&o.evidence, "evidence", nil, "series to weigh as further evidence, FORMAT=FILE or FORMAT:COUNTRY=FILE (ioda, ooni, cloudflare-radar, google-trends, app-ranks, …); may be given again")
	f.StringVar(&o.replay, "replay", "", "make the result of this file (of --json) again from the same data, byte for byte")
	for _, other := range []string{"series", "events", "placebo", "evidence", "direction", "window", "rule", "course", "json"} {
		cmd.MarkFlagsMutuallyExclusive("replay", other)
	}
	return cmd
}

// addQuestion adds the flags that say what is asked of the series.
func (o *analyzeOptions) addQuestion(f *pflag.FlagSet) {
	f.StringVar(&o.direction, "direction", "", "ask for a rise (up) or a drop (down) (default: what kind and target of the event say)")
	f.IntVar(&o.window, "window", 0, "days of the effect: 1, 2, 3, 7 or 28 (default: the event's length, at most analysis.after_days); by the hour 1, 2, 3, 6, 12, 24 or 48")
	f.StringVar(&o.resolution, "resolution", resolutions[0], "day, or hour: also ask by the hour the events whose onset is known to the hour, where the series has hours; --window then counts hours")
	f.StringVar(&o.rule, "rule", "", "registered threshold: standard, or strict (default: analysis.rule)")
}

// resolutions are what events can be asked by, the first one where nothing is said.
var resolutions = []string{"day", "hour"}

// resolve sets what is asked by the hour.
func (o *analyzeOptions) resolve(cfg *spike.Config) error {
	switch o.resolution {
	case "", "day":
		cfg.WindowDays = o.window
	case "hour":
		cfg.Hours, cfg.WindowHours = true, o.window
	default:
		return misused(hinted(fmt.Errorf("--resolution %s: want %s", o.resolution, strings.Join(resolutions, " or ")), o.resolution, resolutions))
	}
	return nil
}

func (a *app) analyze(ctx context.Context, o analyzeOptions) error {
	if o.replay != "" {
		return a.replay(ctx, o.replay)
	}
	so, err := a.studyOptions(o)
	if err != nil {
		return err
	}
	result, err := a.analysis(ctx, so)
	if err != nil {
		return fmt.Errorf("analyze: %w", err)
	}
	if o.asJSON {
		return writeJSON(a.out, result)
	}
	return a.printEffects(result)
}

// analysis tests everything, and keeps in the store what was found about the store's own
// use. A reader without the right to write gets its result all the same.
func (a *app) analysis(ctx context.Context, o study.Options) (result study.Result, err error) {
	o.Watch = watchSteps(a.errOut, "events")
	err = a.studied(ctx, o, func(store *load.Store) error {
		if result, err = study.All(ctx, store, o); err != nil || store == nil {
			return err
		}
		err := result.Keep(ctx, store, o.Catalogue)
		if errors.Is(err, load.ErrForbidden) {
			a.log.Warn("the result is not kept in the store: this user may not write there", "error", err)
			return nil
		}
		return err
	})
	return result, err
}

// printEffects writes the events' own countries as a table, then the reasons.
func (a *app) printEffects(result study.Result) error {
	table := sheet{heads: []string{"EVENT", "COUNTRY", "DATE", "EFFECT", "INTERVAL", "P TIME", "DATES", "P SPACE", "PLACES", "GRADE"},
		optional: []string{"PLACES", "DATES", "DATE", "COUNTRY"}, whole: []string{"EVENT", "EFFECT", "INTERVAL", "GRADE"}}
	for _, e := range result.Effects {
		if !e.OwnCountry {
			continue
		}
		table.add(e.Event, e.Country, e.Date, showPercent(e.EffectPct), showPercent(e.CILow)+" .. "+showPercent(e.CIHigh),
			showP(e.PTime), strconv.Itoa(e.NTime), showP(e.PSpace), strconv.Itoa(e.NSpace), string(e.Grade))
		if h := e.Hours; h != nil && h.EffectLog != nil {
			table.add(e.Event+" by the hour", e.Country, h.Onset, showPercent(h.EffectPct), showPercent(h.CILow)+" .. "+showPercent(h.CIHigh),
				showP(h.PTime), strconv.Itoa(h.NTime), showP(h.PSpace), strconv.Itoa(h.NSpace), string(h.Grade))
		}
	}
	if err := a.print(table); err != nil {
		return err
	}
	out := a.out
	for _, e := range result.Effects {
		if !e.OwnCountry {
			continue
		}
		fmt.Fprintf(out, "\n%s in %s: %s\n", e.Event, e.Series, e.Grade)
		for _, reason := range e.Reasons {
			fmt.Fprintf(out, "  - %s\n", reason)
		}
		if e.Hours != nil {
			fmt.Fprintf(out, "  by the hour: %s\n", e.Hours.Grade)
			for _, reason := range e.Hours.Reasons {
				fmt.Fprintf(out, "  - %s\n", reason)
			}
		}
		if e.Course != nil {
			for _, line := range e.Course.Words() {
				fmt.Fprintf(out, "  * %s\n", line)
			}
		}
		for _, s := range e.Secondary {
			fmt.Fprintf(out, "  * %s: %s [%s, %s], p %s, %d controls (%s)\n", s.Method, showLog(s.EffectLog), showPercent(s.CILow), showPercent(s.CIHigh), showP(s.P), s.Controls, s.Note)
		}
	}
	_, err := fmt.Fprintf(out, "\n%d alarms; %d effects in all (with --json: every country at every event)\n", len(result.Alarms), len(result.Effects))
	return err
}

func showPercent(x *float64) string {
	if x == nil {
		return "-"
	}
	return fmt.Sprintf("%+.1f %%", *x)
}

// showLog shows a log effect in percent.
func showLog(x *float64) string {
	if x == nil {
		return "-"
	}
	return fmt.Sprintf("%+.1f %%", 100*math.Expm1(*x))
}

func showP(x *float64) string {
	if x == nil {
		return "-"
	}
	return fmt.Sprintf("%.4f", *x)
}

package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/ingest/series"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
)

// analyzeOptions are the flags of analyze.
type analyzeOptions struct {
	series, format, country, events, name, placebo, replay string
	evidence                                               []string
	direction, rule                                        string
	window                                                 int
	asJSON, secondary                                      bool
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
	f.StringVar(&o.events, "events", "", "catalogue: a directory, a YAML file or a CSV (default: the built-in one)")
	f.StringVar(&o.placebo, "placebo", string(spike.PlaceboBefore), "placebo dates: before, or both (uses the future; never live)")
	f.StringVar(&o.direction, "direction", "", "ask for a rise (up) or a drop (down) (default: what kind and target of the event say)")
	f.IntVar(&o.window, "window", 0, "days of the effect: 1, 2, 3, 7 or 28 (default: the event's length, up to analysis.after_days)")
	f.StringVar(&o.rule, "rule", string(spike.Standard), "registered threshold: standard, or strict (fewer false grades, less power)")
	f.BoolVar(&o.asJSON, "json", false, "print one JSON object")
	f.BoolVar(&o.secondary, "secondary", false, "also ask other methods (structural time series, synthetic control, difference in differences); they do not decide")
	f.StringArrayVar(&o.evidence, "evidence", nil, "series to weigh beside, FORMAT=FILE or FORMAT:COUNTRY=FILE (ioda, ooni, cloudflare-radar, google-trends, app-ranks, …); may be given again")
	f.StringVar(&o.replay, "replay", "", "make the result of this file (of --json) again from the same data, byte for byte")
	for _, other := range []string{"series", "events", "placebo", "evidence", "direction", "window", "rule", "json"} {
		cmd.MarkFlagsMutuallyExclusive("replay", other)
	}
	return cmd
}

func (a *app) analyze(ctx context.Context, o analyzeOptions) error {
	if o.replay != "" {
		return a.replay(ctx, o.replay)
	}
	catalogue, err := events.Load(cmp.Or(o.events, a.cfg.Events))
	if err != nil {
		return err
	}
	cfg, err := a.spikeConfig()
	if err != nil {
		return err
	}
	cfg.Placebo, cfg.Secondary = spike.PlaceboMode(o.placebo), o.secondary
	cfg.Direction, cfg.WindowDays, cfg.Rule = spike.Direction(o.direction), o.window, spike.Rule(o.rule)
	var result spike.Result
	if o.series == "" {
		result, err = a.analyzeStore(ctx, o, catalogue, cfg)
	} else {
		result, err = a.analyzeFile(o, catalogue, cfg)
	}
	if err != nil {
		return err
	}
	if result.Provenance.EventsHash, err = spike.HashEvents(catalogue); err != nil {
		return err
	}
	result.Provenance.Events = cmp.Or(o.events, a.cfg.Events)
	if o.asJSON {
		return writeJSON(a.out, result)
	}
	return printEffects(a.out, result)
}

func (a *app) analyzeFile(o analyzeOptions, catalogue []events.Event, cfg spike.Config) (spike.Result, error) {
	list, err := a.readSeries(o)
	if err != nil {
		return spike.Result{}, err
	}
	findings, files, err := evidenceFiles(o.evidence, catalogue, cfg)
	if err != nil {
		return spike.Result{}, err
	}
	result, err := spike.Analyze(list, catalogue, cfg, findings...)
	if err != nil {
		return spike.Result{}, misused(err)
	}
	result.Provenance = &spike.Provenance{Version: programVersion(), Evidence: files, Series: o.series, Format: o.format, Country: o.country, Name: list[0].Name,
		Licence: series.Licence(o.format), DataHash: spike.HashSeries(list), Config: cfg}
	return result, nil
}

// storeSeries stands for the store's own use where a file would be named.
const storeSeries = "store"

// analyzeStore analyses the store's own use and keeps the catalogue, the effects and the
// alarms in its tables, where the named queries find them.
func (a *app) analyzeStore(ctx context.Context, o analyzeOptions, catalogue []events.Event, cfg spike.Config) (spike.Result, error) {
	store, err := a.openStore(ctx)
	if err != nil {
		return spike.Result{}, err
	}
	defer store.Close()
	rows, err := dailyRows(ctx, store, nil)
	if err != nil {
		return spike.Result{}, err
	}
	rows, simulated := oneKind(rows)
	if len(rows) == 0 {
		return spike.Result{}, errors.New("analyze: the store holds no telemetry; load some with 'banshift run', or give --series FILE")
	}
	list := useSeries(rows, &cfg)
	findings, err := storeFindings(ctx, store, list, simulated, catalogue, cfg)
	if err != nil {
		return spike.Result{}, err
	}
	more, files, err := evidenceFiles(o.evidence, catalogue, cfg)
	if err != nil {
		return spike.Result{}, err
	}
	result, err := spike.Analyze(list, catalogue, cfg, append(findings, more...)...)
	if err != nil {
		return spike.Result{}, misused(err)
	}
	result.Provenance = &spike.Provenance{Version: programVersion(), Evidence: files, Series: storeSeries, DataHash: spike.HashSeries(list),
		Packs: packsOf(rows), Simulated: simulated, Config: cfg}
	return result, errors.Join(
		store.PutEvents(ctx, eventRows(catalogue)),
		store.PutEffects(ctx, effectRows(result.Effects, cfg, simulated, packsOf(rows))),
		store.PutSpikes(ctx, spikeRows(result.Alarms, list, simulated, packsOf(rows))))
}

// spikeConfig is the procedure with the windows and holidays that the configuration registers.
func (a *app) spikeConfig() (spike.Config, error) {
	cfg := spike.DefaultConfig()
	cfg.BeforeDays, cfg.AfterDays, cfg.Seed = a.cfg.Analysis.BeforeDays, a.cfg.Analysis.AfterDays, a.cfg.Analysis.Seed
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

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// printEffects writes the events' own countries as a table, then the reasons.
func printEffects(out io.Writer, result spike.Result) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "EVENT\tCOUNTRY\tDATE\tEFFECT\tINTERVAL\tP TIME\tN\tP SPACE\tN\tGRADE")
	for _, e := range result.Effects {
		if !e.OwnCountry {
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s .. %s\t%s\t%d\t%s\t%d\t%s\n", e.Event, e.Country, e.Date, showPercent(e.EffectPct),
			showPercent(e.CILow), showPercent(e.CIHigh), showP(e.PTime), e.NTime, showP(e.PSpace), e.NSpace, e.Grade)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, e := range result.Effects {
		if !e.OwnCountry {
			continue
		}
		fmt.Fprintf(out, "\n%s in %s: %s\n", e.Event, e.Series, e.Grade)
		for _, reason := range e.Reasons {
			fmt.Fprintf(out, "  - %s\n", reason)
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

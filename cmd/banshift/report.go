package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/external/series"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
	"github.com/banshift/banshift/web"
	"github.com/banshift/banshift/web/report"
	"github.com/banshift/banshift/web/report/study"
)

// reportOptions are the flags of report.
type reportOptions struct {
	analyzeOptions
	out, substitute, topology string
}

func newReportCommand(a *app) *cobra.Command {
	var o reportOptions
	cmd := &cobra.Command{
		Use:   "report EVENT",
		Short: "Write what is known about one event as one HTML file that needs nothing else",
		Long: `report analyses the store's use (or a series, with --series) around one event of the
catalogue and writes one HTML file: the chart with the dates of the ban, the effect with
its interval, how sure that is, the controls, the table behind it, the method in words.
The file loads nothing from anywhere and prints well.`,
		Example: `  banshift report ru-telegram-2018-enforcement --store ./store --out report.html
  banshift report ru-telegram-2018-enforcement --series tor.csv --series-format tor-userstats`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return a.report(c.Context(), args[0], o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.out, "out", "", "file to write; - is the standard output (default: EVENT.html)")
	f.StringVar(&o.analyzeOptions.events, "events", "", "catalogue: a directory, or a file of YAML, JSON or CSV; several by commas, \"builtin\" among them (default: the built-in one)")
	f.StringVar(&o.series, "series", "", "report on this file of daily users instead of the store")
	f.StringVar(&o.format, "series-format", "csv", strings.Join(series.Formats(), ", "))
	f.StringVar(&o.country, "series-country", "", "lower-case ISO code of a file that names no country")
	f.StringVar(&o.name, "series-name", "", "what the series is called (default: the file's name)")
	f.StringVar(&o.placebo, "placebo", string(spike.PlaceboBefore), "placebo dates: before, or both (uses the future; never live)")
	f.StringVar(&o.substitute, "substitute", "", "service that was to replace the banned one (default: substitutes: in the configuration)")
	f.StringVar(&o.topology, "topology", "", "directory of AS relationships (*as-rel*) and delegations (delegated*)")
	f.BoolVar(&o.asJSON, "json", false, "print the report's data as one JSON object instead of a page")
	return cmd
}

func (a *app) report(ctx context.Context, id string, o reportOptions) error {
	if _, err := web.Assets(); err != nil && !o.asJSON {
		return err
	}
	catalogue, err := events.Load(cmp.Or(o.analyzeOptions.events, a.cfg.Events))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(catalogue, func(e events.Event) bool { return e.ID == id })
	if i < 0 {
		return misused(fmt.Errorf("event %q is not in the catalogue; 'banshift events list' shows what is", id))
	}
	cfg, err := a.spikeConfig()
	if err != nil {
		return err
	}
	cfg.Placebo = spike.PlaceboMode(o.placebo)
	in := study.Input{Event: catalogue[i], Catalogue: catalogue, Config: cfg}
	if o.series != "" {
		err = a.seriesInput(&in, o.analyzeOptions)
	} else {
		err = a.storeInput(ctx, &in, o)
	}
	if err != nil {
		return fmt.Errorf("report %s: %w", id, err)
	}
	in.Provenance = a.provenance(in, o)
	r, err := study.Build(in)
	if err != nil {
		return fmt.Errorf("report %s: %w", id, err)
	}
	if o.asJSON {
		return writeJSON(a.out, r)
	}
	return a.writeReport(r, cmp.Or(o.out, id+".html"))
}

func (a *app) writeReport(r report.Report, path string) error {
	if path == "-" {
		return report.Render(a.out, r)
	}
	if err := writeFile(path, func(w io.Writer) error { return report.Render(w, r) }); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	_, err := fmt.Fprintf(a.errOut, "report: %s\n", path)
	return err
}

// writeFile writes beside the path and renames, so that a file is there whole or not.
func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone after the rename
	if err := errors.Join(write(f), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// seriesInput analyses a series from a file.
func (a *app) seriesInput(in *study.Input, o analyzeOptions) error {
	list, err := a.readSeries(o)
	if err != nil {
		return err
	}
	in.Use, err = analysed(seriesTitle(list[0].Name), "users a day", list, *in)
	in.Provenance.DataHash = seriesHash(list)
	return err
}

// seriesTitle makes a file's name the beginning of a sentence: "Tor bridge users".
func seriesTitle(name string) string {
	words := strings.NewReplacer("-", " ", "_", " ").Replace(name)
	return strings.ToUpper(words[:1]) + words[1:]
}

// analysed runs the analysis of one series against the event and its catalogue.
func analysed(name, unit string, list []spike.Series, in study.Input, findings ...spike.Finding) (study.Measure, error) {
	result, err := spike.Analyze(list, in.Catalogue, in.Config, findings...)
	if err != nil {
		return study.Measure{}, misused(err)
	}
	return study.Measure{Name: name, Unit: unit, Series: list, Result: result}, nil
}

func (a *app) storeInput(ctx context.Context, in *study.Input, o reportOptions) error {
	border, err := a.border(in.Event.Country, o.topology)
	if err != nil {
		return err
	}
	store, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := readStore(ctx, store, in); err != nil {
		return err
	}
	if _, _, err := in.Use.Own(in.Event); err != nil {
		return err
	}
	in.Facts, err = storeFacts(ctx, store, in, a.substitute(in.Event.Target, o.substitute))
	if err != nil {
		return err
	}
	in.Facts.Border = border
	in.Provenance.Queries = append(in.Provenance.Queries, companionQueries...)
	return nil
}

// errEmptyStore is told with what to do about it.
var errEmptyStore = errors.New("the store holds no telemetry; load some with 'banshift run', or give --series FILE")

// readStore reads use, tools and the banned service from the store, and analyses them.
func readStore(ctx context.Context, store *load.Store, in *study.Input) error {
	rows, err := dailyRows(ctx, store, nil)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return errEmptyStore
	}
	rows, in.Simulated = oneKind(rows)
	list := useSeries(rows, &in.Config)
	findings, err := storeFindings(ctx, store, list, in.Simulated, []events.Event{in.Event}, in.Config)
	if err != nil {
		return err
	}
	if in.Use, err = analysed("Use of VPN, proxy and anonymity tools", "clients a day", list, *in, findings...); err != nil {
		return err
	}
	in.Provenance = report.Provenance{Pack: packsOf(rows), DataHash: seriesHash(list), Queries: []string{"daily_series", "use_by_tool_day"}}
	if in.Service, err = bannedService(ctx, store, *in); err != nil {
		return err
	}
	in.Tools, err = toolSeries(ctx, store, *in)
	return err
}

// bannedService analyses the answered connections to the event's target; nil where the
// store knows no such service.
func bannedService(ctx context.Context, store *load.Store, in study.Input) (*study.Measure, error) {
	list, err := serviceSeries(ctx, store, strings.ToLower(in.Event.Target), in.Event.Country, in.Simulated)
	if err != nil || list == nil {
		return nil, err
	}
	m, err := analysed("Answered connections to "+in.Event.Target, "connections a day", list, in)
	return &m, err
}

// dailyRow is a day of a country as the store gives it.
type dailyRow = load.Day

func dailyRows(ctx context.Context, store *load.Store, params map[string]string) ([]dailyRow, error) {
	return store.Daily(ctx, params)
}

// queryRows runs a named query and decodes its rows.
func queryRows[Row any](ctx context.Context, store *load.Store, name string, params map[string]string) ([]Row, error) {
	var text bytes.Buffer
	if err := store.Query(ctx, name, params, &text, load.JSON); err != nil {
		return nil, err
	}
	var rows []Row
	if err := json.Unmarshal(text.Bytes(), &rows); err != nil {
		return nil, fmt.Errorf("query %s: %w", name, err)
	}
	return rows, nil
}

// oneKind keeps measured rows, or the simulated ones where nothing was measured: the
// two are never added up.
func oneKind(rows []dailyRow) (kept []dailyRow, simulated bool) {
	simulated = !slices.ContainsFunc(rows, func(r dailyRow) bool { return !r.Simulated })
	return slices.DeleteFunc(rows, func(r dailyRow) bool { return r.Simulated != simulated }), simulated && len(rows) > 0
}

// useName is the name of the store's own series.
const useName = "use"

// useSeries are the clients a day by country; cfg learns where their rules changed.
func useSeries(rows []dailyRow, cfg *spike.Config) []spike.Series {
	if breaks := load.MethodBreaks(rows); len(breaks) > 0 {
		cfg.Breaks = map[string][]time.Time{useName: breaks}
	}
	return dailySeries(useName, rows, func(r dailyRow) float64 { return float64(r.Clients) })
}

// dailySeries makes one series a country. A day without a row is missing. Coverage only
// masks days: which of the clients a silent sensor would have seen is not known.
func dailySeries(name string, rows []dailyRow, value func(dailyRow) float64) []spike.Series {
	byCountry := map[string][]dailyRow{}
	for _, r := range rows {
		if r.Country != "" {
			byCountry[r.Country] = append(byCountry[r.Country], r)
		}
	}
	var list []spike.Series
	for country, own := range byCountry {
		slices.SortFunc(own, func(a, b dailyRow) int { return a.Day.Compare(b.Day) })
		first, last := spike.Day(own[0].Day), spike.Day(own[len(own)-1].Day)
		n := int(last.Sub(first).Hours()/24) + 1
		s := spike.Series{Name: name, Country: country, Start: first, Values: unknown(n), Coverage: unknown(n)}
		known := true
		for _, r := range own {
			t := int(spike.Day(r.Day).Sub(first).Hours() / 24)
			s.Values[t], s.Coverage[t] = value(r), r.Fraction
			known = known && r.Fraction > 0
		}
		if !known {
			s.Coverage = nil
		}
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b spike.Series) int { return strings.Compare(a.Country, b.Country) })
	return list
}

func unknown(n int) []float64 {
	xs := make([]float64, n)
	for i := range xs {
		xs[i] = math.NaN()
	}
	return xs
}

// dayOf reads a day as the engine writes it.
func dayOf(text string) time.Time {
	day, _ := time.Parse(time.DateOnly, text)
	return day
}

// toolSeries gives the clients of each tool on the days of the event's own series, the
// most used first.
func toolSeries(ctx context.Context, store *load.Store, in study.Input) ([]study.Tool, error) {
	i := slices.IndexFunc(in.Use.Series, func(s spike.Series) bool { return s.Country == in.Event.Country })
	if i < 0 {
		return nil, nil
	}
	own := in.Use.Series[i]
	rows, err := queryRows[struct {
		Day, Tool, Category string
		Clients             float64
		Simulated           uint8
	}](ctx, store, "use_by_tool_day", map[string]string{"country": own.Country})
	if err != nil {
		return nil, err
	}
	byName := map[string]*study.Tool{}
	var tools []*study.Tool
	sums := map[*study.Tool]float64{}
	for _, r := range rows {
		t := int(dayOf(r.Day).Sub(own.Start).Hours() / 24)
		circumvents := r.Category == "vpn" || r.Category == "proxy" || r.Category == "anonymity"
		if !circumvents || (r.Simulated == 1) != in.Simulated || t < 0 || t >= len(own.Values) {
			continue
		}
		tool := byName[r.Tool]
		if tool == nil {
			tool = &study.Tool{Name: r.Tool, Values: zeroWhereKnown(own.Values)}
			byName[r.Tool], tools = tool, append(tools, tool)
		}
		tool.Values[t] += r.Clients
		sums[tool] += r.Clients
	}
	slices.SortFunc(tools, func(a, b *study.Tool) int {
		return cmp.Or(-cmp.Compare(sums[a], sums[b]), strings.Compare(a.Name, b.Name))
	})
	list := make([]study.Tool, len(tools))
	for i, tool := range tools {
		list[i] = *tool
	}
	return list, nil
}

// zeroWhereKnown is zero on the days that have telemetry and unknown on the others.
func zeroWhereKnown(values []float64) []float64 {
	out := unknown(len(values))
	for t, v := range values {
		if !math.IsNaN(v) {
			out[t] = 0
		}
	}
	return out
}

func packsOf(rows []dailyRow) string {
	var packs []string
	for _, r := range rows {
		packs = append(packs, r.Packs...)
	}
	slices.Sort(packs)
	return strings.Join(slices.Compact(packs), ", ")
}

// seriesHash identifies the analysed numbers: SHA-256 over country, day and value.
func seriesHash(list []spike.Series) string {
	h := sha256.New()
	for _, s := range list {
		for t, v := range s.Values {
			fmt.Fprintf(h, "%s %s %s %g\n", s.Name, s.Country, s.Start.AddDate(0, 0, t).Format(time.DateOnly), v)
		}
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// provenance adds what does not depend on where the numbers come from.
func (a *app) provenance(in study.Input, o reportOptions) report.Provenance {
	p := in.Provenance
	p.Version = programVersion()
	p.Windows = fmt.Sprintf("%d days before, %d days after, placebo dates %s", in.Config.BeforeDays, in.Config.AfterDays, in.Config.Placebo)
	p.Seed = fmt.Sprint(in.Config.Seed)
	p.Command = "banshift report " + in.Event.ID
	if o.series != "" {
		p.Command += " --series " + filepath.Base(o.series) + " --series-format " + o.format
	}
	p.Generated = time.Now().UTC().Truncate(time.Second)
	return p
}

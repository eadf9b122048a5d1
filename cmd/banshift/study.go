package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/external/series"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/columns"
	"github.com/banshift/banshift/study"
	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/transform/spike"
	"github.com/banshift/banshift/web/report"
)

// averageOptions are the flags of study.
type averageOptions struct {
	analyzeOptions
	output, rows string
}

func newStudyCommand(a *app) *cobra.Command {
	var o averageOptions
	cmd := &cobra.Command{
		Use:   "study [CATALOGUE]",
		Short: "Say what the bans of a catalogue did to a series on average",
		Long: `study tests every event of a catalogue (default: the built-in one) in its own country and
pools the effects by random effects: all that ask for a rise and all that ask for a drop, by kind,
target, size of the country and year, each with the interval of its mean, the interval in which
another such ban is to be expected, and how far the events differ. A funnel says what became of
every event; whether one is pooled never depends on its effect. Events of one country
within a week that ask for the same are one episode.`,
		Example: `  banshift study --series tor.csv --series-format tor-userstats
  banshift study builtin,mine.yaml --series tor.csv --series-format tor-userstats \
    --output html > bans.html
  banshift study --store ./store --output csv --rows events`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if o.asJSON && c.Flags().Changed("output") {
				return misused(errors.New("study: --json is --output json: give one of them"))
			}
			if o.events = a.cataloguePath(args); o.asJSON {
				o.output = "json"
			}
			return a.study(c.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.series, "series", "", "file of daily users; - reads the standard input (default: the store's own use)")
	f.StringVar(&o.format, "series-format", "csv", strings.Join(series.Formats(), ", "))
	f.StringVar(&o.country, "series-country", "", "lower-case ISO code of a file that names no country")
	f.StringVar(&o.name, "series-name", "", "what the series is called (default: the file's name)")
	f.StringVar(&o.placebo, "placebo", string(spike.PlaceboBefore), "placebo dates: before, or both (uses the future; never live)")
	o.addQuestion(f)
	f.StringVar(&o.output, "output", "table", "table, markdown, html, json, csv or parquet")
	f.StringVar(&o.rows, "rows", "groups", "of CSV and Parquet: groups or events")
	f.BoolVar(&o.asJSON, "json", false, "print one JSON object; as --output json")
	return cmd
}

func (a *app) study(ctx context.Context, o averageOptions) error {
	write, err := a.averageWriter(o)
	if err != nil {
		return misused(fmt.Errorf("study: %w", err))
	}
	so, err := a.studyOptions(o.analyzeOptions)
	if err != nil {
		return err
	}
	var found study.Average
	err = a.studied(ctx, so, func(store *load.Store) error {
		found, err = study.OnAverage(ctx, store, so)
		return err
	})
	if err != nil {
		return fmt.Errorf("study: %w", err)
	}
	return write(a.out, found)
}

// averageWriter is what writes the form that was asked for.
func (a *app) averageWriter(o averageOptions) (func(io.Writer, study.Average) error, error) {
	if o.rows != "groups" && o.rows != "events" {
		return nil, fmt.Errorf("--rows %q: want groups or events", o.rows)
	}
	switch o.output {
	case "table":
		return func(w io.Writer, found study.Average) error { return writeSheets(escaping{w}, found, a.printTitled) }, nil
	case "markdown":
		return func(w io.Writer, a study.Average) error { return writeSheets(w, a, writePipes) }, nil
	case "html":
		return writeAveragePage, nil
	case "json":
		return func(w io.Writer, a study.Average) error { return writeJSON(w, a) }, nil
	case "csv":
		return func(w io.Writer, a study.Average) error { return columns.WriteCSV(w, rowsOf(a, o.rows)) }, nil
	case "parquet":
		return func(w io.Writer, a study.Average) error {
			if isTerminal(w) {
				return misused(errors.New("study: parquet is binary: send it to a file with > NAME.parquet"))
			}
			return columns.WriteParquet(w, rowsOf(a, o.rows))
		}, nil
	}
	return nil, fmt.Errorf("--output %q: want table, markdown, html, json, csv or parquet", o.output)
}

// titledTable is a table as it is read by people.
type titledTable struct {
	title string
	head  []string
	rows  [][]string
}

// writeSheets writes all that was found, sheet by sheet.
func writeSheets(w io.Writer, a study.Average, write func(io.Writer, titledTable) error) error {
	for _, s := range sheetsOf(a) {
		if err := write(w, s); err != nil {
			return err
		}
	}
	return nil
}

func sheetsOf(a study.Average) []titledTable {
	return []titledTable{funnelSheet(a), groupSheet(a), differenceSheet(a), eventSheet(a)}
}

// writeAveragePage writes the same as one HTML file, with pictures.
func writeAveragePage(w io.Writer, a study.Average) error {
	page := a.Page()
	for _, s := range sheetsOf(a) {
		t := account.Table{Caption: s.title}
		for _, name := range s.head {
			t.Columns = append(t.Columns, account.Column{Name: account.UpperFirst(strings.ToLower(name)), Format: account.Text})
		}
		for _, row := range s.rows {
			cells := make([]any, len(row))
			for i, text := range row {
				cells[i] = text
			}
			t.Rows = append(t.Rows, cells)
		}
		page.Tables = append(page.Tables, t)
	}
	return report.RenderOverall(w, page)
}

func funnelSheet(a study.Average) titledTable {
	s := titledTable{title: fmt.Sprintf("What became of the %d events (%s)", len(a.Events), a.Series), head: []string{"EVENTS", "WHAT"}}
	for _, o := range a.Funnel {
		s.rows = append(s.rows, []string{strconv.Itoa(o.Events), o.What})
	}
	return s
}

func groupSheet(a study.Average) titledTable {
	s := titledTable{title: "On average", head: []string{"BY", "VALUE", "ASKED", "EPISODES", "MEAN", "INTERVAL", "ANOTHER ONE", "TAU2", "I2", "SUPPORTED", "AMBIGUOUS", "NOT", "UNTESTED", "MEAN IF THOSE DID NOTHING"}}
	for _, g := range a.Groups {
		s.rows = append(s.rows, []string{g.By, g.Value, string(g.Asked), strconv.Itoa(g.Episodes), shownPercent(g.Mean), shownRange(g.Low, g.High), shownRange(g.PredictLow, g.PredictHigh),
			shownNumber(g.TauSquared, 3), shownShare(g.ISquared), strconv.Itoa(g.Supported), strconv.Itoa(g.Ambiguous), strconv.Itoa(g.NotSupported), strconv.Itoa(g.Untested), shownPercent(g.MeanWithUntested)})
	}
	return s
}

func differenceSheet(a study.Average) titledTable {
	s := titledTable{title: "Do the groups of a division differ?", head: []string{"BY", "ASKED", "GROUPS", "Q", "FREEDOM", "P"}}
	for _, d := range a.Differences {
		s.rows = append(s.rows, []string{d.By, string(d.Asked), strconv.Itoa(d.Groups), shownNumber(d.Q, 1), strconv.Itoa(d.Freedom), shownNumber(d.P, 4)})
	}
	return s
}

// eventSheet lists the events with an effect, and those inside the days of the series that have none.
func eventSheet(a study.Average) titledTable {
	s := titledTable{title: "The events inside the days of the series", head: []string{"DATE", "COUNTRY", "EVENT", "KIND", "ASKED", "USERS", "EFFECT", "INTERVAL", "GRADE", "POOLED OR WHY NOT"}}
	for _, e := range a.Events {
		if !e.Inside {
			continue
		}
		why := "pooled"
		if !e.Pooled {
			why = e.Why
		}
		if e.ByHour != "" {
			why += "; " + e.ByHour
		}
		s.rows = append(s.rows, []string{e.Date, e.Country, e.Event, e.Kind, string(e.Asked), shownNumber(e.Users, 0), shownPercent(e.Effect), shownRange(e.Low, e.High), string(e.Grade), why})
	}
	return s
}

func shownNumber(n account.Number, decimals int) string {
	if !n.Known() {
		return "-"
	}
	return strconv.FormatFloat(float64(n), 'f', decimals, 64)
}

func shownPercent(n account.Number) string {
	if !n.Known() {
		return "-"
	}
	return fmt.Sprintf("%+.1f %%", float64(n))
}

func shownShare(n account.Number) string {
	if !n.Known() {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", 100*float64(n))
}

func shownRange(low, high account.Number) string {
	if !low.Known() || !high.Known() {
		return "-"
	}
	if high > study.MostPercent {
		return fmt.Sprintf("%+.1f .. over %+d", float64(low), study.MostPercent)
	}
	return fmt.Sprintf("%+.1f .. %+.1f", float64(low), float64(high))
}

// printTitled shows a table on a terminal; what has no room is left out from the right.
func (a *app) printTitled(w io.Writer, s titledTable) error {
	fmt.Fprintln(w, s.title)
	optional := slices.Clone(s.head[min(len(s.head), alwaysShown):])
	slices.Reverse(optional)
	err := a.printTo(w, sheet{heads: s.head, rows: s.rows, optional: optional}, a.width())
	fmt.Fprintln(w)
	return err
}

// alwaysShown is how many columns of a table of study a terminal shows, whatever its width.
const alwaysShown = 4

func writePipes(w io.Writer, s titledTable) error {
	head := make([]string, len(s.head))
	for i, h := range s.head {
		head[i] = strings.ToLower(h)
	}
	lines := []string{"## " + s.title, "", "| " + strings.Join(head, " | ") + " |", strings.Repeat("|---", len(head)) + "|"}
	for _, row := range s.rows {
		for i := range row {
			row[i] = strings.ReplaceAll(row[i], "|", `\|`)
		}
		lines = append(lines, "| "+strings.Join(row, " | ")+" |")
	}
	_, err := fmt.Fprintf(w, "%s\n\n", strings.Join(lines, "\n"))
	return err
}

// rowsOf are the groups or the events as a table with types.
func rowsOf(a study.Average, rows string) []columns.Column {
	if rows == "events" {
		return eventColumns(a)
	}
	return groupColumns(a)
}

func groupColumns(a study.Average) []columns.Column {
	list := a.Groups
	text, number, count := textsOf[study.Group], numbersOf[study.Group], countsOf[study.Group]
	return []columns.Column{
		text("series", list, func(study.Group) string { return a.Series }), text("by", list, func(g study.Group) string { return g.By }),
		text("value", list, func(g study.Group) string { return g.Value }), text("asked", list, func(g study.Group) string { return string(g.Asked) }),
		count("episodes", list, func(g study.Group) int { return g.Episodes }),
		number("mean_pct", list, func(g study.Group) account.Number { return g.Mean }), number("ci_low", list, func(g study.Group) account.Number { return g.Low }),
		number("ci_high", list, func(g study.Group) account.Number { return g.High }), number("p", list, func(g study.Group) account.Number { return g.P }),
		number("predict_low", list, func(g study.Group) account.Number { return g.PredictLow }), number("predict_high", list, func(g study.Group) account.Number { return g.PredictHigh }),
		number("tau_squared", list, func(g study.Group) account.Number { return g.TauSquared }), number("tau_low", list, func(g study.Group) account.Number { return g.TauLow }),
		number("tau_high", list, func(g study.Group) account.Number { return g.TauHigh }), number("i_squared", list, func(g study.Group) account.Number { return g.ISquared }),
		count("supported", list, func(g study.Group) int { return g.Supported }), count("ambiguous", list, func(g study.Group) int { return g.Ambiguous }),
		count("not_supported", list, func(g study.Group) int { return g.NotSupported }), count("untested", list, func(g study.Group) int { return g.Untested }),
		number("mean_with_untested_pct", list, func(g study.Group) account.Number { return g.MeanWithUntested }),
	}
}

func eventColumns(a study.Average) []columns.Column {
	list := a.Events
	text, number := textsOf[study.Entry], numbersOf[study.Entry]
	pooled := columns.Column{Name: "pooled", Bools: make([]bool, len(list))}
	for i, e := range list {
		pooled.Bools[i] = e.Pooled
	}
	return []columns.Column{
		text("series", list, func(study.Entry) string { return a.Series }), text("event", list, func(e study.Entry) string { return e.Event }),
		text("country", list, func(e study.Entry) string { return e.Country }), text("date", list, func(e study.Entry) string { return e.Date }),
		text("kind", list, func(e study.Entry) string { return e.Kind }), text("target", list, func(e study.Entry) string { return e.Target }),
		text("target_type", list, func(e study.Entry) string { return e.Type }), text("asked", list, func(e study.Entry) string { return string(e.Asked) }),
		number("users", list, func(e study.Entry) account.Number { return e.Users }), number("effect_pct", list, func(e study.Entry) account.Number { return e.Effect }),
		number("ci_low", list, func(e study.Entry) account.Number { return e.Low }), number("ci_high", list, func(e study.Entry) account.Number { return e.High }),
		text("grade", list, func(e study.Entry) string { return string(e.Grade) }), pooled,
		text("why", list, func(e study.Entry) string { return e.Why }), text("detail", list, func(e study.Entry) string { return e.Detail }),
	}
}

func textsOf[Row any](name string, list []Row, of func(Row) string) columns.Column {
	c := columns.Column{Name: name, Texts: make([]string, len(list))}
	for i, row := range list {
		c.Texts[i] = of(row)
	}
	return c
}

func numbersOf[Row any](name string, list []Row, of func(Row) account.Number) columns.Column {
	c := columns.Column{Name: name, Floats: make([]float64, len(list))}
	for i, row := range list {
		c.Floats[i] = float64(of(row))
	}
	return c
}

func countsOf[Row any](name string, list []Row, of func(Row) int) columns.Column {
	c := columns.Column{Name: name, Ints: make([]int64, len(list))}
	for i, row := range list {
		c.Ints[i] = int64(of(row))
	}
	return c
}

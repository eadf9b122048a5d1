package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/external/series"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/study"
	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/transform/spike"
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
    --output markdown > bans.md
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
	f.StringVar(&o.output, "output", "table", "table, markdown, json or csv")
	f.StringVar(&o.rows, "rows", "groups", "of a CSV: groups or events")
	f.BoolVar(&o.asJSON, "json", false, "print one JSON object; as --output json")
	return cmd
}

func (a *app) study(ctx context.Context, o averageOptions) error {
	write, err := averageWriter(o)
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
func averageWriter(o averageOptions) (func(io.Writer, study.Average) error, error) {
	if o.rows != "groups" && o.rows != "events" {
		return nil, fmt.Errorf("--rows %q: want groups or events", o.rows)
	}
	switch o.output {
	case "table":
		return func(w io.Writer, a study.Average) error { return writeSheets(escaping{w}, a, writeAligned) }, nil
	case "markdown":
		return func(w io.Writer, a study.Average) error { return writeSheets(w, a, writePipes) }, nil
	case "json":
		return func(w io.Writer, a study.Average) error { return writeJSON(w, a) }, nil
	case "csv":
		return func(w io.Writer, a study.Average) error {
			if o.rows == "events" {
				return writeRecords(w, eventRecords(a))
			}
			return writeRecords(w, groupRecords(a))
		}, nil
	}
	return nil, fmt.Errorf("--output %q: want table, markdown, json or csv", o.output)
}

// titledTable is a table as it is read by people.
type titledTable struct {
	title string
	head  []string
	rows  [][]string
}

// writeSheets writes all that was found, sheet by sheet.
func writeSheets(w io.Writer, a study.Average, write func(io.Writer, titledTable) error) error {
	for _, s := range []titledTable{funnelSheet(a), groupSheet(a), differenceSheet(a), eventSheet(a)} {
		if err := write(w, s); err != nil {
			return err
		}
	}
	return nil
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
	if high > mostPercent {
		return fmt.Sprintf("%+.1f .. over %+d", float64(low), mostPercent)
	}
	return fmt.Sprintf("%+.1f .. %+.1f", float64(low), float64(high))
}

// mostPercent is the highest end of an interval that a table shows with its digits: of two unlike events the mean may be anything.
const mostPercent = 9999

func writeAligned(out io.Writer, s titledTable) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "%s\n%s\n", s.title, strings.Join(s.head, "\t"))
	for _, row := range s.rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	fmt.Fprintln(w)
	return w.Flush()
}

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

// writeRecords writes CSV; what is unknown is empty.
func writeRecords(w io.Writer, records [][]string) error {
	out := csv.NewWriter(w)
	return errors.Join(out.WriteAll(records), out.Error())
}

func groupRecords(a study.Average) [][]string {
	list := [][]string{{"series", "by", "value", "asked", "episodes", "mean_pct", "ci_low", "ci_high", "p", "predict_low", "predict_high", "tau_squared", "tau_low", "tau_high", "i_squared",
		"supported", "ambiguous", "not_supported", "untested", "mean_with_untested_pct"}}
	for _, g := range a.Groups {
		row := []string{a.Series, g.By, g.Value, string(g.Asked), strconv.Itoa(g.Episodes)}
		for _, n := range []account.Number{g.Mean, g.Low, g.High, g.P, g.PredictLow, g.PredictHigh, g.TauSquared, g.TauLow, g.TauHigh, g.ISquared} {
			row = append(row, exactly(n))
		}
		list = append(list, append(row, strconv.Itoa(g.Supported), strconv.Itoa(g.Ambiguous), strconv.Itoa(g.NotSupported), strconv.Itoa(g.Untested), exactly(g.MeanWithUntested)))
	}
	return list
}

func eventRecords(a study.Average) [][]string {
	list := [][]string{{"series", "event", "country", "date", "kind", "target", "target_type", "asked", "users", "effect_pct", "ci_low", "ci_high", "grade", "pooled", "why", "detail"}}
	for _, e := range a.Events {
		list = append(list, []string{a.Series, e.Event, e.Country, e.Date, e.Kind, e.Target, e.Type, string(e.Asked), exactly(e.Users), exactly(e.Effect), exactly(e.Low), exactly(e.High),
			string(e.Grade), strconv.FormatBool(e.Pooled), e.Why, e.Detail})
	}
	return list
}

// exactly is a number with all its digits, empty where unknown.
func exactly(n account.Number) string {
	if !n.Known() {
		return ""
	}
	return strconv.FormatFloat(float64(n), 'g', -1, 64)
}

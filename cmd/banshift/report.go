package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/external/series"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/study"
	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/transform/spike"
	"github.com/banshift/banshift/web"
	"github.com/banshift/banshift/web/report"
)

// reportOptions are the flags of report.
type reportOptions struct {
	analyzeOptions
	out, as, substitute, topology string
	public                        bool
}

func newReportCommand(a *app) *cobra.Command {
	var o reportOptions
	cmd := &cobra.Command{
		Use:   "report EVENT",
		Short: "Write what is known about one event as one HTML, Markdown or PDF file",
		Long: `report analyses the store's use (or a series, with --series) around one event of the
catalogue and writes one HTML file: the chart with the dates of the ban, the effect with
its interval, how sure that is, the controls, the table behind it, the method in words.
The file loads nothing from anywhere and prints well. --format md writes the same as text;
--format pdf has a Chromium print it, where there is one (CHROMIUM, or on PATH).

With --public every number comes from what may be published, as from 'banshift release'.`,
		Example: `  banshift report ru-telegram-2018-enforcement --store ./store --out report.html
  banshift report ru-telegram-2018-enforcement --store ./store --format md --out - | less
  banshift report ru-telegram-2018-enforcement --series tor.csv --series-format tor-userstats`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return a.report(c.Context(), args[0], o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.out, "out", "", "file to write; - is the standard output (default: EVENT.html)")
	f.StringVar(&o.as, "format", "html", "html, md or pdf")
	f.StringVar(&o.analyzeOptions.events, "events", "", "catalogue: a directory, or a file of YAML, JSON or CSV; several by commas, \"builtin\" among them (default: the built-in one)")
	o.addQuestion(f)
	f.StringVar(&o.series, "series", "", "report on this file of daily users instead of the store")
	f.StringVar(&o.format, "series-format", "csv", strings.Join(series.Formats(), ", "))
	f.StringVar(&o.country, "series-country", "", "lower-case ISO code of a file that names no country")
	f.StringVar(&o.name, "series-name", "", "what the series is called (default: the file's name)")
	f.StringVar(&o.placebo, "placebo", string(spike.PlaceboBefore), "placebo dates: before, or both (uses the future; never live)")
	f.StringVar(&o.substitute, "substitute", "", "service that was to replace the banned one (default: substitutes: in the configuration)")
	f.StringVar(&o.topology, "topology", "", "directory of AS relationships (*as-rel*) and delegations (delegated*)")
	completeEvent(cmd)
	completeWith(cmd, "format", reportFormats)
	completeWith(cmd, "series-format", series.Formats())
	f.BoolVar(&o.public, "public", false, "report only what may be published: no rows of few clients, counts rounded to multiples of privacy.release_min_clients")
	cmd.MarkFlagsMutuallyExclusive("public", "series")
	f.BoolVar(&o.asJSON, "json", false, "print the report's data as one JSON object instead of a page")
	return cmd
}

func (a *app) report(ctx context.Context, id string, o reportOptions) error {
	o.as = cmp.Or(o.as, reportFormats[0])
	if !slices.Contains(reportFormats, o.as) {
		return misused(hinted(fmt.Errorf("report: --format %s: want %s", o.as, strings.Join(reportFormats, ", ")), o.as, reportFormats))
	}
	if o.as == "pdf" && o.out == "-" {
		return misused(errors.New("report: a PDF is binary: give it a file with --out"))
	}
	if _, err := web.Assets(); err != nil && !o.asJSON && o.as != "md" {
		return err
	}
	so, err := a.studyOptions(o.analyzeOptions)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(so.Catalogue, func(e events.Event) bool { return e.ID == id })
	if i < 0 {
		ids := make([]string, len(so.Catalogue))
		for i, e := range so.Catalogue {
			ids[i] = e.ID
		}
		return misused(hinted(fmt.Errorf("event %q is not in the catalogue; 'banshift events list' shows what is", id), id, ids))
	}
	if so, err = a.aboutEvent(so, so.Catalogue[i], o.substitute, o.topology); err != nil {
		return fmt.Errorf("report %s: %w", id, err)
	}
	var r account.Report
	err = a.studied(ctx, so, func(store *load.Store) error {
		var reader study.Reader = store
		if o.public {
			if reader, err = a.public(store); err != nil {
				return err
			}
		}
		r, err = study.Run(ctx, reader, so.Catalogue[i], so)
		return err
	})
	if err != nil {
		return fmt.Errorf("report %s: %w", id, err)
	}
	if o.asJSON {
		return a.writeReportJSON(r, o.out)
	}
	return a.writeReport(ctx, r, o.as, cmp.Or(o.out, id+"."+o.as))
}

// aboutEvent adds what the companion questions of an event are asked with.
func (a *app) aboutEvent(o study.Options, e events.Event, substitute, topology string) (study.Options, error) {
	o.Substitute = cmp.Or(substitute, a.cfg.Substitutes[strings.ToLower(e.Target)])
	var err error
	o.Border, o.Topology, err = a.border(e.Country, topology)
	return o, err
}

// writeReportJSON prints the account, or writes it to the file of --out.
func (a *app) writeReportJSON(r account.Report, path string) error {
	if path == "" || path == "-" {
		return writeJSON(a.out, r)
	}
	return writeFile(path, func(w io.Writer) error { return writeJSON(w, r) })
}

// reportFormats are what a report can be written as.
var reportFormats = []string{"html", "md", "pdf"}

func (a *app) writeReport(ctx context.Context, r account.Report, as, path string) error {
	write := func(w io.Writer) error { return report.Render(w, r, "") }
	if as == "md" {
		write = func(w io.Writer) error { return report.Markdown(w, r) }
	}
	if path == "-" {
		return write(a.out)
	}
	var err error
	if as == "pdf" {
		var page bytes.Buffer
		if err = write(&page); err == nil {
			err = printPage(ctx, page.Bytes(), path)
		}
	} else {
		err = writeFile(path, write)
	}
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	_, err = fmt.Fprintf(a.errOut, "report: %s\n", path)
	return err
}

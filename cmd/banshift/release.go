package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/spf13/cobra"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/queries"
	"github.com/banshift/banshift/release/audit"
	"github.com/banshift/banshift/release/budget"
	"github.com/banshift/banshift/release/dataset"
	"github.com/banshift/banshift/release/mechanism"
	"github.com/banshift/banshift/release/policy"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/study"
	"github.com/banshift/banshift/web/report"
)

// releaseOptions are the flags of release.
type releaseOptions struct {
	analyzeOptions
	noise  noiseOptions
	params []string
	out    string
}

func newReleaseCommand(a *app) *cobra.Command {
	var o releaseOptions
	cmd := &cobra.Command{
		Use:   "release EVENT|QUERY --out DIR",
		Short: "Write a public data set about an event, or of one named question",
		Long: `release writes a directory that may be published: tables as CSV and Parquet, a data package
(datapackage.json), README.md, CITATION.cff, the result of the audit, checksums; about an
event also report.md and report.json, whose figures are computed from the released tables and
nothing else.

Rows of few clients stay behind as with export, and counts are rounded to multiples of
privacy.release_min_clients, so that two releases tell no more together than each. With
--epsilon counts have noise instead, and what is asked for is shared by the tables. What does
not pass the audit is not there afterwards.`,
		Example: `  banshift release ru-telegram-2018-enforcement --store ./store --out ./telegram-2018
  banshift release ru-telegram-2018-enforcement --store ./store --epsilon 1 --out ./telegram-2018
  banshift release circumvention_share --store ./store --param country=ru --out ./share`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return a.release(c.Context(), args[0], o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.out, "out", "", "directory that is made; it must not be there yet")
	f.StringArrayVar(&o.params, "param", nil, "NAME=VALUE of a parameter of QUERY; repeatable")
	f.StringVar(&o.events, "events", "", "catalogue: a directory, or a file of YAML, JSON or CSV; several by commas, \"builtin\" among them (default: the built-in one)")
	o.noise.add(f)
	completeEvent(cmd)
	completeWith(cmd, "mechanism", mechanism.Kinds)
	return cmd
}

func (a *app) release(ctx context.Context, name string, o releaseOptions) error {
	if o.out == "" {
		return misused(errors.New("release: no directory: give --out DIR"))
	}
	if _, err := os.Lstat(o.out); !errors.Is(err, fs.ErrNotExist) {
		return misused(fmt.Errorf("release: %s is there: give a new directory with --out", o.out))
	}
	noise, err := a.noiseAsked(o.noise)
	if err != nil {
		return err
	}
	so, err := a.studyOptions(o.analyzeOptions)
	if err != nil {
		return err
	}
	plan, err := planOf(name, o, so.Catalogue)
	if err != nil {
		return misused(err)
	}
	store, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	err = a.releaseInto(ctx, store, plan, o.out, noise, so)
	if err := errors.Join(err, store.Close()); err != nil {
		return fmt.Errorf("release: %w", err)
	}
	_, err = fmt.Fprintln(a.out, o.out)
	return err
}

// releasePlan is which questions a data set answers.
type releasePlan struct {
	name, title, description string
	event                    *events.Event // nil: none
	tables                   []asked
}

// asked is a named question with its parameters.
type asked struct {
	name   string
	params map[string]string
}

// Days around an event that are released: those that placebo dates and the course of the effect are taken from.
const (
	releasedBefore = 365
	releasedAfter  = 60
)

// planOf finds what is asked for: an event of the catalogue, or a query.
func planOf(name string, o releaseOptions, catalogue []events.Event) (releasePlan, error) {
	if i := slices.IndexFunc(catalogue, func(e events.Event) bool { return e.ID == name }); i >= 0 {
		if len(o.params) > 0 {
			return releasePlan{}, errors.New("release: --param is for a query")
		}
		return eventPlan(catalogue[i]), nil
	}
	params, err := parseParams(o.params)
	if err != nil {
		return releasePlan{}, err
	}
	if err := checkQuery(name, params); err != nil {
		return releasePlan{}, fmt.Errorf("release: %s is no event of the catalogue ('banshift events list'), and no question: %w", name, err)
	}
	q, err := queries.Get(name)
	if err != nil {
		return releasePlan{}, err
	}
	p := releasePlan{name: name, title: q.Title, description: q.Question, tables: []asked{{name, params}}}
	if name != "coverage" {
		p.tables = append(p.tables, asked{"coverage", nil})
	}
	return p, nil
}

func eventPlan(e events.Event) releasePlan {
	span := map[string]string{"from": e.Date().AddDate(0, 0, -releasedBefore).Format(time.DateOnly), "to": e.Date().AddDate(0, 0, releasedAfter).Format(time.DateOnly)}
	own := map[string]string{"country": e.Country, "from": span["from"], "to": span["to"]}
	return releasePlan{
		name: e.ID, event: &e, title: fmt.Sprintf("Use of circumvention tools around %s (%s, %s)", e.ID, study.CountryName(e.Country), e.Date().Format(time.DateOnly)),
		description: fmt.Sprintf("Daily clients of VPN, proxy and anonymity tools of %s and its controls, from a year before to two months after the event %s (%s: %s).", study.CountryName(e.Country), e.ID, e.Kind, e.Target),
		tables:      []asked{{"daily_series", span}, {"use_by_network_day", own}, {"use_by_tool_day", own}, {"coverage", span}},
	}
}

// releaseInto makes the directory under another name, and gives it its own when it is whole and was looked through.
func (a *app) releaseInto(ctx context.Context, store *load.Store, plan releasePlan, out string, noise *mechanism.Asked, so study.Options) error {
	p, err := a.publisher(ctx, store, noise)
	if err != nil {
		return err
	}
	defer p.Close()
	dir := filepath.Join(filepath.Dir(filepath.Clean(out)), ".release-"+rand.Text())
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	defer os.RemoveAll(dir) // no longer there after the rename
	set := dataset.Package{Name: plan.name, Title: plan.title, Description: plan.description, Program: "banshift " + programVersion(),
		Licence: a.cfg.Export.Licence, Citation: a.cfg.Export.Citation, Authors: a.cfg.Export.Authors, Created: time.Now().UTC().Truncate(time.Second), Privacy: map[string]string{}}
	reader := newPublicReader(p)
	reader.only = map[string]bool{"versions": true, "coverage": true}
	if err := a.releaseTables(ctx, p, reader, plan, dir, &set); err != nil {
		return err
	}
	if plan.event != nil {
		if err := releaseReport(ctx, reader, *plan.event, so, dir, &set); err != nil {
			return err
		}
	}
	if err := a.auditRelease(ctx, dir); err != nil {
		return err
	}
	if err := errors.Join(set.Write(dir), dataset.Sums(dir)); err != nil {
		return err
	}
	return os.Rename(dir, out)
}

// releaseTables writes the tables and has the reader answer with what is in them.
func (a *app) releaseTables(ctx context.Context, p *publisher, reader *publicReader, plan releasePlan, dir string, set *dataset.Package) error {
	tables, err := p.share(plan, set)
	if err != nil {
		return err
	}
	for _, t := range tables {
		released, err := p.answer(ctx, t.name, t.params)
		if err != nil {
			return err
		}
		if plan.event != nil {
			reader.kept(t.name, studied(*plan.event, t), released)
		}
		table, err := releaseTable(ctx, p.store, released, dir)
		if err != nil {
			return err
		}
		set.Tables = append(set.Tables, table)
		set.Privacy[t.name] = released.Said().Words
		set.Simulated = cmp.Or(set.Simulated, table.About["simulated"])
	}
	return nil
}

// studied are the parameters with which a study asks for a table.
func studied(e events.Event, t asked) map[string]string {
	if t.params["country"] != "" {
		return map[string]string{"country": e.Country}
	}
	return nil
}

// share leaves tables out that cannot be released under differential privacy, and parts epsilon among the rest.
func (p *publisher) share(plan releasePlan, set *dataset.Package) ([]asked, error) {
	if p.policy.Noise == nil {
		return plan.tables, nil
	}
	var kept []asked
	spending := 0
	for _, t := range plan.tables {
		q, err := queries.Get(t.name)
		if err != nil {
			return nil, err
		}
		values, err := q.Values(t.params)
		if err != nil {
			return nil, err
		}
		if q.Public {
			kept = append(kept, t)
			continue
		}
		err = mechanism.Releasable(q, values)
		if refused := (*mechanism.RefusedError)(nil); plan.event != nil && errors.As(err, &refused) {
			set.Notes = append(set.Notes, err.Error()+".")
			continue
		}
		if err != nil {
			return nil, err
		}
		kept, spending = append(kept, t), spending+1
	}
	if spending > 1 {
		p.policy.Noise.Epsilon /= budget.Epsilon(spending)
	}
	return kept, nil
}

// releaseTable writes a table as CSV and Parquet.
func releaseTable(ctx context.Context, store *load.Store, released policy.Released, dir string) (dataset.Table, error) {
	r := released.Result()
	t := dataset.Table{Name: r.Query.Name, Title: r.Query.Title, Question: r.Query.Question, Columns: r.Columns, Rows: r.Len}
	for _, format := range []load.Format{load.CSV, load.Parquet} {
		_, err := load.WriteWhole(filepath.Join(dir, t.Name+"."+string(format)), func(w io.Writer) error {
			return store.WriteReleased(ctx, released, w, format)
		})
		if err != nil {
			return t, err
		}
	}
	var err error
	t.About, err = saidOfItself(filepath.Join(dir, t.Name+".parquet"))
	return t, err
}

// saidOfItself reads the metadata of a file that the program wrote.
func saidOfItself(path string) (map[string]string, error) {
	r, err := file.OpenParquetFile(path, false)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	said := map[string]string{}
	pairs := r.MetaData().KeyValueMetadata()
	for i, key := range pairs.Keys() {
		if name, own := strings.CutPrefix(key, "banshift."); own {
			said[name] = pairs.Values()[i]
		}
	}
	return said, nil
}

// releaseReport makes the account of an event from what was released.
func releaseReport(ctx context.Context, reader *publicReader, e events.Event, so study.Options, dir string, set *dataset.Package) error {
	made, err := study.Run(ctx, reader, e, so)
	if err != nil {
		set.Notes = append(set.Notes, "No effect is told: the released tables do not carry one ("+err.Error()+").")
		return nil
	}
	set.Findings = append(set.Findings, made.Headline.Sentence()+" Grade: "+made.Headline.Grade.Words()+".")
	return errors.Join(
		writeFile(filepath.Join(dir, "report.md"), func(w io.Writer) error { return report.Markdown(w, made) }),
		writeFile(filepath.Join(dir, "report.json"), func(w io.Writer) error { return writeJSON(w, made) }))
}

// auditRelease looks through what is about to be published, and writes down what it found: nothing. Reports are made of
// the tables and of the program's own words: read as base32, some of these are addresses of many a network.
func (a *app) auditRelease(ctx context.Context, dir string) error {
	o := auditOptions{k: a.cfg.Privacy.ReleaseMinClients}
	tables, err := a.auditor(o)
	if err != nil {
		return err
	}
	o.prose = true
	reports, err := a.auditor(o)
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	findings := []audit.Finding{}
	for _, entry := range entries {
		auditor := tables
		if strings.HasPrefix(entry.Name(), "report.") {
			auditor = reports
		}
		if err := auditor.Path(ctx, filepath.Join(dir, entry.Name()), func(f audit.Finding) {
			f.Where = strings.ReplaceAll(f.Where, dir+string(filepath.Separator), "")
			findings = append(findings, f)
		}); err != nil {
			return err
		}
	}
	if len(findings) > 0 {
		return errors.Join(a.printFindings(findings[:min(len(findings), maxFindings)], false), fmt.Errorf("the audit has %d findings: nothing is released", len(findings)))
	}
	return writeFile(filepath.Join(dir, "audit.json"), func(w io.Writer) error {
		return writeJSON(w, map[string]any{"looked_for": "addresses, keys, counts of few clients and such as follow within a row", "min_clients": a.cfg.Privacy.ReleaseMinClients, "findings": findings})
	})
}

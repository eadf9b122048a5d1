package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/queries"
)

func newQueryCommand(a *app) *cobra.Command {
	var params []string
	var output string
	var describe bool
	cmd := &cobra.Command{
		Use:   "query [NAME]",
		Short: "Answer a named question from the store; without a name, list the questions",
		Long: `query runs one of the named questions over the store. Without NAME it lists them;
--describe says what a question takes and gives. JSON is one array of objects; Parquet
keeps the types of the columns.`,
		Example: `  banshift query
  banshift query use_by_tool_day --describe
  banshift query use_by_tool_day --store ./store --param country=ru --param level=confirmed
  banshift query circumvention_share --store ./store --output csv > share.csv
  banshift query daily_series --store ./store --param "categories=['vpn']" --output parquet > vpn.parquet`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.listQueries()
			}
			if describe {
				return a.describeQuery(args[0])
			}
			return a.query(cmd, args[0], params, output)
		},
	}
	cmd.Flags().StringArrayVar(&params, "param", nil, "NAME=VALUE of a parameter; repeatable")
	cmd.Flags().StringVar(&output, "output", "table", "table, json, csv or parquet")
	cmd.Flags().BoolVar(&describe, "describe", false, "print what the question takes and gives, without running it")
	return cmd
}

func (a *app) query(cmd *cobra.Command, name string, given []string, output string) error {
	params, err := parseParams(given)
	if err != nil {
		return misused(err)
	}
	q, err := queries.Get(name)
	if err != nil {
		return misused(err)
	}
	if _, err := q.Values(params); err != nil {
		return misused(err)
	}
	format, err := a.outputFormat(output)
	if err != nil {
		return misused(err)
	}
	store, err := a.openStore(cmd.Context())
	if err != nil {
		return err
	}
	answer := &watch{Writer: a.shown(format)}
	err = store.Query(cmd.Context(), name, params, answer, format)
	if err == nil && answer.isEmpty(format) {
		err = a.sayWhyEmpty(cmd.Context(), store, params)
	}
	return errors.Join(err, store.Close())
}

// shown is where a result goes: tables are for terminals.
func (a *app) shown(format load.Format) io.Writer {
	if format == load.Table {
		return escaping{a.out}
	}
	return a.out
}

// outputFormat refuses binary output to a terminal.
func (a *app) outputFormat(name string) (load.Format, error) {
	format, err := load.ParseFormat(name)
	if err != nil {
		return "", err
	}
	if format == load.Parquet && isTerminal(a.out) {
		return "", errors.New("parquet is binary: send it to a file with > NAME.parquet, or use 'banshift export'")
	}
	return format, nil
}

// parseParams reads NAME=VALUE pairs.
func parseParams(given []string) (map[string]string, error) {
	params := map[string]string{}
	for _, pair := range given {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("--param %q: want NAME=VALUE", pair)
		}
		if name == "country" {
			var err error
			if value, err = countryParam(value); err != nil {
				return nil, fmt.Errorf("--param %s: %w", pair, err)
			}
		}
		params[name] = value
	}
	return params, nil
}

func (a *app) listQueries() error {
	all, err := queries.List()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
	for _, q := range all {
		fmt.Fprintf(w, "%s\t%s\n", q.Name, q.Question)
	}
	return w.Flush()
}

func (a *app) describeQuery(name string) error {
	q, err := queries.Get(name)
	if err != nil {
		return misused(err)
	}
	w := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "%s\n%s\n\n", q.Title, q.Question)
	for _, p := range q.Params {
		fmt.Fprintf(w, "--param %s=\t%s\tdefault %q\t%s\n", p.Name, p.Type, p.Default, p.Text)
	}
	fmt.Fprintln(w)
	for _, c := range q.Columns {
		fmt.Fprintf(w, "%s\t%s\t%s\n", c.Name, c.Role, c.Text)
	}
	return w.Flush()
}

package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

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
  banshift query daily_series --store ./store --param "categories=['vpn']" \
    --output parquet > vpn.parquet`,
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
	completeQuery(cmd)
	completeWith(cmd, "output", outputFormats)
	cmd.Flags().BoolVar(&describe, "describe", false, "print what the question takes and gives, without running it")
	return cmd
}

func (a *app) query(cmd *cobra.Command, name string, given []string, output string) error {
	params, err := parseParams(given)
	if err != nil {
		return misused(err)
	}
	if err := checkQuery(name, params); err != nil {
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
	var answer *answered
	err = a.show(format, func(w io.Writer) error {
		answer = &answered{Writer: w}
		return store.Query(cmd.Context(), name, params, answer, format)
	})
	if err == nil && answer.isEmpty(format) {
		err = a.sayWhyEmpty(cmd.Context(), store, params)
	} else if err == nil {
		err = a.sayUnknownNames(cmd.Context(), store, params)
	}
	return errors.Join(err, store.Close())
}

// checkQuery says what is wrong with a query's name or parameters, and what may have been meant.
func checkQuery(name string, params map[string]string) error {
	q, err := queries.Get(name)
	if err != nil {
		return hinted(err, name, queryNames())
	}
	if _, err := q.Values(params); err != nil {
		var names []string
		for _, p := range q.Params {
			names = append(names, p.Name)
		}
		for given := range params {
			if !slices.Contains(names, given) {
				return hinted(err, given, names)
			}
		}
		return err
	}
	return nil
}

// show writes a result: a table in the room that the terminal has.
func (a *app) show(format load.Format, write func(io.Writer) error) error {
	if format != load.Table {
		return write(a.out)
	}
	table := &fitted{a: a}
	if err := write(table); err != nil {
		return err
	}
	return table.Close()
}

// outputFormat refuses binary output to a terminal.
func (a *app) outputFormat(name string) (load.Format, error) {
	format, err := load.ParseFormat(name)
	if err != nil {
		return "", hinted(err, name, outputFormats)
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
	list := sheet{heads: []string{"NAME", "QUESTION"}, whole: []string{"NAME"}}
	for _, q := range all {
		list.add(q.Name, q.Question)
	}
	return a.print(list)
}

func (a *app) describeQuery(name string) error {
	q, err := queries.Get(name)
	if err != nil {
		return misused(hinted(err, name, queryNames()))
	}
	fmt.Fprintf(a.out, "%s\n%s\n\n", q.Title, strings.Join(wrap(q.Question, a.width()), "\n"))
	takes := sheet{heads: []string{"PARAMETER", "TYPE", "DEFAULT", "MEANING"}, whole: []string{"PARAMETER"}}
	for _, p := range q.Params {
		takes.add("--param "+p.Name+"=", p.Type, fmt.Sprintf("%q", p.Default), p.Text)
	}
	gives := sheet{heads: []string{"COLUMN", "ROLE", "MEANING"}, whole: []string{"COLUMN"}}
	for _, c := range q.Columns {
		gives.add(c.Name, string(c.Role), c.Text)
	}
	if len(q.Params) > 0 {
		if err := a.print(takes); err != nil {
			return err
		}
		fmt.Fprintln(a.out)
	}
	return a.print(gives)
}

package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

func newSQLCommand(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "sql STATEMENT",
		Short: "Run one SQL statement that only reads the store",
		Long: `sql runs one statement of ClickHouse's SQL over the tables of the store, and nothing
else: what is not in docs/reference/sql.md is refused by name before anything runs. With -
the statement comes from the standard input.`,
		Example: `  banshift sql --store ./store \
    "SELECT tool, sum(flows) FROM usage_named GROUP BY tool ORDER BY 2 DESC"
  banshift sql --store ./store --output csv - < question.sql > answer.csv`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.sql(cmd, args[0], output) },
	}
	cmd.Flags().StringVar(&output, "output", "table", "table, json, csv or parquet")
	completeWith(cmd, "output", outputFormats)
	return cmd
}

func (a *app) sql(cmd *cobra.Command, text, output string) error {
	format, err := a.outputFormat(output)
	if err != nil {
		return misused(err)
	}
	if text == "-" {
		read, err := io.ReadAll(a.in)
		if err != nil {
			return err
		}
		text = string(read)
	}
	store, err := a.openStore(cmd.Context())
	if err != nil {
		return err
	}
	var answer *answered
	err = a.show(format, func(w io.Writer) error {
		answer = &answered{Writer: w}
		return store.SQL(cmd.Context(), text, answer, format)
	})
	if err == nil && answer.isEmpty(format) {
		fmt.Fprintln(a.errOut, "no rows: the statement ran, and nothing in the store matches it")
	}
	return errors.Join(err, store.Close())
}

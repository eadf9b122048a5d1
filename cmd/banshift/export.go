package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"
)

func newExportCommand(a *app) *cobra.Command {
	var params []string
	var dir string
	cmd := &cobra.Command{
		Use:   "export NAME --out DIR",
		Short: "Write the answer of a named question as a Parquet file with its description",
		Long: `export writes DIR/NAME.parquet, with typed columns, and DIR/NAME.json, which says what
the file is: question, parameters, columns, size and SHA-256. Counts of few clients are in
it as they are: look at them before you publish them.`,
		Example: `  banshift export daily_series --store ./store --out ./public
  banshift export use_by_tool_day --store ./store --param country=ru --out ./public`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.export(cmd, args[0], params, dir) },
	}
	cmd.Flags().StringArrayVar(&params, "param", nil, "NAME=VALUE of a parameter; repeatable")
	cmd.Flags().StringVar(&dir, "out", "", "directory for the files")
	completeQuery(cmd)
	return cmd
}

func (a *app) export(cmd *cobra.Command, name string, given []string, dir string) error {
	if dir == "" {
		return misused(errors.New("export: no directory: give --out DIR"))
	}
	params, err := parseParams(given)
	if err != nil {
		return misused(err)
	}
	if err := checkQuery(name, params); err != nil {
		return misused(err)
	}
	store, err := a.openStore(cmd.Context())
	if err != nil {
		return err
	}
	done, err := store.Export(cmd.Context(), name, params, dir)
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s (%d bytes, SHA-256 %s)\n", filepath.Join(dir, done.File), done.Bytes, done.SHA256)
	return err
}

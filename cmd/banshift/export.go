package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/release/suppress"
)

func newExportCommand(a *app) *cobra.Command {
	var params []string
	var dir string
	cmd := &cobra.Command{
		Use:   "export NAME --out DIR",
		Short: "Write the answer of a named question as a Parquet file with its description",
		Long: `export writes DIR/NAME.parquet, with typed columns, and DIR/NAME.json, which says what
the file is: question, parameters, columns, size and SHA-256.

Rows that count fewer clients than privacy.release_min_clients stay behind, and so do others
without which such a count could be found by subtraction. That holds within one file: what
several files tell together, and what last month's told, is for you to look at. A question
that does not count clients is not exported. 'banshift query NAME --output parquet' writes
everything, for yourself.`,
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
	done, err := a.release(cmd.Context(), store, name, params, dir)
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}
	if done.RowsLeftOut > 0 {
		fmt.Fprintf(a.out, "%d rows stay behind: they count fewer than %d clients, or would give such a count away\n", done.RowsLeftOut, done.MinClients)
	}
	_, err = fmt.Fprintf(a.out, "%s (%d bytes, SHA-256 %s)\n", filepath.Join(dir, done.File), done.Bytes, done.SHA256)
	return err
}

// release writes what may leave the house of an answer.
func (a *app) release(ctx context.Context, store *load.Store, name string, params map[string]string, dir string) (load.Exported, error) {
	result, err := store.Result(ctx, name, params)
	if err != nil {
		return load.Exported{}, err
	}
	var about load.Exported
	if !result.Query.Public {
		about.MinClients = uint64(a.cfg.Privacy.ReleaseMinClients)
	}
	left, err := suppress.Rows(result, about.MinClients)
	if err != nil {
		return load.Exported{}, fmt.Errorf("export: %w; `banshift query %s --output parquet` writes it for yourself", err, name)
	}
	about.RowsLeftOut = left.Few + left.Complement
	return store.Export(ctx, result, dir, about)
}

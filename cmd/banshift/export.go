package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/queries"
	"github.com/banshift/banshift/release/mechanism"
	"github.com/banshift/banshift/release/suppress"
)

func newExportCommand(a *app) *cobra.Command {
	var params []string
	var dir string
	var partition []string
	var noise noiseOptions
	cmd := &cobra.Command{
		Use:   "export NAME --out DIR",
		Short: "Write the answer of a named question as a Parquet file with its description",
		Long: `export writes DIR/NAME.parquet, with typed columns, and DIR/NAME.json, which says what
the file is: question, parameters, columns, size and SHA-256.

Rows that count fewer clients than privacy.release_min_clients stay behind, and so do others
without which such a count could be found by subtraction. Counts are rounded to multiples of
that number, and sums to two digits, so that several files tell no more together than each. A
question that does not count clients is not exported. 'banshift query NAME --output parquet'
writes everything as it is, for yourself.

With --epsilon counts of clients have noise (differential privacy; the unit is a client-day),
and everything else that clients could change is left out. What is spent of each country's
day is written down before the file is, and refused over privacy.release_epsilon_day. The same
question gives the same numbers again, for nothing, whatever became of the data since.

With --partition country,month the rows are parted into DIR/NAME/country=ru/month=2018-04/
part-0.parquet and so on, as Hive, Spark, DuckDB, polars and Arrow read it; each file says
what it is. What stays behind is what stays behind without it.`,
		Example: `  banshift export daily_series --store ./store --out ./public
  banshift export use_by_tool_day --store ./store --param country=ru --out ./public
  banshift export daily_series --store ./store --epsilon 0.5 --out ./public
  banshift export daily_series --store ./store --partition country,month --out ./public`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.export(cmd, args[0], params, partition, dir, noise)
		},
	}
	cmd.Flags().StringArrayVar(&params, "param", nil, "NAME=VALUE of a parameter; repeatable")
	cmd.Flags().StringVar(&dir, "out", "", "directory for the files")
	cmd.Flags().StringSliceVar(&partition, "partition", nil, "key columns, year or month that the rows are parted by, by commas")
	noise.add(cmd.Flags())
	completeQuery(cmd)
	completeWith(cmd, "mechanism", mechanism.Kinds)
	return cmd
}

func (a *app) export(cmd *cobra.Command, name string, given, partition []string, dir string, noise noiseOptions) error {
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
	if err := checkPartition(name, partition); err != nil {
		return misused(err)
	}
	asked, err := a.noiseAsked(noise)
	if err != nil {
		return err
	}
	store, err := a.openStore(cmd.Context())
	if err != nil {
		return err
	}
	done, err := a.exported(cmd.Context(), store, name, params, partition, dir, asked)
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}
	fmt.Fprintf(a.errOut, "privacy: %s\n", done.Privacy)
	if len(partition) > 0 {
		_, err = fmt.Fprintf(a.out, "%s: %d files (%d bytes)\n", filepath.Join(dir, done.File), len(done.Files), done.Bytes)
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s (%d bytes, SHA-256 %s)\n", filepath.Join(dir, done.File), done.Bytes, done.SHA256)
	return err
}

// exported writes what may leave the house of an answer.
func (a *app) exported(ctx context.Context, store *load.Store, name string, params map[string]string, partition []string, dir string, noise *mechanism.Asked) (load.Exported, error) {
	p, err := a.publisher(ctx, store, noise)
	if err != nil {
		return load.Exported{}, err
	}
	defer p.Close()
	released, err := p.answer(ctx, name, params)
	if notCounted := (*suppress.NotCountedError)(nil); errors.As(err, &notCounted) {
		err = fmt.Errorf("export: %w; `banshift query %s --output parquet` writes it for yourself", err, name)
	}
	if err != nil {
		return load.Exported{}, err
	}
	if noise := released.Said().Noise; noise != nil {
		fmt.Fprintf(a.errOut, "country-days of which epsilon %s was spent: %d; that were released before and are given again: %d\n", noise.Epsilon, noise.New, noise.Again)
	}
	if len(partition) > 0 {
		return store.ExportPartitioned(ctx, released, partition, dir)
	}
	return store.Export(ctx, released, dir)
}

// checkPartition refuses what the rows of a question cannot be parted by, before a store is opened.
func checkPartition(name string, partition []string) error {
	q, err := queries.Get(name)
	if err != nil {
		return err
	}
	return load.CheckPartitions(q, partition)
}

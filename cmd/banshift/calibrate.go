package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/transform/spike/calibrate"
)

// calibrateOptions are the flags of calibrate.
type calibrateOptions struct {
	runs int
	seed uint64
	out  string
}

func newCalibrateCommand(a *app) *cobra.Command {
	var o calibrateOptions
	cmd := &cobra.Command{
		Use:   "calibrate",
		Short: "Measure the procedure on simulated series: size, power, coverage of the interval",
		Long: `calibrate draws panels of which everything is known, over a grid of effects, counts, noise,
autocorrelation, drift, outliers, lost sensors and overlapping bans, runs the procedure on
each as on real series, and writes how often it finds what is there and what is not as a
Markdown table. With 200 runs it takes some minutes.`,
		Example: `  banshift calibrate --runs 200 --out docs/calibration.md`,
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.calibrate(c.Context(), o) },
	}
	f := cmd.Flags()
	f.IntVar(&o.runs, "runs", 200, "simulated panels a row of the table; five times as many where there is no effect")
	f.Uint64Var(&o.seed, "seed", 1, "seed of all that is drawn")
	f.StringVar(&o.out, "out", "-", "file to write; - is the standard output")
	return cmd
}

func (a *app) calibrate(ctx context.Context, o calibrateOptions) error {
	if o.runs < 1 {
		return misused(errors.New("calibrate: --runs: want a positive number"))
	}
	cfg, err := a.spikeConfig()
	if err != nil {
		return err
	}
	cells := calibrate.Grid()
	rows, err := calibrate.Run(ctx, cells, o.runs, o.seed, cfg, func(done int) {
		a.log.Info("calibrated", "rows", done, "of", len(cells))
	})
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := calibrate.WriteMarkdown(&text, rows, o.runs, o.seed); err != nil {
		return err
	}
	if o.out == "-" {
		_, err := a.out.Write(text.Bytes())
		return err
	}
	err = writeFile(o.out, func(w io.Writer) error {
		_, err := w.Write(text.Bytes())
		return err
	})
	if err != nil {
		return fmt.Errorf("calibrate: %w", err)
	}
	return nil
}

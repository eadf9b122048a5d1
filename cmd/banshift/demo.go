package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/external/blocklist"
	"github.com/banshift/banshift/simulate"
	"github.com/banshift/banshift/study"
	"github.com/banshift/banshift/transform/spike"
)

// demoEvent is the event that the demo asks about.
const demoEvent = "ru-telegram-2018-enforcement"

// demoOptions are the flags of demo.
type demoOptions struct {
	out   string
	seed  uint64
	scale float64
}

func newDemoCommand(a *app) *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Simulate April 2018, run the whole pipeline over it, end with a report",
		Long: `demo simulates the ban of a messenger in April 2018 with a known truth, reads the
telemetry into an embedded store, tests the ban's effect in every country, and writes the
report. All of it is labelled as simulated. A directory that an earlier demo made is
replaced.`,
		Example: `  banshift demo
  banshift demo --out /tmp/april --seed 7`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.out, "out", filepath.Join("out", "demo"), "directory for everything that the demo makes")
	flags.Uint64Var(&o.seed, "seed", 1, "seed of the simulation")
	flags.Float64Var(&o.scale, "scale", 1, "number of users, as a multiple of the scenario's")
	return cmd
}

func (a *app) demo(ctx context.Context, o demoOptions) error {
	began := time.Now()
	telemetry := filepath.Join(o.out, "telemetry")
	if err := clearDemo(o.out); err != nil {
		return err
	}
	a.step(1, "simulate flow and DNS telemetry of 20 countries around April 2018")
	if err := a.simulate(ctx, simulateOptions{scenario: "telegram-2018", out: telemetry, seed: o.seed, scale: o.scale}); err != nil {
		return err
	}
	if err := a.useDemoConfig(o.out, telemetry); err != nil {
		return err
	}
	a.step(2, "read it: decode, pseudonymise, enrich, classify, fold, store")
	sources := []string{filepath.Join(telemetry, "flows"), filepath.Join(telemetry, "dns")}
	if err := a.run(ctx, sources, runOptions{maxRejects: 0}); err != nil {
		return err
	}
	if err := a.importDemoLists(ctx, telemetry); err != nil {
		return err
	}
	a.step(3, "test the ban against every country's own past and against the others")
	so, err := a.studyOptions(analyzeOptions{})
	if err != nil {
		return err
	}
	result, err := a.analysis(ctx, so)
	if err != nil {
		return err
	}
	a.step(4, "write the report")
	page := filepath.Join(o.out, "report.html")
	if err := a.report(ctx, demoEvent, reportOptions{analyzeOptions: analyzeOptions{placebo: string(spike.PlaceboBefore)}, out: page}); err != nil {
		return err
	}
	truth, err := readTruth(telemetry)
	if err != nil {
		return err
	}
	if err := a.printDemo(result, truth); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "\nreport  %s\nstore   %s   (banshift query use_by_tool_day --store %s --param country=ru)\n",
		page, a.cfg.Store, a.cfg.Store)
	fmt.Fprintf(a.errOut, "demo done in %.1f s\n", time.Since(began).Seconds())
	return nil
}

// importDemoLists brings the simulated block list into the store, as it was seen.
func (a *app) importDemoLists(ctx context.Context, telemetry string) error {
	lists, err := filepath.Glob(filepath.Join(telemetry, "blocklist", "*.csv"))
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return a.blocklistImport(ctx, lists, blocklistOptions{name: "ru", format: string(blocklist.Prefixes)})
}

func (a *app) step(n int, what string) { fmt.Fprintf(a.errOut, "[%d/4] %s\n", n, what) }

// demoMarker is a file that only a demo's directory has.
const demoMarker = "simulated-demo.txt"

// clearDemo empties the directory of an earlier demo and refuses any other that is not empty.
func clearDemo(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("demo: %w", err)
	}
	if len(entries) > 0 {
		if _, err := os.Stat(filepath.Join(dir, demoMarker)); err != nil {
			return misused(fmt.Errorf("%s holds something that no demo made; name another directory with --out", dir))
		}
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	text := "Everything in this directory is simulated. The next demo replaces it.\n"
	if err := os.WriteFile(filepath.Join(dir, demoMarker), []byte(text), 0o644); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}

// useDemoConfig loads the configuration that goes with the telemetry; store and key
// belong to the demo.
func (a *app) useDemoConfig(dir, telemetry string) error {
	cfg, err := loadConfig(filepath.Join(telemetry, "banshift.yaml"), nil)
	if err != nil {
		return err
	}
	cfg.LogLevel, cfg.Embedded, cfg.Ingest = a.cfg.LogLevel, a.cfg.Embedded, a.cfg.Ingest
	cfg.Store, cfg.Privacy.KeyFile = filepath.Join(dir, "store"), filepath.Join(dir, "master.key")
	a.cfg = cfg
	return nil
}

func readTruth(dir string) (simulate.Truth, error) {
	var truth simulate.Truth
	data, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil {
		return truth, fmt.Errorf("demo: %w", err)
	}
	if err := json.Unmarshal(data, &truth); err != nil {
		return truth, fmt.Errorf("demo: truth.json: %w", err)
	}
	return truth, nil
}

// printDemo shows, for each country at the ban's date, what was found and what is true.
func (a *app) printDemo(result study.Result, truth simulate.Truth) error {
	want := map[string]simulate.EffectTruth{}
	for _, e := range truth.Effects {
		if e.Event == demoEvent {
			want[e.Country] = e
		}
	}
	fmt.Fprintf(a.out, "\nSIMULATED. VPN use in the first week from 2018-04-16, against the 28 days before:\n\n")
	s := sheet{heads: []string{"COUNTRY", "FOUND", "95 % INTERVAL", "TRUTH", "COVERED", "P IN TIME", "P IN SPACE", "GRADE", "WHY"},
		optional: []string{"WHY", "P IN SPACE"}, whole: []string{"95 % INTERVAL", "GRADE"}}
	for _, e := range result.Effects {
		if e.Event != demoEvent {
			continue
		}
		covered := "no"
		if t, ok := want[e.Country]; ok && e.CILow != nil && *e.CILow <= t.Percent && t.Percent <= *e.CIHigh {
			covered = "yes"
		}
		why := ""
		if len(e.Reasons) > 0 {
			why = e.Reasons[0]
		}
		s.add(e.Country, percent(e.EffectPct), percent(e.CILow)+" to "+percent(e.CIHigh), fmt.Sprintf("%+.1f %%", want[e.Country].Percent),
			covered, probability(e.PTime), probability(e.PSpace), string(e.Grade), why)
	}
	if err := a.print(s); err != nil {
		return err
	}
	return printOutages(a.out, result, truth)
}

// printOutages says for each silent sensor whether a drop in use was alarmed there.
func printOutages(out io.Writer, result study.Result, truth simulate.Truth) error {
	fmt.Fprintf(out, "\nSensors that were silent, and what was made of it:\n")
	for _, outage := range truth.Outages {
		verdict := "no drop in use is claimed"
		for _, alarm := range result.Alarms {
			if alarm.Country == outage.Country && alarm.Direction == spike.Down && alarm.Date <= outage.Last && alarm.Until >= outage.First {
				verdict = "A DROP IN USE IS CLAIMED"
			}
		}
		if _, err := fmt.Fprintf(out, "  %s  %s  %s to %s  %s\n", outage.Country, outage.Exporter, outage.First, outage.Last, verdict); err != nil {
			return err
		}
	}
	return nil
}

func percent(v *float64) string {
	if v == nil || math.IsNaN(*v) {
		return "-"
	}
	return fmt.Sprintf("%+.1f %%", *v)
}

func probability(p *float64) string {
	if p == nil {
		return "-"
	}
	return fmt.Sprintf("%.3f", *p)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/load/engine"
	"github.com/banshift/banshift/monitor"
)

func newDoctorCommand(a *app) *cobra.Command {
	var rate string
	var days int
	var ready, alive bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check what the program needs, one line each, and say what to do",
		Example: `  banshift doctor
  banshift doctor --store ./store --config banshift.yaml
  banshift doctor --store ./store --estimate 50000/s --days 365
  banshift doctor --config banshift.yaml --ready`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if ready {
				return a.probe(cmd.Context(), "/readyz")
			}
			if alive {
				return a.probe(cmd.Context(), "/healthz")
			}
			if rate != "" {
				return a.estimate(cmd.Context(), rate, days)
			}
			return a.doctor(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&rate, "estimate", "", "say instead what disk, memory and cores so many records a second take, by what the store's telemetry takes now: 50000/s")
	cmd.Flags().IntVar(&days, "days", 365, "with --estimate: after how many days")
	cmd.Flags().BoolVar(&ready, "ready", false, "ask instead the running program at metrics.listen whether a stage is stuck, as /readyz says: exit code 0 where none is")
	cmd.Flags().BoolVar(&alive, "alive", false, "ask it instead whether it answers at all, as /healthz says")
	cmd.MarkFlagsMutuallyExclusive("ready", "alive", "estimate")
	return cmd
}

// doctor runs every check and fails where one did.
func (a *app) doctor(ctx context.Context) error {
	var failed []string
	for _, check := range []struct {
		name string
		run  func(context.Context) (string, error)
	}{
		{"rules", a.checkRules}, {"key", a.checkKey}, {"engine", a.checkEngine}, {"store", a.checkStore}, {"expired", a.checkExpired}, {"running", a.checkRunning},
	} {
		found, err := check.run(ctx)
		if err != nil {
			failed = append(failed, check.name)
			fmt.Fprintf(a.out, "FAIL  %-7s %v\n", check.name, err)
			continue
		}
		fmt.Fprintf(a.out, "ok    %-7s %s\n", check.name, found)
	}
	a.warnOfGaps()
	if failed != nil {
		return fmt.Errorf("doctor: %s failed", strings.Join(failed, ", "))
	}
	return nil
}

// warnOfGaps prints what the configuration leaves out.
func (a *app) warnOfGaps() {
	s, err := loadStages(a.cfg)
	if err != nil {
		return // said above
	}
	for _, g := range s.gaps() {
		fmt.Fprintf(a.out, "warn  %-7s %s\n", g.key, g.what)
	}
}

func (a *app) checkRules(context.Context) (string, error) {
	s, err := loadStages(a.cfg)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s with %d lists", s.pack.Version(), len(s.enricher.Lists().Info())), nil
}

func (a *app) checkKey(context.Context) (string, error) {
	keys, err := a.readKeys()
	if err != nil {
		return "", err
	}
	if keys == nil {
		file, err := a.keyFile()
		return "there is none yet: the first run makes a master key at " + file, err
	}
	return keys.Describe() + "; its file can be read by its owner only", nil
}

func (a *app) checkEngine(context.Context) (string, error) {
	path, err := engine.Locate(a.cfg.Embedded.Path)
	if err != nil {
		return "", err
	}
	return "embedded engine at " + path, nil
}

// checkExpired measures what retention has not deleted from the disk.
func (a *app) checkExpired(ctx context.Context) (string, error) {
	if a.cfg.Store == "" {
		return "no store given", nil
	}
	store, err := a.openStore(ctx)
	if err != nil {
		return "", err
	}
	defer store.Close()
	tables, err := store.Retention(ctx)
	if err != nil {
		return "", err
	}
	var kept []string
	var bytes uint64
	for _, t := range tables {
		bytes += t.Bytes
		days := "for good"
		if t.Days > 0 {
			days = fmt.Sprintf("%d days", t.Days)
		}
		kept = append(kept, fmt.Sprintf("%s %s", t.Table, days))
	}
	what := fmt.Sprintf("%d bytes of expired rows on the disk (kept: %s)", bytes, strings.Join(kept, ", "))
	if bytes > 0 {
		return "", errors.New(what)
	}
	return what, nil
}

// checkRunning asks a running program how it does.
func (a *app) checkRunning(ctx context.Context) (string, error) {
	if a.cfg.Metrics.Listen == "" {
		return "metrics.listen is not set: no running program is asked", nil
	}
	status, body, err := monitor.Ask(ctx, a.cfg.Metrics.Listen, "/readyz")
	if err != nil {
		return "", fmt.Errorf("no program answers at metrics.listen: %w", err)
	}
	if status != http.StatusOK {
		return "", fmt.Errorf("stuck: %s", strings.Join(strings.Split(strings.TrimSpace(string(body)), "\n"), "; "))
	}
	_, metrics, err := monitor.Ask(ctx, a.cfg.Metrics.Listen, "/metrics")
	if err != nil {
		return "", err
	}
	said, err := monitor.Say(metrics, time.Now())
	if err != nil {
		return "", err
	}
	if len(said.Wrong) > 0 {
		return "", errors.New(strings.Join(said.Wrong, "; "))
	}
	return strings.Join(said.Fine, "; "), nil
}

// probe asks a running program one question, for who watches it from outside and has no shell.
func (a *app) probe(ctx context.Context, path string) error {
	if a.cfg.Metrics.Listen == "" {
		return misused(errors.New("metrics.listen is not set: no program can be asked"))
	}
	status, body, err := monitor.Ask(ctx, a.cfg.Metrics.Listen, path)
	if err != nil {
		return fmt.Errorf("no program answers at metrics.listen: %w", err)
	}
	if status != http.StatusOK {
		return fmt.Errorf("%s: %s", path, strings.Join(strings.Split(strings.TrimSpace(string(body)), "\n"), "; "))
	}
	_, err = a.out.Write(body)
	return err
}

func (a *app) checkStore(ctx context.Context) (string, error) {
	if a.cfg.Store == "" {
		return "none given; --store DIR or clickhouse://user@host:9000/db checks it", nil
	}
	store, err := a.openStore(ctx)
	if err != nil {
		return "", err
	}
	defer store.Close()
	keys, err := a.readKeys()
	if err != nil {
		return "", err
	}
	if err := a.sameKey(ctx, store, keys); err != nil {
		return "", err
	}
	account, err := store.Reconcile(ctx)
	if err != nil {
		return "", err
	}
	if len(account.Differences) > 0 {
		return "", fmt.Errorf("%d differences between ledger and tables; see banshift reconcile", len(account.Differences))
	}
	return withoutPassword(a.cfg.Store) + " is up to date and its accounts add up", nil
}

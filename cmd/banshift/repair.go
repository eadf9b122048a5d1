package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/load"
)

func newRepairCommand(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "repair",
		Short: "Say what writers that died left in the store, and mend it",
		Long: `repair lists the ranges that were begun and not finished, that overlap, or whose rows are
missing from a table or there twice. A range that was begun is marked done where all of
its rows have arrived, and taken back where none has. Where some have, or rows of a stored
range are missing, the next run of its source puts in what is missing; that run does by
itself what repair does. What is stored twice stays: sums cannot be rid of it. Writers that
are at work on such a range are stopped, and begin it again. Anything that is not mended
here is exit code 1.`,
		Example: `  banshift repair --store ./store
  banshift repair --store ./store --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.repair(cmd, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON array")
	return cmd
}

func (a *app) repair(cmd *cobra.Command, asJSON bool) error {
	store, err := a.openStore(cmd.Context())
	if err != nil {
		return err
	}
	repairs, err := store.Repair(cmd.Context())
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}
	if asJSON {
		err = writeJSON(a.out, repairs)
	} else {
		printRepairs(a.out, repairs)
	}
	if err != nil {
		return err
	}
	outcomes := map[string]int{}
	for _, r := range repairs {
		outcomes[r.Outcome]++
	}
	if outcomes[load.RepairNextRun]+outcomes[load.RepairLeft] > 0 {
		return fmt.Errorf("repair: %d wait for the next run of their sources, %d cannot be mended", outcomes[load.RepairNextRun], outcomes[load.RepairLeft])
	}
	return nil
}

func printRepairs(out io.Writer, repairs []load.Repair) {
	if len(repairs) == 0 {
		fmt.Fprintln(out, "nothing to repair")
	}
	for _, r := range repairs {
		fmt.Fprintf(out, "%s partition %d: range %d to %d %s\n", r.Source, r.Partition, r.First, r.Next, repairOf(r))
	}
}

// repairOf says what was wrong with a range, and what became of it.
func repairOf(r load.Repair) string {
	switch r.What {
	case load.FoundOverlap:
		return fmt.Sprintf("overlaps %d to %d: what they share is stored twice and stays so", r.OtherFirst, r.OtherNext)
	case load.FoundMissing:
		return "has no rows in " + strings.Join(r.Missing, ", ") + ": run its source again, which puts them in"
	case load.FoundTwice:
		return "has its rows more than once in " + strings.Join(r.Arrived, ", ") + ", which stays so"
	}
	said := fmt.Sprintf("was begun by writer %d, which is gone (now %d)", r.Epoch, r.Latest)
	switch r.Outcome {
	case load.RepairFinished:
		return said + ": its rows are there, and it is done"
	case load.RepairTakenBack:
		return said + ": nothing of it was stored, and it is taken back"
	case load.RepairLeft:
		return fmt.Sprintf("%s, and %d to %d stored by another one: its rows in %s are stored twice and stay so", said, r.OtherFirst, r.OtherNext, orUnknown(r.Arrived))
	}
	return fmt.Sprintf("%s: its rows are in %s, and not in %s; run its source again", said, orUnknown(r.Arrived), orUnknown(r.Missing))
}

func orUnknown(entries []string) string {
	if len(entries) == 0 {
		return "tables that are not known"
	}
	return strings.Join(entries, ", ")
}

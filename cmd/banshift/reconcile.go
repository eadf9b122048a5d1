package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/load"
)

func newReconcileCommand(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "reconcile",
		Short: "Prove that every record that was read is accounted for",
		Long: `reconcile compares the ledger with the tables: records in = stored + folded + rejected,
and each of these with the rows that are there. It lists every difference, and every
range that overlaps another, was begun and not finished, or whose rows are missing from a
table or there twice, and then ends with exit code 1. Run it while nothing writes.`,
		Example: `  banshift reconcile --store ./store
  banshift reconcile --store ./store --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.reconcile(cmd, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func (a *app) reconcile(cmd *cobra.Command, asJSON bool) error {
	store, err := a.openStore(cmd.Context())
	if err != nil {
		return err
	}
	result, err := store.Reconcile(cmd.Context())
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}
	if asJSON {
		err = writeJSON(a.out, result)
	} else {
		err = a.printReconciliation(result)
	}
	if err != nil {
		return err
	}
	if !result.OK() {
		return fmt.Errorf("reconcile: %d differences, %d ranges stored twice, %d batches begun and not finished, %d inserts not there once; run the same sources again to finish them, or see `banshift repair`",
			len(result.Differences), result.Overlaps(), result.Unfinished, len(result.Arrivals))
	}
	return nil
}

func (a *app) printReconciliation(r load.Reconciliation) error {
	out := escaping{a.out}
	fmt.Fprintf(out, "in %d = stored %d + folded %d + rejected %d (%d batches, %d unfinished)\n\n",
		r.In, r.Stored, r.Folded, r.Rejected, r.Batches, r.Unfinished)
	s := sheet{heads: []string{"CHECK", "LEDGER", "TABLES", ""}}
	for _, c := range r.Checks {
		verdict := "ok"
		if c.Ledger != c.Tables {
			verdict = "DIFFERS"
		}
		s.add(c.What, fmt.Sprint(c.Ledger), fmt.Sprint(c.Tables), verdict)
	}
	for _, d := range r.Differences {
		if d.Source != "" {
			s.add(d.Source+": "+d.What, fmt.Sprint(d.Ledger), fmt.Sprint(d.Tables), "DIFFERS")
		}
	}
	if err := a.print(s); err != nil {
		return err
	}
	for _, f := range r.Findings {
		fmt.Fprintf(out, "%s partition %d: range %d to %d %s\n", f.Source, f.Partition, f.First, f.Next, saidOf(f))
	}
	for _, arrival := range r.Arrivals {
		said := "are MISSING: run its source again"
		if arrival.Times > 0 {
			said = fmt.Sprintf("are there %d TIMES", arrival.Times)
		}
		fmt.Fprintf(out, "%s partition %d: rows of range %d to %d in table %s, %s, %s\n", arrival.Source, arrival.Partition, arrival.First, arrival.Next, arrival.Table, arrival.Part, said)
	}
	return nil
}

// saidOf says what is wrong with a range, and what becomes of it.
func saidOf(f load.Finding) string {
	switch f.What {
	case load.FoundOverlap:
		return fmt.Sprintf("overlaps %d to %d: what they share is STORED TWICE", f.OtherFirst, f.OtherNext)
	case load.FoundAbandoned:
		return fmt.Sprintf("was begun, and %d to %d stored by another writer: left as it is", f.OtherFirst, f.OtherNext)
	}
	return "was begun and is NOT FINISHED: run its source again"
}

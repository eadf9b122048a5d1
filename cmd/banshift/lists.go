package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/external/listdir"
)

func newListsCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lists",
		Short: "Fetch, show and check the configured lists of addresses and names",
		Args:  cobra.NoArgs,
	}
	var staleDays int
	status := &cobra.Command{
		Use:     "status",
		Short:   "Show each list with its age, checksum and number of entries",
		Example: "  banshift lists status --config banshift.yaml",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return a.listStatus(staleDays) },
	}
	status.Flags().IntVar(&staleDays, "stale-days", freshDays, "age from which a list is called stale")
	cmd.AddCommand(status, &cobra.Command{
		Use:     "verify",
		Short:   "Compute checksums again, read every list, and fail where one cannot be used",
		Example: "  banshift lists verify --config banshift.yaml",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return a.listVerify() },
	}, &cobra.Command{
		Use:   "update",
		Short: "Fetch the lists that have a source into the directory of lists",
		Long: `update takes every list with a source (a path, file:// or https://) into lists_directory and
notes checksum and date in its manifest. Each state of a list stays, so that records of a
day meet the list of that day, whenever they are read. A source that cannot be read, or that
has less than half the entries of the last time, leaves the older copy in place and fails the
command. A run that follows takes the new state over within a minute, between two blocks.`,
		Example: "  banshift lists update --config banshift.yaml",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.listUpdate(cmd.Context()) },
	})
	return cmd
}

var errNoLists = errors.New("no lists are configured; name them under lists: in the configuration")

func (a *app) listUpdate(ctx context.Context) error {
	if a.cfg.ListsDirectory == "" {
		return misused(errors.New("lists_directory is not set: name the directory that keeps the lists"))
	}
	kept, err := listdir.Open(a.cfg.ListsDirectory)
	if err != nil {
		return err
	}
	var errs []error
	fetched := 0
	for i, l := range a.cfg.Lists {
		if l.Source == "" {
			continue
		}
		want, err := l.labels()
		if err != nil {
			return misused(fmt.Errorf("lists[%d] %s: %w", i, l.name(), err))
		}
		fetched++
		if err := kept.Update(ctx, l.name(), l.pinned(), want, time.Now()); err != nil {
			errs = append(errs, err)
			continue
		}
		e, _ := kept.Find(l.name())
		fmt.Fprintf(a.out, "%s: %d entries as of %s\n", e.Name, e.Entries, e.AsOf.Format(time.DateOnly))
	}
	if fetched == 0 {
		return misused(errors.New("no list has a source; name one under lists: in the configuration"))
	}
	return errors.Join(errs...)
}

func (a *app) listVerify() error {
	if len(a.cfg.Lists) == 0 {
		return misused(errNoLists)
	}
	kept, err := listdir.Open(a.cfg.ListsDirectory)
	if err != nil {
		return err
	}
	if err := kept.Verify(); err != nil {
		return err
	}
	return a.listStatus(0)
}

// listStatus shows the lists that are loaded; staleDays 0 calls none stale.
func (a *app) listStatus(staleDays int) error {
	kept, err := listdir.Open(a.cfg.ListsDirectory)
	if err != nil {
		return err
	}
	for _, e := range kept.Lists {
		if e.Failed != "" {
			fmt.Fprintf(a.errOut, "%s: the last update kept the older copy: %s\n", e.Name, e.Failed)
		}
	}
	s, err := loadStages(a.cfg)
	if err != nil {
		return err
	}
	table := sheet{heads: []string{"LIST", "AS OF", "AGE", "ENTRIES", "LEFT OUT", "SHA256"}, optional: []string{"SHA256"}, whole: []string{"LIST", "AS OF", "SHA256"}}
	for _, l := range s.enricher.Lists().Info() {
		asOf, age := "-", "-"
		if !l.AsOf.IsZero() {
			asOf = l.AsOf.UTC().Format("2006-01-02")
			days := int(time.Since(l.AsOf).Hours() / 24)
			age = fmt.Sprintf("%d d", days)
			if staleDays > 0 && days > staleDays {
				age += ", stale"
			}
		}
		table.add(l.Name, asOf, age, strconv.Itoa(l.Entries), strconv.Itoa(l.Skipped), l.SHA256)
	}
	return a.print(table)
}

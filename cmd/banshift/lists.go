package main

import (
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func newListsCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lists",
		Short: "Show and check the configured lists of addresses and names",
		Args:  cobra.NoArgs,
	}
	cmd.AddCommand(&cobra.Command{
		Use:     "status",
		Short:   "Show each list with its state, checksum and number of entries",
		Example: "  banshift lists status --config banshift.yaml",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return a.listStatus() },
	}, &cobra.Command{
		Use:     "verify",
		Short:   "Read every list and fail where one cannot be used",
		Example: "  banshift lists verify --config banshift.yaml",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if len(a.cfg.Lists) == 0 {
				return misused(errors.New("no lists are configured; name them under lists: in the configuration"))
			}
			return a.listStatus()
		},
	})
	return cmd
}

func (a *app) listStatus() error {
	s, err := loadStages(a.cfg)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "LIST\tAS OF\tENTRIES\tLEFT OUT\tSHA256")
	for _, l := range s.enricher.Lists().Info() {
		asOf := "-"
		if !l.AsOf.IsZero() {
			asOf = l.AsOf.UTC().Format("2006-01-02")
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%s\n", l.Name, asOf, l.Entries, l.Skipped, l.SHA256)
	}
	return table.Flush()
}

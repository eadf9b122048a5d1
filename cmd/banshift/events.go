package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/schemas/events"
)

func newEventsCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "events",
		Short: "List, check or compare catalogues of bans",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(a.newEventsList(), a.newEventsCheck(), a.newEventsDiff())
	return cmd
}

func (a *app) newEventsList() *cobra.Command {
	var country string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list [PATH]",
		Short: "Print the catalogue by date (default: the built-in one)",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			list, err := events.Load(a.cataloguePath(args))
			if err != nil {
				return err
			}
			return a.printEvents(list, country, asJSON)
		},
	}
	cmd.Flags().StringVar(&country, "country", "", "only this country (lower-case ISO code)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON array")
	return cmd
}

func (a *app) newEventsCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check [PATH]",
		Short: "Check a catalogue: schema, dates and their order, ids, overlaps",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			list, err := events.CheckPath(a.cataloguePath(args))
			if err != nil {
				return err
			}
			countries := map[string]bool{}
			for _, e := range list {
				countries[e.Country] = true
			}
			_, err = fmt.Fprintf(a.out, "%d events in %d countries: no problem found\n", len(list), len(countries))
			return err
		},
	}
}

func (a *app) newEventsDiff() *cobra.Command {
	return &cobra.Command{
		Use:   "diff OLD [NEW]",
		Short: "Say which events were added, removed or changed (NEW by default: the built-in catalogue)",
		Args:  cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			old, err := events.Load(args[0])
			if err != nil {
				return err
			}
			list, err := events.Load(a.cataloguePath(args[1:]))
			if err != nil {
				return err
			}
			d := events.Diff(old, list)
			for _, part := range []struct {
				sign string
				ids  []string
			}{{"+", d.Added}, {"-", d.Removed}, {"~", d.Changed}} {
				for _, id := range part.ids {
					if _, err := fmt.Fprintf(a.out, "%s %s\n", part.sign, id); err != nil {
						return err
					}
				}
			}
			return nil
		},
	}
}

// cataloguePath is the argument, else the configuration's, else the built-in (empty).
func (a *app) cataloguePath(args []string) string {
	if len(args) > 0 {
		return args[0]
	}
	return a.cfg.Events
}

func (a *app) printEvents(list []events.Event, country string, asJSON bool) error {
	kept := []events.Event{}
	for _, e := range list {
		if country == "" || e.Country == country {
			kept = append(kept, e)
		}
	}
	if asJSON {
		return writeJSON(a.out, kept)
	}
	w := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "DATE\tCOUNTRY\tKIND\tTARGET\tCONFIDENCE\tID")
	for _, e := range kept {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", e.DateWritten(), e.Country, e.Kind, e.Target, e.Confidence, e.ID)
	}
	return w.Flush()
}

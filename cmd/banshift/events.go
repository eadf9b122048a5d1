package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/schemas/events"
)

func newEventsCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "events",
		Short: "List, check, compare or extend catalogues of bans",
		Long: `A catalogue is a directory of YAML files, or one file of YAML, JSON or CSV. Several,
separated by commas, are one catalogue; "builtin" among them is the built-in one, and an
event replaces an earlier one of the same id.`,
		Example: `  banshift events list --country ru
  banshift events add mine.yaml --id kz-signal-2026 --country kz --target Signal \
    --target-type messenger --enforced-at 2026-11-01 --tz Asia/Almaty \
    --source "Ministry, 2026-11-01: https://example.org/order"
  banshift report kz-signal-2026 --events builtin,mine.yaml --out report.html`,
	}
	cmd.AddCommand(a.newEventsList(), a.newEventsCheck(), a.newEventsDiff(), a.newEventsAdd())
	return cmd
}

func (a *app) newEventsList() *cobra.Command {
	var country string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list [PATH]",
		Short: "Print the catalogue by date (default: the built-in one)",
		Example: `  banshift events list --country ru
  banshift events list --json mine.yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			country, err := countryParam(country)
			if err != nil {
				return misused(fmt.Errorf("--country: %w", err))
			}
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
		Use:     "check [PATH]",
		Short:   "Check a catalogue: schema, dates and their order, ids, overlaps",
		Example: `  banshift events check mine.yaml`,
		Args:    cobra.MaximumNArgs(1),
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
		Use:     "diff OLD [NEW]",
		Short:   "Say which events were added, removed or changed (NEW: the built-in catalogue)",
		Example: `  banshift events diff mine.yaml`,
		Args:    cobra.RangeArgs(1, 2),
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

func (a *app) newEventsAdd() *cobra.Command {
	e := events.Event{Confidence: "low"}
	var kind string
	cmd := &cobra.Command{
		Use:   "add FILE",
		Short: "Add an event to a YAML file of one's own, checked; the file is made if need be",
		Example: `  banshift events add mine.yaml --id kz-signal-2026 --country kz --target Signal \
    --enforced-at 2026-11-01 --tz Asia/Almaty \
    --source "Ministry, 2026-11-01: https://example.org/order"`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			e.Kind = events.Kind(kind)
			if err := events.Add(args[0], e); err != nil {
				return err
			}
			_, err := fmt.Fprintf(a.out, "%s added; use it with --events builtin,%s\n", e.ID, args[0])
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&e.ID, "id", "", "name of the event: country code, target, year, as in kz-signal-2026")
	flags.StringVar(&e.Country, "country", "", "lower-case ISO 3166-1 code")
	flags.StringVar(&e.Target, "target", "", "what was banned")
	flags.StringVar(&e.TargetType, "target-type", "other", "messenger, social_media, vpn, tor, internet, … (schemas/events/schema.json)")
	flags.StringVar(&kind, "kind", string(events.Enforce), "announce, court, law, order, registry, enforce, throttle, shutdown, company or unblock")
	flags.StringVar(&e.AnnouncedAt, "announced-at", "", "local date: 2026-11-01, 2026-11 or 2026-11-01T12:00")
	flags.StringVar(&e.EnforcedAt, "enforced-at", "", "local date on which it began to work")
	flags.StringVar(&e.EndedAt, "ended-at", "", "local date on which it ended")
	flags.StringVar(&e.TZ, "tz", "UTC", "IANA zone of the dates")
	flags.StringArrayVar(&e.Sources, "source", nil, "publisher, date, title and address of what was read; may be repeated")
	flags.StringVar(&e.Confidence, "confidence", "low", "high, medium or low")
	flags.StringVar(&e.Notes, "notes", "", "what else is to be known")
	for _, needed := range []string{"id", "country", "target", "source"} {
		_ = cmd.MarkFlagRequired(needed) // the flags are those above
	}
	return cmd
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
	if len(kept) == 0 {
		fmt.Fprintf(a.errOut, "no event%s among the %d of the catalogue\n", ofCountry(country), len(list))
		return nil
	}
	table := sheet{heads: []string{"DATE", "COUNTRY", "KIND", "TARGET", "CONFIDENCE", "ID"}, optional: []string{"CONFIDENCE", "KIND", "COUNTRY"}, whole: []string{"ID"}}
	for _, e := range kept {
		table.add(e.DateWritten(), e.Country, string(e.Kind), e.Target, string(e.Confidence), e.ID)
	}
	return a.print(table)
}

// ofCountry is what a message says of a country that was asked for.
func ofCountry(country string) string {
	if country == "" {
		return ""
	}
	return " of " + country
}

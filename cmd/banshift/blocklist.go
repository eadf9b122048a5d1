package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go4.org/netipx"

	"github.com/banshift/banshift/external/blocklist"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/transform/blocking"
)

// blocklistOptions are the flags of blocklist.
type blocklistOptions struct {
	format, asOf, name string
	overlap            []string
	asJSON             bool
}

func newBlocklistCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "blocklist",
		Short: "Count what a block list holds, or import it into the store",
		Args:  cobra.NoArgs,
	}
	var stats, imports blocklistOptions
	count := &cobra.Command{
		Use:   "stats FILE...",
		Short: "Count prefixes and addresses, as the rows list them and each address once",
		Long: `stats counts what block lists hold, in two ways. "addresses" and "overlap" add up the rows
as listed, which is what published figures are: an address that two nested prefixes hold
counts twice. "addresses_distinct" and "overlap_distinct" are the union: each address
counts once, which is how many addresses are blocked. Growth and shares use the union.
The day is that of the observation, never of a decree. Networks come from the CSV files
under networks: in the configuration.`,
		Example: `  banshift blocklist stats --format zapret dump.csv
  banshift blocklist stats --format prefixes subnets.csv \
    --as-of 2018-05-05 --overlap aws=ip-ranges.json --json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.blocklistStats(args, stats) },
	}
	bring := &cobra.Command{
		Use:   "import FILE...",
		Short: "Keep block lists in the store, each with the day on which it was seen",
		Long: `import keeps what lists contained on the days on which they were seen: as a list states
itself, as its file's name begins (2018-04-16.csv), or as --as-of says. The same list of
the same day replaces itself. A list whose name is a country's code (ru) tells how many
addresses came and went with each stage of that country's bans.`,
		Example: `  banshift blocklist import --store ./store --name ru --format prefixes blocklist/*.csv`,
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.blocklistImport(cmd.Context(), args, imports) },
	}
	for sub, o := range map[*cobra.Command]*blocklistOptions{count: &stats, bring: &imports} {
		sub.Flags().StringVar(&o.format, "format", "prefixes", "format of the files: zapret, prefixes or aws")
		sub.Flags().StringVar(&o.asOf, "as-of", "", "day on which the list was seen (2006-01-02), where it does not say")
	}
	count.Flags().StringArrayVar(&stats.overlap, "overlap", nil, "NAME=FILE: ranges to compare with (prefixes, or ip-ranges.json); may be repeated")
	count.Flags().BoolVar(&stats.asJSON, "json", false, "print JSON")
	bring.Flags().StringVar(&imports.name, "name", "", "name of the list in the store")
	cmd.AddCommand(count, bring, newOverblockedCommand(a))
	return cmd
}

// blocklistCounts is what stats prints. Addresses are IPv4: Addresses and Overlap add up
// the rows as listed, the distinct ones and ByNetwork count each address once.
type blocklistCounts struct {
	AsOf              string            `json:"as_of"`
	Prefixes          int               `json:"prefixes"`
	Addresses         uint64            `json:"addresses"`
	AddressesDistinct uint64            `json:"addresses_distinct"`
	SingleAddresses   int               `json:"single_addresses"`
	ByNetwork         map[string]uint64 `json:"by_network"`
	Overlap           map[string]uint64 `json:"overlap"`
	OverlapDistinct   map[string]uint64 `json:"overlap_distinct"`
	Rejects           int               `json:"rejects"`
}

func (a *app) blocklistStats(paths []string, o blocklistOptions) error {
	c := blocklistCounts{ByNetwork: map[string]uint64{}, Overlap: map[string]uint64{}, OverlapDistinct: map[string]uint64{}}
	var prefixes []netip.Prefix
	for _, path := range paths {
		list, err := readBlocklist(path, blocklist.Format(o.format))
		if err != nil {
			return err
		}
		prefixes = append(prefixes, list.Prefixes()...)
		c.Rejects += len(list.Rejects)
		if day, err := seenOn(&list, path, o.asOf); err == nil {
			c.AsOf = max(c.AsOf, day.Format(time.DateOnly))
		} else if o.asOf != "" {
			return err
		}
	}
	slices.SortFunc(prefixes, netipx.ComparePrefix)
	prefixes = slices.Compact(prefixes)
	blocked, err := blocking.Union(prefixes)
	if err != nil {
		return err
	}
	c.Prefixes, c.Addresses, c.AddressesDistinct = len(prefixes), blocking.Sum(prefixes), blocked.Count()
	for _, p := range prefixes {
		if p.IsSingleIP() {
			c.SingleAddresses++
		}
	}
	for _, spec := range o.overlap {
		name, path, ok := strings.Cut(spec, "=")
		if !ok || name == "" || path == "" {
			return misused(fmt.Errorf("--overlap %q: want NAME=FILE", spec))
		}
		ranges, err := readRanges(path)
		if err != nil {
			return err
		}
		c.Overlap[name] = blocking.SumInside(prefixes, ranges)
		c.OverlapDistinct[name] = blocked.Intersect(ranges).Count()
	}
	networks, err := a.networkPrefixes()
	if err != nil {
		return err
	}
	if len(networks) > 0 {
		c.ByNetwork = blocking.ByNetwork(blocked, networks)
	}
	return a.printBlocklist(c, o.asJSON)
}

func (a *app) printBlocklist(c blocklistCounts, asJSON bool) error {
	if asJSON {
		encoder := json.NewEncoder(a.out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(c)
	}
	s := sheet{heads: []string{"AS OF " + c.AsOf, "COUNT", "EACH ONCE"}}
	s.add("prefixes", count(int64(c.Prefixes)), "")
	s.add("  of one address", count(int64(c.SingleAddresses)), "")
	s.add("addresses", count(int64(c.Addresses)), count(int64(c.AddressesDistinct)))
	for _, name := range slices.Sorted(maps.Keys(c.Overlap)) {
		s.add("  inside "+name, count(int64(c.Overlap[name])), count(int64(c.OverlapDistinct[name])))
	}
	for _, name := range slices.Sorted(maps.Keys(c.ByNetwork)) {
		label := "AS" + name
		if name == "" {
			label = "network unknown"
		}
		s.add("  "+label, count(int64(c.ByNetwork[name])), "")
	}
	if c.Rejects > 0 {
		s.add("rows that cannot be read", count(int64(c.Rejects)), "")
	}
	return a.print(s)
}

func (a *app) blocklistImport(ctx context.Context, paths []string, o blocklistOptions) error {
	if o.name == "" {
		return misused(errors.New("--name is missing: the list's name in the store, for instance ru"))
	}
	var rows []load.Blocked
	rejects := 0
	for _, path := range paths {
		list, err := readBlocklist(path, blocklist.Format(o.format))
		if err != nil {
			return err
		}
		day, err := seenOn(&list, path, o.asOf)
		if err != nil {
			return err
		}
		rows = append(rows, blockedRows(&list, o.name, day.Format(time.DateOnly), filepath.Base(path))...)
		rejects += len(list.Rejects)
	}
	store, err := a.createStore(ctx)
	if err != nil {
		return err
	}
	if err := errors.Join(store.PutBlocklist(ctx, rows), store.Close()); err != nil {
		return err
	}
	a.log.Info("block list imported", "list", o.name, "files", len(paths), "rows", len(rows), "unreadable", rejects)
	return nil
}

// blockedRows are the store's rows of one list.
func blockedRows(list *blocklist.List, name, asOf, source string) []load.Blocked {
	var rows []load.Blocked
	for _, e := range list.Entries {
		simulated := uint8(0)
		if e.Simulated {
			simulated = 1
		}
		for _, p := range e.Prefixes {
			r := netipx.RangeOfPrefix(p)
			rows = append(rows, load.Blocked{
				List: name, AsOf: asOf, First: sixteen(r.From()), Last: sixteen(r.To()), Prefix: p.String(),
				Organisation: e.Organisation, Decree: e.Decree, Source: source, Simulated: simulated,
			})
		}
	}
	return rows
}

// sixteen is an address as IPv6 text, IPv4 as ::ffff:192.0.2.0.
func sixteen(addr netip.Addr) string { return netip.AddrFrom16(addr.As16()).String() }

// seenOn is the day of a list: as the user says, else as the list or its file's name does.
func seenOn(list *blocklist.List, path, asOf string) (time.Time, error) {
	if asOf != "" {
		day, err := time.Parse(time.DateOnly, asOf)
		if err != nil {
			return time.Time{}, misused(fmt.Errorf("--as-of %q: want a day like 2018-05-05", asOf))
		}
		return day, nil
	}
	if day, ok := list.DayOf(path); ok {
		return day, nil
	}
	return time.Time{}, misused(fmt.Errorf("%s does not say on which day the list was seen: give it with --as-of", path))
}

func readBlocklist(path string, format blocklist.Format) (blocklist.List, error) {
	if !slices.Contains(blocklist.Formats(), format) {
		return blocklist.List{}, misused(fmt.Errorf("--format %q: want zapret, prefixes or aws", format))
	}
	f, err := os.Open(path)
	if err != nil {
		return blocklist.List{}, err
	}
	defer f.Close()
	list, err := blocklist.Read(f, format)
	if err != nil {
		return blocklist.List{}, fmt.Errorf("%s (%s): %w", path, format, err)
	}
	return list, nil
}

// readRanges reads a file to compare with: JSON is a cloud's published ranges.
func readRanges(path string) (blocking.Addresses, error) {
	format := blocklist.Prefixes
	if filepath.Ext(path) == ".json" {
		format = blocklist.AWS
	}
	list, err := readBlocklist(path, format)
	if err != nil {
		return blocking.Addresses{}, err
	}
	return blocking.Union(list.Prefixes())
}

// networkPrefixes reads the configured CSV files of networks.
func (a *app) networkPrefixes() ([]blocking.NetworkPrefix, error) {
	var all []blocking.NetworkPrefix
	for _, n := range a.cfg.Networks {
		if n.Format == "mmdb" || filepath.Ext(n.Path) == ".mmdb" {
			continue // a database answers for addresses, not for prefixes
		}
		list, err := readBlocklist(n.Path, blocklist.Prefixes)
		if err != nil {
			return nil, err
		}
		for _, e := range list.Entries {
			for _, p := range e.Prefixes {
				all = append(all, blocking.NetworkPrefix{Prefix: p, Network: e.Network})
			}
		}
	}
	return all, nil
}

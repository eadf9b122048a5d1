package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/ingest/decode"
	"github.com/banshift/banshift/ingest/files"
	"github.com/banshift/banshift/load"
)

// forgetOptions are the flags of forget.
type forgetOptions struct{ day, country, network, clientDay string }

func newForgetCommand(a *app) *cobra.Command {
	var o forgetOptions
	cmd := &cobra.Command{
		Use:                   "forget SOURCE... | --day DAY [--country CODE] | --network ASN | --client-day DAY/CLIENT",
		DisableFlagsInUseLine: true,
		Short:                 "Delete a source, a day, a network or a client's day everywhere",
		Long: `forget deletes from every table, from the ledger and from the rejects, counts the days again
that are touched, and says so once no file of the store has the rows any more.

SOURCE is a file as "run" was given it, or a name that "banshift query sources" lists; it
can be run again afterwards. Of a day, what was read from files that hold other days, too,
is deleted and not read again. CLIENT is a pseudonym, or - for an address on the standard
input, whose pseudonym is made with the key. Counts of days whose client-hours have expired
cannot be made again: they stay, but for those of a day or network that is forgotten.

Table forgotten says what was deleted when, and not whose it was. Backups are not touched.`,
		Example: `  banshift forget --store ./store telemetry/2018-04-16.ndjson.gz
  banshift forget --store ./store --day 2018-04-16 --country ru
  banshift forget --store ./store --network 64500
  echo 203.0.113.7 | banshift forget --store ./store --client-day 2018-04-16/-`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.forget(cmd.Context(), args, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.day, "day", "", "UTC day, as 2018-04-16")
	f.StringVar(&o.country, "country", "", "with --day: of clients in this country only")
	f.StringVar(&o.network, "network", "", "number of the clients' network, as 64500 or AS64500")
	f.StringVar(&o.clientDay, "client-day", "", "a client on a day: DAY/PSEUDONYM, or DAY/- for an address on the standard input")
	return cmd
}

func (a *app) forget(ctx context.Context, args []string, o forgetOptions) error {
	f, err := a.forgetting(ctx, args, o)
	if err != nil {
		return err
	}
	store, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	done, err := store.Forget(ctx, f)
	if errors.Is(err, load.ErrNoSource) {
		return misused(err)
	}
	if err != nil {
		return err
	}
	for _, table := range slices.Sorted(maps.Keys(done.Rows)) {
		if n := done.Rows[table]; n > 0 {
			fmt.Fprintf(a.out, "%s\t%d rows\n", table, n)
		}
	}
	fmt.Fprintf(a.errOut, "forgotten, and gone from the disk; %d days of countries counted again\n", done.Counted)
	if f.What == load.ForgetDay && f.Country == "" {
		fmt.Fprintf(a.errOut, "%d ranges of sources had records of that day only and can be run again; in other ranges its records are not read again\n", done.Ranges)
	}
	return nil
}

// forgetting makes one wish of arguments and flags.
func (a *app) forgetting(ctx context.Context, args []string, o forgetOptions) (load.Forgetting, error) {
	given := 0
	for _, is := range []bool{len(args) > 0, o.day != "", o.network != "", o.clientDay != ""} {
		if is {
			given++
		}
	}
	if given != 1 || o.country != "" && o.day == "" {
		return load.Forgetting{}, misused(errors.New("forget: want one of SOURCE, --day DAY [--country CODE], --network ASN, --client-day DAY/CLIENT"))
	}
	switch {
	case o.day != "":
		day, err := time.Parse(time.DateOnly, o.day)
		if err != nil {
			return load.Forgetting{}, misused(fmt.Errorf("--day %q: want a date, as 2018-04-16", o.day))
		}
		return load.Forgetting{What: load.ForgetDay, Day: day, Country: strings.ToLower(o.country)}, nil
	case o.network != "":
		asn, err := strconv.ParseUint(strings.TrimPrefix(strings.ToUpper(o.network), "AS"), 10, 32)
		if err != nil || asn == 0 {
			return load.Forgetting{}, misused(fmt.Errorf("--network %q: want a number, as 64500", o.network))
		}
		return load.Forgetting{What: load.ForgetNetwork, ASN: uint32(asn)}, nil
	case o.clientDay != "":
		return a.clientDay(o.clientDay)
	}
	keys, err := a.readKeys()
	if err != nil {
		return load.Forgetting{}, err
	}
	var names []string
	for _, arg := range args {
		found, err := sourceNames(ctx, arg)
		if err != nil {
			return load.Forgetting{}, err
		}
		for _, name := range found {
			names = append(names, name)
			if kept := name; keys != nil {
				if kept = keptName(keys, name); kept != name {
					names = append(names, kept)
				}
			}
		}
	}
	return load.Forgetting{What: load.ForgetSource, Sources: names}, nil
}

// clientDay reads DAY/CLIENT. An address is not taken from the command line, which others can see.
func (a *app) clientDay(text string) (load.Forgetting, error) {
	date, who, ok := strings.Cut(text, "/")
	day, err := time.Parse(time.DateOnly, date)
	if !ok || err != nil {
		return load.Forgetting{}, misused(errors.New("--client-day: want DAY/PSEUDONYM, or DAY/- and the address on the standard input"))
	}
	f := load.Forgetting{What: load.ForgetClientDay, Day: day}
	if who != "-" {
		if f.Client, err = strconv.ParseUint(who, 10, 64); err != nil {
			return f, misused(errors.New("--client-day: the client is no pseudonym; give an address on the standard input: DAY/-"))
		}
		return f, nil
	}
	line, _ := bufio.NewReader(a.in).ReadString('\n')
	addr, err := netip.ParseAddr(strings.TrimSpace(line))
	if err != nil {
		return f, misused(errors.New("--client-day: the standard input is no address"))
	}
	keys, err := a.readKeys()
	if err != nil {
		return f, err
	}
	if keys == nil {
		return f, errors.New("forget: there is no key to make the address's pseudonym with")
	}
	f.Client, err = anonymize.NewPseudonymizer(keys).Client(addr.As16(), day.UnixMilli())
	return f, err
}

// sourceNames gives the names that a file has in the ledger, or what was given where that
// is no file.
func sourceNames(ctx context.Context, arg string) ([]string, error) {
	info, err := os.Stat(arg)
	if errors.Is(err, fs.ErrNotExist) {
		return []string{arg}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	if !info.IsDir() {
		return namesOf(ctx, files.File{Path: arg, Explicit: true})
	}
	list, err := files.Find([]string{arg})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, file := range list {
		found, err := namesOf(ctx, file)
		if errors.Is(err, files.ErrUnrecognised) {
			continue
		}
		if err != nil {
			return nil, err
		}
		names = append(names, found...)
	}
	return names, nil
}

// namesOf gives the names under which a file may have been read: by its content, and as a log that grew.
func namesOf(ctx context.Context, file files.File) ([]string, error) {
	src, err := files.Open(ctx, file, decode.Format(""), nil)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	names := []string{src.ID}
	if id := src.LogID(); id != "" {
		names = append(names, id)
	}
	return names, nil
}

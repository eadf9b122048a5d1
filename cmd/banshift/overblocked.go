package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/study"
	"github.com/banshift/banshift/transform/blocking"
)

// overblockedOptions are the flags of blocklist overblocked.
type overblockedOptions struct {
	target, names, country, from, to string
	asJSON                           bool
}

func newOverblockedCommand(a *app) *cobra.Command {
	var o overblockedOptions
	cmd := &cobra.Command{
		Use:   "overblocked SUBSTRING",
		Short: "List the names that a rule by substring hits in addition to its target",
		Long: `overblocked lists the registered domains that contain SUBSTRING and are neither the target
nor below it: on 10 March 2021 a rule for t.co slowed down reddit.com and microsoft.com. The
names come from a file, one a line, or from the store's DNS answers, with how often each was
asked for.`,
		Example: `  banshift blocklist overblocked t.co --target t.co --names names.txt
  banshift blocklist overblocked t.co --target t.co --store ./store \
    --country ru --from 2021-03-03 --to 2021-03-09`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.overblocked(cmd.Context(), args[0], o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.target, "target", "", "the name that the rule is meant for (default: SUBSTRING)")
	f.StringVar(&o.names, "names", "", "file of names, one a line; - reads the standard input (default: the store's)")
	f.StringVar(&o.country, "country", "", "the store's names of this country's clients (lower-case ISO code)")
	f.StringVar(&o.from, "from", "", "first UTC day of the store's names")
	f.StringVar(&o.to, "to", "", "last UTC day of the store's names")
	f.BoolVar(&o.asJSON, "json", false, "print one JSON array")
	return cmd
}

// askedName is a name with how often it was asked for, 0 where a file gives the names.
type askedName struct {
	Name    string `json:"name"`
	Queries uint64 `json:"queries"`
}

func (a *app) overblocked(ctx context.Context, substring string, o overblockedOptions) error {
	asked, err := a.askedNames(ctx, o)
	if err != nil {
		return fmt.Errorf("blocklist overblocked: %w", err)
	}
	var names []string
	for name := range asked {
		names = append(names, name)
	}
	hit := []askedName{}
	for _, name := range blocking.Overblocked(substring, cmp.Or(o.target, substring), names) {
		hit = append(hit, askedName{name, asked[name]})
	}
	slices.SortFunc(hit, func(x, y askedName) int {
		return cmp.Or(cmp.Compare(y.Queries, x.Queries), strings.Compare(x.Name, y.Name))
	})
	if o.asJSON {
		return writeJSON(a.out, hit)
	}
	s := sheet{heads: []string{"NAME", "QUERIES"}}
	for _, h := range hit {
		s.add(h.Name, strconv.FormatUint(h.Queries, 10))
	}
	return a.print(s)
}

// askedNames reads names from the file or the store.
func (a *app) askedNames(ctx context.Context, o overblockedOptions) (map[string]uint64, error) {
	asked := map[string]uint64{}
	if o.names != "" {
		read := func(r io.Reader) error {
			lines := bufio.NewScanner(r)
			for lines.Scan() {
				if name := strings.TrimSpace(lines.Text()); name != "" && !strings.HasPrefix(name, "#") {
					asked[name] = 0
				}
			}
			return lines.Err()
		}
		if o.names == "-" {
			return asked, read(a.in)
		}
		return asked, readFile(o.names, read)
	}
	store, err := a.openStore(ctx)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	params := map[string]string{"country": o.country}
	for name, day := range map[string]string{"from": o.from, "to": o.to} {
		if day != "" {
			params[name] = day
		}
	}
	return study.AskedNames(ctx, store, params)
}

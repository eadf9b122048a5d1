package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/release/audit"
)

// auditOptions are the flags of privacy audit.
type auditOptions struct {
	canaries string
	k        int
	asJSON   bool
	prose    bool // text of the program, in which words may read as addresses
}

func newPrivacyCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "privacy", Short: "Look for what must not be there"}
	var o auditOptions
	check := &cobra.Command{
		Use:   "audit [PATH...]",
		Short: "Look for addresses, keys, canaries and small counts in a store and in files",
		Long: `audit looks through the store (--store), and every file below each PATH, for addresses of
clients, for the key, and for planted canaries in all spellings; in Parquet, CSV and JSON
also for counts of fewer than --k clients, and for such as follow by taking a count from the
total next to it. With home prefixes, numbers, hexadecimal and base32 that are an address at
home are found, too. Loopback, and prefixes as servers are stored by, are nobody's.

It exits with 1 where it found something, and says where and what, never the thing itself.`,
		Example: `  banshift privacy audit --store ./store
  banshift privacy audit --k 20 ./public run.log
  banshift privacy audit --canaries planted.txt --store ./store ./public`,
		RunE: func(c *cobra.Command, args []string) error { return a.audit(c.Context(), args, o) },
	}
	f := check.Flags()
	f.StringVar(&o.canaries, "canaries", "", "file of planted addresses or texts, one a line")
	f.IntVar(&o.k, "k", 20, "smallest count of clients that may be in a file; 0: counts are not looked at")
	f.BoolVar(&o.asJSON, "json", false, "print the findings as JSON")
	cmd.AddCommand(check)
	return cmd
}

// maxFindings bounds how many findings of one place are told.
const maxFindings = 100

func (a *app) audit(ctx context.Context, paths []string, o auditOptions) error {
	if len(paths) == 0 && a.cfg.Store == "" {
		return misused(errors.New("privacy audit: nothing to look at: name files or directories, or a store with --store"))
	}
	auditor, err := a.auditor(o)
	if err != nil {
		return err
	}
	findings, total := []audit.Finding{}, 0
	told := map[string]int{}
	found := func(f audit.Finding) {
		total++
		if told[f.Where+f.What]++; told[f.Where+f.What] <= maxFindings {
			findings = append(findings, f)
		}
	}
	for _, path := range paths {
		if err := auditor.Path(ctx, path, found); err != nil {
			return fmt.Errorf("privacy audit: %w", err)
		}
	}
	if a.cfg.Store != "" {
		if err := a.auditStore(ctx, auditor, found); err != nil {
			return err
		}
	}
	if err := a.printFindings(findings, o.asJSON); err != nil {
		return err
	}
	if total > 0 {
		return fmt.Errorf("privacy audit: %d findings", total)
	}
	fmt.Fprintln(a.errOut, "privacy audit: nothing found")
	return nil
}

func (a *app) printFindings(findings []audit.Finding, asJSON bool) error {
	if asJSON {
		return writeJSON(a.out, findings)
	}
	out := escaping{a.out}
	for _, f := range findings {
		at := ""
		if f.Offset >= 0 {
			at = fmt.Sprintf(", byte %d", f.Offset)
		}
		if _, err := fmt.Fprintf(out, "%s%s: %s\n", f.Where, at, f.What); err != nil {
			return err
		}
	}
	return nil
}

// auditor knows the key, the home prefixes and the canaries.
func (a *app) auditor(o auditOptions) (*audit.Auditor, error) {
	home, _, err := homePrefixes(a.cfg)
	if err != nil {
		return nil, misused(err)
	}
	options := audit.Options{K: o.k}
	if home != nil && !o.prose {
		options.Home = home.Contains
	}
	keys, err := a.readKeys()
	if err != nil {
		return nil, err
	}
	if keys != nil {
		options.Secrets = keys.Secrets()
	}
	if o.canaries != "" {
		if options.Canaries, err = linesOf(o.canaries); err != nil {
			return nil, err
		}
	}
	return audit.New(options), nil
}

// linesOf reads a file of one text a line.
func linesOf(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("canaries: %w", err)
	}
	defer f.Close()
	var lines []string
	scanner := bufio.NewScanner(f)
	for scanner.Scan() {
		if line := strings.TrimSpace(scanner.Text()); line != "" {
			lines = append(lines, line)
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("canaries %s: %w", path, err)
	}
	return lines, nil
}

// names are the columns that hold names: nothing in them may spell an address.
var names = map[string]bool{"name": true, "exporter": true, "sensor_label": true}

// auditStore looks at the values of a store's columns and, where it is a directory, at its files.
func (a *app) auditStore(ctx context.Context, auditor *audit.Auditor, found func(audit.Finding)) error {
	store, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	err = store.EachText(ctx, func(t load.Texts) error {
		where := "table " + t.Table + ", column " + t.Column
		if t.Whole > 0 {
			found(audit.Finding{Where: where, Offset: -1, What: fmt.Sprintf("%d values that are more than a prefix, or an address in 64 bits", t.Whole)})
		}
		for _, value := range t.Values {
			switch {
			case t.Column == "excerpt" && strings.ContainsAny(value, "123456789"):
				found(audit.Finding{Where: where, Offset: -1, What: "a reject that shows more than its shape"})
			case t.Column == "excerpt": // zeros and the letter a can look like an address
			case names[t.Column]:
				auditor.Name(where, value, found)
			default:
				auditor.Text(where, value, found)
			}
		}
		return nil
	})
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}
	if !isDirectory(a.cfg.Store) {
		return nil
	}
	return auditor.Path(ctx, a.cfg.Store, found)
}

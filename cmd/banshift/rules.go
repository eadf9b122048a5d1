package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/ingest/pipeline"
	"github.com/banshift/banshift/transform/classify"
)

// builtinPack is the word for the pack inside the program where a path is asked for.
const builtinPack = "builtin"

func newRulesCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "Check, test, compare and sign rule packs",
	}
	cmd.AddCommand(newRulesCheckCommand(a), newRulesTestCommand(a), newRulesDiffCommand(a), newRulesSignCommand(a), newRulesVerifyCommand(a))
	return cmd
}

func newRulesCheckCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "check [PACK]",
		Short: "Check a pack against the schema and compile it",
		Long: `check reads a rule pack (a YAML file, or a directory of them), checks it against its JSON
Schema and compiles it. Without PACK it checks the configured pack, else the built-in one.`,
		Example: `  banshift rules check
  banshift rules check ./my-rules`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			pack, err := a.packOf(args)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.out, "%s: %d rules, %d tools and classes, %d services\nsha256 %s\n",
				pack.Version(), pack.NumRules(), len(pack.Tools()), len(pack.Services()), pack.SHA256())
			return err
		},
	}
}

func newRulesTestCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "test [PACK]",
		Short: "Run every rule on the examples that it carries",
		Example: `  banshift rules test
  banshift rules test ./my-rules`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			pack, err := a.packOf(args)
			if err != nil {
				return err
			}
			if err := pack.TestExamples(); err != nil {
				return fmt.Errorf("pack %s: %w", pack.Version(), err)
			}
			for _, warning := range pack.Warnings() {
				if _, err := fmt.Fprintln(a.out, "warning: "+warning); err != nil {
					return err
				}
			}
			match, noMatch := pack.NumExamples()
			_, err = fmt.Fprintf(a.out, "%s: %d rules hold on %d examples that they must fire on and %d that they must not\n",
				pack.Version(), pack.NumRules(), match, noMatch)
			return err
		},
	}
}

func newRulesDiffCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "diff OLD NEW FILE...",
		Short: "Show what a new pack would change in the verdicts on files",
		Long: `diff classifies files with two packs and counts the flows that they call differently: the
break that the new pack would make in a series. "builtin" is the pack inside the program.`,
		Example: "  banshift rules diff builtin ./my-rules capture.pcap",
		Args:    cobra.MinimumNArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.diffRules(cmd.Context(), args[0], args[1], args[2:])
		},
	}
}

// packOf loads the pack that an argument names, or the configured one.
func (a *app) packOf(args []string) (*classify.Pack, error) {
	if len(args) == 0 {
		return loadPack(a.cfg.Rules)
	}
	return namedPack(args[0])
}

func namedPack(name string) (*classify.Pack, error) {
	if name == builtinPack {
		return classify.Default()
	}
	return loadPack(RulesConfig{Pack: name})
}

func (a *app) diffRules(ctx context.Context, oldName, newName string, paths []string) error {
	s, err := loadStages(a.cfg)
	if err != nil {
		return err
	}
	var sides [2]*classify.Classifier
	for i, name := range []string{oldName, newName} {
		pack, err := namedPack(name)
		if err != nil {
			return err
		}
		options := classify.Options{Lists: s.enricher.Lists(), PriorDB: s.cfg.Rules.PriorDecibans}
		if sides[i], err = classify.New(pack, options); err != nil {
			return err
		}
	}
	var d classify.Difference
	err = a.scan(ctx, s, paths, "", func(scanned pipeline.Scanned) error {
		if scanned.Batch.Flows == nil {
			return nil
		}
		// The verdicts' columns come last and hide nothing before them.
		return d.Add(ctx, sides[0], sides[1], scanned.Verdicts)
	})
	if err != nil {
		return err
	}
	return a.printDifference(sides[0].Pack(), sides[1].Pack(), &d)
}

func (a *app) printDifference(before, after *classify.Pack, d *classify.Difference) error {
	fmt.Fprintf(a.out, "%s -> %s\n", before.Version(), after.Version())
	rules := classify.CompareRules(before, after)
	for _, c := range []struct {
		word string
		ids  []string
	}{{"added", rules.Added}, {"removed", rules.Removed}, {"changed", rules.Changed}} {
		if len(c.ids) > 0 {
			fmt.Fprintf(a.out, "rules %s: %s\n", c.word, strings.Join(c.ids, ", "))
		}
	}
	type change struct {
		calls [2]string
		flows int
	}
	var changes []change
	total := 0
	for calls, n := range d.Changed {
		changes = append(changes, change{calls, n})
		total += n
	}
	slices.SortFunc(changes, func(x, y change) int {
		return cmp.Or(cmp.Compare(y.flows, x.flows), strings.Compare(x.calls[0], y.calls[0]), strings.Compare(x.calls[1], y.calls[1]))
	})
	for _, c := range changes {
		fmt.Fprintf(a.out, "%8d  %s -> %s\n", c.flows, c.calls[0], c.calls[1])
	}
	_, err := fmt.Fprintf(a.out, "%d of %d flows are called differently\n", total, d.Flows)
	return err
}

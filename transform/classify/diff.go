package classify

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/banshift/banshift/schemas"
)

// Difference counts verdicts of two classifiers over the same batches: what a new pack
// would change in a series (a method break).
type Difference struct {
	Flows int
	// Changed counts flows by what the first and the second call them: "tool of service level".
	Changed map[[2]string]int
}

// Add classifies a flow batch, enriched or not, with both and counts where they differ.
func (d *Difference) Add(ctx context.Context, before, after *Classifier, rec arrow.Record) error {
	var calls [2][]string
	for k, c := range []*Classifier{before, after} {
		out, err := c.Apply(ctx, rec)
		if err != nil {
			return fmt.Errorf("pack %s: %w", c.pack.Version(), err)
		}
		calls[k], err = called(out)
		out.Release()
		if err != nil {
			return fmt.Errorf("pack %s: %w", c.pack.Version(), err)
		}
	}
	if d.Changed == nil {
		d.Changed = make(map[[2]string]int)
	}
	d.Flows += len(calls[0])
	for i := range calls[0] {
		if calls[0][i] != calls[1][i] {
			d.Changed[[2]string{calls[0][i], calls[1][i]}]++
		}
	}
	return nil
}

// called gives "tool service level" of each row of a classified batch.
func called(rec arrow.Record) ([]string, error) {
	v, err := schemas.VerdictsOf(rec)
	if err != nil {
		return nil, err
	}
	out := make([]string, v.Len)
	for i := range out {
		out[i] = schemas.DictString(v.Tool, i)
		if s := schemas.DictString(v.Service, i); s != "" {
			out[i] += " of " + s
		}
		if l := schemas.Level(v.Level[i]); l != schemas.Unclassified {
			out[i] += " " + l.String()
		}
	}
	return out, nil
}

// RuleChanges are the ids of the rules that two packs do not share, sorted.
type RuleChanges struct{ Added, Removed, Changed []string }

// CompareRules says which rules the second pack adds, lacks or states differently.
func CompareRules(before, after *Pack) RuleChanges {
	var c RuleChanges
	for id, i := range after.ruleID {
		k, ok := before.ruleID[id]
		if !ok {
			c.Added = append(c.Added, id)
			continue
		}
		old, now := before.source[k], after.source[i]
		old.file, now.file = "", ""
		if !reflect.DeepEqual(old, now) {
			c.Changed = append(c.Changed, id)
		}
	}
	for id := range before.ruleID {
		if _, ok := after.ruleID[id]; !ok {
			c.Removed = append(c.Removed, id)
		}
	}
	for _, ids := range []([]string){c.Added, c.Removed, c.Changed} {
		slices.Sort(ids)
	}
	return c
}

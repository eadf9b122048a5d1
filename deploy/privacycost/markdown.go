package main

import (
	"fmt"
	"strings"
)

// markdown is the page.
func markdown(rows []row, runs int, seed uint64) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<!-- Written by make privacy-cost. -->
# What privacy costs a study

How far is the effect of a ban, estimated from counts that may be published, from the one by exact counts? Measured on simulated panels (nothing here is
data): a ban that raises use by %.0f %% in one of 12 countries, 120 days before it and 10 after, the others of %d users a day, clients of all
kinds %d times the users; %d panels a size, seed %d. The tables go through the policy as `+"`release`"+` has it (package release/policy), and through the procedure
as everyone uses it. The grid was fixed before the first run.

Each cell is the root mean square of the difference in percentage points, over panels whose effect could be told; in brackets the share of panels where that was
not all. A dash: no panel could be told. Noise is discrete Laplace for a client-day over both columns of daily_series; days whose (noised) counts are under k are left out, so that
with a small country nothing remains. Without epsilon counts are rounded to multiples of k.

`+"```sh\nmake privacy-cost\n```\n", 100*effect, others, perUser, runs, seed)
	for _, r := range rows {
		fmt.Fprintf(&b, "\n## %.0f users a day\n\nThe 95 %% interval by exact counts is ± %.1f points, on average.\n\n| epsilon |", r.size, r.half)
		for _, k := range smallest {
			fmt.Fprintf(&b, " k = %d |", k)
		}
		b.WriteString("\n|---|" + strings.Repeat("---|", len(smallest)) + "\n")
		for _, e := range epsilons {
			name := e.String()
			if e == 0 {
				name = "none, rounded"
			}
			fmt.Fprintf(&b, "| %s |", name)
			for _, k := range smallest {
				fmt.Fprintf(&b, " %s |", r.outcomes[e][k].cell(runs))
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// cell is one outcome in the table.
func (o outcome) cell(runs int) string {
	switch o.told {
	case 0:
		return "–"
	case runs:
		return fmt.Sprintf("%.1f", o.deviation())
	}
	return fmt.Sprintf("%.1f (%.0f %%)", o.deviation(), 100*float64(o.told)/float64(runs))
}

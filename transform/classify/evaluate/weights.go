package evaluate

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/banshift/banshift/transform/classify"
)

// MinWeightCaptures is how many captures a rule needs before its weight can be called
// measured: with flows of its tool, without, and such in which it fired. Below, the
// expert's stays: of a rule that hardly fired, the half observation would speak.
const MinWeightCaptures = 5

// Bounds of a measured weight in decibans.
const minWeight, maxWeight = -20, 30

// RuleWeight is what labelled captures say of one rule's weight. Flows of one capture
// are not independent: the capture is the unit, and its share of flows on which the rule
// fires the observation.
type RuleWeight struct {
	Rule     string  `json:"rule"`
	Tool     string  `json:"tool"`
	StatedDB float64 `json:"stated_db"`
	// Flows and Captures are those of the rule's tool; Others those of anything else.
	Flows    int `json:"flows"`
	Captures int `json:"captures"`
	Others   int `json:"other_captures"`
	// FiredIn are the captures, of either side, in which the rule fired.
	FiredIn int `json:"fired_in"`
	// TPR and FPR are mean shares over captures with Jeffreys' half observation.
	TPR float64 `json:"tpr"`
	FPR float64 `json:"fpr"`
	// DB is 10 log10(TPR/FPR), clipped to -20 and +30.
	DB float64 `json:"db"`
	// HeldOutDB are the least and the greatest weight with one capture left out.
	HeldOutDB [2]float64 `json:"held_out_db"`
	// Enough says that there are at least [MinWeightCaptures] captures of each sort.
	Enough bool `json:"enough"`
}

// tally counts the flows of one capture that are, or are not, of a rule's tool.
type tally struct{ flows, fired int }

func (t tally) share() float64 {
	if t.flows == 0 {
		return 0
	}
	return float64(t.fired) / float64(t.flows)
}

// Weights measures every rule that names a tool and is not merely supporting (those fire
// only together with others, so that their shares mean something else). Guessed labels count for
// neither side of the tool that they name.
func Weights(pack *classify.Pack, labels []Label, verdicts []Verdict) []RuleWeight {
	best := newCounter(verdicts).best
	var out []RuleWeight
	for i := range pack.NumRules() {
		rule := pack.Rule(uint16(i))
		if rule.Tool == "" || rule.Supporting {
			continue
		}
		own, other := map[string]tally{}, map[string]tally{}
		flows := 0
		for k := range labels {
			l := &labels[k]
			v := best[keyOf(l.Capture, l.Protocol, l.Src, l.Dst)]
			same := pack.Is(l.Tool, rule.Tool)
			if v == nil || same && !l.Trusted {
				continue
			}
			side := other
			if same {
				side = own
				flows++
			}
			t := side[l.Capture]
			t.flows++
			if v.fired(uint16(i)) {
				t.fired++
			}
			side[l.Capture] = t
		}
		if flows == 0 {
			continue
		}
		w := weigh(own, other)
		w.Rule, w.Tool, w.StatedDB, w.Flows = rule.ID, rule.Tool, rule.DB, flows
		out = append(out, w)
	}
	return out
}

// weigh turns the tallies by capture into a weight and tries it without each capture.
func weigh(own, other map[string]tally) RuleWeight {
	sum := func(side map[string]tally) (total float64) {
		for _, t := range side {
			total += t.share()
		}
		return total
	}
	hits, alarms := sum(own), sum(other)
	n, m := len(own), len(other)
	w := RuleWeight{Captures: n, Others: m, TPR: jeffreys(hits, n), FPR: jeffreys(alarms, m),
		DB: decibans(hits, n, alarms, m)}
	for capture, t := range own {
		if t.fired+other[capture].fired > 0 {
			w.FiredIn++
		}
	}
	for capture, t := range other {
		if t.fired > 0 && own[capture].fired == 0 && own[capture].flows == 0 {
			w.FiredIn++
		}
	}
	w.Enough = min(n, m, w.FiredIn) >= MinWeightCaptures
	w.HeldOutDB = [2]float64{w.DB, w.DB}
	without := func(hits float64, n int, alarms float64, m int) {
		db := decibans(hits, n, alarms, m)
		w.HeldOutDB = [2]float64{min(w.HeldOutDB[0], db), max(w.HeldOutDB[1], db)}
	}
	for capture, t := range own {
		if o, both := other[capture]; both {
			without(hits-t.share(), n-1, alarms-o.share(), m-1)
			continue
		}
		without(hits-t.share(), n-1, alarms, m)
	}
	for capture, t := range other {
		if _, both := own[capture]; !both {
			without(hits, n, alarms-t.share(), m-1)
		}
	}
	return w
}

func jeffreys(hits float64, n int) float64 { return round((hits + .5) / float64(n+1)) }

func decibans(hits float64, n int, alarms float64, m int) float64 {
	db := 10 * math.Log10((hits+.5)/float64(n+1)*float64(m+1)/(alarms+.5))
	return math.Round(10*min(maxWeight, max(minWeight, db))) / 10
}

// WriteWeights writes the weights as a table in Markdown.
func WriteWeights(w io.Writer, weights []RuleWeight) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Weights in decibans, 10 log10(TPR/FPR), the capture being the unit. A weight is measured where there are at least %d captures with the tool, without it, and in which the rule fired; elsewhere the expert's stays.\n\n", MinWeightCaptures)
	b.WriteString("| rule | tool | stated | measured | one capture left out | captures | fired in | flows | TPR | FPR | |\n|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range weights {
		verdict := "thin"
		if r.Enough {
			verdict = "enough"
		}
		fmt.Fprintf(&b, "| %s | %s | %+g | %+.1f | %+.1f to %+.1f | %d | %d | %d | %.3f | %.4f | %s |\n",
			r.Rule, r.Tool, r.StatedDB, r.DB, r.HeldOutDB[0], r.HeldOutDB[1], r.Captures, r.FiredIn, r.Flows, r.TPR, r.FPR, verdict)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

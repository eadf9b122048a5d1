package evaluate

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// WriteMarkdown writes the result as the body of a page of documentation. limits says
// by tool what cannot be told, for the tools of which flows are missed.
func (e *Evaluation) WriteMarkdown(w io.Writer, limits map[string]string) error {
	var b strings.Builder
	e.writeSummary(&b)
	e.writeTools(&b)
	e.writeMissed(&b, limits)
	e.writeConfusion(&b)
	e.writeAnonymised(&b)
	e.writeCalibration(&b)
	e.writeCases(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (e *Evaluation) writeSummary(b *strings.Builder) {
	n := e.Negatives
	fmt.Fprintf(b, "%d captures, %d labelled flows (%d without a verdict). Macro recall %.3f, macro F1 %.3f at level likely or better.\n\n",
		e.Captures, e.Flows, e.Unmatched, e.MacroRecall, e.MacroF1)
	fmt.Fprintf(b, "Of %d negative flows (%d recognised by the labeller as something else), %d were named at likely or better (rate at most %.4f with 95 %% confidence), %d of them at confirmed, and %d at possible.\n\n",
		n.Flows, n.Clean, n.FalsePositives, n.RateCI[1], n.Confirmed, n.Possible)
}

func (e *Evaluation) writeTools(b *strings.Builder) {
	b.WriteString("| tool | captures | named | missed | false | confirmed | possible | recall [95 %] | precision [95 %] | PPV at 0.1 / 1 / 5 / 20 % |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, t := range e.PerTool {
		fmt.Fprintf(b, "| %s | %d | %d | %d | %d | %d | %d | %s | %s | %s |\n", t.Tool, t.Captures, t.TP, t.FN, t.FP, t.Confirmed, t.Possible,
			share(t.Recall, t.RecallCI), share(t.Precision, t.PrecisionCI), ppv(t.PPV))
	}
	b.WriteString("\n")
}

// wanted is the recall under which a page owes its reader a reason.
const wanted = .95

func (e *Evaluation) writeMissed(b *strings.Builder, limits map[string]string) {
	first := true
	for _, t := range e.PerTool {
		if t.Recall == nil || *t.Recall >= wanted {
			continue
		}
		if first {
			fmt.Fprintf(b, "Why tools stay under a recall of %.2f:\n\n", wanted)
			first = false
		}
		why := limits[t.Tool]
		if why == "" {
			why = "only names or addresses show it, and a visit to its site looks the same: it stays at possible or below"
		}
		fmt.Fprintf(b, "* %s: %s.\n", t.Tool, why)
	}
	if !first {
		b.WriteString("\n")
	}
}

func share(v *float64, ci *[2]float64) string {
	if v == nil {
		return "–"
	}
	return fmt.Sprintf("%.2f [%.2f, %.2f]", *v, ci[0], ci[1])
}

func ppv(m map[string]float64) string {
	if m == nil {
		return "–"
	}
	parts := make([]string, len(baseRates))
	for i, r := range baseRates {
		parts[i] = fmt.Sprintf("%.2f", m[r.name])
	}
	return strings.Join(parts, " / ")
}

func (e *Evaluation) writeConfusion(b *strings.Builder) {
	b.WriteString("| truth | verdicts at likely or better |\n|---|---|\n")
	for _, truth := range sortedKeys(e.Confusion) {
		row := e.Confusion[truth]
		var cells []string
		for _, said := range sortedKeys(row) {
			cells = append(cells, fmt.Sprintf("%s %d", said, row[said]))
		}
		fmt.Fprintf(b, "| %s | %s |\n", truth, strings.Join(cells, ", "))
	}
	b.WriteString("\n")
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (e *Evaluation) writeAnonymised(b *strings.Builder) {
	if len(e.ByAnonymisation) == 0 {
		return
	}
	b.WriteString("| what is left | macro recall | macro F1 | false positives |\n|---|---|---|---|\n")
	for _, a := range e.ByAnonymisation {
		doc := ""
		for _, m := range Masks() {
			if m.Name == a.Level {
				doc = ": " + m.Doc
			}
		}
		fmt.Fprintf(b, "| %s%s | %.3f | %.3f | %d |\n", a.Level, doc, a.MacroRecall, a.MacroF1, a.FalsePositives)
	}
	b.WriteString("\n")
}

func (e *Evaluation) writeCalibration(b *strings.Builder) {
	c := e.Calibration
	fmt.Fprintf(b, "Brier score %.4f, expected calibration error %.4f over %d flows. The captures hold far more tools than traffic does, so p is expected to be too low here.\n\n", c.Brier, c.ECE, c.Flows)
	b.WriteString("| p from | flows | mean p | observed share |\n|---|---|---|---|\n")
	for _, bin := range c.Bins {
		fmt.Fprintf(b, "| %.1f | %d | %.3f | %.3f |\n", bin.Low, bin.Flows, bin.MeanP, bin.Observed)
	}
	b.WriteString("\n")
}

func (e *Evaluation) writeCases(b *strings.Builder) {
	cases := slices.Concat(e.Negatives.Cases, e.Negatives.Hinted)
	if len(cases) == 0 {
		return
	}
	b.WriteString("| negative flow of | label | verdict | level | p |\n|---|---|---|---|---|\n")
	for _, c := range cases {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %.3f |\n", c.Capture, c.Truth, c.Verdict, c.Level, c.P)
	}
	b.WriteString("\n")
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/spf13/cobra"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/ingest/pipeline"
	"github.com/banshift/banshift/transform/classify/evaluate"
	"github.com/banshift/banshift/transform/flowcontext"
)

// evaluateOptions are the flags of evaluate.
type evaluateOptions struct {
	labels        string
	json, weights bool
}

func newEvaluateCommand(a *app) *cobra.Command {
	var o evaluateOptions
	cmd := &cobra.Command{
		Use:   "evaluate --labels CSV DIR...",
		Short: "Measure the classification against labelled captures",
		Long: `evaluate classifies the captures below DIR and compares the verdicts with labels, flow by
flow, by the 5-tuple in both directions. A flow counts as found where its tool or service
is named at likely or better. It is repeated with parts of the telemetry withheld: full
address, /24, network only, no sizes, no TLS, NetFlow only.

The CSV has the columns capture, proto, src_ip, src_port, dst_ip, dst_port, tool, trusted.`,
		Example: `  banshift evaluate --labels labels.csv captures/
  banshift evaluate --labels labels.csv --json captures/ > accuracy.json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.evaluate(cmd.Context(), args, o) },
	}
	cmd.Flags().StringVar(&o.labels, "labels", "", "CSV of labelled flows")
	cmd.Flags().BoolVar(&o.json, "json", false, "one JSON object instead of Markdown")
	cmd.Flags().BoolVar(&o.weights, "weights", false, "measure the weight of each rule instead, the capture being the unit")
	return cmd
}

func (a *app) evaluate(ctx context.Context, dirs []string, o evaluateOptions) error {
	if o.labels == "" {
		return misused(errors.New("--labels is missing: name a CSV of labelled flows"))
	}
	labels, err := readLabels(o.labels)
	if err != nil {
		return err
	}
	s, err := loadStages(a.cfg)
	if err != nil {
		return err
	}
	labelled := map[string]bool{}
	for _, l := range labels {
		labelled[l.Capture] = true
	}
	verdicts := map[string][]evaluate.Verdict{}
	err = a.scan(ctx, s, dirs, "", func(scanned pipeline.Scanned) error {
		capture := filepath.Base(scanned.Path)
		if !labelled[capture] || scanned.Batch.Flows == nil {
			return nil
		}
		return s.masked(ctx, capture, scanned, verdicts)
	})
	if err != nil {
		return err
	}
	if o.weights {
		return a.weights(evaluate.Weights(s.pack, labels, verdicts[evaluate.Full]), o.json)
	}
	result := evaluate.Run(labels, verdicts)
	if o.json {
		encoder := json.NewEncoder(a.out)
		encoder.SetIndent("", " ")
		return encoder.Encode(result)
	}
	return result.WriteMarkdown(a.out, s.pack.Limits())
}

func (a *app) weights(weights []evaluate.RuleWeight, asJSON bool) error {
	if !asJSON {
		return evaluate.WriteWeights(a.out, weights)
	}
	encoder := json.NewEncoder(a.out)
	encoder.SetIndent("", " ")
	return encoder.Encode(weights)
}

// readLabels reads a CSV of labelled flows.
func readLabels(path string) ([]evaluate.Label, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("labels: %w", err)
	}
	defer file.Close()
	labels, err := evaluate.ReadLabels(file)
	if err != nil {
		return nil, fmt.Errorf("labels %s: %w", path, err)
	}
	return labels, nil
}

// masked classifies a batch at every level of anonymisation and adds the verdicts.
func (s *stages) masked(ctx context.Context, capture string, scanned pipeline.Scanned, into map[string][]evaluate.Verdict) error {
	ends := func(i int) (client, server netip.AddrPort) {
		return scanned.Batch.Ends[i].Client, scanned.Batch.Ends[i].Server
	}
	for _, mask := range evaluate.Masks() {
		rec, err := s.classifyMasked(ctx, mask, scanned)
		if err != nil {
			return err
		}
		verdicts, err := evaluate.Verdicts(capture, rec, ends)
		rec.Release()
		if err != nil {
			return err
		}
		into[mask.Name] = append(into[mask.Name], verdicts...)
	}
	return nil
}

// classifyMasked runs the stages with part of the telemetry withheld, from the flows
// and from their neighbours.
func (s *stages) classifyMasked(ctx context.Context, mask evaluate.Mask, scanned pipeline.Scanned) (arrow.Record, error) {
	withheld, own, err := lookMasked(s.context, mask, scanned.Batch)
	if err != nil {
		return nil, err
	}
	defer withheld.Release()
	defer own.Release()
	var neighbours []*flowcontext.Sightings
	for _, batch := range scanned.Neighbours {
		flows, seen, err := lookMasked(s.context, mask, batch)
		if err != nil {
			return nil, err
		}
		if flows != nil {
			defer flows.Release()
		}
		defer seen.Release()
		neighbours = append(neighbours, seen)
	}
	placed, err := s.context.Apply(ctx, withheld, own, neighbours)
	if err != nil {
		return nil, err
	}
	defer placed.Release()
	enriched, err := s.enricher.Apply(ctx, placed)
	if err != nil {
		return nil, err
	}
	defer enriched.Release()
	seen := mask.Enriched(memory.DefaultAllocator, enriched)
	defer seen.Release()
	return s.verdicts.Apply(ctx, seen)
}

// lookMasked withholds part of a batch and looks at the rest; flows may be nil.
func lookMasked(look *flowcontext.Stage, mask evaluate.Mask, batch anonymize.Batch) (flows arrow.Record, seen *flowcontext.Sightings, err error) {
	if batch.Flows != nil {
		if flows, err = mask.Flows(memory.DefaultAllocator, batch.Flows); err != nil {
			return nil, nil, err
		}
	}
	if seen, err = look.Look(flows, batch.DNS); err != nil {
		if flows != nil {
			flows.Release()
		}
		return nil, nil, err
	}
	return flows, seen, nil
}

package evaluate_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/ingest/meter"
	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/transform/classify"
	"github.com/banshift/banshift/transform/classify/evaluate"
	"github.com/banshift/banshift/transform/enrich"
)

// shared gives a folder of the data for tests and measurements, or skips the test.
func shared(t *testing.T, parts ...string) string {
	t.Helper()
	base := os.Getenv("BANSHIFT_SHARED")
	if base == "" {
		base = filepath.Join("..", "..", "..", "..", "shared")
	}
	dir := filepath.Join(append([]string{base}, parts...)...)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("%s: %s is absent", t.Name(), dir)
	}
	return dir
}

// stages are the way from a capture to verdicts.
type stages struct {
	t        *testing.T
	mem      memory.Allocator
	meter    *meter.Meter
	gate     *anonymize.Gate
	enricher *enrich.Enricher
	verdicts *classify.Classifier
}

func newStages(t *testing.T) *stages {
	t.Helper()
	s := &stages{t: t, mem: memory.DefaultAllocator, meter: meter.New(meter.Options{})}
	keys, err := anonymize.NewKeys(make([]byte, 32))
	s.check(err)
	s.gate, err = anonymize.NewGate(anonymize.Options{Keys: keys, Reveal: true, Rows: 1024, Mem: s.mem})
	s.check(err)
	s.enricher, err = enrich.New(enrich.Config{})
	s.check(err)
	pack, err := classify.Default()
	s.check(err)
	s.verdicts, err = classify.New(pack, classify.Options{Lists: s.enricher.Lists()})
	s.check(err)
	return s
}

func (s *stages) check(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// read gives the flows of a capture; a capture that is cut gives those before the cut.
func (s *stages) read(path string) anonymize.Batch {
	f, err := os.Open(path)
	s.check(err)
	defer f.Close()
	s.gate.Begin(filepath.Base(path), 0)
	if err := s.meter.Decode(context.Background(), f, s.gate); err != nil {
		s.t.Logf("%s: %v", filepath.Base(path), err)
	}
	return s.gate.Flush()
}

func (s *stages) classify(rec arrow.Record, m evaluate.Mask) arrow.Record {
	ctx := context.Background()
	masked, err := m.Flows(s.mem, rec)
	s.check(err)
	defer masked.Release()
	enriched, err := s.enricher.Apply(ctx, masked)
	s.check(err)
	defer enriched.Release()
	known := m.Enriched(s.mem, enriched)
	defer known.Release()
	out, err := s.verdicts.Apply(ctx, known)
	s.check(err)
	return out
}

// evaluate runs all captures of a folder against a label file.
func (s *stages) evaluate(dir, labelFile string) evaluate.Evaluation {
	f, err := os.Open(labelFile)
	s.check(err)
	defer f.Close()
	labels, err := evaluate.ReadLabels(f)
	s.check(err)
	verdicts := make(map[string][]evaluate.Verdict)
	entries, err := os.ReadDir(dir)
	s.check(err)
	for _, e := range entries {
		if !strings.Contains(e.Name(), "cap") || strings.HasSuffix(e.Name(), ".json") {
			continue
		}
		batch := s.read(filepath.Join(dir, e.Name()))
		if batch.Flows != nil {
			s.all(e.Name(), batch, verdicts)
		}
		batch.Release()
	}
	return evaluate.Run(labels, verdicts)
}

func (s *stages) all(capture string, batch anonymize.Batch, into map[string][]evaluate.Verdict) {
	for _, m := range evaluate.Masks() {
		out := s.classify(batch.Flows, m)
		v, err := evaluate.Verdicts(capture, out, func(i int) (netip.AddrPort, netip.AddrPort) {
			return batch.Ends[i].Client, batch.Ends[i].Server
		})
		s.check(err)
		into[m.Name] = append(into[m.Name], v...)
		if os.Getenv("EXPLAIN") != "" && m.Name == evaluate.Full && strings.Contains(capture, os.Getenv("EXPLAIN")) {
			s.explain(capture, out, v)
		}
		out.Release()
	}
}

func (s *stages) explain(capture string, rec arrow.Record, v []evaluate.Verdict) {
	flows, err := schemas.FlowsOf(rec)
	s.check(err)
	for i := range v {
		e, err := s.verdicts.Explain(rec, i)
		s.check(err)
		s.t.Logf("%s proto %d %s -> %s sizes %v sni %q alpn %q ja4 %s signatures %s\n%s", capture, flows.Protocol[i], v[i].Client, v[i].Server,
			flows.FirstSizes[i*8:i*8+8], flows.SNI.Value(i), flows.ALPN.Value(i), flows.JA4.Value(i), flows.SignaturesAt(i), e)
	}
}

func report(t *testing.T, e evaluate.Evaluation) {
	t.Logf("captures %d flows %d unmatched %d macro recall %.3f macro F1 %.3f; negatives %d, false %d (confirmed %d), possible %d",
		e.Captures, e.Flows, e.Unmatched, e.MacroRecall, e.MacroF1, e.Negatives.Flows, e.Negatives.FalsePositives, e.Negatives.Confirmed, e.Negatives.Possible)
	for _, r := range e.PerTool {
		recall := "-"
		if r.Recall != nil {
			recall = fmt.Sprintf("%.2f %v", *r.Recall, *r.RecallCI)
		}
		t.Logf("  %-16s captures %2d tp %3d fp %2d fn %3d confirmed %3d possible %3d recall %s", r.Tool, r.Captures, r.TP, r.FP, r.FN, r.Confirmed, r.Possible, recall)
	}
	for _, c := range append(e.Negatives.Cases, e.Negatives.Hinted...) {
		t.Logf("  negative %s (%s): %s %s %.3f", c.Capture, c.Truth, c.Verdict, c.Level, c.P)
	}
	for _, a := range e.ByAnonymisation {
		t.Logf("  %-14s macro recall %.3f F1 %.3f false %d", a.Level, a.MacroRecall, a.MacroF1, a.FalsePositives)
	}
	truths := make([]string, 0, len(e.Confusion))
	for truth := range e.Confusion {
		truths = append(truths, truth)
	}
	sort.Strings(truths)
	for _, truth := range truths {
		row, err := json.Marshal(e.Confusion[truth])
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("  %-16s -> %s", truth, row)
	}
	for _, c := range e.ByCapture {
		if c.Named < c.Positives {
			t.Logf("  %-40s named %d of %d", c.Capture, c.Named, c.Positives)
		}
	}
}

// holds checks what must not get worse: no negative flow named at likely or better,
// and the recall of the tools that have a signature.
func holds(t *testing.T, e evaluate.Evaluation, atLeast float64, tools ...string) {
	t.Helper()
	report(t, e)
	if n := e.Negatives; n.FalsePositives > 0 || n.Confirmed > 0 {
		t.Errorf("%d negative flows named at likely or better, %d at confirmed", n.FalsePositives, n.Confirmed)
	}
	recall := make(map[string]float64)
	for _, r := range e.PerTool {
		if r.Recall != nil {
			recall[r.Tool] = *r.Recall
		}
	}
	for _, tool := range tools {
		if r, ok := recall[tool]; !ok || r < atLeast {
			t.Errorf("%s: recall %.2f, want at least %.2f", tool, r, atLeast)
		}
	}
}

func TestOwnCaptures(t *testing.T) {
	dir := shared(t, "data", "captures", "own")
	e := newStages(t).evaluate(dir, filepath.Join(dir, "labels.csv"))
	holds(t, e, .95, "openvpn", "wireguard", "ipsec", "l2tp", "pptp", "socks", "http-proxy", "dot", "tor", "iodine", "tailscale", "nebula", "tinc")
}

func TestNDPICaptures(t *testing.T) {
	dir := shared(t, "data", "captures")
	e := newStages(t).evaluate(filepath.Join(dir, "ndpi"), filepath.Join(dir, "labels.csv"))
	holds(t, e, .95, "openvpn", "wireguard", "ipsec", "pptp", "socks", "http-proxy", "dot", "doq", "dnscrypt", "tor", "telegram", "teredo", "tinc", "operavpn", "warp")
}

package evaluate_test

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/ingest/decode"
	"github.com/banshift/banshift/ingest/pipeline"
	"github.com/banshift/banshift/transform/classify/evaluate"
)

// TestNDPIdJSON evaluates the sensor's JSON of the captures: what packets it carries,
// its label and its own confidence.
func TestNDPIdJSON(t *testing.T) {
	dir := shared(t, "data", "ndpid")
	s := newStages(t)
	f, err := os.Open(filepath.Join(dir, "..", "captures", "labels.csv"))
	s.check(err)
	defer f.Close()
	labels, err := evaluate.ReadLabels(f)
	s.check(err)
	verdicts := make(map[string][]evaluate.Verdict)
	files, err := filepath.Glob(filepath.Join(dir, "*.out"))
	s.check(err)
	for _, path := range files {
		capture := strings.TrimSuffix(filepath.Base(path), ".out")
		batch := s.readSensor(path, capture)
		if batch.Flows != nil {
			out := s.classify(batch.Flows, evaluate.Masks()[0])
			v, err := evaluate.Verdicts(capture, out, func(i int) (netip.AddrPort, netip.AddrPort) {
				return batch.Ends[i].Client, batch.Ends[i].Server
			})
			s.check(err)
			verdicts[evaluate.Full] = append(verdicts[evaluate.Full], v...)
			if os.Getenv("EXPLAIN") != "" && strings.Contains(capture, os.Getenv("EXPLAIN")) {
				s.explain(capture, out, v)
			}
			out.Release()
		}
		batch.Release()
	}
	holds(t, evaluate.Run(labels, verdicts), .95, "openvpn", "wireguard", "ipsec", "pptp", "socks", "http-proxy", "dot", "doq", "telegram", "teredo", "tinc", "operavpn", "warp", "fortinet")
}

// readSensor reads nDPId's events of a capture.
func (s *stages) readSensor(path, capture string) anonymize.Batch {
	s.t.Helper()
	stream, err := decode.NewStream(decode.NDPId, decode.WithInspect(pipeline.InspectPayloads()))
	s.check(err)
	file, err := os.Open(path)
	s.check(err)
	s.gate.Begin(capture, 0)
	if err := stream.Decode(context.Background(), file, s.gate); err != nil {
		s.t.Logf("%s: %v", capture, err)
	}
	s.check(file.Close())
	return s.gate.Flush()
}

package evaluate_test

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"testing"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/transform/classify/evaluate"
)

// tuple names a flow of a capture, whichever end is first.
func tuple(v *evaluate.Verdict) string {
	a, b := v.Client, v.Server
	if b.Compare(a) < 0 {
		a, b = b, a
	}
	return fmt.Sprint(v.Protocol, a, b)
}

// verdicts gives the surest verdict of each 5-tuple of a batch.
func (s *stages) verdictsOf(capture string, batch anonymize.Batch) map[string]evaluate.Verdict {
	best := make(map[string]evaluate.Verdict)
	if batch.Flows == nil {
		return best
	}
	out := s.classify(batch.Flows, evaluate.Masks()[0])
	defer out.Release()
	verdicts, err := evaluate.Verdicts(capture, out, func(i int) (netip.AddrPort, netip.AddrPort) {
		return batch.Ends[i].Client, batch.Ends[i].Server
	})
	s.check(err)
	for _, v := range verdicts {
		if old, ok := best[tuple(&v)]; !ok || v.Level > old.Level {
			best[tuple(&v)] = v
		}
	}
	return best
}

// TestCapturesAndSensorAgree compares the verdicts on captures with those on a sensor's
// JSON of the same captures, flow by flow: what one names at likely or better, the other
// names alike. The sensor's own label may name more, and what it leaves out (later
// packets, addresses inside tunnels) less.
func TestCapturesAndSensorAgree(t *testing.T) {
	dir := shared(t, "data")
	s := newStages(t)
	files, err := filepath.Glob(filepath.Join(dir, "ndpid", "*.out"))
	s.check(err)
	same, absent, more, less := 0, 0, 0, 0
	for _, path := range files {
		capture := filepath.Base(path[:len(path)-len(".out")])
		fromPackets := s.read(filepath.Join(dir, "captures", "ndpi", capture))
		packets := s.verdictsOf(capture, fromPackets)
		fromPackets.Release()
		fromJSON := s.readSensor(path, capture)
		sensor := s.verdictsOf(capture, fromJSON)
		fromJSON.Release()
		for k, p := range packets {
			j, ok := sensor[k]
			switch {
			case !ok:
				absent++
			case p.Level >= schemas.Likely && j.Level >= schemas.Likely && p.Tool != j.Tool:
				t.Errorf("%s %s: packets %s %s, sensor %s %s", capture, k, p.Tool, p.Level, j.Tool, j.Level)
			case p.Level >= schemas.Likely && j.Level < schemas.Likely:
				less++
				t.Logf("%s: packets %s %s, sensor %s %s", capture, p.Tool, p.Level, j.Tool, j.Level)
			case p.Level < schemas.Likely && j.Level >= schemas.Likely:
				more++
				t.Logf("%s: packets %s %s, sensor %s %s", capture, p.Tool, p.Level, j.Tool, j.Level)
			default:
				same++
			}
		}
	}
	// Two hellos of Tor with short names, whose cells the sensor does not carry.
	if less > 2 {
		t.Errorf("%d flows are named by packets only", less)
	}
	t.Logf("same %d, named by the sensor only %d, by packets only %d, not in the JSON %d", same, more, less, absent)
}

package evaluate_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/transform/classify/evaluate"
	"github.com/banshift/banshift/transform/classify/evaluate/ordinary"
)

// TestOrdinaryTrafficIsLeftAlone: of traffic that is nobody's tool nothing is named at
// likely, whatever a network or a sensor did to it.
func TestOrdinaryTrafficIsLeftAlone(t *testing.T) {
	s := newStages(t)
	for _, transform := range ordinary.Transforms() {
		t.Run(transform.Name, func(t *testing.T) {
			flows, possible := 0, 0
			seeds := uint64(1)
			if transform.Name == "as sent" {
				seeds = 3
			}
			for seed := range seeds {
				for _, c := range ordinary.Corpus(seed) {
					packets := transform.Apply(c.Packets, rand.New(rand.NewPCG(seed, 1)))
					for _, v := range s.named(c.Name, packets) {
						flows++
						switch {
						case v.Level >= schemas.Likely && unanswerable[c.Name] == v.Tool && (transform.Name != "as sent" || c.Name == alwaysUnanswerable):
							t.Logf("known limit: %s: %s at %s", c.Name, v.Tool, v.Level)
						case v.Level >= schemas.Likely:
							t.Errorf("%s: %s at %s", c.Name, v.Tool, v.Level)
						case v.Level == schemas.Possible:
							possible++
							if os.Getenv("BANSHIFT_VERBOSE") != "" {
								t.Logf("%s: %s at %s", c.Name, v.Tool, v.Level)
							}
						}
					}
				}
			}
			t.Logf("%d flows, none named, %d at possible", flows, possible)
		})
	}
}

// TestKindsHaveNames: each kind has a name of its own that can be a file's.
func TestKindsHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range ordinary.Corpus(0) {
		if seen[c.Name] || strings.ContainsAny(c.Name, "/\\") {
			t.Errorf("%q: not a name, or a second time", c.Name)
		}
		seen[c.Name] = true
	}
}

// unanswerable is what cannot be told: whether a server that leaves out what it must say
// of itself answers an absolute URI, or a proxy does; where the hello was lost, whose
// records have the length of cells; where the answers were lost, whether a resolver's name
// was visited or asked.
var unanswerable = map[string]string{
	"http, absolute uri": "http-proxy", "absolute uri, answered without anything": "http-proxy",
	"tls, cells of a site": "tor", "tls, messages of 530, name without alpn": "tor", "tls without a name, messages of 514": "tor",
	"visit to dns.google": "doh", "visit to dns.quad9.net": "doh", "visit to dns.adguard.com": "doh",
}

// alwaysUnanswerable is what cannot be told even of all that was sent.
const alwaysUnanswerable = "absolute uri, answered without anything"

// named gives the verdicts on a capture.
func (s *stages) named(name string, packets []ordinary.Packet) []evaluate.Verdict {
	s.t.Helper()
	s.gate.Begin(name, 0)
	s.check(s.meter.Decode(context.Background(), bytes.NewReader(ordinary.Pcap(packets)), s.gate))
	batch := s.gate.Flush()
	defer batch.Release()
	if batch.Flows == nil {
		return nil
	}
	full := evaluate.Masks()[0]
	out := s.classify(batch.Flows, full)
	defer out.Release()
	v, err := evaluate.Verdicts(name, out, func(i int) (netip.AddrPort, netip.AddrPort) {
		return batch.Ends[i].Client, batch.Ends[i].Server
	})
	s.check(err)
	if os.Getenv("EXPLAIN") == name {
		s.explain(name, out, v)
	}
	return v
}

package spike_test

import (
	"strings"
	"testing"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
)

// TestEvidence sets one series after another next to a rise that is supported by itself.
func TestEvidence(t *testing.T) {
	const at = 150
	ban := event("ban", "aa", "Messenger", events.Enforce, at)
	use := world(1, 30, 200, 1000)
	scale(use, 0, at, 200, 1.4)
	for _, c := range []struct {
		name   string
		kind   spike.EvidenceKind
		factor float64
		weight spike.Weight
		grade  spike.Grade
		reason string
	}{
		{"direct use fell", spike.DirectUse, .7, spike.For, spike.Supported, "direct use of the banned service went down"},
		{"direct use stayed", spike.DirectUse, 1, spike.Silent, spike.Supported, "direct use of the banned service did not clearly go down"},
		{"the network went out", spike.Connectivity, .6, spike.Alternative, spike.Ambiguous, "an outage or shutdown may explain the change too"},
		{"the network stayed", spike.Connectivity, 1, spike.Silent, spike.Supported, "connectivity of the country's networks did not clearly go down"},
		{"blocking was measured", spike.Blocking, 2, spike.For, spike.Supported, "measured signs of blocking went up"},
		{"people searched", spike.Demand, 2, spike.For, spike.Supported, "demand for tools went up"},
	} {
		t.Run(c.name, func(t *testing.T) {
			other := world(9, 1, 200, 5000)
			scale(other, 0, at, 200, c.factor)
			findings, err := spike.Findings(c.kind, "elsewhere", other, []events.Event{ban}, spike.DefaultConfig())
			if err != nil {
				t.Fatal(err)
			}
			if len(findings) != 1 || findings[0].Weight != c.weight {
				t.Fatalf("findings %+v, want one that is %s", findings, c.weight)
			}
			got, err := spike.Analyze(use, []events.Event{ban}, spike.DefaultConfig(), findings...)
			if err != nil {
				t.Fatal(err)
			}
			e := find(t, got, "ban", "aa")
			if e.Grade != c.grade || !strings.Contains(strings.Join(e.Reasons, "\n"), c.reason) || len(e.Evidence) != 1 {
				t.Errorf("%s %q, want %s and %q", e.Grade, e.Reasons, c.grade, c.reason)
			}
			if other := find(t, got, "ban", "ab"); len(other.Evidence) > 0 {
				t.Errorf("a country that the event does not concern has evidence: %+v", other.Evidence)
			}
		})
	}
}

// TestShutdownIsNoAlternativeToItself asks for a drop: connectivity that falls speaks for it.
func TestShutdownIsNoAlternativeToItself(t *testing.T) {
	shutdown := event("off", "aa", "internet", events.Shutdown, 150)
	shutdown.TargetType = "internet"
	other := world(9, 1, 200, 5000)
	scale(other, 0, 150, 200, .4)
	findings, err := spike.Findings(spike.Connectivity, "bgp", other, []events.Event{shutdown}, spike.DefaultConfig())
	if err != nil || len(findings) != 1 || findings[0].Weight != spike.For {
		t.Errorf("%+v, %v: want one finding for the shutdown", findings, err)
	}
}

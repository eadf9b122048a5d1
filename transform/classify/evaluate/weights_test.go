package evaluate

import (
	"fmt"
	"math"
	"net/netip"
	"testing"

	"github.com/banshift/banshift/transform/classify"
)

func TestWeightsCountCaptures(t *testing.T) {
	pack, err := classify.Default()
	if err != nil {
		t.Fatal(err)
	}
	var rule uint16
	for pack.RuleID(rule) != "tinc.meta" {
		rule++
	}
	client := netip.MustParseAddrPort("192.0.2.1:1")
	var labels []Label
	var verdicts []Verdict
	add := func(capture, tool string, trusted, fired bool) {
		server := netip.AddrPortFrom(netip.MustParseAddr("198.51.100.1"), uint16(len(labels)+1))
		labels = append(labels, Label{Capture: capture, Protocol: "tcp", Src: client, Dst: server, Tool: tool, Trusted: trusted})
		v := Verdict{Capture: capture, Protocol: 6, Client: client, Server: server}
		if fired {
			v.Rules = []uint16{rule}
		}
		verdicts = append(verdicts, v)
	}
	// Six captures of tinc, in one of which half the flows show it; a hundred flows of one
	// capture weigh no more than one of another.
	for c := range 6 {
		for k := range 2 {
			add(fmt.Sprint("tinc", c), "tinc", true, c > 0 || k > 0)
		}
	}
	for range 100 {
		add("big", None, true, false)
	}
	add("guess", "tinc", false, true) // for neither side
	for c := range 8 {
		add(fmt.Sprint("none", c), None, true, false)
	}
	for _, w := range Weights(pack, labels, verdicts) {
		if w.FiredIn == 0 && w.Enough {
			t.Errorf("%s never fired and is called measured", w.Rule)
		}
		if w.Rule != "tinc.meta" {
			continue
		}
		want := math.Round(100*math.Log10((5.5+.5)/7/(.5/10))) / 10
		if w.DB != want || w.Captures != 6 || w.Flows != 12 || w.Others != 9 || w.FiredIn != 6 || !w.Enough {
			t.Errorf("%+v, want %g dB of 6 captures, 12 flows and 9 others", w, want)
		}
		if w.HeldOutDB[0] >= w.DB || w.HeldOutDB[1] <= w.DB {
			t.Errorf("with one capture left out %v, around %g", w.HeldOutDB, w.DB)
		}
		return
	}
	t.Fatal("rule tinc.meta was not measured")
}

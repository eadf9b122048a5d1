package evaluate

import (
	"encoding/json"
	"math"
	"net/netip"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/transform/classify"
)

const labelsCSV = `capture,proto,src_ip,src_port,dst_ip,dst_port,ndpi_label,confidence,packets,tool,category,trusted,provider,basis,label_source
a.pcap,udp,192.0.2.1,1000,198.51.100.1,51820,WireGuard,DPI,9,wireguard,vpn,1,,protocol,x
a.pcap,udp,192.0.2.1,1001,198.51.100.1,51820,WireGuard,DPI,9,wireguard,vpn,1,,protocol,x
a.pcap,tcp,192.0.2.1,1002,198.51.100.2,443,TLS,DPI,9,none,none,1,,protocol,x
b.pcap,tcp,192.0.2.1,1003,198.51.100.2,443,Unknown,,9,none,none,1,,none,x
b.pcap,other,192.0.2.1,0,198.51.100.9,0,IPSec,DPI,9,ipsec,vpn,1,,protocol,x
b.pcap,tcp,192.0.2.1,1004,198.51.100.2,1723,PPTP,Match by port,9,pptp,vpn,0,,port,x
b.pcap,tcp,192.0.2.1,1005,198.51.100.3,443,TLS.NordVPN,DPI,9,nordvpn,vpn,1,nordvpn,application,x
`

func ap(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func verdicts() []Verdict {
	return []Verdict{
		// Reversed ends are the same flow; of two verdicts on one 5-tuple the surer counts.
		{"a.pcap", 17, ap("198.51.100.1:51820"), ap("192.0.2.1:1000"), "wireguard", "", .999, schemas.Confirmed, nil},
		{"a.pcap", 17, ap("192.0.2.1:1000"), ap("198.51.100.1:51820"), "none", "", .1, schemas.Unclassified, nil},
		{"a.pcap", 17, ap("192.0.2.1:1001"), ap("198.51.100.1:51820"), "wireguard", "", .6, schemas.Possible, nil},
		{"a.pcap", 6, ap("192.0.2.1:1002"), ap("198.51.100.2:443"), "tor", "", .85, schemas.Likely, nil},
		{"b.pcap", 6, ap("192.0.2.1:1003"), ap("198.51.100.2:443"), "none", "", 0, schemas.Unclassified, nil},
		// Ports of protocols without ports do not matter.
		{"b.pcap", 50, ap("192.0.2.1:7"), ap("198.51.100.9:8"), "ipsec", "", .99, schemas.Confirmed, nil},
		{"b.pcap", 6, ap("192.0.2.1:1004"), ap("198.51.100.2:1723"), "pptp", "", .9, schemas.Likely, nil},
		{"b.pcap", 6, ap("192.0.2.1:1005"), ap("198.51.100.3:443"), "vpn", "nordvpn", .9, schemas.Likely, nil},
		// A verdict without a label says nothing.
		{"b.pcap", 6, ap("192.0.2.1:1999"), ap("198.51.100.3:443"), "tor", "", .9, schemas.Likely, nil},
	}
}

func TestRunCounts(t *testing.T) {
	labels, err := ReadLabels(strings.NewReader(labelsCSV))
	if err != nil {
		t.Fatal(err)
	}
	e := Run(labels, map[string][]Verdict{Full: verdicts()})
	if e.Captures != 2 || e.Flows != 7 || e.Unmatched != 0 {
		t.Errorf("captures %d, flows %d, unmatched %d", e.Captures, e.Flows, e.Unmatched)
	}
	want := map[string][4]int{ // tp fp fn possible
		"wireguard": {1, 0, 1, 1}, "ipsec": {1, 0, 0, 0}, "nordvpn": {1, 0, 0, 0}, "tor": {0, 1, 0, 0},
	}
	for _, r := range e.PerTool {
		if got := [4]int{r.TP, r.FP, r.FN, r.Possible}; got != want[r.Tool] {
			t.Errorf("%s: %v, want %v", r.Tool, got, want[r.Tool])
		}
		delete(want, r.Tool)
	}
	if len(want) > 0 {
		t.Errorf("no result for %v", want)
	}
	n := e.Negatives
	if n.Flows != 3 || n.FalsePositives != 1 || n.Confirmed != 0 || n.Clean != 1 || n.Agreeing != 1 {
		t.Errorf("negatives %+v", n)
	}
	if e.MacroRecall != round((.5+1+1)/3) || e.MacroF1 != round((2./3+1+1)/3) {
		t.Errorf("macro recall %v, F1 %v", e.MacroRecall, e.MacroF1)
	}
	if e.Confusion["none"]["tor"] != 1 || e.Confusion["wireguard"]["unclassified"] != 1 || e.Confusion["nordvpn"]["nordvpn"] != 1 || e.Confusion[Untrusted]["pptp"] != 1 {
		t.Errorf("confusion %v", e.Confusion)
	}
	brier := (.001*.001 + .4*.4 + .85*.85 + 0 + .01*.01 + .9*.9 + .1*.1) / 7
	if math.Abs(e.Calibration.Brier-brier) > 1e-4 {
		t.Errorf("Brier %v, want %v", e.Calibration.Brier, brier)
	}
	if _, err := json.Marshal(e); err != nil {
		t.Error(err)
	}
	var b strings.Builder
	if err := e.WriteMarkdown(&b, map[string]string{"wireguard": "of sessions seen late"}); err != nil ||
		!strings.Contains(b.String(), "* wireguard: of sessions seen late.") || !strings.Contains(b.String(), "| wireguard | 1 | 1 | 1 | 0 | 1 | 1 | 0.50 [0.09, 0.91] |") {
		t.Errorf("%v in\n%s", err, b.String())
	}
}

func TestWilson(t *testing.T) {
	for _, c := range []struct {
		k, n int
		want [2]float64
	}{
		{5, 5, [2]float64{.5655, 1}}, // the value that Wilson's formula gives for 5 of 5
		{0, 10, [2]float64{0, .2775}},
		{81, 263, [2]float64{.2553, .3662}}, // Newcombe 1998, table I: 81/263
		{0, 0, [2]float64{0, 1}},
	} {
		if got := wilson(c.k, c.n); got != c.want {
			t.Errorf("wilson(%d, %d) = %v, want %v", c.k, c.n, got, c.want)
		}
	}
}

func TestLabelsAreChecked(t *testing.T) {
	for _, text := range []string{"", "capture,proto\n", strings.Replace(labelsCSV, ",1000,", ",99999,", 1)} {
		if _, err := ReadLabels(strings.NewReader(text)); err == nil {
			t.Errorf("labels %.40q accepted", text)
		}
	}
}

func TestMasksWithhold(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	ex := classify.Example{Proto: "udp", ServerPort: 51820, Signatures: []string{"wireguard-init"}, Traits: []string{"unanswered", "mod16"}, Sizes: []int16{148, -92},
		SNI: "dns.google", ALPN: "h3", JA4: "x", Sensor: "ndpi:WireGuard", ServerASN: 64500,
		List: &classify.ExampleList{Kind: "vpn", Exact: true}}
	rec, _, err := ex.Record(mem)
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Release()
	type left struct {
		bits  string
		sizes bool
		sni   string
		label string
		last  byte
	}
	for name, want := range map[string]left{
		Full:            {"wireguard-init unanswered,mod16", true, "dns.google", "ndpi:WireGuard", 1},
		"server-24":     {"wireguard-init unanswered,mod16", true, "dns.google", "ndpi:WireGuard", 0},
		"network":       {"wireguard-init unanswered,mod16", true, "dns.google", "ndpi:WireGuard", 1},
		"no-sizes":      {"wireguard-init unanswered", false, "dns.google", "ndpi:WireGuard", 1},
		"no-tls":        {"wireguard-init unanswered,mod16", true, "", "ndpi:WireGuard", 1},
		"no-signatures": {" unanswered", true, "dns.google", "ndpi:WireGuard", 1},
		"netflow":       {" unanswered", false, "", "", 1},
	} {
		m := mask(t, name)
		out, err := m.Flows(mem, rec)
		if err != nil {
			t.Fatal(err)
		}
		f, err := schemas.FlowsOf(out)
		if err != nil {
			t.Fatal(err)
		}
		got := left{f.SignaturesAt(0).String() + " " + f.TraitsAt(0).String(), f.FirstSizes[0] != 0 && f.LenSemantics[0] != 0, f.SNI.Value(0), schemas.DictString(f.SensorLabel, 0), f.Server.Value(0)[15]}
		if got != want {
			t.Errorf("%s leaves %+v, want %+v", name, got, want)
		}
		classifies(t, mem, out, m)
		out.Release()
	}
}

func mask(t *testing.T, name string) Mask {
	t.Helper()
	for _, m := range Masks() {
		if m.Name == name {
			return m
		}
	}
	t.Fatalf("no mask %s", name)
	return Mask{}
}

// classifies checks that a masked batch still goes through classification.
func classifies(t *testing.T, mem memory.Allocator, rec arrow.Record, m Mask) {
	t.Helper()
	p, err := classify.Default()
	if err != nil {
		t.Fatal(err)
	}
	ex := classify.Example{List: &classify.ExampleList{Kind: "vpn", Exact: true}}
	own, lists, err := ex.Record(mem)
	if err != nil {
		t.Fatal(err)
	}
	own.Release()
	c, err := classify.New(p, classify.Options{Lists: lists, Memory: mem})
	if err != nil {
		t.Fatal(err)
	}
	known := m.Enriched(mem, rec)
	defer known.Release()
	out, err := c.Apply(t.Context(), known)
	if err != nil {
		t.Fatalf("%s: %v", m.Name, err)
	}
	out.Release()
}

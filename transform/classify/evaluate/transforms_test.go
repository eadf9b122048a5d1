package evaluate_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/banshift/banshift/ingest/meter/capture"
	"github.com/banshift/banshift/ingest/meter/packet"
	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/transform/classify/evaluate"
	"github.com/banshift/banshift/transform/classify/evaluate/ordinary"
)

// packetsOf reads the IP packets of a capture. The client of a pair of addresses is who
// sent first.
func packetsOf(t *testing.T, path string) (all []ordinary.Packet) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	frames, err := capture.NewReader(f)
	if err != nil {
		return nil
	}
	first := map[[2]netip.Addr]netip.Addr{}
	for {
		frame, err := frames.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				t.Logf("%s: %v", filepath.Base(path), err)
			}
			return all
		}
		ip, ok := packet.Network(frame.Link, frame.Data)
		if !ok {
			continue
		}
		d, err := packet.ParseIP(ip, frame.WireLen-(len(frame.Data)-len(ip)))
		if err != nil {
			continue
		}
		pair := [2]netip.Addr{d.Src, d.Dst}
		if d.Dst.Less(d.Src) {
			pair = [2]netip.Addr{d.Dst, d.Src}
		}
		if !first[pair].IsValid() {
			first[pair] = d.Src
		}
		all = append(all, ordinary.Packet{Time: frame.Time, Up: first[pair] == d.Src, IP: slices.Clone(ip)})
	}
}

// endsOf names a flow whichever end is first.
func endsOf(capture string, a, b netip.AddrPort) string {
	if b.Compare(a) < 0 {
		a, b = b, a
	}
	return fmt.Sprint(capture, a, b)
}

// TestTransformsOfCaptures prints, by tool, how many of the flows that are left are named
// after what a network or a sensor did to them; and that no other flow is.
func TestTransformsOfCaptures(t *testing.T) {
	dir := shared(t, "data", "captures")
	s := newStages(t)
	for _, set := range []struct{ dir, labels string }{{"own", "own/labels.csv"}, {"ndpi", "labels.csv"}} {
		t.Run(set.dir, func(t *testing.T) {
			f, err := os.Open(filepath.Join(dir, set.labels))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			labels, err := evaluate.ReadLabels(f)
			if err != nil {
				t.Fatal(err)
			}
			table := map[string][]string{}
			var names []string
			for _, transform := range ordinary.Transforms() {
				names = append(names, transform.Name)
				e := s.transformed(filepath.Join(dir, set.dir), labels, transform)
				if n := e.Negatives.FalsePositives; n > 0 {
					t.Errorf("%s: %d other flows are named: %+v", transform.Name, n, e.Negatives.Cases)
				}
				for _, r := range e.PerTool {
					for len(table[r.Tool]) < len(names)-1 {
						table[r.Tool] = append(table[r.Tool], "-")
					}
					table[r.Tool] = append(table[r.Tool], fmt.Sprintf("%d of %d", r.TP, r.TP+r.FN))
				}
				t.Logf("%s: macro recall %.3f, %d negative flows, %d named", transform.Name, e.MacroRecall, e.Negatives.Flows, e.Negatives.FalsePositives)
			}
			t.Logf("| %s | %s |", set.dir, strings.Join(names, " | "))
			t.Logf("|---|%s", strings.Repeat("---|", len(names)))
			var tools []string
			for tool := range table {
				tools = append(tools, tool)
			}
			slices.Sort(tools)
			for _, tool := range tools {
				for len(table[tool]) < len(names) {
					table[tool] = append(table[tool], "-")
				}
				t.Logf("| %s | %s |", tool, strings.Join(table[tool], " | "))
			}
		})
	}
}

// transformed evaluates the flows that are left of a folder of captures.
func (s *stages) transformed(dir string, labels []evaluate.Label, transform ordinary.Transform) evaluate.Evaluation {
	entries, err := os.ReadDir(dir)
	s.check(err)
	var verdicts []evaluate.Verdict
	left := map[string]bool{}
	for _, e := range entries {
		if !strings.Contains(e.Name(), "cap") || strings.HasSuffix(e.Name(), ".json") {
			continue
		}
		packets := packetsOf(s.t, filepath.Join(dir, e.Name()))
		if len(packets) == 0 {
			continue
		}
		for _, v := range s.named(e.Name(), transform.Apply(packets, rand.New(rand.NewPCG(1, 1)))) {
			verdicts = append(verdicts, v)
			left[endsOf(v.Capture, v.Client, v.Server)] = true
			if v.Level >= schemas.Likely && os.Getenv("BANSHIFT_VERBOSE") != "" {
				s.t.Logf("%s %s %s %s", e.Name(), v.Client, v.Server, v.Tool)
			}
		}
	}
	// All tools are kept in the table, flows that are gone are not.
	kept := slices.DeleteFunc(slices.Clone(labels), func(l evaluate.Label) bool { return !left[endsOf(l.Capture, l.Src, l.Dst)] })
	return evaluate.Run(kept, map[string][]evaluate.Verdict{evaluate.Full: verdicts})
}

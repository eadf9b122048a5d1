package decode

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/banshift/banshift/ingest/record"
)

var update = flag.Bool("update", false, "rewrite the expected files of testdata")

// dump writes what reaches the sink, one line each.
type dump struct {
	strings.Builder
	last    int64
	records int
	wrong   string // the first position that went back
}

func (d *dump) at(position int64) {
	if position < d.last && d.wrong == "" {
		d.wrong = fmt.Sprintf("position %d after %d", position, d.last)
	}
	d.last = position
	d.records++
}

func (d *dump) Flow(f *record.Flow, position int64) {
	d.at(position)
	fmt.Fprintf(d, "%d flow %d..%d %s:%d %s:%d proto=%d bytes=%d/%d packets=%d/%d flags=%#x rate=%d oneway=%v initiator=%v len=%d sig=%s traits=%s",
		position, f.Start, f.End, f.Src, f.SrcPort, f.Dst, f.DstPort, f.Protocol, f.SrcBytes, f.DstBytes, f.SrcPackets, f.DstPackets,
		f.TCPFlags, f.SamplingRate, f.OneWay, f.Initiator, f.LenSemantics, f.Signatures, f.Traits)
	fmt.Fprintf(d, " sni=%q alpn=%q ja4=%q sizes=%v label=%q/%d exporter=%q simulated=%v\n",
		f.SNI, f.ALPN, f.JA4, f.FirstSizes, f.SensorLabel, f.SensorConfidence, f.Exporter, f.Simulated)
}

func (d *dump) DNS(q *record.DNS, position int64) {
	d.at(position)
	fmt.Fprintf(d, "%d dns %d %s->%s %q type=%d rcode=%d answers=%v latency=%d exporter=%q simulated=%v\n",
		position, q.Time, q.Client, q.Resolver, q.Name, q.Type, q.Rcode, q.Answers, q.LatencyUS, q.Exporter, q.Simulated)
}

func (d *dump) Reject(reason string, _ []byte, position int64) {
	d.at(position)
	fmt.Fprintf(d, "%d reject %s\n", position, reason)
}

func (d *dump) Skip(reason string, position int64) {
	d.at(position)
	fmt.Fprintf(d, "%d skip %s\n", position, reason)
}

// TestGolden decodes testdata/<format>/<case>/input.* as a stream and, where the case
// has a messages.txt, line by line as messages. The name of a case
// that ends in "_forced" says that recognition by looking is not expected.
func TestGolden(t *testing.T) {
	cases, err := filepath.Glob("testdata/*/*/input*")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, input := range cases {
		dir := filepath.Dir(input)
		format := Format(filepath.Base(filepath.Dir(dir)))
		t.Run(strings.TrimPrefix(dir, "testdata/"), func(t *testing.T) {
			data, err := os.ReadFile(input)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(dir, "_forced") {
				if got, err := Recognise(data, "x"); got != format {
					t.Errorf("recognised as %q, %v", got, err)
				}
			}
			s, err := NewStream(format)
			if err != nil {
				t.Fatal(err)
			}
			var out dump
			if err := s.Decode(context.Background(), bytes.NewReader(data), &out); err != nil {
				fmt.Fprintf(&out, "error %v\n", err)
			}
			if out.wrong != "" {
				t.Error(out.wrong)
			}
			golden(t, filepath.Join(dir, "expected.txt"), out.String())
			if messages := filepath.Join(dir, "messages.txt"); exists(messages) {
				golden(t, messages, eachAsMessage(t, format, data))
			}
		})
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// eachAsMessage decodes every line as a message of its own, as from a topic.
func eachAsMessage(t *testing.T, format Format, data []byte) string {
	t.Helper()
	m, err := NewMessage(format)
	if err != nil {
		t.Fatal(err)
	}
	var out dump
	for i, line := range bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n")) {
		m.Decode(line, int64(i), &out)
	}
	return out.String()
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); d != "" {
		t.Error(d)
	}
}

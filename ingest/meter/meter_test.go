package meter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/banshift/banshift/ingest/meter/capture"
	"github.com/banshift/banshift/ingest/record"
)

// exchange makes n UDP flows of two packets each.
func exchange(n int) *builder {
	b := newBuilder()
	for i := range n {
		c, s := netip.AddrPortFrom(client4, uint16(1024+i)), netip.AddrPortFrom(server4, 7)
		b.add(udpPacket(c, s, patterned(40)))
		b.add(udpPacket(s, c, patterned(50)))
	}
	return b
}

func decodeBytes(b []byte, o Options) (*collector, error) {
	c := newCollector()
	return c, New(o).Decode(context.Background(), bytes.NewReader(b), c)
}

func TestCutCapture(t *testing.T) {
	whole := exchange(3).pcap()
	c, err := decodeBytes(whole[:len(whole)-10], Options{})
	var cut *capture.CutError
	if !errors.As(err, &cut) || cut.At != int64(len(whole)-10) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got error %v", err)
	}
	if len(c.flows) != 3 {
		t.Errorf("%d flows before the cut, want 3", len(c.flows))
	}
}

func TestNotACapture(t *testing.T) {
	for _, in := range []string{"", "\x1f\x8b", "{\"type\":\"flow\"}"} {
		if _, err := decodeBytes([]byte(in), Options{}); err == nil {
			t.Errorf("%q is no capture, and no error says so", in)
		}
	}
}

func TestStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c := newCollector()
	err := New(Options{}).Decode(ctx, bytes.NewReader(exchange(3).pcap()), c)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "byte") {
		t.Errorf("got error %v", err)
	}
}

// TestBoundedFlows holds four flows at a time: nothing is lost, it is only given out
// earlier, and what was counted stays counted.
func TestBoundedFlows(t *testing.T) {
	const flows = 100
	c, err := decodeBytes(exchange(flows).pcap(), Options{MaxFlows: 4})
	if err != nil {
		t.Fatal(err)
	}
	bytes := uint64(0)
	for i := range c.flows {
		bytes += c.flows[i].SrcBytes + c.flows[i].DstBytes
	}
	if len(c.flows) != flows || bytes != flows*90 {
		t.Errorf("%d flows with %d bytes, want %d with %d", len(c.flows), bytes, flows, flows*90)
	}
}

// TestBoundedPayloads lets the meter hold 100 payload bytes.
func TestBoundedPayloads(t *testing.T) {
	m := New(Options{MaxBufferedBytes: 100})
	c := newCollector()
	if err := m.Decode(context.Background(), bytes.NewReader(exchange(50).pcap()), c); err != nil {
		t.Fatal(err)
	}
	if len(c.flows) != 50 || m.buffered != 0 {
		t.Errorf("%d flows, %d bytes still buffered", len(c.flows), m.buffered)
	}
}

// TestPositionsAreUnique: a flow and what it carries never share a position.
func TestPositionsAreUnique(t *testing.T) {
	b := newBuilder()
	cases["tunnels"](b)
	c, err := decodeBytes(b.pcap(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int64]bool{}
	for _, at := range c.at {
		if seen[at] {
			t.Errorf("two flows at %d", at)
		}
		seen[at] = true
	}
}

// TestReuse decodes two captures with one meter: the second is as from a new one.
func TestReuse(t *testing.T) {
	m := New(Options{})
	first, again := newCollector(), newCollector()
	for _, c := range []*collector{first, again} {
		if err := m.Decode(context.Background(), bytes.NewReader(exchange(20).pcap()), c); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := fmt.Sprint(first.golden()), fmt.Sprint(again.golden()); a != b {
		t.Errorf("first\n%s\nagain\n%s", a, b)
	}
}

func FuzzMeter(f *testing.F) {
	for _, build := range cases {
		b := newBuilder()
		build(b)
		f.Add(b.pcap())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m := New(Options{MaxFlows: 8, MaxBufferedBytes: 4096})
		c := newCollector()
		_ = m.Decode(context.Background(), bytes.NewReader(b), c)
		if m.buffered != 0 || len(m.table.flows) != 0 {
			t.Errorf("%d bytes and %d flows are left", m.buffered, len(m.table.flows))
		}
		for i := range c.flows {
			if fl := &c.flows[i]; fl.End < fl.Start || fl.SrcPackets+fl.DstPackets == 0 {
				t.Errorf("flow %+v", fl)
			}
		}
	})
}

// discard is a sink that counts.
type discard struct{ flows int }

func (d *discard) Flow(*record.Flow, int64)     { d.flows++ }
func (d *discard) DNS(*record.DNS, int64)       {}
func (d *discard) Reject(string, []byte, int64) {}
func (d *discard) Skip(string, int64)           {}

// BenchmarkMeter meters 20,000 flows of two to forty packets of 40 to 1,400 bytes.
func BenchmarkMeter(b *testing.B) {
	build := newBuilder()
	for i := range 20000 {
		c, s := netip.AddrPortFrom(client4, uint16(1024+i%60000)), netip.AddrPortFrom(server4, 7)
		for j := range 2 + i%20 {
			build.add(udpPacket(c, s, patterned(40+i*j%1360)))
			build.add(udpPacket(s, c, patterned(40+i*j*7%1360)))
		}
	}
	input := build.pcap()
	b.SetBytes(int64(len(input)))
	b.ReportAllocs()
	for b.Loop() {
		if err := New(Options{}).Decode(context.Background(), bytes.NewReader(input), &discard{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(build.frames)*b.N)/b.Elapsed().Seconds(), "packets/s")
}

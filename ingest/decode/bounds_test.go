package decode

import (
	"bytes"
	"context"
	"net/netip"
	"os"
	"testing"

	"github.com/banshift/banshift/ingest/record"
)

// TestDNSPairsAreBounded sends more queries than may wait, none of them answered.
func TestDNSPairsAreBounded(t *testing.T) {
	p, sink := newDNSPairs(), newTally()
	var d record.DNS
	total := maxWaiting + 1000
	for i := range total {
		d.Reset()
		d.Time, d.Name = 1523836800000, []byte("www.example.org")
		d.Client = netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		d.Resolver = netip.AddrFrom4([4]byte{192, 0, 2, 53})
		p.query(&d, 5000, 1, int64(i), sink)
	}
	if sink.dns != 1000 || len(p.slots) != maxWaiting || cap(p.ring) != maxWaiting {
		t.Errorf("%d given early, %d wait, room for %d", sink.dns, len(p.slots), cap(p.ring))
	}
	p.flush(int64(total), sink)
	if sink.dns != total || len(p.slots) != 0 || sink.back {
		t.Errorf("%d of %d given, %d left, positions go back: %v", sink.dns, total, len(p.slots), sink.back)
	}
}

// TestInspectSeesFirstPayloads checks that retransmissions and empty segments are left
// out and that what the hook adds reaches the sink.
func TestInspectSeesFirstPayloads(t *testing.T) {
	data, err := os.ReadFile("testdata/ndpid/framed/input.json")
	if err != nil {
		t.Fatal(err)
	}
	type seen struct {
		fromSrc bool
		size    int
		first   byte
	}
	var got []seen
	hook := func(f *record.Flow, payloads []Payload) {
		for _, p := range payloads {
			got = append(got, seen{p.FromSrc, p.Size, p.Data[0]})
		}
		f.SensorLabel = []byte("inspected")
	}
	s, err := NewStream(NDPId, WithInspect(hook))
	if err != nil {
		t.Fatal(err)
	}
	sink := newTally()
	if err := s.Decode(context.Background(), bytes.NewReader(data), sink); err != nil {
		t.Fatal(err)
	}
	want := []seen{{true, 148, 1}, {false, 92, 2}, {true, 517, 'h'}}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("payloads %v, want %v", got, want)
	}
	if sink.labels["inspected"] != 2 {
		t.Errorf("%d flows carry what the hook added, want 2", sink.labels["inspected"])
	}
}

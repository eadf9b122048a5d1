package anonymize

import (
	"net/netip"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/ingest/record"
	"github.com/banshift/banshift/schemas"
)

// TestCanonicalRowsPassTheGate changes one thing in a good row at a time.
func TestCanonicalRowsPassTheGate(t *testing.T) {
	const start = 1523836800000
	for _, test := range []struct {
		name   string
		change func(*record.Flow, *Options)
		want   string // the reason; empty: it passes
	}{
		{"good", func(*record.Flow, *Options) {}, ""},
		{"country in capitals", func(f *record.Flow, _ *Options) { f.Canonical.Country = []byte("KZ") }, ""},
		{"ten years ahead", func(f *record.Flow, _ *Options) { f.Start += 10 * 365 * schemas.DayMS }, "time in the future"},
		{"end ten years ahead", func(f *record.Flow, _ *Options) { f.End += 10 * 365 * schemas.DayMS }, "time in the future"},
		{"1969", func(f *record.Flow, _ *Options) { f.Start = -1 }, "time before 1970"},
		{"address", func(f *record.Flow, _ *Options) { f.Canonical.Client = 0xc0000201 }, "client is no pseudonym of 64 bits"},
		{"address in the upper half", func(f *record.Flow, _ *Options) { f.Canonical.Client = 0xc0000201 << 32 }, "client is no pseudonym of 64 bits"},
		{"address with its sign", func(f *record.Flow, _ *Options) { f.Canonical.Client = 0xffffffffc0000201 }, "client is no pseudonym of 64 bits"},
		{"mapped address", func(f *record.Flow, _ *Options) { f.Canonical.Client = 0xffffc0000201 }, "client is no pseudonym of 64 bits"},
		{"refuse", func(_ *record.Flow, o *Options) { o.Refuse = true }, "raw client address refused: a canonical client cannot be told from one"},
		{"rate 0", func(f *record.Flow, _ *Options) { f.SamplingRate = 0 }, "sampling rate is 0"},
		{"records 0", func(f *record.Flow, _ *Options) { f.Canonical.Records = 0 }, "number of records is 0"},
		{"overflow", func(f *record.Flow, _ *Options) { f.DstBytes, f.SamplingRate = 1<<62, 4 }, "counts overflow when multiplied by the sampling rate"},
		{"country", func(f *record.Flow, _ *Options) { f.Canonical.Country = []byte("198.18.0.1") }, "country is no ISO code of two letters"},
	} {
		t.Run(test.name, func(t *testing.T) {
			keys, err := NewKeys(make([]byte, MasterKeyBytes))
			if err != nil {
				t.Fatal(err)
			}
			now := time.UnixMilli(start).Add(time.Hour)
			opts := Options{Keys: keys, Mem: memory.DefaultAllocator, FutureAfter: func() int64 { return now.UnixMilli() }}
			f := record.Flow{
				Start: start, End: start + 1, Dst: netip.MustParseAddr("192.0.2.1"), SamplingRate: 1, SrcBytes: 10, Simulated: true,
				Canonical: &record.Canonical{Client: 0x9e3779b97f4a7c15, Country: []byte("kz"), Records: 2},
			}
			test.change(&f, &opts)
			gate, err := NewGate(opts)
			if err != nil {
				t.Fatal(err)
			}
			defer gate.Release()
			gate.Begin("s", 0)
			gate.Flow(&f, 7)
			batch := gate.Flush()
			defer batch.Release()
			if test.want == "" {
				if batch.Rejects != nil || batch.Counts.In != 2 || batch.Counts.Flows != 2 || batch.Counts.Simulated != 1 {
					t.Fatalf("counts %+v", batch.Counts)
				}
				flows, err := schemas.FlowsOf(batch.Flows)
				if err != nil || schemas.DictString(flows.ClientCountry, 0) != "kz" || flows.Client[0] != 0x9e3779b97f4a7c15 || flows.Records[0] != 2 {
					t.Errorf("row %v, %v", batch.Flows, err)
				}
				return
			}
			if batch.Flows != nil || batch.Counts.In != 1 || batch.Counts.Rejected != 1 {
				t.Fatalf("counts %+v", batch.Counts)
			}
			if got := schemas.DictString(batch.Rejects.Column(3).(*array.Dictionary), 0); got != test.want {
				t.Errorf("reason %q, want %q", got, test.want)
			}
		})
	}
}

// TestCanonicalNamesAreCut has a host name in a look-up.
func TestCanonicalNamesAreCut(t *testing.T) {
	keys, err := NewKeys(make([]byte, MasterKeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	gate, err := NewGate(Options{Keys: keys, Mem: memory.DefaultAllocator})
	if err != nil {
		t.Fatal(err)
	}
	defer gate.Release()
	gate.Begin("s", 0)
	d := record.DNS{Time: 1523836800000, Name: []byte("ivan-laptop.corp.example.org"), Canonical: &record.Canonical{Client: 0x9e3779b97f4a7c15, Records: 1}}
	gate.DNS(&d, 0)
	batch := gate.Flush()
	defer batch.Release()
	dns, err := schemas.DNSOf(batch.DNS)
	if err != nil || dns.Name.Value(0) != "example.org" {
		t.Errorf("name %v, %v", batch.DNS, err)
	}
}

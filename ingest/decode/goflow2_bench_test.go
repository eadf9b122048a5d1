package decode

import (
	"testing"

	"github.com/banshift/banshift/ingest/record"
)

// goflow2Line is what goflow2 2.x writes for a NetFlow record, shortened to 400 bytes.
const goflow2Line = `{"type":"NETFLOW_V9","time_received_ns":1523836800123456789,"sequence_num":8123,"sampling_rate":100,"sampler_address":"192.0.2.1","time_flow_start_ns":1523836799000000000,"time_flow_end_ns":1523836800000000000,"bytes":148,"packets":1,"src_addr":"2001:db8:1:2::33","dst_addr":"198.51.100.73","etype":"IPv4","proto":"UDP","src_port":51820,"dst_port":51820,"in_if":3,"out_if":4,"tcp_flags":0,"src_as":64500}`

// discard counts and drops.
type discard struct{ flows, dns, rejects, skips int }

func (d *discard) Flow(*record.Flow, int64)     { d.flows++ }
func (d *discard) DNS(*record.DNS, int64)       { d.dns++ }
func (d *discard) Reject(string, []byte, int64) { d.rejects++ }
func (d *discard) Skip(string, int64)           { d.skips++ }

func BenchmarkGoflow2JSON(b *testing.B) {
	m, err := NewMessage(Goflow2JSON)
	if err != nil {
		b.Fatal(err)
	}
	msg := []byte(goflow2Line)
	var sink discard
	b.SetBytes(int64(len(msg)))
	b.ReportAllocs()
	for b.Loop() {
		m.Decode(msg, 0, &sink)
	}
	if sink.flows == 0 {
		b.Fatal("no flow came out")
	}
}

func TestHotPathDoesNotAllocate(t *testing.T) {
	m, err := NewMessage(Goflow2JSON)
	if err != nil {
		t.Fatal(err)
	}
	msg := []byte(goflow2Line)
	var sink discard
	if n := testing.AllocsPerRun(100, func() { m.Decode(msg, 0, &sink) }); n != 0 {
		t.Errorf("%v allocations a record, want 0", n)
	}
}

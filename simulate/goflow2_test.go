package simulate

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/netsampler/goflow2/v2/decoders/netflowlegacy"
	"github.com/netsampler/goflow2/v2/producer"
	protoproducer "github.com/netsampler/goflow2/v2/producer/proto"
)

// TestLinesAsGoflow2PrintsThem lets goflow2 print the same flows from NetFlow 5 packets,
// with the fields that the simulation writes, and compares byte for byte.
func TestLinesAsGoflow2PrintsThem(t *testing.T) {
	config, err := (&protoproducer.ProducerConfig{Formatter: protoproducer.FormatterConfig{Fields: []string{
		"type", "time_received_ns", "sequence_num", "sampling_rate", "sampler_address", "time_flow_start_ns", "time_flow_end_ns",
		"bytes", "packets", "src_addr", "dst_addr", "etype", "proto", "src_port", "dst_port", "in_if", "out_if", "tcp_flags",
	}}}).Compile()
	if err != nil {
		t.Fatal(err)
	}
	goflow2, err := protoproducer.CreateProtoProducer(config, protoproducer.CreateSamplingSystem)
	if err != nil {
		t.Fatal(err)
	}
	for _, proto := range []uint8{tcp, udp, gre, esp} {
		f := flowRecord{
			received: 1523836805123, start: 1523836800456, end: 1523836804789, sequence: 77,
			sampler: netip.MustParseAddr("198.18.3.1"), bytes: 4321, packets: 12,
			src: netip.MustParseAddr("100.64.1.2"), dst: netip.MustParseAddr("245.1.2.3"),
			srcPort: 40000, dstPort: 443, proto: proto, tcpFlags: flagsAll, inIf: 2, outIf: 1,
		}
		sent := time.UnixMilli(f.received)
		packet := &netflowlegacy.PacketNetFlowV5{
			Version: 5, Count: 1, SysUptime: 60_000, UnixSecs: uint32(sent.Unix()), UnixNSecs: uint32(sent.Nanosecond()),
			FlowSequence: f.sequence, SamplingInterval: 1,
			Records: []netflowlegacy.RecordsNetFlowV5{{
				SrcAddr: netflowlegacy.IPAddress(toUint32(f.src)), DstAddr: netflowlegacy.IPAddress(toUint32(f.dst)),
				Input: f.inIf, Output: f.outIf, DPkts: uint32(f.packets), DOctets: uint32(f.bytes),
				First: 60_000 - uint32(f.received-f.start), Last: 60_000 - uint32(f.received-f.end),
				SrcPort: f.srcPort, DstPort: f.dstPort, TCPFlags: f.tcpFlags, Proto: f.proto,
			}},
		}
		messages, err := goflow2.Produce(packet, &producer.ProduceArgs{SamplerAddress: f.sampler, TimeReceived: sent})
		if err != nil || len(messages) != 1 {
			t.Fatalf("%d messages, %v", len(messages), err)
		}
		printed, err := messages[0].(*protoproducer.ProtoProducerMessage).MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Replace(string(printed), "NETFLOW_V5", "IPFIX", 1)
		want = strings.TrimSuffix(want, "}") + ",\"simulated\":true}\n"
		if got := string(f.append(nil)); got != want {
			t.Errorf("protocol %d:\n got %swant %s", proto, got, want)
		}
	}
}

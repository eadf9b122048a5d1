package decode

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	flowpb "github.com/netsampler/goflow2/v2/pb"
	"google.golang.org/protobuf/encoding/protodelim"
	"google.golang.org/protobuf/proto"

	"github.com/banshift/banshift/ingest/record"
	"github.com/banshift/banshift/schemas"
)

// keep holds copies of what reaches the sink.
type keep struct {
	discard
	flow []record.Flow
	at   []int64
}

func (k *keep) Flow(f *record.Flow, position int64) {
	k.discard.Flow(f, position)
	c := *f
	c.Exporter = bytes.Clone(f.Exporter)
	k.flow, k.at = append(k.flow, c), append(k.at, position)
}

// randomFlow makes a message as goflow2 does, and the record it must become.
func randomFlow(r *rand.Rand) (*flowpb.FlowMessage, record.Flow) {
	src, dst := make([]byte, 4), make([]byte, 16)
	for i := range dst {
		dst[i] = byte(r.Uint32())
		src[i%4] = byte(r.Uint32())
	}
	start := (1e9 + r.Uint64N(1e9)) * 1e9
	m := &flowpb.FlowMessage{
		Type: flowpb.FlowMessage_IPFIX, TimeReceivedNs: start + 5e9, TimeFlowStartNs: start + 1e9, TimeFlowEndNs: start + 2e9,
		SamplingRate: r.Uint64N(1000), SamplerAddress: []byte{192, 0, 2, 1}, Bytes: r.Uint64N(1 << 40), Packets: r.Uint64N(1 << 20),
		SrcAddr: src, DstAddr: dst, Etype: 0x800, Proto: uint32(r.Uint32N(256)), SrcPort: r.Uint32N(65536), DstPort: r.Uint32N(65536),
		TcpFlags: r.Uint32N(256), SrcAs: r.Uint32(), AsPath: []uint32{1, 2, 3}, SequenceNum: r.Uint32(),
	}
	want := record.Flow{
		Start: int64(m.TimeFlowStartNs / 1e6), End: int64(m.TimeFlowEndNs / 1e6),
		Src: netip.AddrFrom4([4]byte(src)), Dst: netip.AddrFrom16([16]byte(dst)).Unmap(),
		SrcPort: uint16(m.SrcPort), DstPort: uint16(m.DstPort), Protocol: uint8(m.Proto),
		SrcBytes: m.Bytes, SrcPackets: m.Packets, TCPFlags: uint8(m.TcpFlags), SamplingRate: uint32(max(m.SamplingRate, 1)),
		OneWay: true, LenSemantics: schemas.LenIPTotal, Exporter: []byte("192.0.2.1"),
	}
	return m, want
}

func sameFlow(a, b record.Flow) bool {
	x, y := a.Exporter, b.Exporter
	a.Exporter, b.Exporter = nil, nil
	a.SNI, a.ALPN, a.JA4, a.SensorLabel = nil, nil, nil, nil
	return bytes.Equal(x, y) && a.Start == b.Start && a.End == b.End && a.Src == b.Src && a.Dst == b.Dst &&
		a.SrcPort == b.SrcPort && a.DstPort == b.DstPort && a.Protocol == b.Protocol && a.SrcBytes == b.SrcBytes &&
		a.SrcPackets == b.SrcPackets && a.TCPFlags == b.TCPFlags && a.SamplingRate == b.SamplingRate &&
		a.OneWay == b.OneWay && a.LenSemantics == b.LenSemantics
}

func TestGoflow2ProtobufAgreesWithGoflow2(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	var file bytes.Buffer
	var want []record.Flow
	var at []int64
	m, err := NewMessage(Goflow2Protobuf)
	if err != nil {
		t.Fatal(err)
	}
	for range 500 {
		msg, flow := randomFlow(r)
		want, at = append(want, flow), append(at, int64(file.Len()))
		if _, err := protodelim.MarshalTo(&file, msg); err != nil {
			t.Fatal(err)
		}
		bare, err := proto.Marshal(msg)
		if err != nil {
			t.Fatal(err)
		}
		var one keep
		m.Decode(bare, 1, &one)
		m.Decode(file.Bytes()[at[len(at)-1]:], 2, &one)
		if one.flows != 2 || !sameFlow(one.flow[0], flow) || !sameFlow(one.flow[1], flow) {
			t.Fatalf("message: %+v\nwant %+v", one.flow, flow)
		}
	}
	if f, err := Recognise(file.Bytes()[:4000], "flows.bin"); f != Goflow2Protobuf {
		t.Errorf("recognised as %q, %v", f, err)
	}
	s, err := NewStream(Goflow2Protobuf)
	if err != nil {
		t.Fatal(err)
	}
	var got keep
	if err := s.Decode(context.Background(), bytes.NewReader(file.Bytes()), &got); err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if !sameFlow(got.flow[i], want[i]) || got.at[i] != at[i] {
			t.Fatalf("record %d at %d: %+v\nwant %+v at %d", i, got.at[i], got.flow[i], want[i], at[i])
		}
	}
	var cutOff keep
	err = s.Decode(context.Background(), bytes.NewReader(file.Bytes()[:file.Len()-3]), &cutOff)
	if !errors.Is(err, io.ErrUnexpectedEOF) || cutOff.flows != len(want)-1 {
		t.Errorf("cut file: %d flows, error %v", cutOff.flows, err)
	}
}

func BenchmarkGoflow2Protobuf(b *testing.B) {
	msg, _ := randomFlow(rand.New(rand.NewPCG(7, 8)))
	bare, err := proto.Marshal(msg)
	if err != nil {
		b.Fatal(err)
	}
	m, err := NewMessage(Goflow2Protobuf)
	if err != nil {
		b.Fatal(err)
	}
	var sink discard
	b.ReportAllocs()
	for b.Loop() {
		m.Decode(bare, 0, &sink)
	}
}

// writeAs writes messages as goflow2's file transport does with -format bin, each with what
// stands behind it.
func writeAs(t *testing.T, behind string, messages ...*flowpb.FlowMessage) []byte {
	t.Helper()
	var file bytes.Buffer
	for _, m := range messages {
		if _, err := protodelim.MarshalTo(&file, m); err != nil {
			t.Fatal(err)
		}
		file.WriteString(behind)
	}
	return file.Bytes()
}

// TestGoflow2ProtobufAsItIsWritten reads a file with goflow2's default separator and one
// without, that begin with frames without addresses, and names the separator where it is
// another.
func TestGoflow2ProtobufAsItIsWritten(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, arps := range []int{0, 1, 20} {
		var messages []*flowpb.FlowMessage
		for range arps {
			messages = append(messages, &flowpb.FlowMessage{Type: flowpb.FlowMessage_SFLOW_5, TimeReceivedNs: 1523836800e9, Etype: 0x806, Bytes: 64, Packets: 1})
		}
		for range 30 {
			m, _ := randomFlow(r)
			messages = append(messages, m)
		}
		for _, behind := range []string{"", "\n"} {
			file := writeAs(t, behind, messages...)
			if f, err := Recognise(file, "x"); f != Goflow2Protobuf {
				t.Errorf("%d without addresses, separator %q: recognised as %q, %v", arps, behind, f, err)
			}
			s, err := NewStream(Goflow2Protobuf)
			if err != nil {
				t.Fatal(err)
			}
			var got keep
			if err := s.Decode(context.Background(), bytes.NewReader(file), &got); err != nil {
				t.Error(err)
			}
			if got.flows != 30 || got.rejects != arps {
				t.Errorf("separator %q: %d flows and %d rejects, want 30 and %d", behind, got.flows, got.rejects, arps)
			}
		}
		s, err := NewStream(Goflow2Protobuf)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Decode(context.Background(), bytes.NewReader(writeAs(t, ";;", messages...)), &keep{}); err == nil || !strings.Contains(err.Error(), "separator") && !strings.Contains(err.Error(), "transport.file.sep") {
			t.Errorf("another separator: %v", err)
		}
	}
}

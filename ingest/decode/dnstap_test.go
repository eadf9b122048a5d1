package decode

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	dnstap "github.com/dnstap/golang-dnstap"
	framestream "github.com/farsightsec/golang-framestream"
	"github.com/miekg/dns"
	"google.golang.org/protobuf/proto"
)

// tapFrame makes what a resolver writes for one message of a client.
func tapFrame(t testing.TB, kind dnstap.Message_Type, name string, qtype uint16, at int64, answers ...string) []byte {
	t.Helper()
	q := new(dns.Msg)
	q.SetQuestion(name, qtype)
	q.Id = 4711
	sec, nsec, port, rport := uint64(at/1000), uint32(at%1000*1e6), uint32(5000), uint32(53)
	m := &dnstap.Message{
		Type: &kind, QueryAddress: []byte{203, 0, 113, 7}, ResponseAddress: netip.MustParseAddr("2001:db8::53").AsSlice(),
		QueryPort: &port, ResponsePort: &rport,
	}
	if kind == dnstap.Message_CLIENT_QUERY {
		m.QueryTimeSec, m.QueryTimeNsec = &sec, &nsec
		m.QueryMessage = pack(t, q)
	} else {
		r := new(dns.Msg)
		r.SetReply(q)
		for _, a := range answers {
			rr, err := dns.NewRR(a)
			if err != nil {
				t.Fatal(err)
			}
			r.Answer = append(r.Answer, rr)
		}
		m.ResponseTimeSec, m.ResponseTimeNsec = &sec, &nsec
		m.ResponseMessage = pack(t, r)
	}
	tapKind := dnstap.Dnstap_MESSAGE
	b, err := proto.Marshal(&dnstap.Dnstap{Type: &tapKind, Identity: []byte("resolver1"), Message: m})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func pack(t testing.TB, m *dns.Msg) []byte {
	t.Helper()
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// tapFile writes frames with the library's own encoder.
func tapFile(t testing.TB, frames ...[]byte) []byte {
	t.Helper()
	var file bytes.Buffer
	enc, err := framestream.NewEncoder(&file, &framestream.EncoderOptions{ContentType: []byte("protobuf:dnstap.Dnstap")})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range frames {
		if _, err := enc.Write(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := enc.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func tapExample(t testing.TB) []byte {
	return tapFile(t,
		tapFrame(t, dnstap.Message_CLIENT_QUERY, "www.example.org.", dns.TypeA, 1523836800100),
		tapFrame(t, dnstap.Message_CLIENT_RESPONSE, "www.example.org.", dns.TypeA, 1523836800125, "www.example.org. 60 IN CNAME a.example.", "a.example. 60 IN A 198.51.100.1"),
		tapFrame(t, dnstap.Message_RESOLVER_QUERY, "www.example.org.", dns.TypeA, 1523836800125),
		[]byte("no protobuf"),
		tapFrame(t, dnstap.Message_CLIENT_QUERY, "lost.example.org.", dns.TypeAAAA, 1523836801000),
	)
}

// tapOf wraps a message that is given as bytes, as CoreDNS fills it: who asked, when, and
// what; not who was asked.
func tapOf(t testing.TB, kind dnstap.Message_Type, wire []byte, identity string) []byte {
	t.Helper()
	sec, nsec, port := uint64(1523836800), uint32(250e6), uint32(5000)
	m := &dnstap.Message{Type: &kind, QueryAddress: netip.MustParseAddr("::ffff:203.0.113.7").AsSlice(), QueryPort: &port, QueryTimeSec: &sec, QueryTimeNsec: &nsec}
	if kind == dnstap.Message_CLIENT_QUERY {
		m.QueryMessage = wire
	} else {
		later := nsec + 20e6
		m.ResponseMessage, m.ResponseTimeSec, m.ResponseTimeNsec = wire, &sec, &later
	}
	tapKind := dnstap.Dnstap_MESSAGE
	b, err := proto.Marshal(&dnstap.Dnstap{Type: &tapKind, Identity: []byte(identity), Message: m})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// answerOf makes an answer to a question for an address, with records as they are given:
// type and data, which need not fit each other.
func answerOf(id uint16, name string, rcode byte, records ...[]byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, id)
	b = append(b, 0x81, 0x80|rcode, 0, 1, 0, byte(len(records)), 0, 0, 0, 0)
	for label := range strings.SplitSeq(name, ".") {
		b = append(append(b, byte(len(label))), label...)
	}
	b = append(b, 0, 0, 1, 0, 1)
	for _, r := range records {
		b = append(append(b, 0xc0, 12), r...)
	}
	return b
}

// rr makes the part of a record behind its name.
func rr(kind uint16, length int, data ...byte) []byte {
	return append([]byte{byte(kind >> 8), byte(kind), 0, 1, 0, 0, 0, 60, byte(length >> 8), byte(length)}, data...)
}

// TestDnstapAsServersFillIt reads what CoreDNS leaves out, "-" for what is unknown, and
// answers of which a record is malformed.
func TestDnstapAsServersFillIt(t *testing.T) {
	answer, query := dnstap.Message_CLIENT_RESPONSE, dnstap.Message_CLIENT_QUERY
	a := rr(dns.TypeA, 4, 192, 0, 2, 1)
	q := new(dns.Msg)
	q.SetQuestion("core.example.", dns.TypeA)
	q.Id = 1
	frames := [][]byte{
		tapOf(t, query, pack(t, q), "coredns"),
		tapOf(t, answer, answerOf(1, "core.example", 0, a), "coredns"),
		tapOf(t, answer, answerOf(2, "short-a.example", 0, rr(dns.TypeA, 3, 192, 0, 2), a), "-"),
		tapOf(t, answer, answerOf(3, "long-aaaa.example", 0, a, rr(dns.TypeAAAA, 17, make([]byte, 17)...)), ""),
		tapOf(t, answer, answerOf(4, "loop.example", 0, rr(dns.TypeCNAME, 2, 0xc0, 0xff), a), ""),
		tapOf(t, answer, answerOf(5, "beyond.example", 0, a, rr(dns.TypeA, 400, 1)), ""),
		tapOf(t, answer, answerOf(6, "mx.example", 3, rr(dns.TypeMX, 1, 0)), ""),
		tapOf(t, answer, answerOf(7, "fine.example", 0, a, rr(dns.TypeTXT, 5, 9, 'x', 'x', 'x', 'x')), ""),
		tapOf(t, answer, []byte{0, 8, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, 63}, ""),
		tapOf(t, answer, nil, ""),
	}
	var out dump
	s, err := NewStream(Dnstap)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Decode(context.Background(), bytes.NewReader(tapFile(t, frames...)), &out); err != nil {
		t.Fatal(err)
	}
	golden(t, filepath.Join("testdata", "dnstap", "servers", "expected.txt"), out.String())
}

// TestDnstapFrames makes its input itself, because it is binary.
func TestDnstapFrames(t *testing.T) {
	file := tapExample(t)
	if f, err := Recognise(file, "x"); f != Dnstap {
		t.Errorf("recognised as %q, %v", f, err)
	}
	s, err := NewStream(Dnstap)
	if err != nil {
		t.Fatal(err)
	}
	var out dump
	if err := s.Decode(context.Background(), bytes.NewReader(file), &out); err != nil {
		t.Fatal(err)
	}
	golden(t, filepath.Join("testdata", "dnstap", "frames", "expected.txt"), out.String())
	if s, err = NewStream(Dnstap); err != nil {
		t.Fatal(err)
	}
	var cutOff dump
	if err := s.Decode(context.Background(), bytes.NewReader(file[:len(file)-30]), &cutOff); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut file: error %v", err)
	}
	if cutOff.records != out.records-1 {
		t.Errorf("cut file: %d records, want %d", cutOff.records, out.records-1)
	}
}

func TestSharedDnstap(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(sharedData(t, "dnstap"), "dnstap.fstrm"))
	if err != nil {
		t.Fatal(err)
	}
	if f, err := Recognise(data, "x"); f != Dnstap {
		t.Errorf("recognised as %q, %v", f, err)
	}
	s, err := NewStream(Dnstap)
	if err != nil {
		t.Fatal(err)
	}
	total := newTally()
	if err := s.Decode(context.Background(), bytes.NewReader(data), total); err != nil {
		t.Error(err)
	}
	t.Logf("%d dns, %d rejects, %d skips: %v", total.dns, total.rejects, total.skips, total.reasons)
	if total.dns == 0 || total.back {
		t.Errorf("%d dns, positions go back: %v", total.dns, total.back)
	}
}

// TestSeveralStreamsInOneFile puts files together as cat does: Frame Streams are read one after
// the other, what follows an Arrow stream is an error and no silence.
func TestSeveralStreamsInOneFile(t *testing.T) {
	tap := tapFile(t, tapFrame(t, dnstap.Message_CLIENT_QUERY, "a.example.org.", dns.TypeA, 1523836800100))
	var taps keep
	if err := (&dnstapStream{message: dnstapDecoder{pairs: newDNSPairs()}}).Decode(t.Context(), bytes.NewReader(append(bytes.Clone(tap), tap...)), &taps); err != nil || taps.dns == 0 {
		t.Errorf("%d look-ups, %v", taps.dns, err)
	}
	if err := (&dnstapStream{message: dnstapDecoder{pairs: newDNSPairs()}}).Decode(t.Context(), bytes.NewReader(append(bytes.Clone(tap), "and more"...)), &keep{}); err == nil {
		t.Error("what is no stream behind one is no error")
	}
	rec := flowRows(5)
	defer rec.Release()
	stream := encode(t, rec, "stream")
	for name, data := range map[string][]byte{"stream": append(bytes.Clone(stream), stream...), "rest": append(bytes.Clone(stream), 1, 2, 3)} {
		var got keep
		err := Rows(t.Context(), Arrow, bytes.NewReader(data), &got)
		if err == nil || !strings.Contains(err.Error(), "behind the end of the stream") || got.flows != 5 {
			t.Errorf("%s: %d flows, %v", name, got.flows, err)
		}
	}
}

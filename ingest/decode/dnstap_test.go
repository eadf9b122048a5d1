package decode

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	dnstap "github.com/dnstap/golang-dnstap"
	framestream "github.com/farsightsec/golang-framestream"
	"github.com/miekg/dns"
	"google.golang.org/protobuf/proto"
)

// tapMessage makes what a resolver writes for one message of a client.
func tapMessage(t testing.TB, kind dnstap.Message_Type, name string, qtype uint16, at int64, answers ...string) []byte {
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
		tapMessage(t, dnstap.Message_CLIENT_QUERY, "www.example.org.", dns.TypeA, 1523836800100),
		tapMessage(t, dnstap.Message_CLIENT_RESPONSE, "www.example.org.", dns.TypeA, 1523836800125, "www.example.org. 60 IN CNAME a.example.", "a.example. 60 IN A 198.51.100.1"),
		tapMessage(t, dnstap.Message_RESOLVER_QUERY, "www.example.org.", dns.TypeA, 1523836800125),
		[]byte("no protobuf"),
		tapMessage(t, dnstap.Message_CLIENT_QUERY, "lost.example.org.", dns.TypeAAAA, 1523836801000),
	)
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

package meter

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"

	"github.com/banshift/banshift/ingest/record"
	"github.com/banshift/banshift/schemas"
)

// clientHello is the record that Go's own TLS client begins with: of 1.5 KiB, with a post-quantum key share.
func clientHello(t *testing.T, name string) []byte {
	t.Helper()
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	go func() { _ = tls.Client(near, &tls.Config{ServerName: name, NextProtos: []string{"h2"}}).Handshake() }()
	b := make([]byte, 1<<14)
	n, err := far.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	for n < 5+int(binary.BigEndian.Uint16(b[3:])) {
		more, err := far.Read(b[n:])
		if err != nil {
			t.Fatal(err)
		}
		n += more
	}
	return b[:n]
}

// inRecords cuts the handshake of a record into records of n bytes, each of which is sent by itself.
func inRecords(record []byte, n int) (sent [][]byte) {
	for _, part := range inSegments(record[5:], n) {
		sent = append(sent, append(binary.BigEndian.AppendUint16(bytes.Clone(record[:3]), uint16(len(part))), part...))
	}
	return sent
}

func inSegments(b []byte, n int) (sent [][]byte) {
	for at := 0; at < len(b); at += n {
		sent = append(sent, b[at:min(at+n, len(b))])
	}
	return sent
}

// TestHelloInPieces: programs that go round a filter of names send their hello in records or segments of
// few bytes, hundreds of them. The name is read all the same, and so is what follows.
func TestHelloInPieces(t *testing.T) {
	hello := clientHello(t, "www.example.org")
	whole := decodePieces(t, nil, 0, [][]byte{hello})
	if string(whole.SNI) != "www.example.org" || len(whole.JA4) == 0 || !whole.Signatures.Has(schemas.SigTLSServer) {
		t.Fatalf("a hello in one piece: %+v", whole)
	}
	greeting := [][]byte{{5, 1, 0}, {5, 0}, {5, 1, 0, 1, 192, 0, 2, 7, 1, 187}, {5, 0, 0, 1, 0, 0, 0, 0, 0, 0}}
	for _, n := range []int{1, 2, 3, 5, 6, 40, 100, 700} {
		for name, sent := range map[string][][]byte{"records": inRecords(hello, n), "segments": inSegments(hello, n)} {
			for before, turns := range map[string][][]byte{"": nil, " behind SOCKS": greeting} {
				t.Run(fmt.Sprintf("%s of %d%s", name, n, before), func(t *testing.T) {
					got := decodePieces(t, turns, n, sent)
					if !bytes.Equal(got.SNI, whole.SNI) || !bytes.Equal(got.JA4, whole.JA4) || !got.Signatures.Has(schemas.SigTLS) || !got.Signatures.Has(schemas.SigTLSServer) && turns == nil {
						t.Errorf("sni %q, ja4 %q, signatures %v; in one piece %q, %q", got.SNI, got.JA4, got.Signatures, whole.SNI, whole.JA4)
					}
					if turns != nil && !got.Signatures.Has(schemas.SigSOCKS5) {
						t.Errorf("SOCKS before the hello is lost: %v", got.Signatures)
					}
				})
			}
		}
	}
}

// TestTurnsInPieces: what opens a proxy is read however it is cut.
func TestTurnsInPieces(t *testing.T) {
	hello := clientHello(t, "www.example.org")
	for _, c := range []struct {
		name  string
		turns []string
		want  schemas.Signature
	}{
		{"SOCKS 5", []string{"\x05\x01\x00", "\x05\x00", "\x05\x01\x00\x03\x0bexample.org\x01\xbb", "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"}, schemas.SigSOCKS5},
		{"SOCKS 4a", []string{"\x04\x01\x01\xbb\x00\x00\x00\x01me\x00example.org\x00", "\x00\x5a\x01\xbb\xc0\x00\x02\x07"}, schemas.SigSOCKS4},
		{"SOCKS 4 in a hurry", []string{"\x04\x01\x01\xbb\xc0\x00\x02\x07\x00" + string(hello), "\x00\x5a\x00\x00\x00\x00\x00\x00"}, schemas.SigSOCKS4},
		{"CONNECT", []string{"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"}, schemas.SigHTTPConnect},
		{"an absolute URI", []string{"GET http://example.org/ HTTP/1.1\r\nHost: example.org\r\nProxy-Connection: keep-alive\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"}, schemas.SigHTTPProxyGet},
	} {
		for _, n := range []int{1, 3, 7, 47, 1400} {
			var turns [][]byte
			for _, turn := range c.turns {
				turns = append(turns, []byte(turn))
			}
			if got := decodePieces(t, turns, n, nil); !got.Signatures.Has(c.want) {
				t.Errorf("%s in segments of %d: %v", c.name, n, got.Signatures)
			}
		}
	}
}

// TestHeadInASegmentOfItsOwn: a protocol that sends a head before its random bytes, in a segment of its own, is not random
// from its first byte on, as messengers over Noise are not; what a tool sends whole is.
func TestHeadInASegmentOfItsOwn(t *testing.T) {
	random := make([]byte, 300)
	rand.NewChaCha8([32]byte{7}).Read(random)
	for _, c := range []struct {
		name string
		sent [][]byte
		want bool
	}{
		{"random bytes", [][]byte{random}, true},
		{"random bytes behind a head of four", [][]byte{{'E', 'D', 0, 1}, random}, false},
		{"random bytes behind a length of three", [][]byte{{0, 1, 44}, random}, false},
	} {
		if got := decodeAnswered(t, nil, 0, c.sent, random[100:]); got.Signatures.Has(schemas.SigFullyEncrypted) != c.want {
			t.Errorf("%s: %v", c.name, got.Signatures)
		}
	}
}

// decodePieces meters a connection: turns that client and server take, in segments of n bytes, what the
// client sends then, and a ServerHello.
func decodePieces(t *testing.T, turns [][]byte, n int, sent [][]byte) record.Flow {
	t.Helper()
	answer := append([]byte{22, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3}, bytes.Repeat([]byte{0x5a, 0xc3}, 16)...)
	return decodeAnswered(t, turns, n, sent, append(answer, 0, 0x13, 0x01, 0))
}

// decodeAnswered is decodePieces with another answer.
func decodeAnswered(t *testing.T, turns [][]byte, n int, sent [][]byte, answer []byte) record.Flow {
	t.Helper()
	client, server := netip.AddrPortFrom(client4, 40000), netip.AddrPortFrom(server4, 443)
	b := newBuilder()
	seqs := [2]uint32{1000, 9000}
	say := func(up bool, flags byte, payload []byte) {
		from, to, way := client, server, 0
		if !up {
			from, to, way = server, client, 1
		}
		b.add(tcpPacket(from, to, seqs[way], flags, payload))
		seqs[way] += uint32(len(payload))
		if flags&syn != 0 {
			seqs[way]++
		}
	}
	say(true, syn, nil)
	say(false, syn|ack, nil)
	for i, turn := range turns {
		for _, piece := range inSegments(turn, n) {
			say(i%2 == 0, ack, piece)
		}
	}
	for _, piece := range sent {
		say(true, ack, piece)
	}
	say(false, ack, answer)
	c := newCollector()
	if err := New(Options{}).Decode(context.Background(), bytes.NewReader(b.pcap()), c); err != nil {
		t.Fatal(err)
	}
	if len(c.flows) != 1 {
		t.Fatalf("%d flows, want one", len(c.flows))
	}
	return c.flows[0]
}

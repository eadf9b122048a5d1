package decode

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"
	dnstap "github.com/dnstap/golang-dnstap"
	"github.com/miekg/dns"

	"github.com/banshift/banshift/schemas"
)

// fuzzFormat feeds a decoder as a stream and as a message: nothing may panic, no
// position may go back, and none may lie behind the input. Every line of a line format
// ends as something.
func fuzzFormat(f *testing.F, format Format, seeds ...[]byte) {
	inputs, err := filepath.Glob(filepath.Join("testdata", string(format), "*", "input*"))
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range inputs {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, data)
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := NewStream(format)
		if err != nil {
			t.Fatal(err)
		}
		got := newTally()
		failed := s.Decode(context.Background(), bytes.NewReader(data), got)
		if got.back {
			t.Error("positions go back")
		}
		if got.last > int64(len(data)) {
			t.Errorf("position %d of %d bytes", got.last, len(data))
		}
		if failed == nil && len(bytes.TrimSpace(data)) > 0 && format != Dnstap && got.all() == 0 {
			t.Error("input came to nothing, and no error")
		}
		m, err := NewMessage(format)
		if err != nil {
			t.Fatal(err)
		}
		one := newTally()
		m.Decode(data, 7, one)
		if one.all() == 0 || one.back {
			t.Errorf("message came to %d outcomes", one.all())
		}
	})
}

func FuzzGoflow2JSON(f *testing.F) { fuzzFormat(f, Goflow2JSON) }

func FuzzZeekConn(f *testing.F) { fuzzFormat(f, ZeekConn) }

func FuzzZeekDNS(f *testing.F) { fuzzFormat(f, ZeekDNS) }

func FuzzZeekSSL(f *testing.F) { fuzzFormat(f, ZeekSSL) }

func FuzzZeekTunnel(f *testing.F) { fuzzFormat(f, ZeekTunnel) }

func FuzzZeekSOCKS(f *testing.F) { fuzzFormat(f, ZeekSOCKS) }

func FuzzSuricataEVE(f *testing.F) { fuzzFormat(f, SuricataEVE) }

func FuzzNDPId(f *testing.F) { fuzzFormat(f, NDPId) }

func FuzzDNSCollectorJSON(f *testing.F) { fuzzFormat(f, DNSCollectorJSON) }

func FuzzPmacctJSON(f *testing.F) { fuzzFormat(f, PmacctJSON) }

func FuzzGoflow2Protobuf(f *testing.F) {
	fuzzFormat(f, Goflow2Protobuf, []byte("\x1a\x08\x043\x32\x04\xcb\x00\x71\x07:\x04\xc6\x33\x64\x49\xa0\x01\x11"), []byte("\xff\xff\xff\xff\x0f"))
}

func FuzzDnstap(f *testing.F) {
	fuzzFormat(f, Dnstap, tapExample(f), tapFrame(f, dnstap.Message_CLIENT_RESPONSE, "a.example.", dns.TypeA, 1523836800000))
}

func FuzzRecognise(f *testing.F) {
	for _, s := range []string{"", " ", "{}", "#separator \\x09\n#fields\tts", "PAR1", "\x0a\x0d\x0d\x0a", "00012{\"a\":1}\n"} {
		f.Add([]byte(s), "x.log")
	}
	f.Fuzz(func(t *testing.T, head []byte, name string) {
		got, err := Recognise(head, name)
		if (got == "") == (err == nil) {
			t.Errorf("format %q with error %v", got, err)
		}
	})
}

func FuzzCanonical(f *testing.F) {
	rec := example(memory.DefaultAllocator, schemas.DNSSchema, schemas.NumDNSColumns, 3, same)
	defer rec.Release()
	for _, form := range []string{"stream", "file", "parquet"} {
		f.Add(encode(f, rec, form))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, format := range []Format{Parquet, Arrow} {
			b, err := Canonical(format, bytes.NewReader(data), nil)
			if err != nil {
				continue
			}
			for b.Next() {
				if _, err := schemas.FlowsOf(b.Record()); err != nil {
					if _, err := schemas.DNSOf(b.Record()); err != nil {
						t.Error("neither flows nor dns")
					}
				}
			}
			b.Release()
		}
	})
}

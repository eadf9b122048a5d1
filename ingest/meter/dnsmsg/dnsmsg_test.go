package dnsmsg

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/miekg/dns"
)

func pack(t testing.TB, m *dns.Msg) []byte {
	t.Helper()
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAgainstAnotherLibrary(t *testing.T) {
	m := new(dns.Msg)
	m.SetQuestion("WWW.Example.org.", dns.TypeA)
	m.Compress = true
	query := pack(t, m)
	m.Response, m.Rcode = true, dns.RcodeSuccess
	for _, line := range []string{"www.example.org. 60 IN CNAME cdn.example.net.", "cdn.example.net. 60 IN A 203.0.113.5", "cdn.example.net. 60 IN A 203.0.113.6", "cdn.example.net. 60 IN AAAA 2001:db8::5"} {
		rr, err := dns.NewRR(line)
		if err != nil {
			t.Fatal(err)
		}
		m.Answer = append(m.Answer, rr)
	}
	m.SetEdns0(4096, true)
	response := pack(t, m)

	var got Message
	if err := got.Parse(query, len(query)); err != nil || got.Response || string(got.Name) != "WWW.Example.org" || got.Type != TypeA || got.Class != 1 {
		t.Errorf("query: %+v, %v", got, err)
	}
	if err := got.Parse(response, len(response)); err != nil || !got.Response || got.Records != 5 || got.AnswerType != TypeCNAME {
		t.Errorf("response: %+v, %v", got, err)
	}
	want := []netip.Addr{netip.MustParseAddr("203.0.113.5"), netip.MustParseAddr("203.0.113.6"), netip.MustParseAddr("2001:db8::5")}
	if !slices.Equal(got.Answers, want) {
		t.Errorf("answers %v, want %v", got.Answers, want)
	}
	for n := range response {
		if err := got.Parse(response[:n], n); err == nil {
			t.Errorf("the first %d bytes pass as a message", n)
		}
	}
	if err := got.Parse(response[:40], len(response)); err != nil || !got.Cut || string(got.Name) != "WWW.Example.org" {
		t.Errorf("cut by the capture: %+v, %v", got, err)
	}
}

func TestNames(t *testing.T) {
	for _, tt := range []struct {
		b    string
		at   int
		want string
		ok   bool
	}{
		{"\x03www\x07example\x00", 0, "www.example", true},
		{"\x00", 0, "", true},
		{"\x03a.b\x01\x01\x00", 0, `a\.b.\001`, true},
		{"\x01a\x00\x01b\xc0\x00", 3, "b.a", true},
		{"\xc0\x00", 0, "", false},         // itself
		{"\xc0\x02\x00", 0, "", false},     // forward
		{"\x40aaaa", 0, "", false},         // a label of more than 63
		{"\x05abc", 0, "", false},          // beyond the end
		{"\x01a\xc0\x00", 2, "a.a", false}, // a loop through a label
	} {
		got, _, ok := appendName(nil, []byte(tt.b), tt.at)
		if ok != tt.ok || ok && string(got) != tt.want {
			t.Errorf("%q at %d: %q, %v", tt.b, tt.at, got, ok)
		}
	}
}

func FuzzParse(f *testing.F) {
	m := new(dns.Msg)
	m.SetQuestion("fuzz.example.", dns.TypeTXT)
	f.Add(pack(f, m), 0)
	m.Response = true
	f.Add(pack(f, m), 20)
	f.Fuzz(func(t *testing.T, b []byte, missing int) {
		var got Message
		if got.Parse(b, len(b)+missing&0xff) != nil {
			return
		}
		if len(got.Name) > 4*maxName {
			t.Errorf("a name of %d bytes", len(got.Name))
		}
		if first := fmt.Sprint(got); got.Parse(b, len(b)+missing&0xff) != nil || fmt.Sprint(got) != first {
			t.Error("the same bytes gave another message")
		}
	})
}

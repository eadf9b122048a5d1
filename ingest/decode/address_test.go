package decode

import (
	"math/rand/v2"
	"net/netip"
	"testing"
)

// sameAsNetip checks the parser against the standard library's.
func sameAsNetip(t *testing.T, text string) {
	t.Helper()
	want, err := netip.ParseAddr(text)
	got, ok := parseAddress([]byte(text))
	if ok != (err == nil) {
		t.Fatalf("%q: accepted %v, netip says %v", text, ok, err)
	}
	if ok && got != want.WithZone("").Unmap() {
		t.Fatalf("%q: %v, want %v", text, got, want)
	}
}

func TestParseAddressAgreesWithNetip(t *testing.T) {
	for _, s := range []string{"", ".", ":", "::", ":::", "1.2.3.4", "01.2.3.4", "1.2.3", "1.2.3.4.5", "256.1.1.1", "0.0.0.0",
		"::1", "1::", "1::2::3", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:8::", "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4",
		"1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.4.", "12345::", "fe80::1%eth0", "fe80::1%", "1.2.3.4%x", "g::", "1:", "::1:", "%a:b"} {
		sameAsNetip(t, s)
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 100_000 {
		var raw [16]byte
		for i := range raw {
			if r.IntN(3) > 0 {
				raw[i] = byte(r.Uint32())
			}
		}
		a := netip.AddrFrom16(raw)
		if r.IntN(2) == 0 {
			a = netip.AddrFrom4([4]byte(raw[:4]))
		}
		text := []byte(a.String())
		if r.IntN(2) == 0 { // and with a byte changed
			text[r.IntN(len(text))] = "0123456789abcdefABCDEF:.%g"[r.IntN(26)]
		}
		sameAsNetip(t, string(text))
	}
}

func FuzzParseAddress(f *testing.F) {
	f.Add("1.2.3.4")
	f.Add("2001:db8::1:2")
	f.Add("::ffff:192.0.2.1")
	f.Fuzz(sameAsNetip)
}

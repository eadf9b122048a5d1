package spelling

import (
	"encoding/base32"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/net/idna"
)

// spellings are ways to write an address as a label.
func spellings(a netip.Addr) map[string]string {
	raw := a.AsSlice()
	hexes := make([]string, len(raw))
	decimals := make([]string, len(raw))
	for i, b := range raw {
		hexes[i], decimals[i] = fmt.Sprintf("%02x", b), fmt.Sprint(b)
	}
	backwards := make([]string, len(raw))
	for i := range decimals {
		backwards[len(raw)-1-i] = decimals[i]
	}
	s := map[string]string{
		"hexadecimal": fmt.Sprintf("%x", raw), "hexadecimal, a letter before": fmt.Sprintf("h%x", raw), "hexadecimal, a word before": fmt.Sprintf("host-%x", raw),
		"hexadecimal, in groups": strings.Join(hexes, "-"), "hexadecimal, 0x": "0x" + strings.Join(hexes, "-0x"),
	}
	if len(raw) == 4 {
		s["dashes"], s["reversed"] = strings.Join(decimals, "-"), strings.Join(backwards, "-")
		s["host-"], s["letters between"] = "host-"+strings.Join(decimals, "-"), "ip"+strings.Join(decimals, "x")
		s["underscores"], s["padded"] = strings.Join(decimals, "_"), fmt.Sprintf("%03d%03d%03d%03d", raw[0], raw[1], raw[2], raw[3])
		s["decimal"] = fmt.Sprint(uint32(raw[0])<<24 | uint32(raw[1])<<16 | uint32(raw[2])<<8 | uint32(raw[3]))
		arabic := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r - '0' + '٠'
			}
			return r
		}, s["dashes"])
		if p, err := idna.Punycode.ToASCII(arabic); err == nil {
			s["punycode, Arabic digits"] = p
		}
		if p, err := idna.Punycode.ToASCII("дом-" + s["dashes"]); err == nil {
			s["punycode, Cyrillic before"] = p
		}
	} else {
		s["dashed groups"] = strings.ReplaceAll(strings.ReplaceAll(a.String(), "::", "--"), ":", "-")
	}
	return s
}

// Addresses of both families in all spellings are found; no address between 1.0.0.0 and
// 223.255.255.255 is small enough to have fewer digits.
func TestLabelsThatSpellAddresses(t *testing.T) {
	random := rand.New(rand.NewPCG(13, 5))
	for i := range 20000 {
		var a netip.Addr
		if i%2 == 0 {
			a = netip.AddrFrom4([4]byte{byte(1 + random.IntN(223)), byte(random.Uint32()), byte(random.Uint32()), byte(random.Uint32())})
		} else {
			raw := [16]byte{0x20, 0x01}
			for k := 2; k < 16; k++ {
				raw[k] = byte(random.Uint32())
			}
			a = netip.AddrFrom16(raw)
		}
		for how, label := range spellings(a) {
			if !Label(label, nil) {
				t.Fatalf("%s: %s of %s passes", how, label, a)
			}
		}
		home := func(b netip.Addr) bool { return a == b }
		for _, encoding := range []*base32.Encoding{base32.StdEncoding, base32.HexEncoding} {
			label := strings.ToLower(encoding.WithPadding(base32.NoPadding).EncodeToString(a.AsSlice()))
			if !Label(label, home) {
				t.Fatalf("base32: %s of %s at home passes", label, a)
			}
			if a.Is6() && !Label(label, nil) {
				t.Fatalf("base32: %s of %s passes", label, a)
			}
		}
	}
	for _, label := range []string{"1-1-1-9", "5-18-2-99", "host-203-0-113-50", "hcb007132", "2001-db8--1", "fe80--1", "r203-0-113-50-rev", "xn--203-0-113-50-"} {
		if !Label(label, nil) {
			t.Errorf("%s passes", label)
		}
	}
}

// Words and names of services are no addresses.
func TestLabelsThatAreNames(t *testing.T) {
	for _, label := range []string{
		"example", "spotify", "youtube", "facebook", "1e100", "4chan", "2gis", "web2py", "kavkazr", "o2online", "dns9", "b-ok", "360", "9gag", "a-b-c-d",
		"xn--80ak6aa92e", "xn--d1acufc", "xn--e1afmkfd", "mullvad", "protonvpn", "cloudflare-dns", "nordvpn", "i2p2", "decade", "face-book-cafe", "wireguard", "25u", "bbc",
	} {
		if Label(label, nil) {
			t.Errorf("%s is taken for an address", label)
		}
	}
}

func TestAddressesInText(t *testing.T) {
	for text, want := range map[string]string{
		"a 203.0.113.50 b":                     "a # b",
		"/data/192.0.2.77.pcap":                "/data/#.pcap",
		"host-203-0-113-50.isp.example":        "host-#.isp.example",
		"[2001:db8::beef]:443":                 "[#]:443",
		"::ffff:192.0.2.1":                     "#",
		"1.2.3":                                "1.2.3",
		"2018-04-16 12:00:00":                  "2018-04-16 12:00:00",
		"v1.22.333.4444":                       "v1.22.333.4444",
		"2018-04-16T00:00:00.000Z":             "2018-04-16T00:00:00.000Z",
		"x2001:db8:0:0:0:0:0:1,":               "x#,",
		"10_0_0_1":                             "#",
		"version 26.7.3-stable.1, 300.1.2.3.x": "version 26.7.3-stable.1, 300.1.2.3.x",
	} {
		if got := Hide(text, "#"); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func FuzzHide(f *testing.F) {
	f.Add("a 203.0.113.50 2001:db8::1")
	f.Fuzz(func(t *testing.T, text string) {
		if again := Hide(Hide(text, "#"), "#"); again != Hide(text, "#") {
			t.Fatalf("an address is left in %q", Hide(text, "#"))
		}
	})
}

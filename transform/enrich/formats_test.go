package enrich_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/banshift/banshift/transform/enrich"
)

const consensus = `@type network-status-consensus-3 1.0
network-status-version 3
valid-after 2026-01-15 12:00:00
fresh-until 2026-01-15 13:00:00
valid-until 2026-01-15 15:00:00
r alice AAAAAAAAAAAAAAAAAAAAAAAAAAA BBBBBBBBBBBBBBBBBBBBBBBBBBB 2026-01-15 01:02:03 192.0.2.1 9001 0
a [2001:db8::1]:9001
s Fast Running Valid
r bob CCCCCCCCCCCCCCCCCCCCCCCCCCC 2026-01-15 01:02:03 192.0.2.2 443 0
`

const details = `{"version":"8.0","relays_published":"2026-01-15 12:00:00","relays":[
{"or_addresses":["192.0.2.1:9001","[2001:db8::1]:9001"],"last_seen":"2026-01-15 12:00:00","last_changed_address_or_port":"2026-01-10 00:00:00","running":true},
{"or_addresses":["192.0.2.2:443"],"last_seen":"2026-01-12 12:00:00","last_changed_address_or_port":"2026-01-10 00:00:00","running":false}]}`

func TestTorDocumentsCarryTheirValidity(t *testing.T) {
	type ask struct {
		addr, at string
		port     uint16
		want     bool
	}
	tests := []struct {
		name, text string
		asks       []ask
	}{
		{"consensus", consensus, []ask{
			{"192.0.2.1", "2026-01-15T12:00:00Z", 9001, true}, {"2001:db8::1", "2026-01-15T14:59:59Z", 9001, true},
			{"192.0.2.2", "2026-01-15T12:30:00Z", 443, true}, {"192.0.2.1", "2026-01-15T12:30:00Z", 443, false},
			{"192.0.2.1", "2026-01-15T11:59:59Z", 9001, false}, {"192.0.2.1", "2026-01-15T15:00:00Z", 9001, false},
		}},
		{"onionoo", details, []ask{
			{"192.0.2.1", "2026-01-10T00:00:00Z", 9001, true}, {"192.0.2.1", "2026-01-09T23:59:59Z", 9001, false},
			{"192.0.2.2", "2026-01-12T12:59:59Z", 443, true}, {"192.0.2.2", "2026-01-12T13:00:00Z", 443, false},
			{"2001:db8::1", "2026-02-01T00:00:00Z", 9001, true},
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e, err := enrich.New(enrich.Config{NoBuiltin: true, Lists: []enrich.ListSource{{Name: "tor", Data: []byte(test.text)}}})
			if err != nil {
				t.Fatal(err)
			}
			if info := e.Lists().Info()[0]; info.Entries != 3 || !info.AsOf.Equal(time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)) {
				t.Errorf("info %+v", info)
			}
			for _, a := range test.asks {
				at, err := time.Parse(time.RFC3339, a.at)
				if err != nil {
					t.Fatal(err)
				}
				set := e.Lists().AddressEntries(e.Lists().Address(netip.MustParseAddr(a.addr)))
				got := len(e.Lists().AppendValid(nil, set, at.UnixMilli(), a.port, 6)) > 0
				if got != a.want {
					t.Errorf("%s port %d at %s: %t, want %t", a.addr, a.port, a.at, got, a.want)
				}
			}
		})
	}
}

func TestDelegationsAndRoutes(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{
		"rir": "2|ripencc|20260115|3|19830705|20260114|+0100\nripencc|*|ipv4|*|2|summary\n" +
			"ripencc|RU|ipv4|192.0.2.0|768|20100101|allocated|x\nripencc||ipv4|198.51.100.0|256||available|\n" +
			"ripencc|DE|ipv6|2001:db8::|32|20100101|allocated|y\nripencc|DE|asn|64496|1|20100101|allocated|y\n",
		"routes": "# a table\n192.0.2.0/24 AS64496\n198.51.100.0\t24\t64497_64498\n2001:db8::/32 {64499,64500}\n",
	}
	var sources []enrich.NetworkSource
	for _, format := range []string{"rir", "routes"} {
		file := filepath.Join(dir, format)
		if err := os.WriteFile(file, []byte(files[format]), 0o600); err != nil {
			t.Fatal(err)
		}
		sources = append(sources, enrich.NetworkSource{Path: file, Format: format})
	}
	e, err := enrich.New(enrich.Config{NoBuiltin: true, Networks: sources, ReadFile: os.ReadFile})
	if err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[string]struct {
		country string
		asn     uint32
	}{
		"192.0.2.7": {"ru", 64496}, "192.0.4.255": {"ru", 0}, "192.0.5.0": {"", 0},
		"198.51.100.1": {"", 64497}, "2001:db8::1": {"de", 64499},
	} {
		if country, asn := e.Locate(netip.MustParseAddr(addr)); country != want.country || asn != want.asn {
			t.Errorf("%s: %s %d, want %v", addr, country, asn, want)
		}
	}
}

func FuzzNetworkFiles(f *testing.F) {
	f.Add("rir", "ripencc|RU|ipv4|192.0.2.0|768|20100101|allocated|x\nripencc|DE|ipv6|2001:db8::|32|20100101|allocated|y\n")
	f.Add("routes", "192.0.2.0/24 AS64496\n198.51.100.0\t24\t64497_64498\n")
	f.Fuzz(func(t *testing.T, format, content string) {
		if format != "rir" && format != "routes" {
			return
		}
		file := filepath.Join(t.TempDir(), "networks")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		e, err := enrich.New(enrich.Config{NoBuiltin: true, Networks: []enrich.NetworkSource{{Path: file, Format: format}}, ReadFile: os.ReadFile})
		if err == nil {
			e.Locate(netip.MustParseAddr("192.0.2.1"))
		}
	})
}

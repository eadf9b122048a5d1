package enrich

import (
	"strings"
	"testing"
)

// TestCountriesOfNetworksAreChecked has codes of a network file that are none.
func TestCountriesOfNetworksAreChecked(t *testing.T) {
	for code, want := range map[string]string{"RU": "ru", "ru": "ru", " kz": "kz", "": "", "EU": "eu", "XK": "xk", "RUS": "error", "Russia": "error", "QQ": "error", "R": "error", "UK": "error"} {
		table, err := loadNetworks(NetworkSource{}, []byte("prefix,asn,country\n198.18.0.0/15,64500,"+code+"\n"))
		if want == "error" {
			if err == nil || !strings.Contains(err.Error(), "line 2") || !strings.Contains(err.Error(), code) {
				t.Errorf("%q: %v", code, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", code, err)
			continue
		}
		for _, n := range table.All() {
			if got := n.country.String(); got != want {
				t.Errorf("%q is %q, want %q", code, got, want)
			}
		}
	}
}

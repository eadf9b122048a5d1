package topology

import (
	"slices"
	"strings"
	"testing"
)

const relations = "# comment\n64500|64501|-1\n64502|64500|0|bgp\n\n"

const delegated = "2|ripencc|20180416|3|19830705|20180415|+0200\nripencc|*|asn|*|3|summary\n" +
	"ripencc|RU|asn|64500|2|20100101|allocated|x\nripencc|UA|asn|64510|1|20100101|assigned\n" +
	"ripencc||asn|64520|5||available|\nripencc|RU|ipv4|198.18.0.0|256|20100101|allocated\n"

func TestReadLinks(t *testing.T) {
	got, err := ReadLinks(strings.NewReader(relations))
	if want := []Link{{64500, 64501}, {64502, 64500}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	for _, wrong := range []string{"", "# nothing\n", "64500|64501\n", "x|1|0\n", "1|99999999999|0\n"} {
		if _, err := ReadLinks(strings.NewReader(wrong)); err == nil {
			t.Errorf("%q was read", wrong)
		}
	}
}

func TestDelegations(t *testing.T) {
	var d Delegations
	if err := d.Read(strings.NewReader(delegated)); err != nil {
		t.Fatal(err)
	}
	for asn, want := range map[uint32]string{0: "", 64499: "", 64500: "ru", 64501: "ru", 64502: "", 64510: "ua", 64511: "", 64520: "", 1<<32 - 1: ""} {
		if got := d.Country(asn); got != want {
			t.Errorf("AS%d is in %q, want %q", asn, got, want)
		}
	}
	for _, wrong := range []string{"", "ripencc|RU|asn|x|1|20100101|assigned\n", "ripencc|RU|asn|4294967295|2|20100101|assigned\n"} {
		if err := d.Read(strings.NewReader(wrong)); err == nil {
			t.Errorf("%q was read", wrong)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(relations)
	f.Add(delegated)
	f.Fuzz(func(t *testing.T, text string) {
		_, _ = ReadLinks(strings.NewReader(text)) // must not panic
		var d Delegations
		if d.Read(strings.NewReader(text)) != nil {
			return
		}
		for _, r := range d.runs {
			if r.last < r.first {
				t.Fatalf("run %+v ends before it begins", r)
			}
		}
	})
}

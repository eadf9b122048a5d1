package audit

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func findings(t *testing.T, a *Auditor, text []byte) []Finding {
	t.Helper()
	var all []Finding
	if err := a.Read("text", bytes.NewReader(text), func(f Finding) { all = append(all, f) }); err != nil {
		t.Fatal(err)
	}
	return all
}

// Canaries in every spelling are found wherever they lie, each once, at its place.
func TestCanariesAreFound(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 13))
	for _, canary := range []string{"198.51.100.77", "2001:db8:dead:beef:1234:5678:9abc:def0", "planted-text"} {
		a := New(Options{Canaries: []string{canary}})
		written := map[string]string{"text": canary}
		if addr, err := netip.ParseAddr(canary); err == nil {
			written = forms(addr)
		}
		for how, text := range written {
			for _, at := range []int{0, 5, chunkBytes - 3, chunkBytes + overlap - 1, 3*chunkBytes - 100} {
				content := bytes.Repeat([]byte{0, 1}, at/2+1)[:at]
				content = append(append(content, text...), bytes.Repeat([]byte{0}, random.IntN(3000))...)
				n := 0
				for _, f := range findings(t, a, content) {
					if f.Offset == int64(at) {
						n++
					}
				}
				if n == 0 {
					t.Errorf("%s at %d is not found", how, at)
				}
			}
		}
	}
}

func TestKeysAreFound(t *testing.T) {
	secret := []byte{1, 2, 3, 250, 251, 252, 253, 254, 255, 9, 8, 7, 6, 5, 4, 3}
	a := New(Options{Secrets: [][]byte{secret}})
	for _, text := range []string{string(secret), fmt.Sprintf("x%x", secret), fmt.Sprintf("%X", secret)} {
		if len(findings(t, a, []byte("key "+text+" end"))) == 0 {
			t.Errorf("%q is not found", text)
		}
	}
}

// What is nobody's address is left; what may be somebody's is found.
func TestAddressesInTexts(t *testing.T) {
	home := netip.MustParsePrefix("198.51.100.0/24")
	a := New(Options{Home: home.Contains})
	for text, want := range map[string]int{
		"from 198.51.100.77 to": 1, "203.0.113.9:443": 1, "192.0.2.0/24": 0, "192.0.2.0": 0, "192.0.2.7/24": 0, "192.0.2.7/32": 1, "127.0.0.1:9000": 0,
		"2001:db8:1::": 0, "2001:db8:1::/48": 0, "2001:db8:1::7": 1, "std::array<int>, a::b": 0, "2026-11-28T06:07:46.951679097Z": 0,
		"c633644d": 1, "n=3325256781": 1, "yyzwiti": 1, "4d6433c6": 1, "deadbeef": 0, "1234567890": 0, "sha256 e3b0c44298fc1c149afbf4c8996fb924": 0,
	} {
		if got := findings(t, a, []byte(text)); len(got) != want {
			t.Errorf("%q: %v, want %d", text, got, want)
		}
	}
	for _, f := range findings(t, a, []byte("from 198.51.100.77")) {
		if strings.Contains(f.What, "198") {
			t.Errorf("a finding repeats the address: %v", f)
		}
	}
}

// The engine numbers its tables at random: one in a thousand begins with an address of a home as large as 100.64.0.0/10.
func TestRandomIdentifiers(t *testing.T) {
	a := New(Options{Home: netip.MustParsePrefix("100.64.0.0/10").Contains})
	for text, want := range map[string]int{
		"ATTACH TABLE _ UUID '64400001-01b0-4ff8-920f-6012205c8d32' (":  0,
		"64400001-01b0-4ff8-920f-6012205c8d32":                          0,
		"01004064-01b0-4ff8-920f-6012205c8d32 begins with it backwards": 0,
		"64400001-01b0-4ff8-920f-6012205c8d32-64400001":                 1,
		"64400001-01b0-1ff8-920f-6012205c8d32":                          1, // of a clock, not random
		"64400001-01b0-4ff8-720f-6012205c8d32":                          1,
		"64400001-01b0-4ff8-920f-6012205c8d":                            1,
		"a client=64400001":                                             1,
	} {
		if got := findings(t, a, []byte(text)); len(got) != want {
			t.Errorf("%q: %v, want %d", text, got, want)
		}
	}
	dir := filepath.Join(t.TempDir(), "64400001-01b0-4ff8-920f-6012205c8d32")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := a.Path(t.Context(), dir, func(f Finding) { t.Error(f) }); err != nil {
		t.Fatal(err)
	}
}

// The engine names mutated parts by five numbers, four of which may read as an address.
func TestNamesOfParts(t *testing.T) {
	a := New(Options{})
	for name, want := range map[string]int{"201804_17_18_0_20": 0, "all_17_18_0_20": 0, "17_18_0_20": 1, "201804_17_18_0_20.log": 1} {
		dir := filepath.Join(t.TempDir(), name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		look := func() (found int) {
			if err := a.Path(t.Context(), dir, func(Finding) { found++ }); err != nil {
				t.Fatal(err)
			}
			return found
		}
		if got := look(); got != 1 {
			t.Errorf("%s, empty: %d findings", name, got)
		}
		if err := os.WriteFile(filepath.Join(dir, "checksums.txt"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := look(); got != want {
			t.Errorf("%s: %d findings, want %d", name, got, want)
		}
	}
}

func TestSmallCounts(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"good.csv":   "country,clients,all_clients\nru,20,40\nru,0,100\n",
		"few.csv":    "country,clients,all_clients\nru,19,100\n",
		"rest.csv":   "country,clients,all_clients\nru,90,100\n",
		"few.json":   `[{"clients": 3}]`,
		"broken.csv": "a,\"b\nclients",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	fmt.Fprint(z, "client 203.0.113.9")
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "log.gz"), zipped.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	if err := New(Options{K: 20}).Path(t.Context(), dir, func(f Finding) { got[filepath.Base(f.Where)] += f.What }); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"few.csv": "1 counts under 20 clients in column clients", "rest.csv": "1 counts under 20 clients follow from all_clients less clients",
		"few.json": "1 counts under 20 clients in column clients", "log.gz": "an address",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

package domain

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestLookupFollowsLabelBorders(t *testing.T) {
	var b Builder
	add := func(name string, exact bool, id uint32) {
		if err := b.Add(name, exact, id); err != nil {
			t.Fatal(err)
		}
	}
	add("tor.example", false, 1)
	add("bridges.tor.example", false, 2)
	add("www.tor.example", true, 3)
	add("Dns.Google.", true, 4)
	table := b.Build()
	for _, c := range []struct {
		name string
		want []uint32
	}{
		{"tor.example", []uint32{1}},
		{"TOR.Example.", []uint32{1}},
		{"a.b.tor.example", []uint32{1}},
		{"bridges.tor.example", []uint32{1, 2}},
		{"x.bridges.tor.example", []uint32{1, 2}},
		{"www.tor.example", []uint32{1, 3}},
		{"x.www.tor.example", []uint32{1}},
		{"gazneftetor.example", nil},
		{"tor.example.org", nil},
		{"example", nil},
		{"dns.google", []uint32{4}},
		{"x.dns.google", nil},
		{"", nil},
		{".", nil},
		{"..tor.example", []uint32{1}},
	} {
		if got := table.IDs(table.Lookup(c.name)); !slices.Equal(got, c.want) {
			t.Errorf("Lookup(%q) = %v, want %v", c.name, got, c.want)
		}
	}
}

func TestAddRefusesWhatIsNoName(t *testing.T) {
	for _, name := range []string{"", "a..b", "*.example.org", "a b.org", strings.Repeat("a", 64) + ".org", "http://x.org"} {
		if err := new(Builder).Add(name, false, 1); err == nil {
			t.Errorf("Add(%q) accepted", name)
		}
	}
}

// slowLookup is an independent definition: every entry is compared with every suffix.
func slowLookup(entries []entry, name string) []uint32 {
	var ids []uint32
	for _, e := range entries {
		if name == e.name || !e.exact && strings.HasSuffix(name, "."+e.name) {
			ids = append(ids, e.id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

type entry struct {
	name  string
	exact bool
	id    uint32
}

func TestLookupAgreesWithSlowVersion(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	random := func() string {
		labels := make([]string, 1+rng.IntN(4))
		for i := range labels {
			labels[i] = string(rune('a' + rng.IntN(3)))
		}
		return strings.Join(labels, ".")
	}
	for round := range 200 {
		var b Builder
		var entries []entry
		for id := range uint32(rng.IntN(30)) {
			e := entry{random(), rng.IntN(2) == 0, id % 7}
			entries = append(entries, e)
			if err := b.Add(e.name, e.exact, e.id); err != nil {
				t.Fatal(err)
			}
		}
		table := b.Build()
		for range 100 {
			name := random()
			got, want := table.IDs(table.Lookup(name)), slowLookup(entries, name)
			if !slices.Equal(got, want) {
				t.Fatalf("round %d: Lookup(%q) = %v, want %v of %v", round, name, got, want, entries)
			}
		}
	}
}

// TestRecentTellsTheSame asks for names again and again, more of them than are remembered.
func TestRecentTellsTheSame(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	name := func() string {
		labels := []string{strings.Repeat("x", rng.IntN(60)) + string(rune('a'+rng.IntN(26))), string(rune('a' + rng.IntN(8))), "example"}
		return strings.Join(labels[rng.IntN(3):], ".")
	}
	var b Builder
	for id := range uint32(300) {
		if err := b.Add(name(), id%2 == 0, id); err != nil {
			t.Fatal(err)
		}
	}
	table := b.Build()
	var recent Recent
	for range 50_000 {
		if n := name(); table.LookupRecent(n, &recent) != table.Lookup(n) {
			t.Fatalf("LookupRecent(%q) = %d, want %d", n, table.LookupRecent(n, &recent), table.Lookup(n))
		}
	}
	known := name()
	if n := testing.AllocsPerRun(100, func() { table.LookupRecent(known, &recent) }); n != 0 {
		t.Errorf("%v allocations a look-up", n)
	}
}

func TestLookupDoesNotAllocate(t *testing.T) {
	var b Builder
	if err := b.Add("example.org", false, 1); err != nil {
		t.Fatal(err)
	}
	table := b.Build()
	if n := testing.AllocsPerRun(100, func() { table.Lookup("www.mail.example.org") }); n != 0 {
		t.Errorf("%v allocations a look-up", n)
	}
}

func FuzzLookup(f *testing.F) {
	f.Add("example.org", "www.example.org")
	f.Add("a", "..a..")
	f.Fuzz(func(t *testing.T, entryName, name string) {
		var b Builder
		if b.Add(entryName, false, 1) != nil {
			t.Skip()
		}
		table := b.Build()
		lower := func(s string) string { return strings.TrimSuffix(asciiLower(s), ".") }
		want := lower(name) == lower(strings.ToLower(entryName)) || strings.HasSuffix(lower(name), "."+lower(strings.ToLower(entryName)))
		if got := table.Lookup(name) != 0; got != want {
			t.Errorf("entry %q, name %q: matches %t, want %t", entryName, name, got, want)
		}
	})
}

func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

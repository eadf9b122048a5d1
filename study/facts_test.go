package study

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/transform/blocking"
)

// A store that knows nothing of these questions says so in a sentence each, without a figure.
func TestQuestionsWithoutData(t *testing.T) {
	in := made(t, world(rand.New(rand.NewPCG(1, 2)), .3))
	in.Facts = &facts{}
	r, err := build(in)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Questions) != 9 {
		t.Fatalf("%d questions, want 9", len(r.Questions))
	}
	for _, q := range r.Questions[1:] {
		if !strings.HasSuffix(q.Missing, ".") || q.Answer != "" || q.Figure.Value != 0 {
			t.Errorf("%s: missing %q, answer %q", q.ID, q.Missing, q.Answer)
		}
	}
}

// Growth is that of the union: a nested row adds nothing.
func TestGrowthCountsAddressesOnce(t *testing.T) {
	in := made(t, world(rand.New(rand.NewPCG(1, 2)), .3))
	wide, nested := netip.MustParsePrefix("198.18.0.0/16"), netip.MustParsePrefix("198.18.7.0/24")
	in.Facts = &facts{Snapshots: []blocking.Snapshot{
		{Day: ban.Date().AddDate(0, 0, -1), Prefixes: []netip.Prefix{nested}},
		{Day: ban.Date(), Prefixes: []netip.Prefix{nested, wide}},
	}}
	r, err := build(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range r.Questions {
		if q.ID == "growth" && q.Figure.Value != account.Number(1<<16-256) {
			t.Errorf("growth is %v, want %d: %s", q.Figure.Value, 1<<16-256, q.Missing)
		}
	}
}

// Failures at blocked addresses are held against the other addresses of the same network: one that
// fails everywhere says nothing about the block.
func TestControlPrefixes(t *testing.T) {
	in := made(t, world(rand.New(rand.NewPCG(1, 2)), .3))
	day := ban.Date().AddDate(0, 0, 1)
	blocked, free, elsewhere := netip.MustParsePrefix("198.18.7.0/24"), netip.MustParsePrefix("198.19.0.0/24"), netip.MustParsePrefix("203.0.113.0/24")
	attempt := func(p netip.Prefix, asn uint32, tried, failed uint64) Attempt {
		return Attempt{Day: day, Endpoint: blocking.Endpoint{Prefix: p, ASN: asn}, Tried: tried, Unanswered: failed}
	}
	in.Facts = &facts{
		Snapshots: []blocking.Snapshot{{Day: ban.Date(), Prefixes: []netip.Prefix{netip.MustParsePrefix("198.18.0.0/16")}}},
		Names:     []NamesDay{{Day: day, Resolutions: []blocking.Resolution{{Domain: "a.example", Prefixes: []netip.Prefix{free}, Queries: 9}}}},
		Sightings: []blocking.Sighting{{Day: day, Endpoints: []blocking.Endpoint{{Prefix: blocked, ASN: 64500}}}},
		Attempts:  []Attempt{attempt(blocked, 64500, 100, 80), attempt(free, 64500, 100, 10), attempt(elsewhere, 64501, 100, 100)},
	}
	r, err := build(in)
	if err != nil {
		t.Fatal(err)
	}
	var points, precision any
	for _, row := range r.Questions[question(t, r, "collateral")].Table.Rows {
		switch what := row[0].(string); {
		case strings.Contains(what, "same networks"):
			points = row[1]
		case strings.Contains(what, "was tried"):
			precision = row[1]
		}
	}
	if points != account.Number(70) || precision != 100*256.0/65536 {
		t.Errorf("%v points more failures, want 70; %v %% of the blocked addresses are the service's, want %g", points, precision, 100*256.0/65536)
	}
}

func question(t *testing.T, r account.Report, id string) int {
	t.Helper()
	for i, q := range r.Questions {
		if q.ID == id {
			return i
		}
	}
	t.Fatalf("no question %s", id)
	return 0
}

// What is drawn of endpoints is a function of them: networks with as many endpoints as each other have one order.
func TestChurnIsDrawnTheSameEachTime(t *testing.T) {
	in := made(t, world(rand.New(rand.NewPCG(1, 2)), .3))
	in.Facts = &facts{}
	for d := -10; d < 10; d++ {
		sight := blocking.Sighting{Day: ban.Date().AddDate(0, 0, d)}
		for n := range 12 {
			prefix := netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 18, byte(10*n + d + 10), 0}), 24)
			sight.Endpoints = append(sight.Endpoints, blocking.Endpoint{Prefix: prefix, ASN: uint32(64500 + n)})
		}
		in.Facts.Sightings = append(in.Facts.Sightings, sight)
	}
	var first []byte
	for range 20 {
		r, err := build(in)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(r.Questions, func(q account.Question) bool { return q.ID == "churn" })
		text, err := json.Marshal(r.Questions[i])
		if err != nil || r.Questions[i].Missing != "" {
			t.Fatal(err, r.Questions[i].Missing)
		}
		if first == nil {
			first = text
		}
		if !bytes.Equal(text, first) {
			t.Fatalf("drawn as %s\nand as %s", first, text)
		}
	}
}

package study

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/banshift/banshift/transform/blocking"
	"github.com/banshift/banshift/web/report"
)

// A store that knows nothing of these questions says so in a sentence each, without a figure.
func TestQuestionsWithoutData(t *testing.T) {
	in := input(t, world(rand.New(rand.NewPCG(1, 2)), .3))
	in.Facts = &Facts{}
	r, err := Build(in)
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
	in := input(t, world(rand.New(rand.NewPCG(1, 2)), .3))
	wide, nested := netip.MustParsePrefix("198.18.0.0/16"), netip.MustParsePrefix("198.18.7.0/24")
	in.Facts = &Facts{Snapshots: []blocking.Snapshot{
		{Day: ban.Date().AddDate(0, 0, -1), Prefixes: []netip.Prefix{nested}},
		{Day: ban.Date(), Prefixes: []netip.Prefix{nested, wide}},
	}}
	r, err := Build(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range r.Questions {
		if q.ID == "growth" && q.Figure.Value != report.Number(1<<16-256) {
			t.Errorf("growth is %v, want %d: %s", q.Figure.Value, 1<<16-256, q.Missing)
		}
	}
}

package study

import (
	"context"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
)

// TestHeadlinesAreTheReports asks for several events in one go and for each one's report.
func TestHeadlinesAreTheReports(t *testing.T) {
	store := table(world(rand.New(rand.NewPCG(1, 2)), .5), true)
	other := events.Event{ID: "ua-y-2018", Country: "ua", Target: "Y", Kind: events.Enforce, EnforcedAt: "2018-03-05", Precision: "day"}
	outside := events.Event{ID: "ua-z-2015", Country: "ua", Target: "Z", Kind: events.Enforce, EnforcedAt: "2015-03-05", Precision: "day"}
	o := Options{Config: spike.DefaultConfig(), Catalogue: []events.Event{ban, other, outside}}
	o.Config.Replicates = 200
	said, err := Headlines(context.Background(), store, o.Catalogue, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(said) != 2 {
		t.Errorf("%d headlines, want those of two events: %v", len(said), said)
	}
	for _, e := range []events.Event{ban, other} {
		report, err := Run(context.Background(), store, e, o)
		if err != nil {
			t.Fatal(err)
		}
		if got := said[e.ID]; !got.EffectPct.Known() || !reflect.DeepEqual(got, report.Headline) {
			t.Errorf("%s: %+v, want %+v", e.ID, got, report.Headline)
		}
	}
}

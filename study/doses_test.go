package study

import (
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/blocking"
)

// TestDosesFromTheBlockList gives each event what the list gained and lost from its day on, until the next one's.
func TestDosesFromTheBlockList(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2018, 4, n, 0, 0, 0, 0, time.UTC) }
	has := func(n int, list ...string) blocking.Snapshot {
		s := blocking.Snapshot{Day: day(n)}
		for _, p := range list {
			s.Prefixes = append(s.Prefixes, netip.MustParsePrefix(p))
		}
		return s
	}
	const large, nested, medium, small, later = "10.0.0.0/12", "10.1.0.0/16", "11.0.0.0/14", "12.0.0.0/24", "13.0.0.0/12"
	seen := []blocking.Snapshot{has(15, small), has(16, small, large), has(17, small, large, nested, medium), has(18, small, large, medium, "12.0.1.0/24"),
		has(20, large, medium, later), has(21, large, medium), has(24, medium), has(25, medium)}
	ban := func(id, country string, kind events.Kind, on int) events.Event {
		return events.Event{ID: id, Country: country, Kind: kind, Target: "T", TargetType: "messenger", EnforcedAt: day(on).Format(time.DateOnly), Precision: "day"}
	}
	told := ban("ban", "ru", events.Enforce, 16)
	told.Doses = []events.Dose{{Amount: 5, Unit: events.Addresses, Source: "news"}, {Amount: 2, Unit: events.Networks, Source: "news"}}
	catalogue := []events.Event{told, ban("court", "ru", events.Court, 17), ban("lifted", "ru", events.Unblock, 21), ban("other", "ir", events.Enforce, 16), ban("early", "ru", events.Enforce, 1)}
	got, err := withDoses(catalogue, map[string][]blocking.Snapshot{"ru": seen})
	if err != nil {
		t.Fatal(err)
	}
	dose := func(on string, n float64) events.Dose {
		return events.Dose{Date: on, Amount: n, Unit: events.Addresses, Source: "block list ru"}
	}
	for n, want := range [][]events.Dose{
		{told.Doses[1], dose("2018-04-16", 1<<20), dose("2018-04-17", 1<<18)}, // the day of the change seen on the 20th is not known
		nil,
		{dose("2018-04-21", -(1 << 20))},
		nil,
		nil, // its days end where the next event's begin
	} {
		if !reflect.DeepEqual(got[n].Doses, want) {
			t.Errorf("%s: %v, want %v", got[n].ID, got[n].Doses, want)
		}
	}
	if len(catalogue[0].Doses) != 2 || catalogue[0].Doses[0].Source != "news" {
		t.Error("the catalogue itself was changed")
	}
}

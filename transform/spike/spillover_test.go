package spike_test

import (
	"math"
	"testing"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
)

// TestSpillover raises use in a country by 80 % and in two of its three neighbours by 20 %; of the third, an event of its own is
// known.
func TestSpillover(t *testing.T) {
	const at = 300
	list := world(41, 40, 380, 2000)
	for i, country := range []string{"by", "lt", "lv", "pl"} {
		list[i].Country = country
	}
	for i := 4; i < 40; i++ {
		list[i].Country = "x" + string(rune('a'+i%26))
		if i >= 26 {
			list[i].Country = "q" + string(rune('b'+i%26))
		}
	}
	scale(list, 0, at, 380, 1.8)
	scale(list, 1, at, 380, 1.2)
	scale(list, 2, at, 380, 1.2)
	scale(list, 3, at, 380, 3)
	ban, other := event("ban", "by", "One", events.Enforce, at), event("other", "pl", "Two", events.Enforce, at)
	_, c := courseOf(t, list, "ban", ban, other)
	s := c.Spillover
	if s == nil || len(s.Countries) != 2 || s.Countries[0].Country != "lt" || math.Abs(*s.EffectPct-20) > 4 || !(0 < *s.CILow && *s.CILow < 20 && 20 < *s.CIHigh) {
		t.Errorf("%+v", s)
	}
	island := ban
	island.Country = "xe"
	if _, c := courseOf(t, list, "ban", island); c.Spillover != nil {
		t.Errorf("an island has %+v", c.Spillover)
	}
	none := spike.DefaultConfig()
	if got, err := spike.AnalyzeEvent(list, []events.Event{ban}, "ban", none); err != nil || find(t, got, "ban", "by").Course != nil {
		t.Errorf("a course that was not asked for: %v", err)
	}
}

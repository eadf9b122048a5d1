package study

import (
	"fmt"
	"slices"
	"testing"

	"github.com/banshift/banshift/schemas/events"
)

// TestTheWidestMeasureCarriesTheEpisode lists the events of episodes in the order of their dates, each as day, kind, target
// type and target, and wants the one that is pooled, whatever its effect.
func TestTheWidestMeasureCarriesTheEpisode(t *testing.T) {
	type stage struct {
		day          int
		kind         events.Kind
		kindOfTarget string
		target       string
		why          string // why it cannot be pooled
	}
	for name, c := range map[string]struct {
		stages []stage
		want   []int // the pooled ones
	}{
		"one alone":                {[]stage{{1, events.Court, "messenger", "Telegram", ""}}, []int{0}},
		"done before said":         {[]stage{{1, events.Court, "messenger", "Telegram, Viber", ""}, {4, events.Enforce, "messenger", "Telegram", ""}}, []int{1}},
		"many services before one": {[]stage{{1, events.Enforce, "social_media", "Twitter, Instagram", ""}, {4, events.Enforce, "video", "YouTube, Google services, Bing, Periscope", ""}}, []int{1}},
		"and is a comma":           {[]stage{{1, events.Enforce, "news", "X", ""}, {2, events.Enforce, "news", "Y and others", ""}}, []int{1}},
		"shutdown before services": {[]stage{{1, events.Enforce, "social_media", "A, B, C, D", ""}, {2, events.Shutdown, "social_media", "A", ""}}, []int{1}},
		"Internet before mobile":   {[]stage{{1, events.Shutdown, "mobile_internet", "mobile Internet and SMS", ""}, {2, events.Shutdown, "internet", "Internet", ""}}, []int{1}},
		"a block before a throttle": {[]stage{{1, events.Throttle, "video", "YouTube", ""}, {7, events.Enforce, "video", "YouTube", ""},
			{8, events.Enforce, "messenger", "Signal", ""}}, []int{1}},
		"the earlier of equals":               {[]stage{{1, events.Enforce, "messenger", "A", ""}, {3, events.Enforce, "messenger", "B", ""}}, []int{0}},
		"the widest of those that can be":     {[]stage{{1, events.Enforce, "messenger", "A", ""}, {3, events.Enforce, "messenger", "B, C", whyDays}}, []int{0}},
		"a chain is one":                      {[]stage{{1, events.Enforce, "messenger", "A", ""}, {7, events.Enforce, "messenger", "B", ""}, {13, events.Enforce, "messenger", "C, D", ""}}, []int{2}},
		"one that cannot be still joins":      {[]stage{{1, events.Enforce, "messenger", "A", ""}, {7, events.Enforce, "messenger", "B", whyDays}, {13, events.Enforce, "messenger", "C", ""}}, []int{0}},
		"more than a week apart are two":      {[]stage{{1, events.Enforce, "messenger", "A", ""}, {9, events.Enforce, "messenger", "B", ""}}, []int{0, 1}},
		"two of which none can be are nobody": {[]stage{{1, events.Enforce, "messenger", "A", whyPast}, {2, events.Enforce, "messenger", "B", whyPast}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var list []Entry
			for n, s := range c.stages {
				e := events.Event{ID: fmt.Sprint(n), Country: "aa", Target: s.target, TargetType: s.kindOfTarget, Kind: s.kind, EnforcedAt: fmt.Sprintf("2019-04-%02d", s.day)}
				x := entry(e, "up")
				x.Why = s.why
				for m, other := range c.stages {
					if d := other.day - s.day; m != n && d >= -7 && d <= 7 {
						x.Episode = append(x.Episode, fmt.Sprint(m))
					}
				}
				list = append(list, x)
			}
			for _, effect := range []float64{-1, 0, 2} {
				asked := slices.Clone(list)
				for i := range asked {
					asked[i].log = effect * float64(i)
				}
				onePerEpisode(asked)
				var pooled []int
				for i, x := range asked {
					if x.Pooled {
						pooled = append(pooled, i)
					} else if x.Why == "" || x.Why == whyEpisode && x.Detail == "" {
						t.Errorf("%d is not pooled and does not say why: %+v", i, x)
					}
				}
				if !slices.Equal(pooled, c.want) {
					t.Errorf("pooled %v, want %v", pooled, c.want)
				}
			}
		})
	}
}

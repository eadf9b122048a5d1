package load_test

import (
	"slices"
	"testing"
	"time"

	"github.com/banshift/banshift/load"
)

func TestMethodBreaks(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2018, 4, n, 0, 0, 0, 0, time.UTC) }
	row := func(country string, n int, packs ...string) load.Day {
		return load.Day{Country: country, Day: day(n), Packs: packs}
	}
	looked := func(n int, lists ...string) load.Day {
		return load.Day{Country: "ru", Day: day(n), Packs: []string{"a"}, Lists: lists}
	}
	for name, c := range map[string]struct {
		days []load.Day
		want []time.Time
	}{
		"one pack":         {[]load.Day{row("by", 1, "a"), row("by", 2, "a"), row("ru", 1, "a")}, nil},
		"another pack":     {[]load.Day{row("ru", 1, "a"), row("ru", 2, "b"), row("ru", 3, "b")}, []time.Time{day(2)}},
		"in the middle":    {[]load.Day{row("ru", 1, "a"), row("ru", 2, "a", "b"), row("ru", 3, "b")}, []time.Time{day(2), day(3)}},
		"over a gap":       {[]load.Day{row("ru", 1, "a"), row("ru", 9, "b")}, []time.Time{day(9)}},
		"countries differ": {[]load.Day{row("by", 1, "a"), row("by", 5, "b"), row("ru", 1, "a"), row("ru", 3, "b"), row("ru", 5, "b")}, []time.Time{day(3), day(5)}},
		"lists": {[]load.Day{looked(1, "own@2018-04-01+aa,vpn~2018-04-01+aa"), looked(2, "own@2018-04-01+aa,vpn~2018-04-02+bb"),
			looked(3, "own@2018-04-03+bb,vpn~2018-04-03+cc"), looked(4, "own@2018-04-03+bb"), looked(5, "own@2018-04-03+bb"), looked(6, "own@2018-04-03+bb,home+cc")}, []time.Time{day(3), day(4), day(6)}},
		"same in both": {[]load.Day{row("by", 1, "a"), row("by", 3, "b"), row("ru", 1, "a"), row("ru", 3, "b")}, []time.Time{day(3)}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := load.MethodBreaks(c.days); !slices.EqualFunc(got, c.want, time.Time.Equal) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

package study

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
)

// tableOf is a store that answers daily_series from series.
type tableOf []load.Day

func (s tableOf) Daily(context.Context, map[string]string) ([]load.Day, error) { return s, nil }

func (s tableOf) Query(_ context.Context, _ string, _ map[string]string, w io.Writer, _ load.Format) error {
	_, err := io.WriteString(w, "[]")
	return err
}

func table(list []spike.Series, simulated bool) (days tableOf) {
	for _, s := range list {
		for t, v := range s.Values {
			if v == v {
				days = append(days, load.Day{Country: s.Country, Day: s.Start.AddDate(0, 0, t), Clients: uint64(v), AllClients: 30000, Fraction: s.Coverage[t], Simulated: simulated})
			}
		}
	}
	return days
}

func overviewOf(t *testing.T, days tableOf) (string, []string) {
	t.Helper()
	made, err := Overview(context.Background(), days, Options{Config: spike.DefaultConfig(), Catalogue: []events.Event{ban}})
	if err != nil {
		t.Fatal(err)
	}
	var feed bytes.Buffer
	for _, e := range made.Feed {
		feed.WriteString(e.Country + " " + e.ID + " " + e.Event + "\n")
	}
	var countries []string
	for _, c := range made.Countries {
		countries = append(countries, c.Country)
		if c.Nearest != nil != (c.Country == "ru") {
			t.Errorf("%s: nearest event %v", c.Country, c.Nearest)
		}
	}
	if len(days) > 0 && len(made.LookedAt) != 1 {
		t.Errorf("looked at %q", made.LookedAt)
	}
	return feed.String(), countries
}

func TestOverview(t *testing.T) {
	list := world(rand.New(rand.NewPCG(1, 2)), .5)
	at := int(ban.Date().Sub(start).Hours() / 24)
	for i := range list {
		list[i].Values, list[i].Coverage = list[i].Values[:at+7], list[i].Coverage[:at+7]
	}
	feed, countries := overviewOf(t, table(list, false))
	if want := "ru event:ru-x-2018 ru-x-2018\nru spike:ru:use:2018-04-16:up ru-x-2018\n"; feed != want {
		t.Errorf("feed %q, want %q", feed, want)
	}
	if len(countries) != len(list) || countries[0] != "ru" {
		t.Errorf("countries %v, want the one that rose at first", countries)
	}
	if feed, countries = overviewOf(t, nil); feed != "" || len(countries) != 0 {
		t.Errorf("an empty store has %v and %q", countries, feed)
	}
	mixed := append(table(list[:1], false), table(list[:1], true)...)
	if _, countries = overviewOf(t, mixed); len(countries) != 1 {
		t.Errorf("measured and simulated rows of one country make %v", countries)
	}
}

// Package sample is stores of invented numbers behind the page, for tests: a ban in one country and a dozen in
// another, days without telemetry, an outage of sensors; and stores that are hard to draw.
package sample

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas/events"
)

// First and Last are the days of the usual sample's telemetry, Ban the day of its event.
var (
	First = time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC)
	Last  = time.Date(2018, 6, 30, 0, 0, 0, 0, time.UTC)
	Ban   = time.Date(2018, 4, 16, 0, 0, 0, 0, time.UTC)
)

// Scenes are the stores by name; the empty name is the usual one.
func Scenes() map[string]Store {
	return map[string]Store{
		"":       {},
		"empty":  {scene: scene{countries: []string{}, first: First, last: First.AddDate(0, 0, -1)}},
		"one":    {scene: scene{countries: []string{"ru"}, first: First, last: Last}},
		"day":    {scene: scene{countries: []string{"ru", "ua"}, first: Ban, last: Ban}},
		"gaps":   {scene: scene{countries: []string{"ru", "ua"}, first: Ban.AddDate(0, 0, -16), last: Ban.AddDate(0, 0, 15), every: 2}},
		"decade": {scene: scene{countries: []string{"ru", "ua"}, first: First.AddDate(-5, 0, 0), last: First.AddDate(5, 0, -1), tools: 8, bans: 39}},
		"world":  {scene: scene{countries: world, first: Ban.AddDate(0, 0, -60), last: Ban.AddDate(0, 0, 20)}},
	}
}

// world is the codes of 196 countries and territories, the sample's own first.
var world = strings.Fields("ru ua tr ad ae af ag ai al am ao ar as at au aw ax az ba bb bd be bf bg bh bi bj bl bm bn bo br bs bt bw by bz ca cd cf cg ch ci ck cl cm cn co cr cu cv cw cy cz de dj dk dm do dz ec ee eg eh er es et fi fj fk fm fo fr ga gb gd ge gg gh gl gm gn gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mf mg mh mk ml mm mn mo mp mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa ro rs rw sa sb sc sd se sg sh si sk sl sm sn")

// Events is the sample's catalogue.
func Events() []events.Event {
	list := []events.Event{
		{ID: "ru-x-2018", Country: "ru", Target: "X", Kind: events.Enforce, AnnouncedAt: "2018-04-13", EnforcedAt: "2018-04-16", Precision: "day",
			Notes: "Blocked by a court's order.", Sources: []string{"https://example.org/x-2018", "A newspaper, 2018-04-17: https://example.org/paper"}},
		{ID: "ru-x-2018-unblock", Country: "ru", Target: "X", Kind: events.Unblock, EnforcedAt: "2018-05-28", Precision: "day"},
		{ID: "ua-y-2017", Country: "ua", Target: "<Y>", Kind: events.Enforce, EnforcedAt: "2017-05-16", Precision: "day"},
	}
	for i := range Bans {
		list = append(list, events.Event{ID: fmt.Sprintf("tr-service-%d", i+1), Country: "tr", Target: names[i%len(names)], Kind: events.Enforce,
			EnforcedAt: First.AddDate(0, 0, 10+13*i).Format(time.DateOnly), Precision: "day"})
	}
	return list
}

// Catalogue is the events behind a store: those of the usual sample, and forty bans where it has ten years.
func (s Store) Catalogue() []events.Event {
	list := Events()
	for i := range s.scene.bans {
		list = append(list, events.Event{ID: fmt.Sprintf("ru-service-%d", i+1), Country: "ru", Target: names[i%len(names)], Kind: events.Enforce,
			EnforcedAt: First.AddDate(-5, 3*i, 3).Format(time.DateOnly), Precision: "day"})
	}
	return list
}

// Bans is how many the catalogue has of one country, with long names and one that is
// written from right to left.
const Bans = 12

var names = []string{"a messenger with a name that is longer than a screen of a telephone is wide", "\u062a\u0644\u063a\u0631\u0627\u0645", "Z"}

// scene is what a store has: countries, the days from first to last, every so many of them, how many tools, and
// bans in the first country next to that of the usual sample.
type scene struct {
	countries          []string
	first, last        time.Time
	every, tools, bans int
}

// Store answers the page's queries.
type Store struct{ scene scene }

type row map[string]any

// Query writes invented rows as JSON.
func (s Store) Query(_ context.Context, name string, params map[string]string, w io.Writer, f load.Format) error {
	if f != load.JSON {
		_, err := io.WriteString(w, "rows as "+string(f)+"\n")
		return err
	}
	return json.NewEncoder(w).Encode(s.rowsOf(name, params))
}

// Daily gives the rows of daily_series.
func (s Store) Daily(_ context.Context, params map[string]string) ([]load.Day, error) {
	var days []load.Day
	for _, r := range s.rowsOf("daily_series", params) {
		day, err := time.Parse(time.DateOnly, r["day"].(string))
		if err != nil {
			return nil, err
		}
		days = append(days, load.Day{Country: r["country"].(string), Day: day, Clients: uint64(r["clients"].(int)), AllClients: uint64(r["all_clients"].(int)),
			Fraction: r["fraction"].(float64), Simulated: true})
	}
	return days, nil
}

// UseByHour gives a wave a day of the first day that is asked about, and of the thirteen after it, with one hour missing.
func (s Store) UseByHour(_ context.Context, country string, simulated bool, from time.Time) ([]load.WatchedHour, error) {
	var hours []load.WatchedHour
	for h := range 14 * 24 {
		if !simulated || h == Missing {
			continue
		}
		clients := uint64(200 + 100*math.Sin(2*math.Pi*float64(h)/24))
		hours = append(hours, load.WatchedHour{Hour: from.Add(time.Duration(h) * time.Hour), Clients: clients, AllClients: 10 * clients, Tools: map[string]uint64{"tor": clients / 4}})
	}
	return hours, nil
}

// Missing is the hour from the first one asked about that has no telemetry.
const Missing = 30

func (s Store) rowsOf(name string, params map[string]string) []row {
	c := s.scene
	if c.first.IsZero() {
		c.first, c.last, c.countries = First, Last, []string{"ru", "ua", "tr"}
	}
	rows := []row{}
	for day := c.first; !day.After(c.last); day = day.AddDate(0, 0, max(c.every, 1)) {
		if day.Month() == time.February && day.Day() < 3 {
			continue // no telemetry
		}
		if date := day.Format(time.DateOnly); date < params["from"] || params["to"] != "" && date > params["to"] {
			continue
		}
		for i, country := range c.countries {
			if params["country"] == "" || params["country"] == country {
				rows = append(rows, c.on(name, country, day, 4000/float64(i+1), params["tool"])...)
			}
		}
	}
	return rows
}

// categories of tools are those of the tests; encrypted DNS is none that counts.
var tools = []struct{ tool, category string }{{"openvpn", "vpn"}, {"tor", "anonymity"}, {"wireguard", "vpn"}, {"shadowsocks", "proxy"}, {"mtproto", "proxy"},
	{"ikev2", "vpn"}, {"socks", "proxy"}, {"obfs4", "anonymity"}, {"softether", "vpn"}}

func (c scene) on(name, country string, day time.Time, level float64, tool string) []row {
	fraction := 1.0
	if day.Month() == time.March && day.Day() == 10 {
		fraction, level = 0.4, 0.4*level
	}
	level *= 1 + 0.1*math.Sin(2*math.Pi*float64(day.YearDay())/7)
	if country == "ru" && !day.Before(Ban) {
		level *= 1.3
	}
	base := row{"country": country, "day": day.Format(time.DateOnly), "simulated": 1}
	with := func(more row) row {
		for k, v := range base {
			more[k] = v
		}
		return more
	}
	switch name {
	case "daily_series":
		if tool != "" {
			level /= 2
		}
		return []row{with(row{"clients": int(level), "all_clients": int(10 * level), "fraction": fraction})}
	case "use_by_tool_day":
		rows := []row{with(row{"tool": "doh", "category": "encrypted_dns", "clients": int(level), "bytes": int(level)})}
		for i, one := range tools[:max(c.tools, 2)] {
			rows = append(rows, with(row{"tool": one.tool, "category": one.category, "clients": int(level / float64(i+2)), "bytes": int(1000 * level / float64(i+2))}))
		}
		return rows
	case "use_by_category_day":
		return []row{with(row{"category": "vpn", "clients": int(level / 2), "bytes": int(500 * level)}), with(row{"category": "encrypted_dns", "clients": int(level), "bytes": int(level)})}
	case "services":
		return []row{with(row{"service": "a-provider", "category": "vpn", "clients": int(level / 4), "flows": int(level), "unanswered": int(level / 10)})}
	case "use_by_network_day":
		return []row{with(row{"asn": 64500, "clients": int(level / 2), "all_clients": int(6 * level)}), with(row{"asn": 64501, "clients": int(level / 3), "all_clients": int(4 * level)})}
	case "unknown_tools":
		if country != "ru" || !day.After(Ban) || day.After(Ban.AddDate(0, 0, 40)) {
			return nil
		}
		clients := int(level / 50)
		return []row{with(row{"clients": clients, "all_clients": int(10 * level), "share": float64(clients) / math.Floor(10*level), "servers": 2, "flows": 3 * clients})}
	case "coverage":
		return []row{with(row{"fraction": fraction})}
	}
	return nil
}

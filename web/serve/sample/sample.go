// Package sample is a store of invented numbers behind the page, for tests: three
// countries, a ban in one and a dozen in another, days without telemetry and an outage of sensors.
package sample

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas/events"
)

// First and Last are the days of the sample's telemetry, Ban the day of its event.
var (
	First = time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC)
	Last  = time.Date(2018, 6, 30, 0, 0, 0, 0, time.UTC)
	Ban   = time.Date(2018, 4, 16, 0, 0, 0, 0, time.UTC)
)

// Events is the sample's catalogue.
func Events() []events.Event {
	list := []events.Event{
		{ID: "ru-x-2018", Country: "ru", Target: "X", Kind: events.Enforce, AnnouncedAt: "2018-04-13", EnforcedAt: "2018-04-16", Precision: "day",
			Notes: "Blocked by a court's order.", Sources: []string{"https://example.org/x-2018"}},
		{ID: "ru-x-2018-unblock", Country: "ru", Target: "X", Kind: events.Unblock, EnforcedAt: "2018-05-28", Precision: "day"},
		{ID: "ua-y-2017", Country: "ua", Target: "<Y>", Kind: events.Enforce, EnforcedAt: "2017-05-16", Precision: "day"},
	}
	for i := range Bans {
		list = append(list, events.Event{ID: fmt.Sprintf("tr-service-%d", i+1), Country: "tr", Target: names[i%len(names)], Kind: events.Enforce,
			EnforcedAt: First.AddDate(0, 0, 10+13*i).Format(time.DateOnly), Precision: "day"})
	}
	return list
}

// Bans is how many the catalogue has of one country, with long names and one that is
// written from right to left.
const Bans = 12

var names = []string{"a messenger with a name that is longer than a screen of a telephone is wide", "\u062a\u0644\u063a\u0631\u0627\u0645", "Z"}

// Store answers the page's queries.
type Store struct{}

type row map[string]any

// Query writes invented rows as JSON.
func (Store) Query(_ context.Context, name string, params map[string]string, w io.Writer, f load.Format) error {
	if f != load.JSON {
		_, err := io.WriteString(w, "rows as "+string(f)+"\n")
		return err
	}
	return json.NewEncoder(w).Encode(rowsOf(name, params))
}

// Daily gives the rows of daily_series.
func (Store) Daily(_ context.Context, params map[string]string) ([]load.Day, error) {
	var days []load.Day
	for _, r := range rowsOf("daily_series", params) {
		day, err := time.Parse(time.DateOnly, r["day"].(string))
		if err != nil {
			return nil, err
		}
		days = append(days, load.Day{Country: r["country"].(string), Day: day, Clients: uint64(r["clients"].(int)), AllClients: uint64(r["all_clients"].(int)),
			Fraction: r["fraction"].(float64), Simulated: true})
	}
	return days, nil
}

func rowsOf(name string, params map[string]string) []row {
	rows := []row{}
	for day := First; !day.After(Last); day = day.AddDate(0, 0, 1) {
		if day.Month() == time.February && day.Day() < 3 {
			continue // no telemetry
		}
		if date := day.Format(time.DateOnly); date < params["from"] || params["to"] != "" && date > params["to"] {
			continue
		}
		for i, country := range []string{"ru", "ua", "tr"} {
			if params["country"] == "" || params["country"] == country {
				rows = append(rows, on(name, country, day, 4000/float64(i+1), params["tool"])...)
			}
		}
	}
	return rows
}

func on(name, country string, day time.Time, level float64, tool string) []row {
	fraction := 1.0
	if day.Month() == time.March && day.Day() == 10 {
		fraction, level = 0.4, 0.4*level
	}
	level *= 1 + 0.1*math.Sin(2*math.Pi*float64(day.YearDay())/7)
	if country == "ru" && !day.Before(Ban) {
		level *= 1.3
	}
	base := row{"country": country, "day": day.Format(time.DateOnly), "simulated": 1, "fraction": fraction}
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
		return []row{with(row{"clients": int(level), "all_clients": int(10 * level)})}
	case "use_by_tool_day":
		delete(base, "fraction")
		return []row{with(row{"tool": "openvpn", "category": "vpn", "clients": int(level / 2)}), with(row{"tool": "tor", "category": "anonymity", "clients": int(level / 3)}),
			with(row{"tool": "doh", "category": "encrypted_dns", "clients": int(level)})}
	case "coverage":
		return []row{base}
	}
	return nil
}

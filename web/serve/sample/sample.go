// Package sample is a store of invented numbers behind the page, for tests: two
// countries, a ban, days without telemetry and an outage of sensors.
package sample

import (
	"context"
	"encoding/json"
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
	return []events.Event{
		{ID: "ru-x-2018", Country: "ru", Target: "X", Kind: events.Enforce, AnnouncedAt: "2018-04-13", EnforcedAt: "2018-04-16", Precision: "day"},
		{ID: "ru-x-2018-unblock", Country: "ru", Target: "X", Kind: events.Unblock, EnforcedAt: "2018-05-28", Precision: "day"},
		{ID: "ua-y-2017", Country: "ua", Target: "<Y>", Kind: events.Enforce, EnforcedAt: "2017-05-16", Precision: "day"},
	}
}

// Store answers the page's queries.
type Store struct{}

type row map[string]any

// Query writes invented rows as JSON.
func (Store) Query(_ context.Context, name string, params map[string]string, w io.Writer, _ load.Format) error {
	rows := []row{}
	for day := First; !day.After(Last); day = day.AddDate(0, 0, 1) {
		if day.Month() == time.February && day.Day() < 3 {
			continue // no telemetry
		}
		if date := day.Format(time.DateOnly); date < params["from"] || params["to"] != "" && date > params["to"] {
			continue
		}
		for i, country := range []string{"ru", "ua"} {
			if params["country"] == "" || params["country"] == country {
				rows = append(rows, on(name, country, day, 4000/float64(i+1), params["tool"])...)
			}
		}
	}
	return json.NewEncoder(w).Encode(rows)
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
		return []row{with(row{"tool": "openvpn", "category": "vpn", "clients": int(level / 2)}), with(row{"tool": "tor", "category": "anonymity", "clients": int(level / 3)}),
			with(row{"tool": "doh", "category": "encrypted_dns", "clients": int(level)})}
	case "coverage":
		return []row{base}
	}
	return nil
}

package study

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
)

// hourReader is a store that tells hours. What is published does not: hours of few clients are no one else's.
type hourReader interface {
	UseByHour(ctx context.Context, country string, simulated bool, from time.Time) ([]load.WatchedHour, error)
}

// errNoHours says why there are no hours.
var errNoHours = errors.New("hours are not published: ask by the day, or a store of your own")

// hourPast is how many days before an event its hours are read: the placebo days and the weeks before them.
const hourPast = 450

// hourEvents are the events that can be asked by the hour.
func hourEvents(list []events.Event) []events.Event {
	return slices.DeleteFunc(slices.Clone(list), func(e events.Event) bool {
		_, known := e.OnsetTime()
		return !known
	})
}

// addHours gives the series of a store their hours, as far back as the first of the events needs them. A series without one that
// lies inside any of them gets none.
func addHours(ctx context.Context, r *reading, list []spike.Series, simulated bool, about []events.Event) error {
	from, any := firstNeeded(list, about)
	if !any {
		return nil
	}
	reader, known := r.Reader.(hourReader)
	if !known {
		return refused(errNoHours)
	}
	for i := range list {
		rows, err := reader.UseByHour(ctx, list[i].Country, simulated, from)
		if err != nil {
			return err
		}
		list[i].Hours = hoursOf(list[i], rows)
	}
	return nil
}

// firstNeeded is the first hour that an event inside the series of its country needs.
func firstNeeded(list []spike.Series, about []events.Event) (from time.Time, any bool) {
	for _, s := range list {
		for _, e := range about {
			if t := dayIndex(s, e.Date()); e.Country != s.Country || t < 0 || t >= len(s.Values) {
				continue
			}
			if first := e.Date().AddDate(0, 0, -hourPast); !any || first.Before(from) {
				from, any = first, true
			}
		}
	}
	return from, any
}

// hoursOf lays the hours of a store on the days of a series. An hour without telemetry is missing.
func hoursOf(s spike.Series, rows []load.WatchedHour) *spike.Hours {
	h := &spike.Hours{Values: nans(24 * len(s.Values))}
	for _, row := range rows {
		if t := int(row.Hour.Sub(s.Start).Hours()); t >= 0 && t < len(h.Values) {
			h.Values[t] = float64(row.Clients)
		}
	}
	return h
}

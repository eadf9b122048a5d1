package watch

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/banshift/banshift/load"
)

// Steps of series.
const (
	hour = "hour"
	day  = "day"
)

// Series of a place that are not of one tool, service or network.
const (
	others  = "others"  // clients that used nothing: what changes for them too is no news of a tool
	use     = "use"     // clients that used anything that counts as use
	sensors = "sensors" // how many reported
)

// Prefixes of series of one tool, service or network.
const (
	toolPrefix    = "tool:"
	servicePrefix = "service:"
	networkPrefix = "network:"
)

// point is what one hour or day of a place counts. A series that it does not name counts zero.
type point struct {
	at      time.Time
	sensors float64 // that reported, or the share of them; 0: unknown
	others  float64
	series  map[string]float64 // "use" is among them
}

// length is how long a step is.
func length(step string) time.Duration {
	if step == day {
		return 24 * time.Hour
	}
	return time.Hour
}

// points gives the finished steps of a place from one on.
func (w *Watcher) points(ctx context.Context, p load.WatchedPlace, step string, from time.Time) ([]point, error) {
	read := w.hours
	if step == day {
		read = w.days
	}
	all, err := read(ctx, p, from)
	return slices.DeleteFunc(all, func(x point) bool {
		end := x.at.Add(length(step))
		// One that was counted right after its end may lack what is still under way; with another hour behind it, nothing is.
		return p.Last.Before(end) || p.Counted.Before(end.Add(w.Grace)) && p.Last.Before(end.Add(time.Hour))
	}), err
}

func (w *Watcher) hours(ctx context.Context, p load.WatchedPlace, from time.Time) ([]point, error) {
	rows, err := w.Store.WatchedHours(ctx, p, from)
	all := make([]point, len(rows))
	for i, r := range rows {
		x := point{at: r.Hour, sensors: float64(r.Exporters), others: float64(r.AllClients - min(r.AllClients, r.Clients)), series: map[string]float64{use: float64(r.Clients)}}
		for tool, clients := range r.Tools {
			x.series[toolPrefix+tool] = float64(clients)
		}
		all[i] = x
	}
	return all, err
}

func (w *Watcher) days(ctx context.Context, p load.WatchedPlace, from time.Time) ([]point, error) {
	rows, err := w.Store.Daily(ctx, map[string]string{"country": p.Country, "from": from.Format(time.DateOnly)})
	if err != nil {
		return nil, err
	}
	var all []point
	at := map[string]int{}
	for _, r := range rows {
		if r.Simulated != (p.Simulated == 1) {
			continue
		}
		at[r.Day.Format(time.DateOnly)] = len(all)
		all = append(all, point{at: r.Day, sensors: r.Fraction, others: float64(r.AllClients - min(r.AllClients, r.Clients)), series: map[string]float64{use: float64(r.Clients)}})
	}
	for query, name := range map[string]func(load.WatchedDay) string{
		"use_by_network_day": func(d load.WatchedDay) string { return networkPrefix + strconv.FormatUint(uint64(d.ASN), 10) },
		"service_users":      func(d load.WatchedDay) string { return servicePrefix + d.Service },
	} {
		days, err := w.Store.WatchedDays(ctx, query, p, from)
		if err != nil {
			return nil, err
		}
		for _, d := range days {
			if i, known := at[d.Day]; known && (d.ASN != 0 || d.Service != "") {
				all[i].series[name(d)] = float64(d.Clients)
			}
		}
	}
	return all, nil
}

// about names the network, tool or service of a series.
func about(series string, a *load.Alarm) {
	if tool, ok := strings.CutPrefix(series, toolPrefix); ok {
		a.Tool = tool
	}
	if service, ok := strings.CutPrefix(series, servicePrefix); ok {
		a.Service = service
	}
	if network, ok := strings.CutPrefix(series, networkPrefix); ok {
		n, _ := strconv.ParseUint(network, 10, 32) // as hours and days write it
		a.ASN = uint32(n)
	}
}

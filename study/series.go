package study

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas/use"
	"github.com/banshift/banshift/transform/spike"
)

// useName is the name of the store's own series.
const useName = "use"

// oneKind keeps measured rows, or the simulated ones where nothing was measured: the
// two are never added up.
func oneKind(days []load.Day) (kept []load.Day, simulated bool) {
	simulated = !slices.ContainsFunc(days, func(d load.Day) bool { return !d.Simulated })
	return slices.DeleteFunc(days, func(d load.Day) bool { return d.Simulated != simulated }), simulated && len(days) > 0
}

// dailySeries makes one series a country. A day without a row is missing. Coverage only
// masks days: which of the clients a silent sensor would have seen is not known.
func dailySeries(name string, list []load.Day, value func(load.Day) float64) []spike.Series {
	byCountry := map[string][]load.Day{}
	for _, d := range list {
		if d.Country != "" {
			byCountry[d.Country] = append(byCountry[d.Country], d)
		}
	}
	var made []spike.Series
	for country, own := range byCountry {
		slices.SortFunc(own, func(a, b load.Day) int { return a.Day.Compare(b.Day) })
		first, last := spike.Day(own[0].Day), spike.Day(own[len(own)-1].Day)
		n := int(last.Sub(first).Hours()/24) + 1
		s := spike.Series{Name: name, Country: country, Start: first, Values: nans(n), Coverage: nans(n)}
		known := true
		for _, d := range own {
			t := int(spike.Day(d.Day).Sub(first).Hours() / 24)
			s.Values[t], s.Coverage[t] = value(d), d.Fraction
			known = known && d.Fraction > 0
		}
		if !known {
			s.Coverage = nil
		}
		made = append(made, s)
	}
	slices.SortFunc(made, func(a, b spike.Series) int { return strings.Compare(a.Country, b.Country) })
	return made
}

// serviceSeries are the answered connections to a service, by country; nil where the
// store knows none from the country.
func serviceSeries(ctx context.Context, r *reading, service, country string, simulated bool) ([]spike.Series, error) {
	list, err := r.Daily(ctx, map[string]string{"service": service})
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(d load.Day) bool { return d.Simulated != simulated })
	if !slices.ContainsFunc(list, func(d load.Day) bool { return d.Country == country && d.Flows > 0 }) {
		return nil, nil
	}
	return dailySeries("service", list, func(d load.Day) float64 { return float64(d.Flows) - float64(d.Unanswered) }), nil
}

// toolSeries gives the clients of each tool that counts as use, on the days of own, the
// most used first.
func toolSeries(ctx context.Context, r *reading, own spike.Series, simulated bool) ([]Tool, error) {
	counted, err := use.Load()
	if err != nil {
		return nil, err
	}
	list, err := rows[struct {
		Day, Tool, Category string
		Clients             float64
		Simulated           uint8
	}](ctx, r, "use_by_tool_day", map[string]string{"country": own.Country})
	if err != nil {
		return nil, err
	}
	byName, sums := map[string]Tool{}, map[string]float64{}
	for _, row := range list {
		t := dayIndex(own, dayOf(row.Day))
		if !counted.Has(row.Category) || (row.Simulated == 1) != simulated || t < 0 || t >= len(own.Values) {
			continue
		}
		if _, known := byName[row.Tool]; !known {
			byName[row.Tool] = Tool{Name: row.Tool, Values: zeroWhereKnown(own.Values)}
		}
		byName[row.Tool].Values[t] += row.Clients
		sums[row.Tool] += row.Clients
	}
	var tools []Tool
	for _, tool := range byName {
		tools = append(tools, tool)
	}
	slices.SortFunc(tools, func(a, b Tool) int {
		return cmp.Or(-cmp.Compare(sums[a.Name], sums[b.Name]), strings.Compare(a.Name, b.Name))
	})
	return tools, nil
}

// dayIndex is the place of a day in a series.
func dayIndex(s spike.Series, day time.Time) int { return int(day.Sub(s.Start).Hours() / 24) }

// zeroWhereKnown is zero on the days that have telemetry and unknown on the others.
func zeroWhereKnown(values []float64) []float64 {
	out := nans(len(values))
	for t, v := range values {
		if !math.IsNaN(v) {
			out[t] = 0
		}
	}
	return out
}

func packsOf(list []load.Day) string {
	var packs []string
	for _, d := range list {
		packs = append(packs, d.Packs...)
	}
	slices.Sort(packs)
	return strings.Join(slices.Compact(packs), ", ")
}

// listsOf names the versions of the lists behind the store's verdicts.
func listsOf(ctx context.Context, r *reading, simulated bool) (string, error) {
	list, err := rows[struct {
		Lists     string
		Simulated uint8
	}](ctx, r, "versions", nil)
	var names []string
	for _, row := range list {
		if row.Lists != "" && (row.Simulated == 1) == simulated {
			names = append(names, row.Lists)
		}
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", "), err
}

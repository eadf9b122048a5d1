package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/banshift/banshift/load"
)

// asked is a question as one of the doors asks it.
type asked struct {
	by, query string
	params    map[string]string
}

// questions are what page, report, exports and notebooks ask of counts; exports take every country and day.
func questions() []asked {
	ru := func(more ...string) map[string]string {
		params := map[string]string{"country": "ru"}
		for i := 0; i < len(more); i += 2 {
			params[more[i]] = more[i+1]
		}
		return params
	}
	list := []asked{
		{"page", "coverage", nil},
		{"page", "daily_series", ru()},
		{"page", "daily_series", ru("tool", "openvpn")},
		{"page", "use_by_tool_day", ru()},
		{"report", "daily_series", nil},
		{"report", "daily_series", map[string]string{"service": "telegram"}},
		{"report", "use_by_network_day", ru()},
		{"report", "service_by_network", ru("service", "telegram")},
		{"report", "service_endpoints", ru()},
		{"report", "block_list", nil},
		{"report", "name_resolutions", ru("from", "2018-04-09", "to", "2018-05-13")},
		{"report", "other_failures", ru()},
		{"report", "service_users", ru("services", "['telegram','tamtam']")},
	}
	for _, name := range []string{"circumvention_share", "networks", "use_against_bans", "services", "use_by_tool_day", "use_by_network_day", "dns_interest", "counts_as_of"} {
		list = append(list, asked{"export", name, nil})
	}
	return list
}

// measure prints for each question the median and the 95th percentile of its warm times, and the time of the first answer
// of an engine that was just started.
func measure(ctx context.Context, o options) error {
	fmt.Println("| asked by | query | parameters | cold, ms | median, ms | p95, ms |\n|---|---|---|---|---|---|")
	for _, q := range questions() {
		times, err := ask(ctx, o, q)
		if err != nil {
			return fmt.Errorf("%s: %w", q.query, err)
		}
		cold := times[0]
		warm := slices.Sorted(slices.Values(times[1:]))
		fmt.Printf("| %s | `%s` | %s | %.0f | %.0f | %.0f |\n", q.by, q.query, written(q.params), ms(cold), ms(warm[len(warm)/2]), ms(warm[len(warm)*95/100]))
	}
	return nil
}

// ask asks a fresh engine once, and then again and again.
func ask(ctx context.Context, o options, q asked) ([]time.Duration, error) {
	store, err := load.Open(ctx, o.store, load.Options{})
	if err != nil {
		return nil, err
	}
	defer store.Close()
	times := make([]time.Duration, o.runs+1)
	for i := range times {
		began := time.Now()
		if err := store.Query(ctx, q.query, q.params, io.Discard, load.JSON); err != nil {
			return nil, err
		}
		times[i] = time.Since(began)
	}
	return times, nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func written(params map[string]string) string {
	var list []string
	for name, value := range params {
		list = append(list, name+"="+value)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

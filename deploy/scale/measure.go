package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/banshift/banshift/load"
)

// asked is a question as one of the doors asks it.
type asked struct {
	by     door
	query  string
	params map[string]string
}

// door is who asks.
type door string

const (
	page     door = "page"   // from the counts as they are; JSON
	reporter door = "report" // typed rows of daily_series, JSON otherwise
	exporter door = "export" // Parquet
)

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
		{page, "coverage", nil},
		{page, "daily_series", ru()},
		{page, "daily_series", ru("tool", "openvpn")},
		{page, "use_by_tool_day", ru()},
		{reporter, "daily_series", nil},
		{reporter, "daily_series", map[string]string{"service": "telegram"}},
		{reporter, "use_by_network_day", ru()},
		{reporter, "service_by_network", ru("service", "telegram")},
		{reporter, "service_endpoints", ru()},
		{reporter, "block_list", nil},
		{reporter, "name_resolutions", ru("from", "2018-04-09", "to", "2018-05-13")},
		{reporter, "other_failures", ru()},
		{reporter, "service_users", ru("services", "['telegram','tamtam']")},
	}
	for _, name := range []string{"circumvention_share", "networks", "use_against_bans", "services", "use_by_tool_day", "use_by_network_day", "dns_interest", "counts_as_of"} {
		list = append(list, asked{exporter, name, nil})
	}
	return list
}

// measure prints for each question the median and the 95th percentile of its warm times, the engine's processor time, and
// the time of the first answer of an engine that was just started.
func measure(ctx context.Context, o options) error {
	fmt.Println("| asked by | query | parameters | cold, ms | median, ms | p95, ms | processor, ms |\n|---|---|---|---|---|---|---|")
	for _, q := range questions() {
		if o.only != "" && o.only != q.query {
			continue
		}
		times, processor, err := ask(ctx, o, q)
		if err != nil {
			return fmt.Errorf("%s: %w", q.query, err)
		}
		cold := times[0]
		warm := slices.Sorted(slices.Values(times[1:]))
		fmt.Printf("| %s | `%s` | %s | %.0f | %.0f | %.0f | %.0f |\n", q.by, q.query, written(q.params),
			ms(cold), ms(warm[len(warm)/2]), ms(warm[(len(warm)*95+99)/100-1]), ms(processor)/float64(len(warm)))
	}
	return nil
}

// ask asks a fresh engine once, and then again and again. It gives the processor time that the engine took for the warm ones.
func ask(ctx context.Context, o options, q asked) (times []time.Duration, processor time.Duration, err error) {
	store, err := load.Open(ctx, o.store, load.Options{})
	if err != nil {
		return nil, 0, err
	}
	defer store.Close()
	if q.by == page {
		store.AnswerAsCounted()
	}
	times = make([]time.Duration, o.runs+1)
	var before time.Duration
	for i := range times {
		if i == 1 {
			before = processorTime(store.Engine().PID())
		}
		began := time.Now()
		if err := q.ask(ctx, store); err != nil {
			return nil, 0, err
		}
		times[i] = time.Since(began)
	}
	return times, processorTime(store.Engine().PID()) - before, nil
}

func (q asked) ask(ctx context.Context, store *load.Store) error {
	if q.by == exporter {
		return store.Query(ctx, q.query, q.params, io.Discard, load.Parquet)
	}
	if q.by == reporter && q.query == "daily_series" {
		_, err := store.Daily(ctx, q.params)
		return err
	}
	return store.Query(ctx, q.query, q.params, io.Discard, load.JSON)
}

// tick is the unit of processor time in /proc, which is the same on every Linux.
const tick = 10 * time.Millisecond

// processorTime is what a process has used so far, of all its threads; 0 where the system does not say.
func processorTime(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, fields, _ := strings.Cut(string(text), ") ")
	var user, system int64
	if list := strings.Fields(fields); len(list) > 12 {
		user, _ = strconv.ParseInt(list[11], 10, 64)
		system, _ = strconv.ParseInt(list[12], 10, 64)
	}
	return time.Duration(user+system) * tick
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

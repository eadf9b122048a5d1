package watch

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/banshift/banshift/load"
)

// world is how the use of a country is simulated without any event; every number is an assumption.
type world struct {
	users   float64 // an hour, on average
	phi, sd float64 // of an hour's noise, an AR(1) process of the logarithm
	dayPhi  float64 // of a day's noise
	daySD   float64
	growth  float64 // log units a day
	tools   []float64
}

var tools = []string{"openvpn", "wireguard", "tor"}

// standard is the world that the published rates are of.
func standard(users float64) world {
	return world{users: users, phi: .6, sd: .03, dayPhi: .6, daySD: .04, growth: .0005, tools: []float64{.6, .3, .1}}
}

// simulated gives the hours and days of a country. ban changes use from an hour on.
func simulated(w world, days int, seed uint64, ban func(h int) float64) (hours []load.WatchedHour, daily []load.Day) {
	random := rand.New(rand.NewPCG(seed, 2026))
	ar := func(state *float64, phi, sd float64) float64 {
		*state = phi**state + sd*math.Sqrt(1-phi*phi)*random.NormFloat64()
		return *state
	}
	var hourly, dayly, rest float64
	phase := random.Float64() * 24
	for d := range days {
		level := ar(&dayly, w.dayPhi, w.daySD) + w.growth*float64(d)
		if weekday := d % 7; weekday > 4 {
			level -= .1
		}
		holiday := 0.
		if random.Float64() < 10./365 {
			holiday = -.15 // nobody told the detector
		}
		sensors := uint64(10)
		outage := random.Float64() < 12./365 // a day in which three sensors of ten are off for some hours
		sum := 0.
		for h := range 24 {
			t := d*24 + h
			factor := ban(t)
			mean := w.users * math.Exp(level+holiday+.4*math.Sin(2*math.Pi*(float64(h)+phase)/24)+ar(&hourly, w.phi, w.sd)) * factor
			share, reporting := 1., sensors
			if outage && h >= 9 && h < 15 {
				share, reporting = .7, 7
			}
			x := load.WatchedHour{Hour: first.Add(time.Duration(t) * time.Hour), Exporters: reporting, Tools: map[string]uint64{}}
			for i, tool := range tools {
				n := poisson(random, share*mean*w.tools[i])
				x.Tools[tool] = n
				x.Clients += n
			}
			x.AllClients = x.Clients + poisson(random, share*9*w.users*math.Exp(.4*math.Sin(2*math.Pi*(float64(h)+phase)/24)+ar(&rest, .6, .02)))
			hours = append(hours, x)
			sum += mean
		}
		n := poisson(random, sum/3)
		daily = append(daily, load.Day{Country: "ru", Day: first.AddDate(0, 0, d), Clients: n, AllClients: n + poisson(random, 30*w.users), Fraction: 1})
	}
	return hours, daily
}

func poisson(random *rand.Rand, mean float64) uint64 {
	if mean > 200 {
		return uint64(max(0, math.Round(mean+math.Sqrt(mean)*random.NormFloat64())))
	}
	limit, n, p := math.Exp(-mean), uint64(0), random.Float64()
	for p > limit {
		p *= random.Float64()
		n++
	}
	return n
}

// alarmsOf runs a watcher over a country as if all of it came now.
func alarmsOf(t *testing.T, hours []load.WatchedHour, daily []load.Day) []load.Alarm {
	t.Helper()
	s := newStore()
	s.hours["ru"], s.daily = hours[:len(hours)-30*24], daily
	w := watcherOf(s)
	var all []load.Alarm
	// By the month, as a pass begins with ten weeks of history.
	for n := min(60*24, len(hours)); ; n = min(n+30*24, len(hours)) {
		s.hours["ru"] = hours[:n]
		all = append(all, pass(t, w)...)
		if n == len(hours) {
			return all
		}
	}
}

const warmup = 42 // days before anything is counted

// falseAlarms counts the alarms of years without events: of the whole country, and rows in all.
func falseAlarms(t *testing.T, users float64, years int, seed uint64) (whole, rows int) {
	for y := range years {
		hours, daily := simulated(standard(users), warmup+365, seed+uint64(y), func(int) float64 { return 1 })
		for _, a := range alarmsOf(t, hours, daily) {
			if a.Began.Before(first.AddDate(0, 0, warmup)) {
				continue
			}
			rows++
			if a.Within == "" && a.Tool == "" {
				whole++
			}
		}
	}
	return whole, rows
}

// delays gives the hours from each ban to the first alarm of a rise of the whole country within two days; NaN: none.
func delays(t *testing.T, users, factor float64, bans int, seed uint64) (list []float64) {
	random := rand.New(rand.NewPCG(seed, 1))
	for b := range bans {
		onset := warmup*24 + random.IntN(7*24)
		hours, daily := simulated(standard(users), warmup+10, seed+uint64(b), func(h int) float64 {
			if h >= onset {
				return factor
			}
			return 1
		})
		delay := math.NaN()
		for _, a := range alarmsOf(t, hours, daily) {
			since := a.Raised.Sub(first).Hours() - float64(onset)
			if a.Tool == "" && a.Kind == rise && since > 0 && since <= 48 && !(delay < since) {
				delay = since
			}
		}
		list = append(list, delay)
	}
	return list
}

// found is the share of bans that were found, and the median and 90th percentile of the hours that it took, of all bans.
func found(list []float64) (share float64, middle, most string) {
	sorted := slices.Clone(list)
	for i, x := range sorted {
		if math.IsNaN(x) {
			sorted[i] = math.Inf(1)
		} else {
			share += 1 / float64(len(list))
		}
	}
	slices.Sort(sorted)
	text := func(q float64) string {
		x := sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
		if math.IsInf(x, 1) {
			return "–"
		}
		return fmt.Sprintf("%.0f", x)
	}
	return share, text(.5), text(.9)
}

// rateFile is where the measurement is written, RUNS bans a cell.
const rateFile, rateRuns = "BANSHIFT_ALARM_RATE", "BANSHIFT_RUNS"

// TestAlarmRate counts alarms of country-years without events, of countries small and large, and how long bans take
// to be found. With BANSHIFT_ALARM_RATE=FILE it takes 20 years of each, and writes what docs/alerts.md shows.
func TestAlarmRate(t *testing.T) {
	runs, years, seed := 4, 1, uint64(1000)
	sizes, factors, onset := []float64{100, 10000}, []float64{3}, []float64{100, 1000}
	path := os.Getenv(rateFile)
	if path != "" {
		runs, years, seed = 100, 20, 1
		sizes, factors, onset = []float64{30, 100, 300, 1000, 10000}, []float64{1.25, 1.5, 2, 3}, []float64{30, 100, 1000}
	}
	if n, err := strconv.Atoi(os.Getenv(rateRuns)); err == nil {
		runs = n
	}
	var page bytes.Buffer
	fmt.Fprintf(&page, "| users an hour | country-years | alarms of the country | a country-year | rows in all, with tools |\n|---:|---:|---:|---:|---:|\n")
	total := 0
	for i, users := range sizes {
		whole, rows := falseAlarms(t, users, years, seed+uint64(i)*100)
		total += whole
		fmt.Fprintf(&page, "| %.0f | %d | %d | %.2f | %d |\n", users, years, whole, float64(whole)/float64(years), rows)
	}
	if total > len(sizes)*years {
		t.Errorf("%d false alarms in %d country-years, more than one a year", total, len(sizes)*years)
	}
	fmt.Fprintf(&page, "\n| use becomes | users an hour | bans | found within 48 h | median hours | of nine in ten |\n|---|---:|---:|---:|---:|---:|\n")
	for _, factor := range factors {
		for _, users := range onset {
			share, middle, most := found(delays(t, users, factor, runs, seed+7777))
			fmt.Fprintf(&page, "| %g times | %.0f | %d | %.0f %% | %s | %s |\n", factor, users, runs, 100*share, middle, most)
			if hours, err := strconv.Atoi(middle); factor == 3 && users >= 100 && (err != nil || hours > 3) {
				t.Errorf("three times as many of %.0f: found after %s hours", users, middle)
			}
		}
	}
	t.Logf("\n%s", page.String())
	if path != "" {
		replaceMeasured(t, path, page.String())
	}
}

// replaceMeasured puts the tables between the marks of a page.
func replaceMeasured(t *testing.T, path, tables string) {
	t.Helper()
	const begin, end = "<!-- measured -->\n", "<!-- end of what was measured -->\n"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no marks", path)
	}
	if err := os.WriteFile(path, []byte(before+begin+tables+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

package spike_test

import (
	"crypto/sha256"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/banshift/banshift/external/series"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
)

// readShared reads a series of the measurements' folder, or skips.
func readShared(t *testing.T, file, format, name string) []spike.Series {
	t.Helper()
	f, err := os.Open(shared(t, "data", "series", file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list, err := series.Read(f, series.Source{Format: format, Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// reporting says whether a country is of the part that results are reported on: half of the names, by a
// seeded hash. Rule and thresholds were chosen on the other half, on the days before those of panels.
func reporting(country string) bool {
	sum := sha256.Sum256([]byte("banshift-12" + country))
	return sum[len(sum)-1]%2 == 1
}

// site is a country-date on which nothing is known to have begun.
type site struct{ row, day int }

// level is the median of the 28 days before day, NaN where fewer than 20 have a value.
func level(s spike.Series, day int) float64 {
	var xs []float64
	for t := max(0, day-28); t < min(day, len(s.Values)); t++ {
		if !math.IsNaN(s.Values[t]) {
			xs = append(xs, s.Values[t])
		}
	}
	if len(xs) < 20 {
		return math.NaN()
	}
	return spike.Middle(xs)
}

// drawSites draws null dates in countries of 50 users and more, with 35 days after them.
func drawSites(rng *rand.Rand, list []spike.Series, first time.Time, n int) []site {
	var sites []site
	for tries := 0; len(sites) < n && tries < 200*n; tries++ {
		i := rng.IntN(len(list))
		s := list[i]
		day := rng.IntN(max(1, len(s.Values)-35))
		if s.Country == "" || !reporting(s.Country) || s.Start.AddDate(0, 0, day).Before(first) ||
			!(level(s, day) >= 50) || math.IsNaN(s.Values[day]) {
			continue
		}
		sites = append(sites, site{i, day})
	}
	return sites
}

// ask plants an effect of some days and asks for a ban there, through Analyze.
func ask(list []spike.Series, s site, effect float64, length int, cfg spike.Config) spike.Effect {
	date := list[s.row].Start.AddDate(0, 0, s.day)
	planted := around(list, date)
	own := slices.IndexFunc(planted, func(o spike.Series) bool { return o.Country == list[s.row].Country })
	day := int(date.Sub(planted[own].Start).Hours() / 24)
	for d := day; d < day+length; d++ {
		planted[own].Values[d] = math.Round(planted[own].Values[d] * (1 + effect))
	}
	var found spike.Effect
	spike.AskOne(planted, cfg, events.Event{ID: "x", Country: list[s.row].Country, Target: "X", Kind: events.Enforce,
		EnforcedAt: date.Format(time.DateOnly), EndedAt: date.AddDate(0, 0, length).Format(time.DateOnly), Precision: "day", TZ: "UTC"},
		func(e spike.Effect) { found = e })
	return found
}

// around cuts series to the days that an event on date looks at.
func around(list []spike.Series, date time.Time) []spike.Series {
	var cut []spike.Series
	for _, s := range list {
		at := int(date.Sub(s.Start).Hours() / 24)
		from, to := min(max(0, at-430), len(s.Values)), min(max(0, at+36), len(s.Values))
		if from >= to {
			continue
		}
		c := spike.Series{Name: s.Name, Country: s.Country, Start: s.Start.AddDate(0, 0, from), Values: slices.Clone(s.Values[from:to])}
		if s.Coverage != nil {
			c.Coverage = s.Coverage[from:to]
		}
		cut = append(cut, c)
	}
	return cut
}

// panels are the shared series, each with the first day of its reporting part.
var panels = []struct {
	file, format, name string
	first              time.Time
}{
	{"tor-bridge-users-2018-2020.csv", "tor-userstats", "tor-bridge-users", time.Date(2019, 3, 1, 0, 0, 0, 0, time.UTC)},
	{"tor-direct-users-2009-2011.csv", "csv", "tor-direct-users", time.Date(2010, 9, 1, 0, 0, 0, 0, time.UTC)},
}

// sitesAsked is how many dates are asked: BANSHIFT_SITES, as published 40, or 10.
func sitesAsked(t *testing.T) int {
	t.Helper()
	text := os.Getenv("BANSHIFT_SITES")
	if text == "" {
		return 10
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("BANSHIFT_SITES: %v", err)
	}
	return n
}

// TestRealPlanted publishes power, error and coverage on the reporting part.
func TestRealPlanted(t *testing.T) {
	if testing.Short() {
		t.Skip("minutes of panels")
	}
	for _, c := range panels {
		t.Run(c.name, func(t *testing.T) {
			list := readShared(t, c.file, c.format, c.name)
			sites := drawSites(rand.New(rand.NewPCG(12, 1)), list, c.first, sitesAsked(t))
			for _, p := range []struct {
				effect float64
				length int
				want   float64
			}{{.25, 28, .18}, {.5, 28, .55}, {1, 28, .75}, {1, 2, .35}} {
				planted(t, list, sites, p.effect, p.length, p.want)
			}
		})
	}
}

// planted asks about one effect at every site.
func planted(t *testing.T, list []spike.Series, sites []site, effect float64, length int, want float64) {
	t.Helper()
	grades := map[spike.Grade]int{}
	squares, others, covered, n := 0.0, 0.0, 0, 0
	for _, s := range sites {
		e := ask(list, s, effect, length, fastConfig())
		grades[e.Grade]++
		if e.EffectLog == nil || e.CILow == nil || e.CIHigh == nil || e.Control.EffectLog == nil {
			continue
		}
		n++
		off, other := *e.EffectLog-math.Log1p(effect), *e.Control.EffectLog-math.Log1p(effect)
		squares, others = squares+off*off, others+other*other
		if *e.CILow <= 100*effect && 100*effect <= *e.CIHigh {
			covered++
		}
	}
	share := float64(grades[spike.Supported]) / float64(len(sites))
	t.Logf("%+.0f %%, %d days: %v of %d, supported %.0f %%, RMSE %.3f (28 days' weekdays %.3f), covered %.0f %%", 100*effect, length, grades, len(sites),
		100*share, math.Sqrt(squares/float64(n)), math.Sqrt(others/float64(n)), 100*float64(covered)/float64(n))
	if slack := 2 * math.Sqrt(want*(1-want)/float64(len(sites))); share < want-slack {
		t.Errorf("%+.0f %%, %d days: supported %.0f %%, want at least %.0f %%", 100*effect, length, 100*share, 100*want)
	}
}

// TestRealNulls publishes size and false grades on the reporting part.
func TestRealNulls(t *testing.T) {
	for _, c := range panels {
		t.Run(c.name, func(t *testing.T) { nulls(t, readShared(t, c.file, c.format, c.name), c.first, fastConfig()) })
	}
}

// nulls asks on every second date of every country of the reporting part.
func nulls(t *testing.T, list []spike.Series, first time.Time, cfg spike.Config) {
	t.Helper()
	start, end := list[0].Start, list[0].Start
	for _, s := range list {
		if s.Start.Before(start) {
			start = s.Start
		}
		if last := s.Start.AddDate(0, 0, len(s.Values)); last.After(end) {
			end = last
		}
	}
	n, supported, up, down, strict := 0, 0, 0, 0, 0
	spike.Brief(list, cfg, int(first.Sub(start).Hours()/24), int(end.Sub(start).Hours()/24)-8, 2,
		func(country string, _ time.Time, level float64) bool { return reporting(country) && level >= 50 },
		func(e spike.Effect) {
			if e.PTime == nil || e.EffectLog == nil {
				return
			}
			n++
			if e.Grade == spike.Supported {
				supported++
				t.Logf("%s %s %+.0f %%, score %.1f", e.Country, e.Date, *e.EffectPct, *e.Score)
				if *e.Score >= 3.6 {
					strict++
				}
			}
			if *e.PTime <= .025 {
				up++
			}
			if *e.CIHigh < 0 {
				down++
			}
		})
	share := func(k int) float64 { return 100 * float64(k) / float64(n) }
	t.Logf("%d null country-dates: supported %.2f %% (strict %.2f %%), p <= .025 for a rise %.2f %%, interval under zero %.2f %%",
		n, share(supported), share(strict), share(up), share(down))
	if share(supported) > .6 {
		t.Errorf("supported on %.2f %% of null country-dates", share(supported))
	}
}

// TestKnownAnswers asks about bans whose answer is known.
func TestKnownAnswers(t *testing.T) {
	bridge := readShared(t, "tor-bridge-users-2018-2020.csv", "tor-userstats", "tor-bridge-users")
	direct := readShared(t, "tor-direct-users-2009-2011.csv", "csv", "tor-direct-users")
	for _, c := range []struct {
		list                         []spike.Series
		country, target, date, ended string
		grade                        spike.Grade
	}{
		{bridge, "ru", "Telegram", "2018-04-16", "", spike.Supported},
		{bridge, "ir", "Telegram", "2018-04-30", "", spike.Supported},
		{bridge, "lk", "Facebook", "2019-04-21", "2019-04-30", spike.Supported},
		{bridge, "ve", "YouTube", "2019-04-30", "2019-05-02", spike.Supported},
		{direct, "ir", "Tor", "2011-01-08", "", spike.Supported},
		{direct, "ir", "Tor", "2011-01-09", "", spike.Supported},
	} {
		spike.AskOne(c.list, fastConfig(), events.Event{ID: "x", Country: c.country, Target: c.target, Kind: events.Enforce, EnforcedAt: c.date, EndedAt: c.ended,
			Precision: "day", TZ: "UTC"}, func(e spike.Effect) {
			t.Logf("%s %s: %s %+.0f %% (%+.0f to %+.0f), score %.1f %q", c.country, c.date, e.Grade, *e.EffectPct, *e.CILow, *e.CIHigh, *e.Score, e.Reasons)
			if e.Grade != c.grade {
				t.Errorf("%s %s: %s, want %s", c.country, c.date, e.Grade, c.grade)
			}
		})
	}
}

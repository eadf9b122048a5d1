package spike_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/banshift/banshift/transform/spike"
)

// quietCountries are the series of the countries in which no ban is known.
func quietCountries(t *testing.T) []spike.Series {
	t.Helper()
	var quiet []spike.Series
	for _, s := range torBridgeUsers(t) {
		if s.Country != "" && s.Country != "ru" {
			quiet = append(quiet, s)
		}
	}
	return quiet
}

// fastConfig is the procedure with fewer bootstrap replicates.
func fastConfig() spike.Config {
	cfg := spike.DefaultConfig()
	cfg.Replicates = 200
	return cfg
}

// TestNullDates asks for a ban on every date in every country to which nothing is known to have
// happened, and publishes what the procedure says.
func TestNullDates(t *testing.T) {
	quiet := quietCountries(t)
	cfg := fastConfig()
	counts := map[spike.Grade]int{}
	n := 0
	spike.EachDate(quiet, cfg, "", 103, len(quiet[0].Values)-cfg.AfterDays, func(e spike.Effect) {
		n++
		counts[e.Grade]++
		if e.Grade == spike.Supported {
			t.Logf("null supported: %s %s %+.2f %q", e.Country, e.Date, *e.EffectLog, e.Reasons)
		}
	})
	share := float64(counts[spike.Supported]) / float64(n)
	t.Logf("%d null country-dates: %v, supported %.2f %%", n, counts, 100*share)
	if share > .004 {
		t.Errorf("%.2f %% of the null country-dates are supported, want at most .4 %%", 100*share)
	}
}

// TestFalseAlarms counts the detector's episodes in the countries without a ban.
func TestFalseAlarms(t *testing.T) {
	quiet := quietCountries(t)
	got, err := spike.Analyze(quiet, nil, spike.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	days := 0
	for _, s := range quiet {
		days += len(s.Values) - 28 - 14
	}
	rate := float64(len(got.Alarms)) / (float64(days) / 365)
	t.Logf("%d alarms in %.1f country-years: %.2f a country-year", len(got.Alarms), float64(days)/365, rate)
	if rate > .40 {
		t.Errorf("%.2f false alarms a country-year, want at most .40", rate)
	}
}

// TestJointJump asks for a ban in each country around the days of May 2018 on which every
// country jumped: none may be supported.
func TestJointJump(t *testing.T) {
	quiet := quietCountries(t)
	spike.EachDate(quiet, fastConfig(), "", 127, 131, func(e spike.Effect) { // 8 to 11 May
		if e.Grade == spike.Supported {
			t.Errorf("%s on %s: supported, %q", e.Country, e.Date, e.Reasons)
		}
	})
}

// TestPlantedRise raises two weeks of a quiet country and publishes how often that is found.
func TestPlantedRise(t *testing.T) {
	quiet := quietCountries(t)
	rng := rand.New(rand.NewPCG(7, 7))
	for _, c := range []struct{ effect, want float64 }{{.2, 0}, {.4, .2}, {.8, .6}} {
		const tries = 20
		found := 0
		for range tries {
			i, day := rng.IntN(len(quiet)), 103+rng.IntN(20)
			spike.EachDate(plant(quiet, i, day, c.effect), fastConfig(), quiet[i].Country, day, day+1, func(e spike.Effect) {
				if e.Grade == spike.Supported {
					found++
				}
			})
		}
		t.Logf("planted rise of log %.1f for 14 days: supported in %d of %d", c.effect, found, tries)
		if float64(found) < c.want*tries {
			t.Errorf("log %.1f: supported in %d of %d, want at least %.0f %%", c.effect, found, tries, 100*c.want)
		}
	}
}

// plant raises 14 days of series i from day on.
func plant(list []spike.Series, i, day int, effect float64) []spike.Series {
	out := append([]spike.Series(nil), list...)
	values := append([]float64(nil), list[i].Values...)
	for t := day; t < min(day+14, len(values)); t++ {
		values[t] *= math.Exp(effect)
	}
	out[i].Values = values
	return out
}

// TestPlantedShortRise raises one to four days of a quiet country of at least 100 users by 30 to
// 200 % and publishes how often the detector is in alarm from a day before to six after.
func TestPlantedShortRise(t *testing.T) {
	quiet := quietCountries(t)
	rng := rand.New(rand.NewPCG(11, 11))
	const tries = 120
	var found, asked [5]int
	for range tries {
		i, day, n := rng.IntN(len(quiet)), 60+rng.IntN(105), 1+rng.IntN(4)
		if quiet[i].Values[day-1] < 100 {
			continue
		}
		list := append([]spike.Series(nil), quiet...)
		values := append([]float64(nil), list[i].Values...)
		factor := 1.3 + 1.7*rng.Float64()
		for d := day; d < min(day+n, len(values)); d++ {
			values[d] *= factor
		}
		list[i].Values = values
		got, err := spike.Analyze(list, nil, fastConfig())
		if err != nil {
			t.Fatal(err)
		}
		asked[n]++
		from, to := quiet[i].Start.AddDate(0, 0, day-1).Format(time.DateOnly), quiet[i].Start.AddDate(0, 0, day+6).Format(time.DateOnly)
		if slices.ContainsFunc(got.Alarms, func(a spike.Alarm) bool {
			return a.Country == quiet[i].Country && a.Direction == spike.Up && a.Date <= to && a.Until >= from
		}) {
			found[n]++
		}
	}
	for n := 1; n <= 4; n++ {
		t.Logf("a rise of %d days: alarm in %d of %d", n, found[n], asked[n])
	}
	if 3*found[2] < asked[2] {
		t.Errorf("a rise of two days is found in %d of %d", found[2], asked[2])
	}
}

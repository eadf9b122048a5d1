package spike_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/banshift/banshift/external/series"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
	"github.com/banshift/banshift/transform/spike/calibrate"
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

// panels are the shared series, each with the first day of its reporting part, and the first one of the days before that
// of which, in the countries of that part, nothing had been measured.
var panels = []struct {
	file, format, name string
	first, clean       time.Time
}{
	{"tor-bridge-users-2018-2020.csv", "tor-userstats", "tor-bridge-users", time.Date(2019, 3, 1, 0, 0, 0, 0, time.UTC), time.Date(2018, 7, 1, 0, 0, 0, 0, time.UTC)},
	{"tor-direct-users-2009-2011.csv", "csv", "tor-direct-users", time.Date(2010, 9, 1, 0, 0, 0, 0, time.UTC), time.Time{}},
}

// TestCurve measures false grades and power, on the part of the shared series on which the rule was chosen and on the
// other, and writes them to the file that BANSHIFT_CALIBRATION names. Where it names none, every fourth of the planted dates and
// every third of the others do: windows of neighbouring dates share most of their days.
func TestCurve(t *testing.T) {
	if testing.Short() {
		t.Skip("minutes of panels")
	}
	catalogue, err := events.Load("")
	if err != nil {
		t.Fatal(err)
	}
	path := os.Getenv("BANSHIFT_CALIBRATION")
	step, nulls := 7, 1
	if path == "" {
		step, nulls = 29, 3 // no multiples of a week: on all its days
	}
	var b strings.Builder
	b.WriteString(curveIntro + "\n\n")
	for _, c := range panels {
		list := readShared(t, c.file, c.format, c.name)
		first := func(country string) bool { return !reporting(country) }
		for _, part := range []struct {
			name        string
			countries   func(string) bool
			from, until time.Time
			half        float64 // of the rises by half, in percent, that have to be supported
		}{
			{"the part on which the rule was chosen", first, time.Time{}, c.first, 0},
			{"the other part: other countries, later days", reporting, c.first, time.Time{}, 50},
			{"clean: the first part's countries, later days", first, c.first, time.Time{}, 40},
			{"clean: the other part's countries, earlier days", reporting, c.clean, c.first, 40},
		} {
			panel := calibrate.Panel{Series: list, Catalogue: catalogue, Step: step, NullStep: nulls, Countries: part.countries, From: part.from, Until: part.until}
			curve, err := panel.Measure(t.Context(), fastConfig(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := curve.WriteMarkdown(&b, c.name+", "+part.name); err != nil {
				t.Fatal(err)
			}
			if curve.FalselySupported(3) > .5 || curve.Half(3) < part.half {
				t.Errorf("%s, %s: falsely supported %.2f %%, +50 %% supported %.0f %%", c.name, part.name, curve.FalselySupported(3), curve.Half(3))
			}
		}
	}
	t.Log("\n" + b.String())
	if path != "" {
		if err := os.WriteFile(path, []byte(strings.TrimSpace(b.String())+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// curveIntro heads the page.
const curveIntro = `# Power against false grades, on real series

Two panels of daily users of Tor, by country, each split by a seeded hash of the country's name and by date. The rule and all constants of the score were chosen on one part; of the other,
results of an earlier rule had been seen. The threshold was 2.75 by the first part and was raised to 3 after .44 % of null dates passed it in the second. Dates within 21 days of a catalogued event of the country are left out, countries have 50 users and more, and what else happened there counts as nothing.
The two parts that are called clean are the other two quarters of each panel: the countries on which the rule was chosen, on later days, and the other countries, on earlier ones (of the bridges from July 2018 on; the
half-year before had been looked at in all countries). No false grade, power or error had been computed on them when they were added, with the rule as it is and only once; nothing was changed
after. What had been seen of them: the series themselves are public, the catalogue's bans inside them had been asked about (of Venezuela on 2019-04-30 and others in [what bans do](what-bans-do.md)), and a country's noise
and a day's shocks are shared with the parts that had been seen.
In November 2026 the page was made again, when the catalogue had grown from 206 to 581 events: their days count as null no longer. The rule was not changed.
A row is what would be supported if the score asked for were that; all other reasons stay. The oracle knows of each country the score that .4 % of its own null dates of the same days pass.

Made by "make calibrate" (BANSHIFT_CALIBRATION=docs/calibration.md go test ./transform/spike -run TestCurve). Simulated panels of which everything is known are in [another page](calibration-simulated.md).`

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

// TestCourseOnNullDates publishes how often the intervals of the course hold nothing where nothing is known to have happened, on
// the part of the shared bridges on which results are reported, in countries of 50 users and more.
func TestCourseOnNullDates(t *testing.T) {
	if testing.Short() {
		t.Skip("minutes of panels")
	}
	list := readShared(t, "tor-bridge-users-2018-2020.csv", "tor-userstats", "tor-bridge-users")
	cfg := fastConfig()
	cfg.Course = true
	covered, of := map[string]int{}, map[string]int{}
	note := func(what string, low, high *float64) {
		if low == nil || high == nil {
			return
		}
		of[what]++
		if *low <= 0 && 0 <= *high {
			covered[what]++
		}
	}
	first := int(panels[0].first.Sub(list[0].Start).Hours() / 24)
	for n := range 8 {
		at := first + 27*n
		spike.EachDate(list, cfg, "", at, at+1, func(e spike.Effect) {
			if c := e.Course; c != nil && reporting(e.Country) && e.PCount == nil {
				note("excess", c.Excess.CILow, c.Excess.CIHigh)
				for _, r := range c.Remaining {
					note(fmt.Sprintf("after %d weeks", r.Weeks), r.CILow, r.CIHigh)
				}
				for _, d := range c.Days {
					if d.Day == 7 {
						note("day 7", d.CILow, d.CIHigh)
					}
				}
				if c.PreTrend.P != nil {
					of["trend before"]++
					if *c.PreTrend.P > .05 {
						covered["trend before"]++
					}
				}
			}
		})
	}
	for _, what := range []string{"excess", "day 7", "after 4 weeks", "after 8 weeks", "after 26 weeks", "trend before"} {
		share := 100 * float64(covered[what]) / float64(of[what])
		t.Logf("%s: nothing is inside on %.1f %% of %d", what, share, of[what])
		if of[what] > 100 && share < 85 {
			t.Errorf("%s: nothing is inside on %.1f %% of %d", what, share, of[what])
		}
	}
}

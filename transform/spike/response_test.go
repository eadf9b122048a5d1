package spike_test

import (
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
)

// dosed is an event whose doses in addresses come so many days after it.
func dosed(id string, kind events.Kind, at int, days []int, amounts []float64) events.Event {
	e := event(id, "aa", id, kind, at)
	for n, day := range days {
		e.Doses = append(e.Doses, events.Dose{Date: firstDay.AddDate(0, 0, at+day).Format(time.DateOnly), Amount: amounts[n], Unit: events.Addresses, Source: "a register"})
	}
	return e
}

func jointOf(t *testing.T, list []spike.Series, id string, catalogue ...events.Event) (spike.Effect, *spike.Joint) {
	t.Helper()
	result, err := spike.AnalyzeEvent(list, catalogue, id, fastConfig())
	if err != nil {
		t.Fatal(err)
	}
	e := find(t, result, id, "aa")
	if e.Joint == nil {
		t.Fatalf("%s has no joint estimate: %q", id, e.Reasons)
	}
	return e, e.Joint
}

// TestStepsFollowTheDose blocks 2 million addresses, 12 million two days later and 4 million three days after that, and lifts
// 6 million of them 16 days later by another event of the same order: each million is worth 3 % of log users.
func TestStepsFollowTheDose(t *testing.T) {
	const at, slope = 420, .03
	list := world(77, 40, 470, 5000)
	days, amounts := []int{0, 2, 5, 21}, []float64{2e6, 12e6, 4e6, -6e6}
	for n, day := range days {
		scale(list, 0, at+day, 470, math.Exp(slope*amounts[n]/1e6))
	}
	ban, lifted := dosed("ban", events.Enforce, at, days[:3], amounts[:3]), dosed("lifted", events.Unblock, at+21, []int{0}, amounts[3:])
	ban.Order, lifted.Order = "one", "one"
	for _, id := range []string{"ban", "lifted"} {
		e, j := jointOf(t, list, id, ban, lifted)
		if len(j.Steps) != 4 {
			t.Fatalf("%s: %d stages: %+v", id, len(j.Steps), j.Steps)
		}
		for n, s := range j.Steps {
			want := 100 * math.Expm1(slope*amounts[n]/1e6)
			if len(s.Doses) == 0 || s.Doses[0].Amount != amounts[n] || math.Abs(*s.EffectPct-want) > 8 || !(*s.CILow < want && want < *s.CIHigh) {
				t.Errorf("%s: stage %d: %+.1f (%+.1f to %+.1f) of %+v, want %+.1f", id, n, *s.EffectPct, *s.CILow, *s.CIHigh, s.Doses, want)
			}
		}
		r := j.Response
		if r == nil || r.SlopeLog == nil || r.Per != 1e7 || r.Stages != 4 || r.Unit != events.Addresses {
			t.Fatalf("%s: %+v", id, r)
		}
		if got := *r.SlopeLog / 10; math.Abs(got-slope) > .008 || !(*r.CILow > 0) || !(*r.CILow < 100*math.Expm1(10*slope) && 100*math.Expm1(10*slope) < *r.CIHigh) {
			t.Errorf("%s: slope %.4f a million (%+.1f to %+.1f), want %.2f", id, got, *r.CILow, *r.CIHigh, slope)
		}
		if text := strings.Join(e.Reasons, "\n"); !strings.Contains(text, "for each 10,000,000 addresses more the step differs by") || !strings.Contains(text, "+12,000,000 addresses") {
			t.Errorf("%s: %s", id, text)
		}
	}
}

// TestWhatADoseResponseNeeds says what is missing, case by case.
func TestWhatADoseResponseNeeds(t *testing.T) {
	const at = 420
	services := func(id, target string, day int) events.Event {
		e := event(id, "aa", target, events.Enforce, at+day)
		return e
	}
	for name, c := range map[string]struct {
		catalogue []events.Event
		unit      events.Unit
		want      string
	}{
		"two stages": {[]events.Event{dosed("ban", events.Enforce, at, []int{0, 3}, []float64{1, 5})}, events.Addresses,
			"2 different doses are known (addresses), and 3 steps with different doses are needed"},
		"three of the same dose": {[]events.Event{dosed("ban", events.Enforce, at, []int{0, 3, 5}, []float64{4, 4, 4})}, events.Addresses,
			"1 dose is known (addresses)"},
		"no dose at all": {[]events.Event{{ID: "ban", Country: "aa", Target: "Internet", TargetType: "internet", Kind: events.Shutdown, EnforcedAt: firstDay.AddDate(0, 0, at).Format(time.DateOnly), Precision: "day", TZ: "UTC"},
			{ID: "more", Country: "aa", Target: "mobile Internet", TargetType: "mobile_internet", Kind: events.Shutdown, EnforcedAt: firstDay.AddDate(0, 0, at+2).Format(time.DateOnly), Precision: "day", TZ: "UTC"}}, "",
			"no step has both a dose and an effect"},
		"services by their names": {[]events.Event{services("ban", "One", 0), services("b", "One, Two and Three", 3), services("c", "Four, Five", 6)}, events.Services,
			"for each 1 service more the step differs by"},
	} {
		t.Run(name, func(t *testing.T) {
			e, j := jointOf(t, world(78, 40, 470, 5000), "ban", c.catalogue...)
			if text := strings.Join(e.Reasons, "\n"); !strings.Contains(text, c.want) || j.Response.Unit != c.unit {
				t.Errorf("%q not in %q; %+v", c.want, text, j.Response)
			}
		})
	}
}

// TestStagesThatAreKnownTogetherOnly leaves the days between two stages out.
func TestStagesThatAreKnownTogetherOnly(t *testing.T) {
	const at = 420
	list := world(79, 40, 470, 5000)
	scale(list, 0, at, 470, 1.2)
	scale(list, 0, at+3, 470, 1.5)
	for day := at; day < at+3; day++ {
		list[0].Values[day] = math.NaN()
	}
	ban := dosed("ban", events.Enforce, at, []int{0, 3, 8}, []float64{1e6, 2e6, 3e6})
	e, j := jointOf(t, list, "ban", ban)
	if len(j.Steps) != 2 || j.Steps[0].Date == j.Steps[0].Through || j.Steps[0].Through == "" || j.Steps[0].Doses[0].Amount != 3e6 {
		t.Fatalf("%+v", j.Steps)
	}
	if got := *j.Steps[0].EffectPct; math.Abs(got-80) > 10 {
		t.Errorf("the two together %+.1f, want about 80", got)
	}
	if text := strings.Join(e.Reasons, "\n"); !strings.Contains(text, "are known together only: too few days between them have a value") {
		t.Error(text)
	}
}

// TestOneStageIsNoEpisode has nothing said that was not said of an event with one day.
func TestOneStageIsNoEpisode(t *testing.T) {
	const at = 420
	list := world(80, 30, 470, 2000)
	ask := func(e events.Event) spike.Effect {
		result, err := spike.AnalyzeEvent(list, []events.Event{e}, "ban", fastConfig())
		if err != nil {
			t.Fatal(err)
		}
		return find(t, result, "ban", "aa")
	}
	plain, with := ask(event("ban", "aa", "ban", events.Enforce, at)), ask(dosed("ban", events.Enforce, at, []int{0}, []float64{1e6}))
	if plain.Joint != nil || with.Joint != nil || strings.Join(plain.Reasons, "\n") != strings.Join(with.Reasons, "\n") {
		t.Errorf("%+v\n%+v", plain, with)
	}
}

// shapes are the episodes whose slope is measured: the days of their stages and what each puts in force, in millions of addresses.
var shapes = []struct {
	name  string
	days  []int
	doses []float64
}{
	{"days 0, 1 and 3; 2, 14 and 3 million", []int{0, 1, 3}, []float64{2, 14, 3}},
	{"days 0, 3, 6 and 12; 1, 8, 4 and -6 million", []int{0, 3, 6, 12}, []float64{1, 8, 4, -6}},
}

// slopes measures the share of intervals over and under the truth, and of those over zero, with steps of slope a million
// and level more in each.
func slopes(list []spike.Series, want func(string, time.Time, float64) bool, dates []int, days []int, doses []float64, level, slope float64) (n int, over, under, found float64) {
	steps, amounts := make([]float64, len(doses)), make([]float64, len(doses))
	for k, dose := range doses {
		steps[k], amounts[k] = level+slope*dose, dose*1e6
	}
	spike.EachEpisode(list, fastConfig(), want, dates, spike.Staged{Days: days, Doses: amounts, Steps: steps}, func(j *spike.Joint) {
		r := j.Response
		if r.CILow == nil || r.CIHigh == nil {
			return
		}
		n++
		truth := 100 * math.Expm1(slope*r.Per/1e6)
		for _, c := range []struct {
			is  bool
			sum *float64
		}{{*r.CILow > truth, &over}, {*r.CIHigh < truth, &under}, {*r.CILow > 0, &found}} {
			if c.is {
				*c.sum++
			}
		}
	})
	over, under, found = 100*over/float64(n), 100*under/float64(n), 100*found/float64(n)
	return n, over, under, found
}

// TestSlopeOnSimulatedPanels measures size and power of the slope in quiet countries and in restless ones, whose days
// depend on the days before; BANSHIFT_EVERY_DATE=1 asks on four times as many dates.
func TestSlopeOnSimulatedPanels(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds of panels")
	}
	dates := []int{500}
	if os.Getenv("BANSHIFT_EVERY_DATE") != "" {
		dates = []int{420, 500, 580, 660}
	}
	rng := rand.New(rand.NewPCG(12, 4))
	restless := world(81, 30, 700, 1000)
	for i := range restless {
		x := 0.0
		for day := range restless[i].Values {
			x = .75*x + .1*rng.NormFloat64()
			restless[i].Values[day] *= math.Exp(x)
		}
	}
	all := func(string, time.Time, float64) bool { return true }
	for _, panel := range []struct {
		name  string
		list  []spike.Series
		power float64
	}{{"quiet", world(81, 30, 700, 1000), 90}, {"restless", restless, 25}} {
		for _, s := range shapes {
			for _, c := range []struct {
				what         string
				level, slope float64
			}{{"nothing", 0, 0}, {"the same step of 20 % in all", .18, 0}, {"2 % for each million", 0, .02}, {"4 % for each million", 0, .04}} {
				n, over, under, found := slopes(panel.list, all, dates, s.days, s.doses, c.level, c.slope)
				t.Logf("%s; %s; %s: of %d, truth under the interval %.1f %%, over it %.1f %%, interval over zero %.1f %%", panel.name, s.name, c.what, n, over, under, found)
				if over > 10 || under > 10 || c.slope == .04 && found < panel.power {
					t.Errorf("%s; %s; %s: %.1f and %.1f %% beside the truth, found %.1f %%", panel.name, s.name, c.what, over, under, found)
				}
			}
		}
	}
}

// TestSlopeOnNullDates asks for it where nothing is catalogued in real series; BANSHIFT_EVERY_DATE=1 asks every four weeks, and plants.
func TestSlopeOnNullDates(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds of panels")
	}
	catalogue, err := events.Load("")
	if err != nil {
		t.Fatal(err)
	}
	every, step := os.Getenv("BANSHIFT_EVERY_DATE") != "", 91
	if every {
		step = 28
	}
	for _, c := range panels {
		list := readShared(t, c.file, c.format, c.name)
		clear := func(country string, day time.Time, level float64) bool {
			if !(level >= 50) {
				return false
			}
			for _, e := range catalogue {
				if d := day.Sub(e.Date()).Hours() / 24; e.Country == country && e.Precision != "month" && d > -35 && d < 21 {
					return false
				}
			}
			return true
		}
		var dates []int
		for at := 180; at < len(list[0].Values)-21; at += step {
			dates = append(dates, at)
		}
		for _, s := range shapes {
			for _, slope := range []float64{0, .02, .04} {
				if slope > 0 && !every {
					continue
				}
				n, over, under, found := slopes(list, clear, dates, s.days, s.doses, 0, slope)
				t.Logf("%s; %s; %g a million: of %d, truth under the interval %.1f %%, over it %.1f %%, interval over zero %.1f %%", c.name, s.name, slope, n, over, under, found)
				if over > 6 || under > 6 {
					t.Errorf("%s; %s: %.1f and %.1f %% beside the truth of %d", c.name, s.name, over, under, n)
				}
			}
		}
	}
}

package spike_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
	"github.com/banshift/banshift/transform/spike/calibrate"
)

// hourly is a panel with hours and its ban.
func hourly(seed uint64, effect float64, hours int) ([]spike.Series, events.Event) {
	c := calibrate.HourCell{Level: 200, Phi: .8, Noise: .08, Wander: .06, Effect: effect, BanHours: hours, Countries: 8, Days: 130}
	return c.Draw(rand.New(rand.NewPCG(seed, 9)))
}

func byHour(t *testing.T, list []spike.Series, catalogue []events.Event, change func(*spike.Config)) spike.Effect {
	t.Helper()
	cfg := fastConfig()
	cfg.Hours = true
	if change != nil {
		change(&cfg)
	}
	result, err := spike.AnalyzeOwnEvent(list, catalogue, "ban", cfg)
	if err != nil {
		t.Fatal(err)
	}
	return result.Effects[0]
}

func TestShortShutdownShowsByTheHour(t *testing.T) {
	list, ban := hourly(1, -.6, 5)
	e := byHour(t, list, []events.Event{ban}, nil)
	h := e.Hours
	if e.Grade == spike.Supported {
		t.Error("five hours are supported by the day: the case shows nothing")
	}
	if h == nil || h.Grade != spike.Supported || h.WindowHours != 3 || h.Direction != spike.Down {
		t.Fatalf("by the hour %+v, want a supported drop of 3 hours", h)
	}
	if *h.BeganHours != 0 || !(*h.CILow < -60 && -60 < *h.CIHigh) {
		t.Errorf("began %+d hours from the onset, interval %.1f to %.1f; want 0, and -60 inside", *h.BeganHours, *h.CILow, *h.CIHigh)
	}
}

func TestHoursChangeNothingByTheDay(t *testing.T) {
	list, ban := hourly(2, 1, 24)
	asked := byHour(t, list, []events.Event{ban}, nil)
	plain := byHour(t, list, []events.Event{ban}, func(c *spike.Config) { c.Hours = false })
	if asked.Hours == nil || plain.Hours != nil {
		t.Fatal("hours are there where they are not asked for, or not where they are")
	}
	asked.Hours = nil
	if fmt.Sprint(asked.Reasons, *asked.EffectLog, asked.Grade) != fmt.Sprint(plain.Reasons, *plain.EffectLog, plain.Grade) {
		t.Errorf("by the day %v with hours, %v without", asked.Reasons, plain.Reasons)
	}
}

// TestHoursAgainstSlowOnes compares the change by the hour with one that is worked out directly, without sums, gauges or panels.
func TestHoursAgainstSlowOnes(t *testing.T) {
	for seed := range uint64(4) {
		list, ban := hourly(10+seed, .5, 12)
		random := rand.New(rand.NewPCG(seed, 3))
		for i := range list {
			for range 200 {
				list[i].Hours.Values[random.IntN(len(list[i].Hours.Values))] = math.NaN()
			}
		}
		if seed%2 == 1 { // an onset inside an hour: that hour is in no window
			at, _ := ban.OnsetTime()
			ban.EnforcedAt = at.Add(20 * time.Minute).Format("2006-01-02T15:04")
		}
		h := byHour(t, list, []events.Event{ban}, func(c *spike.Config) { c.WindowHours = 12 }).Hours
		onset, _ := ban.OnsetTime()
		from := int(onset.Sub(list[0].Start).Hours())
		to := from + int(seed%2)
		own, controls := 0.0, []float64{}
		for i, s := range list {
			change := slowMean(s.Hours.Values, to, to+12) - slowMean(s.Hours.Values, from-24, from)
			if i == 0 {
				own = change
				continue
			}
			controls = append(controls, change)
		}
		slices.Sort(controls)
		middle := (controls[(len(controls)-1)/2] + controls[len(controls)/2]) / 2
		if h.EffectLog == nil || math.Abs(*h.EffectLog-(own-middle)) > 2e-6 {
			t.Errorf("seed %d: %v by the hour, %.6f worked out slowly (%v)", seed, h.EffectLog, own-middle, h.Reasons)
		}
	}
}

// slowMean is the mean of the hours [from, to) of log values without their usual deviation from the week around them.
func slowMean(values []float64, from, to int) float64 {
	var all []float64
	for t := from; t < to; t++ {
		var usual []float64
		for week := 1; week <= 8; week++ {
			at := t - 168*week
			if at-84 < 0 {
				break
			}
			sum, n := 0.0, 0
			for _, v := range values[at-84 : at+84] {
				if !math.IsNaN(v) {
					sum, n = sum+slowLog(v), n+1
				}
			}
			if v := values[at]; !math.IsNaN(v) {
				usual = append(usual, slowLog(v)-sum/float64(n))
			}
		}
		slices.Sort(usual)
		if v := values[t]; !math.IsNaN(v) && len(usual) >= 3 {
			all = append(all, slowLog(v)-(usual[(len(usual)-1)/2]+usual[len(usual)/2])/2)
		}
	}
	sum := 0.0
	for _, x := range all {
		sum += x
	}
	return sum / float64(len(all))
}

func slowLog(v float64) float64 {
	if v == 0 {
		return math.Log(.5)
	}
	return math.Log(v)
}

func TestHoursSayWhatTheyLack(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func([]spike.Series, *events.Event) []events.Event
		want   string
	}{
		{"a date without an hour", func(_ []spike.Series, e *events.Event) []events.Event {
			e.EnforcedAt, e.Precision = e.EnforcedAt[:10], "day"
			return nil
		}, "the onset is not known to the hour"},
		{"a series of days", func(list []spike.Series, _ *events.Event) []events.Event {
			list[0].Hours = nil
			return nil
		}, "the series has no hours"},
		{"few users", func(list []spike.Series, _ *events.Event) []events.Event {
			for t := range list[0].Hours.Values {
				list[0].Hours.Values[t] = math.Min(4, list[0].Hours.Values[t])
			}
			return nil
		}, "fewer than 5 users"},
		{"a short past", func(list []spike.Series, _ *events.Event) []events.Event {
			for i := range list {
				for t := range 24 * 70 {
					list[i].Hours.Values[t] = math.NaN()
				}
			}
			return nil
		}, "other days of the 60 that are needed"},
		{"an opposite event of that day", func(_ []spike.Series, e *events.Event) []events.Event {
			return []events.Event{{ID: "end", Country: "aa", Kind: events.Unblock, EnforcedAt: e.EnforcedAt[:10], Precision: "day", TZ: "UTC"}}
		}, "may lie in these hours too"},
	} {
		list, ban := hourly(5, 1, 6)
		catalogue := append(test.change(list, &ban), ban)
		h := byHour(t, list, catalogue, nil).Hours
		if h.Grade == spike.Supported || !strings.Contains(strings.Join(h.Reasons, "; "), test.want) {
			t.Errorf("%s: %s, %v; want %q", test.name, h.Grade, h.Reasons, test.want)
		}
	}
}

func TestHoursOfTodayAreProvisional(t *testing.T) {
	list, ban := hourly(6, 1, 24)
	onset, _ := ban.OnsetTime()
	ban.EndedAt = ""
	end := int(onset.Sub(list[0].Start).Hours()) + 7
	for i := range list {
		for t := end; t < len(list[i].Hours.Values); t++ {
			list[i].Hours.Values[t] = math.NaN()
		}
	}
	h := byHour(t, list, []events.Event{ban}, nil).Hours
	if !h.Provisional || h.WindowHours != 6 || h.EffectLog == nil || h.Grade == spike.Insufficient {
		t.Errorf("with seven hours of 24: %+v, want six of them, provisional", h)
	}
}

// TestHoursMeasured measures size and power by the hour on panels that took no part in the choice, and writes them to the file
// that BANSHIFT_CALIBRATION_HOURS names.
func TestHoursMeasured(t *testing.T) {
	out := os.Getenv("BANSHIFT_CALIBRATION_HOURS")
	if out == "" {
		t.Skip("minutes of panels: make calibrate-hours")
	}
	runs, err := strconv.Atoi(os.Getenv("BANSHIFT_RUNS"))
	if err != nil {
		t.Fatal(err)
	}
	grid := calibrate.HourGrid()
	outcomes := make([]calibrate.HourOutcome, len(grid))
	var wait sync.WaitGroup
	free := make(chan struct{}, 2)
	for i, c := range grid {
		wait.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			var err error
			if outcomes[i], err = calibrate.MeasureHours(c, fastConfig(), 2, runs); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	var b strings.Builder
	fmt.Fprintf(&b, hoursIntro, runs)
	if err := calibrate.WriteHours(&b, outcomes); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(out, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

const hoursIntro = `# Size and power by the hour

Simulated panels of 24 countries by the hour, of which everything is known: a daily cycle of its own in each country, a weekly one, noise that is
correlated from hour to hour and from day to day, bursts of 3 hours to 6 days, counts. 200 days of history. The ban begins at a random hour. %d panels a
row. Baseline and width of the jump were chosen on other panels of the same kind (seed 1; "BANSHIFT_CHOOSE_HOURS=1 go test
./transform/spike -run TestChooseHours -v"), the rule's threshold is that of the daily test; what is here is of seed 2 and was measured once. No real
hourly series of users by country was at hand: whether real hours are as these is not known.

Made by "make calibrate-hours". A row of effect 0 is the size: p ≤ .025 of a rise. "Supported by the day" is the daily test's grade of
the same ban.

`

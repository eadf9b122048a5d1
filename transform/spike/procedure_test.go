package spike_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
)

var firstDay = time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC)

// world draws n countries over days, about level users a day each, with a weekly cycle.
func world(seed uint64, n, days int, level float64) []spike.Series {
	rng := rand.New(rand.NewPCG(seed, 3))
	list := make([]spike.Series, n)
	for i := range list {
		s := spike.Series{Name: "use", Country: string([]rune{'a' + rune(i/26), 'a' + rune(i%26)}), Start: firstDay, Values: make([]float64, days)}
		for t := range s.Values {
			mean := level * math.Exp(.1*math.Sin(2*math.Pi*float64(t)/7)+.03*rng.NormFloat64())
			s.Values[t] = math.Max(0, math.Round(mean+math.Sqrt(mean)*rng.NormFloat64()))
		}
		list[i] = s
	}
	return list
}

// scale multiplies the days [from, to) of country i.
func scale(list []spike.Series, i, from, to int, factor float64) {
	for t := from; t < min(to, len(list[i].Values)); t++ {
		list[i].Values[t] *= factor
	}
}

func event(id, country, target string, kind events.Kind, day int) events.Event {
	return events.Event{ID: id, Country: country, Target: target, Kind: kind, TargetType: "messenger",
		EnforcedAt: firstDay.AddDate(0, 0, day).Format(time.DateOnly), Precision: "day", TZ: "UTC"}
}

// TestGrades puts one thing after another into an otherwise quiet world; the event is on
// day 150 in country aa.
func TestGrades(t *testing.T) {
	const at = 150
	ban := event("ban", "aa", "Messenger", events.Enforce, at)
	for _, c := range []struct {
		name   string
		world  func() []spike.Series
		events []events.Event
		config func(*spike.Config)
		grade  spike.Grade
		reason string
	}{
		{name: "a rise", grade: spike.Supported, reason: "begins on 2018-05-31, the day of the event",
			world: func() []spike.Series { w := world(1, 30, 200, 1000); scale(w, 0, at, 200, 1.4); return w }},
		{name: "nothing", grade: spike.NotSupported,
			world: func() []spike.Series { return world(2, 30, 200, 1000) }},
		{name: "a drop is no rise", grade: spike.NotSupported, reason: "use did not rise",
			world: func() []spike.Series { w := world(3, 30, 200, 1000); scale(w, 0, at, 200, .6); return w }},
		{name: "every country rises", grade: spike.NotSupported,
			world: func() []spike.Series {
				w := world(4, 30, 200, 1000)
				for i := range w {
					scale(w, i, at, at+2, 1.6)
				}
				return w
			}},
		{name: "sensors went out everywhere", grade: spike.Insufficient, reason: "days are missing, left out",
			world: func() []spike.Series {
				w := world(5, 30, 200, 1000)
				for i := range w {
					w[i].Coverage = make([]float64, 200)
					for d := range w[i].Coverage {
						w[i].Coverage[d] = .9
						if d >= at && d < at+4 {
							w[i].Coverage[d] = .4
						}
					}
					scale(w, i, at, at+4, .45)
				}
				return w
			}},
		{name: "more sensors report from the day on", grade: spike.Ambiguous, reason: "coverage changed by +25 %",
			world: func() []spike.Series {
				w := world(1, 30, 200, 1000)
				scale(w, 0, at, 200, 1.4)
				w[0].Coverage = make([]float64, len(w[0].Values))
				for t := range w[0].Coverage {
					w[0].Coverage[t] = .8
					if t >= at {
						w[0].Coverage[t] = 1
					}
				}
				return w
			}},
		{name: "the week is missing", grade: spike.Insufficient, reason: "too few days can be compared",
			world: func() []spike.Series {
				w := world(6, 30, 200, 1000)
				for d := at; d < at+4; d++ {
					w[0].Values[d] = math.NaN()
				}
				return w
			}},
		{name: "two missing days are no zeros", grade: spike.Supported,
			world: func() []spike.Series {
				w := world(7, 30, 200, 1000)
				scale(w, 0, at, 200, 1.5)
				w[0].Values[at+4], w[0].Values[at+5] = math.NaN(), math.NaN()
				return w
			}},
		{name: "another ban in the same week is one episode", grade: spike.Supported, reason: "this event and other are one episode",
			world:  func() []spike.Series { w := world(8, 30, 200, 1000); scale(w, 0, at, 200, 1.5); return w },
			events: []events.Event{event("other", "aa", "Video", events.Enforce, at+4)}},
		{name: "the end of another ban in the same week", grade: spike.Ambiguous, reason: "works the other way (earlier) happened 4 days before the event",
			world:  func() []spike.Series { w := world(9, 30, 200, 1000); scale(w, 0, at, 200, 1.5); return w },
			events: []events.Event{event("earlier", "aa", "Video", events.Unblock, at-4)}},
		{name: "an election in the same week", grade: spike.Ambiguous, reason: "another event (vote, election) happened 2 days after the event",
			world:  func() []spike.Series { w := world(9, 30, 200, 1000); scale(w, 0, at, 200, 1.5); return w },
			events: []events.Event{event("vote", "aa", "", events.Election, at+2)}},
		{name: "as many others moved as far", grade: spike.Ambiguous, reason: "8 of 29 other countries changed more, in units of their own past",
			world: func() []spike.Series {
				w := world(26, 30, 200, 1000)
				scale(w, 0, at, 200, 1.4)
				for i := 1; i <= 8; i++ {
					scale(w, i, at, 200, 1.6)
				}
				return w
			}},
		{name: "a return from a drop is no rise", grade: spike.Ambiguous, reason: "use only returned to what it was",
			world: func() []spike.Series { w := world(30, 30, 200, 1000); scale(w, 0, at-7, at, .6); return w }},
		{name: "a ban of yesterday", grade: spike.Supported, reason: "provisional: it rests on 2 of 7 days",
			world: func() []spike.Series {
				w := world(27, 30, 200, 1000)
				scale(w, 0, at, 200, 1.8)
				w[0].Values = w[0].Values[:at+2]
				return w
			}},
		{name: "a ban of two days", grade: spike.Supported, reason: "begins on 2018-05-31",
			world:  func() []spike.Series { w := world(28, 30, 200, 1000); scale(w, 0, at, at+2, 1.6); return w },
			config: func(c *spike.Config) { c.WindowDays = 2 }},
		{name: "a drop that is asked for", grade: spike.Supported, reason: "the drop begins",
			world:  func() []spike.Series { w := world(29, 30, 200, 1000); scale(w, 0, at, 200, .5); return w },
			config: func(c *spike.Config) { c.Direction = spike.Down }},
		{name: "the order came three days before", grade: spike.Supported, reason: "announced or ordered 3 days before the event",
			world:  func() []spike.Series { w := world(10, 30, 200, 1000); scale(w, 0, at, 200, 1.5); return w },
			events: []events.Event{event("order", "aa", "Messenger", events.Court, at-3)}},
		{name: "a ban elsewhere does not matter", grade: spike.Supported,
			world:  func() []spike.Series { w := world(11, 30, 200, 1000); scale(w, 0, at, 200, 1.5); return w },
			events: []events.Event{event("elsewhere", "ab", "Video", events.Enforce, at+1)}},
		{name: "the method changed", grade: spike.Ambiguous, reason: "method of the series changed",
			world:  func() []spike.Series { w := world(12, 30, 200, 1000); scale(w, 0, at, 200, 1.5); return w },
			config: func(c *spike.Config) { c.Breaks = map[string][]time.Time{"use": {firstDay.AddDate(0, 0, at-5)}} }},
		{name: "short history, many countries", grade: spike.Supported, reason: "the comparison with 59 other countries decides",
			world: func() []spike.Series {
				w := world(13, 60, 200, 1000)
				for i := range w {
					w[i].Values, w[i].Start = w[i].Values[80:], firstDay.AddDate(0, 0, 80)
				}
				scale(w, 0, at-80, 120, 1.5)
				return w
			}},
		{name: "short history, few countries", grade: spike.Insufficient, reason: "too few other dates to compare with",
			world: func() []spike.Series {
				w := world(14, 6, 200, 1000)
				for i := range w {
					w[i].Values, w[i].Start = w[i].Values[80:], firstDay.AddDate(0, 0, 80)
				}
				scale(w, 0, at-80, 120, 1.5)
				return w
			}},
		{name: "alone in the world", grade: spike.Ambiguous, reason: "no country to compare with",
			world: func() []spike.Series { w := world(15, 1, 200, 1000); scale(w, 0, at, 200, 1.8); return w }},
		{name: "it begins three days late", grade: spike.Ambiguous, reason: "3 days after the event",
			world: func() []spike.Series { w := world(16, 30, 200, 1000); scale(w, 0, at+3, 200, 2); return w }},
		{name: "small counts rise", grade: spike.Supported,
			world: func() []spike.Series {
				w := world(17, 30, 200, 1000)
				w[0] = world(18, 1, 200, 12)[0]
				scale(w, 0, at, 200, 4)
				return w
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := spike.DefaultConfig()
			if c.config != nil {
				c.config(&cfg)
			}
			got, err := spike.Analyze(c.world(), append([]events.Event{ban}, c.events...), cfg)
			if err != nil {
				t.Fatal(err)
			}
			e := find(t, got, "ban", "aa")
			if e.Grade != c.grade || !strings.Contains(strings.Join(e.Reasons, "; "), c.reason) {
				t.Errorf("%s %q, want %s with %q", e.Grade, e.Reasons, c.grade, c.reason)
			}
			for _, o := range got.Effects {
				for _, reason := range o.Reasons {
					if strings.Contains(reason, "NaN") || !predicate.MatchString(reason) {
						t.Errorf("%s: no sentence: %q", o.Country, reason)
					}
				}
				if !o.OwnCountry && o.Grade == spike.Supported {
					t.Errorf("%s is supported for a ban of %s", o.Country, "aa")
				}
			}
			if _, err := json.Marshal(got); err != nil {
				t.Errorf("not JSON: %v", err)
			}
		})
	}
}

// predicate is what makes a reason a sentence, so that it can be printed as one.
var predicate = regexp.MustCompile(`\b(is|are|was|were|did|does|went|differs|changed|moved|begins|ended|returned|happened|left|cannot|may)\b`)

// TestShutdownAsksForADrop cuts a country off: a drop supports it, and it is asked for.
func TestShutdownAsksForADrop(t *testing.T) {
	w := world(20, 30, 200, 1000)
	scale(w, 0, 150, 160, .3)
	cut := event("cut", "aa", "Internet", events.Shutdown, 150)
	cut.TargetType = "internet"
	got, err := spike.Analyze(w, []events.Event{cut}, spike.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	if e := find(t, got, "cut", "aa"); e.Asked != spike.Down || e.Grade != spike.Supported || e.Direction != spike.Down {
		t.Errorf("asked %s, %s %s %q", e.Asked, e.Grade, e.Direction, e.Reasons)
	}
}

// TestEffectIsExact checks the arithmetic on series without noise.
func TestEffectIsExact(t *testing.T) {
	w := world(21, 30, 200, 1000)
	for i := range w {
		for d := range w[i].Values {
			w[i].Values[d] = 1000 * float64(5+d%7)
		}
	}
	scale(w, 0, 150, 200, 1.25)
	e := func() spike.Effect {
		got, err := spike.Analyze(w, []events.Event{event("x", "aa", "T", events.Enforce, 150)}, spike.DefaultConfig())
		if err != nil {
			t.Fatal(err)
		}
		return find(t, got, "x", "aa")
	}()
	if math.Abs(*e.EffectLog-math.Log(1.25)) > 1e-6 || math.Abs(*e.EffectPct-25) > 1e-4 || math.Abs(*e.Control.EffectLog-math.Log(1.25)) > 1e-6 {
		t.Errorf("effect %.6f (%.4f %%), after the controls %.6f, want %.6f", *e.EffectLog, *e.EffectPct, *e.Control.EffectLog, math.Log(1.25))
	}
	excess := 0.0
	for d := 150; d < 157; d++ {
		excess += 1000 * float64(5+d%7) * .25
	}
	if math.Abs(*e.Shape.ExcessUserDays-excess) > 1e-6*excess {
		t.Errorf("excess %.1f, want %.1f", *e.Shape.ExcessUserDays, excess)
	}
}

// TestSeedDecidesTheInterval checks that a result repeats and that the order of its
// input does not matter.
func TestSeedDecidesTheInterval(t *testing.T) {
	w := world(22, 10, 200, 1000)
	ban := []events.Event{event("x", "aa", "T", events.Enforce, 150)}
	text := func(list []spike.Series, seed int64) string {
		cfg := spike.DefaultConfig()
		cfg.Seed = seed
		got, err := spike.Analyze(list, ban, cfg)
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	reversed := make([]spike.Series, 0, len(w))
	for i := len(w) - 1; i >= 0; i-- {
		reversed = append(reversed, w[i])
	}
	if text(w, 1) != text(reversed, 1) {
		t.Error("the order of the series changes the result")
	}
	if text(w, 1) == text(w, 2) {
		t.Error("the seed changes nothing")
	}
}

// TestHolidaysAreComparedWithHolidays marks a weekly holiday: only weeks with one enter.
func TestHolidaysAreComparedWithHolidays(t *testing.T) {
	w := world(23, 30, 200, 1000)
	cfg := spike.DefaultConfig()
	ban := []events.Event{event("x", "aa", "T", events.Enforce, 150)}
	all, err := spike.Analyze(w, ban, cfg)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Holidays = map[string][]time.Time{"aa": {firstDay.AddDate(0, 0, 100)}}
	fewer, err := spike.Analyze(w, ban, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := find(t, all, "x", "aa").NTime, find(t, fewer, "x", "aa").NTime; a-b != 7 {
		t.Errorf("%d placebo dates, %d with a holiday among them: want 7 fewer", a, b)
	}
}

// TestStepInsideAnEpisode raises a country twice: both are alarms.
func TestStepInsideAnEpisode(t *testing.T) {
	w := world(24, 30, 200, 1000)
	scale(w, 0, 140, 200, 1.3)
	scale(w, 0, 152, 200, 1.5)
	got, err := spike.Analyze(w, nil, spike.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	var dates []string
	for _, a := range got.Alarms {
		if a.Country == "aa" {
			dates = append(dates, a.Date)
		}
	}
	want := []string{firstDay.AddDate(0, 0, 140).Format(time.DateOnly), firstDay.AddDate(0, 0, 152).Format(time.DateOnly)}
	if strings.Join(dates, " ") != strings.Join(want, " ") {
		t.Errorf("alarms on %v, want %v", dates, want)
	}
}

// agree wants an answer of each of the other methods, all of them near a logarithm.
func agree(t *testing.T, methods []spike.Secondary, want, within float64) {
	t.Helper()
	if len(methods) != 5 {
		t.Fatalf("%d methods: %+v", len(methods), methods)
	}
	for _, m := range methods {
		if m.EffectLog == nil || math.Abs(*m.EffectLog-want) > within {
			t.Errorf("%s: %v %s, want about %.2f", m.Method, m.EffectLog, m.Note, want)
		}
	}
}

// TestSecondaryMethodsAgree asks the other methods about a rise that is there.
func TestSecondaryMethodsAgree(t *testing.T) {
	w := world(25, 30, 200, 1000)
	scale(w, 0, 150, 200, 1.4)
	cfg := spike.DefaultConfig()
	cfg.Secondary = true
	got, err := spike.Analyze(w, []events.Event{event("x", "aa", "T", events.Enforce, 150)}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	e := find(t, got, "x", "aa")
	agree(t, e.Secondary, math.Log(1.4), .06)
	if o := find(t, got, "x", "ab"); o.Secondary != nil {
		t.Error("other methods were asked about a country without the event")
	}
}

// TestSecondaryMethodsTakeTheEventsWindow asks them about two days of twice the users, and about the first day of a rise that is
// the last one of the series.
func TestSecondaryMethodsTakeTheEventsWindow(t *testing.T) {
	short := event("x", "aa", "One", events.Enforce, 200)
	short.EndedAt = firstDay.AddDate(0, 0, 202).Format(time.DateOnly)
	for name, c := range map[string]struct {
		days   int
		event  events.Event
		window int
	}{"two days": {300, short, 2}, "yesterday": {201, event("x", "aa", "One", events.Enforce, 200), 1}} {
		list := world(41, 30, c.days, 2000)
		scale(list, 0, 200, min(c.days, 202), 2)
		cfg := fastConfig()
		cfg.Secondary = true
		got, err := spike.Analyze(list, []events.Event{c.event}, cfg)
		if err != nil {
			t.Fatal(err)
		}
		e := find(t, got, "x", "aa")
		if e.WindowDays != c.window || len(e.Secondary) != 5 {
			t.Errorf("%s: %d days, %d methods, want %d and 5", name, e.WindowDays, len(e.Secondary), c.window)
		}
		for _, s := range e.Secondary {
			if s.EffectLog == nil || math.Abs(*s.EffectLog-math.Log(2)) > .25 {
				t.Errorf("%s: %s: %v %s, want about .69", name, s.Method, s.EffectLog, s.Note)
			}
		}
	}
}

// TestSecondaryMethodsBearMissingDays takes days away: of the country itself, of all countries, and single ones of controls.
func TestSecondaryMethodsBearMissingDays(t *testing.T) {
	list := world(41, 30, 300, 2000)
	scale(list, 0, 200, 207, 1.5)
	missing := func(i int, days ...int) {
		for _, d := range days {
			list[i].Values[d] = math.NaN()
		}
	}
	missing(0, 150, 199, 203)
	for i := range list {
		missing(i, 160, 161, 162, 163, 164)
	}
	missing(5, 170)
	missing(6, 205)
	cfg := fastConfig()
	cfg.Secondary = true
	got, err := spike.Analyze(list, []events.Event{event("x", "aa", "One", events.Enforce, 200)}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	e := find(t, got, "x", "aa")
	if len(e.Secondary) != 5 {
		t.Fatalf("%d methods: %+v", len(e.Secondary), e.Secondary)
	}
	for _, s := range e.Secondary {
		if s.EffectLog == nil || math.Abs(*s.EffectLog-math.Log(1.5)) > .15 {
			t.Errorf("%s: %v %s, want about .41", s.Method, s.EffectLog, s.Note)
		}
		if strings.HasSuffix(s.Method, "difference in differences") && s.Controls != 27 {
			t.Errorf("%s: %d controls, want all 27 that lack none of the country's days", s.Method, s.Controls)
		}
	}
}

// TestOneEventIsAnalysedAsAmongAll compares what is said of one event with what is said of
// it among all of a catalogue.
func TestOneEventIsAnalysedAsAmongAll(t *testing.T) {
	list := world(7, 8, 300, 400)
	scale(list, 2, 200, 300, 1.8)
	scale(list, 5, 230, 260, 1.5)
	var catalogue []events.Event
	for i, day := range []int{120, 150, 200, 204, 230, 260} {
		catalogue = append(catalogue, event(fmt.Sprint("e", i), list[(2*i+2)%len(list)].Country, "Telegram", events.Enforce, day))
	}
	all, err := spike.Analyze(list, catalogue, fastConfig())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range catalogue {
		one, err := spike.AnalyzeEvent(list, catalogue, e.ID, fastConfig())
		if err != nil {
			t.Fatal(err)
		}
		about := func(r spike.Result) (effects []spike.Effect) {
			for _, f := range r.Effects {
				if f.Event == e.ID || f.OwnCountry {
					effects = append(effects, f)
				}
			}
			return effects
		}
		if diff := cmp.Diff(about(all), about(one)); diff != "" || len(one.Effects) != len(about(one)) {
			t.Errorf("%s: %d effects\n%s", e.ID, len(one.Effects), diff)
		}
		if diff := cmp.Diff(all.Alarms, one.Alarms); diff != "" {
			t.Errorf("%s: alarms\n%s", e.ID, diff)
		}
	}
}

// TestWorkersDoNotMatter asks for the same bytes of one worker and of several, and watches them to the end.
func TestWorkersDoNotMatter(t *testing.T) {
	list := world(21, 25, 300, 500)
	var catalogue []events.Event
	for k := range 30 {
		catalogue = append(catalogue, event(fmt.Sprintf("e%d", k), list[k%20].Country, fmt.Sprintf("T%d", k), []events.Kind{events.Enforce, events.Unblock, events.Outage}[k%3], 40+8*k))
	}
	ask := func(workers int) string {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(workers))
		last := 0
		got, err := spike.AnalyzeWatched(list, catalogue, fastConfig(), func(done, of int) {
			if done != last+1 || of != len(catalogue) {
				t.Errorf("%d of %d after %d", done, of, last)
			}
			last = done
		})
		if err != nil || last != len(catalogue) {
			t.Fatalf("%d events done: %v", last, err)
		}
		text, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if ask(1) != ask(4) {
		t.Error("the result depends on the number of workers")
	}
}

package study

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/transform/spike"
)

var start = time.Date(2017, 11, 1, 0, 0, 0, 0, time.UTC)

const length = 220

var ban = events.Event{ID: "ru-x-2018", Country: "ru", Target: "X", Kind: events.Enforce,
	AnnouncedAt: "2018-04-13", EnforcedAt: "2018-04-16", Precision: "day", TZ: "Europe/Moscow"}

// world makes series of several countries in which only the first one reacts.
func world(random *rand.Rand, effect float64) []spike.Series {
	var list []spike.Series
	at := int(ban.Date().Sub(start).Hours() / 24)
	for _, country := range []string{"ru", "ua", "kz", "by", "de", "fr", "it", "es", "pl", "se", "nl", "us"} {
		s := spike.Series{Name: "use", Country: country, Start: start}
		for t := range length {
			level := 3000 * math.Exp(.1*math.Sin(2*math.Pi*float64(t)/7)+.03*random.NormFloat64())
			if country == "ru" && t >= at {
				level *= math.Exp(effect)
			}
			coverage := 1.0
			if country == "ru" && (t == at-20 || t == at+2) {
				coverage, level = .4, .4*level
			}
			if random.IntN(40) == 0 {
				level = math.NaN()
			}
			s.Values, s.Coverage = append(s.Values, math.Round(level)), append(s.Coverage, coverage)
		}
		list = append(list, s)
	}
	return list
}

func made(t *testing.T, series []spike.Series) input {
	t.Helper()
	cfg := spike.DefaultConfig()
	cfg.Replicates = 200
	catalogue := []events.Event{ban}
	result, err := spike.Analyze(series, catalogue, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return input{Event: ban, Catalogue: catalogue, Config: cfg, Simulated: true,
		Use: Measure{Name: "VPN use", Unit: "clients a day", Series: series, Result: result}}
}

// The picture's expectation has to be the analysis' own: the mean over the registered
// days of what is drawn is the effect as measured that is printed.
func TestPictureAgreesWithAnalysis(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	for range 20 {
		series := world(random, random.Float64())
		in := made(t, series)
		_, effect, err := in.Use.own(ban)
		if err != nil {
			t.Fatal(err)
		}
		l := expectation(series[0], ban.Date(), in.Config)
		at := int(ban.Date().Sub(start).Hours() / 24)
		sum, n := 0.0, 0
		for _, percent := range l.percent[at : at+in.Config.AfterDays] {
			if !math.IsNaN(percent) {
				sum, n = sum+math.Log1p(percent/100), n+1
			}
		}
		if effect.Measured.EffectLog != nil && n != effect.Measured.Days {
			t.Fatalf("%d days in the picture, %d in the analysis", n, effect.ValidDays)
		}
		if effect.Measured.EffectLog != nil && math.Abs(sum/float64(n)-*effect.Measured.EffectLog) > 1e-5 {
			t.Fatalf("the picture's mean is %g, the analysis' %g", sum/float64(n), *effect.Measured.EffectLog)
		}
		if !l.masked[at-20] || !l.masked[at+2] || l.masked[at] {
			t.Fatal("days are masked that the analysis keeps, or the other way")
		}
	}
}

func TestBuild(t *testing.T) {
	in := made(t, world(rand.New(rand.NewPCG(1, 2)), .3))
	in.Tools = []Tool{{"openvpn", in.Use.Series[0].Values}, {"tor", in.Use.Series[0].Values}}
	in.Service = &Measure{Name: "X", Unit: "answered connections", Series: in.Use.Series, Result: in.Use.Result}
	r, err := build(in)
	if err != nil {
		t.Fatal(err)
	}
	if r.Headline.Direction != account.Up || r.Headline.EffectPct < 25 || r.Headline.EffectPct > 45 {
		t.Errorf("effect %v %s, want a rise of about 35 %%", r.Headline.EffectPct, r.Headline.Direction)
	}
	if got, want := r.Title, "X blocked in Russia, 16 April 2018"; got != want {
		t.Errorf("title %q, want %q", got, want)
	}
	if len(r.Questions) != 2 || r.Questions[1].Figure.Value != 100+r.Headline.EffectPct {
		t.Errorf("questions %+v", r.Questions)
	}
	if len(r.Controls.Table.Rows) != 12 || r.Controls.Table.Rows[0][0] != "Russia" || len(r.Placebo.Histogram.Values) != 11 {
		t.Error("not every country is among the controls")
	}
	for i, m := range []string{"announced", "enforced"} {
		if r.Main.Series.Markers[i].Label != m {
			t.Errorf("marker %d is %q, want %q", i, r.Main.Series.Markers[i].Label, m)
		}
	}
	if !strings.HasPrefix(r.Headline.Sentence(), "VPN use in Russia rose by") {
		t.Errorf("headline %q", r.Headline.Sentence())
	}
}

func TestBuildWithoutData(t *testing.T) {
	in := made(t, world(rand.New(rand.NewPCG(1, 2)), .3)[1:])
	if _, err := build(in); !errors.Is(err, ErrNoData) {
		t.Errorf("error %v, want ErrNoData", err)
	}
}

func TestBuildWithoutOthers(t *testing.T) {
	r, err := build(made(t, world(rand.New(rand.NewPCG(1, 2)), .3)[:1]))
	if err != nil {
		t.Fatal(err)
	}
	if r.Controls.Table != nil || r.Placebo != nil || r.Controls.Intro == "" {
		t.Error("controls were made of nothing")
	}
}

func TestCountryName(t *testing.T) {
	for code, want := range map[string]string{"ru": "Russia", "gb": "United Kingdom", "??": "??"} {
		if got := CountryName(code); got != want {
			t.Errorf("%s is %q, want %q", code, got, want)
		}
	}
}

// An account of a given series tells how the change went on, with a picture of its days.
func TestAccountTellsTheCourse(t *testing.T) {
	in := made(t, world(rand.New(rand.NewPCG(5, 5)), .4))
	r, err := Run(t.Context(), nil, ban, Options{Config: in.Config, Catalogue: in.Catalogue, Given: &Given{Path: "use.csv", Format: "csv", Series: in.Use.Series}})
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for _, row := range r.Questions[0].Table.Rows {
		fmt.Fprintln(&said, row...)
	}
	for _, want := range []string{"summed over 28\u00a0days, against the week before", "what is left of the effect after 4 weeks, in users", "trend of the four weeks before", "lowest effect without one control"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("no %q in\n%s", want, said.String())
		}
	}
	chart := r.Questions[0].Charts[0]
	if n := len(chart.Series.Times); n < 50 || len(chart.Series.Lines[0].Values) != n || len(chart.Series.Band.Low) != n {
		t.Errorf("%d days, %d values, %d of the band", n, len(chart.Series.Lines[0].Values), len(chart.Series.Band.Low))
	}
}

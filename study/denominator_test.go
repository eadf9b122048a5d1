package study

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/transform/spike"
)

// grown gives all clients of a world: in the event's country they change by some log from the event on.
func grown(users []spike.Series, by float64) []spike.Series {
	random := rand.New(rand.NewPCG(8, 8))
	at := int(ban.Date().Sub(start).Hours() / 24)
	var all []spike.Series
	for _, s := range users {
		s.Name, s.Values = allName, append([]float64{}, s.Values...)
		for t := range s.Values {
			level := 30000 * math.Exp(.02*random.NormFloat64())
			if s.Country == "ru" && t >= at {
				level *= math.Exp(by)
			}
			s.Values[t] = math.Round(level * s.Coverage[t])
		}
		all = append(all, s)
	}
	return all
}

func TestDenominatorSaysWhatMoved(t *testing.T) {
	for _, test := range []struct {
		users, all float64
		says       string
	}{
		{.4, 0, "It is the share that moved."},
		{.4, .4, "It is the number of all clients that moved."},
		{.6, .25, "Both moved"},
		{0, 0, "None of them moved clearly."},
	} {
		in := made(t, world(rand.New(rand.NewPCG(1, 2)), test.users))
		of := tested{series: in.Use.Series, denominator: grown(in.Use.Series, test.all), provenance: account.Provenance{Config: in.Config}}
		var err error
		if in.Against, err = of.against(ban, []events.Event{ban}); err != nil {
			t.Fatal(err)
		}
		r, err := build(in)
		if err != nil {
			t.Fatal(err)
		}
		d := r.Denominator
		if !strings.HasPrefix(d.Sentence, test.says) {
			t.Errorf("users %+.2f, all %+.2f: %q, want %q (%v)", test.users, test.all, d.Sentence, test.says, d.Figures)
		}
		for i, want := range []float64{test.users, test.all, test.users - test.all} {
			if got := float64(d.Figures[i].Value); math.Abs(got-100*math.Expm1(want)) > 8 {
				t.Errorf("users %+.2f, all %+.2f: %s %.1f %%, want about %.1f", test.users, test.all, d.Figures[i].Label, got, 100*math.Expm1(want))
			}
		}
		if told := r.Main.Series.Told; len(told) != 2 || len(told[0].Values) != len(r.Main.Series.Times) {
			t.Errorf("the chart tells %v of each day, want all clients and share", told)
		}
	}
}

func TestToolsAreRankedByTheirChange(t *testing.T) {
	in := made(t, world(rand.New(rand.NewPCG(3, 4)), .4))
	at := int(ban.Date().Sub(start).Hours() / 24)
	for i := range 9 {
		in.Tools = append(in.Tools, Tool{Name: string(rune('a' + i)), Values: zeroWhereKnown(in.Use.Series[0].Values)})
		for t := range in.Tools[i].Values {
			in.Tools[i].Values[t] += float64(500 - 50*i + t%3)
		}
	}
	made := in.Tools[8].Values // what the ban creates is the smallest of all
	for t := range made {
		made[t] = 0
		if t >= at {
			made[t] = 90
		}
	}
	r, err := build(in)
	if err != nil {
		t.Fatal(err)
	}
	lines := r.Questions[0].Charts[0].Series.Lines
	if lines[0].Name != "i" || lines[len(lines)-1].Name != "other tools" {
		t.Errorf("the first of %d lines is %q, want the tool that the ban made", len(lines), lines[0].Name)
	}
}

package study

import (
	"maps"
	"math"
	"slices"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/transform/spike"
)

// Names of the series that use is measured against.
const (
	allName   = "all clients"
	shareName = "share of clients"
)

// Against is what use is measured against: all clients, the share of them that used a
// tool, and what the analysis says of both for the event's own country.
type Against struct {
	All, Share             spike.Series
	AllEffect, ShareEffect spike.Effect
}

// against runs the procedure on all clients and on the share, in the event's own country;
// nil where all clients are not known.
func (t tested) against(e events.Event, catalogue []events.Event) (*Against, error) {
	if t.denominator == nil {
		return nil, nil
	}
	cfg := t.provenance.Config
	if breaks, known := cfg.Breaks[useName]; known {
		cfg.Breaks = maps.Clone(cfg.Breaks)
		cfg.Breaks[shareName] = breaks // rules change who counts as a user, and not who is a client
	}
	shares := make([]spike.Series, len(t.series))
	for i, s := range t.series {
		s.Name, s.Denominator = shareName, t.denominator[i].Values
		shares[i] = s
	}
	var a Against
	var err error
	if a.All, a.AllEffect, err = ownEffect(t.denominator, catalogue, e, cfg); err != nil {
		return nil, err
	}
	a.Share, a.ShareEffect, err = ownEffect(shares, catalogue, e, cfg)
	return &a, err
}

func ownEffect(list []spike.Series, catalogue []events.Event, e events.Event, cfg spike.Config) (spike.Series, spike.Effect, error) {
	result, err := spike.AnalyzeOwnEvent(list, catalogue, e.ID, cfg)
	if err != nil {
		return spike.Series{}, spike.Effect{}, refused(err)
	}
	return Measure{Name: list[0].Name, Series: list, Result: result}.own(e)
}

// denominator says what all clients and the share did; nil where they are not known.
func (s *study) denominator() *account.Denominator {
	if s.Against == nil {
		return nil
	}
	a := s.Against
	d := &account.Denominator{Figures: []account.Quantity{
		s.labelled("clients that used such a tool", s.effect), s.labelled("all clients", a.AllEffect), s.labelled("share of all clients that used one", a.ShareEffect)}}
	d.Sentence = moved(s.effect, a.AllEffect, a.ShareEffect)
	x := expectation(a.Share, s.day, s.Config)
	ts := s.frame(s.series, "% of clients")
	ts.Lines = []account.Line{
		{Name: "observed", Role: account.Observed, Values: s.cut(s.series, s.shares())},
		{Name: "expected", Role: account.Baseline, Values: s.cut(s.series, sharesOf(x.expected, a.Share.Denominator))}}
	d.Chart = &account.Chart{Caption: "Share of all clients that used such a tool, " + s.place,
		Description: "Daily share with what was to be expected.", Series: &ts}
	return d
}

// moved says which of users, all clients and share changed.
func moved(users, all, share spike.Effect) string {
	if all.EffectPct == nil || share.EffectPct == nil {
		return "Too little is known of all clients to say whether there were more users or more clients."
	}
	changed := func(e spike.Effect) bool { return e.Direction == spike.Up || e.Direction == spike.Down }
	switch {
	case changed(all) && changed(share):
		return "Both moved: the number of all clients, and the share of them that used such a tool. The change of users is the two together; the share is what people did."
	case changed(all):
		return "It is the number of all clients that moved. The share that used such a tool did not clearly change: what is seen may be more or fewer clients, and not more or less use."
	case changed(share):
		return "It is the share that moved. The number of all clients did not clearly change."
	case changed(users):
		return "Neither all clients nor the share moved clearly by itself."
	}
	return "None of them moved clearly."
}

func (s *study) labelled(label string, e spike.Effect) account.Quantity {
	q := s.percent(e)
	q.Label = label
	return q
}

// shares gives the share of each day in percent, NaN where it is not known.
func (s *study) shares() []float64 {
	return sharesOf(s.series.Values, s.Against.Share.Denominator)
}

func sharesOf(values, of []float64) []float64 {
	out := nans(len(values))
	for t, v := range values {
		if of[t] > 0 {
			out[t] = 100 * v / of[t]
		}
	}
	return out
}

// told are the numbers that a reader is told of each day of a chart of users: all
// clients, and the share.
func (s *study) told() []account.Line {
	if s.Against == nil {
		return nil
	}
	return []account.Line{
		{Name: "all clients", Role: account.Part, Values: s.cut(s.series, s.Against.All.Values)},
		{Name: "share of all clients (%)", Role: account.Part, Values: s.cut(s.series, s.shares())}}
}

// swing is how far the weekly means of some days lie apart, by which tools are ranked: the
// one that a ban makes has a colour of its own, however little it was used before.
func swing(values []float64) float64 {
	var means []float64
	for week := range slices.Chunk(values, 7) {
		sum, n := 0.0, 0
		for _, v := range week {
			if !math.IsNaN(v) {
				sum, n = sum+v, n+1
			}
		}
		if n > 0 {
			means = append(means, sum/float64(n))
		}
	}
	if len(means) == 0 {
		return 0
	}
	return slices.Max(means) - slices.Min(means)
}

// Package study puts what the analysis found about one event into a report: the
// series, the effect, the controls, the words of the method.
//
// It states no effect, interval or p of its own: those are the analysis'. What it
// works out is only what a picture needs, as the analysis' documentation defines it.
package study

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/blocking"
	"github.com/banshift/banshift/transform/spike"
	"github.com/banshift/banshift/web/report"
)

// Input is one event with the series that were analysed for it.
type Input struct {
	Event     events.Event
	Catalogue []events.Event // of all events; those of the same country are marked
	Config    spike.Config
	// Use is what the headline is about: circumvention in the event's country and in the others.
	Use Measure
	// Service is use of the banned service itself; nil where it was not measured.
	Service *Measure
	// Tools are the clients a day of each tool in the event's country, the largest first.
	Tools []Tool
	// Facts are what the other questions are answered from; nil where a series is analysed alone.
	Facts      *Facts
	Simulated  bool
	Provenance report.Provenance
}

// Measure is one series by country and what the analysis says of it.
type Measure struct {
	Name   string // "VPN use", at the beginning of a sentence
	Unit   string // "clients a day"
	Series []spike.Series
	Result spike.Result
}

// Tool is one tool's daily values on the days of the event's own series.
type Tool struct {
	Name   string
	Values []float64 // NaN on days without telemetry
}

// ErrNoData says that the series do not reach around the event.
var ErrNoData = errors.New("no data around the event")

// Days before and after the event that the pictures show.
const (
	shownBefore = 70
	shownAfter  = 35
)

// study is a report while it is made.
type study struct {
	Input
	series spike.Series // the event's own country
	effect spike.Effect
	day    time.Time
	place  string
	unions map[time.Time]blocking.Addresses // of the block list, by day of observation
}

// Build makes the report. It fails with ErrNoData where the event's own country has no
// series around the event.
func Build(in Input) (report.Report, error) {
	s := &study{Input: in, day: in.Event.Date(), place: CountryName(in.Event.Country), unions: map[time.Time]blocking.Addresses{}}
	var err error
	if s.series, s.effect, err = in.Use.Own(in.Event); err != nil {
		return report.Report{}, err
	}
	r := report.Report{
		Title:     fmt.Sprintf("%s: %s in %s, %s", upperFirst(in.Event.Target), kindWords(in.Event.Kind), s.place, s.day.Format("2 January 2006")),
		Subtitle:  fmt.Sprintf("%s in %s against what the %d days before the event would let expect.", upperFirst(in.Use.Unit), s.place, in.Config.BeforeDays),
		Simulated: in.Simulated,
		Event: report.Event{ID: in.Event.ID, Country: s.place, Target: in.Event.Target, Kind: string(in.Event.Kind),
			Announced: in.Event.AnnouncedAt, Enforced: in.Event.EnforcedAt, Ended: in.Event.EndedAt, Zone: in.Event.TZ,
			Notes: in.Event.Notes, Sources: in.Event.Sources},
		Headline:    s.headline(),
		Main:        s.mainChart(),
		Placebo:     s.otherPlaces(),
		Controls:    s.controls(),
		Sensitivity: s.sensitivity(),
		Method:      s.method(),
		Provenance:  in.Provenance,
		Glossary:    glossary,
	}
	r.Questions = append(r.Questions, s.spikeQuestion(r.Headline))
	if in.Service != nil {
		r.Questions = append(r.Questions, s.survivalQuestion())
	}
	if in.Facts != nil {
		if in.Service == nil {
			r.Questions = append(r.Questions, s.noSurvival())
		}
		r.Questions = append(r.Questions, s.companions()...)
	}
	return r, nil
}

// Own gives the series and the effect of the event's own country;
// ErrNoData where there is none.
func (m Measure) Own(e events.Event) (spike.Series, spike.Effect, error) {
	i := slices.IndexFunc(m.Series, func(s spike.Series) bool { return s.Country == e.Country })
	j := slices.IndexFunc(m.Result.Effects, func(f spike.Effect) bool { return f.Event == e.ID && f.Country == e.Country })
	if i < 0 || j < 0 {
		return spike.Series{}, spike.Effect{}, fmt.Errorf("%w: %s of %s does not reach around %s", ErrNoData, m.Name, e.Country, e.DateWritten())
	}
	return m.Series[i], m.Result.Effects[j], nil
}

// CountryName is the English name of a country by its ISO code; the code where it is none.
func CountryName(code string) string {
	region, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	return display.English.Regions().Name(region)
}

// number is a value of the analysis, which has nil for what does not exist.
func number(x *float64) report.Number {
	if x == nil {
		return report.Unknown()
	}
	return report.Number(*x)
}

func (s *study) interval(low, high *float64) report.Interval {
	return report.Interval{Low: number(low), High: number(high), Level: 1 - s.Config.Alpha}
}

// percent is an effect as it is printed.
func (s *study) percent(e spike.Effect) report.Quantity {
	return report.Quantity{Value: number(e.EffectPct), Interval: s.interval(e.CILow, e.CIHigh), Unit: "%", Signed: true}
}

func (s *study) headline() report.Headline {
	e := s.effect
	h := report.Headline{
		Measure: s.Use.Name, Place: s.place, From: s.day, To: s.day.AddDate(0, 0, s.Config.AfterDays-1),
		EffectPct: number(e.EffectPct), Interval: s.interval(e.CILow, e.CIHigh), Direction: report.Direction(e.Direction),
		InTime: report.Rank{P: number(e.PTime), N: e.NTime, Effective: e.NTimeEffective, Floor: number(e.PTimeFloor),
			Mode: fmt.Sprintf("Compared %s.", e.PTimeOutcome)},
		InSpace: report.Rank{P: number(e.PSpace), N: e.NSpace, Floor: number(e.PSpaceFloor)},
		Grade:   report.Grade(e.Grade), Reasons: e.Reasons,
	}
	if e.Control.EffectPct != nil {
		h.Controlled = &report.Quantity{Label: "against the same weekdays of the four weeks before, after the controls", Value: number(e.Control.EffectPct),
			Interval: s.interval(e.Control.CILow, e.Control.CIHigh), Unit: "%", Signed: true}
	}
	return h
}

func (s *study) spikeQuestion(h report.Headline) report.Question {
	e := s.effect
	q := report.Question{ID: "spike", Title: "Did use spike, how much, because of which ban?", Answer: h.Sentence(),
		Figure: report.Quantity{Label: "change of " + s.Use.Unit, Value: h.EffectPct, Interval: h.Interval, Unit: "%", Signed: true},
		Table:  s.course(),
		Method: s.Config.Method()[0],
		Caveats: []string{"A client is a pseudonym of one day: a returning client cannot be told from a new one.",
			"A grade says what the data support. It is not a proof of cause."}}
	if chart := s.toolChart(); chart != nil {
		q.Charts = append(q.Charts, *chart)
	}
	if e.Anticipation == nil {
		q.Caveats = append(q.Caveats, "Announcement and enforcement lie on one day or one of them is unknown: anticipation was not tested.")
	}
	return q
}

// course tells when the change began, how it went on, and what speaks for another cause.
func (s *study) course() *report.Table {
	e := s.effect
	t := &report.Table{Caption: "The course of the change", Columns: []report.Column{{Name: "what", Format: report.Text}, {Name: "value", Format: report.Decimal}, {Name: "unit", Format: report.Text}}}
	add := func(what string, value any, unit string) { t.Rows = append(t.Rows, []any{what, value, unit}) }
	if e.Onset != "" && e.OnsetDays != nil {
		add(e.OnsetWords()+": "+e.Onset, *e.OnsetDays, "days from the event")
	}
	if a := e.Anticipation; a != nil {
		add(fmt.Sprintf("effect of the %d days from the announcement", a.Days), expPct(a.EffectLog), "%")
		add("its p in time", number(a.PTime), "")
	}
	if e.Shape.Peak != nil {
		add(fmt.Sprintf("largest day, %d days after the event", e.Shape.PeakDay), expPct(e.Shape.Peak), "%")
	}
	if e.Shape.ExcessUserDays != nil {
		add("above the expected, summed over the registered days", math.Round(*e.Shape.ExcessUserDays), "client-days")
	}
	if e.Shape.HalfLifeDays != nil {
		add("first day below half of the effect", *e.Shape.HalfLifeDays, "days after the event")
	}
	if e.Shape.Persistence != nil {
		add("what is left of the effect in the fourth week", 100**e.Shape.Persistence, "%")
	}
	if e.CoverageChange != nil {
		add("coverage by sensors, after over before", *e.CoverageChange, "")
	}
	add("days with data, of the registered ones", e.ValidDays, fmt.Sprintf("of %d", s.Config.AfterDays))
	return t
}

func expPct(log *float64) report.Number {
	if log == nil {
		return report.Unknown()
	}
	return report.Number(100 * math.Expm1(*log))
}

// noSurvival says why nothing is known of the banned service.
func (s *study) noSurvival() report.Question {
	return report.Question{ID: "survival", Title: "Did users stay with the banned service?",
		Missing: fmt.Sprintf("The store knows no connection to %s: no list names its addresses.", s.Event.Target)}
}

// survivalQuestion is about the banned service itself, with the same estimate.
func (s *study) survivalQuestion() report.Question {
	q := report.Question{ID: "survival", Title: "Did users stay with the banned service?"}
	series, e, err := s.Service.Own(s.Event)
	if err != nil || e.EffectPct == nil {
		q.Missing = fmt.Sprintf("Too little is known about use of %s around the event.", s.Event.Target)
		return q
	}
	left := func(pct *float64) report.Number { return 100 + number(pct) }
	q.Figure = report.Quantity{Label: "of what was to be expected", Value: left(e.EffectPct),
		Interval: report.Interval{Low: left(e.CILow), High: left(e.CIHigh), Level: 1 - s.Config.Alpha}, Unit: "%"}
	q.Answer = fmt.Sprintf("%s stood at %s of what the weeks before let expect, in the %d days from %s.",
		s.Service.Name, q.Figure, s.Config.AfterDays, s.day.Format("2\u00a0January\u00a02006"))
	x := expectation(series, s.day, s.Config)
	ts := s.frame(series, s.Service.Unit)
	ts.Lines = []report.Line{{Name: "observed", Role: report.Observed, Values: s.cut(series, series.Values)},
		{Name: "expected", Role: report.Baseline, Values: s.cut(series, x.expected)}}
	q.Charts = []report.Chart{{Caption: s.Service.Name + ", " + s.place,
		Description: "The service's daily use with what was to be expected.", Series: &ts}}
	q.Method = "The same estimate as for the first question, on the use of the banned service by whatever way it is recognised."
	q.Caveats = []string{"Use through a tunnel is not seen as use of the service: what is missing here may have moved into the tools of the first question.",
		"Connections are counted, not people: a client that has to try more often counts more often."}
	return q
}

// sensitivity sets the analysis' other windows out as a grid.
func (s *study) sensitivity() report.Sensitivity {
	g := report.Sensitivity{RowName: "days before", ColName: "days after",
		Intro: fmt.Sprintf("The windows of %d days before and %d after were registered before the data were looked at; the others are shown, never searched. The effects here are taken %s.", s.Config.BeforeDays, s.Config.AfterDays, s.effect.PTimeOutcome)}
	var before, after []int
	for _, at := range s.effect.Sensitivity {
		before, after = append(before, at.BeforeDays), append(after, at.AfterDays)
	}
	before, after = distinct(before), distinct(after)
	for _, b := range before {
		g.Rows = append(g.Rows, fmt.Sprint(b))
		row := make([]report.SensitivityCell, len(after))
		for j, a := range after {
			row[j] = report.SensitivityCell{EffectPct: report.Unknown(), Interval: report.NoInterval(), P: report.Unknown()}
			for _, at := range s.effect.Sensitivity {
				if at.BeforeDays == b && at.AfterDays == a {
					row[j].EffectPct, row[j].P = expPct(at.EffectLog), number(at.PTime)
					row[j].Registered = b == s.Config.BeforeDays && a == s.Config.AfterDays
				}
			}
		}
		g.Cells = append(g.Cells, row)
	}
	for _, a := range after {
		g.Cols = append(g.Cols, fmt.Sprint(a))
	}
	return g
}

func distinct(xs []int) []int {
	slices.Sort(xs)
	return slices.Compact(xs)
}

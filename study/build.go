package study

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/transform/blocking"
	"github.com/banshift/banshift/transform/spike"
)

// input is one event with the series that were analysed for it.
type input struct {
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
	Facts      *facts
	Simulated  bool
	Provenance account.Provenance
	// Against is what use is measured against; nil where that is not known.
	Against *Against
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

// people names who is counted: "client" of "clients a day".
func (m Measure) people() string {
	who, _, _ := strings.Cut(m.Unit, " ")
	return strings.TrimSuffix(who, "s")
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
	input
	series spike.Series // the event's own country
	effect spike.Effect
	day    time.Time
	place  string
	unions map[time.Time]blocking.Addresses // of the block list, by day of observation
}

// begin finds the event's own series and effect. It fails with ErrNoData where its country has no series around the event.
func begin(in input) (*study, error) {
	s := &study{input: in, day: in.Event.Date(), place: CountryName(in.Event.Country), unions: map[time.Time]blocking.Addresses{}}
	var err error
	s.series, s.effect, err = in.Use.own(in.Event)
	return s, err
}

// build makes the report. It fails as begin does.
func build(in input) (account.Report, error) {
	s, err := begin(in)
	if err != nil {
		return account.Report{}, err
	}
	r := account.Report{
		Title:     fmt.Sprintf("%s, %s", account.UpperFirst(happened(in.Event, s.place)), s.day.Format("2 January 2006")),
		Subtitle:  fmt.Sprintf("%s in %s against what was expected from the %s before the event.", account.UpperFirst(in.Use.Unit), s.place, account.CountOf(in.Config.BeforeDays, "days")),
		Simulated: in.Simulated,
		Event: account.Event{ID: in.Event.ID, Country: s.place, Target: in.Event.Target, Kind: string(in.Event.Kind),
			Announced: in.Event.AnnouncedAt, Enforced: in.Event.EnforcedAt, Ended: in.Event.EndedAt, Zone: in.Event.TZ,
			Notes: in.Event.Notes, Sources: in.Event.Sources},
		Headline:    s.headline(),
		Main:        s.mainChart(),
		Denominator: s.denominator(),
		Placebo:     s.otherPlaces(),
		Controls:    s.controls(),
		Sensitivity: s.sensitivity(),
		Method:      s.Config.Method(),
		Provenance:  in.Provenance,
		Glossary:    s.glossary(),
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
func (m Measure) own(e events.Event) (spike.Series, spike.Effect, error) {
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
	return cmp.Or(display.English.Regions().Name(region), code) // a code that was withdrawn has no name
}

// number is a value of the analysis, which has nil for what does not exist.
func number(x *float64) account.Number {
	if x == nil {
		return account.Unknown()
	}
	return account.Number(*x)
}

func (s *study) interval(low, high *float64) account.Interval {
	return account.Interval{Low: number(low), High: number(high), Level: 1 - s.Config.Alpha}
}

// percent is an effect as it is printed.
func (s *study) percent(e spike.Effect) account.Quantity {
	return account.Quantity{Value: number(e.EffectPct), Interval: s.interval(e.CILow, e.CIHigh), Unit: "%", Signed: true}
}

func (s *study) headline() account.Headline {
	e := s.effect
	h := account.Headline{
		Measure: s.Use.Name, Place: s.place, From: s.day, To: s.day.AddDate(0, 0, max(1, e.WindowDays)-1),
		EffectPct: number(e.EffectPct), Interval: s.interval(e.CILow, e.CIHigh), Direction: account.Direction(e.Direction),
		InTime: account.Rank{P: number(e.PTime), N: e.NTime, Effective: e.NTimeEffective, Floor: number(e.PTimeFloor),
			Mode: fmt.Sprintf("Compared %s.", e.PTimeOutcome)},
		InSpace: account.Rank{P: number(e.PSpace), N: e.NSpace, Floor: number(e.PSpaceFloor)},
		Grade:   account.Grade(e.Grade),
	}
	for _, reason := range e.Reasons {
		h.Reasons = append(h.Reasons, account.Sentence(reason))
	}
	if e.Hours != nil {
		h.Reasons = append(h.Reasons, account.Sentence(e.Hours.Sentence()))
	}
	if e.Control.EffectPct != nil {
		h.Controlled = &account.Quantity{Label: "against the same weekdays of the four weeks before, after the controls", Value: number(e.Control.EffectPct),
			Interval: s.interval(e.Control.CILow, e.Control.CIHigh), Unit: "%", Signed: true}
	}
	return h
}

func (s *study) spikeQuestion(h account.Headline) account.Question {
	e := s.effect
	q := account.Question{ID: "spike", Title: "Did use spike, how much, because of which ban?", Answer: h.Sentence(),
		Figure: account.Quantity{Label: "change of " + s.Use.Unit, Value: h.EffectPct, Interval: h.Interval, Unit: "%", Signed: true},
		Table:  s.course(),
		Method: s.Config.Method()[0],
		Caveats: []string{s.whoIsCounted(),
			"A grade says what the data support. It is not a proof of cause."}}
	for _, chart := range []*account.Chart{s.dayByDay(), s.toolChart()} {
		if chart != nil {
			q.Charts = append(q.Charts, *chart)
		}
	}
	if e.Anticipation == nil {
		q.Caveats = append(q.Caveats, "Announcement and enforcement lie on one day or one of them is unknown: anticipation was not tested.")
	}
	return q
}

// course tells when the change began, how it went on, and what speaks for another cause.
func (s *study) course() *account.Table {
	e := s.effect
	t := &account.Table{Caption: "The course of the change", Columns: []account.Column{{Name: "what", Format: account.Text}, {Name: "value", Format: account.Decimal}, {Name: "unit", Format: account.Text}}}
	add := func(what string, value any, unit string) { t.Rows = append(t.Rows, []any{what, value, unit}) }
	if e.Onset != "" && e.OnsetDays != nil {
		add(e.OnsetWords()+": "+e.Onset, *e.OnsetDays, "days from the event")
	}
	if a := e.Anticipation; a != nil {
		add(fmt.Sprintf("effect of the %s from the announcement", account.CountOf(a.Days, "days")), expPct(a.EffectLog), "%")
		add("its p in time", number(a.PTime), "")
	}
	if e.Shape.Peak != nil {
		add(fmt.Sprintf("largest day, %s after the event", account.CountOf(e.Shape.PeakDay, "days")), expPct(e.Shape.Peak), "%")
	}
	if e.Shape.ExcessUserDays != nil {
		add("above the expected, summed over the registered days", math.Round(*e.Shape.ExcessUserDays), s.Use.people()+"-days")
	}
	if e.Shape.HalfLifeDays != nil {
		add("first day below half of the effect", *e.Shape.HalfLifeDays, "days after the event")
	}
	if e.Shape.Persistence != nil {
		add("what is left of the effect in the fourth week", 100**e.Shape.Persistence, "%")
	}
	s.addStages(add)
	s.addCourse(add)
	if e.CoverageChange != nil {
		add("coverage by sensors, after over before", *e.CoverageChange, "")
	}
	add("days with data, of the registered ones", e.ValidDays, fmt.Sprintf("of %d", e.WindowDays))
	return t
}

// addStages tells what each stage of an episode added, and how that went with its dose.
func (s *study) addStages(add func(what string, value any, unit string)) {
	j := s.effect.Joint
	if j == nil || len(j.Steps) < 2 {
		return
	}
	for _, step := range j.Steps {
		add("step of the stage of "+step.When(), number(step.EffectPct), "%"+between(step.CILow, step.CIHigh))
	}
	add("sum of the stages", number(j.Sum.EffectPct), "%"+between(j.Sum.CILow, j.Sum.CIHigh))
	if r := j.Response; r.SlopePct != nil {
		add("difference of the step for each "+r.Unit.Amount(r.Per)+" more", *r.SlopePct, "%"+between(r.CILow, r.CIHigh))
	}
}

// addCourse tells how the change went on, against the week before and after the controls.
func (s *study) addCourse(add func(what string, value any, unit string)) {
	c := s.effect.Course
	if c == nil {
		return
	}
	if x := c.Excess; x.UserDays != nil {
		add(fmt.Sprintf("above the expected, summed over %s, against the week before", account.CountOf(x.Days, "days")), *x.UserDays, s.Use.people()+"-days"+between(x.CILow, x.CIHigh))
	}
	for _, r := range c.Remaining {
		if r.SharePct != nil {
			add(fmt.Sprintf("change that is left after %d weeks", r.Weeks), *r.EffectPct, "%"+between(r.CILow, r.CIHigh))
			add(fmt.Sprintf("what is left of the effect after %d weeks, in %ss", r.Weeks, s.Use.people()), *r.SharePct, "%")
		}
	}
	if c.PreTrend.PctPerDay != nil {
		add("trend of the four weeks before", *c.PreTrend.PctPerDay, "% a day")
	}
	if c.PreTrend.P != nil {
		add("its p among earlier stretches", *c.PreTrend.P, "")
	}
	if n := c.Spillover; n != nil && n.EffectPct != nil {
		add(fmt.Sprintf("mean change in the countries with a land border (%d), on the same days", len(n.Countries)), *n.EffectPct, "%"+between(n.CILow, n.CIHigh))
	}
	if w := c.WithoutOne; w.LowPct != nil && w.HighPct != nil {
		add("lowest effect without one control, "+w.LowWithout, *w.LowPct, "%")
		add("highest effect without one control, "+w.HighWithout, *w.HighPct, "%")
	}
}

// between words an interval after a unit.
func between(low, high *float64) string {
	if low == nil || high == nil {
		return ""
	}
	return fmt.Sprintf(" (%s to %s)", account.Quantity{Value: account.Number(*low), Interval: account.NoInterval(), Signed: true}, account.Quantity{Value: account.Number(*high), Interval: account.NoInterval(), Signed: true})
}

// dayByDay is the event study: each day's change from the week before; nil where it was not asked for.
func (s *study) dayByDay() *account.Chart {
	if s.effect.Course == nil || len(s.effect.Course.Days) == 0 {
		return nil
	}
	days := s.effect.Course.Days
	first, last := days[0].Day, days[len(days)-1].Day
	ts := account.TimeSeries{Zone: "UTC", Unit: "% of the week before", Markers: s.markers(s.day.AddDate(0, 0, first), s.day.AddDate(0, 0, last+1))}
	line := account.Line{Name: "change", Role: account.Observed}
	band := &account.Band{Name: "interval of the day alone"}
	for n, day := 0, first; day <= last; day++ {
		ts.Times = append(ts.Times, s.day.AddDate(0, 0, day))
		value, low, high := account.Unknown(), account.Unknown(), account.Unknown()
		if days[n].Day == day {
			value, low, high = number(days[n].EffectPct), number(days[n].CILow), number(days[n].CIHigh)
			n++
		}
		line.Values, band.Low, band.High = append(line.Values, value), append(band.Low, low), append(band.High, high)
	}
	ts.Lines, ts.Band = []account.Line{line}, band
	return &account.Chart{Caption: "Day by day, " + s.place, Description: "Line of each day's change from the mean of the week before the event, after the controls, with the interval of that day alone.", Series: &ts}
}

func expPct(log *float64) account.Number {
	if log == nil {
		return account.Unknown()
	}
	return account.Number(100 * math.Expm1(*log))
}

// noSurvival says why nothing is known of the banned service.
func (s *study) noSurvival() account.Question {
	return account.Question{ID: "survival", Title: "Did users stay with the banned service?",
		Missing: fmt.Sprintf("The store knows no connection to %s: no list names its addresses.", s.Event.Target)}
}

// survivalQuestion is about the banned service itself, with the same estimate.
func (s *study) survivalQuestion() account.Question {
	q := account.Question{ID: "survival", Title: "Did users stay with the banned service?"}
	series, e, err := s.Service.own(s.Event)
	if err != nil || e.EffectPct == nil {
		q.Missing = fmt.Sprintf("Too little is known about use of %s around the event.", s.Event.Target)
		return q
	}
	left := func(pct *float64) account.Number { return 100 + number(pct) }
	q.Figure = account.Quantity{Label: "of what was to be expected", Value: left(e.EffectPct),
		Interval: account.Interval{Low: left(e.CILow), High: left(e.CIHigh), Level: 1 - s.Config.Alpha}, Unit: "%"}
	q.Answer = fmt.Sprintf("%s stood at %s of what was expected from the weeks before, in the %s from %s.",
		s.Service.Name, q.Figure, account.CountOf(e.WindowDays, "days"), s.day.Format("2\u00a0January\u00a02006"))
	x := expectation(series, s.day, s.Config)
	ts := s.frame(series, s.Service.Unit)
	ts.Lines = []account.Line{{Name: "observed", Role: account.Observed, Values: s.cut(series, series.Values)},
		{Name: "expected", Role: account.Baseline, Values: s.cut(series, x.expected)}}
	q.Charts = []account.Chart{{Caption: s.Service.Name + ", " + s.place,
		Description: "The service's daily use with what was to be expected.", Series: &ts}}
	q.Method = "The same estimate as for the first question, on the use of the banned service by whatever way it is recognised."
	q.Caveats = []string{"Use through a tunnel is not seen as use of the service: what is missing here may have moved into the tools of the first question.",
		"Connections are counted, not people: a client that has to try more often counts more often."}
	return q
}

// sensitivity sets the analysis' other windows out as a grid.
func (s *study) sensitivity() account.Sensitivity {
	g := account.Sensitivity{RowName: "days before", ColName: "days after",
		Intro: fmt.Sprintf("The windows of %s before and %d after were registered before the data were looked at; the others are shown, never searched. The effects here are taken %s.", account.CountOf(s.Config.BaselineDays, "days"), s.effect.WindowDays, s.effect.PTimeOutcome)}
	var before, after []int
	for _, at := range s.effect.Sensitivity {
		before, after = append(before, at.BeforeDays), append(after, at.AfterDays)
	}
	before, after = distinct(before), distinct(after)
	for _, b := range before {
		g.Rows = append(g.Rows, fmt.Sprint(b))
		row := make([]account.SensitivityCell, len(after))
		for j, a := range after {
			row[j] = account.SensitivityCell{EffectPct: account.Unknown(), Interval: account.NoInterval(), P: account.Unknown()}
			for _, at := range s.effect.Sensitivity {
				if at.BeforeDays == b && at.AfterDays == a {
					row[j].EffectPct, row[j].P = expPct(at.EffectLog), number(at.PTime)
					row[j].Registered = b == s.Config.BaselineDays && a == s.effect.WindowDays
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

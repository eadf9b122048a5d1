package study

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/transform/spike"
)

// mainChart is the event's own series with its expectation and the dates of the event.
func (s *study) mainChart() account.Chart {
	l := expectation(s.series, s.day, s.Config)
	ts := s.frame(s.series, s.Use.Unit)
	ts.Lines = []account.Line{
		{Name: "observed", Role: account.Observed, Values: s.cut(s.series, s.series.Values)},
		{Name: "expected", Role: account.Baseline, Values: s.cut(s.series, l.expected)}}
	ts.Told = s.told()
	ts.Band = &account.Band{Name: fmt.Sprintf("where %g\u00a0%% of the days before lay", 100*(1-s.Config.Alpha)),
		Low: s.cut(s.series, l.low), High: s.cut(s.series, l.high)}
	return account.Chart{
		Caption:     fmt.Sprintf("%s: %s, %s", s.Use.Name, s.Use.Unit, s.place),
		Description: fmt.Sprintf("Daily line with the expected value and the range of the days before, from %s to %s.", day(ts.Times[0]), day(ts.Times[len(ts.Times)-1])),
		Series:      &ts,
	}
}

func day(t time.Time) string { return t.Format(time.DateOnly) }

// shown gives the range of a series' days that the pictures show.
func (s *study) shown(series spike.Series) (from, to int) {
	at := int(s.day.Sub(series.Start).Hours() / 24)
	return max(0, at-shownBefore), min(len(series.Values), at+shownAfter)
}

// frame is a chart of the days of a series, with markers and shades and no line yet.
func (s *study) frame(series spike.Series, unit string) account.TimeSeries {
	from, to := s.shown(series)
	ts := account.TimeSeries{Zone: "UTC", Unit: unit}
	for t := from; t < to; t++ {
		ts.Times = append(ts.Times, series.Start.AddDate(0, 0, t))
	}
	ts.Markers = s.markers(series.Start.AddDate(0, 0, from), series.Start.AddDate(0, 0, to))
	ts.Shades = append(s.maskedShades(series, from, to), account.Shade{From: s.day, To: s.day.AddDate(0, 0, s.Config.AfterDays),
		Label: "days of the effect", Kind: account.WindowShade})
	return ts
}

// cut gives the values of the shown days; masked and missing ones are unknown.
func (s *study) cut(series spike.Series, values []float64) []account.Number {
	from, to := s.shown(series)
	out := make([]account.Number, 0, to-from)
	for _, v := range values[from:to] {
		out = append(out, account.Number(v))
	}
	return out
}

// markers are the dates of the event, of the country's other events in between, and of
// changes of the method.
func (s *study) markers(from, to time.Time) []account.Marker {
	var list []account.Marker
	add := func(at time.Time, label string, kind account.MarkerKind, notes ...account.Note) {
		if at.IsZero() || at.Before(from) || !at.Before(to) {
			return
		}
		if i := slices.IndexFunc(list, func(m account.Marker) bool { return m.At.Equal(at) }); i >= 0 {
			list[i].Notes = append(list[i].Notes, notes...)
			return
		}
		list = append(list, account.Marker{At: at, Label: label, Kind: kind, Notes: notes})
	}
	own := NoteOf(s.Event)
	add(s.Event.Enforced(), "enforced", account.EnforcedMarker, own)
	add(s.Event.Announced(), "announced", account.AnnouncedMarker, own)
	add(s.Event.Ended(), "ended", account.EndedMarker, own)
	for _, e := range s.Catalogue {
		if e.Country == s.Event.Country && e.ID != s.Event.ID && e.Precision != "month" {
			add(e.Date(), e.Target+": "+kindWords(e.Kind), account.OtherMarker, NoteOf(e))
		}
	}
	for _, at := range s.Config.Breaks[s.series.Name] {
		add(at, "rules changed", account.OtherMarker)
	}
	slices.SortStableFunc(list, func(a, b account.Marker) int { return a.At.Compare(b.At) })
	return list
}

// NoteOf is what the catalogue knows of an event.
func NoteOf(e events.Event) account.Note {
	var dates []string
	for _, d := range [][2]string{{"announced", e.AnnouncedAt}, {"in force", e.EnforcedAt}, {"ended", e.EndedAt}} {
		if d[1] != "" {
			dates = append(dates, d[0]+" "+d[1])
		}
	}
	return account.Note{ID: e.ID, Target: e.Target, Kind: kindWords(e.Kind), Dates: strings.Join(dates, ", "), Text: e.Notes, Sources: append([]string{}, e.Sources...)}
}

func (s *study) maskedShades(series spike.Series, from, to int) []account.Shade {
	var list []account.Shade
	out := masked(series.Coverage, len(series.Values), s.Config)
	for t := from; t < to; t++ {
		if !out[t] {
			continue
		}
		at := series.Start.AddDate(0, 0, t)
		if n := len(list); n > 0 && list[n-1].To.Equal(at) {
			list[n-1].To = at.AddDate(0, 0, 1)
			continue
		}
		list = append(list, account.Shade{From: at, To: at.AddDate(0, 0, 1), Label: "sensors missing", Kind: account.MaskedShade})
	}
	return list
}

// mostTools is how many tools get a colour of their own.
const mostTools = 7

// toolChart stacks the tools; nil where they are not known.
func (s *study) toolChart() *account.Chart {
	if len(s.Tools) == 0 {
		return nil
	}
	ts := s.frame(s.series, s.Use.Unit+" and tool")
	ts.Stacked, ts.Shades = true, nil
	ts.Told = append([]account.Line{{Name: "clients of any tool", Role: account.Part, Values: s.cut(s.series, s.series.Values)}}, s.told()...)
	rest := nans(len(s.series.Values))
	for i, tool := range s.ranked() {
		if i < mostTools {
			ts.Lines = append(ts.Lines, account.Line{Name: tool.Name, Role: account.Part, Values: s.cut(s.series, tool.Values)})
			continue
		}
		for t, v := range tool.Values {
			if !math.IsNaN(v) {
				rest[t] = v + max(0, zeroIfUnknown(rest[t]))
			}
		}
	}
	if len(s.Tools) > mostTools {
		ts.Lines = append(ts.Lines, account.Line{Name: "other tools", Role: account.Part, Values: s.cut(s.series, rest)})
	}
	return &account.Chart{Caption: "By tool (a client that used two is in both), " + s.place, Description: "Stacked areas of the daily clients of each tool.", Series: &ts}
}

// ranked are the tools by how much they change on the days that are shown.
func (s *study) ranked() []Tool {
	from, to := s.shown(s.series)
	return slices.SortedStableFunc(slices.Values(s.Tools), func(a, b Tool) int {
		return -cmp.Compare(swing(a.Values[from:to]), swing(b.Values[from:to]))
	})
}

func zeroIfUnknown(x float64) float64 {
	if math.IsNaN(x) {
		return 0
	}
	return x
}

// leastPlaces is how many other countries make a histogram.
const leastPlaces = 8

// otherPlaces is the same estimate on the same days in the other countries.
func (s *study) otherPlaces() *account.Chart {
	h := &account.Histogram{What: "countries", Unit: "%", Marked: number(s.effect.EffectPct),
		Label: s.place + " " + s.percent(s.effect).String()}
	for _, e := range s.others() {
		if e.EffectPct != nil {
			h.Values = append(h.Values, account.Number(*e.EffectPct))
		}
	}
	if len(h.Values) < leastPlaces {
		return nil
	}
	return &account.Chart{Caption: fmt.Sprintf("The same estimate on the same days in %d other countries", len(h.Values)),
		Description: fmt.Sprintf("Histogram of the other countries' changes with %s marked.", s.place), Histogram: h}
}

// others are the effects of the countries that the event does not concern, the largest
// change first and what is unknown last.
func (s *study) others() []spike.Effect {
	var list []spike.Effect
	for _, e := range s.Use.Result.Effects {
		if e.Event == s.Event.ID && !e.OwnCountry {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b spike.Effect) int {
		return cmp.Or(-cmp.Compare(orLeast(a.EffectPct), orLeast(b.EffectPct)), cmp.Compare(a.Country, b.Country))
	})
	return list
}

func orLeast(x *float64) float64 {
	if x == nil {
		return math.Inf(-1)
	}
	return *x
}

// mostPanels keeps the small charts on one screen; the table has every country.
const mostPanels = 11

func (s *study) controls() account.Controls {
	others := s.others()
	if len(others) == 0 {
		return account.Controls{Intro: "No other country was measured: a change of the measurement cannot be told from a change of use."}
	}
	c := account.Controls{
		Intro: "The same estimate on the same days in countries that the event does not concern. A change that they share is not the event's.",
		Table: &account.Table{Caption: "All countries, the largest change first", Columns: []account.Column{
			{Name: "country", Format: account.Text}, {Name: s.Use.Unit + ", median before", Format: account.Decimal}, {Name: "effect", Format: account.Percent},
			{Name: "from", Format: account.Percent}, {Name: "to", Format: account.Percent}, {Name: "after controls", Format: account.Percent},
			{Name: "p in time", Format: account.PValue}, {Name: "p in space", Format: account.PValue}, {Name: "coverage, after over before", Format: account.Decimal}}},
	}
	for _, e := range append([]spike.Effect{s.effect}, others...) {
		c.Table.Rows = append(c.Table.Rows, []any{CountryName(e.Country), s.levelBefore(e.Country), number(e.EffectPct), number(e.CILow), number(e.CIHigh),
			number(e.Control.EffectPct), number(e.PTime), number(e.PSpace), number(e.CoverageChange)})
	}
	c.Chart = &account.Chart{Caption: "How far use lay above the expected, in percent", Description: "Small charts of the event's country and the largest others, all on one scale."}
	slices.SortStableFunc(others, func(a, b spike.Effect) int {
		return -cmp.Compare(s.levelBefore(a.Country), s.levelBefore(b.Country))
	})
	for _, e := range append([]spike.Effect{s.effect}, others[:min(len(others), mostPanels)]...) {
		c.Chart.Panels = append(c.Chart.Panels, s.panel(e))
	}
	return c
}

// panel is one country on the days of the event's own series.
func (s *study) panel(e spike.Effect) account.Panel {
	note := "not enough data"
	if e.EffectPct != nil {
		note = s.percent(e).String()
	}
	ts := s.frame(s.series, "%")
	ts.Shades = nil
	ts.Markers = slices.DeleteFunc(ts.Markers, func(m account.Marker) bool { return m.Kind != account.EnforcedMarker && !m.At.Equal(s.day) })
	values := make([]account.Number, len(ts.Times))
	other := s.country(e.Country)
	l := expectation(other, s.day, s.Config)
	for i, t := range ts.Times {
		values[i] = account.Unknown()
		if k := int(t.Sub(other.Start).Hours() / 24); k >= 0 && k < len(l.percent) {
			values[i] = account.Number(l.percent[k])
		}
	}
	ts.Lines = []account.Line{{Name: "difference from the expected", Role: account.Observed, Values: values}}
	return account.Panel{Title: CountryName(e.Country), Note: note, Series: ts}
}

func (s *study) country(code string) spike.Series {
	for _, series := range s.Use.Series {
		if series.Country == code {
			return series
		}
	}
	return spike.Series{Start: s.series.Start}
}

// levelBefore is the median of the days before the event, NaN where there are none.
func (s *study) levelBefore(code string) float64 {
	series := s.country(code)
	at := int(s.day.Sub(series.Start).Hours() / 24)
	from, to := max(0, at-s.Config.BeforeDays), min(len(series.Values), max(0, at))
	if from >= to {
		return math.NaN()
	}
	return median(slices.Clone(series.Values[from:to]))
}

// kindWords says a kind of event as it stands in a title.
func kindWords(k events.Kind) string {
	switch k {
	case events.Announce:
		return "announcement"
	case events.Court:
		return "court order"
	case events.Order:
		return "order"
	case events.Registry:
		return "entry in the block list"
	case events.Enforce:
		return "blocked"
	case events.Throttle:
		return "throttled"
	case events.Company:
		return "withdrawal"
	case events.Unblock:
		return "unblocked"
	}
	return string(k)
}

// happened says what an event did in a country, as a title begins.
func happened(e events.Event, place string) string {
	switch e.Kind {
	case events.Announce:
		return "ban of " + e.Target + " announced in " + place
	case events.Court:
		return "court order against " + e.Target + " in " + place
	case events.Law:
		return "law on " + e.Target + " in " + place
	case events.Order:
		return "order against " + e.Target + " in " + place
	case events.Registry:
		return e.Target + " entered in the block list of " + place
	case events.Enforce:
		return e.Target + " blocked in " + place
	case events.Throttle:
		return e.Target + " throttled in " + place
	case events.Shutdown:
		return e.Target + " shut down in " + place
	case events.Company:
		return e.Target + " withdrawn from " + place
	case events.Unblock:
		return e.Target + " unblocked in " + place
	case events.Outage:
		return "outage of " + e.Target + " in " + place
	case events.Release:
		return "release of " + e.Target + ", " + place
	}
	return e.Target + " in " + place
}

package account

import (
	"slices"
	"strings"
	"time"
)

// Chart is one picture. Exactly one of its parts is given.
type Chart struct {
	ID          string      `json:"id"` // given by Render
	Caption     string      `json:"caption"`
	Description string      `json:"description"` // what the picture shows, for those who do not see it
	Series      *TimeSeries `json:"series,omitempty"`
	Panels      []Panel     `json:"panels,omitempty"`
	Histogram   *Histogram  `json:"histogram,omitempty"`
	Forest      *Forest     `json:"forest,omitempty"`
	Bars        *Bars       `json:"bars,omitempty"`
}

// TimeSeries is one or more lines over time. All values have one entry a time;
// unknown ones are gaps.
type TimeSeries struct {
	Times   []time.Time `json:"times"` // starts of the days or hours, ascending
	Hourly  bool        `json:"hourly,omitempty"`
	Zone    string      `json:"zone"` // the time zone in which a day begins
	Unit    string      `json:"unit"` // "clients a day"
	Stacked bool        `json:"stacked,omitempty"`
	Lines   []Line      `json:"lines"`
	Band    *Band       `json:"band,omitempty"`
	Told    []Line      `json:"told,omitempty"` // said of each time, and not drawn
	Markers []Marker    `json:"markers"`
	Shades  []Shade     `json:"shades"`
}

// Role is what a line stands for; it decides how it is drawn.
type Role string

// Roles of lines.
const (
	Observed Role = "observed" // what was measured
	Baseline Role = "baseline" // what was to be expected
	Part     Role = "part"     // one of several equals: a tool, a network, a country
)

// Line is one line of a series.
type Line struct {
	Name   string   `json:"name"`
	Role   Role     `json:"role"`
	Values []Number `json:"values"`
}

// Band is an interval around the baseline.
type Band struct {
	Name string   `json:"name"`
	Low  []Number `json:"low"`
	High []Number `json:"high"`
}

// MarkerKind is which date of an event a marker stands at.
type MarkerKind string

// Kinds of markers.
const (
	AnnouncedMarker MarkerKind = "announced"
	EnforcedMarker  MarkerKind = "enforced"
	EndedMarker     MarkerKind = "ended"
	OtherMarker     MarkerKind = "other" // another event of the catalogue, a method break
)

// Marker is a date that is drawn as a line with its label.
type Marker struct {
	At    time.Time  `json:"at"`
	Label string     `json:"label"`
	Kind  MarkerKind `json:"kind"`
	Notes []Note     `json:"notes,omitempty"` // what is known of its events
}

// Note is what the catalogue knows of an event whose date is marked.
type Note struct {
	ID      string   `json:"id"`
	Target  string   `json:"target"`
	Kind    string   `json:"kind"`  // as printed
	Dates   string   `json:"dates"` // in words
	Text    string   `json:"text"`
	Sources []string `json:"sources"`
}

// Cited parts a source into its words and its address; either may be empty.
func Cited(source string) (words, address string) {
	at := strings.Index(source, "https://")
	if at < 0 {
		at = strings.Index(source, "http://")
	}
	if at < 0 || strings.ContainsAny(source[at:], " \t\n") {
		return source, ""
	}
	return strings.TrimRight(source[:at], ": "), source[at:]
}

// Marked lists the events whose dates a chart marks, each once.
func (c Chart) Marked() []Note {
	if c.Series == nil {
		return nil
	}
	var list []Note
	for _, m := range c.Series.Markers {
		for _, n := range m.Notes {
			if !slices.ContainsFunc(list, func(other Note) bool { return other.ID == n.ID }) {
				list = append(list, n)
			}
		}
	}
	return list
}

// ShadeKind is why a stretch of time is shaded.
type ShadeKind string

// Kinds of shades.
const (
	MaskedShade ShadeKind = "masked" // left out of every estimate: outage or change of coverage
	WindowShade ShadeKind = "window" // the window over which the effect is taken
)

// Shade is a shaded stretch of time, from From up to but without To.
type Shade struct {
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	Label string    `json:"label"`
	Kind  ShadeKind `json:"kind"`
}

// Panel is one of several small charts that share their axes.
type Panel struct {
	Title  string     `json:"title"`
	Note   string     `json:"note"` // one figure or verdict under the title
	Series TimeSeries `json:"series"`
}

// Histogram is how often placebo effects of each size were found, and where the
// event's own effect lies among them.
type Histogram struct {
	Values []Number `json:"values"`
	What   string   `json:"what"` // what is counted: "dates", "countries"
	Unit   string   `json:"unit"`
	Marked Number   `json:"marked"`
	Label  string   `json:"label"` // what stands at the marked value: "Russia +28 %"
	Bins   []Bin    `json:"bins"`  // given by Render
}

// Bin counts the values from Low up to but without High.
type Bin struct {
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Count int     `json:"count"`
}

// Forest is one effect with its interval a row: a network, a country, a tool.
type Forest struct {
	Unit  string      `json:"unit"`
	Label string      `json:"label"` // of the value axis
	Rows  []ForestRow `json:"rows"`
}

// ForestRow is one effect; Weight, from 0 to 1, is its share in the summary.
type ForestRow struct {
	Label    string   `json:"label"`
	Note     string   `json:"note"`
	Value    Number   `json:"value"`
	Interval Interval `json:"interval"`
	Weight   Number   `json:"weight"`
	Summary  bool     `json:"summary,omitempty"`
}

// Bars compares amounts.
type Bars struct {
	Unit string `json:"unit"`
	Rows []Bar  `json:"rows"`
}

// Bar is one amount with an interval where one is known.
type Bar struct {
	Label    string   `json:"label"`
	Value    Number   `json:"value"`
	Interval Interval `json:"interval"`
}

// Package account is what a study says, as data: its words, figures, tables and the
// numbers behind its pictures. A page, a terminal and a script show the same account.
//
// It must never compute a statistic, read anything, draw, or fill a gap: an unknown
// number stays unknown.
package account

import "time"

// Report is one event with everything that is claimed about it.
type Report struct {
	Title     string   `json:"title"`
	Subtitle  string   `json:"subtitle"`
	Simulated bool     `json:"simulated"` // shown as a banner on screen and on every printed report
	Event     Event    `json:"event"`
	Headline  Headline `json:"headline"`
	// Main is the series with its baseline, its interval and the dates of the ban.
	Main Chart `json:"main"`
	// Denominator is what users are measured against; nil where it is not known.
	Denominator *Denominator `json:"denominator,omitempty"`
	// Placebo is where the effect lies among the effects of dates without an event.
	Placebo     *Chart      `json:"placebo,omitempty"`
	Questions   []Question  `json:"questions"`
	Controls    Controls    `json:"controls"`
	Sensitivity Sensitivity `json:"sensitivity"`
	Method      []string    `json:"method"` // paragraphs
	Provenance  Provenance  `json:"provenance"`
	Glossary    []Term      `json:"glossary"`
}

// Event is the catalogue's entry. Dates are as the catalogue has them, local to Zone,
// with its precision; empty where unknown.
type Event struct {
	ID        string   `json:"id"`
	Country   string   `json:"country"` // name, as printed
	Target    string   `json:"target"`
	Kind      string   `json:"kind"`
	Announced string   `json:"announced"`
	Enforced  string   `json:"enforced"`
	Ended     string   `json:"ended"`
	Zone      string   `json:"zone"`
	Notes     string   `json:"notes,omitempty"`
	Sources   []string `json:"sources"`
}

// Grade is how far the data carry the claim.
type Grade string

// Grades from the strongest to no answer.
const (
	Supported    Grade = "supported"
	Ambiguous    Grade = "ambiguous"
	NotSupported Grade = "not_supported"
	Insufficient Grade = "insufficient"
)

// Direction is which way the measure went.
type Direction string

// Directions of an effect; DirectionNone where the interval covers no change.
const (
	Up            Direction = "up"
	Down          Direction = "down"
	DirectionNone Direction = "none"
)

// Headline is the answer to the first question: did use change, how much, how sure.
type Headline struct {
	Measure   string    `json:"measure"` // "VPN use"
	Place     string    `json:"place"`   // "Russia"
	From      time.Time `json:"from"`    // first day of the window
	To        time.Time `json:"to"`      // last day of the window
	EffectPct Number    `json:"effect_pct"`
	Interval  Interval  `json:"interval"` // percent
	Direction Direction `json:"direction"`
	// Controlled is the effect after what the controls did is taken off; nil without controls.
	Controlled *Quantity `json:"controlled,omitempty"`
	InTime     Rank      `json:"in_time"`  // against other dates of the same place
	InSpace    Rank      `json:"in_space"` // against other places on the same dates
	Grade      Grade     `json:"grade"`
	Reasons    []string  `json:"reasons"`
}

// Rank is a placebo test: the share of comparisons with an effect at least as large.
type Rank struct {
	P         Number `json:"p"`
	N         int    `json:"n"`                   // comparisons
	Effective int    `json:"effective,omitempty"` // of these independent, where windows overlap
	Floor     Number `json:"floor"`               // the smallest p that N comparisons allow, 1/(1+N)
	Mode      string `json:"mode,omitempty"`      // which dates or places were compared
}

// Denominator is the same estimate of users, of all clients, and of the share of users
// among them: a change of users may be a change of who is seen.
type Denominator struct {
	Sentence string     `json:"sentence"` // which of them moved
	Figures  []Quantity `json:"figures"`  // users, all clients, share
	Chart    *Chart     `json:"chart,omitempty"`
}

// Question is one thing a reader asks, with its answer. Missing says in one sentence
// why there is no answer; then nothing else of it is shown.
type Question struct {
	ID      string   `json:"id"`
	Title   string   `json:"title"`
	Answer  string   `json:"answer"`
	Figure  Quantity `json:"figure"`
	Charts  []Chart  `json:"charts"`
	Table   *Table   `json:"table,omitempty"`
	Method  string   `json:"method"`
	Caveats []string `json:"caveats"`
	Missing string   `json:"missing,omitempty"`
}

// Controls are the places and measures that the event should not have moved.
type Controls struct {
	Intro string `json:"intro"`
	Chart *Chart `json:"chart,omitempty"`
	Table *Table `json:"table,omitempty"`
}

// Sensitivity is the effect under other windows than the registered one.
type Sensitivity struct {
	Intro   string              `json:"intro"`
	RowName string              `json:"row_name"` // what the rows vary: "days before"
	ColName string              `json:"col_name"`
	Rows    []string            `json:"rows"`
	Cols    []string            `json:"cols"`
	Cells   [][]SensitivityCell `json:"cells"` // by row, then column
}

// SensitivityCell is one pair of windows; Registered marks the one chosen beforehand.
type SensitivityCell struct {
	EffectPct  Number   `json:"effect_pct"`
	Interval   Interval `json:"interval"`
	P          Number   `json:"p"`
	Registered bool     `json:"registered,omitempty"`
}

// Term is a word of this report that is explained at its end.
type Term struct {
	Word    string `json:"word"`
	Meaning string `json:"meaning"`
}

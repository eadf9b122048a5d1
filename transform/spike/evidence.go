package spike

import (
	"fmt"

	"github.com/banshift/banshift/schemas/events"
)

// Weight is what a finding does to a grade.
type Weight string

const (
	// For is what is to be expected if the event worked: it is printed as a reason.
	For Weight = "for"
	// Alternative is another explanation of the change: it makes the grade ambiguous.
	Alternative Weight = "alternative"
	// Silent was looked at and says neither.
	Silent Weight = "silent"
)

// Finding is what another series than the tested one says about one event.
type Finding struct {
	Event  string `json:"event"`
	Source string `json:"source"` // what was looked at
	Weight Weight `json:"weight"`
	Text   string `json:"text"` // one line, with its numbers
}

// EvidenceKind is what another series than the tested one measures, and so what its change means.
type EvidenceKind string

const (
	// DirectUse is use of the banned service without a tool. If it falls while use of tools
	// rises, people went from one to the other: the mechanism.
	DirectUse EvidenceKind = "direct_use"
	// Connectivity is how much of the network can be reached. If it falls, an outage or a
	// shutdown explains what else changes.
	Connectivity EvidenceKind = "connectivity"
	// Blocking is measured signs of blocking.
	Blocking EvidenceKind = "blocking"
	// Demand is interest in tools, or another count of their use.
	Demand EvidenceKind = "demand"
)

// words of a kind: what is measured, and the direction of a change that tells something.
func (k EvidenceKind) words() (what string, telling Direction) {
	switch k {
	case DirectUse:
		return "direct use of the banned service", Down
	case Connectivity:
		return "connectivity of the country's networks", Down
	case Blocking:
		return "measured signs of blocking", Up
	}
	return "demand for tools", Up
}

// weigh says what a change in the telling direction means for an event.
func (k EvidenceKind) weigh(e events.Event) Weight {
	if k == Connectivity && askedDirection(e) == Up {
		return Alternative
	}
	return For
}

// Findings tests series of one kind around every event, in the event's own country, with the same
// procedure as the series under test. Source names them.
func Findings(kind EvidenceKind, source string, series []Series, catalogue []events.Event, cfg Config) ([]Finding, error) {
	result, err := Analyze(series, catalogue, cfg)
	if err != nil {
		return nil, fmt.Errorf("evidence %s: %w", source, err)
	}
	byID := map[string]events.Event{}
	for _, e := range catalogue {
		byID[e.ID] = e
	}
	var found []Finding
	for _, e := range result.Effects {
		if e.OwnCountry && e.EffectPct != nil && e.CILow != nil {
			found = append(found, kind.finding(source, e, byID[e.Event], cfg))
		}
	}
	return found, nil
}

// finding words one effect. It speaks where the interval leaves zero out and, if there
// are enough placebo dates for a p in that direction, the change is rare among them too.
func (k EvidenceKind) finding(source string, e Effect, event events.Event, cfg Config) Finding {
	what, telling := k.words()
	f := Finding{Event: e.Event, Source: source, Weight: Silent}
	numbers := fmt.Sprintf("%+.1f %% (%+.1f to %+.1f)", *e.EffectPct, *e.CILow, *e.CIHigh)
	if e.Direction == telling && (e.PTime == nil || e.Asked != telling || *e.PTime <= cfg.Alpha/2) {
		f.Weight = k.weigh(event)
		f.Text = fmt.Sprintf("%s went %s in the same days: %s, from %s", what, telling, numbers, source)
		if f.Weight == Alternative {
			f.Text += "; an outage or shutdown may explain the change too"
		}
		return f
	}
	f.Text = fmt.Sprintf("%s did not clearly go %s in the same days: %s, from %s", what, telling, numbers, source)
	return f
}

// weighFindings adds what other series say to the verdict on a change that is there.
func (v *verdict) weighFindings(list []Finding) {
	for _, f := range list {
		if f.Weight == Alternative {
			v.doubt("%s", f.Text)
			continue
		}
		v.says("%s", f.Text)
	}
}

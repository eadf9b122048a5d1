package study

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
)

// Keeper keeps rows in a store's tables; *load.Store is one.
type Keeper interface {
	PutEvents(ctx context.Context, rows []load.Event) error
	PutEffects(ctx context.Context, rows []load.Effect) error
	PutSpikes(ctx context.Context, rows []load.Spike) error
}

// Keep puts the catalogue, the effects and the alarms where the named queries find them.
func (r Result) Keep(ctx context.Context, k Keeper, catalogue []events.Event) error {
	return errors.Join(k.PutEvents(ctx, eventRows(catalogue)), k.PutEffects(ctx, r.effectRows()), k.PutSpikes(ctx, r.spikeRows()))
}

// eventRows are the catalogue's rows for the store.
func eventRows(catalogue []events.Event) []load.Event {
	when := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	var rows []load.Event
	for _, e := range catalogue {
		rows = append(rows, load.Event{ID: e.ID, Country: e.Country, Target: e.Target, Kind: string(e.Kind),
			AnnouncedAt: when(e.Announced()), EnforcedAt: when(e.Enforced()), EndedAt: when(e.Ended()),
			Precision: e.Precision, Notes: e.Notes})
	}
	return rows
}

// effectRows are the effects that have a number; what is insufficient has none to keep.
func (r Result) effectRows() []load.Effect {
	p := r.Provenance
	var rows []load.Effect
	for _, e := range r.Effects {
		if e.EffectLog == nil || e.CILow == nil || e.CIHigh == nil {
			continue
		}
		rows = append(rows, load.Effect{Series: e.Series, Country: e.Country, Event: e.Event, Date: e.Date,
			EffectLog: *e.EffectLog, EffectPct: *e.EffectPct, CILow: *e.CILow, CIHigh: *e.CIHigh,
			PTime: e.PTime, NTime: uint32(e.NTime), PSpace: e.PSpace, NSpace: uint32(e.NSpace),
			Direction: string(e.Direction), Grade: string(e.Grade), Reasons: e.Reasons,
			BeforeDays: uint16(p.Config.BaselineDays), AfterDays: uint16(e.WindowDays), Seed: p.Config.Seed,
			Simulated: asFlag(p.Simulated), Pack: p.Packs})
	}
	return rows
}

// spikeRows are the alarms with the value of their first day.
func (r Result) spikeRows() []load.Spike {
	var rows []load.Spike
	for _, alarm := range r.Alarms {
		value := valueOn(r.series, alarm)
		rows = append(rows, load.Spike{Series: alarm.Series, Country: alarm.Country, Date: alarm.Date, Z: alarm.Z,
			Direction: string(alarm.Direction), Value: value, Expected: alarm.Expected, Simulated: asFlag(r.Provenance.Simulated), Pack: r.Provenance.Packs})
	}
	return rows
}

func valueOn(list []spike.Series, alarm spike.Alarm) float64 {
	for _, s := range list {
		if s.Name != alarm.Series || s.Country != alarm.Country {
			continue
		}
		t := dayIndex(s, dayOf(alarm.Date))
		if t >= 0 && t < len(s.Values) && !math.IsNaN(s.Values[t]) {
			return s.Values[t]
		}
	}
	return 0
}

// asFlag is how the tables write a yes or no.
func asFlag(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

// Package watch raises alarms while telemetry comes: after every finished hour and day it judges each
// series of a country by the detectors of package live, and tells whoever subscribed.
//
// It must never attribute an alarm to a ban, judge an hour that is not finished, or show a count of fewer clients
// than may be shown: alarms leave the house.
package watch

import (
	"context"
	"log/slog"
	"time"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas/events"
)

// Store is what alarms are made of and kept in; *load.Store is one.
type Store interface {
	WatchedPlaces(ctx context.Context) ([]load.WatchedPlace, error)
	WatchedHours(ctx context.Context, p load.WatchedPlace, from time.Time) ([]load.WatchedHour, error)
	WatchedDays(ctx context.Context, query string, p load.WatchedPlace, from time.Time) ([]load.WatchedDay, error)
	Daily(ctx context.Context, params map[string]string) ([]load.Day, error)
	WatchStates(ctx context.Context, p load.WatchedPlace, step string) ([]load.WatchState, error)
	PutWatchStates(ctx context.Context, states []load.WatchState) error
	Alarms(ctx context.Context, since time.Time) ([]load.Alarm, error)
	PutAlarms(ctx context.Context, alarms []load.Alarm) error
	AlarmNotices(ctx context.Context, ids []string) ([]load.AlarmNotice, error)
	PutAlarmNotices(ctx context.Context, notices []load.AlarmNotice) error
	Owner() string
}

// Options are what a watcher is made of.
type Options struct {
	Store Store
	Log   *slog.Logger
	// Grace is how long after its end an hour or day is finished, by the clock of the countings.
	Grace time.Duration
	// Few gives the smallest number of clients of a country that may be shown.
	Few func(country string) uint64
	// Holidays are days by country that are not like their weekdays.
	Holidays map[string][]time.Time
	// Catalogue are the events that an alarm is compared with.
	Catalogue []events.Event
	// Subscriptions are who is told.
	Subscriptions []Subscription
	// Propose is told of each alarm without an event of the catalogue near it; nil: nobody is.
	Propose func(e events.Event) error
	// Working is told when a pass begins, comes on, and ends; nil: nobody is.
	Working func() (progress func(), done func(error))
	// Clock is time.Now but in tests.
	Clock func() time.Time
}

// Watcher judges what is new since it, or another program, did so before. One goroutine owns it.
type Watcher struct {
	Options
	holidays map[string]map[time.Time]bool
	judged   map[place]time.Time // when the countings were made that were judged last
	last     map[place]time.Time // last hour of each place
	progress func()              // of the pass that is under way
}

// place is a country and a kind of telemetry.
type place struct {
	country   string
	simulated uint8
}

// New gives a watcher.
func New(o Options) *Watcher {
	w := &Watcher{Options: o, holidays: map[string]map[time.Time]bool{}, judged: map[place]time.Time{}, last: map[place]time.Time{}, progress: func() {}}
	if w.Working == nil {
		w.Working = func() (func(), func(error)) { return func() {}, func(error) {} }
	}
	for country, days := range o.Holidays {
		w.holidays[country] = map[time.Time]bool{}
		for _, d := range days {
			w.holidays[country][d] = true
		}
	}
	return w
}

// historyDays is what a series begins with: six weeks of a baseline, and four that it is compared with.
const historyDays = 70

// Pass judges what was finished since the pass before, and tells subscribers. It gives the alarms that it raised.
func (w *Watcher) Pass(ctx context.Context) (raised []load.Alarm, err error) {
	progress, done := w.Working()
	w.progress = progress
	defer func() { done(err) }()
	places, err := w.Store.WatchedPlaces(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range places {
		at := place{p.Country, p.Simulated}
		w.last[at] = p.Last
		if w.judged[at].Equal(p.Counted) {
			continue
		}
		for _, step := range []string{hour, day} {
			some, err := w.judge(ctx, p, step)
			if err != nil {
				return raised, err
			}
			raised = append(raised, some...)
			w.progress()
		}
		w.judged[at] = p.Counted
	}
	return raised, w.tell(ctx)
}

// Follow makes a pass every pause until ctx is done. A pass that fails is made again.
func (w *Watcher) Follow(ctx context.Context, pause time.Duration, passed func(raised []load.Alarm)) {
	for {
		raised, err := w.Pass(ctx)
		if err != nil && ctx.Err() == nil {
			w.Log.Warn("watching for changes: trying again", "error", err)
		}
		passed(raised)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

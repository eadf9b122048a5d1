package watch

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/transform/spike/live"
)

// memory is what is remembered of a series between two steps.
type memory struct {
	Detector live.State `json:"detector"`
	// Blocked is of a service whose reach fell and has not come back.
	Blocked bool `json:"blocked,omitempty"`
	// Fell is at which step it did.
	Fell int `json:"fell,omitempty"`
}

// reported is what is remembered of how many sensors reported: the last steps of a week.
type reported struct {
	Last []float64 `json:"last"`
}

// track is a series while it is judged.
type track struct {
	detector *live.Detector
	memory
}

// judging is one place and step while it is judged.
type judging struct {
	*Watcher
	of      load.WatchedPlace
	step    string
	config  live.Config
	tracks  map[string]*track
	sensors reported
	until   time.Time // last step that was judged; zero: none was
	open    []load.Alarm
	raised  []load.Alarm
	changed map[string]load.Alarm // raised or ended now, by id
}

// judge takes the finished steps of a place that were not judged yet, one after the other. What is stored is the
// same whoever judges, so that two programs that do so at the same time do no harm.
func (w *Watcher) judge(ctx context.Context, p load.WatchedPlace, step string) ([]load.Alarm, error) {
	j := &judging{Watcher: w, of: p, step: step, config: live.Hourly(), tracks: map[string]*track{}, changed: map[string]load.Alarm{}}
	if step == day {
		j.config = live.Daily()
	}
	if err := j.resume(ctx); err != nil {
		return nil, err
	}
	from := p.Last.AddDate(0, 0, -historyDays)
	if !j.until.IsZero() {
		from = j.until.Add(length(step))
	}
	points, err := w.points(ctx, p, step, from.Truncate(length(step)))
	if err != nil || len(points) == 0 {
		return nil, err
	}
	if j.open, err = w.Store.Alarms(ctx, points[0].at.Add(-aroundAlarm)); err != nil {
		return nil, err
	}
	for _, x := range points {
		j.next(x)
	}
	// Alarms first: a program that ends between the two raises the same ones again.
	if err := w.Store.PutAlarms(ctx, slices.SortedFunc(maps.Values(j.changed), func(a, b load.Alarm) int { return strings.Compare(a.ID, b.ID) })); err != nil {
		return nil, err
	}
	if err := j.keep(ctx); err != nil {
		return nil, err
	}
	w.propose(j.raised)
	return j.raised, nil
}

// resume reads what is remembered of the place. What another version remembers begins anew.
func (j *judging) resume(ctx context.Context) error {
	states, err := j.Store.WatchStates(ctx, j.of, j.step)
	if err != nil {
		return err
	}
	for _, s := range states {
		if s.Series == sensors {
			err = json.Unmarshal([]byte(s.State), &j.sensors)
		} else {
			err = j.resumeTrack(s)
		}
		if err != nil {
			j.Log.Warn("what was remembered of a series cannot be read: it begins anew", "country", s.Country, "series", s.Series, "error", err)
			j.tracks, j.sensors, j.until = map[string]*track{}, reported{}, time.Time{}
			return nil
		}
		if s.Until.After(j.until) {
			j.until = s.Until
		}
	}
	return nil
}

func (j *judging) resumeTrack(s load.WatchState) error {
	t := &track{}
	err := json.Unmarshal([]byte(s.State), &t.memory)
	if err == nil {
		t.detector, err = live.Resume(j.config, t.Detector)
	}
	j.tracks[s.Series] = t
	return err
}

// keep writes down what is remembered.
func (j *judging) keep(ctx context.Context) error {
	remember := func(series string, what any) (load.WatchState, error) {
		text, err := json.Marshal(what)
		return load.WatchState{Country: j.of.Country, Step: j.step, Simulated: j.of.Simulated, Series: series, Until: j.until, State: string(text)}, err
	}
	first, err := remember(sensors, j.sensors)
	states := []load.WatchState{first}
	for series, t := range j.tracks {
		t.Detector = t.detector.State()
		s, e := remember(series, t.memory)
		if e != nil {
			err = e
		}
		states = append(states, s)
	}
	if err != nil {
		return fmt.Errorf("what is remembered of %s: %w", j.of.Country, err)
	}
	return j.Store.PutWatchStates(ctx, states)
}

// next judges one step of all series of the place.
func (j *judging) next(x point) {
	if !j.until.IsZero() {
		if gap := int(x.at.Sub(j.until)/length(j.step)) - 1; gap > 0 {
			for _, t := range j.tracks {
				t.detector.Missing(gap)
			}
		}
	}
	j.until = x.at
	around := live.Around{Unusual: j.holidays[j.of.Country][x.at.Truncate(24*time.Hour)], Least: float64(j.Few(j.of.Country))}
	missing := j.uncovered(x.sensors)
	value := func(v float64) float64 {
		if missing {
			return math.NaN()
		}
		return v
	}
	if common := j.track(others).detector.Next(value(x.others), live.Around{Unusual: around.Unusual}); math.Abs(common.Z) > notable {
		around.Common = common.Residual
	}
	for _, series := range j.known(x) {
		if series == use || x.series[series] >= around.Least || j.tracks[series] != nil {
			j.take(series, x.at, value(x.series[series]), around)
		}
	}
}

// notable is how far, in standard deviations, clients that use nothing have to be off to explain a part of what is.
const notable = 2

// known lists the series there are, that of all use first.
func (j *judging) known(x point) []string {
	all := map[string]bool{}
	for s := range j.tracks {
		all[s] = s != others
	}
	for s := range x.series {
		all[s] = true
	}
	maps.DeleteFunc(all, func(s string, is bool) bool { return !is || s == use })
	return append([]string{use}, slices.Sorted(maps.Keys(all))...)
}

// uncovered reports whether fewer sensors reported than usual, and remembers how many did.
func (j *judging) uncovered(now float64) bool {
	if now == 0 {
		return false // nothing is known of them
	}
	const span = 168
	usual := slices.Clone(j.sensors.Last)
	slices.Sort(usual)
	j.sensors.Last = append(j.sensors.Last, now)
	j.sensors.Last = j.sensors.Last[max(0, len(j.sensors.Last)-span):]
	return len(usual) > 0 && now < leastCovered*usual[len(usual)/2]
}

// leastCovered is the share of the usual sensors below which an hour or day is taken as missing.
const leastCovered = .9

// track gives a series, from its beginning where it is new: one that nobody used had no clients while others had some.
func (j *judging) track(series string) *track {
	t := j.tracks[series]
	if t == nil {
		t = &track{detector: live.New(j.config)}
		if whole := j.tracks[use]; whole != nil && series != others {
			t.detector.BeginLike(whole.detector, series == use)
		}
		j.tracks[series] = t
	}
	return t
}

// take judges one step of one series.
func (j *judging) take(series string, at time.Time, value float64, around live.Around) {
	t := j.track(series)
	wasOn := t.detector.InAlarm()
	s := t.detector.Next(value, around)
	end := at.Add(length(j.step))
	isService := strings.HasPrefix(series, servicePrefix)
	if s.Ended {
		j.endAlarm(series, end)
		// After three weeks the baseline is that of the ban: what is back then is not what was before.
		if isService && t.Blocked && wasOn < 0 && t.detector.State().Seen-t.Fell < 3*j.config.Period {
			t.Blocked = false
			j.raise(series, unblocking, at, end, value, s)
		}
	}
	if !s.Began {
		return
	}
	kind := rise
	switch {
	case s.Alarm < 0:
		kind = drop
	case isService && t.Blocked:
		kind = unblocking
	}
	if isService {
		t.Blocked, t.Fell = kind == drop, t.detector.State().Seen
	}
	j.raise(series, kind, at.Add(-time.Duration(s.Back)*length(j.step)), end, value, s)
}

package watch

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/watch/deliver"
)

// What a notice is about, besides the day of a digest.
const (
	wasRaised    = "raised"
	wasEnded     = "ended"
	Acknowledged = "acknowledged"
)

// States of notices.
const (
	begun  = "begun"
	done   = "done"
	failed = "failed"
)

// digest stands for the alarm in the notice of a digest.
const digest = "digest"

// claimFor is how long another program that began to tell is waited for.
const claimFor = 10 * time.Minute

// longestPause bounds how long it takes until somebody who could not be told is told again.
const longestPause = time.Hour

// item is one thing that a subscriber is to be told.
type item struct {
	about string
	alarm load.Alarm
}

// notices are what was said of alarms, in the order of the store.
type notices []load.AlarmNotice

// of gives what was said to a subscriber of something.
func (n notices) of(alarm, about, subscription string) (list notices) {
	for _, x := range n {
		if x.Alarm == alarm && x.About == about && x.Subscription == subscription {
			list = append(list, x)
		}
	}
	return list
}

func (n notices) isDone() bool {
	return slices.ContainsFunc(n, func(x load.AlarmNotice) bool { return x.State == done })
}

// claimed gives who began to tell and has neither done it nor failed.
func (n notices) claimed(now time.Time) (owner string, is bool) {
	for _, x := range n {
		switch {
		case x.State == failed:
			is = false
		case x.State == begun && !is && now.Sub(x.At) < claimFor:
			owner, is = x.Owner, true
		}
	}
	return owner, is
}

// later reports whether it failed so lately that it is not tried again yet.
func (n notices) later(now time.Time) bool {
	pause, last := 15*time.Second, time.Time{}
	for _, x := range n {
		if x.State == failed {
			pause, last = min(2*pause, longestPause), x.At
		}
	}
	return now.Sub(last) < pause
}

// tell tells each subscriber what it was not told yet. What cannot be told is told later, and does not keep others waiting.
func (w *Watcher) tell(ctx context.Context) error {
	if len(w.Subscriptions) == 0 {
		return nil
	}
	var since time.Time
	for _, last := range w.last {
		if since.IsZero() || last.Before(since) {
			since = last
		}
	}
	alarms, err := w.Store.Alarms(ctx, since.Add(-aroundAlarm))
	if err != nil {
		return err
	}
	alarms = slices.DeleteFunc(alarms, w.stale)
	for _, s := range w.Subscriptions {
		if err := w.tellOne(ctx, s, alarms); err != nil {
			return err
		}
	}
	return nil
}

// said reads the notices of alarms and of digests.
func (w *Watcher) said(ctx context.Context, alarms []load.Alarm) (notices, error) {
	ids := []string{digest}
	for _, a := range alarms {
		ids = append(ids, a.ID)
	}
	return w.Store.AlarmNotices(ctx, ids)
}

// tellOne tells one subscriber.
func (w *Watcher) tellOne(ctx context.Context, s Subscription, alarms []load.Alarm) error {
	now := w.Clock()
	local := now.In(s.Zone)
	if s.Quiet != (Hours{}) && s.Quiet.in(ofDay(local)) {
		return nil
	}
	said, err := w.said(ctx, alarms)
	if err != nil {
		return err
	}
	today := local.Format(time.DateOnly)
	if s.Digest != nil && (ofDay(local) < *s.Digest || said.of(digest, today, s.Name).isDone()) {
		return nil
	}
	items := due(s, alarms, said, now)
	if items, err = w.claim(ctx, s, alarms, items, now); err != nil {
		return err
	}
	var sent []load.AlarmNotice
	all := true
	for _, message := range messages(s, items) {
		state := done
		if err := w.send(ctx, s, message); err != nil {
			w.Log.Warn("a subscriber could not be told: trying again later", "subscription", s.Name, "error", err)
			state, all = failed, false
		}
		for _, n := range message.Alarms {
			sent = append(sent, load.AlarmNotice{Alarm: n.ID, About: n.About, Subscription: s.Name, State: state})
		}
	}
	if s.Digest != nil && all {
		sent = append(sent, load.AlarmNotice{Alarm: digest, About: today, Subscription: s.Name, State: done})
	}
	return w.Store.PutAlarmNotices(ctx, sent)
}

// due lists what a subscriber is to be told now.
func due(s Subscription, alarms []load.Alarm, said notices, now time.Time) (items []item) {
	for _, a := range alarms {
		if !s.wants(a) || len(said.of(a.ID, Acknowledged, "")) > 0 {
			continue
		}
		raised := said.of(a.ID, wasRaised, s.Name)
		switch {
		case !raised.isDone():
			if _, claimed := raised.claimed(now); !claimed && !raised.later(now) {
				items = append(items, item{wasRaised, a})
			}
		case a.Ended != nil && a.Kind != unblocking:
			ended := said.of(a.ID, wasEnded, s.Name)
			if _, claimed := ended.claimed(now); !ended.isDone() && !claimed && !ended.later(now) {
				items = append(items, item{wasEnded, a})
			}
		}
	}
	return items
}

// claim keeps the items that no other program began to tell before this one.
func (w *Watcher) claim(ctx context.Context, s Subscription, alarms []load.Alarm, items []item, now time.Time) ([]item, error) {
	if len(items) == 0 {
		return nil, nil
	}
	var claims []load.AlarmNotice
	for _, i := range items {
		claims = append(claims, load.AlarmNotice{Alarm: i.alarm.ID, About: i.about, Subscription: s.Name, State: begun})
	}
	if err := w.Store.PutAlarmNotices(ctx, claims); err != nil {
		return nil, err
	}
	said, err := w.said(ctx, alarms)
	return slices.DeleteFunc(items, func(i item) bool {
		owner, _ := said.of(i.alarm.ID, i.about, s.Name).claimed(now)
		return owner != w.Store.Owner()
	}), err
}

// messages are one for each item, or one for all where the subscriber wants a digest.
func messages(s Subscription, items []item) (list []deliver.Message) {
	for _, i := range items {
		n := deliver.Notice{ID: i.alarm.ID, About: i.about, Country: i.alarm.Country, Network: i.alarm.ASN, Tool: i.alarm.Tool, Service: i.alarm.Service, Kind: i.alarm.Kind,
			Began: i.alarm.Began.UTC(), Raised: i.alarm.Raised.UTC(), Ended: i.alarm.Ended, Title: i.alarm.Title, Text: i.alarm.Text, Simulated: i.alarm.Simulated == 1}
		if i.about == wasEnded {
			n.Title = "Over: " + n.Title
		}
		if s.Digest != nil && len(list) > 0 {
			list[0].Alarms = append(list[0].Alarms, n)
			continue
		}
		list = append(list, deliver.Message{Subscription: s.Name, Alarms: []deliver.Notice{n}})
	}
	return list
}

// sendFor is how long one channel may take.
const sendFor = 20 * time.Second

// send goes through all channels of a subscription.
func (w *Watcher) send(ctx context.Context, s Subscription, m deliver.Message) error {
	var errs []error
	for _, c := range s.Channels {
		ctx, cancel := context.WithTimeout(ctx, sendFor)
		errs = append(errs, c.Send(ctx, m))
		cancel()
		w.progress()
	}
	return errors.Join(errs...)
}

// Acknowledge notes that somebody has taken note of an alarm: nobody is told of it any more.
func Acknowledge(ctx context.Context, store Store, id string) error {
	return store.PutAlarmNotices(ctx, []load.AlarmNotice{{Alarm: id, About: Acknowledged, State: done}})
}

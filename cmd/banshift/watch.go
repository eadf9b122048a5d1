package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/study"
	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/watch"
	"github.com/banshift/banshift/web/feed"
)

// watchOptions are the flags of watch.
type watchOptions struct {
	follow bool
	feed   string
	asJSON bool
}

func newWatchCommand(a *app) *cobra.Command {
	var o watchOptions
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Raise alarms on rises, drops and unblockings, and tell who subscribed",
		Long: `watch judges every hour and day that was finished since it did so before: the use of a
country, of each tool and network in it, and who reaches each known service. An alarm is a row
(banshift query alarms), an entry of the page's feeds, and a message to the subscriptions of
the configuration. It says that something changed, and attributes nothing.

A series is judged once four weeks of it are known. With --follow it goes on until it is
interrupted; "run --follow --watch" does the same in one program.`,
		Example: `  banshift watch --store ./store
  banshift watch --config banshift.yaml --follow --feed /srv/www/bans.atom
  banshift watch ack ru-3f2a90c1d4e5 --store ./store
  banshift watch propose ru-3f2a90c1d4e5 --store ./store --out mine.yaml`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.watchBans(c.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.follow, "follow", false, "go on, and judge each hour when it is finished")
	cmd.Flags().StringVar(&o.feed, "feed", "", "write the alarms to this file after each pass: .atom (RFC 4287) or .json (JSON Feed 1.1)")
	cmd.Flags().BoolVar(&o.asJSON, "json", false, "print each alarm that is raised as one JSON object")
	cmd.AddCommand(a.newWatchAck(), a.newWatchPropose())
	return cmd
}

func (a *app) newWatchAck() *cobra.Command {
	return &cobra.Command{
		Use:     "ack ID...",
		Short:   "Note that alarms were taken note of: nobody is told of them any more",
		Example: `  banshift watch ack ru-3f2a90c1d4e5 --store ./store`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, ids []string) error {
			return a.withAlarms(c.Context(), ids, func(store *load.Store, alarm load.Alarm) error {
				if err := watch.Acknowledge(c.Context(), store, alarm.ID); err != nil {
					return err
				}
				_, err := fmt.Fprintf(a.out, "%s acknowledged: %s\n", alarm.ID, alarm.Title)
				return err
			})
		},
	}
}

func (a *app) newWatchPropose() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:     "propose ID",
		Short:   "Add an event for an alarm to a file of one's own, to be reviewed",
		Example: `  banshift watch propose ru-3f2a90c1d4e5 --store ./store --out mine.yaml`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, ids []string) error {
			return a.withAlarms(c.Context(), ids, func(_ *load.Store, alarm load.Alarm) error {
				e := watch.Proposal(alarm)
				if err := events.Add(out, e); err != nil {
					return err
				}
				_, err := fmt.Fprintf(a.out, "%s added to %s: what was banned, and whether anything was, is for you to find out\n", e.ID, out)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "YAML file of events; it is made if need be")
	_ = cmd.MarkFlagRequired("out") // the flag is the one above
	return cmd
}

// withAlarms does something with alarms of the store by their ids.
func (a *app) withAlarms(ctx context.Context, ids []string, do func(*load.Store, load.Alarm) error) error {
	store, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	all, err := store.Alarms(ctx, time.Unix(0, 0))
	if err != nil {
		return err
	}
	known := map[string]load.Alarm{}
	for _, alarm := range all {
		known[alarm.ID] = alarm
	}
	for _, id := range ids {
		alarm, is := known[id]
		if !is {
			return misused(fmt.Errorf("alarm %q: there is none; 'banshift query alarms' lists them", id))
		}
		if err := do(store, alarm); err != nil {
			return err
		}
	}
	return nil
}

// watchEvery is how often it is looked whether an hour was finished.
const watchEvery = 30 * time.Second

// watcher makes a watcher of a store, by the configuration.
func (a *app) watcher(store watch.Store) (*watch.Watcher, error) {
	cfg, err := a.spikeConfig()
	if err != nil {
		return nil, err
	}
	catalogue, err := events.Load(a.cfg.Events)
	if err != nil {
		return nil, err
	}
	leaving, err := a.releasePolicy()
	if err != nil {
		return nil, err
	}
	subscriptions, err := a.cfg.subscriptions()
	if err != nil {
		return nil, misused(err)
	}
	o := watch.Options{Store: store, Log: a.log, Grace: time.Duration(a.cfg.Watch.GraceMinutes) * time.Minute, Holidays: cfg.Holidays, Catalogue: catalogue,
		Subscriptions: subscriptions, Clock: time.Now, Few: leaving.Few, Working: a.judging}
	if a.cfg.Watch.Proposals != "" {
		o.Propose = a.propose
	}
	return watch.New(o), nil
}

// propose writes an event to a file of its own, unless there is one.
func (a *app) propose(e events.Event) error {
	if err := os.MkdirAll(a.cfg.Watch.Proposals, 0o777); err != nil {
		return err
	}
	path := filepath.Join(a.cfg.Watch.Proposals, e.ID+".yaml")
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	return events.Add(path, e)
}

// watchBans judges what was finished, once or until ctx is done.
func (a *app) watchBans(ctx context.Context, o watchOptions) error {
	if o.feed != "" {
		if _, err := feedForm(o.feed); err != nil {
			return misused(err)
		}
	}
	if o.follow {
		return a.followBans(ctx, o)
	}
	store, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	if _, err := store.Count(ctx, 0); err != nil && !errors.Is(err, load.ErrForbidden) {
		return err
	}
	w, err := a.watcher(store)
	if err != nil {
		return err
	}
	raised, err := w.Pass(ctx)
	if err != nil {
		return err
	}
	return errors.Join(a.sayAlarms(raised, o.asJSON), a.writeFeed(ctx, store, o.feed))
}

// followBans judges what was finished until ctx is done, and tells how it does.
func (a *app) followBans(ctx context.Context, o watchOptions) error {
	return a.keepCounted(ctx, func(store *load.Store) (renewal, func(context.Context) error, error) {
		watching, err := a.watchers(store, func(raised []load.Alarm) {
			if err := errors.Join(a.sayAlarms(raised, o.asJSON), a.writeFeed(ctx, store, o.feed)); err != nil && ctx.Err() == nil {
				a.log.Warn("alarms were not written", "error", err)
			}
		})
		if err != nil {
			return nil, nil, err
		}
		return watching.renew, func(ctx context.Context) error { watching.keepWatching(ctx); return nil }, nil
	})
}

// sayAlarms prints alarms, the latest last.
func (a *app) sayAlarms(raised []load.Alarm, asJSON bool) error {
	for _, alarm := range raised {
		var err error
		if asJSON {
			err = json.NewEncoder(a.out).Encode(alarm)
		} else {
			_, err = fmt.Fprintf(a.out, "%s  %s\n    %s\n", alarm.ID, alarm.Title, alarm.Text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// feedForm gives what writes a feed, by the name of its file.
func feedForm(path string) (func([]account.Entry, feed.Effects, string) ([]byte, error), error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".atom", ".xml":
		return feed.Atom, nil
	case ".json":
		return feed.JSON, nil
	}
	return nil, fmt.Errorf("--feed %s: want a name that ends in .atom or .json", path)
}

// writeFeed replaces the file of a feed whole, where one is wanted.
func (a *app) writeFeed(ctx context.Context, store *load.Store, path string) error {
	if path == "" {
		return nil
	}
	form, err := feedForm(path)
	if err != nil {
		return err
	}
	entries, err := study.AlarmEntries(ctx, store)
	if err != nil {
		return err
	}
	text, err := form(entries[:min(len(entries), feed.Most)], nil, "")
	if err != nil {
		return err
	}
	if before, err := os.ReadFile(path); err == nil && bytes.Equal(before, text) {
		return nil
	}
	return writeFile(path, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// watchers give who watches for changes while a program goes on: another one each time that the configuration is read again.
// What they know is in the store.
type watchers struct {
	app   *app
	store watch.Store
	say   func(raised []load.Alarm)
	next  chan *watch.Watcher
}

func (a *app) watchers(store watch.Store, say func(raised []load.Alarm)) (*watchers, error) {
	w := &watchers{app: a, store: store, say: say, next: make(chan *watch.Watcher, 1)}
	use, err := w.renew(a.cfg)
	if err == nil {
		use()
	}
	return w, err
}

// renew is a renewal: a watcher of another configuration goes on.
func (w *watchers) renew(cfg Config) (func(), error) {
	next, err := w.app.with(cfg).watcher(w.store)
	return func() {
		select {
		case <-w.next: // one that nobody took yet
		default:
		}
		w.next <- next
	}, err
}

// keepWatching watches until ctx is done.
func (w *watchers) keepWatching(ctx context.Context) {
	stopped := w.app.watched.board.Stage(stageWatch).Run()
	defer func() { stopped(ctx.Err() != nil) }()
	for watcher := <-w.next; watcher != nil; {
		life, end := context.WithCancel(ctx)
		ended := make(chan struct{})
		go func() {
			watcher.Follow(life, watchEvery, w.say)
			close(ended)
		}()
		var next *watch.Watcher
		select {
		case next = <-w.next:
		case <-ctx.Done():
		}
		end()
		<-ended // two at once would tell twice
		watcher = next
	}
}

// logAlarms says in the log what was raised.
func (a *app) logAlarms(raised []load.Alarm) {
	for _, alarm := range raised {
		a.log.Info("alarm", "id", alarm.ID, "title", alarm.Title)
	}
}

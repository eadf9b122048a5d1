package main

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/ingest/anonymize/spelling"
	"github.com/banshift/banshift/ingest/kafka"
	"github.com/banshift/banshift/ingest/pipeline"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/sqldoor"
	"github.com/banshift/banshift/monitor"
	"github.com/banshift/banshift/transform/enrich"
)

// Stages that are not of the pipeline.
const (
	stageEngine = "engine" // whether the store answers at all
	stageBroker = "broker" // whether Kafka does
	stageCount  = "count"  // finished counts
	stageWatch  = "watch"  // alarms
)

// stageWork says what the stages do, in the order in which they wait for each other.
var stageWork = []struct{ name, what string }{
	{stageEngine, "an answer of the store to an empty question, asked every 10 s"},
	{pipeline.StageStore, "one range into the store: all its inserts, with their retries"},
	{pipeline.StageTransform, "one range classified and folded"},
	{pipeline.StageDecode, "records of one range decoded and pseudonymised"},
	{stageBroker, "one answer of Kafka, with its retries"},
	{pipeline.StageLook, "one look at the files and directories that are followed"},
	{stageCount, "counts brought up to date"},
	{stageWatch, "what was counted judged for alarms, and subscribers told: one country's hours or days, or one message, is progress"},
}

// askEvery is how often the store is asked whether it answers, measureEvery what it takes, beatEvery
// when a line is logged.
const (
	askEvery     = 10 * time.Second
	measureEvery = time.Minute
	beatEvery    = time.Minute
)

// watched is what a running program tells of itself.
type watched struct {
	board  *monitor.Board
	lags   *monitor.Lags
	growth *monitor.Growth
	told   atomic.Pointer[http.Handler] // what answers at metrics.listen

	mu     sync.Mutex
	topics []*kafka.Source
	stats  *pipeline.Stats // nil: nothing is read
	store  *load.Store
	keys   *anonymize.Keys
	lists  func() []enrich.ListInfo
	door   atomic.Pointer[sqldoor.Door] // nil: dashboards are not answered
}

func hideNames(text string) string { return spelling.HideNames(text, "(hidden)") }

// newWatched makes a board with all stages.
func newWatched(clock func() time.Time) *watched {
	w := &watched{board: monitor.NewBoard(clock, hideNames), lags: monitor.NewLags(clock), growth: monitor.NewGrowth(clock)}
	for _, s := range stageWork {
		w.board.Stage(s.name)
	}
	return w
}

// work notes that work begins at a stage.
func (w *watched) work(stage string) (done func(error)) {
	_, done = w.board.Stage(stage).Work()
	return done
}

// readsTopic has a topic's counts among the metrics.
func (w *watched) readsTopic(s *kafka.Source) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.topics = append(w.topics, s)
}

// passed gives the offsets that were passed over, by topic.
func (w *watched) passed() []monitor.Passed {
	w.mu.Lock()
	defer w.mu.Unlock()
	by := map[string]monitor.Passed{}
	for _, s := range w.topics {
		topic, stats := hideNames(s.Topic()), s.Stats()
		p := by[topic]
		by[topic] = monitor.Passed{Topic: topic, Gap: p.Gap + stats.LostOffsets, Corrupt: p.Corrupt + stats.CorruptOffsets}
	}
	var all []monitor.Passed
	for _, p := range by {
		all = append(all, p)
	}
	return all
}

// topicBytes adds up what was read of all topics.
func (w *watched) topicBytes() (n int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.topics {
		n += s.Stats().Bytes
	}
	return n
}

// records are the counts of a run for the metrics.
func (w *watched) records() monitor.Records {
	s := w.stats
	r := monitor.Records{
		Stored: s.Stored.Load(), Folded: s.Folded.Load(), Rejected: s.Rejected.Load(), Decoded: s.Read.Load(),
		Read: s.Sources.Load(), Known: s.Known.Load(), Taken: s.Taken.Load(), Reasons: map[string]int64{},
		FileBytes: s.Bytes.Load(), KafkaBytes: w.topicBytes(), Queued: s.Queued.Load(),
	}
	for _, reason := range s.Reasons() {
		r.Reasons[reason.Reason] = reason.Count
	}
	if _, last := s.Times(); last != 0 {
		r.Newest = time.UnixMilli(last)
	}
	return r
}

// statements are the counts of what dashboards ask; false: they are not answered.
func (w *watched) statements() (monitor.SQL, bool) {
	d := w.door.Load()
	if d == nil {
		return monitor.SQL{}, false
	}
	a := d.Account()
	return monitor.SQL{Answered: a.Answered, Failed: a.Failed, Refused: a.Refused, Stopped: a.Stopped, Running: a.Running, Took: a.Took}, true
}

// listTimes gives as of when the lists are.
func (w *watched) listTimes() map[string]time.Time {
	times := map[string]time.Time{}
	for _, l := range w.lists() {
		if l.Name != enrich.Builtin && !l.AsOf.IsZero() {
			times[hideNames(l.Name)] = l.AsOf
		}
	}
	return times
}

// sources are what the metrics are made of.
func (w *watched) sources() monitor.Sources {
	s := monitor.Sources{Version: programVersion(), Lags: w.lags.All, Passed: w.passed, Disk: w.growth.Now, SQL: w.statements}
	if w.stats != nil {
		s.Records = w.records
	}
	if w.store != nil {
		s.Retries = w.store.Retries
	}
	if w.lists != nil {
		s.Lists = w.listTimes
	}
	if w.keys != nil {
		s.OldestKey = w.keys.Oldest
	}
	return s
}

// tell answers at metrics.listen until the function that it gives is called: how the stages do and, once tellOfStore was
// called, what the rest of the program does.
func (a *app) tell(ctx context.Context, w *watched) (stop func(), err error) {
	if a.cfg.Metrics.Listen == "" {
		return func() {}, nil
	}
	l, err := monitor.Listen(ctx, a.cfg.Metrics.Listen)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // also while it stops
	w.tellBy(monitor.Sources{Version: programVersion()})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := monitor.Serve(ctx, l, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { (*w.told.Load()).ServeHTTP(rw, r) })); err != nil {
			a.log.Warn("metrics are not served any more", "error", err)
		}
	}()
	a.log.Info("telling how this program does", "address", l.Addr().String())
	return func() { cancel(); <-ended }, nil
}

// tellBy has metrics made of sources from now on.
func (w *watched) tellBy(s monitor.Sources) {
	h := monitor.Handler(w.board, monitor.NewRegistry(w.board, s))
	w.told.Store(&h)
}

// tellOfStore has the sources among the metrics, which must be set, and looks whether the store answers and what it takes,
// until the function that it gives is called.
func (a *app) tellOfStore(ctx context.Context, w *watched) (stop func()) {
	if a.cfg.Metrics.Listen == "" {
		return func() {}
	}
	w.tellBy(w.sources())
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // also while it stops
	var looking sync.WaitGroup
	looking.Go(func() { every(ctx, askEvery, func() { w.ask(ctx) }) })
	looking.Go(func() { every(ctx, measureEvery, func() { w.measure(ctx) }) })
	return func() { cancel(); looking.Wait() }
}

// every calls f now and then, until ctx is done.
func every(ctx context.Context, pause time.Duration, f func()) {
	for ctx.Err() == nil {
		f()
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// ask asks whether the store answers.
func (w *watched) ask(ctx context.Context) {
	done := w.work(stageEngine)
	done(w.store.Answers(ctx))
}

// measure looks what the store takes. Who may not see that has no such metrics.
func (w *watched) measure(ctx context.Context) {
	takes, err := w.store.Takes(ctx)
	if err == nil {
		w.growth.Saw(monitor.Disk{Parts: takes.Parts, Merges: takes.Merges, Bytes: takes.Bytes, Free: takes.Free})
	}
}

// beat logs how a following program did since the beat before.
func (a *app) beat(w *watched, before *monitor.Records, since time.Duration) {
	now := w.records()
	in := now.Stored + now.Folded + now.Rejected
	was := before.Stored + before.Folded + before.Rejected
	lag, age := w.lags.Sum()
	attrs := []any{"records_per_second", int64(float64(in-was) / since.Seconds()), "records", in, "rejected", now.Rejected - before.Rejected,
		"lag_records", lag, "lag_seconds", int64(age.Seconds())}
	*before = now
	troubles := w.board.Troubles()
	if len(troubles) == 0 {
		a.log.Info("following", attrs...)
		return
	}
	var stuck []string
	for _, t := range troubles {
		stuck = append(stuck, t.Stage+": "+t.Why)
	}
	a.log.Warn("following, and something is stuck", append(attrs, "why", strings.Join(stuck, "; "))...)
}

// keepBeating logs a line a minute until ctx is done.
func (a *app) keepBeating(ctx context.Context, w *watched) {
	var before monitor.Records
	afterEvery(ctx, beatEvery, func() { a.beat(w, &before, beatEvery) })
}

// afterEvery calls f after each pause, until ctx is done.
func afterEvery(ctx context.Context, pause time.Duration, f func()) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			f()
		}
	}
}

// watch begins to watch what the program does. It comes before the store is opened.
func (a *app) watch() *watched {
	a.watched = newWatched(time.Now)
	return a.watched
}

// counting is told of the counts that a store is brought up to date with.
func (a *app) counting() (progress func(), done func(error)) { return a.working(stageCount) }

// judging is told of the passes of who watches for changes.
func (a *app) judging() (progress func(), done func(error)) { return a.working(stageWatch) }

// working notes that work begins at a stage, where somebody watches this program.
func (a *app) working(stage string) (progress func(), done func(error)) {
	if a.watched == nil {
		return func() {}, func(error) {}
	}
	return a.watched.board.Stage(stage).Work()
}

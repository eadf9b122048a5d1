package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/ingest/files"
	"github.com/banshift/banshift/ingest/kafka"
	"github.com/banshift/banshift/ingest/pipeline"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/engine/servertest"
	"github.com/banshift/banshift/load/position"
	"github.com/banshift/banshift/monitor"
	"github.com/banshift/banshift/watch"
)

// handClock is a clock that the test moves.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// door is where something hangs until it is opened. who comes says so first.
type door struct{ reached, opened chan struct{} }

func newDoor() *door { return &door{make(chan struct{}, 1000), make(chan struct{})} }

func (d *door) pass() {
	d.reached <- struct{}{}
	<-d.opened
}

// doorStore is a store in memory for one test of the pipeline: it keeps nothing.
type doorStore struct {
	pipeline.Rounds // of which there are none
	at              *door
}

func (s doorStore) Write(_ context.Context, b load.Batch) error {
	if s.at != nil && b.Partition >= 0 {
		s.at.pass()
	}
	return nil
}
func (doorStore) Known(context.Context, string, int32) (k position.Known, err error) { return k, nil }
func (doorStore) Borders(context.Context, string, int32, position.Range) ([]int64, error) {
	return nil, nil
}
func (doorStore) FilesRead(context.Context) ([]load.FileRead, error)       { return nil, nil }
func (doorStore) Rejected(context.Context, string, int32) ([]int64, error) { return nil, nil }
func (doorStore) Lease(context.Context, string, int32) error               { return nil }
func (doorStore) IsJoined(context.Context, string) (bool, error)           { return false, nil }

// doorStage is a stage of transform that hangs.
type doorStage struct{ at *door }

func (s doorStage) Apply(_ context.Context, rec arrow.Record) (arrow.Record, error) {
	s.at.pass()
	rec.Retain()
	return rec, nil
}

// hanging is a program of which one stage hangs at a door, and what waits for its end.
type hanging struct {
	t    *testing.T
	w    *watched
	done sync.WaitGroup
}

// pipeline makes a pipeline that hangs somewhere.
func (h *hanging) pipeline(change func(*pipeline.Options)) *pipeline.Pipeline {
	a := &app{cfg: defaultConfig(), log: slog.New(slog.DiscardHandler), watched: h.w}
	a.cfg.Ingest.GuessClients = true
	s, err := loadStages(a.cfg)
	if err != nil {
		h.t.Fatal(err)
	}
	keys, err := anonymize.NewKeys(make([]byte, anonymize.MasterKeyBytes))
	if err != nil {
		h.t.Fatal(err)
	}
	o := pipeline.Options{
		Store: doorStore{}, NewParts: func() (pipeline.Parts, error) { return s.parts(keys) },
		NewGate: func() (*anonymize.Gate, error) { return anonymize.NewGate(s.gateOptions(keys)) },
		Workers: 1, BatchRecords: 1000, BlockRecords: 1000, BlockBytes: 1 << 20, FlushAfter: time.Millisecond, Log: a.log, Watch: h.w.work,
	}
	change(&o)
	p, err := pipeline.New(o)
	if err != nil {
		h.t.Fatal(err)
	}
	h.w.stats = p.Stats()
	return p
}

// pipe runs a file of 100 flows through a pipeline that hangs somewhere.
func (h *hanging) pipe(change func(*pipeline.Options)) {
	p := h.pipeline(change)
	dir, write := awayLog(h.t)
	write(100)
	h.done.Go(func() {
		defer p.Close()
		if err := p.Files(context.Background(), []files.File{{Path: filepath.Join(dir, "flows.json")}}, pipeline.FileOptions{}); err != nil {
			h.t.Error(err)
		}
	})
}

// hangs has each stage of a program hang at a door.
var hangs = map[string]func(h *hanging, at *door){
	pipeline.StageStore: func(h *hanging, at *door) { h.pipe(func(o *pipeline.Options) { o.Store = doorStore{at: at} }) },
	pipeline.StageTransform: func(h *hanging, at *door) {
		h.pipe(func(o *pipeline.Options) {
			parts := o.NewParts
			o.NewParts = func() (pipeline.Parts, error) {
				p, err := parts()
				p.Stages = append(p.Stages, doorStage{at})
				return p, err
			}
		})
	},
	pipeline.StageDecode: func(h *hanging, at *door) {
		h.pipe(func(o *pipeline.Options) {
			gate := o.NewGate
			o.NewGate = func() (*anonymize.Gate, error) { at.pass(); return gate() }
		})
	},
	pipeline.StageLook: func(h *hanging, at *door) {
		p := h.pipeline(func(*pipeline.Options) {})
		ctx, stop := context.WithCancel(context.Background())
		h.done.Go(func() {
			p.Follow(ctx, func() ([]files.File, error) { at.pass(); stop(); return nil, nil }, pipeline.FileOptions{}) //nolint:errcheck // it was stopped
		})
	},
	stageBroker: func(h *hanging, at *door) {
		cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "flows"))
		if err != nil {
			h.t.Fatal(err)
		}
		h.t.Cleanup(cluster.Close)
		cluster.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
			cluster.SleepControl(at.pass)
			return nil, nil, false
		})
		uri := kafka.Scheme + cluster.ListenAddrs()[0] + "/flows"
		producer, err := kafka.NewProducer(h.t.Context(), uri, kafka.Config{})
		if err != nil {
			h.t.Fatal(err)
		}
		defer producer.Close()
		if err := producer.Write(h.t.Context(), [][]byte{[]byte("{}")}); err != nil {
			h.t.Fatal(err)
		}
		a := &app{cfg: defaultConfig(), log: slog.New(slog.DiscardHandler), watched: h.w}
		source, err := kafka.Open(h.t.Context(), uri, a.kafkaConfig())
		if err != nil {
			h.t.Fatal(err)
		}
		p := h.pipeline(func(*pipeline.Options) {})
		h.done.Go(func() {
			defer source.Close()
			p.Topic(context.Background(), source, false) //nolint:errcheck // its record has no format
		})
	},
	stageEngine: func(h *hanging, at *door) { h.silent(at, func(s *load.Store) { h.w.ask(context.Background()) }) },
	stageWatch: func(h *hanging, at *door) {
		a := &app{cfg: defaultConfig(), log: slog.New(slog.DiscardHandler), watched: h.w}
		w, err := a.watcher(doorAlarms{at: at})
		if err != nil {
			h.t.Fatal(err)
		}
		h.done.Go(func() {
			if _, err := w.Pass(context.Background()); err != nil {
				h.t.Error(err)
			}
		})
	},
	stageCount: func(h *hanging, at *door) {
		h.silent(at, func(s *load.Store) { s.Count(context.Background(), 0) }) //nolint:errcheck // its server comes back anew
	},
}

// doorAlarms is a store of alarms that hangs.
type doorAlarms struct {
	watch.Store // of which nothing else is asked
	at          *door
}

func (s doorAlarms) WatchedPlaces(context.Context) ([]load.WatchedPlace, error) {
	s.at.pass()
	return nil, nil
}

// silent asks a server that is stopped.
func (h *hanging) silent(at *door, ask func(*load.Store)) {
	server := servertest.Start(h.t)
	a := &app{watched: h.w}
	store, err := load.Open(h.t.Context(), server.DSN("banshift"), load.Options{Counting: a.counting})
	if err != nil {
		h.t.Fatal(err)
	}
	h.w.store = store
	server.Pause()
	asked := make(chan struct{})
	go func() { ask(store); close(asked) }()
	at.reached <- struct{}{}
	h.done.Go(func() {
		<-at.opened
		server.Kill() // what was asked fails
		<-asked
		server.Restart()
		ask(store)
		store.Close()
	})
}

// Each stage that hangs is named within 60 s by the clock, its metric moves, and both clear when it goes on.
func TestStageThatHangsIsNamed(t *testing.T) {
	needEngine(t)
	for _, s := range stageWork {
		if hangs[s.name] == nil {
			t.Errorf("stage %s never hangs here", s.name)
		}
	}
	for stage, hang := range hangs {
		t.Run(stage, func(t *testing.T) {
			clock := &handClock{now: time.Unix(1_700_000_000, 0)}
			h := &hanging{t: t, w: newWatched(clock.Now)}
			page := httptest.NewServer(nil)
			defer page.Close()
			ask := func(path string) (int, string) {
				status, body, err := monitor.Ask(t.Context(), page.Listener.Addr().String(), path)
				if err != nil {
					t.Fatal(err)
				}
				return status, string(body)
			}
			at := newDoor()
			hang(h, at)
			page.Config.Handler = monitor.Handler(h.w.board, monitor.NewRegistry(h.w.board, h.w.sources()))
			<-at.reached
			for deadline := time.Now().Add(time.Minute); h.w.board.Stage(stage).Account().UnderWay == 0; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("nothing is under way")
				}
			}
			if status, body := ask("/readyz"); status != http.StatusOK {
				t.Errorf("at once: %d %s", status, body)
			}
			clock.advance(60 * time.Second)
			status, body := ask("/readyz")
			if status != http.StatusServiceUnavailable || !strings.HasPrefix(body, stage+": no progress for 1m0s") || strings.Count(body, "\n") != 1 {
				t.Errorf("after 60 s: %d %s", status, body)
			}
			if status, _ := ask("/healthz"); status != http.StatusOK {
				t.Errorf("alive: %d", status)
			}
			stuck := fmt.Sprintf(`banshift_stage_stuck{stage=%q} `, stage)
			if _, body := ask("/metrics"); !strings.Contains(body, stuck+"1\n") {
				t.Errorf("the metric has not moved: %s", body)
			}
			close(at.opened)
			h.done.Wait()
			if status, body := ask("/readyz"); status != http.StatusOK {
				t.Errorf("afterwards: %d %s", status, body)
			}
			if _, body := ask("/metrics"); !strings.Contains(body, stuck+"0\n") {
				t.Errorf("the metric has not cleared: %s", body)
			}
		})
	}
}

// A stage that ends while the program goes on is named, one that was asked to is not; neither is one that failed once.
func TestStageThatEndsOrFails(t *testing.T) {
	clock := &handClock{now: time.Unix(1_700_000_000, 0)}
	w := newWatched(clock.Now)
	stopped := w.board.Stage(stageCount).Run()
	stopped(false)
	if got := w.board.Troubles(); len(got) != 1 || got[0].Stage != stageCount || !strings.Contains(got[0].Why, "has ended") {
		t.Errorf("%v", got)
	}
	stopped = w.board.Stage(stageCount).Run()
	stopped(true)
	w.work(stageEngine)(errors.New("refused for 192.0.2.7"))
	clock.advance(time.Minute)
	if got := w.board.Troubles(); len(got) != 0 {
		t.Errorf("%v", got)
	}
	w.work(stageEngine)(errors.New("refused for 192.0.2.7"))
	if got := w.board.Troubles(); len(got) != 1 || !strings.Contains(got[0].Why, "failed for 1m0s") || strings.Contains(got[0].Why, "192.0.2.7") {
		t.Errorf("%v", got)
	}
	w.work(stageEngine)(fmt.Errorf("asking: %w", context.Canceled))
	if got := w.board.Troubles(); len(got) != 1 || !strings.Contains(got[0].Why, "refused") {
		t.Errorf("broken off: %v", got)
	}
	w.work(stageEngine)(nil)
	if got := w.board.Troubles(); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

var readBytes = regexp.MustCompile(`(?m)^banshift_read_bytes_total\{from="kafka"\} [1-9]`)

// A run that follows answers with its counts, lag and store, and logs a line a minute.
func TestFollowerTellsHowItDoes(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	socket := "unix:" + filepath.Join(dir, "s")
	t.Setenv("BANSHIFT_METRICS_LISTEN", socket)
	t.Setenv("BANSHIFT_INGEST_FLUSH_AFTER_SECONDS", "1")
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(dir, "master.key"))
	uri, write := awayTopic(t)
	write(300)
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
	defer stop()
	ended := make(chan int, 1)
	var log logBuffer
	go func() {
		ended <- run(ctx, []string{"run", "--follow", "--store", filepath.Join(dir, "store"), uri}, strings.NewReader(""), &log, &log)
	}()
	var text string
	for ctx.Err() == nil && !(strings.Contains(text, `banshift_records_total{outcome="rejected"} 0`) && strings.Contains(text, `banshift_kafka_lag_records{partition="1",topic="flows"} 0`) && strings.Contains(text, "banshift_store_bytes") && readBytes.MatchString(text) && strings.Contains(text, "banshift_queued_ranges 0")) {
		time.Sleep(100 * time.Millisecond)
		if _, body, err := monitor.Ask(ctx, socket, "/metrics"); err == nil {
			text = string(body)
		}
	}
	if status, body, err := monitor.Ask(ctx, socket, "/readyz"); err != nil || status != http.StatusOK {
		t.Errorf("%d %s %v", status, body, err)
	}
	stop()
	if code := <-ended; code != exitDone {
		t.Fatalf("exit code %d: %s", code, log.String())
	}
	found := map[string]bool{}
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(line, "# TYPE "); ok {
			found[strings.Fields(name)[0]] = true
		}
	}
	for _, m := range monitor.Metrics {
		delete(found, m.Name)
	}
	maps.DeleteFunc(found, func(name string, _ bool) bool {
		return strings.HasPrefix(name, "go_") || strings.HasPrefix(name, "process_") || strings.HasPrefix(name, "promhttp_")
	})
	if len(found) > 0 {
		t.Errorf("metrics that the reference does not have: %v", slices.Collect(maps.Keys(found)))
	}
	if !strings.Contains(text, "banshift_newest_record_timestamp_seconds 1.5") {
		t.Errorf("no time of the newest record, of 2018: %s", text)
	}
}

func TestHeartbeat(t *testing.T) {
	clock := &handClock{now: time.Unix(1_700_000_000, 0)}
	w := newWatched(clock.Now)
	w.stats = &pipeline.Stats{}
	w.lags.Hear("flows", 0, 100, 350, clock.Now().Add(-90*time.Second))
	w.stats.Stored.Add(1200)
	w.stats.Rejected.Add(600)
	var said bytes.Buffer
	a := &app{log: slog.New(slog.NewJSONHandler(&said, nil)), watched: w}
	before := monitor.Records{Stored: 600}
	a.beat(w, &before, time.Minute)
	var line map[string]any
	if err := json.Unmarshal(said.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]float64{"records_per_second": 20, "rejected": 600, "lag_records": 250, "lag_seconds": 90, "records": 1800} {
		if line[key] != want {
			t.Errorf("%s: %v, want %v", key, line[key], want)
		}
	}
	done := w.work(stageEngine)
	clock.advance(time.Minute)
	said.Reset()
	a.beat(w, &before, time.Minute)
	if !strings.Contains(said.String(), "engine: no progress") || !strings.Contains(said.String(), `"level":"WARN"`) {
		t.Errorf("%s", said.String())
	}
	done(nil)
}

// Only addresses of this machine are listened on; a socket that a killed program left is taken over.
func TestMetricsAddress(t *testing.T) {
	for address, local := range map[string]bool{
		"127.0.0.1:9464": true, "[::1]:9464": true, "localhost:9464": true, "unix:/run/banshift.sock": true,
		"0.0.0.0:9464": false, ":9464": false, "192.0.2.1:9464": false, "example.com:80": false, "unix:": false, "9464": false,
	} {
		t.Setenv("BANSHIFT_METRICS_LISTEN", address)
		_, err := loadConfig("", nil)
		if (err == nil) != local {
			t.Errorf("%s: %v", address, err)
		}
	}
	path := filepath.Join(t.TempDir(), "s")
	for range 2 {
		l, err := monitor.Listen(t.Context(), "unix:"+path)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o660 {
			t.Errorf("%v %v", info, err)
		}
		if _, err := monitor.Listen(t.Context(), "unix:"+path); err == nil {
			t.Error("two programs listen on one socket")
		}
		l.(interface{ SetUnlinkOnClose(bool) }).SetUnlinkOnClose(false) // as a kill leaves it
		l.Close()
	}
}

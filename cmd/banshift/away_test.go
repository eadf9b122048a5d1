package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/banshift/banshift/ingest/kafka"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/engine/servertest"
	"github.com/banshift/banshift/monitor"
)

// awayTopic is a topic of a fake broker, of which the test writes on.
func awayTopic(t *testing.T) (uri string, write func(records int)) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "flows"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	uri = kafka.Scheme + cluster.ListenAddrs()[0] + "/flows"
	seed := uint64(1)
	return uri, func(records int) {
		producer, err := kafka.NewProducer(t.Context(), uri, kafka.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer producer.Close()
		seed++
		var batch [][]byte
		uniformFlows(t, records, seed, func(line []byte) { batch = append(batch, line) })
		if err := producer.Write(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
}

// awayLog is a directory with a log that the test writes on.
func awayLog(t *testing.T) (dir string, write func(records int)) {
	t.Helper()
	dir = t.TempDir()
	seed := uint64(1)
	return dir, func(records int) {
		seed++
		log, err := os.OpenFile(filepath.Join(dir, "flows.json"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer log.Close()
		uniformFlows(t, records, seed, func(line []byte) { fmt.Fprintf(log, "%s\n", line) })
	}
}

// Partitions that a group gives a member while the store is away, and files that appear meanwhile, wait
// for it: the program neither ends nor leaves a record out.
func TestSourcesThatComeWhileTheStoreIsAway(t *testing.T) {
	needEngine(t)
	t.Setenv("BANSHIFT_INGEST_FLUSH_AFTER_SECONDS", "1")
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(t.TempDir(), "master.key"))
	server := servertest.Start(t)
	uri, write := awayTopic(t)
	dir, writeLog := awayLog(t)
	write(500)
	writeLog(500)
	w := &writers{T: t, store: server.DSN("banshift")}
	process, _ := w.program("--follow", uri, dir)
	w.await(1000)
	server.Kill()
	other, err := kafkago.NewConsumerGroup(kafkago.ConsumerGroupConfig{ID: "banshift", Brokers: []string{strings.Split(uri, "/")[2]}, Topics: []string{"flows"}, JoinGroupBackoff: time.Second / 10})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Next(t.Context()); err != nil { // it has some of the partitions now
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "flows.json"), filepath.Join(dir, "flows.json.1")); err != nil {
		t.Fatal(err)
	}
	writeLog(300)
	write(200)
	other.Close() // and gives them back
	time.Sleep(3 * time.Second)
	server.Restart()
	w.await(1500)
	w.end(process, true)
}

// endWithin is the deadline that docs/howto/kafka.md states for a stop while the store is away.
const endWithin = 40 * time.Second

// A program that follows ends in time after an interrupt, also when the store does not answer, or
// answers nothing.
func TestStopWithTheStoreAway(t *testing.T) {
	needEngine(t)
	t.Setenv("BANSHIFT_INGEST_FLUSH_AFTER_SECONDS", "1")
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(t.TempDir(), "master.key"))
	for name, away := range map[string]func(*servertest.Server){"gone": (*servertest.Server).Kill, "silent": (*servertest.Server).Pause} {
		for what, from := range map[string]func(*testing.T) (string, func(int)){"topic": awayTopic, "log": awayLog} {
			t.Run(name+" "+what, func(t *testing.T) {
				t.Parallel()
				server := servertest.Start(t)
				source, write := from(t)
				write(500)
				w := &writers{T: t, store: server.DSN("banshift")}
				process, log := w.program("--follow", source)
				w.await(500)
				away(server)
				write(500)
				time.Sleep(4 * time.Second) // a batch is on its way
				asked := time.Now()
				process.Process.Signal(os.Interrupt)
				ended := make(chan error, 1)
				go func() { ended <- process.Wait() }()
				select {
				case err := <-ended:
					t.Logf("ended after %s: %v", time.Since(asked).Round(time.Second/10), err)
				case <-time.After(endWithin):
					process.Process.Signal(syscall.SIGQUIT)
					time.Sleep(time.Second)
					t.Fatalf("it does not end:\n%s", log.String())
				}
			})
		}
	}
}

// A program that begins to follow while its server is away waits for it, and says so; what it was to read is there when the
// server is.
func TestServerThatIsAwayAtTheStart(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	t.Setenv("BANSHIFT_INGEST_FLUSH_AFTER_SECONDS", "1")
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(dir, "master.key"))
	socket := "unix:" + filepath.Join(dir, "m.sock")
	t.Setenv("BANSHIFT_METRICS_LISTEN", socket)
	server := servertest.Start(t)
	server.Kill()
	source, write := awayLog(t)
	write(500)
	w := &writers{T: t, store: server.DSN("banshift")}
	process, log := w.program("--follow", source)
	wait(t.Context(), t, "what it waits for", func() bool { return strings.Contains(log.String(), "waiting for it") })
	if code, body, err := monitor.Ask(t.Context(), socket, "/healthz"); err != nil || code != http.StatusOK {
		t.Errorf("it does not tell that it lives: %d %s %v", code, body, err)
	}
	server.Restart()
	w.await(500)
	wait(t.Context(), t, "what it stored among the metrics", func() bool {
		_, body, err := monitor.Ask(t.Context(), socket, "/metrics")
		return err == nil && strings.Contains(string(body), `banshift_records_total{outcome="stored"}`)
	})
	w.end(process, true)
}

// While a server is waited for, its stage is the one that is stuck. Asked to stop, the program ends, and well; what is wrong
// with its configuration, or with what the server says, is no reason to wait.
func TestWaitingForAServer(t *testing.T) {
	clock := &handClock{now: time.Unix(1_700_000_000, 0)}
	away := "clickhouse://" + closedPort(t) + "/db"
	a := &app{log: slog.New(slog.DiscardHandler), cfg: Config{Store: away}, watched: newWatched(clock.Now)}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	tries := make(chan struct{}, 100)
	go func() {
		_, err := a.awaitStore(ctx, func(ctx context.Context) (*load.Store, error) {
			tries <- struct{}{}
			return a.openStore(ctx)
		})
		ended <- err
	}()
	for range 3 { // two have failed when the third begins
		<-tries
	}
	clock.advance(time.Minute)
	if troubles := a.watched.board.Troubles(); len(troubles) != 1 || troubles[0].Stage != stageEngine || !strings.Contains(troubles[0].Why, "refused") {
		t.Errorf("what is stuck: %+v", troubles)
	}
	stop()
	if err := <-ended; unlessStopped(ctx, true, err) != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
	for _, refused := range []error{load.ErrPassword, load.ErrVersion, load.ErrForbidden} {
		if _, err := a.awaitStore(t.Context(), func(context.Context) (*load.Store, error) { return nil, refused }); !errors.Is(err, refused) {
			t.Errorf("%v: %v", refused, err)
		}
	}
	dir := t.TempDir()
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(dir, "master.key"))
	config := putInto(t, dir)("banshift.yaml", "lists: [{path: nothing.csv}]\n")
	if r := execute(t, "", "run", "--follow", "--config", config, "--store", away, dir); r.code == exitDone || !strings.Contains(r.errOut, "nothing.csv") {
		t.Errorf("a list that is not there: exit code %d: %s", r.code, r.errOut)
	}
}

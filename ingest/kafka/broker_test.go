package kafka_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/banshift/banshift/ingest/kafka"
	"github.com/banshift/banshift/ingest/kafka/brokertest"
	"github.com/banshift/banshift/ingest/plan"
	"github.com/banshift/banshift/load/position"
)

// stored is a ledger that counts records by value.
type stored struct {
	mu     sync.Mutex
	done   map[int32]position.Set
	values map[string]int
}

func newStored() *stored { return &stored{done: map[int32]position.Set{}, values: map[string]int{}} }

func (s *stored) Known(_ context.Context, partition int32) (position.Known, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return position.Known{Done: slices.Clone(s.done[partition])}, nil
}

func (s *stored) Lost(_ context.Context, partition int32, r position.Range) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done[partition] = s.done[partition].Add(r)
	return nil
}

func (s *stored) Borders(context.Context, int32, position.Range) ([]int64, error) { return nil, nil }

func (s *stored) walk(_ context.Context, _ int32, plan *plan.Plan) kafka.Walk {
	return &storedWalk{stored: s, plan: plan}
}

// storedWalk stores each range when it ends.
type storedWalk struct {
	*stored
	plan   *plan.Plan
	values []string
	next   int64
}

func (w *storedWalk) Take(m kafka.Messages) error {
	for _, r := range m.Records {
		w.values = append(w.values, string(r.Value))
	}
	if !m.Ends {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if r := (position.Range{First: m.First, Next: m.Next}); !w.plan.Stored(r) {
		for _, v := range w.values {
			w.stored.values[v]++
		}
		w.done[m.Partition] = w.done[m.Partition].Add(r)
	}
	w.values, w.next = nil, m.Next
	return nil
}

func (w *storedWalk) Pass(int64)               {}
func (w *storedWalk) Flush() error             { return nil }
func (w *storedWalk) End() error               { return nil }
func (w *storedWalk) Err() error               { return nil }
func (w *storedWalk) Progress() kafka.Progress { return kafka.Progress{Stored: w.next} }
func (w *storedWalk) Close()                   {}

func (s *stored) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.values)
}

func (s *stored) check(t *testing.T, want int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.values) != want {
		t.Errorf("%d different records, want %d", len(s.values), want)
	}
	if most := slices.Max(slices.Collect(maps.Values(s.values))); most != 1 {
		t.Errorf("a record is stored %d times", most)
	}
}

// write produces n different records, in parts, and calls between after each part.
func write(t *testing.T, uri string, cfg kafka.Config, name string, n int, between func(part int)) {
	t.Helper()
	p, err := kafka.NewProducer(t.Context(), uri, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	const part = 5000
	for i := range n / part {
		values := make([][]byte, part)
		for j := range values {
			values[j] = fmt.Appendf(nil, `{"%s":%d}`, name, i*part+j)
		}
		if err := p.Write(t.Context(), values); err != nil {
			t.Fatal(err)
		}
		if between != nil {
			between(i)
		}
	}
}

func create(t *testing.T, uri string, cfg kafka.Config) {
	t.Helper()
	if err := kafka.CreateTopic(t.Context(), uri, cfg, 4); err != nil {
		t.Fatal(err)
	}
}

func run(ctx context.Context, t *testing.T, uri string, cfg kafka.Config, s *stored) <-chan error {
	t.Helper()
	source, err := kafka.Open(ctx, uri, cfg)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		defer source.Close()
		ended <- source.Run(ctx, true, s, s.walk)
	}()
	return ended
}

func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain for " + what)
		}
	}
}

// TestRealBroker shares one broker between what takes little of its time.
func TestRealBroker(t *testing.T) {
	broker := brokertest.Start(t, brokertest.WithSASL())
	t.Run("crash of the broker under two members", func(t *testing.T) { crash(t, broker) })
	t.Run("SCRAM over TLS", func(t *testing.T) { secured(t, broker) })
	t.Run("transactions", func(t *testing.T) { transactional(t, broker) })
	t.Run("corrupt batch", func(t *testing.T) { corrupt(t, broker) })
}

// crash kills the broker while two members follow a topic of four partitions.
func crash(t *testing.T, broker *brokertest.Broker) {
	uri := broker.URI("crash", "group=crash")
	create(t, uri, kafka.Config{})
	const n = 60_000
	write(t, uri, kafka.Config{}, "before", n, nil)
	s := newStored()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	cfg := kafka.Config{Block: 500, FlushAfter: 50 * time.Millisecond}
	first := run(ctx, t, uri, cfg, s)
	await(t, "the first records", func() bool { return s.len() > 0 })
	second := run(ctx, t, uri, cfg, s)
	await(t, "some records", func() bool { return s.len() > n/4 })
	broker.Kill9()
	broker.Restart()
	write(t, uri, kafka.Config{}, "after", n/2, nil)
	await(t, "all records", func() bool { return s.len() >= n+n/2 })
	stop()
	for _, ended := range []<-chan error{first, second} {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	}
	s.check(t, n+n/2)
}

func secured(t *testing.T, broker *brokertest.Broker) {
	uri := "kafka://" + broker.SecureAddr + "/secured?tls=true&sasl=scram-sha-512&user=" + brokertest.User
	right := kafka.Config{CAFile: broker.CAFile, Password: brokertest.Password}
	create(t, uri, right)
	write(t, uri, right, "secured", 10_000, nil)
	s := newStored()
	ctx, stop := context.WithCancel(t.Context())
	ended := run(ctx, t, uri+"&group=secured", right, s)
	await(t, "all records", func() bool { return s.len() == 10_000 })
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	s.check(t, 10_000)

	for name, c := range map[string]struct {
		uri  string
		cfg  kafka.Config
		want string
	}{
		"wrong password":    {uri, kafka.Config{CAFile: broker.CAFile, Password: "wrong"}, `user "alice" was refused`},
		"unknown authority": {uri, kafka.Config{Password: brokertest.Password}, "set kafka.ca_file"},
		"mechanism not offered": {
			strings.Replace(uri, "scram-sha-512", "scram-sha-256", 1), right, "does not offer sasl=scram-sha-256",
		},
		"no TLS where it is wanted":      {"kafka://" + broker.SecureAddr + "/secured", kafka.Config{}, "it may want tls=true"},
		"TLS where there is none":        {"kafka://" + broker.Addr + "/secured?tls=true", right, "may not speak TLS"},
		"topic that does not exist":      {broker.URI("nothing", ""), kafka.Config{}, "does not exist"},
		"password that only looks right": {uri, kafka.Config{CAFile: broker.CAFile, Password: brokertest.Password + " "}, "was refused"},
	} {
		_, err := kafka.Open(t.Context(), c.uri, c.cfg)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one line with %q", name, err, c.want)
		}
		if err != nil && c.cfg.Password != "" && strings.Contains(err.Error(), c.cfg.Password) {
			t.Errorf("%s: the password is in the error", name)
		}
	}
}

// corrupt flips a byte in the broker's log: the reader has to stop there and say where, or to pass it and count.
func corrupt(t *testing.T, broker *brokertest.Broker) {
	uri := broker.URI("corrupt", "")
	create(t, uri, kafka.Config{})
	write(t, uri, kafka.Config{}, "corrupt", 5000, nil)
	broker.Stop()
	logs, err := filepath.Glob(filepath.Join(broker.LogDir("corrupt", 0), "*.log"))
	if err != nil || len(logs) != 1 {
		t.Fatal(logs, err)
	}
	content, err := os.ReadFile(logs[0])
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/2] ^= 0x20
	if err := os.WriteFile(logs[0], content, 0o600); err != nil {
		t.Fatal(err)
	}
	broker.Restart()
	s := newStored()
	for _, setting := range []string{"", "corrupt=count", ""} {
		before := s.len()
		source, err := kafka.Open(t.Context(), broker.URI("corrupt", setting), kafka.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer source.Close()
		err = source.Run(t.Context(), false, s, s.walk)
		switch {
		case before == 0 && (err == nil || !strings.Contains(err.Error(), "records cannot be read") || !strings.Contains(err.Error(), "partition 0")):
			t.Errorf("%v, want the corrupt batch", err)
		case before > 0 && err != nil:
			t.Errorf("%q: %v", setting, err)
		}
		if lost := int(source.Stats().CorruptOffsets); setting != "" && (lost == 0 || s.len()+lost != 5000) {
			t.Errorf("%d records are stored and %d cannot be read, want 5000 together", s.len(), lost)
		}
	}
	for v := range s.values {
		if !bytes.HasPrefix([]byte(v), []byte(`{"corrupt":`)) {
			t.Errorf("a corrupt record was handed on: %q", v)
		}
	}
}

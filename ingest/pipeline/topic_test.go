package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/ingest/decode"
	"github.com/banshift/banshift/ingest/kafka"
	"github.com/banshift/banshift/ingest/plan"
	"github.com/banshift/banshift/load/position"
)

// topicOf starts a fake cluster and gives the URI of a topic of it.
func topicOf(t *testing.T, partitions int32, format decode.Format) string {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(partitions, "flows"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return kafka.Scheme + cluster.ListenAddrs()[0] + "/flows?group=test&format=" + string(format)
}

func produce(t *testing.T, uri string, values [][]byte) {
	t.Helper()
	p, err := kafka.NewProducer(t.Context(), uri, kafka.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Write(t.Context(), values); err != nil {
		t.Fatal(err)
	}
}

// errNotOpened is what a topic gives whose time is over before it is open.
var errNotOpened = errors.New("topic not opened")

// runTopic drains a topic, or follows it until ctx is done.
func runTopic(ctx context.Context, t *testing.T, uri string, opts Options, follow bool) error {
	t.Helper()
	source, err := kafka.Open(ctx, uri, kafka.Config{Block: int64(opts.BlockRecords), FlushAfter: 30 * time.Millisecond, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return errors.Join(errNotOpened, err)
	}
	defer source.Close()
	p, err := New(opts)
	if err != nil {
		return err
	}
	defer p.Close()
	return p.Topic(ctx, source, follow)
}

// everything collects the records of a topic, by partition.
type everything struct {
	mu      sync.Mutex
	records map[int32][]kafka.Message
}

func (e *everything) Known(context.Context, int32) (position.Known, error) {
	return position.Known{}, nil
}

func (e *everything) Borders(context.Context, int32, position.Range) ([]int64, error) {
	return nil, nil
}

func (e *everything) Lost(context.Context, int32, position.Range) error { return nil }

func (e *everything) Take(m kafka.Messages) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range m.Records {
		r.Value = bytes.Clone(r.Value)
		e.records[m.Partition] = append(e.records[m.Partition], r)
	}
	return nil
}

func (e *everything) Pass(int64)               {}
func (e *everything) Flush() error             { return nil }
func (e *everything) End() error               { return nil }
func (e *everything) Err() error               { return nil }
func (e *everything) Progress() kafka.Progress { return kafka.Progress{} }
func (e *everything) Close()                   {}

func recordsOf(t *testing.T, uri string) map[int32][]kafka.Message {
	t.Helper()
	source, err := kafka.Open(t.Context(), uri, kafka.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	all := &everything{records: map[int32][]kafka.Message{}}
	if err := source.Run(t.Context(), false, all, func(context.Context, int32, *plan.Plan) kafka.Walk { return all }); err != nil {
		t.Fatal(err)
	}
	return all.records
}

// decodeAlone decodes the records of one range as one batch.
func decodeAlone(t *testing.T, opts Options, format decode.Format, partition int32, records []kafka.Message, first, next int64) anonymize.Batch {
	t.Helper()
	gate, err := opts.NewGate()
	if err != nil {
		t.Fatal(err)
	}
	defer gate.Release()
	gate.Begin("s", partition)
	decoder, err := decode.NewMessage(format)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if first <= r.Offset && r.Offset < next {
			decoder.Decode(r.Value, r.Offset, gate)
		}
	}
	return gate.Flush()
}

// slowTopic is [slowly] for a topic of which all is there.
func slowTopic(t *testing.T, opts Options, format decode.Format, topic map[int32][]kafka.Message) map[string]string {
	t.Helper()
	want := map[string]string{}
	block := int64(opts.BlockRecords)
	for partition, records := range topic {
		var blocks []anonymize.Batch
		for first := int64(0); first <= records[len(records)-1].Offset; first += block {
			blocks = append(blocks, decodeAlone(t, opts, format, partition, records, first, first+block))
		}
		for key, row := range slowly(t, opts, blocks) {
			want[key] = row
		}
	}
	return want
}

var topicFormats = map[decode.Format]func(*rand.Rand, int) [][]byte{
	decode.Goflow2JSON: netflowLines, decode.SuricataEVE: eveLines,
}

// TestTopicAgainstSlowVersion compares the verdicts on all records of a topic that is read
// to its end, for all sizes of batches and several numbers of workers.
func TestTopicAgainstSlowVersion(t *testing.T) {
	for format, lines := range topicFormats {
		rng := rand.New(rand.NewPCG(20, 21))
		uri := topicOf(t, 2, format)
		produce(t, uri, lines(rng, 700))
		s := sizes{records: 40 + rng.IntN(60)}
		want := slowTopic(t, contextOptions(t, nil, memory.DefaultAllocator, s), format, recordsOf(t, uri))
		var stored string
		for _, s.workers = range []int{1, 3} {
			for _, s.batch = range batchSizes {
				store := newLedger()
				got := newVerdicts()
				if err := runTopic(t.Context(), t, uri, got.of(contextOptions(t, store, memory.DefaultAllocator, s)), false); err != nil {
					t.Fatal(err)
				}
				compareRows(t, fmt.Sprintf("%s, %+v", format, s), got.rows, want)
				if dump := store.dump(); stored == "" {
					stored = dump
				} else if dump != stored {
					t.Errorf("%s, %+v: other rows are stored than before", format, s)
				}
			}
		}
	}
}

// TestTopicAfterFailure lets the store fail at every write in turn, and goes on.
func TestTopicAfterFailure(t *testing.T) {
	for format, lines := range topicFormats {
		rng := rand.New(rand.NewPCG(22, 23))
		uri := topicOf(t, 2, format)
		produce(t, uri, lines(rng, 400))
		s := sizes{batch: 65536, workers: 2, records: 37}
		whole := newLedger()
		if err := runTopic(t.Context(), t, uri, contextOptions(t, whole, memory.DefaultAllocator, s), false); err != nil {
			t.Fatal(err)
		}
		for failAt := 1; failAt <= whole.writes; failAt++ {
			mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
			store := newLedger()
			store.failAt = failAt
			if err := runTopic(t.Context(), t, uri, contextOptions(t, store, mem, s), false); !errors.Is(err, errGone) {
				t.Fatalf("%s, failing at %d: %v", format, failAt, err)
			}
			s.batch, s.workers = batchSizes[rng.IntN(len(batchSizes))], 1+rng.IntN(3)
			if err := runTopic(t.Context(), t, uri, contextOptions(t, store, mem, s), false); err != nil {
				t.Fatalf("%s, failing at %d: %v", format, failAt, err)
			}
			if store.dump() != whole.dump() {
				t.Errorf("%s, failing at %d: other rows are stored than by one run", format, failAt)
			}
			mem.AssertSize(t, 0)
		}
	}
}

// TestFollowingAgainstLedger follows a topic that comes in bursts, through stops and
// failures of the store. Where a range ends and how far was looked depends on time then;
// but the rows are those that follow from the ranges and windows in the ledger.
func TestFollowingAgainstLedger(t *testing.T) {
	for format, lines := range topicFormats {
		rng := rand.New(rand.NewPCG(24, 25))
		uri := topicOf(t, 2, format)
		values := lines(rng, 1500)
		s := sizes{workers: 2, records: 50}
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		store := newLedger()
		seen := newVerdicts()
		for round := 0; len(values) > 0; round++ {
			s.batch = batchSizes[rng.IntN(len(batchSizes))]
			store.mu.Lock()
			if store.failAt = 0; round%2 == 1 {
				store.failAt = store.writes + 1 + rng.IntN(8)
			}
			store.mu.Unlock()
			opts := seen.of(contextOptions(t, store, mem, s))
			ctx, stop := context.WithTimeout(t.Context(), time.Duration(200+rng.IntN(300))*time.Millisecond)
			ended := make(chan error, 1)
			go func() { ended <- runTopic(ctx, t, uri, opts, true) }()
			for len(values) > 0 && ctx.Err() == nil {
				n := min(len(values), 1+rng.IntN(1+rng.IntN(250)))
				produce(t, uri, values[:n])
				values = values[n:]
				time.Sleep(time.Duration(rng.IntN(120)) * time.Millisecond)
			}
			err := <-ended
			late := errors.Is(err, errNotOpened) && ctx.Err() != nil
			if !late && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, errGone) {
				t.Fatalf("%s: %v", format, err)
			}
			stop()
		}
		store.failAt = 0
		if err := runTopic(t.Context(), t, uri, seen.of(contextOptions(t, store, mem, s)), false); err != nil {
			t.Fatal(err)
		}
		mem.AssertSize(t, 0)
		topic := recordsOf(t, uri)
		compareRows(t, string(format), seen.rows, slowLedger(t, contextOptions(t, nil, memory.DefaultAllocator, s), format, topic, store))
	}
}

// slowLedger is [slowly] with the ranges and windows that a ledger has.
func slowLedger(t *testing.T, opts Options, format decode.Format, topic map[int32][]kafka.Message, store *ledger) map[string]string {
	t.Helper()
	want := map[string]string{}
	cut, ahead := 0, 0
	for partition, records := range topic {
		var ranges []key
		for r := range store.done {
			if r.partition == partition {
				ranges = append(ranges, r)
			}
		}
		slices.SortFunc(ranges, func(a, b key) int { return int(a.First - b.First) })
		next := int64(0)
		for i, r := range ranges {
			if r.First != next {
				t.Errorf("%s: partition %d: a range begins at %d, the one before ends at %d", format, partition, r.First, next)
			}
			next = r.Next
			if r.Next%int64(opts.BlockRecords) != 0 {
				cut++
			}
			window := store.windows[r]
			if r.Next < window.Next {
				ahead++
			}
			var around []anonymize.Batch
			for _, o := range ranges {
				if o != r && window.First <= o.First && o.First < window.Next {
					around = append(around, decodeAlone(t, opts, format, partition, records, o.First, min(o.Next, window.Next)))
				}
			}
			own := decodeAlone(t, opts, format, partition, records, ranges[i].First, ranges[i].Next)
			for key, row := range slowlyAmong(t, opts, own, append(around, own)) {
				want[key] = row
			}
		}
		if last := records[len(records)-1].Offset + 1; next != last {
			t.Errorf("%s: partition %d is stored up to %d of %d", format, partition, next, last)
		}
	}
	if cut == 0 || ahead == 0 { // how many depends on the machine
		t.Errorf("%s: only %d ranges were cut by time and %d looked ahead: nothing was tested", format, cut, ahead)
	}
	return want
}

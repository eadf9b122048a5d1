package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/ingest/decode"
	"github.com/banshift/banshift/ingest/kafka"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/position"
)

// scatter writes values to partitions at random, some at the same time, now and then one with
// an earlier timestamp than the one before.
func scatter(t *testing.T, rng *rand.Rand, uri string, partitions int, values [][]byte) {
	t.Helper()
	address, _, _ := strings.Cut(strings.TrimPrefix(uri, kafka.Scheme), "/")
	client, err := kgo.NewClient(kgo.SeedBrokers(address), kgo.DefaultProduceTopic("flows"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var records []*kgo.Record
	for i, v := range values {
		at := epoch + int64(i)*5 + rng.Int64N(20)
		records = append(records, &kgo.Record{Value: v, Partition: int32(rng.IntN(partitions)), Timestamp: time.UnixMilli(at)})
	}
	if err := client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// slowOrder is the order of [kafka.Merged]: one at a time, by looking at all that are left.
func slowOrder(topic map[int32][]kafka.Message) (order []kafka.Message, of []int32) {
	left := map[int32][]kafka.Message{}
	for partition, records := range topic {
		left[partition] = records
	}
	for {
		var heads []int32
		for partition, records := range left {
			if len(records) > 0 {
				heads = append(heads, partition)
			}
		}
		if len(heads) == 0 {
			return order, of
		}
		first := slices.MinFunc(heads, func(a, b int32) int {
			return cmp.Or(left[a][0].Time.Compare(left[b][0].Time), cmp.Compare(a, b))
		})
		order, of = append(order, left[first][0]), append(of, first)
		left[first] = left[first][1:]
	}
}

// slowRounds is what a topic gives that is read as one from beginning to end.
func slowRounds(t *testing.T, opts Options, format decode.Format, topic map[int32][]kafka.Message) map[string]string {
	t.Helper()
	want := map[string]string{}
	order, of := slowOrder(topic)
	for from := 0; from < len(order); from += opts.BlockRecords {
		gate, err := opts.NewGate()
		if err != nil {
			t.Fatal(err)
		}
		decoder, err := decode.NewMessage(format)
		if err != nil {
			t.Fatal(err)
		}
		for i := from; i < min(len(order), from+opts.BlockRecords); i++ {
			gate.Begin("s", of[i])
			decoder.Decode(order[i].Value, order[i].Offset, gate)
		}
		batch := gate.Flush()
		for key, row := range slowlyAmong(t, opts, batch, []anonymize.Batch{batch}) {
			want[key] = row
		}
	}
	return want
}

// TestWholeTopicAgainstSlowVersion reads topics of several partitions as one.
func TestWholeTopicAgainstSlowVersion(t *testing.T) {
	for format, lines := range topicFormats {
		for _, partitions := range []int{1, 4, 7} {
			rng := rand.New(rand.NewPCG(30, uint64(partitions)))
			uri := topicOf(t, int32(partitions), format)
			scatter(t, rng, uri, partitions, lines(rng, 500))
			for _, block := range []int{37, 5000} {
				s := sizes{records: block, batch: 65536, workers: 2}
				want := slowRounds(t, contextOptions(t, nil, memory.DefaultAllocator, s), format, recordsOf(t, uri))
				mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
				store, got := newLedger(), newVerdicts()
				if err := runTopic(t.Context(), t, uri+"&pair=topic", got.of(contextOptions(t, store, mem, s)), false); err != nil {
					t.Fatal(err)
				}
				compareRows(t, fmt.Sprintf("%s, %d partitions, blocks of %d", format, partitions, block), got.rows, want)
				mem.AssertSize(t, 0)
				readOnce(t, uri, store)
			}
		}
	}
}

// readOnce compares a ledger with its topic: every offset is marked once, and neither way of
// reading finds more.
func readOnce(t *testing.T, uri string, store *ledger) {
	t.Helper()
	total := 0
	for partition, records := range recordsOf(t, uri) {
		total += len(records)
		known, _ := store.Known(t.Context(), store.source, partition)
		if all := (position.Range{Next: records[len(records)-1].Offset + 1}); !known.Done.Covers(all) || len(known.Intended) > 0 {
			t.Errorf("partition %d: marked are %v of %v", partition, known, all)
		}
	}
	if in, _ := store.totals(); in != uint64(total) {
		t.Errorf("%d records are stored, want %d", in, total)
	}
	before := store.dump()
	for _, again := range []string{uri + "&pair=topic", uri} {
		if err := runTopic(t.Context(), t, again, options(t, store, memory.DefaultAllocator), false); err != nil {
			t.Fatal(err)
		}
	}
	if store.dump() != before {
		t.Error("a second run has stored more")
	}
}

// TestWholeTopicAfterFailure lets the store fail at every write in turn, and goes on when more
// has come: what was begun is read as it was.
func TestWholeTopicAfterFailure(t *testing.T) {
	const partitions = 3
	s := sizes{batch: 65536, workers: 2, records: 40}
	format := decode.Format(decode.Goflow2JSON)
	for failAt := 1; ; failAt++ {
		rng := rand.New(rand.NewPCG(31, 32))
		uri := topicOf(t, partitions, format)
		values := netflowLines(rng, 180)
		scatter(t, rng, uri, partitions, values[:110])
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		store := newLedger()
		store.failAt = failAt
		first := runTopic(t.Context(), t, uri+"&pair=topic", contextOptions(t, store, mem, s), false)
		if first != nil && !errors.Is(first, errGone) {
			t.Fatalf("failing at %d: %v", failAt, first)
		}
		store.failAt = 0
		scatter(t, rng, uri, partitions, values[110:])
		begun, _ := store.Known(t.Context(), store.source, load.PartitionJoined)
		if plain := runTopic(t.Context(), t, uri, contextOptions(t, store, mem, s), false); len(begun.Intended) > 0 {
			if plain == nil || !strings.Contains(plain.Error(), "pair=topic") {
				t.Errorf("failing at %d: a round was begun, and a run without pair=topic gives %v", failAt, plain)
			}
		} else if plain != nil {
			t.Errorf("failing at %d: %v", failAt, plain)
		}
		if err := runTopic(t.Context(), t, uri+"&pair=topic", contextOptions(t, store, mem, s), false); err != nil {
			t.Fatalf("failing at %d: %v", failAt, err)
		}
		mem.AssertSize(t, 0)
		readOnce(t, uri, store) // and the ledger complains where a range comes with other rows
		if first == nil {
			break
		}
	}
}

// TestWholeTopicIsFollowed follows a topic through stops.
func TestWholeTopicIsFollowed(t *testing.T) {
	const partitions = 4
	rng := rand.New(rand.NewPCG(33, 34))
	uri := topicOf(t, partitions, decode.Goflow2JSON)
	values := netflowLines(rng, 600)
	store := newLedger()
	s := sizes{batch: 65536, workers: 2, records: 50}
	for len(values) > 0 {
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- runTopic(ctx, t, uri+"&pair=topic", contextOptions(t, store, memory.DefaultAllocator, s), true)
		}()
		for range 3 {
			n := min(len(values), 1+rng.IntN(150))
			if n > 0 {
				scatter(t, rng, uri, partitions, values[:n])
			}
			values = values[n:]
			time.Sleep(300 * time.Millisecond)
		}
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) && !errors.Is(err, errNotOpened) {
			t.Fatal(err)
		}
	}
	if err := runTopic(t.Context(), t, uri+"&pair=topic", contextOptions(t, store, memory.DefaultAllocator, s), false); err != nil {
		t.Fatal(err)
	}
	readOnce(t, uri, store)
}

// TestRangesThatWereBegunAreNotJoined finds what a run without pair=topic has left.
func TestRangesThatWereBegunAreNotJoined(t *testing.T) {
	rng := rand.New(rand.NewPCG(35, 36))
	uri := topicOf(t, 2, decode.Goflow2JSON)
	scatter(t, rng, uri, 2, netflowLines(rng, 100))
	store := newLedger()
	store.failAt = 1
	s := sizes{batch: 65536, workers: 1, records: 50}
	if err := runTopic(t.Context(), t, uri, contextOptions(t, store, memory.DefaultAllocator, s), false); !errors.Is(err, errGone) {
		t.Fatal(err)
	}
	err := runTopic(t.Context(), t, uri+"&pair=topic", contextOptions(t, store, memory.DefaultAllocator, s), false)
	if err == nil || !strings.Contains(err.Error(), "without pair=topic") {
		t.Errorf("got %v", err)
	}
}

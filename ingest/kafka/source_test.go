package kafka

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/banshift/banshift/ingest/plan"
	"github.com/banshift/banshift/load/position"
)

const topic = "flows"

// fake starts a fake cluster with one topic and gives the URI of the topic.
func fake(t *testing.T, partitions int32) (*kfake.Cluster, string) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(partitions, topic))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return cluster, Scheme + cluster.ListenAddrs()[0] + "/" + topic
}

func open(t testing.TB, uri string, cfg Config) *Source {
	t.Helper()
	s, err := Open(t.Context(), uri, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// produce writes n records, each different, and gives them.
func produce(t testing.TB, uri string, cfg Config, from, n int) [][]byte {
	t.Helper()
	p, err := NewProducer(t.Context(), uri, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	values := make([][]byte, n)
	for i := range values {
		values[i] = fmt.Appendf(nil, `{"record":%d}`, from+i)
	}
	if err := p.Write(t.Context(), values); err != nil {
		t.Fatal(err)
	}
	return values
}

func TestDrainGivesEveryRecordOnce(t *testing.T) {
	_, uri := fake(t, 4)
	want := produce(t, uri, Config{}, 0, 4001)
	l := newLedger(t)
	s := open(t, uri, Config{Block: 100})
	if err := s.Run(t.Context(), false, l, l.walk); err != nil {
		t.Fatal(err)
	}
	l.check(want)
	for partition, ranges := range l.handled {
		next := int64(0)
		for _, r := range ranges {
			if r.First != next || r.Next-r.First > 100 {
				t.Errorf("partition %d: range %v after %d", partition, r, next)
			}
			next = r.Next
		}
	}

	// Run again: nothing is left but what came since.
	want = append(want, produce(t, uri, Config{}, 4001, 10)...)
	if err := s.Run(t.Context(), false, l, l.walk); err != nil {
		t.Fatal(err)
	}
	l.check(want)
}

func TestIntendedRangesComeExactly(t *testing.T) {
	_, uri := fake(t, 1)
	produce(t, uri, Config{}, 0, 300)
	l := newLedger(t)
	l.done[0] = ranges(0, 100)
	l.intended[0] = ranges(100, 120, 137, 250)
	s := open(t, uri, Config{Block: 50})
	if err := s.Run(t.Context(), false, l, l.walk); err != nil {
		t.Fatal(err)
	}
	want := ranges(100, 120, 120, 137, 137, 250, 250, 300)
	if got := fmt.Sprint(l.handled[0]); got != fmt.Sprint(want) {
		t.Errorf("handled %s, want %v", got, want)
	}
	if n := l.count(); n != 200 {
		t.Errorf("%d records, want 200", n)
	}
}

// TestRangesComeInParts has ranges that are larger than what is buffered of them.
func TestRangesComeInParts(t *testing.T) {
	_, uri := fake(t, 6)
	p, err := NewProducer(t.Context(), uri, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var want [][]byte
	for i := range 120 {
		size := 100_000
		if i == 60 {
			size = 900_000
		}
		want = append(want, append(fmt.Appendf(nil, "%06d", i), bytes.Repeat([]byte{'x'}, size)...))
	}
	if err := p.Write(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	l := newLedger(t) // it complains about a part of more than partBytes
	if err := open(t, uri, Config{}).Run(t.Context(), false, l, l.walk); err != nil {
		t.Fatal(err)
	}
	l.check(want)
	for partition, ranges := range l.handled {
		if len(ranges) != 1 {
			t.Errorf("partition %d: %v, want one range", partition, ranges)
		}
	}
}

// TestNeighboursAreReadAgain has the neighbours of what is stored handed on, cut where they
// were cut before, and nothing else.
func TestNeighboursAreReadAgain(t *testing.T) {
	_, uri := fake(t, 1)
	produce(t, uri, Config{}, 0, 300)
	for name, test := range map[string]struct {
		done, intended, windows []position.Range
		handled, neighbours     []position.Range
	}{
		"from the start": {nil, nil, nil, ranges(0, 100, 100, 200, 200, 300), nil},
		"goes on": {ranges(0, 40, 40, 100, 100, 130, 130, 200, 200, 230), nil, nil,
			ranges(230, 300), ranges(100, 130, 130, 200, 200, 230)},
		"a gap": {ranges(0, 30, 60, 70, 70, 100, 100, 200, 200, 300), nil, nil,
			ranges(30, 60), ranges(0, 30, 60, 70, 70, 100, 100, 200)},
		"intended with where its log ended": {ranges(0, 100, 100, 120), ranges(120, 150), ranges(0, 170),
			ranges(120, 150, 150, 170, 170, 200, 200, 300),
			ranges(0, 100, 100, 120)},
		"intended alone": {ranges(0, 120, 150, 300), ranges(120, 150), nil, ranges(120, 150), nil},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger(t)
			l.done[0], l.intended[0], l.windows[0] = test.done, test.intended, test.windows
			if err := open(t, uri, Config{Block: 100}).Run(t.Context(), false, l, l.walk); err != nil {
				t.Fatal(err)
			}
			if got := l.handled[0]; fmt.Sprint(got) != fmt.Sprint(test.handled) {
				t.Errorf("stored %v, want %v", got, test.handled)
			}
			if got := l.neighbours[0]; fmt.Sprint(got) != fmt.Sprint(test.neighbours) {
				t.Errorf("neighbours %v, want %v", got, test.neighbours)
			}
		})
	}
}

func TestHandlersErrorEndsTheRun(t *testing.T) {
	for _, follow := range []bool{false, true} {
		t.Run(fmt.Sprint("follow=", follow), func(t *testing.T) {
			_, uri := fake(t, 4)
			produce(t, uri, Config{}, 0, 400)
			l := newLedger(t)
			l.fail = errors.New("store is full")
			s := open(t, uri, Config{Block: 10, FlushAfter: time.Millisecond})
			err := s.Run(t.Context(), follow, l, l.walk)
			if !errors.Is(err, l.fail) || !strings.Contains(err.Error(), "topic flows partition") {
				t.Errorf("%v, want where and %v", err, l.fail)
			}
		})
	}
}

func TestStopAndGoOn(t *testing.T) {
	_, uri := fake(t, 4)
	want := produce(t, uri, Config{}, 0, 2000)
	l := newLedger(t)
	for stops := 0; l.count() < len(want); stops++ {
		if stops > 200 {
			t.Fatal("does not come to an end")
		}
		ctx, stop := context.WithCancel(t.Context())
		var ranges atomic.Int32
		l.each = func(Messages) {
			if ranges.Add(1) == 5 {
				stop()
			}
		}
		s := open(t, uri, Config{Block: 30})
		err := s.Run(ctx, false, l, l.walk)
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		stop()
	}
	l.check(want)
}

func TestTwoMembersShareATopic(t *testing.T) {
	_, uri := fake(t, 4)
	want := produce(t, uri, Config{}, 0, 1000)
	l := newLedger(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 2)
	member := func() *Source {
		s := open(t, uri, Config{Block: 20, FlushAfter: 10 * time.Millisecond})
		go func() { ended <- s.Run(ctx, true, l, l.walk) }()
		return s
	}
	first := member()
	await(t, "the first records", func() bool { return l.count() > 0 })
	second := member()
	await(t, "a rebalance", func() bool { return first.Stats().Generations > 1 && second.Stats().Generations > 0 })
	want = append(want, produce(t, uri, Config{}, 1000, 1000)...)
	await(t, "all records", func() bool { return l.count() >= len(want) })
	stop()
	for range 2 {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	}
	l.check(want)
}

func TestLostConnectionsAreSurvived(t *testing.T) {
	cluster, uri := fake(t, 2)
	want := produce(t, uri, Config{}, 0, 3000)
	var closed atomic.Int32
	cluster.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		if closed.Add(1)%3 == 1 && closed.Load() < 20 {
			return nil, errors.New("connection closed by the test"), true
		}
		return nil, nil, false
	})
	l := newLedger(t)
	if err := open(t, uri, Config{Block: 100}).Run(t.Context(), false, l, l.walk); err != nil {
		t.Fatal(err)
	}
	l.check(want)
	if closed.Load() < 2 {
		t.Error("no connection was closed")
	}
}

// deleteBefore has the log forget the offsets of partition 0 below offset.
func deleteBefore(t *testing.T, cluster *kfake.Cluster, offset int64) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	req := kmsg.NewPtrDeleteRecordsRequest()
	rt := kmsg.NewDeleteRecordsRequestTopic()
	rt.Topic = topic
	rp := kmsg.NewDeleteRecordsRequestTopicPartition()
	rp.Partition, rp.Offset = 0, offset
	rt.Partitions = append(rt.Partitions, rp)
	req.Topics = append(req.Topics, rt)
	res, err := req.RequestWith(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	if code := res.Topics[0].Partitions[0].ErrorCode; code != 0 {
		t.Fatalf("delete records: code %d", code)
	}
}

func TestGapAtTheStartIsNeverSilent(t *testing.T) {
	cluster, uri := fake(t, 1)
	produce(t, uri, Config{}, 0, 200)
	l := newLedger(t)
	l.done[0] = ranges(0, 50)
	deleteBefore(t, cluster, 120)

	err := open(t, uri, Config{}).Run(t.Context(), false, l, l.walk)
	if err == nil || !strings.Contains(err.Error(), "offsets 50 to 120 are gone") || !strings.Contains(err.Error(), "gap=count") {
		t.Errorf("%v, want what is lost and what to do", err)
	}
	if l.count() != 0 {
		t.Errorf("%d records were handed on", l.count())
	}

	s := open(t, uri+"?gap=count", Config{})
	if err := s.Run(t.Context(), false, l, l.walk); err != nil {
		t.Fatal(err)
	}
	if got := s.Stats(); got.Gaps != 1 || got.LostOffsets != 70 || l.count() != 80 {
		t.Errorf("%+v and %d records, want 1 gap of 70 offsets and 80 records", got, l.count())
	}
	readAgain(t, uri, l, 80)
}

func TestRetentionOvertakesAReader(t *testing.T) {
	cluster, uri := fake(t, 1)
	produce(t, uri, Config{}, 0, 100)
	l := newLedger(t)
	var once atomic.Bool
	l.each = func(Messages) {
		if once.CompareAndSwap(false, true) {
			produce(t, uri, Config{}, 100, 200)
			deleteBefore(t, cluster, 180)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	s := open(t, uri+"?gap=count", Config{FlushAfter: time.Millisecond})
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, true, l, l.walk) }()
	await(t, "what is left", func() bool { return l.count() >= 220 })
	stop()
	<-ended
	if got := s.Stats(); got.LostOffsets != 80 || l.count() != 220 {
		t.Errorf("%+v and %d records, want 80 lost offsets and 220 records", got, l.count())
	}
	readAgain(t, uri, l, 220)
}

// readAgain reads without gap=count: what was counted as lost is not asked about again.
func readAgain(t *testing.T, uri string, l *ledger, records int) {
	t.Helper()
	s := open(t, uri, Config{})
	if err := s.Run(t.Context(), false, l, l.walk); err != nil {
		t.Errorf("a gap that was counted is not remembered: %v", err)
	}
	if got := s.Stats(); got.Gaps != 0 || l.count() != records {
		t.Errorf("%+v and %d records, want no gap and %d records", got, l.count(), records)
	}
}

// A first read of a log that retention has shortened says from where on it counts.
func TestFirstReadOfAShortenedLogSaysSo(t *testing.T) {
	cluster, uri := fake(t, 1)
	produce(t, uri, Config{}, 0, 200)
	deleteBefore(t, cluster, 160)
	var said bytes.Buffer
	l := newLedger(t)
	if err := open(t, uri, Config{Log: slog.New(slog.NewTextHandler(&said, nil))}).Run(t.Context(), false, l, l.walk); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said.String(), "does not begin at its beginning") || !strings.Contains(said.String(), "first=160") || l.count() != 40 {
		t.Errorf("%d records, and it says %q", l.count(), said.String())
	}
}

// unreadable has the log take a batch of n records whose compression is broken, its checksum right.
func unreadable(t *testing.T, cluster *kfake.Cluster, n int32) {
	t.Helper()
	garbage := []byte("neither a gzip header nor what follows one")
	batch := kmsg.RecordBatch{
		PartitionLeaderEpoch: -1, Magic: 2, Attributes: 1, LastOffsetDelta: n - 1, ProducerID: -1, ProducerEpoch: -1, FirstSequence: -1, NumRecords: n, Records: garbage,
	}
	raw := batch.AppendTo(nil)
	binary.BigEndian.PutUint32(raw[8:], uint32(len(raw)-12))
	binary.BigEndian.PutUint32(raw[17:], crc32.Checksum(raw[21:], crc32.MakeTable(crc32.Castagnoli)))
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	req := kmsg.NewPtrProduceRequest()
	req.Acks, req.TimeoutMillis = -1, 10_000
	rt := kmsg.NewProduceRequestTopic()
	rt.Topic = topic
	rp := kmsg.NewProduceRequestTopicPartition()
	rp.Records = raw
	rt.Partitions = append(rt.Partitions, rp)
	rt.TopicID = cluster.TopicInfo(topic).TopicID
	req.Topics = append(req.Topics, rt)
	res, err := req.RequestWith(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	if code := res.Topics[0].Partitions[0].ErrorCode; code != 0 {
		t.Fatalf("produce: code %d", code)
	}
}

// A batch that cannot be read: what lies before it is stored, it is named, and with corrupt=count
// it is passed once and for all, wherever ranges end.
func TestUnreadableBatch(t *testing.T) {
	for name, c := range map[string]struct {
		block    int64
		intended []position.Range
	}{
		"inside a block":      {block: 1000},
		"over blocks":         {block: 30},
		"inside a range":      {block: 1000, intended: ranges(60, 200)},
		"at the end of one":   {block: 50, intended: ranges(60, 150)},
		"at the begin of one": {block: 50, intended: ranges(100, 170)},
		"one, whole":          {block: 50, intended: ranges(100, 150)},
	} {
		for _, follow := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, follow %v", name, follow), func(t *testing.T) {
				t.Parallel()
				cluster, uri := fake(t, 1)
				produce(t, uri, Config{}, 0, 100)
				unreadable(t, cluster, 50)
				produce(t, uri, Config{}, 100, 100)
				l := newLedger(t)
				l.intended[0] = slices.Clone(c.intended) // the ledger changes its own
				cfg := Config{Block: c.block, FlushAfter: time.Millisecond}
				err := open(t, uri, cfg).Run(t.Context(), follow, l, l.walk)
				if err == nil || !strings.Contains(err.Error(), "offsets 100 to 150 cannot be read") || !strings.Contains(err.Error(), "corrupt=count") {
					t.Fatalf("got %v, want which offsets cannot be read and what to do", err)
				}
				if before := l.count(); before != 100 && (before != 60 || c.intended[0].First != 60) {
					t.Errorf("%d records before it are stored", before)
				}
				s := open(t, uri+"?corrupt=count", cfg)
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				ended := make(chan error, 1)
				go func() { ended <- s.Run(ctx, follow, l, l.walk) }()
				await(t, "the records behind it", func() bool { return l.count() == 200 })
				if follow {
					stop()
				}
				if err := <-ended; err != nil && !follow {
					t.Fatal(err)
				}
				if got := s.Stats(); got.CorruptOffsets != 50 || got.Gaps != 0 {
					t.Errorf("%+v, want 50 offsets that cannot be read, and no gap", got)
				}
				produce(t, uri, Config{}, 200, 10)
				s = open(t, uri, cfg)
				if err := s.Run(t.Context(), false, l, l.walk); err != nil {
					t.Errorf("what was counted is not remembered: %v", err)
				}
				if got := s.Stats(); got.CorruptOffsets != 0 || l.count() != 210 {
					t.Errorf("%+v and %d records", got, l.count())
				}
			})
		}
	}
}

// A handler that waits for a store that does not come back does not hold up a stop.
func TestStopWhileAHandlerWaits(t *testing.T) {
	_, uri := fake(t, 1)
	produce(t, uri, Config{}, 0, 10)
	for _, follow := range []bool{false, true} {
		l := newLedger(t)
		waiting := &waitingWalk{began: make(chan struct{})}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		s := open(t, uri, Config{FlushAfter: time.Millisecond, StopAfter: time.Millisecond})
		go func() {
			ended <- s.Run(ctx, follow, l, func(ctx context.Context, _ int32, _ *plan.Plan) Walk { waiting.ctx = ctx; return waiting })
		}()
		<-waiting.began
		stop()
		select {
		case err := <-ended:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("follow %v: %v", follow, err)
			}
		case <-time.After(2 * time.Minute):
			t.Fatalf("follow %v: it does not end", follow)
		}
	}
}

// waitingWalk waits in its first Take for as long as it may.
type waitingWalk struct {
	ledgerWalk
	once  sync.Once
	began chan struct{}
}

func (w *waitingWalk) Take(Messages) error {
	w.once.Do(func() { close(w.began) })
	<-w.ctx.Done()
	return w.ctx.Err()
}

func TestMend(t *testing.T) {
	for err, want := range map[error]outlook{
		kafkago.Unknown: likely, kafkago.NotLeaderForPartition: likely, kafkago.UnknownTopicOrPartition: likely,
		kafkago.OffsetOutOfRange: never, kafkago.TopicAuthorizationFailed: never,
	} {
		if got := mend(fmt.Errorf("fetch: %w", err)); got != want {
			t.Errorf("%v: %v, want %v", err, got, want)
		}
	}
}

func TestTopicMadeAnewIsRefused(t *testing.T) {
	_, uri := fake(t, 1)
	produce(t, uri, Config{}, 0, 10)
	l := newLedger(t)
	l.done[0] = ranges(0, 500)
	err := open(t, uri, Config{}).Run(t.Context(), false, l, l.walk)
	if err == nil || !strings.Contains(err.Error(), "was the topic made anew?") {
		t.Errorf("%v", err)
	}
}

// remake deletes the topic and makes it again.
func remake(t *testing.T, cluster *kfake.Cluster) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	name := topic
	gone := kmsg.NewPtrDeleteTopicsRequest()
	gone.TopicNames = []string{topic}
	gone.Topics = []kmsg.DeleteTopicsRequestTopic{{Topic: &name}}
	if res, err := gone.RequestWith(t.Context(), client); err != nil || res.Topics[0].ErrorCode != 0 {
		t.Fatal(res, err)
	}
	made := kmsg.NewPtrCreateTopicsRequest()
	made.Topics = []kmsg.CreateTopicsRequestTopic{{Topic: topic, NumPartitions: 1, ReplicationFactor: 1}}
	if res, err := made.RequestWith(t.Context(), client); err != nil || res.Topics[0].ErrorCode != 0 {
		t.Fatal(res, err)
	}
}

// TestTopicsHaveAnID tells a topic that was made again from the one before, over TLS as without.
func TestTopicsHaveAnID(t *testing.T) {
	cluster, uri := fake(t, 1)
	before := open(t, uri, Config{}).ID()
	if again := open(t, uri, Config{}).ID(); before == "" || again != before {
		t.Errorf("the same topic has the ids %q and %q", before, again)
	}
	remake(t, cluster)
	if made := open(t, uri, Config{}).ID(); made == "" || made == before {
		t.Errorf("made again it has the id %q, before %q", made, before)
	}
}

// TestTopicMadeAgainUnderAReader has a topic deleted, made again and filled further than it was
// read while a member follows it.
func TestTopicMadeAgainUnderAReader(t *testing.T) {
	cluster, uri := fake(t, 1)
	first := produce(t, uri, Config{}, 0, 10)
	l := newLedger(t)
	ended := make(chan error)
	go func() {
		ended <- open(t, uri, Config{FlushAfter: 20 * time.Millisecond}).Run(t.Context(), true, l, l.walk)
	}()
	await(t, "10 records", func() bool { return l.count() == 10 })
	remake(t, cluster)
	produce(t, uri, Config{}, 1000, 30)
	select {
	case err := <-ended:
		if !errors.Is(err, ErrMadeAgain) || !strings.Contains(err.Error(), "run again") {
			t.Errorf("it ends with %v", err)
		}
	case <-time.After(2 * time.Minute):
		t.Fatal("it goes on")
	}
	l.check(first)
}

// TestTransactionMarkers has markers between the records and as the last offset, where
// a reader that takes them for records or waits for one would fail.
func TestTransactionMarkers(t *testing.T) {
	cluster, uri := fake(t, 1)
	want := transactions(t, cluster.ListenAddrs()[0])
	l := newLedger(t)
	if err := open(t, uri, Config{}).Run(t.Context(), false, l, l.walk); err != nil {
		t.Fatal(err)
	}
	l.check(want)
	if done := l.done[0]; len(done) != 1 || done[0].Next != int64(len(want)+3) {
		t.Errorf("done %v, want up to the end, %d records and 3 markers", done, len(want))
	}
}

// transactions writes three of them to partition 0, the last one aborted. The records
// of that are given as well to who does not ask for committed ones.
func transactions(t *testing.T, addr string) [][]byte {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.TransactionalID("test"), kgo.DefaultProduceTopic(topic),
		kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var values [][]byte
	for i := range 3 {
		if err := client.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		for j := range 10 {
			v := fmt.Appendf(nil, "transaction %d record %d", i, j)
			values = append(values, v)
			if err := client.ProduceSync(t.Context(), &kgo.Record{Value: v}).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
		if err := client.EndTransaction(t.Context(), kgo.TransactionEndTry(i < 2)); err != nil {
			t.Fatal(err)
		}
	}
	return values
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	cluster, _ := fake(t, 1)
	addr := cluster.ListenAddrs()[0]
	for uri, want := range map[string]string{
		"kafka://127.0.0.1:1/flows":                            "check address and port, and that the broker runs",
		"kafka://" + addr + "/nothing":                         "kafka topic nothing does not exist on " + addr,
		"kafka://" + addr + "/flows?sasl=scram-sha-256&user=u": "needs user=… (or kafka.user) and the environment variable BANSHIFT_KAFKA_PASSWORD",
	} {
		_, err := Open(t.Context(), uri, Config{})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one line with %q", uri, err, want)
		}
	}
}

// await waits until a condition holds.
func await(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain for " + what)
		}
	}
}

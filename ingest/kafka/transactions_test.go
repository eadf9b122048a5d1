package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/banshift/banshift/ingest/kafka"
	"github.com/banshift/banshift/ingest/kafka/brokertest"
)

// producer writes transactions to partition 0 of a topic.
type producer struct {
	t      *testing.T
	topic  string
	client *kgo.Client
}

func newProducer(t *testing.T, broker *brokertest.Broker, topic, id string) *producer {
	t.Helper()
	address, _, _ := strings.Cut(strings.TrimPrefix(broker.URI(topic, ""), kafka.Scheme), "/")
	options := []kgo.Opt{kgo.SeedBrokers(address), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(0)}
	if id != "" {
		options = append(options, kgo.TransactionalID(id))
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return &producer{t, topic, client}
}

func (p *producer) begin() {
	p.t.Helper()
	if err := p.client.BeginTransaction(); err != nil {
		p.t.Fatal(err)
	}
}

// write produces n records named after what, one batch each.
func (p *producer) write(what string, n int) {
	p.t.Helper()
	for i := range n {
		rec := &kgo.Record{Topic: p.topic, Value: fmt.Appendf(nil, "%s %d", what, i)}
		if err := p.client.ProduceSync(context.Background(), rec).FirstErr(); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *producer) end(commit kgo.TransactionEndTry) {
	p.t.Helper()
	if err := p.client.EndTransaction(context.Background(), commit); err != nil {
		p.t.Fatal(err)
	}
}

// transactional interleaves committed, aborted and plain records of three producers, and
// leaves one transaction open until the log was read to its present end.
func transactional(t *testing.T, broker *brokertest.Broker) {
	create(t, broker.URI("tx", ""), kafka.Config{})
	a, b, plain := newProducer(t, broker, "tx", "a"), newProducer(t, broker, "tx", "b"), newProducer(t, broker, "tx", "")
	var want []string
	expect := func(what string, n int) {
		for i := range n {
			want = append(want, fmt.Sprintf("%s %d", what, i))
		}
	}
	for round := range 3 {
		name := func(s string) string { return fmt.Sprintf("%s%d", s, round) }
		a.begin()
		b.begin()
		a.write(name("a kept "), 7)
		b.write(name("b dropped "), 5)
		plain.write(name("plain "), 3)
		a.end(kgo.TryCommit)
		a.begin()
		b.write(name("b dropped too "), 2)
		a.write(name("a dropped "), 4)
		a.end(kgo.TryAbort)
		b.end(kgo.TryAbort)
		expect(name("a kept "), 7)
		expect(name("plain "), 3)
	}
	b.begin()
	b.write("b late ", 6)
	a.begin()
	a.write("a behind it ", 2)
	a.end(kgo.TryCommit)

	uri := broker.URI("tx", "group=tx&isolation=read_committed")
	cfg := kafka.Config{Block: 16, FlushAfter: 50 * time.Millisecond}
	s := newStored()
	drain := func() {
		t.Helper()
		source, err := kafka.Open(t.Context(), uri, cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer source.Close()
		if err := source.Run(t.Context(), false, s, s.walk); err != nil {
			t.Fatal(err)
		}
	}
	check := func() {
		t.Helper()
		s.mu.Lock()
		defer s.mu.Unlock()
		var got []string
		for value, times := range s.values {
			got = append(got, slices.Repeat([]string{value}, times)...)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("stored %q, want %q", got, want)
		}
	}
	drain()
	check()

	ctx, stop := context.WithCancel(t.Context())
	ended := run(ctx, t, uri, cfg, s)
	b.end(kgo.TryCommit)
	expect("b late ", 6)
	expect("a behind it ", 2)
	await(t, "the transaction that was open", func() bool { return s.len() == len(want) })
	a.begin()
	a.write("a again ", 2)
	a.end(kgo.TryAbort)
	plain.write("plain at the end ", 1)
	expect("plain at the end ", 1)
	await(t, "the record behind an aborted transaction", func() bool { return s.len() == len(want) })
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	check()

	s, uri = newStored(), broker.URI("tx", "group=all")
	drain()
	if n := s.len(); n != len(want)+3*(5+2+4)+2 {
		t.Errorf("%d records with aborted ones, want %d", n, len(want)+3*(5+2+4)+2)
	}
}

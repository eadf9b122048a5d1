package kafka

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Partitions that a followed topic is given later are read too, from their beginnings, and those of before go on.
func TestPartitionsAreAdded(t *testing.T) {
	cluster, uri := fake(t, 2)
	want := produce(t, uri, Config{}, 0, 1000)
	l := newLedger(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	s := open(t, uri+"?group=grown", Config{Block: 100, FlushAfter: 100 * time.Millisecond})
	go func() { ended <- s.Run(ctx, true, l, l.walk) }()
	await := func(n int) {
		t.Helper()
		for l.count() < n && ctx.Err() == nil {
			time.Sleep(20 * time.Millisecond)
		}
	}
	await(len(want))
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	req := kmsg.NewPtrCreatePartitionsRequest()
	rt := kmsg.NewCreatePartitionsRequestTopic()
	rt.Topic, rt.Count = topic, 5
	req.Topics, req.TimeoutMillis = append(req.Topics, rt), 10_000
	res, err := req.RequestWith(ctx, client)
	if err != nil || res.Topics[0].ErrorCode != 0 {
		t.Fatalf("%+v, %v", res, err)
	}
	want = append(want, produce(t, uri, Config{}, 1000, 2000)...)
	await(len(want))
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	l.check(want)
	l.mu.Lock()
	defer l.mu.Unlock()
	for partition := range int32(5) {
		if len(l.done[partition]) == 0 {
			t.Errorf("nothing of partition %d was read", partition)
		}
	}
}

// A broker whose name nobody knows is said so, with the name, in one line.
func TestBrokersNameIsGone(t *testing.T) {
	_, err := Open(t.Context(), Scheme+"nowhere.invalid:9092/"+topic, Config{})
	var dns *net.DNSError
	if err == nil || !errors.As(err, &dns) || !strings.Contains(err.Error(), "nowhere.invalid") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}

package kafka

import (
	"context"
	"net"
	"testing"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/fetch"
)

// compacted is a broker with one partition, whose batches have lost records.
type compacted []struct {
	base, next int64   // the offsets that the batch stands for
	kept       []int64 // those that still have a record
}

// RoundTrip answers a fetch with the batch that holds the offset, or the next one.
func (log compacted) RoundTrip(_ context.Context, _ net.Addr, r kafkago.Request) (kafkago.Response, error) {
	part := &r.(*fetch.Request).Topics[0].Partitions[0]
	answer := fetch.ResponsePartition{}
	end := log[len(log)-1].next
	if part.FetchOffset > end {
		answer.ErrorCode = int16(kafkago.OffsetOutOfRange)
	}
	for _, b := range log {
		if part.FetchOffset >= b.next {
			continue
		}
		var records []protocol.Record
		for _, o := range b.kept {
			records = append(records, protocol.Record{Offset: o})
		}
		answer.RecordSet.Records = &protocol.RecordStream{Records: []protocol.RecordReader{
			&protocol.RecordBatch{BaseOffset: b.base, Records: protocol.NewRecordReader(records...)},
		}}
		break
	}
	return &fetch.Response{Topics: []fetch.ResponseTopic{{Partitions: []fetch.ResponsePartition{answer}}}}, nil
}

// TestCursorPassesCompactedTails walks batches that end in holes, which the client
// library does not tell from an answer that is still to come.
func TestCursorPassesCompactedTails(t *testing.T) {
	log := compacted{
		{0, 100, []int64{3, 4}},
		{100, 101, []int64{100}},
		{101, 1000, nil},
		{1000, 1010, []int64{1009}},
		{1010, 1300, []int64{1010}},
	}
	c := cursor{client: &kafkago.Client{Addr: kafkago.TCP("broker:9092"), Transport: log}, topic: topic}
	var got []int64
	for fetches := 0; c.position < 1300; fetches++ {
		if fetches > 50 {
			t.Fatalf("stands still at %d", c.position)
		}
		if err := c.fill(t.Context()); err != nil {
			t.Fatal(err)
		}
		for {
			rec, err := c.next()
			if err != nil {
				t.Fatal(err)
			}
			if rec == nil {
				break
			}
			got = append(got, rec.Offset)
		}
		if c.stuck() {
			if err := c.findNext(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := []int64{3, 4, 100, 1009, 1010}
	if len(got) != len(want) {
		t.Fatalf("records %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("records %v, want %v", got, want)
		}
	}
}

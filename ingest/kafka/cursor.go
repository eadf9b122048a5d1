package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/fetch"
)

const (
	fetchBytes = 1 << 20
	fetchWait  = 250 * time.Millisecond
)

// errUnreadable marks records that cannot be read now or later.
var errUnreadable = errors.New("records cannot be read")

// cursor walks over the records of one partition. All offsets below position were
// given or hold no record.
type cursor struct {
	client    *kafkago.Client
	topic     string
	partition int32
	isolation kafkago.IsolationLevel
	position  int64

	batches []protocol.RecordReader // fetched and not yet walked
	aborted abortedTransactions     // that records among them belong to
	fetched int64                   // position that they were fetched for
	base    int64                   // offset at which the first of them begins
	end     int64                   // of the log, when it was asked last
}

// seek goes to an offset and forgets what was fetched.
func (c *cursor) seek(offset int64) { c.position, c.batches = offset, nil }

// pass goes on to an offset, if that lies behind, by what was fetched.
func (c *cursor) pass(offset int64) { c.position = max(c.position, offset) }

// next gives the record at or after the position and moves behind it, or nil where
// nothing is fetched. The caller closes the record's value.
func (c *cursor) next() (*kafkago.Record, error) {
	for len(c.batches) > 0 {
		rec, err := c.batches[0].ReadRecord()
		if errors.Is(err, io.EOF) {
			c.batches = c.batches[1:]
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%w: topic %s partition %d after offset %d: %w", errUnreadable, c.topic, c.partition, c.position, err)
		}
		if rec.Key != nil {
			rec.Key.Close()
		}
		// Brokers send whole batches: records before the wanted offset come along.
		if rec.Offset < c.position {
			discard(rec)
			continue
		}
		c.position = rec.Offset + 1
		if !c.counts(rec.Offset) {
			discard(rec)
			continue
		}
		return rec, nil
	}
	return nil, nil
}

// counts reports whether an offset of the first batch holds a record: a transaction's
// marker takes an offset and is none, what was aborted is none for who reads committed.
func (c *cursor) counts(offset int64) bool {
	switch batch := c.batches[0].(type) {
	case *protocol.ControlBatch:
		c.aborted.end(batch.ProducerID, offset)
		return false
	case *protocol.RecordBatch:
		return !batch.Attributes.Transactional() || !c.aborted.has(batch.ProducerID, offset)
	}
	return true
}

func discard(rec *kafkago.Record) {
	if rec.Value != nil {
		rec.Value.Close()
	}
}

// fill fetches at the position, waiting a little for records.
func (c *cursor) fill(ctx context.Context) error {
	got, err := c.fetch(ctx, c.position, fetchBytes)
	if err != nil {
		return err
	}
	if c.end = got.end; len(got.batches) == 0 {
		return nil
	}
	c.batches, c.aborted, c.fetched, c.base = got.batches, got.aborted, c.position, baseOffset(got.batches[0])
	return nil
}

// stuck reports whether the last fetch was walked and led nowhere: compaction took the
// last records of a batch, whose end the client library does not tell.
func (c *cursor) stuck() bool { return len(c.batches) == 0 && c.position == c.fetched }

// findNext moves to where the next batch begins: the first offset for which the broker
// answers with another batch than for the position, found by doubling and halving.
func (c *cursor) findNext(ctx context.Context) error {
	other := func(offset int64) (bool, error) {
		got, err := c.fetch(ctx, offset, 1)
		if errors.Is(err, kafkago.OffsetOutOfRange) {
			return true, nil // past the end
		}
		return err == nil && (len(got.batches) == 0 || baseOffset(got.batches[0]) != c.base), err
	}
	same, differs := c.position, int64(0)
	for step := int64(1); differs == 0; step *= 2 {
		is, err := other(same + step)
		if err != nil {
			return err
		}
		if is {
			differs = same + step
		} else {
			same += step
		}
	}
	for same+1 < differs {
		middle := same + (differs-same)/2
		is, err := other(middle)
		if err != nil {
			return err
		}
		if is {
			differs = middle
		} else {
			same = middle
		}
	}
	c.seek(differs)
	return nil
}

// fetched is what a broker answered.
type fetched struct {
	batches []protocol.RecordReader
	aborted abortedTransactions // that a batch belongs to, for who reads committed
	end     int64               // of the log
}

// fetch gives the batches that the broker has for an offset. It asks by the protocol's own
// request: [kafkago.Client.Fetch] leaves out which transactions were aborted.
func (c *cursor) fetch(ctx context.Context, offset int64, limit int64) (fetched, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := c.client.Transport.RoundTrip(ctx, c.client.Addr, &fetch.Request{
		ReplicaID: -1, MaxWaitTime: int32(fetchWait.Milliseconds()), MinBytes: 1, MaxBytes: int32(limit),
		IsolationLevel: int8(c.isolation), SessionID: -1, SessionEpoch: -1,
		Topics: []fetch.RequestTopic{{Topic: c.topic, Partitions: []fetch.RequestPartition{{
			Partition: c.partition, CurrentLeaderEpoch: -1, FetchOffset: offset, LogStartOffset: -1, PartitionMaxBytes: int32(limit),
		}}}},
	})
	if err != nil {
		return fetched{}, fmt.Errorf("topic %s partition %d offset %d: %w", c.topic, c.partition, offset, err)
	}
	response := answer.(*fetch.Response)
	if len(response.Topics) != 1 || len(response.Topics[0].Partitions) != 1 {
		return fetched{}, fmt.Errorf("topic %s partition %d offset %d: %w", c.topic, c.partition, offset, protocol.ErrNoPartition)
	}
	partition := response.Topics[0].Partitions[0]
	for _, code := range []int16{response.ErrorCode, partition.ErrorCode} {
		if code != 0 {
			return fetched{}, fmt.Errorf("topic %s partition %d offset %d: %w", c.topic, c.partition, offset, kafkago.Error(code))
		}
	}
	got := fetched{aborted: abortedOf(partition.AbortedTransactions), end: partition.HighWatermark}
	if stream, ok := partition.RecordSet.Records.(*protocol.RecordStream); ok {
		got.batches = stream.Records
	}
	return got, nil
}

// baseOffset is the offset at which a batch begins, whether or not a record is there still.
func baseOffset(b protocol.RecordReader) int64 {
	if b, ok := b.(interface{ Offset() int64 }); ok {
		return b.Offset()
	}
	return -1
}

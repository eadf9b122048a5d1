package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
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
	position  int64

	batches []protocol.RecordReader // fetched and not yet walked
	fetched int64                   // position that they were fetched for
	base    int64                   // offset at which the first of them begins
}

// seek goes to an offset and forgets what was fetched.
func (c *cursor) seek(offset int64) { c.position, c.batches = offset, nil }

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
		// A transaction's marker takes an offset and is no record.
		if _, marker := c.batches[0].(*protocol.ControlBatch); marker {
			discard(rec)
			continue
		}
		return rec, nil
	}
	return nil, nil
}

func discard(rec *kafkago.Record) {
	if rec.Value != nil {
		rec.Value.Close()
	}
}

// fill fetches at the position, waiting a little for records.
func (c *cursor) fill(ctx context.Context) error {
	batches, err := c.fetch(ctx, c.position, fetchBytes)
	if err != nil || len(batches) == 0 {
		return err
	}
	c.batches, c.fetched, c.base = batches, c.position, baseOffset(batches[0])
	return nil
}

// stuck reports whether the last fetch was walked and led nowhere: compaction took the
// last records of a batch, whose end the client library does not tell.
func (c *cursor) stuck() bool { return len(c.batches) == 0 && c.position == c.fetched }

// pass moves to where the next batch begins: the first offset for which the broker
// answers with another batch than for the position, found by doubling and halving.
func (c *cursor) pass(ctx context.Context) error {
	other := func(offset int64) (bool, error) {
		batches, err := c.fetch(ctx, offset, 1)
		if errors.Is(err, kafkago.OffsetOutOfRange) {
			return true, nil // past the end
		}
		return err == nil && (len(batches) == 0 || baseOffset(batches[0]) != c.base), err
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

// fetch gives the batches that the broker has for an offset.
func (c *cursor) fetch(ctx context.Context, offset int64, limit int64) ([]protocol.RecordReader, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	res, err := c.client.Fetch(ctx, &kafkago.FetchRequest{
		Topic: c.topic, Partition: int(c.partition), Offset: offset,
		MinBytes: 1, MaxBytes: limit, MaxWait: fetchWait,
	})
	if err == nil {
		err = res.Error
	}
	if err != nil {
		return nil, fmt.Errorf("topic %s partition %d offset %d: %w", c.topic, c.partition, offset, err)
	}
	switch stream := res.Records.(type) {
	case *protocol.RecordStream:
		return stream.Records, nil
	default:
		return nil, nil // nothing there
	}
}

// baseOffset is the offset at which a batch begins, whether or not a record is there still.
func baseOffset(b protocol.RecordReader) int64 {
	if b, ok := b.(interface{ Offset() int64 }); ok {
		return b.Offset()
	}
	return -1
}

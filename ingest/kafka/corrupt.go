package kafka

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"strconv"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/banshift/banshift/load/position"
)

const (
	// fetchByName is a version of the request Fetch that names topics and that all supported brokers know.
	fetchByName = 4
	// lastDelta is where the header of a batch has how far its last offset lies behind its first.
	lastDelta = 23
)

// batchAt gives the offsets of the batch that has an offset or follows it, by its header alone:
// its records need not be readable. The range is empty where the log has no batch there.
func (c *connection) batchAt(ctx context.Context, partition int32, offset int64) (position.Range, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	leader, err := c.leader(ctx, partition)
	if err != nil {
		return position.Range{}, err
	}
	wire, closing, err := c.wire(ctx, leader)
	if err != nil {
		return position.Range{}, err
	}
	defer closing()
	answer, err := ask(wire, c.fetchOne(partition, offset))
	if err != nil {
		return position.Range{}, err
	}
	topics := answer.(*kmsg.FetchResponse).Topics
	if len(topics) != 1 || len(topics[0].Partitions) != 1 {
		return position.Range{}, kafkago.UnknownTopicOrPartition
	}
	p := topics[0].Partitions[0]
	if p.ErrorCode != 0 {
		return position.Range{}, fmt.Errorf("topic %s partition %d offset %d: %w", c.topic, partition, offset, kafkago.Error(p.ErrorCode))
	}
	return offsetsOf(p.RecordBatches), nil
}

// fetchOne asks for one batch: a broker sends the first one whole, however small the limit.
func (c *connection) fetchOne(partition int32, offset int64) *kmsg.FetchRequest {
	request := kmsg.NewPtrFetchRequest()
	request.Version = fetchByName
	request.ReplicaID, request.MinBytes, request.MaxBytes = -1, 1, 1
	request.MaxWaitMillis = int32(fetchWait.Milliseconds())
	request.IsolationLevel = int8(c.isolation)
	of := kmsg.NewFetchRequestTopicPartition()
	of.Partition, of.FetchOffset, of.PartitionMaxBytes = partition, offset, 1
	topic := kmsg.NewFetchRequestTopic()
	topic.Topic, topic.Partitions = c.topic, append(topic.Partitions, of)
	request.Topics = append(request.Topics, topic)
	return request
}

// offsetsOf reads the header of a batch.
func offsetsOf(batch []byte) position.Range {
	if len(batch) < lastDelta+4 {
		return position.Range{}
	}
	first := int64(binary.BigEndian.Uint64(batch))
	return position.Range{First: first, Next: first + int64(binary.BigEndian.Uint32(batch[lastDelta:])) + 1}
}

// leader gives the address of the broker that has a partition.
func (c *connection) leader(ctx context.Context, partition int32) (string, error) {
	meta, err := c.client.Metadata(ctx, &kafkago.MetadataRequest{Topics: []string{c.topic}})
	if err != nil {
		return "", err
	}
	for _, t := range meta.Topics {
		for _, p := range t.Partitions {
			if t.Name == c.topic && p.ID == int(partition) && p.Leader.Host != "" {
				return net.JoinHostPort(p.Leader.Host, strconv.Itoa(p.Leader.Port)), nil
			}
		}
	}
	return "", kafkago.LeaderNotAvailable
}

package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// Producer writes records to a topic, spread over its partitions. It serves the
// simulator and the tests: kafka-go's writer has neither idempotence nor transactions,
// so that a retry may write a record twice.
type Producer struct {
	connection *connection
	writer     *kafkago.Writer
	messages   []kafkago.Message
}

// NewProducer connects to the topic that the URI names, which has to exist.
func NewProducer(ctx context.Context, uri string, cfg Config) (*Producer, error) {
	s, err := Open(ctx, uri, cfg)
	if err != nil {
		return nil, err
	}
	return &Producer{
		connection: s.connection,
		writer: &kafkago.Writer{
			Addr: s.client.Addr, Topic: s.topic, Transport: s.transport,
			Balancer: &kafkago.RoundRobin{}, Compression: kafkago.Lz4, RequiredAcks: kafkago.RequireAll,
			BatchSize: 10000, BatchBytes: 1 << 20, BatchTimeout: 20 * time.Millisecond,
		},
	}, nil
}

// Write writes values, a record each, and returns when all replicas have them. It keeps
// nothing of them. Some 10,000 values a call are fast. It is not safe for concurrent use.
func (p *Producer) Write(ctx context.Context, values [][]byte) error {
	p.messages = p.messages[:0]
	for _, v := range values {
		p.messages = append(p.messages, kafkago.Message{Value: v})
	}
	if err := p.writer.WriteMessages(ctx, p.messages...); err != nil {
		return fmt.Errorf("write to kafka topic %s: %w", p.writer.Topic, err)
	}
	return nil
}

// Close ends the connections.
func (p *Producer) Close() error {
	err := p.writer.Close()
	p.connection.transport.CloseIdleConnections()
	return err
}

// CreateTopic makes the topic that the URI names, with one replica a partition. A topic
// that exists is left as it is. It returns when every partition has a leader.
func CreateTopic(ctx context.Context, uri string, cfg Config, partitions int) error {
	t, err := parseURI(uri)
	if err != nil {
		return err
	}
	if t.user == "" {
		t.user = cfg.User
	}
	c, err := connect(ctx, t, cfg)
	if err != nil {
		return err
	}
	defer c.transport.CloseIdleConnections()
	res, err := c.client.CreateTopics(ctx, &kafkago.CreateTopicsRequest{
		Topics: []kafkago.TopicConfig{{Topic: t.topic, NumPartitions: partitions, ReplicationFactor: 1}},
	})
	if err == nil {
		err = res.Errors[t.topic]
	}
	if err != nil && !errors.Is(err, kafkago.TopicAlreadyExists) {
		return fmt.Errorf("create kafka topic %s: %w", t.topic, err)
	}
	for attempt := 0; ; attempt++ {
		if c.lookUp(ctx) == nil && len(c.partitions) >= partitions {
			return nil
		}
		c.partitions = nil
		if attempt > 60 {
			return fmt.Errorf("create kafka topic %s: its partitions do not appear", t.topic)
		}
		if err := pause(ctx, attempt); err != nil {
			return err
		}
	}
}

package kafka

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// metadataWithIDs is the first version of the request Metadata that names topics by an id
// (KIP-516, brokers from 2.8 on); kafka-go's protocol ends before it.
const metadataWithIDs = 10

// maxAnswer bounds what a broker may answer to a question about one topic.
const maxAnswer = 16 << 20

// ErrMadeAgain is returned where a topic was deleted and made again under its name while it was read.
var ErrMadeAgain = errors.New("the topic was deleted and made again under its name while it was read; run again: what it has now is another source")

// topicID asks for what tells a topic from another that had its name before; empty where
// the brokers do not say it.
func (c *connection) topicID(ctx context.Context) (string, error) {
	var errs []error
	for _, broker := range c.brokers {
		id, err := c.topicIDFrom(ctx, broker)
		if err == nil {
			return id, nil
		}
		errs = append(errs, fmt.Errorf("kafka topic %s, id from broker %s: %w", c.topic, broker, err))
	}
	return "", errors.Join(errs...)
}

func (c *connection) topicIDFrom(ctx context.Context, broker string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	known, err := c.client.ApiVersions(ctx, &kafkago.ApiVersionsRequest{Addr: kafkago.TCP(broker)})
	if err != nil {
		return "", err
	}
	for _, k := range known.ApiKeys {
		if k.ApiKey == int(kmsg.Metadata) && k.MaxVersion < metadataWithIDs {
			return "", nil
		}
	}
	wire, closing, err := c.wire(ctx, broker)
	if err != nil {
		return "", err
	}
	defer closing()
	request := kmsg.NewPtrMetadataRequest()
	request.Version = metadataWithIDs
	topic := kmsg.NewMetadataRequestTopic()
	topic.Topic = &c.topic
	request.Topics = append(request.Topics, topic)
	answer, err := ask(wire, request)
	if err != nil {
		return "", err
	}
	topics := answer.(*kmsg.MetadataResponse).Topics
	if len(topics) == 0 {
		return "", kafkago.UnknownTopicOrPartition
	}
	t := topics[0] // one was asked for
	if t.ErrorCode != 0 {
		return "", kafkago.Error(t.ErrorCode)
	}
	if t.TopicID == [16]byte{} {
		return "", nil
	}
	return base64.RawURLEncoding.EncodeToString(t.TopicID[:]), nil
}

// wire connects to a broker as [connection.dialer] does, and gives the connection below.
func (c *connection) wire(ctx context.Context, broker string) (wire net.Conn, closing func() error, err error) {
	dialer := *c.dialer
	dialer.TLS = nil
	dialer.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		if c.dialer.TLS != nil {
			wire, err = (&tls.Dialer{Config: c.dialer.TLS}).DialContext(ctx, network, address)
		} else {
			wire, err = (&net.Dialer{}).DialContext(ctx, network, address)
		}
		return wire, err
	}
	conn, err := dialer.DialContext(ctx, "tcp", broker)
	if err != nil {
		return nil, nil, err
	}
	return wire, conn.Close, wire.SetDeadline(time.Now().Add(requestTimeout))
}

// ask sends a request that kafka-go does not know and reads its answer.
func ask(wire io.ReadWriter, request kmsg.Request) (kmsg.Response, error) {
	const correlation = 1
	if _, err := wire.Write(kmsg.NewRequestFormatter(kmsg.FormatterClientID(clientID)).AppendRequest(nil, request, correlation)); err != nil {
		return nil, err
	}
	var size [4]byte
	if _, err := io.ReadFull(wire, size[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n < 5 || n > maxAnswer {
		return nil, fmt.Errorf("an answer of %d bytes", n)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(wire, body); err != nil {
		return nil, err
	}
	answer := request.ResponseKind()
	body = body[4:] // the correlation
	if answer.IsFlexible() {
		if body[0] != 0 {
			return nil, errors.New("an answer with tags in its header")
		}
		body = body[1:]
	}
	return answer, answer.ReadFrom(body)
}

// sameTopic gives [ErrMadeAgain] where the topic is not the one that was opened.
func (s *Source) sameTopic(ctx context.Context) error {
	id, err := s.topicID(ctx)
	if err != nil || id == s.id {
		return err
	}
	return fmt.Errorf("kafka topic %s: %w", s.topic, ErrMadeAgain)
}

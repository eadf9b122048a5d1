package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
)

const (
	clientID       = "banshift"
	dialTimeout    = 10 * time.Second
	requestTimeout = 30 * time.Second
)

// connection reaches one topic of one cluster.
type connection struct {
	target
	cluster    string
	id         string // of the topic; empty: not known
	partitions []int32
	dialer     *kafkago.Dialer
	transport  *kafkago.Transport
	client     *kafkago.Client
}

// connect dials a broker, authenticates, and looks the topic up. Only a dial tells why
// it failed: through a client every cause reads "Broker Not Available".
func connect(ctx context.Context, t target, cfg Config) (*connection, error) {
	security, err := tlsConfig(t, cfg)
	if err != nil {
		return nil, err
	}
	mechanism, err := saslMechanism(t, cfg)
	if err != nil {
		return nil, err
	}
	c := &connection{target: t}
	c.dialer = &kafkago.Dialer{ClientID: clientID, Timeout: dialTimeout, DualStack: true, TLS: security, SASLMechanism: mechanism}
	c.transport = &kafkago.Transport{ClientID: clientID, DialTimeout: dialTimeout, TLS: security, SASL: mechanism}
	c.client = &kafkago.Client{Addr: kafkago.TCP(t.brokers...), Transport: c.transport, Timeout: requestTimeout}
	if err := c.dial(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// dial tries the brokers until one answers.
func (c *connection) dial(ctx context.Context) error {
	var errs []error
	for _, broker := range c.brokers {
		conn, err := c.dialer.DialContext(ctx, "tcp", broker)
		if err == nil {
			return conn.Close()
		}
		errs = append(errs, fmt.Errorf("kafka broker %s: %w", broker, c.explain(err)))
	}
	return errors.Join(errs...)
}

// lookUp asks for the topic's partitions and the cluster's name.
func (c *connection) lookUp(ctx context.Context) error {
	meta, err := c.client.Metadata(ctx, &kafkago.MetadataRequest{Topics: []string{c.topic}})
	if err != nil {
		return fmt.Errorf("kafka topic %s: %w", c.topic, c.explain(err))
	}
	c.cluster = meta.ClusterID
	for _, t := range meta.Topics {
		if t.Name != c.topic {
			continue
		}
		if t.Error != nil && !errors.Is(t.Error, kafkago.UnknownTopicOrPartition) {
			return fmt.Errorf("kafka topic %s: %w", c.topic, t.Error)
		}
		for _, p := range t.Partitions {
			c.partitions = append(c.partitions, int32(p.ID))
		}
	}
	if len(c.partitions) == 0 {
		return fmt.Errorf("kafka topic %s does not exist on %s: create it or correct its name", c.topic, strings.Join(c.brokers, ","))
	}
	if c.id, err = c.topicID(ctx); err != nil {
		return fmt.Errorf("kafka topic %s: %w", c.topic, c.explain(err))
	}
	return nil
}

// explain adds to a dial error what to do about it.
func (c *connection) explain(err error) error {
	var unknown x509.UnknownAuthorityError
	var notTLS tls.RecordHeaderError
	switch {
	case errors.As(err, &unknown):
		return fmt.Errorf("%w: set kafka.ca_file to the certificate of the authority that signed the broker's", err)
	case errors.As(err, &notTLS):
		return fmt.Errorf("%w: this listener does not speak TLS; leave tls=true out or use the TLS port", err)
	case errors.Is(err, kafkago.SASLAuthenticationFailed):
		return fmt.Errorf("user %q was refused (%w): check user and BANSHIFT_KAFKA_PASSWORD", c.user, err)
	case errors.Is(err, kafkago.UnsupportedSASLMechanism):
		return fmt.Errorf("%w: the broker does not offer sasl=%s", err, c.sasl)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w: check address and port, and that the broker runs", err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		if c.tls {
			return fmt.Errorf("the broker closed the connection (%w): this port may not speak TLS; leave tls=true out or use the TLS port", err)
		}
		return fmt.Errorf("the broker closed the connection (%w): it may want tls=true or sasl=…", err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("no answer in %s (%w): check address and port", dialTimeout, err)
	}
	return err
}

func tlsConfig(t target, cfg Config) (*tls.Config, error) {
	if !t.tls {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if cfg.CAFile != "" {
		pem, err := os.ReadFile(cfg.CAFile)
		if err != nil {
			return nil, fmt.Errorf("kafka.ca_file: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("kafka.ca_file %s: no PEM certificate in it", cfg.CAFile)
		}
	}
	if cfg.CertFile != "" || cfg.KeyFile != "" {
		pair, err := tls.LoadX509KeyPair(cfg.CertFile, cfg.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("kafka.cert_file and kafka.key_file: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

func saslMechanism(t target, cfg Config) (sasl.Mechanism, error) {
	if t.sasl == "" {
		return nil, nil
	}
	if t.user == "" || cfg.Password == "" {
		return nil, fmt.Errorf("kafka: sasl=%s needs user=… (or kafka.user) and the environment variable BANSHIFT_KAFKA_PASSWORD", t.sasl)
	}
	switch t.sasl {
	case "scram-sha-512":
		return scram.Mechanism(scram.SHA512, t.user, cfg.Password)
	case "scram-sha-256":
		return scram.Mechanism(scram.SHA256, t.user, cfg.Password)
	}
	return plain.Mechanism{Username: t.user, Password: cfg.Password}, nil
}

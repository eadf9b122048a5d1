package kafka

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	kafkago "github.com/segmentio/kafka-go"
)

// Scheme begins the URI of a source or target.
const Scheme = "kafka://"

// defaultGroup is the consumer group where the URI names none.
const defaultGroup = "banshift"

// target is what a URI says: kafka://host:port[,host:port]/topic?key=value.
type target struct {
	brokers []string
	topic   string
	format  string
	group   string
	tls     bool
	sasl    string // "", plain, scram-sha-256 or scram-sha-512
	user    string
	// countGaps goes on where the log has lost offsets, instead of failing.
	countGaps bool
	// countCorrupt goes on where a batch cannot be read, instead of failing.
	countCorrupt bool
	// isolation says whether records of aborted transactions count.
	isolation kafkago.IsolationLevel
	// whole has the directions of a flow looked for in all partitions.
	whole bool
}

// FormatOf gives the format that a URI names; empty where it names none.
func FormatOf(uri string) (string, error) {
	t, err := parseURI(uri)
	return t.format, err
}

// parseURI reads a URI. Hosts are a list, so that net/url cannot read it.
func parseURI(uri string) (target, error) {
	fail := func(format string, args ...any) (target, error) {
		return target{}, fmt.Errorf("kafka source: "+format+"; want kafka://host:port[,host:port]/topic?format=…&group=…", args...)
	}
	rest, ok := strings.CutPrefix(uri, Scheme)
	if !ok {
		return fail("%q does not begin with %s", uri, Scheme)
	}
	rest, query, _ := strings.Cut(rest, "?")
	hosts, topic, _ := strings.Cut(rest, "/")
	if strings.Contains(hosts, "@") {
		return fail("user and password do not belong in the address: use user=… and the environment variable BANSHIFT_KAFKA_PASSWORD")
	}
	t := target{brokers: strings.Split(hosts, ","), topic: topic, group: defaultGroup}
	for _, b := range t.brokers {
		if host, port, err := net.SplitHostPort(b); err != nil || host == "" || port == "" {
			return fail("broker %q is not host:port", b)
		}
	}
	if topic == "" || strings.Contains(topic, "/") {
		return fail("topic %q is not a name", topic)
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return fail("settings %q: %v", query, err)
	}
	for key := range values {
		if err := t.set(key, values.Get(key)); err != nil {
			return fail("%v", err)
		}
	}
	if t.sasl == "plain" && !t.tls {
		return fail("sasl=plain sends the password in clear: add tls=true or use sasl=scram-sha-512")
	}
	return t, nil
}

// set takes one setting of a URI.
func (t *target) set(key, value string) error {
	oneOf := func(allowed ...string) error {
		if slices.Contains(allowed, value) {
			return nil
		}
		return fmt.Errorf("%s=%s: want %s", key, value, strings.Join(allowed, " or "))
	}
	switch key {
	case "format":
		t.format = value
	case "group":
		if value == "" {
			return errors.New("group= is empty")
		}
		t.group = value
	case "tls":
		t.tls = value == "true"
		return oneOf("true", "false")
	case "sasl":
		t.sasl = value
		return oneOf("scram-sha-512", "scram-sha-256", "plain")
	case "user":
		t.user = value
	case "gap":
		t.countGaps = value == "count"
		return oneOf("fail", "count")
	case "corrupt":
		t.countCorrupt = value == "count"
		return oneOf("fail", "count")
	case "isolation":
		if value == "read_committed" {
			t.isolation = kafkago.ReadCommitted
		}
		return oneOf("read_uncommitted", "read_committed")
	case "pair":
		t.whole = value == "topic"
		return oneOf("partition", "topic")
	case "password":
		return errors.New("the password does not belong in the address: use the environment variable BANSHIFT_KAFKA_PASSWORD")
	default:
		return fmt.Errorf("unknown setting %q", key)
	}
	return nil
}

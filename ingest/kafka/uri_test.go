package kafka

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseURI(t *testing.T) {
	got, err := parseURI("kafka://a:9092,[2001:db8::1]:9093/flows?format=goflow2-json&group=g&tls=true&sasl=scram-sha-512&user=u&gap=count&isolation=read_uncommitted")
	if err != nil {
		t.Fatal(err)
	}
	want := target{
		brokers: []string{"a:9092", "[2001:db8::1]:9093"}, topic: "flows", format: "goflow2-json", group: "g",
		tls: true, sasl: "scram-sha-512", user: "u", countGaps: true,
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(target{})); diff != "" {
		t.Error(diff)
	}
}

func TestParseURIRefuses(t *testing.T) {
	for uri, want := range map[string]string{
		"http://a:9092/t":                         "does not begin with kafka://",
		"kafka://a/t":                             `broker "a" is not host:port`,
		"kafka://a:9092":                          `topic "" is not a name`,
		"kafka://a:9092/t/u":                      `topic "t/u" is not a name`,
		"kafka://u:p@a:9092/t":                    "do not belong in the address",
		"kafka://a:9092/t?password=x":             "BANSHIFT_KAFKA_PASSWORD",
		"kafka://a:9092/t?isolation=serializable": "want read_uncommitted or read_committed",
		"kafka://a:9092/t?sasl=gssapi":            "want scram-sha-512 or scram-sha-256 or plain",
		"kafka://a:9092/t?sasl=plain&user=u":      "sends the password in clear",
		"kafka://a:9092/t?tls=yes":                "want true or false",
		"kafka://a:9092/t?gap=ignore":             "want fail or count",
		"kafka://a:9092/t?fromat=goflow2-json":    `unknown setting "fromat"`,
		"kafka://a:9092/t?group=":                 "group= is empty",
	} {
		_, err := parseURI(uri)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q in it", uri, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: more than one line: %v", uri, err)
		}
	}
}

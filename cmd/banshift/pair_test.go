package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/banshift/banshift/ingest/kafka"
)

// bothDirections writes n conversations to a topic without keys, a record for each direction.
func bothDirections(t *testing.T, uri string, from, n int) {
	t.Helper()
	producer, err := kafka.NewProducer(t.Context(), uri, kafka.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer producer.Close()
	var values [][]byte
	for i := from; i < from+n; i++ {
		client, port := fmt.Sprintf("198.18.%d.%d", i>>8&255, i&255), 40000+i%20000
		for _, ends := range [][2]string{{client, "192.0.2.10"}, {"192.0.2.10", client}} {
			ports := [2]int{port, 1194}
			if ends[0] != client {
				ports = [2]int{1194, port}
			}
			values = append(values, fmt.Appendf(nil, `{"type":"NETFLOW_V9","time_received_ns":%d,"sampling_rate":1,"time_flow_start_ns":%d,"bytes":1200,"packets":3,"src_addr":"%s","dst_addr":"%s","proto":"UDP","src_port":%d,"dst_port":%d}`,
				1523836801000000000+int64(i)*1e6, 1523836800000000000+int64(i)*1e6, ends[0], ends[1], ports[0], ports[1]))
		}
	}
	if err := producer.Write(t.Context(), values); err != nil {
		t.Fatal(err)
	}
}

// TestDirectionsMeetAcrossPartitions reads a topic whose writer gives no keys as one, stops,
// goes on, forgets a day and reads it again: the use is that of a topic of one partition.
func TestDirectionsMeetAcrossPartitions(t *testing.T) {
	needEngine(t)
	const flows = 500
	t.Setenv("BANSHIFT_HOME", "198.18.0.0/15")
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(t.TempDir(), "master.key"))
	usage := func(store string) string {
		return execute(t, "", "sql", "--store", store, "--output", "csv",
			"SELECT hour, country, verdict, uniqExact(client), sum(flows), sum(records), sum(bytes_up), sum(bytes_down) FROM usage GROUP BY ALL ORDER BY ALL").must(t).out
	}
	topicOf := func(partitions int32) string {
		cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(partitions, "flows"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(cluster.Close)
		uri := kafka.Scheme + cluster.ListenAddrs()[0] + "/flows?format=goflow2-json"
		bothDirections(t, uri, 0, flows)
		return uri
	}
	one := filepath.Join(t.TempDir(), "one")
	execute(t, "", "run", "--store", one, topicOf(1)).must(t)
	want := usage(one)
	if !strings.Contains(want, fmt.Sprintf(",%d,%d,", flows, 2*flows)) {
		t.Fatalf("one partition gives %s", want)
	}
	uri, store := topicOf(4), filepath.Join(t.TempDir(), "four")
	whole := execute(t, "", "run", "--store", store, uri+"&pair=topic").must(t)
	if !strings.Contains(whole.errOut, fmt.Sprintf("%d joined to their other direction", flows)) || strings.Contains(whole.errOut, "without their other direction") {
		t.Errorf("got %s", whole.errOut)
	}
	if got := usage(store); got != want {
		t.Errorf("four partitions give\n%s, one gives\n%s", got, want)
	}
	for _, again := range []string{uri, uri + "&pair=topic"} {
		if got := execute(t, "", "run", "--store", store, again).must(t); !strings.Contains(got.errOut, "in 0 =") {
			t.Errorf("more was read again: %s", got.errOut)
		}
	}
	execute(t, "", "reconcile", "--store", store).must(t)
	sources := execute(t, "", "query", "sources", "--store", store, "--output", "csv").must(t)
	if !strings.Contains(sources.out, ",4,") {
		t.Errorf("want 4 partitions: %s", sources.out)
	}

	execute(t, "", "forget", "--store", store, "--day", "2018-04-16").must(t)
	if got := usage(store); strings.Contains(got, "openvpn") {
		t.Errorf("after the day was forgotten: %s", got)
	}
	execute(t, "", "run", "--store", store, uri+"&pair=topic").must(t)
	if got := usage(store); got != want {
		t.Errorf("forgotten and read again, four partitions give\n%s, one gives\n%s", got, want)
	}
	execute(t, "", "reconcile", "--store", store).must(t)

	bothDirections(t, uri, flows, 100)
	more := execute(t, "", "run", "--store", store, uri+"&pair=topic").must(t)
	if !strings.Contains(more.errOut, "in 200 =") || !strings.Contains(more.errOut, "100 joined to their other direction") {
		t.Errorf("what came later: %s", more.errOut)
	}
	execute(t, "", "reconcile", "--store", store).must(t)
}

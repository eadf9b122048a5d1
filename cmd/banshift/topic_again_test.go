package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/banshift/banshift/ingest/kafka"
)

// fakeTopic starts a cluster with an empty topic of some partitions, and gives its address and
// what writes good records to it, every nth of them ahead of the clock.
func fakeTopic(t *testing.T, partitions int) (cluster *kfake.Cluster, uri string, fill func(from, n, ahead int)) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(int32(partitions), "flows"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	uri = kafka.Scheme + cluster.ListenAddrs()[0] + "/flows?format=goflow2-json"
	return cluster, uri, func(from, n, ahead int) {
		t.Helper()
		producer, err := kafka.NewProducer(t.Context(), uri, kafka.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer producer.Close()
		var values [][]byte
		for i := from; i < from+n; i++ {
			line := strings.Replace(goodLine, `"src_port":40000`, fmt.Sprintf(`"src_port":%d`, 10000+i), 1)
			if ahead > 0 && i%ahead == 0 {
				line = strings.NewReplacer("15238368", "40238368").Replace(line)
			}
			values = append(values, []byte(line))
		}
		if err := producer.Write(t.Context(), values); err != nil {
			t.Fatal(err)
		}
	}
}

// remake deletes the topic and makes it again.
func remake(t *testing.T, cluster *kfake.Cluster) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	name := "flows"
	gone, made := kmsg.NewPtrDeleteTopicsRequest(), kmsg.NewPtrCreateTopicsRequest()
	gone.TopicNames = []string{name}
	gone.Topics = []kmsg.DeleteTopicsRequestTopic{{Topic: &name}}
	made.Topics = []kmsg.CreateTopicsRequestTopic{{Topic: name, NumPartitions: 2, ReplicationFactor: 1}}
	if res, err := gone.RequestWith(t.Context(), client); err != nil || res.Topics[0].ErrorCode != 0 {
		t.Fatal(res, err)
	}
	if res, err := made.RequestWith(t.Context(), client); err != nil || res.Topics[0].ErrorCode != 0 {
		t.Fatal(res, err)
	}
}

// TestTopicMadeAgainIsAnotherSource deletes a topic and makes it again, shorter and longer than what
// was read of it.
func TestTopicMadeAgainIsAnotherSource(t *testing.T) {
	needEngine(t)
	cluster, uri, fill := fakeTopic(t, 2)
	store := filepath.Join(t.TempDir(), "store")
	read := func(what string, want int) {
		t.Helper()
		got := execute(t, "", "run", "--store", store, uri).must(t)
		if !strings.Contains(got.errOut, fmt.Sprintf("in %d =", want)) {
			t.Errorf("%s: want %d records: %s", what, want, got.errOut)
		}
	}
	fill(0, 40, 0)
	read("the first one", 40)
	read("the first one again", 0)
	remake(t, cluster)
	fill(1000, 20, 0)
	read("a shorter one", 20)
	remake(t, cluster)
	fill(2000, 100, 0)
	read("a longer one", 100)
	fill(3000, 10, 0)
	read("it goes on", 10)
	execute(t, "", "reconcile", "--store", store).must(t)
	sources := execute(t, "", "query", "sources", "--store", store, "--output", "csv").must(t)
	if n := strings.Count(sources.out, "kafka://"); n != 3 || strings.Count(sources.out, "#") != 2 {
		t.Errorf("want three sources, two with an id: %s", sources.out)
	}
}

// TestAgainReadsTopics mends the cause of a topic's rejects, reads them again, and what has come since.
func TestAgainReadsTopics(t *testing.T) {
	needEngine(t)
	_, uri, fill := fakeTopic(t, 2)
	store := filepath.Join(t.TempDir(), "store")
	again := func(what, want string, args ...string) {
		t.Helper()
		got := execute(t, "", append([]string{"run", "--store", store, uri}, args...)...).must(t)
		if !strings.Contains(got.errOut, want) {
			t.Errorf("%s: want %q: %s", what, want, got.errOut)
		}
	}
	t.Setenv("BANSHIFT_INGEST_BLOCK_RECORDS", "16")
	fill(1, 90, 3)
	again("read", "in 90 = stored 0 + folded 60 + rejected 30")
	again("again, not mended", "in 30 = stored 0 + folded 0 + rejected 30", "--again")
	fill(101, 30, 3)
	again("more", "in 30 = stored 0 + folded 20 + rejected 10")
	t.Setenv("BANSHIFT_INGEST_FUTURE_SECONDS", "9000000000")
	again("mended", "in 40 = stored 0 + folded 40 + rejected 0", "--again")
	again("once more", "in 0 =", "--again")
	rows := execute(t, "", "sql", "--store", store, "--output", "csv", "SELECT sum(records) FROM usage").must(t)
	if !strings.Contains(rows.out, "120") {
		t.Errorf("%s records in usage, want 120", rows.out)
	}
	execute(t, "", "reconcile", "--store", store).must(t)
}

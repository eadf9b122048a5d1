package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/banshift/banshift/ingest/kafka/brokertest"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/engine"
)

// engineQueue is the engine's own Kafka table, with two consumers on two cores and blocks
// that are not waited for longer than a second.
const engineQueue = "CREATE TABLE bench.queue (" + engineFields + `) ENGINE = Kafka SETTINGS kafka_broker_list = '%s', kafka_topic_list = 'flows',
	kafka_group_name = 'engine-%d', kafka_format = 'JSONEachRow', kafka_num_consumers = 2, kafka_thread_per_consumer = 1,
	kafka_max_block_size = 262144, kafka_flush_interval_ms = 1000`

// BenchmarkTopic compares "banshift run" on a topic of 4 partitions with the engine's own
// Kafka table and a materialized view that matches ports and prefixes: same topic, same
// running engine, in turns. Run it by "make bench".
func BenchmarkTopic(b *testing.B) {
	program := os.Getenv("BANSHIFT_PROGRAM")
	if program == "" {
		b.Skip("BANSHIFT_PROGRAM is not set; run make bench")
	}
	ctx := context.Background()
	dir := b.TempDir()
	config := filepath.Join(dir, "telemetry")
	measure(b, program, "simulate", "--scenario", "uniform", "--records", "1000", "--out", config)
	broker := brokertest.Start(b)
	produceFlows(ctx, b, broker.URI("flows", ""))
	e, err := engine.Start(ctx, filepath.Join(dir, "engine"), engine.Options{MemoryMegabytes: 4096, Native: true})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	conn := e.Conn()
	b.Setenv("BANSHIFT_STORE_PASSWORD", conn.Password)
	b.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(dir, "master.key"))
	address := func(database string) string {
		return fmt.Sprintf("clickhouse://%s@%s:%d/%s?http_port=%d", conn.User, conn.Host, conn.TCPPort, database, conn.HTTPPort)
	}
	store, err := load.Open(ctx, address("bench"), load.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	preparePeer(ctx, b, store, conn, dir)
	var peer, whole []float64
	var memory int64
	for b.Loop() {
		for i := range benchRuns {
			peer = append(peer, queueSeconds(ctx, b, store, broker.Addr, i))
			to := address(fmt.Sprintf("topic%d", i))
			measure(b, program, "migrate", "--store", to)
			began := time.Now()
			peak, stderr := measure(b, program, "run", "--config", filepath.Join(config, "banshift.yaml"), "--store", to,
				broker.URI("flows", fmt.Sprintf("format=goflow2-json&group=bench-%d", i)))
			whole = append(whole, time.Since(began).Seconds())
			reportedSeconds(b, stderr, topicRecords)
			memory = max(memory, peak)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(topicRecords/middle(peer), "engine-records/s")
	b.ReportMetric(topicRecords/middle(whole), "run-records/s")
	b.ReportMetric(middle(peer)/middle(whole), "ratio")
	b.ReportMetric(float64(memory)/1024, "peak-MB")
	b.Logf("%d records: engine's Kafka table %.2f s (%.2f to %.2f), whole command %.2f s (%.2f to %.2f)",
		topicRecords, middle(peer), slices.Min(peer), slices.Max(peer), middle(whole), slices.Min(whole), slices.Max(whole))
}

// queueSeconds is how long the engine's own Kafka table takes for the topic.
func queueSeconds(ctx context.Context, b *testing.B, store *load.Store, brokers string, run int) float64 {
	exec := func(sql string) {
		if err := store.Conn().Exec(ctx, sql); err != nil {
			b.Fatal(err)
		}
	}
	exec("TRUNCATE TABLE bench.flows")
	began := time.Now()
	exec(fmt.Sprintf(engineQueue, brokers, run))
	exec("CREATE MATERIALIZED VIEW bench.consumer TO bench.flows AS " + engineSelect + " FROM bench.queue")
	for deadline := began.Add(5 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		var rows uint64
		if err := store.Conn().QueryRow(ctx, "SELECT count() FROM bench.flows").Scan(&rows); err != nil {
			b.Fatal(err)
		}
		if rows == topicRecords {
			break
		}
		if rows > topicRecords || time.Now().After(deadline) {
			b.Fatalf("the engine's Kafka table stored %d of %d records", rows, topicRecords)
		}
	}
	seconds := time.Since(began).Seconds()
	exec("DROP TABLE bench.consumer SYNC")
	exec("DROP TABLE bench.queue SYNC")
	return seconds
}

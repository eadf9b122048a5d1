package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/banshift/banshift/ingest/kafka/brokertest"
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
	c := newContest(b, topicRecords)
	broker := brokertest.Start(b)
	createTopic(context.Background(), b, broker.URI("flows", ""))
	produceFlows(context.Background(), b, broker.URI("flows", ""), topicRecords, 11)
	for b.Loop() {
		for i := range benchRuns {
			c.peer = append(c.peer, c.queue(broker.Addr, i))
			c.run(broker.URI("flows", fmt.Sprintf("format=goflow2-json&group=bench-%d", i)))
		}
	}
	c.report("engine's Kafka table")
	goal(b, "times as fast as the engine's Kafka table", c.ratio(), 4)
	goal(b, "parts of 300 MB of memory are left", 300*1024/float64(c.memory), 1)
}

// queue is a turn of the engine's own Kafka table, and gives how many seconds it took.
func (c *contest) queue(brokers string, run int) float64 {
	c.b.Helper()
	c.exec("TRUNCATE TABLE bench.flows")
	began := time.Now()
	c.exec(fmt.Sprintf(engineQueue, brokers, run))
	c.exec("CREATE MATERIALIZED VIEW bench.consumer TO bench.flows AS " + engineSelect + " FROM bench.queue")
	for deadline := began.Add(5 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		var rows uint64
		if err := c.store.Conn().QueryRow(context.Background(), "SELECT count() FROM bench.flows").Scan(&rows); err != nil {
			c.b.Fatal(err)
		}
		if rows == topicRecords {
			break
		}
		if rows > topicRecords || time.Now().After(deadline) {
			c.b.Fatalf("the engine's Kafka table stored %d of %d records", rows, topicRecords)
		}
	}
	seconds := time.Since(began).Seconds()
	c.exec("DROP TABLE bench.consumer SYNC")
	c.exec("DROP TABLE bench.queue SYNC")
	return seconds
}

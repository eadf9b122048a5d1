package load

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/load/engine"
	"github.com/banshift/banshift/load/engine/servertest"
	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/schemas/statements"
	"github.com/banshift/banshift/transform/counts"
)

// benchRecord is n rows of a table with numbers that differ from row to row.
func benchRecord(schema *arrow.Schema, n int) arrow.Record {
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i := range n {
		for c, f := range schema.Fields() {
			mix := uint64(i)*0x9e3779b97f4a7c15 + uint64(c)
			switch column := b.Field(c).(type) {
			case *array.TimestampBuilder:
				if f.Type.(*arrow.TimestampType).Unit == arrow.Second {
					column.Append(arrow.Timestamp(1523869200 + mix%24*3600))
				} else {
					column.Append(arrow.Timestamp(1523869200000 + mix%86400000))
				}
			case *array.BinaryDictionaryBuilder:
				if err := column.AppendString(fmt.Sprint(f.Name, mix%7)); err != nil {
					panic(err)
				}
			case *array.FixedSizeBinaryBuilder:
				column.Append([]byte{0: 0x20, 1: byte(mix), 2: byte(mix >> 8), 15: 0})
			case *array.ListBuilder:
				column.Append(true)
				column.ValueBuilder().(*array.StringBuilder).Append("rule:+20")
			case *array.Uint64Builder:
				column.Append(mix >> 20)
			case *array.Uint32Builder:
				column.Append(uint32(mix % 1000))
			case *array.Uint16Builder:
				column.Append(uint16(mix))
			case *array.Uint8Builder:
				column.Append(1)
			case *array.Float32Builder:
				column.Append(0.5)
			case *array.Float64Builder:
				column.Append(0.5)
			}
		}
	}
	return b.NewRecord()
}

// BenchmarkWrite stores batches of 65,536 rows of one table, two at a time, ledger
// and deduplication included.
func BenchmarkWrite(b *testing.B) {
	if _, err := engine.Locate(""); err != nil {
		b.Skipf("engine is absent (run `make engine`): %v", err)
	}
	const rows = 65536
	ctx := context.Background()
	for _, table := range []string{schemas.TableFlows, schemas.TableUsage} {
		b.Run(table, func(b *testing.B) {
			s, err := Open(ctx, b.TempDir(), Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			rec := benchRecord(schemas.TableSchemas()[table], rows)
			defer rec.Release()
			var wg sync.WaitGroup
			next := make(chan int)
			for range 2 {
				wg.Go(func() {
					for n := range next {
						err := s.Write(ctx, Batch{
							Source: "bench", First: int64(n), Next: int64(n) + 1, Counts: Counts{In: rows, Folded: rows},
							Tables: []TableBatch{{Name: table, Record: rec}},
						})
						if err != nil {
							b.Error(err)
						}
					}
				})
			}
			b.ResetTimer()
			for n := range b.N {
				next <- n
			}
			close(next)
			wg.Wait()
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkLedger stores the same rows through the ledger (lease, notes before and after, marks, tokens) and by a plain
// insert, in turns, and reports what the ledger adds to a batch.
func BenchmarkLedger(b *testing.B) {
	if _, err := engine.Locate(""); err != nil {
		b.Skipf("engine is absent (run `make engine`): %v", err)
	}
	ctx := context.Background()
	for _, rows := range []int{1000, 65536} {
		b.Run(strconv.Itoa(rows), func(b *testing.B) {
			s, err := Open(ctx, b.TempDir(), Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			rec := benchRecord(schemas.UsageSchema, rows)
			defer rec.Release()
			const turns = 20
			var plain, ledger time.Duration
			timed := func(total *time.Duration, write func() error) {
				began := time.Now()
				if err := write(); err != nil {
					b.Fatal(err)
				}
				*total += time.Since(began)
			}
			n := 0
			for b.Loop() {
				for range turns {
					timed(&plain, func() error { return s.insertArrow(ctx, schemas.TableUsage, rec) })
					timed(&ledger, func() error {
						return s.Write(ctx, Batch{
							Source: "bench", First: int64(n), Next: int64(n) + 1, Counts: Counts{In: uint64(rows), Folded: uint64(rows)},
							Tables: []TableBatch{{Name: schemas.TableUsage, Record: rec}},
						})
					})
					n++
				}
			}
			each := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(n) / 1000 }
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(each(plain), "plain-ms")
			b.ReportMetric(each(ledger), "ledger-ms")
			b.ReportMetric(each(ledger)-each(plain), "added-ms")
		})
	}
}

// BenchmarkCountShards reads for counting, from two shards, the day of 40,000 clients in 12 hours: each client-hour, and
// clients that did alike.
func BenchmarkCountShards(b *testing.B) {
	ctx := context.Background()
	servers := servertest.StartCluster(b, 2)
	s, err := Open(ctx, servers[0].DSN("banshift")+"&shards="+servertest.Cluster, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	// Everyone has one network of 20 and is seen without a tool; a tenth uses one of three tools, too, in half of the hours.
	for i, shard := range s.shards {
		const sql = `INSERT INTO usage (hour, country, asn, client, verdict, simulated, flows, expected, unanswered, bytes_up, bytes_down, records)
			SELECT toDateTime('2018-04-16 00:00:00', 'UTC') + toIntervalHour((intHash32(client) + number %% 24) %% 24), 'ru', toUInt32(sqrt(intHash32(client) %% 400)), client, v, 0,
				1 + intHash32(number) %% 9, 0, intHash32(number + 1) %% 2, 100, 1000, 3
			FROM (SELECT number, intDiv(number, 24) * 2 + %d AS client, arrayJoin(if(client %% 20 < 2 AND number %% 4 = 0, [1, 2 + client %% 3], [1])) AS v FROM numbers(480000) WHERE number %% 2 = 0)`
		if err := shard.conn.Exec(ctx, fmt.Sprintf(sql, i)); err != nil {
			b.Fatal(err)
		}
	}
	days := []uncounted{{Key: counts.Key{Country: "ru", Day: int32(time.Date(2018, 4, 16, 0, 0, 0, 0, time.UTC).Unix() / 86400)}}}
	names := map[uint64]schemas.Names{}
	for v := range uint64(5) {
		names[v] = schemas.Names{Tool: fmt.Sprint("tool", v), Category: fmt.Sprint("category", v%3), Level: schemas.Level(v % 4)}
	}
	for name, read := range map[string]func(context.Context, []uncounted, func(arrow.Record) error) error{
		"client-hours": func(ctx context.Context, days []uncounted, add func(arrow.Record) error) error {
			return s.readRows(ctx, statements.UsageOfDays, days, add)
		},
		"alike": s.readUsage,
	} {
		b.Run(name, func(b *testing.B) {
			var rows int64
			for b.Loop() {
				rows = 0
				counter := counts.New(names, counts.Options{Mem: memory.DefaultAllocator, Version: func(counts.Key) uint64 { return 1 },
					Out: func(_, _ arrow.Record) error { return nil }})
				err := read(ctx, days, func(rec arrow.Record) error {
					rows += rec.NumRows()
					return counter.Add(rec)
				})
				if err != nil {
					b.Fatal(err)
				}
				if err := counter.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(rows), "rows")
		})
	}
}

// BenchmarkCountUnknown counts and judges the servers of a day again, as a store does that goes on reading: 20 million
// rows of flows, of 10 countries, 40 days and 5,000 server networks, and the client-hours of these.
func BenchmarkCountUnknown(b *testing.B) {
	ctx := context.Background()
	s := ownStore(b, b.TempDir())
	defer s.Close()
	const start = "toDateTime('2018-03-01 00:00:00', 'UTC') + toIntervalDay(number % 40)"
	for _, sql := range []string{
		`INSERT INTO flows (start, end, client, country, server_net, bytes_down, records, flow_count, tool, category, level)
			SELECT ` + start + ` AS begun, begun, intHash64(number) % 200000, concat('c', toString(intDiv(number, 40) % 10)), toIPv6(concat('::ffff:240.', toString(intHash32(number) % 20), '.', toString(intHash32(number + 7) % 250), '.0')),
			1000, 1, 1, 'fully-encrypted', 'proxy', 'possible' FROM numbers(20000000)`,
		`INSERT INTO usage (hour, country, asn, client, verdict, flows, bytes_down, records) SELECT start, country, 1, client, client % 3, 3, if(client % 5 = 0, 500, 10000), 1 FROM flows`,
		`INSERT INTO counted_days (grouping, level, country, day, category, clients, flows, records, version)
			SELECT arrayJoin(['all', 'category']) AS g, if(g = 'all', 'unclassified', 'possible'), country, toDate(start), if(g = 'all', '', 'proxy'), 200000, count(), count(), 1 FROM flows GROUP BY country, toDate(start)`,
	} {
		if err := s.conn.Exec(ctx, sql); err != nil {
			b.Fatal(err)
		}
	}
	first := uint32(time.Date(2018, 3, 1, 0, 0, 0, 0, time.UTC).Unix() / 86400)
	count := func(days ...uint32) {
		var due []uncounted
		versions := map[counts.Key]uint64{}
		for _, day := range days {
			for c := range 10 {
				key := counts.Key{Country: fmt.Sprint("c", c), Day: int32(first + day)}
				due, versions[key] = append(due, uncounted{Key: key}), 1
			}
		}
		if err := s.countUnknown(ctx, due, versions); err != nil {
			b.Fatal(err)
		}
	}
	for day := range uint32(40) {
		count(day)
	}
	b.Run("the last day", func(b *testing.B) {
		for b.Loop() {
			count(39)
		}
	})
	b.Run("a day late", func(b *testing.B) {
		for b.Loop() {
			count(12)
		}
	})
	b.Run("the question", func(b *testing.B) {
		s.AnswerAsCounted()
		for b.Loop() {
			if err := s.Query(ctx, "unknown_tools", nil, io.Discard, JSON); err != nil {
				b.Fatal(err)
			}
		}
	})
}

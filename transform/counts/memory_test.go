package counts

import (
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/schemas"
)

// BenchmarkManyNetworks counts a day of a million clients, each in one of 65,536 networks at some hour: as many
// groups as rows. It gives the heap that is held when the day ends, and the most that was asked of the system.
func BenchmarkManyNetworks(b *testing.B) {
	const rows = 1_000_000
	names := map[uint64]schemas.Names{}
	for v := range uint64(20) {
		names[v] = schemas.Names{Tool: string(rune('a' + v)), Category: "vpn", Level: schemas.Level(v % 4), Pack: "p", Lists: "l"}
	}
	for b.Loop() {
		c := New(names, Options{
			Mem: memory.DefaultAllocator, AsOf: time.Unix(0, 0),
			Version: func(Key) uint64 { return 1 }, Out: func(_, _ arrow.Record) error { return nil },
		})
		rng := rand.New(rand.NewPCG(1, 2))
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for first := 0; first < rows; first += 50_000 {
			build := array.NewRecordBuilder(memory.DefaultAllocator, schemas.CountInputSchema)
			for i := range 50_000 {
				build.Field(0).(*array.StringBuilder).Append("kz")
				build.Field(1).(*array.Uint32Builder).Append(uint32(rng.IntN(86400)))
				build.Field(2).(*array.Uint8Builder).Append(0)
				build.Field(3).(*array.Uint32Builder).Append(uint32(rng.IntN(65536)))
				build.Field(4).(*array.Uint64Builder).Append(uint64(first + i + 1))
				build.Field(5).(*array.Uint64Builder).Append(uint64(rng.IntN(20)))
				build.Field(6).(*array.Uint64Builder).Append(1)
				build.Field(7).(*array.Float64Builder).Append(0.5)
				for column := 8; column <= 11; column++ {
					build.Field(column).(*array.Uint64Builder).Append(1)
				}
				build.Field(12).(*array.Uint8Builder).Append(hourAndDay)
			}
			rec := build.NewRecord()
			if err := c.Add(rec); err != nil {
				b.Fatal(err)
			}
			rec.Release()
			build.Release()
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB-counting")
		b.ReportMetric(float64(len(c.cells)), "groups")
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapSys-before.HeapSys)/1e6, "MB-asked")
	}
}

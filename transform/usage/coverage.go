package usage

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/banshift/banshift/schemas"
)

// coverageKey is an exporter's hour.
type coverageKey struct {
	hour              int32
	country, exporter int32
	simulated         uint8
}

func (k *coverageKey) hash() uint64 {
	return mix(uint64(uint32(k.hour)), uint64(uint32(k.exporter))<<32|uint64(uint32(k.country))<<1|uint64(k.simulated))
}

// coverageSource is what coverage needs of a flow or DNS batch; records nil means DNS.
type coverageSource struct {
	ms                []arrow.Timestamp
	country, exporter *array.Dictionary
	simulated         *array.Boolean
	records           []uint32
}

// coverageRow is what an exporter reported in an hour of a batch.
type coverageRow struct {
	hour              int32
	country, exporter string // alias the batch
	simulated         uint8
	flows, dns        uint64
}

// cover adds the hours of a flow or DNS batch to the batch's coverage.
func (f *Folder) cover(src coverageSource) {
	country, exporter := codes(src.country), codes(src.exporter)
	countries, exporters := texts(src.country), texts(src.exporter)
	f.hours.clear(0)
	first := len(f.coverage)
	for i := range src.ms {
		key := coverageKey{int32(schemas.Hour(int64(src.ms[i]))), country[i], exporter[i], boolByte(src.simulated.Value(i))}
		n, isNew := f.hours.group(key.hash(), key)
		if isNew {
			f.coverage = append(f.coverage, coverageRow{
				hour: key.hour, country: countries.Value(int(key.country)), exporter: exporters.Value(int(key.exporter)),
				simulated: key.simulated,
			})
		}
		if row := &f.coverage[first+n]; src.records == nil {
			row.dns++
		} else {
			row.flows += uint64(src.records[i])
		}
	}
}

// coverageRecord builds a batch in [schemas.CoverageSchema].
func (f *Folder) coverageRecord() arrow.Record {
	mem, rows, t := f.opts.Mem, f.coverage, arrow.PrimitiveTypes
	text := func(of func(*coverageRow) string) arrow.Array {
		c := schemas.NewDictColumn(mem, len(rows))
		for i := range rows {
			c.AppendString(of(&rows[i]))
		}
		return c.Array()
	}
	return schemas.CoverageColumns{
		Hour:        fill(mem, rows, arrow.FixedWidthTypes.Timestamp_s, func(r *coverageRow) int64 { return int64(r.hour) * 3600 }),
		Country:     text(func(r *coverageRow) string { return r.country }),
		Exporter:    text(func(r *coverageRow) string { return r.exporter }),
		Simulated:   fill(mem, rows, t.Uint8, func(r *coverageRow) uint8 { return r.simulated }),
		FlowRecords: fill(mem, rows, t.Uint64, func(r *coverageRow) uint64 { return r.flows }),
		DNSRecords:  fill(mem, rows, t.Uint64, func(r *coverageRow) uint64 { return r.dns }),
	}.Record(len(rows))
}

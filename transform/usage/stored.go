package usage

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/banshift/banshift/schemas"
)

// stored builds a batch in [schemas.StoredFlowSchema] from the rows whose level is at
// least possible.
func (f *Folder) stored(flows *schemas.Flows, v *verdicts) arrow.Record {
	var keys []int
	for i, level := range v.level {
		if schemas.Level(level) >= schemas.Possible {
			keys = append(keys, i)
		}
	}
	mem, t := f.opts.Mem, arrow.PrimitiveTypes
	country, tool, service, category := codes(flows.ClientCountry), codes(v.tool), codes(v.service), codes(v.category)
	label, exporter := codes(flows.SensorLabel), codes(flows.Exporter)
	u64 := func(values []uint64) arrow.Array {
		return fill(mem, keys, t.Uint64, func(i *int) uint64 { return values[*i] })
	}
	pick := func(of *array.Dictionary, code []int32) arrow.Array {
		return recode(mem, keys, of, func(i *int) int32 { return code[*i] })
	}
	return newRecord(schemas.StoredFlowSchema, len(keys), []arrow.Array{
		fill(mem, keys, arrow.FixedWidthTypes.Timestamp_ms, func(i *int) arrow.Timestamp { return flows.Start[*i] }),
		fill(mem, keys, arrow.FixedWidthTypes.Timestamp_ms, func(i *int) arrow.Timestamp { return flows.End[*i] }),
		u64(flows.Client),
		pick(flows.ClientCountry, country),
		fill(mem, keys, t.Uint32, func(i *int) uint32 { return flows.ClientASN[*i] }),
		fill(mem, keys, addressType, func(i *int) [16]byte { return cutAddress([16]byte(flows.Server.Value(*i))) }),
		fill(mem, keys, t.Uint32, func(i *int) uint32 { return v.serverASN[*i] }),
		fill(mem, keys, t.Uint16, func(i *int) uint16 { return flows.ServerPort[*i] }),
		fill(mem, keys, t.Uint8, func(i *int) uint8 { return flows.Protocol[*i] }),
		u64(flows.BytesUp), u64(flows.BytesDown), u64(flows.PacketsUp), u64(flows.PacketsDown),
		fill(mem, keys, t.Uint64, func(i *int) uint64 { return uint64(flows.SamplingRate[*i]) }),
		pick(v.tool, tool), pick(v.service, service), pick(v.category, category),
		levelNames(mem, keys, func(i *int) uint8 { return v.level[*i] }),
		fill(mem, keys, t.Float32, func(i *int) float32 { return v.p[*i] }),
		fill(mem, keys, t.Float64, func(i *int) float64 { return float64(v.p[*i]) * float64(flows.SamplingRate[*i]) }),
		f.evidence(v, keys),
		pick(flows.SensorLabel, label), pick(flows.Exporter, exporter),
		fill(mem, keys, t.Uint64, func(i *int) uint64 { return uint64(flows.Records[*i]) }),
		fill(mem, keys, t.Uint8, func(i *int) uint8 { return boolByte(flows.Simulated.Value(*i)) }),
		constant(mem, v.pack, len(keys)), constant(mem, v.lists, len(keys)),
	})
}

// evidence spells the rules out that fired on each row.
func (f *Folder) evidence(v *verdicts, rows []int) arrow.Array {
	b := array.NewListBuilder(f.opts.Mem, arrow.BinaryTypes.String)
	defer b.Release()
	texts := b.ValueBuilder().(*array.StringBuilder)
	rules := v.evidence.ListValues().(*array.Uint16).Uint16Values()
	for _, i := range rows {
		b.Append(true)
		from, to := v.evidence.ValueOffsets(i)
		for _, rule := range rules[from:to] {
			texts.Append(f.opts.Evidence[rule])
		}
	}
	return b.NewArray()
}

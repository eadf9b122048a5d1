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
	for i, level := range v.Level {
		if schemas.Level(level) >= schemas.Possible {
			keys = append(keys, i)
		}
	}
	mem, t := f.opts.Mem, arrow.PrimitiveTypes
	country, tool, service, category := codes(flows.ClientCountry), codes(v.Tool), codes(v.Service), codes(v.Category)
	label, exporter := codes(flows.SensorLabel), codes(flows.Exporter)
	u64 := func(values []uint64) arrow.Array {
		return fill(mem, keys, t.Uint64, func(i *int) uint64 { return values[*i] })
	}
	pick := func(of *array.Dictionary, code []int32) arrow.Array {
		return recode(mem, keys, of, func(i *int) int32 { return code[*i] })
	}
	return schemas.StoredFlowColumns{
		Start:       fill(mem, keys, arrow.FixedWidthTypes.Timestamp_ms, func(i *int) arrow.Timestamp { return flows.Start[*i] }),
		End:         fill(mem, keys, arrow.FixedWidthTypes.Timestamp_ms, func(i *int) arrow.Timestamp { return flows.End[*i] }),
		Client:      u64(flows.Client),
		Country:     pick(flows.ClientCountry, country),
		ASN:         fill(mem, keys, t.Uint32, func(i *int) uint32 { return flows.ClientASN[*i] }),
		ServerNet:   fill(mem, keys, addressType, func(i *int) [16]byte { return cutAddress([16]byte(flows.Server.Value(*i))) }),
		ServerASN:   fill(mem, keys, t.Uint32, func(i *int) uint32 { return v.ServerASN[*i] }),
		ServerPort:  fill(mem, keys, t.Uint16, func(i *int) uint16 { return flows.ServerPort[*i] }),
		Protocol:    fill(mem, keys, t.Uint8, func(i *int) uint8 { return flows.Protocol[*i] }),
		BytesUp:     u64(flows.BytesUp),
		BytesDown:   u64(flows.BytesDown),
		PacketsUp:   u64(flows.PacketsUp),
		PacketsDown: u64(flows.PacketsDown),
		FlowCount:   fill(mem, keys, t.Uint64, func(i *int) uint64 { return uint64(flows.SamplingRate[*i]) }),
		Tool:        pick(v.Tool, tool),
		Service:     pick(v.Service, service),
		Category:    pick(v.Category, category),
		Level:       levelNames(mem, keys, func(i *int) uint8 { return v.Level[*i] }),
		P:           fill(mem, keys, t.Float32, func(i *int) float32 { return v.P[*i] }),
		Expected:    fill(mem, keys, t.Float64, func(i *int) float64 { return float64(v.P[*i]) * float64(flows.SamplingRate[*i]) }),
		Evidence:    f.evidence(v, keys),
		SensorLabel: pick(flows.SensorLabel, label),
		Exporter:    pick(flows.Exporter, exporter),
		Records:     fill(mem, keys, t.Uint64, func(i *int) uint64 { return uint64(flows.Records[*i]) }),
		Simulated:   fill(mem, keys, t.Uint8, func(i *int) uint8 { return boolByte(flows.Simulated.Value(*i)) }),
		Pack:        constant(mem, v.pack, len(keys)),
		Lists:       constant(mem, v.lists, len(keys)),
	}.Record(len(keys))
}

// evidence spells the rules out that fired on each row.
func (f *Folder) evidence(v *verdicts, rows []int) arrow.Array {
	b := array.NewListBuilder(f.opts.Mem, arrow.BinaryTypes.String)
	defer b.Release()
	texts := b.ValueBuilder().(*array.StringBuilder)
	rules := v.Evidence.ListValues().(*array.Uint16).Uint16Values()
	for _, i := range rows {
		b.Append(true)
		from, to := v.Evidence.ValueOffsets(i)
		for _, rule := range rules[from:to] {
			texts.Append(f.opts.Evidence[rule])
		}
	}
	return b.NewArray()
}

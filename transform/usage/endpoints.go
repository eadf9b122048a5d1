package usage

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/banshift/banshift/schemas"
)

// endpointKey is where a service was reached on a day.
type endpointKey struct {
	prefix           [16]byte
	day              int32
	service, country int32
	asn              uint32
	simulated        uint8
}

// reached builds a batch in [schemas.EndpointsSchema] from flows with a known service.
func (f *Folder) reached(flows *schemas.Flows, v *verdicts) arrow.Record {
	mem := f.opts.Mem
	service, country := codes(v.Service), codes(flows.ClientCountry)
	names := texts(v.Service)
	f.endpoints.clear(0)
	count, unanswered := schemas.NewColumn[uint64](mem, 0), schemas.NewColumn[uint64](mem, 0)
	for i := range flows.Start {
		if schemas.Level(v.Level[i]) < schemas.Possible || names.Value(int(service[i])) == "" {
			continue
		}
		key := endpointKey{
			prefix: cutAddress([16]byte(flows.Server.Value(i))), day: int32(schemas.Day(int64(flows.Start[i]))),
			service: service[i], country: country[i], asn: v.ServerASN[i], simulated: boolByte(flows.Simulated.Value(i)),
		}
		n, isNew := f.endpoints.group(key.hash(), key)
		if isNew {
			count.Append(0)
			unanswered.Append(0)
		}
		count.V[n] += uint64(flows.SamplingRate[i])
		if isUnanswered(flows, i) {
			unanswered.V[n] += uint64(flows.SamplingRate[i])
		}
	}
	keys := f.endpoints.keys
	t := arrow.PrimitiveTypes
	return schemas.EndpointsColumns{
		Day:        fill(mem, keys, t.Date32, func(k *endpointKey) int32 { return k.day }),
		Country:    recode(mem, keys, flows.ClientCountry, func(k *endpointKey) int32 { return k.country }),
		Service:    recode(mem, keys, v.Service, func(k *endpointKey) int32 { return k.service }),
		Prefix:     fill(mem, keys, addressType, func(k *endpointKey) [16]byte { return k.prefix }),
		ASN:        fill(mem, keys, t.Uint32, func(k *endpointKey) uint32 { return k.asn }),
		Simulated:  fill(mem, keys, t.Uint8, func(k *endpointKey) uint8 { return k.simulated }),
		Flows:      count.Array(t.Uint64),
		Unanswered: unanswered.Array(t.Uint64),
	}.Record(len(keys))
}

func (k *endpointKey) hash() uint64 {
	h := hashAddress(k.prefix)
	return mix(h, uint64(uint32(k.day))<<32|uint64(uint32(k.service))<<8|uint64(uint32(k.country)))
}

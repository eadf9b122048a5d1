package usage

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/banshift/banshift/schemas"
)

// nameKey is a client-hour by name asked for.
type nameKey struct {
	client    uint64
	hour      int32
	country   int32
	asn       uint32
	name      string // aliases the batch
	simulated uint8
}

func (k *nameKey) hash() uint64 {
	return mix(mix(hashText(k.name), k.client), uint64(uint32(k.hour))<<8|uint64(k.simulated))
}

// hashText is FNV-1a over 64 bits.
func hashText(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// resolutionKey is a prefix that a name resolved into on a day.
type resolutionKey struct {
	prefix    [16]byte
	day       int32
	country   int32
	name      string // aliases the batch
	simulated uint8
}

func (k *resolutionKey) hash() uint64 {
	return mix(mix(hashText(k.name), hashAddress(k.prefix)), uint64(uint32(k.day))<<16|uint64(uint32(k.country)))
}

func (f *Folder) dns(rec arrow.Record, pack string, tables *Tables, counts *Counts) error {
	dns, err := schemas.DNSOf(rec)
	if err != nil {
		return err
	}
	tables.add(schemas.TableDNSUsage, f.askedFor(&dns, pack))
	tables.add(schemas.TableResolutions, f.resolved(&dns))
	f.cover(coverageSource{
		ms: dns.Time, country: dns.ClientCountry, exporter: dns.Exporter, simulated: dns.Simulated,
	})
	counts.Folded += int64(dns.Len)
	return nil
}

// Response codes that count as failed (RFC 1035, section 4.1.1).
const (
	servfail = 2
	nxdomain = 3
	refused  = 5
)

// askedFor builds a batch in [schemas.DNSUsageSchema].
func (f *Folder) askedFor(dns *schemas.DNS, pack string) arrow.Record {
	mem := f.opts.Mem
	country := codes(dns.ClientCountry)
	f.names.clear(0)
	queries, answered := schemas.NewColumn[uint64](mem, 0), schemas.NewColumn[uint64](mem, 0)
	failed, silent := schemas.NewColumn[uint64](mem, 0), schemas.NewColumn[uint64](mem, 0)
	for i := range dns.Len {
		key := nameKey{
			client: dns.Client[i], hour: int32(schemas.Hour(int64(dns.Time[i]))), country: country[i],
			asn: dns.ClientASN[i], name: dns.Name.Value(i), simulated: boolByte(dns.Simulated.Value(i)),
		}
		n, isNew := f.names.group(key.hash(), key)
		if isNew {
			queries.Append(0)
			answered.Append(0)
			failed.Append(0)
			silent.Append(0)
		}
		queries.V[n]++
		from, to := dns.Answers.ValueOffsets(i)
		switch rcode := dns.Rcode[i]; {
		case rcode == schemas.NoRcode:
			silent.V[n]++
		case rcode == servfail || rcode == nxdomain || rcode == refused:
			failed.V[n]++
		case to > from:
			answered.V[n]++
		}
	}
	keys := f.names.keys
	service, category := f.interest(keys)
	names := array.NewStringBuilder(mem)
	defer names.Release()
	for i := range keys {
		names.Append(keys[i].name)
	}
	t := arrow.PrimitiveTypes
	records := fill(mem, queries.V, t.Uint64, func(n *uint64) uint64 { return *n })
	return schemas.DNSUsageColumns{
		Hour:       fill(mem, keys, arrow.FixedWidthTypes.Timestamp_s, func(k *nameKey) int64 { return int64(k.hour) * 3600 }),
		Country:    recode(mem, keys, dns.ClientCountry, func(k *nameKey) int32 { return k.country }),
		ASN:        fill(mem, keys, t.Uint32, func(k *nameKey) uint32 { return k.asn }),
		Client:     fill(mem, keys, t.Uint64, func(k *nameKey) uint64 { return k.client }),
		Name:       names.NewArray(),
		Service:    service,
		Category:   category,
		Simulated:  fill(mem, keys, t.Uint8, func(k *nameKey) uint8 { return k.simulated }),
		Pack:       constant(mem, pack, len(keys)),
		Queries:    queries.Array(t.Uint64),
		Answered:   answered.Array(t.Uint64),
		Failed:     failed.Array(t.Uint64),
		NoResponse: silent.Array(t.Uint64),
		Records:    records,
	}.Record(len(keys))
}

// interest gives the service and category columns of names.
func (f *Folder) interest(keys []nameKey) (service, category arrow.Array) {
	services, categories := schemas.NewDictColumn(f.opts.Mem, len(keys)), schemas.NewDictColumn(f.opts.Mem, len(keys))
	for i := range keys {
		s, c, _ := f.opts.Interest(keys[i].name, int64(keys[i].hour)*schemas.HourMS)
		services.AppendString(s)
		categories.AppendString(c)
	}
	return services.Array(), categories.Array()
}

// resolved builds a batch in [schemas.ResolutionsSchema].
func (f *Folder) resolved(dns *schemas.DNS) arrow.Record {
	mem := f.opts.Mem
	country := codes(dns.ClientCountry)
	addrs := dns.Answers.ListValues().(*array.FixedSizeBinary)
	f.resolutions.clear(0)
	count := schemas.NewColumn[uint64](mem, 0)
	for i := range dns.Len {
		from, to := dns.Answers.ValueOffsets(i)
		for j := from; j < to; j++ {
			key := resolutionKey{
				prefix: cutAddress([16]byte(addrs.Value(int(j)))), day: int32(schemas.Day(int64(dns.Time[i]))),
				country: country[i], name: dns.Name.Value(i), simulated: boolByte(dns.Simulated.Value(i)),
			}
			n, isNew := f.resolutions.group(key.hash(), key)
			if isNew {
				count.Append(0)
			}
			count.V[n]++
		}
	}
	keys := f.resolutions.keys
	names := array.NewStringBuilder(mem)
	defer names.Release()
	for i := range keys {
		names.Append(keys[i].name)
	}
	t := arrow.PrimitiveTypes
	return schemas.ResolutionsColumns{
		Day:       fill(mem, keys, t.Date32, func(k *resolutionKey) int32 { return k.day }),
		Country:   recode(mem, keys, dns.ClientCountry, func(k *resolutionKey) int32 { return k.country }),
		Name:      names.NewArray(),
		Prefix:    fill(mem, keys, addressType, func(k *resolutionKey) [16]byte { return k.prefix }),
		Simulated: fill(mem, keys, t.Uint8, func(k *resolutionKey) uint8 { return k.simulated }),
		Answers:   count.Array(t.Uint64),
	}.Record(len(keys))
}

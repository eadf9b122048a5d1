// Package usage folds classified batches into the rows that the store keeps: flows
// whose verdict is at least possible, client-hours of use with their denominator,
// names asked for, where services were reached, and what every exporter reported.
//
// It must never do I/O, and never keep a server's address finer than /24 or /48.
package usage

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/schemas"
)

// Table is the part of a batch that goes into one table of the store.
type Table struct {
	Name   string
	Record arrow.Record
}

// Tables are the parts of one batch, each with at least one row.
type Tables []Table

// Release releases every part.
func (t Tables) Release() {
	for _, part := range t {
		part.Record.Release()
	}
}

func (t *Tables) add(name string, rec arrow.Record) {
	if rec.NumRows() == 0 {
		rec.Release()
		return
	}
	*t = append(*t, Table{name, rec})
}

// Counts account for the telemetry records of a batch: Stored ones are in the flows
// table (and folded into usage too), Folded ones only in usage or dns_usage.
type Counts struct{ Stored, Folded int64 }

// Options configure a folder.
type Options struct {
	// Evidence holds the text of each rule of the pack, as "rule:+db".
	Evidence []string
	// Interest gives the service whose name a registered domain is at a time (ms UTC), if any.
	Interest func(name string, at int64) (service, category string, ok bool)
	Mem      memory.Allocator
}

// Folder folds batches. One worker owns it; it keeps nothing from batch to batch.
type Folder struct {
	opts        Options
	usage       *grouper[usageKey]
	endpoints   *grouper[endpointKey]
	hours       *grouper[coverageKey]
	coverage    []coverageRow
	names       *grouper[nameKey]
	resolutions *grouper[resolutionKey]
}

// New makes a folder.
func New(opts Options) *Folder {
	return &Folder{
		opts: opts, usage: newGrouper[usageKey](), endpoints: newGrouper[endpointKey](),
		hours: newGrouper[coverageKey](), names: newGrouper[nameKey](), resolutions: newGrouper[resolutionKey](),
	}
}

// Fold folds a classified flow batch and a batch in [schemas.DNSSchema], either of
// which may be nil. pack names the rule pack whose names give the services of DNS.
func (f *Folder) Fold(_ context.Context, flows, dns arrow.Record, pack string) (Tables, Counts, error) {
	var tables Tables
	var counts Counts
	f.coverage = f.coverage[:0]
	if flows != nil {
		if err := f.flows(flows, &tables, &counts); err != nil {
			return tables, counts, fmt.Errorf("fold flows: %w", err)
		}
	}
	if dns != nil {
		if err := f.dns(dns, pack, &tables, &counts); err != nil {
			return tables, counts, fmt.Errorf("fold dns: %w", err)
		}
	}
	tables.add(schemas.TableCoverage, f.coverageRecord())
	return tables, counts, nil
}

func (f *Folder) flows(rec arrow.Record, tables *Tables, counts *Counts) error {
	flows, err := schemas.FlowsOf(rec)
	if err != nil {
		return err
	}
	v, err := verdictsOf(rec)
	if err != nil {
		return err
	}
	tables.add(schemas.TableFlows, f.stored(&flows, &v))
	hours, verdicts := f.clientHours(&flows, &v)
	tables.add(schemas.TableVerdicts, verdicts) // before usage, which has their numbers
	tables.add(schemas.TableUsage, hours)
	tables.add(schemas.TableEndpoints, f.reached(&flows, &v))
	f.cover(coverageSource{
		ms: flows.Start, country: flows.ClientCountry, exporter: flows.Exporter,
		simulated: flows.Simulated, records: flows.Records,
	})
	for i, n := range flows.Records {
		if schemas.Level(v.Level[i]) >= schemas.Possible {
			counts.Stored += int64(n)
		} else {
			counts.Folded += int64(n)
		}
	}
	return nil
}

// usageKey is a client-hour by what it used; codes are those of the batch's dictionaries.
type usageKey struct {
	client                  uint64
	hour                    int32
	tool, service, category int32
	country                 int32
	asn                     uint32
	level                   uint8
	simulated               uint8
}

func (k *usageKey) hash() uint64 {
	h := mix(k.client, uint64(uint32(k.hour))<<32|uint64(uint32(k.tool))<<16|uint64(uint32(k.service)))
	return mix(h, uint64(uint32(k.country))<<32|uint64(k.level)<<1|uint64(k.simulated))
}

// clientHours builds a batch in [schemas.UsageSchema], and its verdicts in [schemas.VerdictsSchema].
func (f *Folder) clientHours(flows *schemas.Flows, v *verdicts) (hours, named arrow.Record) {
	mem := f.opts.Mem
	tool, service, category, country := codes(v.Tool), codes(v.Service), codes(v.Category), codes(flows.ClientCountry)
	room := len(f.usage.keys) // as many as the batch before had
	f.usage.clear(flows.Len)
	count := schemas.NewColumn[uint64](mem, room)
	expected := schemas.NewColumn[float64](mem, room)
	unanswered := schemas.NewColumn[uint64](mem, room)
	up, down := schemas.NewColumn[uint64](mem, room), schemas.NewColumn[uint64](mem, room)
	records := schemas.NewColumn[uint64](mem, room)
	for i := range flows.Start {
		key := usageKey{
			client: flows.Client[i], hour: int32(schemas.Hour(int64(flows.Start[i]))),
			tool: tool[i], service: service[i], category: category[i], country: country[i],
			asn: flows.ClientASN[i], level: v.Level[i], simulated: boolByte(flows.Simulated.Value(i)),
		}
		n, isNew := f.usage.group(key.hash(), key)
		if isNew {
			count.Append(0)
			expected.Append(0)
			unanswered.Append(0)
			up.Append(0)
			down.Append(0)
			records.Append(0)
		}
		rate := uint64(flows.SamplingRate[i])
		count.V[n] += rate
		expected.V[n] += float64(v.P[i]) * float64(rate)
		if isUnanswered(flows, i) {
			unanswered.V[n] += rate
		}
		up.V[n] += flows.BytesUp[i] * rate
		down.V[n] += flows.BytesDown[i] * rate
		records.V[n] += uint64(flows.Records[i])
	}
	keys := f.usage.keys
	t := arrow.PrimitiveTypes
	numbers := newNumberer(v)
	hours = schemas.UsageColumns{
		Hour:       fill(mem, keys, arrow.FixedWidthTypes.Timestamp_s, func(k *usageKey) int64 { return int64(k.hour) * 3600 }),
		Country:    recode(mem, keys, flows.ClientCountry, func(k *usageKey) int32 { return k.country }),
		ASN:        fill(mem, keys, t.Uint32, func(k *usageKey) uint32 { return k.asn }),
		Client:     fill(mem, keys, t.Uint64, func(k *usageKey) uint64 { return k.client }),
		Verdict:    fill(mem, keys, t.Uint64, func(k *usageKey) uint64 { return numbers.number(verdictKey{k.tool, k.service, k.category, k.level}) }),
		Simulated:  fill(mem, keys, t.Uint8, func(k *usageKey) uint8 { return k.simulated }),
		Flows:      count.Array(t.Uint64),
		Expected:   expected.Array(t.Float64),
		Unanswered: unanswered.Array(t.Uint64),
		BytesUp:    up.Array(t.Uint64),
		BytesDown:  down.Array(t.Uint64),
		Records:    records.Array(t.Uint64),
	}.Record(len(keys))
	return hours, numbers.record(mem)
}

const (
	protocolTCP = 6
	flagSYN     = 0x02
	flagACK     = 0x10
)

// isUnanswered reports a flow to which no byte came back: the meter or the sensor says
// so, or a TCP record shows nothing but the opening SYN.
func isUnanswered(flows *schemas.Flows, i int) bool {
	if flows.TraitsAt(i).Has(schemas.TraitUnanswered) {
		return true
	}
	return flows.Protocol[i] == protocolTCP && flows.TCPFlags[i]&(flagSYN|flagACK) == flagSYN && flows.PacketsDown[i] == 0
}

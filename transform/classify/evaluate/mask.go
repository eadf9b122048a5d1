package evaluate

import (
	"fmt"
	"slices"
	"unsafe"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/transform/enrich"
)

// Mask withholds part of the telemetry, to see what that costs.
type Mask struct {
	Name string
	Doc  string
	// zeroed are columns of the flow batch that are emptied before enrichment.
	zeroed []int
	// cleared are signature bits that rest on what is withheld.
	cleared schemas.SignatureSet
	// untraited are traits that do.
	untraited schemas.Traits
	// prefix cuts the server to /24 and /48.
	prefix bool
	// unlisted empties the matches with lists after enrichment and keeps the network.
	unlisted bool
}

// Whether anything came back and when the capture began are no payload.
const payloadTraits = ^(schemas.TraitUnanswered | schemas.TraitMidstream)

var (
	allSignatures = schemas.SignatureSet{}.Complement()
	ofSizes       = schemas.SignaturesOf(schemas.SigTorCells, schemas.SigBlockMAC, schemas.SigDoTRecords)
)

// Masks are the levels of anonymisation that are compared, [Full] first.
func Masks() []Mask {
	sizes := []int{schemas.FlowFirstSizes, schemas.FlowLenSemantics}
	tls := []int{schemas.FlowSNI, schemas.FlowALPN, schemas.FlowJA4}
	payload := slices.Concat(sizes, tls, []int{schemas.FlowSensorLabel, schemas.FlowSensorConfidence})
	return []Mask{
		{Name: Full, Doc: "all that the telemetry has; clients are pseudonyms"},
		{Name: "server-24", Doc: "servers cut to /24 and /48 before any look-up", prefix: true},
		{Name: "network", Doc: "of servers only the network and country", unlisted: true},
		{Name: "no-sizes", Doc: "no first packet sizes and nothing that rests on them", zeroed: sizes, cleared: ofSizes, untraited: schemas.TraitMod16},
		{Name: "no-tls", Doc: "no server name, application protocol or JA4", zeroed: tls, cleared: schemas.SignaturesOf(schemas.SigTorTLS)},
		{Name: "no-signatures", Doc: "nothing of the first payload bytes", cleared: allSignatures, untraited: payloadTraits},
		{Name: "netflow", Doc: "addresses, ports, bytes and times only", zeroed: payload, cleared: allSignatures, untraited: payloadTraits},
	}
}

// Flows withholds columns of a flow batch. The caller releases both records.
func (m Mask) Flows(mem memory.Allocator, rec arrow.Record) (arrow.Record, error) {
	flows, err := schemas.FlowsOf(rec)
	if err != nil {
		return nil, fmt.Errorf("mask %s: %w", m.Name, err)
	}
	cols := slices.Clone(rec.Columns())
	var made []arrow.Array
	replace := func(i int, a arrow.Array) { cols[i], made = a, append(made, a) }
	for _, i := range m.zeroed {
		replace(i, array.MakeArrayOfNull(mem, rec.Schema().Field(i).Type, flows.Len))
	}
	if !m.cleared.Empty() {
		replace(schemas.FlowSignatures, without(mem, flows.Signatures, m.cleared[0]))
		replace(schemas.FlowSignaturesHigh, without(mem, flows.SignaturesHigh, m.cleared[1]))
	}
	if m.untraited != 0 {
		replace(schemas.FlowTraits, without(mem, flows.Traits, uint32(m.untraited)))
	}
	if m.prefix {
		replace(schemas.FlowServer, cutServers(mem, &flows))
	}
	out := array.NewRecord(rec.Schema(), cols, rec.NumRows())
	for _, a := range made {
		a.Release()
	}
	return out, nil
}

// Enriched withholds what enrichment added. The caller releases both records.
func (m Mask) Enriched(mem memory.Allocator, rec arrow.Record) arrow.Record {
	if !m.unlisted {
		rec.Retain()
		return rec
	}
	cols := slices.Clone(rec.Columns())
	var made []arrow.Array
	for _, name := range []string{enrich.Fields[3].Name, enrich.Fields[4].Name} {
		zeros := schemas.NewColumn[uint32](mem, int(rec.NumRows()))
		for range rec.NumRows() {
			zeros.Append(0)
		}
		a := zeros.Array(arrow.PrimitiveTypes.Uint32)
		cols[rec.Schema().FieldIndices(name)[0]] = a
		made = append(made, a)
	}
	out := array.NewRecord(rec.Schema(), cols, rec.NumRows())
	for _, a := range made {
		a.Release()
	}
	return out
}

// without clears bits of a column.
func without[T uint32 | uint64](mem memory.Allocator, column []T, bits T) arrow.Array {
	c := schemas.NewColumn[T](mem, len(column))
	for _, v := range column {
		c.Append(v &^ bits)
	}
	if unsafe.Sizeof(bits) == 4 {
		return c.Array(arrow.PrimitiveTypes.Uint32)
	}
	return c.Array(arrow.PrimitiveTypes.Uint64)
}

func cutServers(mem memory.Allocator, flows *schemas.Flows) arrow.Array {
	c := schemas.NewColumn[[16]byte](mem, flows.Len)
	for i := range flows.Len {
		c.Append(cut([16]byte(flows.Server.Value(i))))
	}
	return c.Array(schemas.FlowSchema.Field(schemas.FlowServer).Type)
}

// cut keeps the first 24 bits of an IPv4-mapped address, the first 48 of others.
func cut(a [16]byte) [16]byte {
	mapped := [12]byte{10: 0xff, 11: 0xff}
	keep := 6
	if [12]byte(a[:12]) == mapped {
		keep = 15
	}
	clear(a[keep:])
	return a
}
